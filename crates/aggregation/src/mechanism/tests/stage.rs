//! Every mechanism, with what two regions report to it, and shards that take the reports in.

use data_encoding::BASE64;
use encoding::{
    chance::{Bits, Dice as _},
    local::LocalRandomizer,
    prio3::shared,
    star::{self, Terms, local_randomness, seal},
};
use model::{Keys, Measure, Mechanism, NoiseKind, Partial, Party, Query, Randomizer, Rappor, Release, Report, Seed};

use super::NOISE;
use crate::{
    Accumulator, Ledger, Limits,
    mechanism::{
        prio3::{ShareLimits, ShareWindow, measuring},
        release,
    },
    merge_partials,
    sample::{
        central, central_with, gaussian, histogram, mean, noon, quantiles, query, ratio, region, sum, visit, window,
    },
};

/// The regions, of which with Prio3 the first leads and the second helps.
pub(super) const REGIONS: [&str; 2] = ["sg", "de"];
const DEVICES: usize = 48;
const STAR_DEVICES_MIN: u32 = 5;

/// A mechanism, and what each region gets.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) query: Query,
    pub(super) reports: [Vec<Report>; 2],
}

/// What one shard of a region holds.
#[derive(Debug, Clone)]
pub(super) enum Shard {
    Reports(Box<Accumulator>),
    Shares(Box<ShareWindow>),
}

impl Stage {
    /// A shard of a region that holds nothing.
    pub(super) fn empty(&self, place: usize) -> Shard {
        let (name, secret) = (region(REGIONS[place]), Seed::root(7).nth(place as u64));
        if let Mechanism::Prio3 { .. } = self.query.mechanism {
            let limits = ShareLimits::default();
            let shares = ShareWindow::new(&self.query, &name, window(), &secret, &Seed::root(8), limits);
            return Shard::Shares(Box::new(shares.unwrap()));
        }
        Shard::Reports(Box::new(Accumulator::new(&self.query, window(), &secret, Limits::default())))
    }

    /// A shard of a region that took the reports at these places.
    pub(super) fn holding(&self, place: usize, reports: &[usize]) -> Shard {
        let mut shard = self.empty(place);
        reports.iter().for_each(|report| shard.push(&self.reports[place][*report]));
        shard
    }

    /// What is released of two regions.
    pub(super) fn released(&self, regions: [Shard; 2]) -> Release {
        let partial = match regions {
            [Shard::Shares(mut leader), Shard::Shares(mut helper)] => {
                let mut answers = Vec::new();
                loop {
                    let turn = leader.lead(answers);
                    let is_last = turn.is_last();
                    answers = helper.help(turn);
                    if is_last {
                        break;
                    }
                }
                let [first, second] = REGIONS.map(region);
                merged(leader.seal(&first).unwrap(), &helper.seal(&second).unwrap())
            }
            [Shard::Reports(a), Shard::Reports(b)] => {
                let [first, second] = REGIONS.map(region);
                merged(a.seal(&first).unwrap(), &b.seal(&second).unwrap())
            }
            other => unreachable!("both regions take reports or shares: {other:?}"),
        };
        release(&self.query, &partial, &Seed::root(NOISE), &mut Ledger::new(None)).unwrap()
    }
}

fn merged(mut first: Partial, second: &Partial) -> Partial {
    merge_partials(&mut first, second).unwrap();
    first
}

impl Shard {
    pub(super) fn push(&mut self, report: &Report) {
        match self {
            Self::Reports(shard) => drop(shard.push(report).unwrap()),
            Self::Shares(shard) => drop(shard.push(report)),
        }
    }

    /// Both together.
    pub(super) fn with(mut self, other: &Self) -> Self {
        match (&mut self, other) {
            (Self::Reports(shard), Self::Reports(other)) => shard.merge(other).unwrap(),
            (Self::Shares(shard), Self::Shares(other)) => assert!(shard.merge(other)),
            (shard, other) => unreachable!("{shard:?} and {other:?} are of one kind"),
        }
        self
    }
}

/// The items in another order, which `seed` chooses.
pub(super) fn shuffled<T>(mut items: Vec<T>, seed: &Seed) -> Vec<T> {
    let mut stream = seed.stream();
    for last in (1..items.len()).rev() {
        items.swap(last, usize::try_from(Bits(&mut stream).below(last as u128 + 1)).unwrap());
    }
    items
}

/// Every mechanism; those that take any measure, with each.
pub(super) fn stages() -> Vec<Stage> {
    let edges = [-9, 0, 3, 6, 40];
    let measures =
        [Measure::Count, Measure::Devices, sum(-2, 7), mean(-2, 7, 2), histogram(&edges), quantiles(&edges, &["1/2"])];
    let selected = |noise| central_with(("4", "1/50"), noise, Keys::Selected, (2, 2));
    let mut stages = Vec::new();
    for measure in measures {
        let mechanisms = [
            Mechanism::Exact,
            Mechanism::Threshold { devices_min: 9 },
            central("1", 2, 2),
            gaussian("1", 2, 2),
            selected(NoiseKind::Laplace),
            selected(NoiseKind::Gaussian),
        ];
        for mechanism in mechanisms {
            let is_threshold = matches!(mechanism, Mechanism::Threshold { .. });
            if !(is_threshold && matches!(measure, Measure::Quantiles { .. })) {
                stages.push(plain(query(measure.clone(), mechanism)));
            }
        }
    }
    stages.extend(randomizers().map(local));
    stages.extend([prio3(Measure::Count), prio3(sum(0, 7)), star()]);
    stages
}

