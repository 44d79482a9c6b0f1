//! Where uploads go, and in what shape.

use model::{Channel, Mode};

use crate::drive::{Lab, search, visit};

#[test]
fn a_name_is_looked_up_for_each_visit() {
    let mut lab = Lab::new(
        r#"
        [[pipeline]]
        name = "probe"
        channel = "dns"
        route = [{ host = "resolver.vendor.example" }]
        path = "{url|host}.lookup.vendor.example"
        send = { every = "15s" }
        event = [{ on = "visit", name = "lookup", incognito = "always" }]
        "#,
    );
    lab.open(2, Mode::Incognito).act_in(2, visit("https://A.example/x")).act_in(2, visit("https://b.example/"));
    lab.act_in(2, visit("about:blank")).wait("1m");
    let seen: Vec<_> = lab.sent.iter().map(|sent| (sent.channel, sent.upload.path.as_str())).collect();
    let name = |name| (Channel::Dns, name);
    assert_eq!(seen, [name("a.example.lookup.vendor.example"), name("b.example.lookup.vendor.example")]);
    let first = &lab.sent[0].upload;
    assert!(first.method.is_empty() && first.body.is_empty() && first.headers.is_empty(), "{first:?}");
    assert_eq!(first.authority, "resolver.vendor.example");
}

#[test]
fn an_icon_is_asked_for_by_the_host_of_the_page() {
    let mut lab = Lab::new(
        r#"
        [[pipeline]]
        name = "icons"
        method = "GET"
        route = [{ host = "icons.vendor.example" }]
        path = "/icon?u={url}&c={country}"
        headers = { referer = "{page}", x-model = "{model}" }
        event = [{ on = "visit", name = "icon" }]
        "#,
    );
    lab.open(1, Mode::Normal)
        .act_in(1, visit("https://a.example/ä?b"))
        .act_in(1, visit("https://b.example/"))
        .wait("1s");
    let upload = &lab.sent[0].upload;
    assert_eq!((upload.method.as_str(), upload.body.len()), ("GET", 0));
    assert_eq!(upload.path, "/icon?u=https%3A%2F%2Fa.example%2F%C3%A4%3Fb&c=RU");
    assert_eq!((upload.header("referer"), upload.header("x-model")), (None, Some("Redmi Note 8")));
    assert_eq!(lab.sent[1].upload.header("referer"), Some("https://a.example/ä?b"));
}

#[test]
fn a_host_may_be_that_of_the_page() {
    let mut lab = Lab::new(
        r#"
        [[pipeline]]
        name = "prefetch"
        method = "GET"
        route = [{ host = "{url|host}" }]
        path = "/prefetch"
        event = [{ on = "visit", name = "prefetch" }]
        "#,
    );
    lab.act(visit("https://a.example/")).act(visit("nowhere")).wait("1s");
    assert_eq!(lab.sent.len(), 1);
    assert_eq!(lab.sent[0].upload.authority, "a.example");
}

#[test]
fn a_header_can_carry_what_the_body_does_not_one_report_an_upload() {
    let mut lab = Lab::new(
        r#"
        [[pipeline]]
        name = "p"
        route = [{ host = "t.vendor.example" }]
        path = "/p"
        headers = { x-words = "{terms}", user-agent = "browser/{version}" }
        send = { every = "15s" }
        event = [{ on = "search", name = "search" }]
        "#,
    );
    lab.act(search("one\r\nx-evil: 1")).act(search("two")).wait("1m");
    let words: Vec<_> = lab.sent.iter().map(|sent| sent.upload.header("x-words")).collect();
    assert_eq!(words, [Some("onex-evil: 1"), Some("two")]);
    assert_eq!(lab.sent[0].upload.header("user-agent"), Some("browser/1"));
}

#[test]
fn the_first_route_that_fits_is_taken_and_without_one_nothing_is_done() {
    let host = |routes: &str| {
        let text = format!(
            "[[pipeline]]\nname = 'p'\nroute = [{routes}]\npath = '/p'\nevent = [{{ on = 'visit', name = 'e' }}]"
        );
        let mut lab = Lab::new(&text);
        lab.act(visit("https://a.example/")).wait("1s");
        lab.sent.first().map(|sent| sent.upload.authority.clone())
    };
    let route = |only: &str, host: &str| format!("{{ {only} host = '{host}' }}");
    let (ru, other) = (route("country = ['RU'],", "ru.example"), route("", "sg.example"));
    assert_eq!(host(&format!("{ru}, {other}")).as_deref(), Some("ru.example"));
    assert_eq!(host(&format!("{}, {other}", route("country = ['IN'],", "in.example"))).as_deref(), Some("sg.example"));
    assert_eq!(host(&route("locale = ['ru'],", "l.example")).as_deref(), Some("l.example"));
    assert_eq!(host(&route("locale = ['r'],", "l.example")), None);
    assert_eq!(host(&route("country = ['RU'], locale = ['en'],", "x.example")), None);
}

#[test]
fn a_message_on_a_socket_awaits_no_answer() {
    let mut lab = Lab::new(
        r#"
        [[pipeline]]
        name = "push"
        channel = "socket"
        route = [{ host = "push.vendor.example" }]
        path = "/session"
        event = [{ on = "open-session", name = "open", incognito = "always" }]
        "#,
    );
    lab.server = |_| model::Reply::Unavailable;
    lab.open(1, Mode::Normal).open(2, Mode::Incognito).wait("1h");
    assert_eq!(lab.sent.iter().map(|sent| sent.channel).collect::<Vec<_>>(), [Channel::Socket; 2]);
    assert!(!lab.sent[0].upload.body.is_empty());
}

#[test]
fn servers_learn_the_form_of_every_host_and_path() {
    let policy = crate::drive::policy(
        r#"
        [[pipeline]]
        name = "p"
        route = [{ country = ["RU"], host = "b.example", fail-over = { host = "a.example", after = 1 } }, { host = "c.example" }]
        path = "/p?x={country}"
        body = ["json", "gzip"]
        [[pipeline]]
        name = "q"
        method = "GET"
        route = [{ host = "b.example" }]
        "#,
    );
    let forms = browser::forms(&policy);
    let places: Vec<_> =
        forms.iter().map(|(host, path, form)| (host.as_str(), path.as_str(), form.chain.steps().len())).collect();
    assert_eq!(places, [("a.example", "/p", 2), ("b.example", "/p", 2), ("c.example", "/p", 2)]);
}
