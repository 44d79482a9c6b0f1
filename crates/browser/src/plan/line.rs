//! Lines: pipelines that were read.

use std::{collections::BTreeMap, sync::Arc};

use encoding::Form;
use model::Channel;

use super::{Expression, Splitter, Template, check};
use crate::{
    Policy,
    policy::{Each, Event, FailOver, IdForm, Pipeline, Route},
    problem::{Fault, Findings},
};

/// A pipeline that was read.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) pipeline: Pipeline,
    pub(crate) ways: Vec<Way>,
    pub(crate) path: Template,
    pub(crate) headers: Vec<(String, Template)>,
    /// How reports become a body, where there is one.
    pub(crate) form: Option<Form>,
    pub(crate) device: Option<Expression>,
    pub(crate) rules: Vec<Rule>,
    /// How reports are split, where they leave as shares.
    pub(crate) share: Option<Splitter>,
    /// Whether a host, path or header holds something of a report, so that each upload is of one.
    pub(crate) is_single: bool,
}

/// A route that was read.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) route: Route,
    pub(crate) host: Template,
    pub(crate) fail_over: Option<(u32, Template)>,
}

/// An event that was read.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) event: Event,
    /// Fields of the pipeline and of the event; the event's win.
    pub(crate) fields: Vec<(String, Expression)>,
    /// Values that are known when a report is sent.
    pub(crate) late: Option<Arc<[Late]>>,
}

/// A value that is known when a report is sent: that of an identifier that lives for one upload.
#[derive(Debug)]
pub(crate) struct Late {
    /// The field; nothing for the report's device.
    pub(crate) field: Option<String>,
    /// The identifier.
    pub(crate) id: String,
    pub(crate) form: IdForm,
    pub(crate) replaced_by_account: bool,
    pub(crate) expression: Expression,
}

impl Line {
    /// Reads the pipeline number `index` of `policy`.
    pub(crate) fn read(policy: &Policy, index: usize, findings: &mut Findings) -> Self {
        let pipeline = policy.pipelines[index].clone();
        check::pipeline(policy, index, findings);
        let reader = Reader { policy, findings };
        reader.line(pipeline)
    }

    /// Where uploads with a body go, host and path without query: there the form must be known.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&str, &str, &Form)> {
        let form = self.form.as_ref().filter(|_| self.pipeline.channel == Channel::Http);
        let place = form.zip(self.path.constant_until('?'));
        let hosts = self.ways.iter().flat_map(|way| {
            std::iter::once(&way.host).chain(way.fail_over.iter().map(|(_, host)| host)).filter_map(Template::constant)
        });
        hosts.filter_map(move |host| place.map(|(form, path)| (host, path, form)))
    }
}

