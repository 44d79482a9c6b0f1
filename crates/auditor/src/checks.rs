//! The checks, one file each: what each sees and cannot see, how often it errs, and where it is from.
//!
//! Whoever reads a verdict finds here what it is worth. There is nothing to call: [`crate::audit`] puts the checks
//! together. Those about what is published are in [`releases`].

pub mod access;
pub mod addresses;
pub mod canary;
pub mod consent;
pub mod digest;
pub mod double_count;
pub mod endpoints;
pub mod erasure;
mod identifying;
pub mod lawful;
pub mod linkage;
pub mod minimality;
pub mod orders;
pub mod peel;
pub(crate) mod planted;
pub mod releases;
pub mod residency;
pub mod retention;
pub mod switch;
pub mod twin;
pub mod uniqueness;

use model::Phase;

/// Phases of use that each have their own events and their own ways out, after the first start.
const PHASES: [Phase; 8] = [
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
];

#[cfg(test)]
mod tests {
    use model::CheckName;

    fn text(check: CheckName) -> &'static str {
        match check {
            CheckName::Peel => include_str!("checks/peel.rs"),
            CheckName::Canary => include_str!("checks/canary.rs"),
            CheckName::Digest => include_str!("checks/digest.rs"),
            CheckName::Twin => include_str!("checks/twin.rs"),
            CheckName::Linkage => include_str!("checks/linkage.rs"),
            CheckName::Uniqueness => include_str!("checks/uniqueness.rs"),
            CheckName::Switch => include_str!("checks/switch.rs"),
            CheckName::Consent => include_str!("checks/consent.rs"),
            CheckName::Minimality => include_str!("checks/minimality.rs"),
            CheckName::Endpoints => include_str!("checks/endpoints.rs"),
            CheckName::Residency => include_str!("checks/residency.rs"),
            CheckName::Access => include_str!("checks/access.rs"),
            CheckName::Retention => include_str!("checks/retention.rs"),
            CheckName::Erasure => include_str!("checks/erasure.rs"),
            CheckName::Orders => include_str!("checks/orders.rs"),
            CheckName::SmallGroup => include_str!("checks/releases/small_group.rs"),
            CheckName::Batch => include_str!("checks/releases/batch.rs"),
            CheckName::Differencing => include_str!("checks/releases/differencing.rs"),
            CheckName::RepeatedNoise => include_str!("checks/releases/repeated_noise.rs"),
            CheckName::Sybil => include_str!("checks/releases/sybil.rs"),
            CheckName::DoubleCount => include_str!("checks/double_count.rs"),
            CheckName::Budget => include_str!("checks/releases/budget.rs"),
            CheckName::Epsilon => include_str!("checks/releases/epsilon.rs"),
            CheckName::Configuration => include_str!("checks/releases/configuration.rs"),
            _ => "",
        }
    }

    #[test]
    fn every_check_says_what_it_sees_and_cannot_see_how_often_it_errs_and_where_it_is_from() {
        for check in CheckName::ALL {
            let docs: Vec<&str> = text(check).lines().map_while(|line| line.strip_prefix("//!")).collect();
            let heads: Vec<&str> = docs.iter().filter_map(|line| line.strip_prefix(" # ")).collect();
            assert_eq!(heads, ["Sees", "Cannot see", "Error rates", "Source"], "{check}");
            for (place, _) in docs.iter().enumerate().filter(|(_, line)| line.starts_with(" # ")) {
                assert!(docs.get(place + 2).is_some_and(|line| line.len() > 20), "{check}: {:?}", docs[place]);
            }
        }
    }
}
