use model::{CaseFile, Cell, CheckName, Measure, Mechanism, Release, SwitchState, Verdict};

use crate::{
    case::{Setting, case, expect, noise, release, ruling},
    client::Client,
};

/// A number that looks drawn.
fn drawn(number: u64) -> u64 {
    (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// What 20 people visited, three sites each of 30, by `who`; each cell is large enough to be published.
fn histories(mechanism: Mechanism, who: impl Fn(u64) -> String) -> CaseFile {
    let mut case = case(Client::HONEST, &Setting::at(SwitchState::Collect));
    let cell = |group| Cell { group, value: 25, error: None };
    let visits = |person: u64| {
        let who = who(person);
        (0..3).map(move |visit| cell(vec![who.clone(), format!("site-{:02}.example", drawn(person * 3 + visit) % 30)]))
    };
    let mut cells: Vec<Cell> = (0..20).flat_map(visits).collect();
    cells.sort_by(|a, b| a.group.cmp(&b.group));
    cells.dedup_by(|a, b| a.group == b.group);
    let release = release(mechanism, 0);
    let group_by = vec!["who".to_owned(), "site".to_owned()];
    case.releases = vec![Release { group_by, measure: Measure::Count, cells, ..release }];
    case
}

#[test]
fn histories_of_pseudonyms_that_nobody_else_has_are_not_anonymous() {
    let pseudonym = |person| format!("{:016x}", drawn(person + 1_000));
    let ruling = expect(&histories(Mechanism::Exact, pseudonym), "aggregated", Verdict::Broken);
    let finding = &ruling.findings[0];
    assert_eq!(finding.check, CheckName::Uniqueness, "{ruling:#?}");
    assert!(
        finding.summary.starts_with("`visits` publishes histories of 20 pseudonyms: of 20 with two points"),
        "{finding:#?}"
    );
    assert!(finding.summary.ends_with("which tells 4 bits apart"), "{finding:#?}");
    assert!(finding.evidence.path[2].starts_with("who="), "{finding:#?}");
    assert!(finding.evidence.plaintext.starts_with("site=site-"), "{finding:#?}");
}

/// Whatever else is not shown about a release without noise, its histories accuse nobody.
#[track_caller]
fn not_accused(case: &CaseFile) {
    assert_eq!(ruling(case, "aggregated").findings, []);
}

#[test]
fn histories_of_places_are_nobodys() {
    let country = |person| format!("{:02}", person);
    not_accused(&histories(Mechanism::Exact, country));
    let model = |person| format!("Model {:03}", person * 7);
    not_accused(&histories(Mechanism::Exact, model));
}

#[test]
fn histories_that_many_share_or_that_noise_covers_tell_nobody_apart() {
    let pseudonym = |person| format!("{:016x}", drawn(person + 1_000));
    expect(&histories(noise(), pseudonym), "aggregated", Verdict::Kept);
    let mut shared = histories(Mechanism::Exact, pseudonym);
    for cell in &mut shared.releases[0].cells {
        cell.group[1] = format!("site-{}.example", cell.group[1].len() % 2);
    }
    shared.releases[0].cells.dedup_by(|a, b| a.group == b.group);
    not_accused(&shared);
}

#[test]
fn a_field_that_told_the_examined_devices_apart_is_a_pseudonym_whatever_it_looks_like() {
    let name = |person: u64| {
        ["anna", "bo", "chandrashekar", "dee"][usize::try_from(person % 4).expect("small")].to_owned()
            + &person.to_string()
    };
    let mut case = histories(Mechanism::Exact, name);
    not_accused(&case);
    for (arm, who) in [(0, "eve"), (case.examinations[0].records.len() - 1, "fay")] {
        let fields = [("who".to_owned(), model::Value::from(who))].into_iter().collect();
        let at = crate::case::name("2020-05-01T10:02:00Z");
        let report = model::Report { event: "visit".to_owned(), time: at, device: None, fields };
        let holding = model::Holding { region: crate::case::name("in"), at, batch: String::new(), report };
        case.examinations[0].records[arm].holdings = Some(vec![holding]);
    }
    let ruling = expect(&case, "aggregated", Verdict::Broken);
    assert_eq!(ruling.findings[0].check, CheckName::Uniqueness);
}
