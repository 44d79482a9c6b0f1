//! The core: bounds contributions, accumulates, applies a privacy mechanism, keeps the budget, releases.
//!
//! Four moves, of which the first happens on the device (in `encoding`):
//!
//! 1. encode;
//! 2. accumulate: an [`Accumulator`] takes a region's reports for one query and window, one by one or as [`Columns`], and
//!    [`Accumulator::seal`]s them into a [`model::Partial`] that has no device key any more;
//! 3. merge: [`Accumulator::merge`] joins shards within a region, [`merge_partials`] joins regions;
//! 4. release: [`release`] applies the query's mechanism and charges the [`Ledger`].
//!
//! Accumulators are commutative monoids: any split into shards, in any order, seals to the same partial. Nothing
//! here reads a clock or draws chance of its own, and no noise comes from a float.
//!
//! # Whom to trust
//!
//! A region sees its devices' reports. What it hands on is bounded and without device keys, yet without noise:
//! whoever merges and releases partials is trusted to add it. Mechanisms that need no such trust add noise or shares
//! on the device.
//!
//! # How far off
//!
//! Every cell carries a [`model::ErrorBar`]: a standard error, and an interval with the probability that it holds the
//! truth, at least 19/20. It is computed from the distribution of the noise and rounded down, so that it is never less
//! than what is stated. The truth is the bounded one: what contribution bounds drop and clamping changes is a bias, which
//! a publisher cannot state without giving something away, and which the interval does not cover. Scenarios can expect
//! that it is small: they compare with the truth before any bound.
//!
//! What is observed is what is stated, within a point, for
//!
//! - counts, devices, sums and histograms with central noise, for known keys and for selected ones, and for what two
//!   servers of Prio3 add up with the noise of both: there the stated coverage is exact but for rounding;
//! - means, unless they lie at the very end of their range;
//! - what devices randomize by k-ary response, OUE, OLH or Hadamard response, once the variance of support is some
//!   hundred: from about 1,000 responses on at an epsilon of 2, unless nobody or everybody has the value.
//!
//! Elsewhere the stated coverage is a lower bound, and the truth is held more often:
//!
//! - by intervals from fewer randomized responses, since whole numbers of them split chance no finer: of 20 responses, up
//!   to 5 points more often;
//! - by those of values that nobody has, or everybody, since no interval goes beyond: 2.5 points more often;
//! - by RAPPOR's, whose width is that for the cause that varies most, and by Bernstein's bound unless responses are very
//!   many and of devices that respond once;
//! - by those of quantiles, the more values their bucket has, which is not for the publisher to tell: what is stated is
//!   for a bucket with next to none, and is observed there;
//! - by those of means at the end of their range, since no interval goes beyond.
//!
//! What is published without noise, behind a threshold and by STAR, is the truth.
//!
//! Where to start reading: `accumulator/mod.rs`, then `mechanism/mod.rs`, which has the one `match` for each move.

mod accumulator;
mod columns;
mod conduct;
mod ledger;
mod measure;
mod mechanism;
pub mod noise;
mod partial;
mod problem;
#[cfg(test)]
mod sample;

pub use accumulator::{Accumulator, Limits, LoadError, PushError, SealError, ShardError, Total, Totals};
pub use columns::{Codes, Columns, ColumnsError, KeyColumn};
pub use conduct::{Conduct, Counted, Noise, configuration_digest, configured, release_as};
pub use ledger::{Budget, Charge, Cost, Covers, Day, Ledger, LedgerError, Overspent, Remaining};
pub use measure::key_width;
pub use mechanism::{ReleaseError, partial_fields, prio3, release};
pub use noise::{gaussian, laplace};
pub use partial::{MergeError, PartialError, merge_partials, validate_partial};
pub use problem::{KNOWN_KEYS_MAX, Problem, WINDOW_DAYS_MAX, problems};
