//! How long identifiers live and what they survive.

use std::collections::BTreeSet;

use model::{Activity, Mode};

use crate::drive::{Lab, consent, flip, policy, version, visit};

fn identified(lifetime: &str, more: &str) -> String {
    format!(
        r#"
        [switch]
        label = "Statistics"
        default = "on"
        positions = [
            {{ name = "on", promise = "collect", effect = "collect" }},
            {{ name = "off", promise = "suppress", effect = "suppress" }},
        ]

        [[identifier]]
        name = "x"
        lifetime = {lifetime}
        {more}

        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        device = "id:x"
        event = [{{ on = "visit", name = "visit", incognito = "always", fields = {{ x = "id:x" }} }}]
        "#
    )
}

fn see(lab: &mut Lab) -> String {
    lab.act(visit("https://a.example/")).wait("1s");
    let seen = lab.reports().pop().unwrap();
    let field = seen.fields.get("x").map_or_else(|| "-".to_owned(), ToString::to_string);
    assert_eq!(seen.device.unwrap_or_else(|| "-".to_owned()), field);
    field
}

/// Whether the value is the same before and after.
fn survives(lifetime: &str, more: &str, activities: &[Activity]) -> bool {
    let mut lab = Lab::new(&identified(lifetime, more));
    let before = see(&mut lab);
    for activity in activities {
        lab.act(activity.clone());
    }
    before == see(&mut lab)
}

#[test]
fn days_counted_from_the_last_use_never_pass_in_daily_use() {
    let distinct = |counted_from: &str| {
        let lifetime = format!("{{ days = 90, counted-from = '{counted_from}' }}");
        let mut lab = Lab::new(&identified(&lifetime, ""));
        let seen: BTreeSet<String> = (0..92).map(|_| see(lab.wait("1d"))).collect();
        seen.len()
    };
    assert_eq!((distinct("last-use"), distinct("creation")), (1, 2));
}

#[test]
fn ninety_days_without_use_rotate_either_way() {
    for counted_from in ["last-use", "creation"] {
        let lifetime = format!("{{ days = 90, counted-from = '{counted_from}' }}");
        let mut lab = Lab::new(&identified(&lifetime, ""));
        let before = see(&mut lab);
        assert_eq!(before, see(lab.wait("89d")), "{counted_from}");
        assert_ne!(before, see(lab.wait("91d")), "{counted_from}");
    }
}

#[test]
fn the_account_stands_in_place_of_the_id_while_logged_in() {
    let mut lab = Lab::new(&identified("'install'", "replaced-by-account = true"));
    let before = see(&mut lab);
    lab.act(Activity::LogIn { account: "alice".to_owned() });
    assert_eq!(see(&mut lab), "alice");
    assert_eq!(see(lab.act(Activity::Restart)), "alice");
    assert_eq!(see(lab.act(Activity::LogOut)), before);
}

#[test]
fn an_account_id_is_there_only_while_logged_in() {
    let mut lab = Lab::new(&identified("'account'", ""));
    assert_eq!(see(&mut lab), "-");
    assert_eq!(see(lab.act(Activity::LogIn { account: "alice".to_owned() })), "alice");
    assert_eq!(see(lab.act(Activity::ClearData)), "-");
}

#[test]
fn an_id_survives_what_its_policy_says() {
    let opt_out = [flip("off"), flip("on")];
    assert!(survives("'install'", "", &[Activity::Restart, Activity::CrashApp]));
    assert!(survives("'install'", "", &opt_out));
    assert!(!survives("'install'", "", &[Activity::ClearData]));
    assert!(!survives("'install'", "", &[Activity::Reinstall]));
    assert!(!survives("'install'", "survives = []", &opt_out));
    assert!(survives("'install'", "survives = ['clear-data']", &[Activity::ClearData]));
    assert!(!survives("'install'", "survives = ['clear-data']", &[Activity::Reinstall]));
    assert!(survives("'install'", "survives = ['clear-data', 'reinstall']", &[Activity::Reinstall]));
}

#[test]
fn withdrawn_consent_is_an_opt_out() {
    for (more, same) in [("", true), ("survives = []", false)] {
        let mut lab = Lab::new(&format!("consent = true\n{}", identified("'install'", more)));
        let before = see(lab.act(consent(true)));
        assert_eq!(before == see(lab.act(consent(false)).act(consent(true))), same);
    }
}

