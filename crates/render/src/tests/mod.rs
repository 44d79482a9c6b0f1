//! What renderings promise.

mod json;
mod junit;
mod standing;
mod terminal;
mod zoo;

use model::{Claim, ClaimKind, Coverage, Evidence, Finding, FlowId, Ruling, Subject, SwitchState, Verdict};

use crate::{Digests, Judged, Moment, Played};

fn subject(product: &str, version: &str, switch: SwitchState) -> Subject {
    Subject { product: product.parse().unwrap(), version: version.parse().unwrap(), switch }
}

fn claim(id: &str, statement: &str, promise: ClaimKind) -> Claim {
    Claim { id: id.parse().unwrap(), statement: statement.to_owned(), source: None, promise, products: Vec::new() }
}

fn finding(path: &[&str], plaintext: &str) -> Finding {
    Finding {
        check: model::CheckName::Canary,
        summary: "The address of a page visited in incognito mode leaves the device, word for word.".to_owned(),
        evidence: Evidence {
            flow: Some(FlowId(17)),
            device: Some("lab-1".parse().unwrap()),
            endpoint: Some("sa.api.example".parse().unwrap()),
            at: "2020-05-01T10:00:15Z".parse().unwrap(),
            path: path.iter().map(|step| (*step).to_owned()).collect(),
            plaintext: plaintext.to_owned(),
            activity: "visit in incognito at 2020-05-01T10:00:12Z".to_owned(),
        },
    }
}

fn judged(claim: &str, subject: &Subject, verdict: Verdict, expected: Option<Verdict>) -> Judged {
    let plaintext = format!("https://canary.example/{}/{}", subject.product, subject.version);
    let findings = match verdict {
        Verdict::Broken => vec![
            finding(&["body", "form:data_list", "base64", "gzip", "json:$[4].properties.url"], &plaintext),
            finding(&["path", "percent"], &plaintext),
        ],
        _ => Vec::new(),
    };
    let ruling = Ruling {
        claim: claim.parse().unwrap(),
        subject: subject.clone(),
        verdict,
        reason: (verdict == Verdict::Unproven).then(|| "there are no rulebooks yet".to_owned()),
        findings,
        coverage: Coverage {
            activities: 12,
            canaries: 9,
            flows: 40,
            exercised: vec!["visit".to_owned()],
            missed: Vec::new(),
        },
    };
    Judged { ruling, expected, check: None, source: expected.map(|_| "palant.info 2020-05-04".to_owned()) }
}

/// One product, two versions, three claims; one expectation fails, one cell expects nothing.
fn small() -> Played {
    use SwitchState::{Absent, Suppress};
    use Verdict::{Broken, Kept, Unproven};
    let old = subject("mint-browser", "3.4.0", Absent);
    let new = subject("mint-browser", "3.4.3", Suppress);
    Played {
        scenario: "small".to_owned(),
        title: "A browser, before and after its switch".to_owned(),
        seed: 7,
        digests: Digests { log: "aa".into(), captures: "bb".into(), releases: "cc".into(), findings: "dd".into() },
        timeline: vec![
            moment("2020-04-30T08:00:00Z", "A report says that browsing in incognito mode is collected."),
            moment("2020-05-04T01:30:00Z", "mint-browser 3.4.3 comes out."),
            moment("2020-05-04T12:00:00Z", "Half of the crowd is offered it."),
            moment("2020-05-04T12:00:30Z", "The examiner takes it to a lab device."),
        ],
        verdicts: vec![
            judged("incognito-suppressed", &old, Broken, Some(Broken)),
            judged("incognito-suppressed", &new, Kept, Some(Broken)),
            judged("switch-honored", &new, Broken, None),
            judged("lawful", &old, Unproven, Some(Unproven)),
            judged("lawful", &new, Unproven, Some(Unproven)),
        ],
        accuracies: Vec::new(),
        claims: vec![
            claim("incognito-suppressed", "Incognito browsing is not collected.", ClaimKind::IncognitoSuppressed),
            claim("switch-honored", "The switch turns collection off.", ClaimKind::SwitchHonored),
            claim("lawful", "All is in line with the law.", ClaimKind::Lawful { jurisdictions: Vec::new() }),
        ],
        tallies: vec![("devices".to_owned(), 10_000), ("activities".to_owned(), 214_332)],
        replay: "glasshouse run small.toml --seed 7".to_owned(),
    }
}

/// Six claims about nine subjects, as large as the flagship.
fn large() -> Played {
    let mut subjects = Vec::new();
    for (product, old, new) in [
        ("mi-browser", "before-12.1.4", "12.1.4"),
        ("mi-browser-pro", "before-12.1.4", "12.1.4"),
        ("mint-browser", "3.4.0", "3.4.3"),
    ] {
        subjects.push(subject(product, old, SwitchState::Absent));
        subjects.push(subject(product, new, SwitchState::Collect));
        subjects.push(subject(product, new, SwitchState::Suppress));
    }
    let claims =
        ["incognito-suppressed", "switch-honored", "aggregated-anonymous", "region-local", "consent", "lawful"];
    let verdicts = claims.iter().enumerate().flat_map(|(row, claim)| {
        subjects.iter().enumerate().map(move |(column, subject)| {
            let verdict = [Verdict::Broken, Verdict::Unproven, Verdict::Kept][(row + column) % 3];
            judged(claim, subject, verdict, Some(verdict))
        })
    });
    let claim = |id: &&str| claim(id, "A statement.", ClaimKind::Consent);
    Played { verdicts: verdicts.collect(), claims: claims.iter().map(claim).collect(), ..small() }
}

fn moment(at: &str, text: &str) -> Moment {
    Moment { at: at.parse().unwrap(), text: text.to_owned() }
}
