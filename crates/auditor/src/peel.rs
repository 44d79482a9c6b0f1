//! Peel: a recursive, bounded decoder that finds what an encoded flow says, with the way that led to it.
//!
//! Every flow becomes a tree of views. The roots are what anyone sees of it: `host`, `path`, `query:<name>`,
//! `header:<name>`, `dns` and `body`; below each view stand the views that the `decoders` make of it, so that
//! a body reads `body`, `form:data_list`, `base64`, `gzip`, `json:$[4].properties.url`. Decoders are tried on
//! everything that they recognise; no declared type is believed. A false decoding (a word read as base64) costs a few
//! bytes and is otherwise harmless.
//!
//! All views of a flow share one run of bytes: a JSON string without escapes is a range of the text around it, and only
//! what a decoder makes anew is appended. Nothing is copied for a leaf.

mod bits;
mod decoders;
mod families;
mod glance;
mod inflate;
mod known;
mod path;
mod peeled;
mod pieces;
mod roots;
mod sink;
mod tree;

use hashbrown::HashTable;
use model::Flow;
use twox_hash::XxHash3_64;

pub use self::peeled::{Exhausted, Leaf, Limit, Peeled, View};
pub(crate) use self::{
    decoders::may_be_encoded,
    glance::{Class, Letters, Traits},
    peeled::quote,
};
use self::{
    decoders::{Candidates, Decoder, Makes, Stands, Turn},
    glance::{Classes, Glance},
    inflate::Inflate,
    known::Known,
    sink::{Misfit, Sink},
    tree::{Kind, Node, NodeId, Span, Step, Tree},
};

/// No encoding hides a token of ten characters in fewer bytes than this; shorter views are not peeled.
const PEEL_BYTES_MIN: usize = 10;

/// What peeling one flow may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Encodings inside one another; default 12.
    pub depth_max: u8,
    /// Bytes that decoders may make in all, in bytes; default 8 MiB.
    pub output_bytes_max: usize,
    /// Bytes of the flow itself that are looked at, in bytes; default and maximum 1 GiB.
    pub input_bytes_max: usize,
    /// Steps of work: one for each view, one for each decoder that is tried, and one for each 256 bytes that it reads
    /// or makes; default 2^20.
    pub steps_max: u64,
}

impl Limits {
    /// How much of `limit` there is.
    const fn most(&self, limit: Limit) -> u64 {
        match limit {
            Limit::Depth => self.depth_max as u64,
            Limit::Output => self.output_bytes_max as u64,
            Limit::Input => self.input_bytes_max as u64,
            Limit::Steps => self.steps_max,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth_max: 12, output_bytes_max: 8 << 20, input_bytes_max: BYTES_MAX, steps_max: 1 << 20 }
    }
}

/// Offsets are 32 bits wide: neither input nor output may be larger.
const BYTES_MAX: usize = 1 << 30;

/// Peels flows one after another with the same buffers.
#[derive(Debug)]
pub struct Peeler {
    limits: Limits,
    made: Vec<u8>,
    inflate: Inflate,
    seen: HashTable<Seen>,
    known: Known,
    spare: Tree,
}

/// Peels one flow within the default limits; see [`Peeler`] for many.
///
/// ```
/// use model::{Channel, Flow, FlowId, Host, Timestamp};
///
/// let flow = Flow {
///     id: FlowId(0), at: Timestamp::default(), channel: Channel::Http, host: Host::new("stats.example")?,
///     method: "POST".into(), path: "/v1?r=IN".into(), headers: vec![], wire_bytes: 0, connection: None,
///     body: b"data_list=eyJ1cmwiOiJodHRwczovL2EuZXhhbXBsZS8ifQ%3D%3D".to_vec(),
/// };
/// let peeled = auditor::peel::peel(&flow);
/// let url = peeled.leaves().find(|leaf| leaf.value() == "https://a.example/").expect("found");
/// assert_eq!(url.path(), ["body", "form:data_list", "base64", "json:$.url"]);
/// # Ok::<(), model::IdError>(())
/// ```
#[must_use]
pub fn peel(flow: &Flow) -> Peeled {
    Peeler::default().peel(flow)
}

