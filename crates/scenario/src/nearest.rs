//! The valid name that somebody most likely meant.

/// Longer texts are no misspelt names, and comparing costs the product of the lengths.
const LENGTH_MAX: usize = 64;

/// The name in `known` that is nearest to `found`, if any is near enough to be meant: few slips away, or begun alike.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > LENGTH_MAX {
        return None;
    }
    let wanted = plain(found);
    known.into_iter().filter_map(|name| Some((distance(&wanted, name)?, name))).min().map(|(_, name)| name)
}

/// Slips between `wanted` and `name`, or `None` where there are too many. A begun name comes after every slip.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    const BEGUN_MIN: usize = 4;
    if name.len() > LENGTH_MAX {
        return None;
    }
    let name = plain(name);
    let slips = strsim::damerau_levenshtein(wanted, &name);
    let begun = wanted.len() >= BEGUN_MIN && name.starts_with(wanted);
    match slips <= 1 + wanted.len().min(name.len()) / 4 {
        true => Some(slips),
        false => begun.then_some(LENGTH_MAX + slips),
    }
}

/// The question that offers the nearest name.
pub(crate) fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(found, known).map(|name| format!("did you mean `{name}`?"))
}

/// `expected one of …`, or what fits the number of names.
pub(crate) fn one_of<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN_MAX: usize = 12;
    let names: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "expected none".to_owned(),
        1 => format!("expected {}", names[0]),
        n if n <= SHOWN_MAX => format!("expected one of {}", names.join(", ")),
        n => format!("expected one of {} and {} more", names[..SHOWN_MAX].join(", "), n - SHOWN_MAX),
    }
}

/// The name without the differences that people make most: capitals, and how words are joined.
fn plain(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '_' | ' ' | '.') { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_slips_find_the_name_that_was_meant() {
        let known = ["region", "registered-in", "host"];
        for slip in ["regoin", "Region", "regions", "egion"] {
            assert_eq!(nearest(slip, known), Some("region"), "{slip}");
        }
        assert_eq!(nearest("registered_in", known), Some("registered-in"));
        assert_eq!(nearest("registered", known), Some("registered-in"));
    }

    #[test]
    fn other_words_find_nothing() {
        assert_eq!(nearest("weather", ["region", "host"]), None);
        assert_eq!(nearest("a", ["sg", "ru"]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), ["region"]), None);
    }
}
