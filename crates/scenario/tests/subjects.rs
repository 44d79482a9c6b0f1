//! What a world asks a script.

use model::{CheckName, ClaimId, ProductId, Subject, SwitchState, Verdict, Version};
use scenario::{Script, parse};

fn script() -> Script {
    parse("every-part.toml", include_str!("every-part.toml")).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
}

fn mint() -> ProductId {
    ProductId::new("mint").expect("a name")
}

fn version(name: &str) -> Version {
    Version::new(name).expect("a name")
}

#[test]
fn subjects_follow_the_file_and_the_positions_of_the_switch() {
    let names: Vec<String> = script().subjects().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["mint 3.4.0 (absent)", "mint 3.4.3 (collect)", "mint 3.4.3 (suppress)"]);
}

#[test]
fn most_specific_expectation_decides() {
    let script = script();
    let expected = |claim: &str, name: &str, switch| {
        let subject = Subject { product: mint(), version: version(name), switch };
        let expected = script.expected(&ClaimId::new(claim).expect("a name"), &subject);
        expected.map(|expectation| (expectation.verdict, expectation.check, expectation.source.as_str()))
    };
    assert_eq!(
        expected("incognito", "3.4.0", SwitchState::Absent),
        Some((Verdict::Broken, Some(CheckName::Canary), "(3)"))
    );
    assert_eq!(
        expected("incognito", "3.4.3", SwitchState::Collect),
        Some((Verdict::Broken, Some(CheckName::Canary), "(3)"))
    );
    assert_eq!(expected("incognito", "3.4.3", SwitchState::Suppress), Some((Verdict::Kept, None, "(8)")));
    assert_eq!(expected("local", "3.4.3", SwitchState::Suppress), None);
    assert_eq!(expected("unheard-of", "3.4.3", SwitchState::Suppress), None);
}

#[test]
fn nothing_is_expected_of_a_claim_about_another_product() {
    let mut script = script();
    let subject = script.subjects().remove(0);
    let claim = script.claims[0].id.clone();
    script.claims[0].products = vec![ProductId::new("other").expect("a name")];
    assert_eq!(script.expected(&claim, &subject), None);
}

#[test]
fn facts_show_the_switch_without_what_it_does() {
    let script = script();
    let before = script.facts(&mint(), &version("3.4.0")).expect("there is such a version");
    assert!(before.asks_consent && before.switch.is_none());
    let after = script.facts(&mint(), &version("3.4.3")).expect("there is such a version");
    assert_eq!(
        after.switch.map(|control| (control.label, control.default)),
        Some(("Enhanced Incognito".into(), "off".into()))
    );
    assert_eq!(script.facts(&mint(), &version("9")), None);
}

#[test]
fn versions_follow_one_another_to_the_last() {
    let script = script();
    let next = script.next_version(&mint(), &version("3.4.0")).map(|release| release.version.as_str());
    assert_eq!(next, Some("3.4.3"));
    assert!(script.next_version(&mint(), &version("3.4.3")).is_none());
}

#[test]
fn products_have_the_policies_of_their_versions() {
    let script = script();
    let products = script.products().expect("the policies are right");
    assert_eq!(products[0].policy(&version("3.4.0")), script.policies.get("before"));
    assert_eq!(products[0].policy(&version("3.4.3")), script.policies.get("after"));
}