impl Default for Peeler {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Peeler {
    /// A peeler that keeps to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let limits = Limits {
            output_bytes_max: limits.output_bytes_max.min(BYTES_MAX),
            input_bytes_max: limits.input_bytes_max.min(BYTES_MAX),
            ..limits
        };
        Self {
            limits,
            made: Vec::new(),
            inflate: Inflate::default(),
            seen: HashTable::new(),
            known: Known::default(),
            spare: Tree::default(),
        }
    }

    /// Every view of `flow`.
    pub fn peel(&mut self, flow: &Flow) -> Peeled {
        let (tree, cut) = roots::of_flow(flow, std::mem::take(&mut self.spare), self.limits.input_bytes_max);
        self.run(tree, cut)
    }

    /// Every view of `body` alone.
    pub fn peel_body(&mut self, body: &[u8]) -> Peeled {
        let (tree, cut) = roots::of_body(body, std::mem::take(&mut self.spare), self.limits.input_bytes_max);
        self.run(tree, cut)
    }

    /// Takes back what is not needed any more, for the buffers in it.
    pub fn recycle(&mut self, peeled: Peeled) {
        self.spare = peeled.into_empty_tree();
    }

    /// Peels views in the order in which they were found, so that shallow ones never starve for deep ones.
    fn run(&mut self, tree: Tree, cut: Option<NodeId>) -> Peeled {
        self.seen.clear();
        self.known.clear();
        let mut work = Work {
            limits: self.limits,
            made: &mut self.made,
            inflate: &mut self.inflate,
            seen: &mut self.seen,
            known: &mut self.known,
            tree,
            steps: 0,
            output_bytes: 0,
            exhausted: cut.map(|node| (Limit::Input, node)),
        };
        let mut next = 0;
        while (next as usize) < work.tree.nodes.len() && work.steps < work.limits.steps_max {
            work.peel_node(next);
            next += 1;
        }
        if (next as usize) < work.tree.nodes.len() {
            work.exhaust(Limit::Steps, next);
        }
        Peeled::new(work.tree, work.exhausted, &self.limits)
    }
}

/// A digest and a part together: the halves of a product with an odd number, so that every bit of either counts.
#[allow(clippy::cast_possible_truncation, reason = "the halves are taken")]
const fn mix(digest: u64, part: u64) -> u64 {
    let product = (digest ^ part) as u128 * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

/// An output, with its digest.
type Seen = (u64, NodeId);

/// The peeling of one flow.
struct Work<'a> {
    limits: Limits,
    made: &'a mut Vec<u8>,
    inflate: &'a mut Inflate,
    /// Outputs by their digests, so that equal ones are kept once.
    seen: &'a mut HashTable<Seen>,
    known: &'a mut Known,
    tree: Tree,
    steps: u64,
    output_bytes: usize,
    exhausted: Option<(Limit, NodeId)>,
}

