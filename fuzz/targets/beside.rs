//! The files beside scenarios: a notebook in TOML or JSON, claims, a plan. The first letter chooses which.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scenario::Diagnostic;

fuzz_target!(|text: &str| {
    let Some(kind) = text.chars().next() else { return };
    let text = &text[kind.len_utf8()..];
    let mistakes = match kind {
        'c' => scenario::parse_promises("claims.toml", text).err(),
        'p' => scenario::parse_examination("plan.toml", text).err(),
        _ => match scenario::parse_notebook("notebook.toml", text) {
            Ok(notebook) => {
                let _ = world::audit_captures(&notebook, Vec::new());
                None
            }
            Err(mistakes) => Some(mistakes),
        },
    };
    if let Some(mistakes) = mistakes {
        assert!(!mistakes.is_empty(), "refused without a reason");
        assert!(mistakes.iter().all(|mistake| is_in(text, mistake)));
    }
});

/// Whether the mistake can be shown, at a place of the text.
fn is_in(text: &str, mistake: &Diagnostic) -> bool {
    text.get(mistake.span.clone()).is_some() && !mistake.to_string().is_empty()
}
