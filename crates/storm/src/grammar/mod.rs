//! The grammar of random worlds: from a seed to a valid scenario, and to the truth about what is planted in it.
//!
//! A world has up to twenty devices in two regions, and about 500 activities in all: one or two products with one or two
//! versions, a roll-out, policies of honest and of leaking parts, queries under every mechanism, and a storm that is
//! over a day before the people stop. Each part draws from dice of its own, so that one that grows shifts no other.

mod brought;
mod dice;
mod examination;
mod leaks;
mod people;
mod policies;
pub(crate) mod questions;
mod skies;
pub(crate) mod vendor;

use std::collections::BTreeMap;

use browser::Policy;
use model::{Claim, Duration, ProductId, Query, RegionId, Seed, Timestamp};
use scenario::{Product, Script};
use serde_json::json;

pub use brought::{Brought, BroughtError};
pub use dice::Dice;
use examination::examination;
pub use leaks::{Edge, Leak};
pub use people::{crowd, diary};
pub use policies::{Control, honest};
pub use skies::{faults, weather};
use vendor::{COUNTED, written};
pub use vendor::{endpoints, regions};

/// In one world of fifty, devices send secret shares: to two servers that add them up, or sealed until there are enough.
const WORLDS_PER_SHARED: u64 = 50;

/// A scenario with the truth about it.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The scenario.
    pub script: Script,
    /// Leaks in it that the grammar put there. Everything else is declared honest.
    pub planted: Vec<Planted>,
}

/// A leak in a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// The leak.
    pub leak: Leak,
    /// The product, whose first version leaks.
    pub product: ProductId,
}

/// What a vendor asks of the reports, which decides what it may promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Business {
    /// Everything is counted as it is: nothing is promised about groups.
    Counts,
    /// Only harmless aggregates are published.
    Publishes,
    /// Devices answer at random.
    Randomizes,
    /// Devices send shares to two servers (Prio3).
    Shares,
    /// Devices seal what they report; enough of them open it (STAR).
    Seals,
}

/// The world of `seed`, with policies of the grammar's own or with one of those in `brought`.
#[must_use]
pub fn draw(seed: u64, brought: &[Brought]) -> World {
    let root = Seed::root(seed);
    let mut dice = Dice::new(&root, "shape");
    let business = match dice.within(1, WORLDS_PER_SHARED) {
        1 if dice.percent(50) => Business::Seals,
        1 => Business::Shares,
        2..=6 => Business::Randomizes,
        7..=20 => Business::Publishes,
        _ => Business::Counts,
    };
    if !brought.is_empty() {
        let chosen = dice.pick(brought);
        return World { seed, script: clothed(seed, &root, &chosen), planted: Vec::new() };
    }
    let mut vendor = Vendor::default();
    match business {
        Business::Shares => vendor.add("browser", vec![policies::shared(&mut Dice::new(&root, "policy 0"))]),
        Business::Seals => vendor.add("browser", vec![policies::sealed(&mut Dice::new(&root, "policy 0"))]),
        Business::Randomizes => vendor.add("browser", vec![policies::randomized(&mut Dice::new(&root, "policy 0"))]),
        Business::Counts | Business::Publishes => products(&mut dice, &root, &mut vendor),
    }
    let mut script = frame(seed, &root, &vendor);
    script.claims = claims(&script, business);
    script.queries = queries(&root, business, &script.regions.iter().map(|r| r.id.clone()).collect::<Vec<_>>());
    if matches!(business, Business::Publishes | Business::Shares) {
        // One question of one half, or one over shares: a day can be paid for.
        script.budget = Some(written(json!({ "epsilon": 2 })));
    }
    let mut dice = Dice::new(&root, "releases");
    script.collection.release_wait =
        dice.percent(25).then(|| Duration::from_millis(dice.within(0, RELEASE_WAIT_MAX.as_millis())));
    trouble(&mut script, &root);
    World { seed, script, planted: vendor.planted }
}

/// What a vendor ships.
#[derive(Debug, Default)]
struct Vendor {
    products: Vec<Product>,
    policies: BTreeMap<String, Policy>,
    planted: Vec<Planted>,
}

impl Vendor {
    /// A product whose versions follow `policies`, oldest first.
    fn add(&mut self, id: &str, mut policies: Vec<Policy>) {
        // A path of a host takes one form of body: each version has paths of its own.
        for (number, policy) in (1..).zip(&mut policies) {
            policy.pipelines.iter_mut().for_each(|pipeline| pipeline.path = format!("/{id}-{number}{}", pipeline.path));
        }
        let versions = (1..=policies.len()).map(|number| {
            json!({
                "version": format!("{number}.0"), "released": STARTS, "policy": format!("{id}-{number}"),
                "rollout": if number == 1 { json!([]) } else { json!([{ "at": ROLLOUT, "percent": 50 }]) },
            })
        });
        let versions: Vec<_> = versions.collect();
        self.products.push(written(json!({ "id": id, "name": format!("Example {id}"), "version": versions })));
        self.policies.extend((1..).zip(policies).map(|(number, policy)| (format!("{id}-{number}"), policy)));
    }
}

const STARTS: &str = "2026-01-01T00:00:00Z";
const ROLLOUT: &str = "2026-01-01T12:00:00Z";
/// From when on nothing stormy happens.
const STORM: Duration = Duration::DAY;
/// Longest time that releases wait for a region, where they do not wait for as long as it takes.
const RELEASE_WAIT_MAX: Duration = Duration::from_secs(6 * 3_600);
/// Days from the start to the end.
const DAYS: u64 = 2;

