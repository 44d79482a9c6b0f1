//! Whole windows: what two servers come to is the truth with the noise of both, and nothing is revealed on the way.

use model::{Mechanism, Ratio, Seed, Withheld};

use super::super::{Refused, Task};
use super::stage::{exact, halves, merged, queries, region, released, report, servers, verify};
use crate::{Ledger, ReleaseError, problems, release};

#[test]
fn two_servers_come_to_the_sums_of_what_devices_measured() {
    let reports = [("a", 5), ("b", 60), ("a", 70), ("c", 0), ("a", -4), ("b", 1)];
    // Clamped to 0..=max; with a max of one, whatever is more counts once.
    let truths: [&[i128]; 4] = [&[4], &[126], &[65, 61, 0], &[3, 2, 1]];
    for (query, truth) in queries().iter().zip(truths) {
        let mut servers = servers(query);
        for (number, (site, dwell)) in (0..).zip(reports) {
            let [first, second] = halves(query, &report(&format!("d{number}"), site, dwell), number);
            assert!(servers[0].push(&first) && servers[1].push(&second), "{}", query.id);
        }
        verify(&mut servers);
        assert_eq!(exact(query, &servers).into_values().collect::<Vec<_>>(), truth, "{}", query.id);
        assert_eq!(servers.each_ref().map(super::super::ShareWindow::counted), [6, 6]);
        assert!(servers.iter().all(|server| server.refused().is_empty()));
        let cells = released(query, &servers).cells;
        for (cell, truth) in cells.iter().zip(truth) {
            // Of scale 180 at most: beyond this once in 10^16 seeds.
            assert!((i128::from(cell.value) - truth).abs() < 8000, "{}: {cell:?} of {truth}", query.id);
        }
        assert_eq!(cells.len(), truth.len());
    }
}

#[test]
fn each_server_adds_the_whole_noise_to_its_own_share() {
    let query = &queries()[3];
    let mut servers = servers(query);
    verify(&mut servers);
    let partial = merged(&servers);
    let noise = Task::of(query).expect("a task").noise().expect("a scale");
    assert_eq!(noise.scale().to_string(), "3", "sensitivity 3 by epsilon 1");
    for (server, share) in servers.iter().zip(&partial.shares) {
        let bare = server.sum();
        assert_ne!(bare.encode(), share.elements, "a share leaves with noise");
        let found = super::super::share::Elements::decode(&Task::of(query).expect("a task").circuit, &share.elements);
        // Nothing was counted, so that what is left is the noise of this server alone.
        let found: Vec<i128> = found.expect("a share").values().into_iter().flatten().collect();
        assert_eq!(found.len(), 3);
        assert!(found.iter().any(|value| *value != 0) && found.iter().all(|value| value.abs() < 150), "{found:?}");
    }
    assert_ne!(partial.shares[0].elements, partial.shares[1].elements, "the servers draw apart");
    assert_eq!(merged(&servers), partial, "asking again draws no other noise");
}

#[test]
fn noise_of_both_servers_has_twice_the_variance_of_one() {
    // 2·2·t²·… for scale t = 3: each has 2q/(1−q)² with q = exp(−1/3). 4 000 windows: six standard errors are 14 %.
    let query = &queries()[0];
    let (mut sum, mut squares, draws) = (0.0, 0.0, 4_000_u32);
    for number in 0..draws {
        let seed = Seed::root(81).nth(number.into());
        let make = |name: &str| {
            let limits = super::super::ShareLimits::default();
            super::super::ShareWindow::new(
                query,
                &region(name),
                super::stage::window(),
                &seed.derive(name),
                &seed,
                limits,
            )
        };
        let mut servers = [make("sg").expect("a leader"), make("de").expect("a helper")];
        verify(&mut servers);
        #[allow(clippy::cast_precision_loss)]
        let value = released(query, &servers).cells[0].value as f64;
        sum += value;
        squares += value * value;
    }
    let decay = (-1.0_f64 / 3.0).exp();
    let (mean, variance) = (sum / f64::from(draws), squares / f64::from(draws));
    let expected = 2.0 * 2.0 * decay / (1.0 - decay).powi(2);
    assert!((variance / expected - 1.0).abs() < 0.14, "variance {variance}, expected {expected}");
    assert!(mean.abs() < 6.0 * (expected / f64::from(draws)).sqrt(), "mean {mean}");
}

