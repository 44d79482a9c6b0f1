//! Captures of other tools become case files: what they hold is taken as it was sent, what they lack is said.

use model::{Channel, Verdict};
use world::{CaptureError, HarFile, audit_captures, read_har};

const CHROMIUM: &str = include_str!("../../../examples/captures/session.har");
const MITMPROXY: &str = include_str!("captures/mitmproxy.har");

fn read(name: &str, text: &str) -> HarFile {
    read_har(name, name, text).unwrap()
}

#[test]
fn a_browsers_archive_is_read_as_it_was_sent() {
    let HarFile { flows, faults, .. } = read("chromium.har", CHROMIUM);
    assert_eq!(faults, Vec::<String>::new());
    let upload = &flows[0];
    assert_eq!((upload.method.as_str(), upload.host.as_str()), ("POST", "telemetry.vendor.example"));
    assert_eq!((upload.path.as_str(), upload.channel), ("/v1/events?sdk=2", Channel::Http));
    // Blocked, looked up and connected before it was sent; what is negative took no time.
    assert_eq!(upload.at.to_string(), "2026-01-01T10:00:10.67Z");
    let names: Vec<&str> = upload.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "x-sdk"]);
    assert!(upload.body.starts_with(b"{\"ref\":\"aHR0c"));
}

#[test]
fn what_is_sent_over_a_web_socket_is_a_flow_each() {
    let flows = read("chromium.har", CHROMIUM).flows;
    let socket: Vec<_> = flows.iter().skip(1).map(|flow| (flow.channel, &*flow.body, flow.at.to_string())).collect();
    let at = |text: &str| text.to_owned();
    assert_eq!(
        socket,
        [
            (Channel::Socket, &b""[..], at("2026-01-01T10:00:30Z")),
            (Channel::Socket, &b"{\"hello\":1}"[..], at("2026-01-01T10:00:31.25Z")),
            (Channel::Socket, &b"\0\x01\x02"[..], at("2026-01-01T10:00:32Z")),
        ]
    );
    assert_eq!(flows[1].wire_bytes, 530);
}

#[test]
fn a_proxys_archive_keeps_bytes_parameters_and_cookies() {
    let HarFile { flows, faults, .. } = read("mitmproxy.har", MITMPROXY);
    assert_eq!(flows[0].body, b"\x1f\x8b\x08\0\xff\xc3\xa9");
    assert_eq!(flows[0].host.as_str(), "telemetry.vendor.example");
    assert_eq!(flows[0].at.to_string(), "2026-01-01T10:00:20.001Z");
    assert_eq!(flows[1].body, b"a=1+2&b=");
    assert!(flows[1].headers.contains(&("cookie".to_owned(), "id=7".to_owned())));
    assert_eq!(faults, ["mitmproxy.har/log/entries/2/request: a body of 4096 bytes is not in the file"]);
}

