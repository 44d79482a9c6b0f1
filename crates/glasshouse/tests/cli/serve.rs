//! `serve`: what is said on standard output, logs, and an orderly end.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{assert_status, glasshouse, shipped, stderr};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A service that runs; it is killed if it still does at the end.
struct Service {
    child: Child,
    address: SocketAddr,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(arguments: &[&str]) -> Service {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("glasshouse"))
        .arg("serve")
        .args(arguments)
        .arg("--scenario")
        .arg(shipped("quickstart.toml"))
        .env("RUST_LOG", "info")
        .env("GLASSHOUSE_DRIVER", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("it said `{line}`"));
    Service { address: address.parse().unwrap(), child }
}

fn send(signal: &str, service: &Service) {
    let sent = Command::new("kill").args([signal, &service.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn log(service: &mut Service) -> String {
    let mut text = String::new();
    service.child.stderr.as_mut().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn each_service_listens_on_loopback_and_ends_cleanly_when_asked() {
    for (role, signal) in [("collector", "-TERM"), ("aggregator", "-INT"), ("auditor", "-TERM")] {
        for clock in ["wall", "scenario"] {
            let mut service = start(&[role, "--clock", clock]);
            assert!(service.address.ip().is_loopback() && service.address.port() != 0);
            TcpStream::connect(service.address).unwrap();
            send(signal, &service);
            assert_eq!(service.child.wait().unwrap().code(), Some(0), "{role}: {}", log(&mut service));
        }
    }
}

#[test]
fn service_can_end_with_standard_input() {
    let mut service = start(&["auditor", "--until-stdin-ends"]);
    drop(service.child.stdin.take());
    assert_eq!(service.child.wait().unwrap().code(), Some(0), "{}", log(&mut service));
}

#[test]
fn log_for_machines_is_one_json_object_a_line() {
    let mut service = start(&["collector", "--region", "eu", "--log-format", "json"]);
    send("-TERM", &service);
    let log = log(&mut service);
    assert!(log.lines().count() > 0);
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["level"].is_string() && event["fields"]["message"].is_string(), "{line}");
    }
    assert!(!log.contains(TOKEN));
}

#[test]
fn wrong_configuration_exits_with_2_and_says_what_was_expected() {
    let cases: [(&[&str], &str); 5] = [
        (&["collector", "--region", "mars"], "expected one of sg, ru"),
        (&["collector"], "expected --region with one of sg, ru"),
        (&["aggregator", "--clock", "scenario"], "GLASSHOUSE_DRIVER"),
        (&["aggregator", "--clock", "scenario", "--driver-credential", "short"], "expected 16 to 512"),
        (&["aggregator", "--seed", "7"], "--seed is for `--clock scenario`"),
    ];
    for (arguments, wanted) in cases {
        let output = glasshouse().arg("serve").args(arguments).output().unwrap();
        assert_status(&output, 2);
        assert!(stderr(&output).contains(wanted), "no {wanted} in {}", stderr(&output));
    }
}

#[test]
fn address_that_is_taken_exits_with_2() {
    let service = start(&["auditor"]);
    let output = glasshouse().args(["serve", "auditor", "--listen", &service.address.to_string()]).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("cannot listen"), "{}", stderr(&output));
}