fn starts() -> Timestamp {
    STARTS.parse().unwrap_or_else(|error| unreachable!("a time as files write it: {error}"))
}

/// One or two products with one or two versions each; in one world of three, a leak in one of them.
fn products(dice: &mut Dice, root: &Seed, vendor: &mut Vendor) {
    let count = if dice.percent(20) { 2 } else { 1 };
    let tickets: Vec<Leak> = Leak::ALL.iter().flat_map(|leak| [*leak].repeat(leak.tickets())).collect();
    let leak = dice.percent(33).then(|| dice.pick(&tickets));
    for number in 0..count {
        let (id, mut own) = (["browser", "keyboard"][number], Dice::new(root, &format!("policy {number}")));
        match leak.filter(|_| number == 0) {
            Some(leak) => {
                vendor.add(id, leak.policies(&mut own));
                let product = written(json!(id));
                vendor.planted.push(Planted { leak, product });
            }
            None => {
                let versions = if own.percent(25) { 2 } else { 1 };
                let policies = (0..versions).map(|_| honest(&mut own)).collect();
                vendor.add(id, policies);
            }
        }
    }
}

/// A script with regions, people, a laboratory and weather, which asks and promises nothing yet.
fn frame(seed: u64, root: &Seed, vendor: &Vendor) -> Script {
    let (regions, endpoints) = (vendor::regions(), vendor::endpoints());
    let mut script: Script = written(json!({
        "format": 1, "name": format!("storm-{seed}"), "title": format!("A world from the storm, seed {seed}"),
        "seed": seed, "starts": STARTS, "ends": starts() + Duration::from_days(DAYS),
        "region": regions, "endpoint": endpoints, "product": vendor.products, "policy": vendor.policies,
        "collection": { "grace": "3d" },
    }));
    populate(&mut script, root, &vendor.planted);
    script
}

/// People, a laboratory and weather.
fn populate(script: &mut Script, root: &Seed, planted: &[Planted]) {
    script.crowd = Some(crowd(&mut Dice::new(root, "crowd"), &script.products, DAYS));
    examination(&mut Dice::new(root, "laboratory"), script, planted);
    script.weather = weather(&mut Dice::new(root, "weather"));
}

/// What goes wrong at a time, once it is known what is asked.
fn trouble(script: &mut Script, root: &Seed) {
    script.faults = faults(&mut Dice::new(root, "faults"), script, script.starts + STORM);
}

fn queries(root: &Seed, business: Business, regions: &[RegionId]) -> Vec<Query> {
    let mut dice = Dice::new(root, "queries");
    let controls = || questions::controls(regions, &COUNTED);
    match business {
        Business::Counts => {
            let more = if dice.percent(50) { questions::harmless(&mut dice) } else { Vec::new() };
            controls().into_iter().chain(more).collect()
        }
        Business::Publishes => questions::harmless(&mut dice),
        Business::Randomizes => controls().into_iter().chain([questions::randomized()]).collect(),
        Business::Shares => controls().into_iter().chain([questions::shared()]).collect(),
        Business::Seals => controls().into_iter().chain([questions::sealed()]).collect(),
    }
}

/// The promises that such a vendor can make.
fn claims(script: &Script, business: Business) -> Vec<Claim> {
    let following = |fits: &dyn Fn(&Policy) -> bool| -> Vec<ProductId> {
        let all = |product: &&Product| product.versions.iter().all(|version| fits(&script.policies[&version.policy]));
        script.products.iter().filter(all).map(|product| product.id.clone()).collect()
    };
    let switched = following(&|policy| policy.switch.is_some());
    let silent = following(&|policy| policy.switch.is_none());
    let asking = following(&|policy| policy.consent);
    let mut claims = Vec::new();
    for (id, statement, products) in [
        ("incognito-suppressed", "What you do in incognito mode is not collected.", silent),
        ("switch-honored", "The switch turns the collection off.", switched),
        ("consent", "Data is collected with your consent.", asking),
    ] {
        if !products.is_empty() {
            claims.push(json!({ "id": id, "statement": statement, "promise": id, "products": products }));
        }
    }
    // A share, or a question to the randomness server, leaves the region by design.
    if !matches!(business, Business::Shares | Business::Seals) {
        claims.push(json!({
            "id": "region-local", "statement": "Data stays where people live.",
            "promise": { "region-local": { "within": { "DE": ["DE", "IE"], "IN": ["IN", "SG"] } } },
        }));
    }
    claims.push(json!({
        "id": "counted-once", "statement": "Every upload is counted once.", "promise": "counted-once",
    }));
    if business == Business::Publishes {
        claims.push(json!({
            "id": "aggregated", "statement": "Statistics are aggregated: no group is smaller than 3.",
            "promise": { "aggregated-anonymous": { "smallest-group": 3 } },
        }));
    }
    written(claims.into())
}

/// A script around what somebody brought.
fn clothed(seed: u64, root: &Seed, brought: &Brought) -> Script {
    let mut script = brought.script(format!("storm-{seed}"), seed);
    populate(&mut script, root, &[]);
    let regions: Vec<RegionId> = script.regions.iter().map(|region| region.id.clone()).collect();
    if script.queries.is_empty() && !brought.shares() {
        script.queries = questions::controls(&regions, &[]);
    }
    trouble(&mut script, root);
    script
}
