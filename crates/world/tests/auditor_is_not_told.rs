//! The auditor learns from the wire alone: change the policy and nothing else, and the verdicts follow.

mod support;

use model::{CheckName, Verdict};
use support::{play, ruling, vendor, verdict};

const CLAIM: &str =
    r#"claim = [{ id = "incognito", statement = "Incognito is not collected.", promise = "incognito-suppressed" }]"#;

fn policy(incognito: &str, body: &str, fields: &str) -> String {
    format!(
        r#"
[[policy.p.pipeline]]
name = "usage"
route = [{{ host = "t.vendor.example" }}]
body = {body}
send = {{ every = "15s" }}
[[policy.p.pipeline.event]]
on = "visit"
name = "visit"
incognito = "{incognito}"
fields = {{ {fields} }}
"#
    )
}

fn examined(incognito: &str, body: &str, fields: &str) -> world::Played {
    play(&vendor(&policy(incognito, body, fields), CLAIM), 1)
}

#[test]
fn suppressed_incognito_is_kept_whatever_normal_mode_sends() {
    assert_eq!(verdict(&examined("never", r#"["json"]"#, r#"url = "url""#), "incognito"), Verdict::Kept);
}

#[test]
fn leak_is_found_under_every_encoding_and_its_path_is_named() {
    let chains = [
        (r#"["json"]"#, "body json:$[0].url"),
        (r#"["json", "base64"]"#, "body base64 json:$[0].url"),
        (r#"["json", "gzip", "base64-url"]"#, "body base64 gzip json:$[0].url"),
        (r#"["json", "deflate", "hex"]"#, "body hex zlib json:$[0].url"),
        (r#"["json", "percent", "base64"]"#, "body base64"), // percent leaves the letters of a token as they are
        (
            r#"["json", "gzip", "base64", { form = { field = "data_list", crc = "crc" } }]"#,
            "body form:data_list base64 gzip json:$[0].url",
        ),
    ];
    for (chain, path) in chains {
        let played = examined("always", chain, r#"url = "url""#);
        let ruling = ruling(&played, "incognito");
        assert_eq!(ruling.verdict, Verdict::Broken, "{chain}");
        let canary = ruling.findings.iter().find(|finding| finding.check == CheckName::Canary);
        let found = canary.map(|finding| finding.evidence.path.join(" ")).unwrap_or_default();
        assert_eq!(found, path, "{chain}");
    }
}

#[test]
fn what_no_decoder_opens_is_found_by_the_twin() {
    for (chain, fields) in [
        (r#"["json", { encrypt = { key = "k" } }]"#, r#"url = "url""#),
        (r#"["json"]"#, r#"hash = "url|sha256""#),
        (r#"["json"]"#, ""),
    ] {
        let played = examined("always", chain, fields);
        let ruling = ruling(&played, "incognito");
        assert_eq!(ruling.verdict, Verdict::Broken, "{chain} {fields}");
        assert!(
            ruling.findings.iter().any(|finding| finding.check == CheckName::Twin),
            "{chain} {fields}: {ruling:#?}"
        );
    }
}
