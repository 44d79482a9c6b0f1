//! The reports that everything is measured on, from one seed.

use aggregation::{Codes, Columns, ColumnsError, KeyColumn};
use model::Seed;
use rand::Rng as _;
use rand_distr::{Distribution as _, Zipf};

use super::BenchError;

/// How many reports, of how many devices, about how many sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Reports.
    pub reports: usize,
    /// Devices, of which some may never report.
    pub devices: u32,
    /// Sites.
    pub keys: u32,
}

/// Regions; a device reports in one.
pub const REGIONS: u8 = 4;
/// Kinds of reports.
pub const KINDS: u8 = 8;
/// Values are below this.
const VALUES: u64 = 1_000;

/// Reports as columns, with the dictionaries of those that have one.
#[derive(Debug)]
pub struct Input {
    /// Name of each report's device: ranks by popularity (Zipf 1.0), scattered over 64 bits.
    pub devices: Vec<u64>,
    /// Place of the region.
    pub regions: Vec<u8>,
    /// Place of the kind.
    pub kinds: Vec<u8>,
    /// Place of the site: ranks by popularity (Zipf 1.05), shuffled.
    pub sites: Vec<u32>,
    /// Value.
    pub values: Vec<i64>,
    /// Texts of region, kind and site.
    pub texts: [Vec<String>; 3],
}

impl Input {
    /// Generates reports: the same for the same size and seed.
    ///
    /// # Errors
    /// If there are no devices or sites.
    pub fn generate(size: Size, seed: &Seed) -> Result<Self, BenchError> {
        Self::with_devices(size, seed, 1.0)
    }

    /// The same with devices that report alike often: bounds of what each contributes drop little then, and the error of
    /// what is published is the mechanism's own.
    ///
    /// # Errors
    /// If there are no devices or sites.
    pub fn generate_even(size: Size, seed: &Seed) -> Result<Self, BenchError> {
        Self::with_devices(size, seed, 0.0)
    }

    fn with_devices(size: Size, seed: &Seed, exponent: f64) -> Result<Self, BenchError> {
        let zipf = |what, n: u32, exponent| {
            let found = n.into();
            Zipf::new(f64::from(n), exponent).map_err(|_| BenchError::Size { what, found, expected: "at least 1" })
        };
        let (devices, sites) =
            (zipf("number of devices", size.devices, exponent)?, zipf("number of keys", size.keys, 1.05)?);
        let text = |prefix: &str, n: u32| (0..n).map(|place| format!("{prefix}{place:06}")).collect::<Vec<String>>();
        let mut input = Self {
            devices: Vec::with_capacity(size.reports),
            regions: Vec::with_capacity(size.reports),
            kinds: Vec::with_capacity(size.reports),
            sites: Vec::with_capacity(size.reports),
            values: Vec::with_capacity(size.reports),
            texts: [text("region", REGIONS.into()), text("kind", KINDS.into()), text("site", size.keys)],
        };
        let mut stream = seed.derive("bench input").stream();
        for _ in 0..size.reports {
            let device = scatter(rank(devices.sample(&mut stream)));
            let site = rank(sites.sample(&mut stream));
            let word = stream.next_u64();
            input.devices.push(device);
            input.regions.push((scatter(device) % u64::from(REGIONS)).to_le_bytes()[0]);
            input.kinds.push((word % u64::from(KINDS)).to_le_bytes()[0]);
            input.sites.push(shuffle(site, size.keys));
            input.values.push(((word >> 32) % VALUES).cast_signed());
        }
        Ok(input)
    }

    /// Number of reports.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Bytes of all columns.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.len() * (8 + 1 + 1 + 4 + 8)
    }

    /// The reports as the core takes them; with devices or without, with sites as codes or as hashes.
    ///
    /// # Errors
    /// If columns differ in length, which they do not.
    pub fn columns<'a>(&'a self, devices: bool, hashes: Option<&'a [u64]>) -> Result<Columns<'a>, ColumnsError> {
        let [regions, kinds, sites] = &self.texts;
        let site = match hashes {
            Some(hashes) => KeyColumn::Hashed(hashes),
            None => KeyColumn::Coded { codes: Codes::U32(&self.sites), texts: sites },
        };
        let region = KeyColumn::Coded { codes: Codes::U8(&self.regions), texts: regions };
        let kind = KeyColumn::Coded { codes: Codes::U8(&self.kinds), texts: kinds };
        Columns::new(devices.then_some(&self.devices), vec![region, kind, site], Some(&self.values))
    }

    /// Sites as hashes of 64 bits.
    #[must_use]
    pub fn hashes(&self) -> Vec<u64> {
        self.sites.iter().map(|&site| scatter(u64::from(site) + (1 << 40))).collect()
    }
}

/// A number that stands in a one-to-one relation with `rank` and looks like chance.
const fn scatter(rank: u64) -> u64 {
    let mut word = rank.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// A Zipf variate, which is a whole number from 1 on, as a rank from 0 on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2^32")]
fn rank(variate: f64) -> u64 {
    (variate as u64).saturating_sub(1)
}

/// The place of a rank: neighbours in popularity are no neighbours in the dictionary. One to one, as the factor is a prime
/// that no number of keys below it has in common.
fn shuffle(rank: u64, keys: u32) -> u32 {
    const PRIME: u64 = 4_294_967_291;
    u32::try_from(rank * PRIME % u64::from(keys)).unwrap_or(0)
}
