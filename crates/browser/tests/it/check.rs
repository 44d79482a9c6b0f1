//! Mistakes that types cannot rule out.

use browser::Policy;

/// Problems of a policy that is right but for `wrong` in the place of `right`.
fn problems(right: &str, wrong: &str) -> Vec<(String, Option<String>)> {
    const RIGHT: &str = r#"
        [switch]
        label = "l"
        default = "on"
        positions = [
            { name = "on", promise = "collect", effect = "collect" },
            { name = "off", promise = "suppress", effect = "suppress" },
        ]
        [[identifier]]
        name = "uuid"
        lifetime = { days = 90, counted-from = "creation" }
        [[identifier]]
        name = "fresh"
        lifetime = "upload"
        [[pipeline]]
        name = "p"
        route = [{ country = ["RU"], host = "ru.example" }, { host = "sg.example" }]
        method = "POST"
        path = "/p?r={country}"
        headers = { user-agent = "x{version}" }
        body = ["json", "gzip"]
        layout = { event = "event" }
        device = "id:uuid"
        fields = { region = "country" }
        queue = { reports-max = 1000 }
        send = { every = "15s", count = 100, retry = { attempts-max = 3, first = "10s" } }
        event = [{ on = "visit", name = "visit", normal = "switch", each = "activity", fields = { host = "url|host" } }]
        [[pipeline]]
        name = "q"
        route = [{ host = "sg.example" }]
        path = "/q"
    "#;
    assert!(RIGHT.contains(right), "{right}");
    let policy: Policy = toml::from_str(&RIGHT.replacen(right, wrong, 1)).unwrap();
    policy.problems().into_iter().map(|problem| (problem.to_string(), problem.help)).collect()
}

#[track_caller]
fn only_problem(right: &str, wrong: &str) -> (String, Option<String>) {
    let found = problems(right, wrong);
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_right_policy_has_none() {
    assert_eq!(problems("POST", "POST"), []);
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    for (right, wrong, path, near) in [
        ("id:uuid", "id:uid", "pipeline[0].device", "uuid"),
        ("\"country\"", "\"contry\"", "pipeline[0].fields.region", "country"),
        ("{country}", "{contry}", "pipeline[0].path", "country"),
        ("{version}", "{vresion}", "pipeline[0].headers.user-agent", "version"),
        ("url|host", "ulr|host", "pipeline[0].event[0].fields.host", "url"),
        ("url|host", "url|hots", "pipeline[0].event[0].fields.host", "host"),
        ("url|host", "url|sha256(uuit)", "pipeline[0].event[0].fields.host", "uuid"),
        ("url|host", "count:activites", "pipeline[0].event[0].fields.host", "activities"),
        ("default = \"on\"", "default = \"onn\"", "switch.default", "on"),
    ] {
        let (told, help) = only_problem(right, wrong);
        assert!(told.starts_with(&format!("{path}: ")), "{told}");
        assert_eq!(help, Some(format!("did you mean `{near}`?")), "{told}");
    }
}

#[test]
fn parts_that_do_not_fit_are_told_where_they_stand() {
    for (right, wrong, path) in [
        ("name = \"off\"", "name = \"on\"", "switch.positions[1]"),
        ("days = 90", "days = 0", "identifier[0].lifetime"),
        ("name = \"fresh\"", "name = \"uuid\"", "identifier[1]"),
        ("name = \"q\"", "name = \"p\"", "pipeline[1].name"),
        ("\"ru.example\"", "\"https://ru.example/\"", "pipeline[0].route[0].host"),
        ("\"ru.example\"", "\"{country}.example\"", "pipeline[0].route[0].host"),
        ("country = [\"RU\"], ", "", "pipeline[0].route[1]"),
        ("\"POST\"", "\"post\"", "pipeline[0].method"),
        ("\"POST\"", "\"GET\"", "pipeline[0].body"),
        ("/p?r={country}", "/p/{country}", "pipeline[0].path"),
        ("/p?r={country}", "/p?r={country", "pipeline[0].path"),
        ("user-agent", "User-Agent", "pipeline[0].headers.User-Agent"),
        ("user-agent", "idempotency-key", "pipeline[0].headers.idempotency-key"),
        ("event = \"event\"", "event = \"time\"", "pipeline[0].layout"),
        ("region = ", "event = ", "pipeline[0].event[0]"),
        ("host = \"url|host\"", "\"region.x\" = \"url\"", "pipeline[0].event[0]"),
        ("reports-max = 1000", "reports-max = 99", "pipeline[0].send.count"),
        ("every = \"15s\"", "every = \"0s\"", "pipeline[0].send.every"),
        ("count = 100", "count = 0", "pipeline[0].send.count"),
        ("every = \"15s\"", "constant-rate = \"1h\"", "pipeline[0].send.constant-rate"),
        ("attempts-max = 3", "attempts-max = 0", "pipeline[0].send.retry.attempts-max"),
        ("first = \"10s\"", "first = \"2h\"", "pipeline[0].send.retry.longest"),
        ("each = \"activity\"", "each = \"activity\", where = { name = [\"x\"] }", "pipeline[0].event[0].where.name"),
        ("url|host", "terms", "pipeline[0].event[0].fields.host"),
        ("url|host", "key", "pipeline[0].event[0].fields.host"),
        ("url|host", "url|sha256(fresh)", "pipeline[0].event[0].fields.host"),
        ("path = \"/q\"", "path = \"/p\"", "pipeline[1].body"),
    ] {
        let (told, _) = only_problem(right, wrong);
        assert!(told.starts_with(&format!("{path}: ")), "{wrong}: {told}");
    }
}

#[test]
fn a_switch_that_is_not_there_is_told() {
    let text = "[[pipeline]]\nname = 'p'\nroute = [{ host = 't.example' }]\nevent = [{ on = 'visit', name = 'e', incognito = 'switch' }]";
    let policy: Policy = toml::from_str(text).unwrap();
    assert!(policy.problems()[0].to_string().starts_with("pipeline[0].event[0].incognito: "));
}

#[test]
fn several_mistakes_are_told_at_once() {
    assert_eq!(problems("fields = { region = \"country\" }", "fields = { a = \"x1\", b = \"x2\" }").len(), 2);
}

#[test]
fn a_product_with_a_wrong_policy_is_refused() {
    let wrong: Policy = toml::from_str("[[pipeline]]\nname = 'p'\nroute = []").unwrap();
    let id = model::ProductId::new("browser").unwrap();
    let error = browser::Product::new(id, [(crate::drive::version(1), wrong.into())]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version 1 has a wrong policy: pipeline[0].route: a pipeline needs at least one route"
    );
}