impl Work<'_> {
    fn peel_node(&mut self, id: NodeId) {
        let node = &self.tree.nodes[id as usize];
        if node.kind != Kind::Bytes || node.content.len() < PEEL_BYTES_MIN {
            return;
        }
        let node = *node;
        // What decoders make of the same content is a view already; only parts are found anew, each with its own way.
        let content = self.tree.content(&node);
        let place = Known::place(content);
        let twin = place.and_then(|place| self.known.twin(place, &self.tree, content));
        let classes = Classes::new();
        if let Some(traits) = twin.and_then(|(twin, _)| self.tree.nodes[twin as usize].traits) {
            let _ = classes.set(traits); // nothing is known yet
        }
        if !matches!(twin, Some((_, false))) {
            let is_new = twin.is_none();
            if let Some((has_parts, place)) =
                self.try_decoders(id, &node, &classes, is_new).zip(place).filter(|_| is_new)
            {
                self.known.note(place, id, has_parts);
            }
        }
        self.tree.nodes[id as usize].traits = classes.get().copied();
    }

    /// Tries the decoders on one view, those that make something of their own only if `anew`. Says whether it has parts,
    /// unless it was not looked at to the end.
    fn try_decoders(&mut self, id: NodeId, node: &Node, classes: &Classes, anew: bool) -> Option<bool> {
        let mut in_parts = false;
        let mut candidates = Candidates::of(&Glance::at(self.tree.content(node), classes));
        loop {
            let glance = Glance::at(self.tree.content(node), classes);
            let Some(decoder) = candidates.next(&glance, !in_parts) else { return Some(in_parts) };
            let makes_parts = matches!(decoder.makes, Makes::Parts(_));
            if !makes_parts && decoder.turn == Turn::Beside && !anew {
                continue;
            }
            if node.depth > self.limits.depth_max {
                if matches!(decoder.makes, Makes::Parts(Stands::Never)) {
                    continue; // what it would show can be read in the whole
                }
                self.exhaust(Limit::Depth, id);
                return None;
            }
            let fits = self.decode(decoder, id, classes);
            in_parts |= fits && makes_parts;
            if fits && decoder.turn == Turn::Alone {
                return makes_parts.then_some(true);
            }
        }
    }

    /// Tries one decoder on one view; true if it fits.
    fn decode(&mut self, decoder: &Decoder, id: NodeId, classes: &Classes) -> bool {
        let node = self.tree.nodes[id as usize];
        self.steps += 1 + sink::steps_for(node.content.len());
        let first = self.tree.nodes.len();
        self.made.clear();
        let mut sink = Sink {
            made: self.made,
            nodes: &mut self.tree.nodes,
            inflate: self.inflate,
            parent: id,
            node,
            end: self.tree.bytes.len(),
            room: self.limits.output_bytes_max - self.output_bytes,
            steps: &mut self.steps,
            steps_max: self.limits.steps_max,
        };
        let outcome = (decoder.decode)(&Glance::at(node.content.of(&self.tree.bytes), classes), &mut sink);
        sink.charge(sink.made.len()); // whether it fits or not
        if let Err(Misfit::Exceeds(limit)) = outcome {
            self.exhaust(limit, id);
        } else if outcome.is_err() {
            self.tree.nodes.truncate(first);
            return false;
        }
        match &decoder.makes {
            Makes::Output => self.keep_output(decoder, id),
            Makes::Parts(stands) => {
                let parts = self.tree.nodes.len() > first;
                if parts && stands.hold(&node, || Glance::at(self.tree.content(&node), classes).is_text()) {
                    self.tree.nodes[id as usize].holds = true;
                }
                self.tree.bytes.extend_from_slice(self.made);
                self.output_bytes += self.made.len();
                parts
            }
        }
    }

    /// Makes a view of what a decoder wrote, unless the same bytes are a view already.
    fn keep_output(&mut self, decoder: &Decoder, id: NodeId) -> bool {
        if self.made.is_empty() {
            return false;
        }
        self.output_bytes += self.made.len();
        let digest = XxHash3_64::oneshot(self.made);
        let is_twin = |seen: &Seen| seen.0 == digest && *self.tree.content_of(seen.1) == **self.made;
        if self.seen.find(digest, is_twin).is_some() {
            return true;
        }
        let child = tree::offset(self.tree.nodes.len());
        self.seen.insert_unique(digest, (digest, child), |seen| seen.0);
        let parent = &self.tree.nodes[id as usize];
        let (raw, depth) = (parent.content, parent.depth + 1);
        self.tree.bytes.push(tree::SEPARATOR);
        let start = self.tree.bytes.len();
        self.tree.bytes.extend_from_slice(self.made);
        let content = Span::new(start, self.tree.bytes.len());
        let step = Step::Word(decoder.word);
        self.tree.nodes.push(Node {
            parent: id,
            step,
            raw,
            content,
            depth,
            nest: 0,
            kind: Kind::Bytes,
            holds: false,
            traits: None,
        });
        self.steps += 1;
        true
    }

    /// Remembers the first limit that was met.
    fn exhaust(&mut self, limit: Limit, id: NodeId) {
        self.exhausted.get_or_insert((limit, id));
    }
}
