//! `examine`: the example clients, end to end.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use protocol::v1::device_under_test_service_server::DeviceUnderTestServiceServer;
use serde_json::Value;
use tokio_stream::wrappers::TcpListenerStream;

use crate::{assert_status, device::Leak, glasshouse, service::Client, stderr, stdout};

/// Starts the Rust example on a thread of its own.
fn client(leak: Leak) -> SocketAddr {
    let (say, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            say.send(listener.local_addr().unwrap()).unwrap();
            let service = DeviceUnderTestServiceServer::new(Client::new(leak));
            let server = tonic::transport::Server::builder();
            server.serve_with_incoming(service, TcpListenerStream::new(listener)).await.unwrap();
        });
    });
    said.recv().unwrap()
}

pub(crate) fn examine(at: SocketAddr, more: &[&str]) -> Output {
    glasshouse().args(["examine", "--device", &format!("http://{at}")]).args(more).output().unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_str(stdout(output)).unwrap_or_else(|_| panic!("{}\n{}", stdout(output), stderr(output)))
}

/// Verdicts by claim and state of the switch.
fn verdicts(document: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| (text(&row["claim"]), text(&row["subject"]["switch"]), text(&row["verdict"]));
    document["scenarios"][0]["verdicts"].as_array().unwrap().iter().map(row).collect()
}

fn assert_kept(output: &Output) {
    let document = document(output);
    for (claim, state, verdict) in verdicts(&document) {
        assert_eq!(verdict, "kept", "{claim} at {state}: {document:#}");
    }
    assert_status(output, 0);
}

/// Asserts that incognito is not suppressed, and that the evidence names the field.
fn assert_leaks(output: &Output) {
    assert_status(output, 1);
    let document = document(output);
    let rows = document["scenarios"][0]["verdicts"].as_array().unwrap();
    let broken: Vec<&Value> = rows.iter().filter(|row| row["claim"] == "incognito-suppressed").collect();
    assert_eq!(broken.len(), 2, "{document:#}");
    for row in broken {
        assert_eq!(row["verdict"], "broken", "{row:#}");
        let evidence = &row["findings"][0]["evidence"];
        let path: Vec<&str> = evidence["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(path[0] == "body" && path[1].ends_with(".ref") && path[2] == "base64", "{evidence:#}");
        assert_eq!(evidence["endpoint"], crate::device::VENDOR);
        assert!(evidence["plaintext"].as_str().unwrap().starts_with("https://"), "{evidence:#}");
        assert!(evidence["activity"].as_str().unwrap().starts_with("visit in incognito"), "{evidence:#}");
    }
}

#[test]
fn the_honest_example_is_kept() {
    assert_kept(&examine(client(Leak::None), &["--json", "-", "--require", "kept"]));
}

#[test]
fn the_leaking_example_is_broken_with_evidence_that_names_the_field() {
    assert_leaks(&examine(client(Leak::IncognitoUrl), &["--json", "-"]));
}

#[test]
fn an_identifier_that_comes_back_after_resets_is_found() {
    let output = examine(client(Leak::InstallId), &["--json", "-", "--switch", "collect"]);
    assert_status(&output, 1);
    let document = document(&output);
    let row = &document["scenarios"][0]["verdicts"].as_array().unwrap()[2];
    assert_eq!((&row["claim"], &row["verdict"]), (&"unlinkable".into(), &"broken".into()), "{document:#}");
    let path = row["findings"][0]["evidence"]["path"].as_array().unwrap();
    assert_eq!(path.last().unwrap(), "json:$.install", "{row:#}");
}

#[test]
fn claims_and_plan_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let claims = folder.path().join("claims.toml");
    let plan = folder.path().join("plan.toml");
    let text = r#"
format = 1
[[claim]]
id = "home"
statement = "Data stays where the user lives."
promise = { region-local = {} }
[[expect]]
claims = ["home"]
verdict = "broken"
source = "the client says that it is served in Germany, and the user lives in India"
"#;
    std::fs::write(&claims, text).unwrap();
    let lab = "format = 1\nlab = { id = \"phone\", model = \"Redmi Note 8\", country = \"IN\", locale = \"hi-IN\" }\n";
    std::fs::write(&plan, lab).unwrap();
    let paths = [&claims, &plan].map(|path| path.display().to_string());
    let at = client(Leak::None);
    let output = examine(at, &["--json", "-", "--claims", &paths[0], "--plan", &paths[1], "--switch", "collect"]);
    assert_status(&output, 0);
    assert_eq!(verdicts(&document(&output)), [("home".into(), "collect".into(), "broken".into())]);

    std::fs::write(&claims, text.replace("region-local", "region-locl")).unwrap();
    let output = examine(at, &["--claims", &paths[0]]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("region-local"), "{}", stderr(&output));
}

#[test]
fn nobody_at_the_address_is_a_mistake() {
    let output = examine(([127, 0, 0, 1], 1).into(), &[]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("no device can be reached at http://127.0.0.1:1"), "{}", stderr(&output));
}

/// A program that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Python with `grpcio` and `grpcio-tools`, if there is one: `GLASSHOUSE_PYTHON`, or `python3`.
fn python() -> Option<String> {
    let program = std::env::var("GLASSHOUSE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&program).args(["-c", "import grpc, grpc_tools"]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success()).then_some(program)
}

/// Starts the Python example with stubs of its own.
fn python_client(program: &str, stubs: &Path, more: &[&str]) -> (Running, SocketAddr) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let proto = root.join("proto");
    let generated = Command::new(program)
        .args(["-m", "grpc_tools.protoc", "-I"])
        .arg(&proto)
        .arg(format!("--python_out={}", stubs.display()))
        .arg(format!("--grpc_python_out={}", stubs.display()))
        .arg(proto.join("glasshouse/v1/device.proto"))
        .status();
    assert!(generated.unwrap().success());
    let mut child = Command::new(program)
        .arg(root.join("examples/python/client.py"))
        .args(["--listen", "127.0.0.1:0"])
        .args(more)
        .env("PYTHONPATH", stubs)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("it said `{line}`"));
    (Running(child), address.parse().unwrap())
}

#[test]
#[allow(clippy::print_stderr)] // whoever reads the tests' output learns why this one did nothing
fn the_python_example_is_kept_and_its_leak_is_found() {
    let Some(program) = python() else {
        eprintln!("skipped: no Python with grpcio and grpcio-tools (set GLASSHOUSE_PYTHON to one)");
        return;
    };
    let stubs = tempfile::tempdir().unwrap();
    let (_running, at) = python_client(&program, stubs.path(), &[]);
    assert_kept(&examine(at, &["--json", "-", "--require", "kept"]));
    let (_leaking, at) = python_client(&program, stubs.path(), &["--leak", "incognito-url"]);
    assert_leaks(&examine(at, &["--json", "-"]));
}
