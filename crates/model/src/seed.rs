//! Chance from one seed, in named streams that cannot shift one another.

use std::fmt;

use chacha20::{ChaCha8Rng, rand_core::SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of pseudo-random numbers (ChaCha with 8 rounds), exactly repeatable on every machine.
pub type Stream = ChaCha8Rng;

/// A seed from which other seeds and streams are derived by name: (seed, subject, purpose).
///
/// Two streams with different names are independent: drawing from one never changes what the other yields.
///
/// ```
/// let world = model::Seed::root(2020);
/// assert_eq!(world.derive("device 1"), world.derive("device 1"));
/// assert_ne!(world.derive("device 1"), world.derive("device 2"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed of a whole world.
    #[must_use]
    pub fn root(seed: u64) -> Self {
        Self(Sha256::digest([b"glasshouse/1/".as_slice(), &seed.to_le_bytes()].concat()).into())
    }

    /// The seed named `name` below this one.
    #[must_use]
    pub fn derive(&self, name: &str) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(name.as_bytes()).finalize().into())
    }

    /// The seed numbered `index` below this one.
    #[must_use]
    pub fn nth(&self, index: u64) -> Self {
        Self(
            Sha256::new().chain_update(self.0).chain_update([0xff]).chain_update(index.to_le_bytes()).finalize().into(),
        )
    }

    /// The stream that starts at this seed.
    #[must_use]
    pub fn stream(&self) -> Stream {
        ChaCha8Rng::from_seed(self.0)
    }

    /// The seed as bytes, for keyed hashes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}