#[test]
fn leader_keeps_as_many_reports_of_a_device_as_it_may_contribute() {
    let query = &queries()[3];
    let mut servers = servers(query);
    for number in 0..10 {
        let [first, second] = halves(query, &report(if number < 8 { "busy" } else { "calm" }, "a", 0), number);
        servers[0].push(&first);
        servers[1].push(&second);
    }
    verify(&mut servers);
    assert_eq!(exact(query, &servers)[&vec!["a".to_owned()]], 5, "three of the busy one, two of the other");
    assert_eq!(servers[0].refused()[&Refused::OverBound], 5);
    assert_eq!(servers[1].refused()[&Refused::Unpaired], 5);
}

#[test]
fn one_share_alone_releases_nothing() {
    let query = &queries()[3];
    let mut servers = servers(query);
    verify(&mut servers);
    let alone = servers[1].seal(&region("de")).expect("all are verified");
    let mut ledger = Ledger::new(None);
    let released = release(query, &alone, &Seed::root(0), &mut ledger).expect("a release");
    assert_eq!((released.cells, released.withheld), (vec![], vec![(Withheld::ShareMissing, 3)]));
    assert_eq!(ledger.charges().count(), 0, "and costs nothing");
}

#[test]
fn shares_of_different_reports_are_not_released() {
    let query = &queries()[3];
    let mut servers = servers(query);
    verify(&mut servers);
    let mut partial = merged(&servers);
    partial.shares[1].reports = 1;
    let error = release(query, &partial, &Seed::root(0), &mut Ledger::new(None)).expect_err("one report more");
    assert_eq!(error, ReleaseError::Shares { leader: 0, helper: 1 });
    partial.shares[1].reports = 0;
    partial.shares[1].elements.pop();
    let error = release(query, &partial, &Seed::root(0), &mut Ledger::new(None)).expect_err("a byte is missing");
    assert!(matches!(error, ReleaseError::Share { .. }), "{error}");
}

#[test]
fn release_is_charged_once_in_both_regions_and_refused_beyond_the_budget() {
    let query = &queries()[0];
    let mut servers = servers(query);
    verify(&mut servers);
    let partial = merged(&servers);
    let mut ledger = Ledger::new(Some(Ratio::new(1, 1).expect("a ratio")));
    let first = release(query, &partial, &Seed::root(0), &mut ledger).expect("a release");
    assert_eq!(first, release(query, &partial, &Seed::root(0), &mut ledger).expect("the same again"));
    let day = crate::Day::holding(super::stage::time());
    assert_eq!(["sg", "de"].map(|name| ledger.spent(&region(name), day).to_string()), ["epsilon 1", "epsilon 1"]);
    let other = model::Query { id: model::QueryId::new("other").expect("a name"), ..query.clone() };
    let partial = model::Partial { query: other.id.clone(), ..partial };
    let withheld = release(&other, &partial, &Seed::root(0), &mut ledger).expect("a release").withheld;
    assert_eq!(withheld, [(Withheld::Budget, 1)]);
}

#[test]
fn queries_that_cannot_be_answered_over_shares_have_problems() {
    assert!(queries().iter().all(|query| problems(query).is_empty()));
    let base = queries()[3].clone();
    let problem = |change: &dyn Fn(&mut model::Query)| {
        let mut query = base.clone();
        change(&mut query);
        problems(&query).into_iter().map(|problem| problem.path.join(".")).collect::<Vec<_>>()
    };
    let sum = |min, max| model::Measure::Sum { field: "dwell".to_owned(), min, max };
    assert_eq!(problem(&|query| query.regions.truncate(1)), ["regions"]);
    assert_eq!(problem(&|query| query.regions[1] = query.regions[0].clone()), ["regions"]);
    assert_eq!(problem(&|query| query.events.clear()), ["events"]);
    assert_eq!(problem(&|query| query.domain.clear()), ["domain"]);
    assert_eq!(problem(&|query| query.measure = model::Measure::Devices), ["measure"]);
    assert_eq!(problem(&|query| query.measure = sum(-1, 5)), ["measure.sum.min"]);
    assert_eq!(problem(&|query| query.measure = sum(0, 0)), ["measure.sum.max"]);
    assert_eq!(problem(&|query| (query.group_by, query.domain) = Default::default()), ["measure"]);
    let prio3 = |epsilon: &str, most| Mechanism::Prio3 {
        epsilon: epsilon.parse().expect("a ratio"),
        reports_per_device_max: most,
    };
    assert_eq!(problem(&|query| query.mechanism = prio3("0", 1)), ["mechanism.prio3.epsilon"]);
    assert_eq!(problem(&|query| query.mechanism = prio3("1", 0)), ["mechanism.prio3.reports-per-device-max"]);
}
