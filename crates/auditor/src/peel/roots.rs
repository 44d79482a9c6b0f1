//! The places of a flow that anyone sees: host, path, query, headers, looked-up name, body.

use model::{Channel, Flow};

use super::{
    decoders::pairs_of_query,
    glance::{Classes, Glance},
    inflate::Inflate,
    sink::Sink,
    tree::{Kind, NONE, Node, NodeId, SEPARATOR, Span, Step, Tree, offset},
};

/// The roots of `flow`, with the one at which `input_bytes_max` was met, if it was.
pub(super) fn of_flow(flow: &Flow, spare: Tree, input_bytes_max: usize) -> (Tree, Option<NodeId>) {
    let mut roots = Roots::new(spare, input_bytes_max);
    roots.place("host", flow.host.as_str());
    match flow.channel {
        Channel::Dns => roots.place("dns", &flow.path),
        Channel::Http | Channel::Socket => roots.path(&flow.path),
    }
    for (name, value) in &flow.headers {
        roots.header(name, value);
    }
    roots.body(&flow.body);
    (roots.tree, roots.cut)
}

/// The root of a body alone.
pub(super) fn of_body(body: &[u8], spare: Tree, input_bytes_max: usize) -> (Tree, Option<NodeId>) {
    let mut roots = Roots::new(spare, input_bytes_max);
    roots.body(body);
    (roots.tree, roots.cut)
}

struct Roots {
    tree: Tree,
    room: usize,
    cut: Option<NodeId>,
}

impl Roots {
    /// Roots in `tree`, which is empty.
    const fn new(tree: Tree, room: usize) -> Self {
        Self { tree, room, cut: None }
    }

    fn place(&mut self, word: &'static str, text: &str) {
        let content = self.append(text.as_bytes());
        self.root(Step::Place(word), content, content);
    }

    fn body(&mut self, body: &[u8]) {
        if !body.is_empty() {
            let content = self.append(body);
            self.root(Step::Word("body"), content, content);
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        let name = self.append(name.as_bytes());
        let content = self.append(value.as_bytes());
        self.root(Step::Named("header", name), Span { start: name.start, end: content.end }, content);
    }

    /// The path without the query, then each pair of the query.
    fn path(&mut self, path: &str) {
        let whole = self.append(path.as_bytes());
        let input = path.as_bytes().get(..whole.len()).unwrap_or_default();
        let query = input.iter().position(|&byte| byte == b'?').unwrap_or(input.len());
        let content = Span { end: whole.start + offset(query), ..whole };
        self.root(Step::Place("path"), content, content);
        let mut made = Vec::new();
        let mut sink = Sink {
            made: &mut made,
            end: self.tree.bytes.len(),
            nodes: &mut self.tree.nodes,
            inflate: &mut Inflate::default(),
            parent: NONE,
            node: root(Step::Place("path"), whole, whole, 0),
            room: self.room,
            steps: &mut 0,
            steps_max: u64::MAX,
        };
        let room_left =
            pairs_of_query(&Glance::at(input, &Classes::new()), (query + 1).min(input.len())..input.len(), &mut sink)
                .is_ok();
        self.tree.bytes.extend_from_slice(&made);
        if !room_left {
            self.note_cut();
        }
    }

    fn root(&mut self, step: Step, raw: Span, content: Span) {
        self.tree.nodes.push(root(step, raw, content, 1));
    }

    /// Appends as much of `bytes` as there is room for.
    fn append(&mut self, bytes: &[u8]) -> Span {
        let taken = &bytes[..bytes.len().min(self.room)];
        if taken.len() < bytes.len() {
            self.note_cut();
        }
        self.room -= taken.len();
        let start = self.tree.bytes.len();
        self.tree.bytes.extend_from_slice(taken);
        let content = Span::new(start, self.tree.bytes.len());
        self.tree.bytes.push(SEPARATOR);
        content
    }

    /// The root that comes next is the first that is not seen whole.
    fn note_cut(&mut self) {
        self.cut.get_or_insert(offset(self.tree.nodes.len()));
    }
}

fn root(step: Step, raw: Span, content: Span, depth: u8) -> Node {
    Node { parent: NONE, step, raw, content, depth, nest: 0, kind: Kind::Bytes, holds: false, traits: None }
}
