//! What several targets need.

use encoding::{BodyChain, Form, Step};

/// Forms with every step between them.
pub fn forms() -> Vec<Form> {
    let field = Step::Form { field: "data".to_owned(), with: [].into(), crc: Some("crc".to_owned()) };
    let chains = [
        vec![Step::Json],
        vec![Step::JsonLines, Step::Gzip, Step::Base64, field],
        vec![Step::FormFields],
        vec![Step::Protobuf, Step::Deflate, Step::Base64Url],
        vec![Step::Native, Step::Gzip],
        vec![Step::Json, Step::Pad { multiple: 64 }, Step::Hex],
        vec![Step::Json, Step::Percent, Step::Encrypt { key: "k".to_owned() }],
    ];
    let form = |chain| Some(Form { chain: BodyChain::new(chain).ok()?, ..Form::default() });
    chains.into_iter().filter_map(form).collect()
}