#[test]
fn a_hardware_id_survives_everything() {
    let all = [Activity::ClearData, Activity::Reinstall, flip("off"), flip("on")];
    assert!(survives("'hardware'", "survives = []", &all));
}

#[test]
fn an_id_survives_an_update_by_its_name_unless_the_new_version_says_otherwise() {
    let old = identified("'install'", "");
    let after = |new: &str| {
        let mut lab = Lab::with(&[policy(&old), policy(new)]);
        let before = see(&mut lab);
        before == see(lab.act(Activity::Update { version: version(2) }))
    };
    assert!(after(&old));
    assert!(!after(&identified("'install'", "survives = []")));
    assert!(!after(&old.replace("\"x\"", "\"y\"").replace("id:x", "id:y")));
}

#[test]
fn modes_share_an_id_unless_it_is_separate() {
    for (more, distinct) in [("", 1), ("modes = 'separate'", 2)] {
        for lifetime in ["'install'", "'hardware'", "'day'", "{ days = 9, counted-from = 'creation' }"] {
            let mut lab = Lab::new(&identified(lifetime, more));
            lab.open(1, Mode::Normal).act_in(1, visit("https://a.example/")).wait("1s");
            lab.open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("1s");
            let seen: BTreeSet<String> = lab.values("x").into_iter().collect();
            assert_eq!(seen.len(), distinct, "{lifetime} {more}");
        }
    }
}

#[test]
fn a_session_id_is_that_of_its_session() {
    let mut lab = Lab::new(&identified("'session'", ""));
    for number in [1, 2, 1] {
        lab.open(number, Mode::Normal);
        for _ in 0..2 {
            lab.act_in(number, visit("https://a.example/")).wait("1s");
        }
    }
    lab.act_in(2, visit("https://a.example/")).wait("1s");
    let seen = lab.values("x");
    assert!(seen[0] == seen[1] && seen[2] == seen[3] && seen[4] == seen[5] && seen[6] == seen[2], "{seen:?}");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 3, "a session opened again is another");
    assert!(!survives("'session'", "", &[Activity::Restart]), "outside of sessions a start counts");
}

#[test]
fn a_day_id_changes_at_midnight() {
    let mut lab = Lab::new(&identified("'day'", ""));
    let before = see(&mut lab);
    assert_eq!(before, see(lab.wait("13h")));
    assert_ne!(before, see(lab.wait("1h")));
}

#[test]
fn an_upload_id_is_one_for_each_upload_also_after_a_failure() {
    let text = identified("'upload'", "").replace(
        "path = \"/p\"",
        "path = \"/p\"\nheaders = { x-id = \"{id:x}\" }\nsend = { every = '1m', retry = { attempts-max = 1 } }",
    );
    let mut lab = Lab::new(&text);
    lab.server = |sent| if sent.id.0 == 1 { model::Reply::Unavailable } else { model::Reply::Accepted };
    lab.act(visit("https://a.example/")).act(visit("https://b.example/")).wait("10m");
    let ids: Vec<String> = lab.values("x");
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2], "{ids:?}");
    let headers: Vec<Option<&str>> = lab.sent.iter().map(|sent| sent.upload.header("x-id")).collect();
    assert_eq!(headers, [Some(ids[0].as_str()), Some(ids[2].as_str())]);
}

#[test]
fn no_id_is_no_field() {
    assert_eq!(see(&mut Lab::new(&identified("'none'", ""))), "-");
}

#[test]
fn an_id_has_the_form_that_its_policy_says() {
    let seen = |form: &str| see(&mut Lab::new(&identified("'install'", &format!("form = '{form}'"))));
    assert!(seen("digits-15").len() == 15 && seen("digits-15").bytes().all(|b| b.is_ascii_digit()));
    assert!(seen("letters-8").len() == 8 && seen("letters-8").bytes().all(|b| b.is_ascii_lowercase()));
    assert!(seen("hex-16").len() == 16 && seen("hex-16").bytes().all(|b| b.is_ascii_hexdigit()));
    let uuid = seen("uuid");
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
    assert!(uuid.as_bytes()[14] == b'4' && b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
}

#[test]
fn an_id_salts_a_digest() {
    let text = identified("'install'", "").replace("x = \"id:x\"", "x = \"id:x\", h = \"url|sha256(id:x)\"");
    let mut lab = Lab::new(&text);
    let salt = see(&mut lab);
    let expected = encoding::transform::Algorithm::Sha256.digest(&salt, "https://a.example/");
    assert_eq!(lab.values("h"), [expected]);
}
