//! Checks of a policy that its types cannot make.

mod line;
mod parts;
mod randomizers;

pub(super) use line::{line, places};
pub(super) use parts::{event, identifiers, pipeline, settings, switch};
pub(super) use randomizers::randomizers;

use model::Host;

use super::Template;
use crate::problem::{Fault, shown};

/// A host that is a name, as far as that can be seen.
pub(super) fn host(template: Template) -> Result<Template, Fault> {
    match template.constant().map(|text| (text, Host::new(text))) {
        Some((text, Err(error))) => Err(Fault::new(format!("`{}` is no host: {error}", shown(text)))),
        Some((text, Ok(_))) if text.contains(['/', ':']) => Err(Fault::new(format!(
            "`{}` is no host: expected a name alone, without scheme, port and path",
            shown(text)
        ))),
        _ => Ok(template),
    }
}

/// A header name as it goes over the wire.
pub(super) fn header_name(name: &str) -> Result<(), Fault> {
    if name == crate::client::KEY_HEADER {
        return Err(Fault::new(format!("every upload has the header `{name}` anyway")));
    }
    let is_token = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_token) {
        return Ok(());
    }
    let message = format!("`{}` is no header name: expected lower-case letters, digits and hyphens", shown(name));
    Err(Fault { message, help: Some(format!("write `{}`", shown(name).to_ascii_lowercase())) })
}

/// Places of names that stood before.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let mut seen = std::collections::BTreeSet::new();
    names.enumerate().filter(|(_, name)| !seen.insert(*name)).collect()
}
