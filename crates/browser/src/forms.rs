//! What a vendor's servers need to undo the uploads of a policy.

use encoding::Form;

use crate::{
    Policy,
    plan::{Line, Plan},
    problem::Findings,
};

/// For each host and path without query that uploads with a body go to, how to undo the body; sorted, each once.
///
/// What has mistakes ([`Policy::problems`]) is left out. Channels other than HTTP have no server to undo them.
#[must_use]
pub fn forms(policy: &Policy) -> Vec<(String, String, Form)> {
    let plan = Plan::read(policy, &mut Findings::default());
    let places = plan.lines.iter().flat_map(Line::places);
    let mut forms: Vec<(String, String, Form)> = Vec::new();
    for (host, path, form) in places {
        if !forms.iter().any(|(h, p, f)| (h.as_str(), p.as_str(), f) == (host, path, form)) {
            forms.push((host.to_owned(), path.to_owned(), form.clone()));
        }
    }
    forms.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    forms
}
