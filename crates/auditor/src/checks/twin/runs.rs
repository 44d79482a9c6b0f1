//! One run of an arm as a stranger and as a reader see it: the numbers that runs are compared by.

use std::collections::{BTreeMap, BTreeSet};

use model::{Channel, Flow, Host, Record, Timestamp};

use crate::peel::Peeler;

/// Most distinct values that are kept of one run.
const VALUES_MAX: usize = 1 << 16;

/// A way out: a host and a channel.
pub(super) type Way = (Host, Channel);

/// One run of an arm.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) record: &'a Record,
    pub(super) flows: Vec<&'a Flow>,
    /// What is said, by place in the plaintext.
    pub(super) said: BTreeMap<String, Said>,
    /// There was more to read than is kept.
    pub(super) is_cut: bool,
}

/// What is said at one place in the plaintext of one run.
#[derive(Debug)]
pub(super) struct Said {
    /// How often.
    pub(super) times: i64,
    pub(super) values: BTreeSet<String>,
    /// Least and greatest of the numbers among them.
    pub(super) numbers: Option<(i64, i64)>,
    /// The last flow that says something there, by its place in the run, and the way to it: what incognito activity
    /// changes shows after it.
    pub(super) last: (usize, Vec<String>),
}

impl<'a> Run<'a> {
    pub(super) fn of(record: &'a Record, flows: Vec<&'a Flow>) -> Self {
        let mut run = Self { record, flows, said: BTreeMap::new(), is_cut: false };
        let (mut peeler, mut room) = (Peeler::default(), VALUES_MAX);
        for (number, flow) in run.flows.iter().enumerate() {
            let peeled = peeler.peel(flow);
            run.is_cut |= peeled.exhausted().is_some();
            for leaf in peeled.leaves() {
                if room == 0 {
                    run.is_cut = true;
                    return run;
                }
                let new = || Said { times: 0, values: BTreeSet::new(), numbers: None, last: (number, Vec::new()) };
                let said = run.said.entry(format!("{} > {}", flow.host, leaf.place())).or_insert_with(new);
                said.last = (number, leaf.path());
                let value = leaf.value();
                said.times += 1;
                if let Ok(number) = value.parse::<i64>() {
                    let (least, most) = said.numbers.unwrap_or((number, number));
                    said.numbers = Some((least.min(number), most.max(number)));
                }
                room -= usize::from(said.values.insert(value.into_owned()));
            }
        }
        run
    }

    /// The flows on `way`, or on all ways, in `span`.
    fn on(&self, way: Option<&Way>, span: (Timestamp, Timestamp)) -> impl Iterator<Item = &'a Flow> + Clone {
        let fits = move |flow: &&Flow| {
            way.is_none_or(|(host, channel)| flow.host == *host && flow.channel == *channel)
                && (span.0..span.1).contains(&flow.at)
        };
        self.flows.iter().copied().filter(fits)
    }

    /// The first flow on a way in a span.
    pub(super) fn first(&self, way: Option<&Way>, span: (Timestamp, Timestamp)) -> Option<&'a Flow> {
        self.on(way, span).next()
    }

    /// What a stranger measures on a way in a span.
    pub(super) fn measure(
        &self,
        what: Measure,
        way: Option<&Way>,
        span: (Timestamp, Timestamp),
        anchors: &[Timestamp],
    ) -> i64 {
        let flows = self.on(way, span);
        let bytes = || flows.clone().map(|flow| i64::try_from(flow.wire_bytes).unwrap_or(i64::MAX));
        match what {
            Measure::Flows => count(flows.count()),
            Measure::Bytes => bytes().fold(0, i64::saturating_add),
            Measure::Size => mean(bytes()),
            Measure::Lag => mean(flows.map(|flow| lag_ms(flow.at, anchors))),
            Measure::Largest => bytes().max().unwrap_or(0),
            Measure::Sizes => count(bytes().collect::<BTreeSet<_>>().len()),
            Measure::Silence => {
                let later = flows.clone().skip(1);
                let silences = flows.zip(later).map(|(a, b)| ms(b.at.since(a.at)));
                silences.max().unwrap_or(0)
            }
        }
    }
}

/// What a stranger measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// How many flows.
    Flows,
    /// How many bytes in all.
    Bytes,
    /// How many bytes a flow has on average, in thousandths.
    Size,
    /// How long after the nearest activity before that all arms share, on average, in µs.
    Lag,
    /// The largest flow.
    Largest,
    /// How many different sizes.
    Sizes,
    /// The longest time without a flow, in ms.
    Silence,
}

impl Measure {
    /// What is measured over a whole run, what says most first.
    pub(super) const ALL: [Self; 7] =
        [Self::Flows, Self::Bytes, Self::Size, Self::Lag, Self::Largest, Self::Sizes, Self::Silence];
    /// What is measured in each part of a run.
    pub(super) const IN_PART: [Self; 3] = [Self::Flows, Self::Bytes, Self::Lag];

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Flows => "number of flows",
            Self::Bytes => "bytes in all",
            Self::Size => "mean size of a flow in thousandths of a byte",
            Self::Lag => "mean time since the last activity in µs",
            Self::Largest => "bytes of the largest flow",
            Self::Sizes => "number of sizes",
            Self::Silence => "longest silence in ms",
        }
    }
}

fn lag_ms(at: Timestamp, anchors: &[Timestamp]) -> i64 {
    let before = anchors.partition_point(|anchor| *anchor <= at);
    before.checked_sub(1).map_or(0, |last| ms(at.since(anchors[last])))
}

/// Thousandths of the mean; 0 of nothing.
fn mean(values: impl Iterator<Item = i64> + Clone) -> i64 {
    let total = values.clone().fold(0_i64, i64::saturating_add);
    total.saturating_mul(1_000).checked_div(count(values.count())).unwrap_or(0)
}

fn ms(span: model::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
