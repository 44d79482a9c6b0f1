//! Laplace noise as it must not be drawn: from a float whose fraction is then cut off.
//!
//! Zero takes what lies between −1 and 1, twice as much as any other number, so that the exact value stands out. What
//! floats themselves give away (Mironov, *On significance of the least significant bits for differential privacy*,
//! 2012) does not survive in whole numbers; how they are turned into them does.

use model::{Measure, Partial, Query, Release, Seed};
use rand_core::Rng;

use crate::{
    Ledger, ReleaseError,
    mechanism::{measured, noise_scale, release},
};

/// Publishes every known key with noise of the agreed scale, charged as agreed. What is computed from several numbers
/// with noise is published as agreed.
pub(super) fn release_cut(
    query: &Query,
    partial: &Partial,
    noise: &Seed,
    ledger: &mut Ledger,
) -> Result<Release, ReleaseError> {
    let mut published = release(query, partial, noise, ledger)?;
    let scale = noise_scale(query)?;
    if matches!(query.measure, Measure::Mean { .. } | Measure::Quantiles { .. }) {
        return Ok(published);
    }
    let seed = noise.derive(&format!("cut noise {} {} {:?}", partial.query, partial.window, partial.regions));
    for cell in &mut published.cells {
        let present = partial.groups.binary_search(&cell.group);
        let exact = present.map_or(0, |index| measured(query, partial, index));
        let drawn = laplace(scale, &mut seed.derive(&cell.group.join("\0")).stream());
        let overflow = || ReleaseError::Overflow { group: cell.group.clone() };
        cell.value = i64::try_from(exact).ok().and_then(|exact| exact.checked_add(drawn)).ok_or_else(overflow)?;
    }
    Ok(published)
}

/// A Laplace variate by inversion, cut towards zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the mistake that is played here")]
fn laplace(scale: f64, stream: &mut impl Rng) -> i64 {
    let uniform = (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
    let magnitude = -scale * libm::log(1.0 - 2.0 * uniform.abs());
    (magnitude * uniform.signum()) as i64
}
