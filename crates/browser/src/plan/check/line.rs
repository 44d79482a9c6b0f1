//! Checks of a pipeline that was read: how its parts fit together.

use model::{Channel, Report, Seed, Timestamp, Value};

use crate::{
    plan::{Line, Splitter},
    problem::{Fault, Findings},
};

/// Checks that servers can undo the uploads, and that every report can be written.
pub(in crate::plan) fn line(line: &Line, findings: &mut Findings) {
    match &line.form {
        None => bodiless(line, findings),
        Some(_) => undoable(line, findings),
    }
    let form = line.form.as_ref().filter(|form| form.layout.check().is_ok());
    for (i, rule) in line.rules.iter().enumerate() {
        let late = rule.late.iter().flat_map(|late| late.iter()).filter_map(|late| late.field.as_ref());
        let names = rule.fields.iter().map(|(name, _)| name).chain(late).cloned().collect::<Vec<String>>();
        let names = if line.share.is_some() { Splitter::FIELDS.map(str::to_owned).to_vec() } else { names };
        let report = Report {
            event: rule.event.name.clone(),
            time: Timestamp::default(),
            device: line.device.is_some().then(String::new),
            fields: names.into_iter().map(|name| (name, Value::Flag(true))).collect(),
        };
        let written = form.map(|form| form.encode(&[report], &mut Seed::root(0).stream()));
        if let Some(Err(error)) = written {
            findings.item("event", i, |findings| findings.add(Fault::new(error.to_string())));
        }
    }
}

fn bodiless(line: &Line, findings: &mut Findings) {
    let message = "names looked up and the methods GET and HEAD have no body";
    findings.expect(line.pipeline.body.is_none(), "body", message);
}

/// A server must know by host and path how to undo a body.
fn undoable(line: &Line, findings: &mut Findings) {
    if line.pipeline.channel != Channel::Http {
        return;
    }
    let message = "what has a body has a host that no report decides: use the method GET";
    for (i, way) in line.ways.iter().enumerate() {
        let hosts = std::iter::once(&way.host).chain(way.fail_over.iter().map(|(_, host)| host));
        let constant = hosts.into_iter().all(|host| host.constant().is_some());
        findings.item("route", i, |findings| findings.expect(constant, "host", message));
    }
    let constant = line.path.constant_until('?').is_some();
    findings.expect(constant, "path", "what has a body has a path that is always the same up to the query");
}

/// One host and path have one form, or a server could not undo it.
pub(in crate::plan) fn places(lines: &[Line], findings: &mut Findings) {
    for (i, line) in lines.iter().enumerate() {
        let before = || lines[..i].iter().flat_map(|earlier| earlier.places().map(move |place| (earlier, place)));
        let clash = line.places().find_map(|(host, path, form)| {
            before().find(|(_, (h, p, other))| (*h, *p) == (host, path) && *other != form)
        });
        if let Some((earlier, (host, path, _))) = clash {
            let name = &earlier.pipeline.name;
            let fault = Fault::new(format!("pipeline `{name}` sends to {host}{path} too, with another body or layout"));
            findings.item("pipeline", i, |findings| findings.within("body", |findings| findings.add(fault)));
        }
    }
}