struct Reader<'a> {
    policy: &'a Policy,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn line(mut self, pipeline: Pipeline) -> Line {
        let ways = (0..pipeline.route.len()).filter_map(|i| self.way(&pipeline, i)).collect::<Vec<_>>();
        let path = self.template("path", &pipeline.path).unwrap_or_default();
        let headers = self.headers(&pipeline.headers);
        let ids = &self.policy.identifiers;
        let device = |text: &String| self.expression("device", text, Expression::parse(text, ids), None);
        let device = pipeline.device.as_ref().and_then(device);
        let shared = self.fields(&pipeline.fields, None);
        let rules = pipeline.events.iter().enumerate().map(|(i, event)| self.rule(i, event, &shared, device.as_ref()));
        let rules = rules.collect::<Vec<_>>();
        let varies = ways.iter().any(Way::varies) || path.varies() || headers.iter().any(|(_, value)| value.varies());
        let share = pipeline.share.as_ref().map(|share| {
            super::share::check(share, &rules, self.findings);
            self.findings.within("share", |findings| Splitter::read(share, findings))
        });
        let line = Line {
            share,
            form: form(&pipeline),
            is_single: varies || pipeline.channel == Channel::Dns,
            ways,
            path,
            headers,
            device,
            rules,
            pipeline,
        };
        check::line(&line, self.findings);
        line
    }

    fn way(&mut self, pipeline: &Pipeline, index: usize) -> Option<Way> {
        let route = &pipeline.route[index];
        let ids = &self.policy.identifiers;
        self.findings.item("route", index, |findings| {
            let mut read = |text: &str| {
                findings.within("host", |findings| findings.take(Template::parse(text, ids).and_then(check::host)))
            };
            let host = read(&route.host)?;
            let over = |FailOver { host, after }: &FailOver| {
                findings.within("fail-over", |findings| {
                    findings.expect(*after > 0, "after", "0 attempts never fail: expected 1 or more");
                    let host = Template::parse(host, ids).and_then(check::host);
                    findings.within("host", |findings| findings.take(host)).map(|host| (*after, host))
                })
            };
            let fail_over = route.fail_over.as_ref().and_then(over);
            Some(Way { route: route.clone(), host, fail_over })
        })
    }

    fn headers(&mut self, headers: &BTreeMap<String, String>) -> Vec<(String, Template)> {
        let ids = &self.policy.identifiers;
        let read = |(name, text): (&String, &String)| {
            let template = self.findings.within("headers", |findings| {
                findings.within(name, |findings| {
                    findings.take(check::header_name(name))?;
                    findings.take(Template::parse(text, ids))
                })
            })?;
            Some((name.clone(), template))
        };
        headers.iter().filter_map(read).collect()
    }

    fn rule(
        &mut self,
        index: usize,
        event: &Event,
        shared: &[(String, Expression)],
        device: Option<&Expression>,
    ) -> Rule {
        let policy = self.policy;
        self.findings.item("event", index, |findings| {
            check::event(event, policy, findings);
            let own = Reader { policy, findings }.fields(&event.fields, Some(event));
            let mut fields: BTreeMap<String, Expression> = shared.iter().cloned().collect();
            fields.extend(own);
            let is_late = |expression: &Expression| expression.upload_id(&policy.identifiers).is_some();
            let late = fields.iter().map(|(name, value)| (Some(name), value)).chain(device.map(|value| (None, value)));
            let late: Vec<Late> = late.filter_map(|(field, value)| late_value(field, value, policy)).collect();
            fields.retain(|_, expression| !is_late(expression));
            let late = (!late.is_empty()).then(|| late.into());
            Rule { event: event.clone(), fields: fields.into_iter().collect(), late }
        })
    }

    fn fields(&mut self, fields: &BTreeMap<String, String>, event: Option<&Event>) -> Vec<(String, Expression)> {
        let policy = self.policy;
        let read = |(name, text): (&String, &String)| {
            let parsed = Expression::parse_field(text, policy);
            let value = self
                .findings
                .within("fields", |findings| Reader { policy, findings }.expression(name, text, parsed, event))?;
            Some((name.clone(), value))
        };
        fields.iter().filter_map(read).collect()
    }

    /// Takes an expression that was read; one of an event must be known in its kind of activity.
    fn expression(
        &mut self,
        key: &str,
        text: &str,
        parsed: Result<Expression, Fault>,
        event: Option<&Event>,
    ) -> Option<Expression> {
        self.findings.within(key, |findings| {
            let expression = findings.take(parsed)?;
            if let Some(fault) = event.and_then(|event| unknown_in(&expression, text, event)) {
                findings.add(fault);
            }
            Some(expression)
        })
    }

    fn template(&mut self, key: &str, text: &str) -> Option<Template> {
        let ids = &self.policy.identifiers;
        self.findings.within(key, |findings| findings.take(Template::parse(text, ids)))
    }
}

impl Way {
    fn varies(&self) -> bool {
        self.host.varies() || self.fail_over.as_ref().is_some_and(|(_, host)| host.varies())
    }
}

fn form(pipeline: &Pipeline) -> Option<Form> {
    let bodiless = pipeline.channel == Channel::Dns || matches!(pipeline.method.as_str(), "GET" | "HEAD");
    let chain = || pipeline.body.clone().unwrap_or_default();
    (!bodiless).then(|| Form { chain: chain(), layout: pipeline.layout.clone() })
}

fn late_value(field: Option<&String>, expression: &Expression, policy: &Policy) -> Option<Late> {
    let id = expression.upload_id(&policy.identifiers)?;
    Some(Late {
        field: field.cloned(),
        id: id.name.clone(),
        form: id.form,
        replaced_by_account: id.replaced_by_account,
        expression: expression.clone(),
    })
}

fn unknown_in(expression: &Expression, text: &str, event: &Event) -> Option<Fault> {
    let source = text.split('|').next().unwrap_or(text).trim();
    if !expression.source.is_known_in(event.on) {
        return Some(Fault::new(format!("`{source}` is never known in a {}", event.on.words())));
    }
    let needs = match source {
        "key" => Each::Key,
        "link" => Each::Link,
        _ => return None,
    };
    let help = Some(format!("write `each = \"{source}\"` beside `on`"));
    (event.each != needs).then(|| Fault { message: format!("`{source}` is known only in a report on each one"), help })
}
