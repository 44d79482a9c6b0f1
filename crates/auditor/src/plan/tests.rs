use std::collections::BTreeSet;

use model::{
    Activity, Arm, Canary, Duration, Mode, Notebook, NotebookEntry, Order, Ordered, Phase, Promise, SwitchState,
};
use proptest::prelude::*;

use super::{plan, plan_orders, runs, tokens::TOKEN_CHARS};
use crate::{
    conditions::Timeline,
    samples::{control, request},
};

fn tokens(notebook: &Notebook) -> Vec<&Canary> {
    notebook.entries.iter().flat_map(|entry| &entry.canaries).collect()
}

fn blank(entry: &NotebookEntry) -> String {
    let mut text = format!("{entry:?}");
    for canary in &entry.canaries {
        text = text.replace(&canary.token, "-");
    }
    text
}

/// Whether a line is incognito activity at the position that is examined.
fn examined(notebook: &Notebook, request: &super::PlanRequest) -> Vec<bool> {
    let mut done = notebook.clone();
    done.entries.iter_mut().for_each(|entry| entry.outcome = model::Outcome::Done);
    let timeline = Timeline::of(&done, &request.facts);
    let state = |index| timeline.during(index).state() == request.subject.switch;
    (0..done.entries.len()).map(|i| done.entries[i].mode == Some(Mode::Incognito) && state(i)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn times_are_strictly_ordered_and_tokens_unique(request in requests()) {
        for arm in Arm::ALL {
            let notebook = plan(&request, arm);
            prop_assert!(notebook.starts < notebook.entries[0].at);
            prop_assert!(notebook.entries.windows(2).all(|pair| pair[0].at < pair[1].at));
            prop_assert!(notebook.entries.iter().all(|entry| entry.at < notebook.ends));
            let all = tokens(&notebook);
            let unique: BTreeSet<&str> = all.iter().map(|canary| canary.token.as_str()).collect();
            prop_assert_eq!(unique.len(), all.len());
            prop_assert!(unique.iter().all(|token| token.len() == TOKEN_CHARS));
        }
    }

    #[test]
    fn lines_within_hours_are_never_whole_seconds_apart(request in requests()) {
        let notebook = plan(&request, Arm::Main);
        let in_second = |entry: &NotebookEntry| entry.at.as_millis() % 1_000;
        for lines in notebook.entries.windows(100) {
            let late: BTreeSet<i64> = lines.iter().map(in_second).collect();
            prop_assert_eq!(late.len(), lines.len());
            prop_assert!(!late.contains(&(notebook.starts.as_millis() % 1_000)));
        }
    }

    #[test]
    fn every_token_stands_in_its_activity(request in requests()) {
        for entry in &plan(&request, Arm::Main).entries {
            let text = format!("{:?}", entry.activity);
            prop_assert!(entry.canaries.iter().all(|canary| text.matches(&canary.token).count() == 1));
        }
    }

    #[test]
    fn repeat_and_sibling_do_what_main_does(request in requests()) {
        let main = plan(&request, Arm::Main);
        prop_assert_eq!(&plan(&request, Arm::Repeat), &main);
        let sibling = plan(&request, Arm::Sibling);
        prop_assert_eq!((&sibling.entries, sibling.ends), (&main.entries, main.ends));
        prop_assert_eq!(main.starts.since(sibling.starts), Duration::from_days(8));
    }

    #[test]
    fn content_differs_in_the_tokens_of_examined_incognito_activity_alone(request in requests()) {
        let (main, content) = (plan(&request, Arm::Main), plan(&request, Arm::Content));
        prop_assert_eq!(main.entries.len(), content.entries.len());
        for (index, examined) in examined(&main, &request).into_iter().enumerate() {
            let (a, b) = (&main.entries[index], &content.entries[index]);
            prop_assert_eq!(blank(a), blank(b));
            prop_assert_eq!(a != b, examined && !a.canaries.is_empty());
        }
    }

    #[test]
    fn presence_lacks_examined_incognito_activity_alone(request in requests()) {
        let (main, presence) = (plan(&request, Arm::Main), plan(&request, Arm::Presence));
        let frame = |entry: &NotebookEntry| {
            matches!(entry.activity, Activity::OpenSession { .. } | Activity::CloseSession)
        };
        let mut left = presence.entries.iter().peekable();
        for (entry, examined) in main.entries.iter().zip(examined(&main, &request)) {
            let stays = left.next_if(|other| *other == entry).is_some();
            prop_assert!(stays != examined || (stays && frame(entry)), "{:?}", entry);
        }
        prop_assert!(left.next().is_none());
        prop_assert_eq!(main.ends, presence.ends);
    }

    #[test]
    fn quiet_lacks_what_is_done_while_nothing_is_to_be_collected(request in requests()) {
        let (main, quiet) = (plan(&request, Arm::Main), plan(&request, Arm::Quiet));
        let mut done = main.clone();
        done.entries.iter_mut().for_each(|entry| entry.outcome = model::Outcome::Done);
        let timeline = Timeline::of(&done, &request.facts);
        let mut left = quiet.entries.iter().peekable();
        for (index, entry) in main.entries.iter().enumerate() {
            let silenced = entry.mode.is_some() && timeline.during(index).promise == Some(Promise::Suppress);
            let frame = matches!(entry.activity, Activity::OpenSession { .. } | Activity::CloseSession);
            let stays = left.next_if(|other| *other == entry).is_some();
            prop_assert!(stays != silenced || (stays && frame), "{:?}", entry);
        }
        prop_assert!(left.next().is_none());
        prop_assert_eq!(main.ends, quiet.ends);
        prop_assert_eq!(runs(Arm::Quiet, &request.facts, true) > 0, main.entries != quiet.entries);
    }

    #[test]
    fn amount_does_more_and_less_of_examined_incognito_activity_alone(request in requests()) {
        let (main, amount) = (plan(&request, Arm::Main), plan(&request, Arm::Amount));
        let rest = |notebook: &Notebook| -> Vec<NotebookEntry> {
            let lines = notebook.entries.iter().zip(examined(notebook, &request));
            lines.filter(|(_, examined)| !examined).map(|(line, _)| line.clone()).collect()
        };
        prop_assert_eq!(rest(&main), rest(&amount));
        prop_assert_eq!(main.ends, amount.ends);
        let lacks = |a: &Notebook, b: &Notebook| a.entries.iter().filter(|line| !b.entries.contains(line)).count();
        let (less, more) = (lacks(&main, &amount), lacks(&amount, &main));
        prop_assert!(less >= 5 && more > less, "{less} less, {more} more");
    }

    #[test]
    fn without_a_switch_presence_has_no_incognito_at_all(seed in any::<u64>()) {
        let presence = plan(&request(seed, SwitchState::Absent, None), Arm::Presence);
        prop_assert!(presence.entries.iter().all(|entry| entry.mode != Some(Mode::Incognito)));
    }
}

fn requests() -> impl Strategy<Value = super::PlanRequest> {
    let switch = prop_oneof![
        Just((SwitchState::Absent, None)),
        Just((SwitchState::Collect, Some(control(Promise::CollectInIncognito, Promise::SuppressInIncognito)))),
        Just((SwitchState::Suppress, Some(control(Promise::CollectInIncognito, Promise::SuppressInIncognito)))),
        Just((SwitchState::Suppress, Some(control(Promise::Collect, Promise::Suppress)))),
        Just((SwitchState::Suppress, Some(control(Promise::SuppressInIncognito, Promise::Collect)))),
    ];
    (any::<u64>(), switch, any::<bool>(), 0_u32..4).prop_map(|(seed, (state, control), asks, days)| {
        let mut request = request(seed, state, control);
        request.facts.asks_consent = asks;
        request.long_days = days;
        request
    })
}

#[test]
fn every_phase_is_walked_through() {
    let mut request = request(1, SwitchState::Collect, Some(control(Promise::Collect, Promise::Suppress)));
    request.long_days = 1;
    let phases: BTreeSet<Phase> = plan(&request, Arm::Main).entries.iter().map(|entry| entry.phase).collect();
    assert_eq!(phases.len(), 14, "{phases:?}");
}

#[test]
fn unbounded_wishes_are_cut() {
    let mut request = request(1, SwitchState::Absent, None);
    request.long_days = u32::MAX;
    request.extra = vec![request.extra[0].clone(); super::EXTRA_ENTRIES_MAX + 5];
    let notebook = plan(&request, Arm::Main);
    let of = |phase| notebook.entries.iter().filter(|entry| entry.phase == phase).count();
    assert_eq!(of(Phase::Scenario), super::EXTRA_ENTRIES_MAX);
    assert_eq!(of(Phase::Long), 6 * 1_000);
}

#[test]
fn a_scenario_url_keeps_its_host_and_gains_a_canary() {
    let notebook = plan(&request(1, SwitchState::Absent, None), Arm::Main);
    let visit = notebook.entries.iter().find(|entry| entry.phase == Phase::Scenario && !entry.canaries.is_empty());
    let Some(Activity::Visit { url, .. }) = visit.map(|entry| &entry.activity) else { panic!("no visit") };
    assert!(url.starts_with("https://news.example/today?page=1&canary="), "{url}");
}

#[test]
fn every_setting_that_is_shown_is_tried_at_each_value_and_put_back() {
    let mut request = request(1, SwitchState::Absent, None);
    let values = ["off", "some", "all"].map(str::to_owned);
    request.facts.settings = vec![model::Setting { name: "debug".to_owned(), values: values.to_vec() }];
    let notebook = plan(&request, Arm::Main);
    let set = notebook.entries.iter().filter_map(|entry| match &entry.activity {
        Activity::ChangeSetting { name, value } if name == "debug" => Some((entry.at, value.as_str())),
        _ => None,
    });
    let set: Vec<_> = set.collect();
    assert_eq!(set.iter().map(|(_, value)| *value).collect::<Vec<_>>(), ["some", "all", "off"]);
    for pair in set.windows(2) {
        let mut between = notebook.entries.iter().filter(|entry| pair[0].0 < entry.at && entry.at < pair[1].0);
        assert!(between.any(|entry| entry.mode == Some(Mode::Incognito) && !entry.canaries.is_empty()));
    }
}

fn order(what: Ordered, within: Duration) -> Order {
    Order { authority: "the commission".to_owned(), what, within, source: None }
}

#[test]
fn without_orders_nothing_follows_the_plan() {
    let request = request(1, SwitchState::Absent, None);
    let mut notebook = plan(&request, Arm::Main);
    assert_eq!(plan_orders(&request, &mut notebook, &[]), []);
    assert_eq!(notebook, plan(&request, Arm::Main));
}

#[test]
fn orders_are_served_in_turn_once_most_has_drained_and_the_time_of_the_one_before_is_up() {
    let request = request(1, SwitchState::Absent, None);
    let planned = plan(&request, Arm::Main);
    let mut notebook = planned.clone();
    let within = Duration::from_days(30);
    let served = plan_orders(&request, &mut notebook, &[order(Ordered::Report, within), order(Ordered::Erase, within)]);
    let last = planned.entries.last().unwrap().at;
    assert!(served[0].since(last) >= Duration::from_secs(12 * 3_600), "{} after {last}", served[0]);
    assert!(served[1] > served[0] + within, "{} after {}", served[1], served[0]);
    assert!(notebook.ends > served[1] + within);
    assert_eq!(notebook.entries, planned.entries, "only an order to stop is tried");
}

#[test]
fn after_an_order_to_stop_the_device_is_used_again_and_alike_in_every_arm() {
    let request = request(1, SwitchState::Suppress, Some(control(Promise::Collect, Promise::Suppress)));
    let within = Duration::DAY;
    let tried = |arm| {
        let mut notebook = plan(&request, arm);
        let planned = notebook.clone();
        let served = plan_orders(&request, &mut notebook, &[order(Ordered::Stop, within)]);
        let lines = notebook.entries.split_off(planned.entries.len());
        assert_eq!(notebook.entries, planned.entries, "{arm:?}: what was planned stays");
        assert!(lines.iter().all(|line| served[0] + within < line.at && line.at < notebook.ends), "{arm:?}: {lines:?}");
        assert!(planned.entries.iter().all(|line| line.session != lines[0].session), "{arm:?}: a session of its own");
        let known: BTreeSet<&Canary> = tokens(&planned).into_iter().collect();
        let canaries: Vec<&Canary> = lines.iter().flat_map(|line| &line.canaries).collect();
        assert!(canaries.iter().all(|canary| !known.contains(canary)), "{arm:?}: tokens of their own");
        assert!(canaries.len() > 1, "{arm:?}: {lines:?}");
        lines
    };
    let main = tried(Arm::Main);
    assert!(main.iter().all(|line| (line.phase, line.mode) == (Phase::Order, Some(Mode::Normal))), "{main:?}");
    assert!(main.iter().any(|line| matches!(line.activity, Activity::Visit { .. })), "{main:?}");
    for arm in [Arm::Content, Arm::Presence, Arm::Quiet, Arm::Amount] {
        assert_eq!(tried(arm), main, "{arm:?}");
    }
}