#[test]
fn mistakes_name_the_file_the_place_and_the_value() {
    let mistake = |from: &str, to: &str| {
        assert!(CHROMIUM.contains(from), "{from}");
        read_har("x.har", "x.har", &CHROMIUM.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert_eq!(
        mistake("\"https://telemetry.vendor.example/v1/events?sdk=2\"", "5"),
        "x.har:15:18: /log/entries/0/request/url: invalid type: integer `5`, expected a string"
    );
    assert_eq!(
        mistake("\"wss://push.vendor.example/socket\"", "\"socket\""),
        "x.har:59:9: /log/entries/1/request: url `socket`: expected one with a scheme and a host, such as https://a.example/"
    );
    assert!(mistake("2026-01-01T10:00:10.500Z", "yesterday").contains("/log/entries/0/startedDateTime: `yesterday`"));
    assert!(mistake("\"entries\"", "\"entry\"").contains("/log: missing field `entries`"));
    let cut = read_har("x.har", "x.har", &CHROMIUM[..200]).unwrap_err();
    assert!(cut.problem.contains("EOF"), "{cut}");
    for empty in ["", "{\n"] {
        let error = read_har("x.har", "x.har", empty).unwrap_err();
        assert!(error.line > 0 && error.column > 0, "{error}");
    }
}

const NOTEBOOK: &str = r#"
format = 1
product = "browser"
version = "1.0"
lab = { id = "laptop", model = "ThinkPad", country = "DE", locale = "de-DE" }

[[claim]]
id = "incognito-suppressed"
statement = "What you do in incognito mode is not collected."
promise = "incognito-suppressed"

[[claim]]
id = "switch-honored"
statement = "The switch does what it says."
promise = "switch-honored"

[[arm]]
starts = "2026-01-01T10:00:00Z"
ends = "2026-01-01T12:00:00Z"

[[arm.entry]]
at = "2026-01-01T10:00:05Z"
session = 1
mode = "incognito"
do = { visit = { url = "https://kq3xn7wz2m5abcde.example/" } }
canaries = ["kq3xn7wz2m5abcde"]
"#;

fn notebook(text: &str) -> scenario::CaptureNotebook {
    scenario::parse_notebook("notebook.toml", text).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
}

#[test]
fn a_capture_and_a_notebook_are_enough_to_break_a_promise() {
    let played = audit_captures(&notebook(NOTEBOOK), vec![read("chromium.har", CHROMIUM)]).unwrap();
    let ruling = &played.verdicts[0].ruling;
    assert_eq!(ruling.verdict, Verdict::Broken, "{ruling:?}");
    let evidence = &ruling.findings[0].evidence;
    assert_eq!(evidence.path, ["body", "json:$.ref", "base64"]);
    assert_eq!(evidence.plaintext, "https://kq3xn7wz2m5abcde.example/");
    let switch = &played.verdicts[1].ruling;
    let reason = switch.reason.as_deref().unwrap_or_default();
    assert_eq!(switch.verdict, Verdict::Unproven);
    assert!(
        reason.contains("none of 1 visit passed the tap") && reason.ends_with("the version has no switch"),
        "{reason}"
    );
    let elsewhere = notebook(&NOTEBOOK.replacen("format = 1", "format = 1\nnavigation = \"elsewhere\"", 1));
    let played = audit_captures(&elsewhere, vec![read("chromium.har", CHROMIUM)]).unwrap();
    let reason = played.verdicts[1].ruling.reason.as_deref();
    assert_eq!(reason, Some("the version has no switch"));
}

#[test]
fn a_capture_that_shows_nothing_proves_nothing_and_says_why() {
    let played = audit_captures(&notebook(NOTEBOOK), vec![read("mitmproxy.har", MITMPROXY)]).unwrap();
    let ruling = &played.verdicts[0].ruling;
    assert_eq!(ruling.verdict, Verdict::Unproven);
    let reason = ruling.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("a body of 4096 bytes is not in the file"), "{reason}");
}

#[test]
fn the_same_notebook_can_be_json() {
    let toml = notebook(NOTEBOOK);
    let text = serde_json::to_string_pretty(&toml).unwrap();
    assert_eq!(notebook(&text), toml);
    let mistakes = scenario::parse_notebook("n.json", &text.replace("\"product\"", "\"prodcut\"")).unwrap_err();
    assert!(mistakes[0].to_string().starts_with("n.json:3:"), "{}", mistakes[0]);
}

#[test]
fn a_notebook_that_does_not_fit_the_files_is_refused() {
    let files = || vec![read("chromium.har", CHROMIUM)];
    let with = |from: &str, to: &str| notebook(&NOTEBOOK.replacen(from, to, 1));
    let named = with("[[arm]]\n", "[[arm]]\nhar = [\"other.har\"]\n");
    let error = audit_captures(&named, files()).unwrap_err().to_string();
    assert_eq!(error, "the main arm names `other.har`, expected one of the files given: `chromium.har`");
    let both = [files(), files()].concat();
    assert!(matches!(audit_captures(&notebook(NOTEBOOK), both), Err(CaptureError::Twice(_))));
    let absent = NOTEBOOK.replace("canaries = [\"kq", "canaries = [\"zz");
    let mistakes = scenario::parse_notebook("notebook.toml", &absent).unwrap_err();
    assert!(
        mistakes[0].to_string().starts_with("notebook.toml:26:14: `zz3xn7wz2m5abcde` does not stand"),
        "{}",
        mistakes[0]
    );
}

#[test]
fn requests_outside_the_time_of_the_notebook_are_a_fault() {
    let late = notebook(&NOTEBOOK.replace("10:00:00Z", "10:00:04Z").replace("12:00:00Z", "10:00:11Z"));
    let played = audit_captures(&late, vec![read("chromium.har", CHROMIUM)]).unwrap();
    let faults = &played.cases[0].examinations[0].records[0].faults;
    assert!(faults[0].starts_with("3 requests lie outside"), "{faults:?}");
}