/// The visits of a device: one to four, to several sites, some of them alike.
fn visits_of(device: usize) -> Vec<Report> {
    let named = format!("device {device}");
    // Some come without a name.
    let name = (!device.is_multiple_of(11)).then_some(named.as_str());
    let site = |n: usize| ["a", "b", "a", "c", "d"][(device * device + n) % 5];
    (0..=device % 4).map(|n| visit(name, site(n), i64::try_from((device + n) % 9).unwrap() - 1)).collect()
}

/// The visits of the devices of one region. One lives in both.
fn crowd(place: usize) -> impl Iterator<Item = (usize, Report)> {
    let devices = (0..DEVICES).filter(move |device| *device == 1 || device % 2 == place);
    devices.flat_map(|device| visits_of(device).into_iter().map(move |visit| (device, visit)))
}

fn plain(mut query: Query) -> Stage {
    if let Mechanism::Central { keys: Keys::Selected, .. } = query.mechanism {
        query.domain.clear();
    }
    Stage { query, reports: [0, 1].map(|place| crowd(place).map(|(_, visit)| visit).collect()) }
}

pub(super) fn randomizers() -> [Randomizer; 5] {
    let epsilon = ratio("2");
    let (f, p, q) = (ratio("1/2"), ratio("1/4"), ratio("3/4"));
    [
        Randomizer::KAry { epsilon },
        Randomizer::Oue { epsilon },
        Randomizer::Olh { epsilon },
        Randomizer::Rappor(Rappor { bits: 16, hashes: 2, cohorts: 4, f, p, q }),
        Randomizer::Hadamard { epsilon },
    ]
}

/// The value of a text field.
fn text(report: &Report, field: &str) -> String {
    report.fields[field].to_string()
}

fn local(by: Randomizer) -> Stage {
    let query = query(Measure::Count, Mechanism::Local { randomizer: by.clone(), reports_per_device_max: 2 });
    let randomizer = LocalRandomizer::new(&by, ["a", "b", "c", "d"]).unwrap();
    let respond = |(nth, (device, mut report)): (usize, (usize, Report))| {
        let seed = Seed::root(61).nth(device as u64);
        let mut stream = seed.derive("answer").nth(nth as u64).stream();
        let response = randomizer.respond(&text(&report, "site"), &seed, &mut Bits(&mut stream));
        report.fields.insert("site".to_owned(), response.into());
        report
    };
    Stage { query, reports: [0, 1].map(|place| crowd(place).enumerate().map(respond).collect()) }
}

fn prio3(measure: Measure) -> Stage {
    let mechanism = Mechanism::Prio3 { epsilon: ratio("1"), reports_per_device_max: 2 };
    let query = Query { regions: REGIONS.map(region).to_vec(), ..query(measure, mechanism) };
    let measuring = measuring(&query).unwrap();
    // Each report goes to both servers, in halves; half of the crowd is enough.
    let halves: Vec<[Report; 2]> = crowd(0)
        .enumerate()
        .map(|(nth, (_, report))| {
            let mut random = Seed::root(62).nth(nth as u64).stream();
            let (nonce, shares) = measuring.split(&report, query.id.as_str(), query.window, &mut random).unwrap();
            [Party::Leader, Party::Helper].map(|party| shared(report.clone(), nonce, &shares, party))
        })
        .collect();
    let [leader, helper] = [0, 1].map(|half| halves.iter().map(|halves| halves[half].clone()).collect());
    Stage { query, reports: [leader, helper] }
}

fn star() -> Stage {
    let mechanism = Mechanism::Star { devices_min: STAR_DEVICES_MIN, messages_per_device_max: 2 };
    let query = Query { domain: [].into(), ..query(Measure::Devices, mechanism) };
    let terms = Terms::new(&query.id, window(), STAR_DEVICES_MIN).unwrap();
    let sealed = |(device, report): (usize, Report)| {
        let measurement = star::measurement([text(&report, "site").as_str()]);
        let randomness = local_randomness(&measurement, &terms);
        let mut chance = Seed::root(63).nth(device as u64).derive(&text(&report, "site")).stream();
        let message = seal(&measurement, b"", &terms, &randomness, &mut chance).unwrap();
        let fields = [(star::FIELD.to_owned(), BASE64.encode(&message.to_bytes()).into())];
        Report { event: report.event, time: noon(), device: report.device, fields: fields.into() }
    };
    Stage { query, reports: [0, 1].map(|place| crowd(place).map(sealed).collect()) }
}
