//! What responses support: counted in the form that is quickest, and turned into one number for each known value.

use encoding::local::{LocalRandomizer, bucket, bucket_count, has, order, positions};
use model::Randomizer;

/// Responses counted by what they say. Which known values that supports is worked out at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    counts: Vec<u64>,
    pub(super) responses: u64,
}

impl Tally {
    pub(super) fn new(randomizer: &LocalRandomizer) -> Self {
        let values = randomizer.values().len();
        let length = match randomizer.by() {
            Randomizer::KAry { .. } => values + 1,
            Randomizer::Oue { .. } | Randomizer::Olh { .. } => values,
            Randomizer::Rappor(rappor) => rappor.cohorts as usize * rappor.bits as usize,
            Randomizer::Hadamard { .. } => 2 * order(count(randomizer)) as usize,
        };
        Self { counts: vec![0; length], responses: 0 }
    }

    /// Counts a response, in the form of [`LocalRandomizer::read`]. The caller sees to it that their number fits.
    pub(super) fn add(&mut self, randomizer: &LocalRandomizer, response: &[u8]) {
        self.responses += 1;
        said(randomizer, response, |place| self.counts[place] += 1);
    }

    /// Takes back a response; `false`, and nothing taken, if none like it was counted.
    pub(super) fn take(&mut self, randomizer: &LocalRandomizer, response: &[u8]) -> bool {
        let mut is_counted = self.responses > 0;
        said(randomizer, response, |place| is_counted &= self.counts[place] > 0);
        if is_counted {
            self.responses -= 1;
            said(randomizer, response, |place| self.counts[place] -= 1);
        }
        is_counted
    }

    /// Adds what another tally of the same randomizer counted. The caller sees to it that their number fits.
    pub(super) fn extend(&mut self, other: &Self) {
        self.responses += other.responses;
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
    }

    /// How much supports each known value: the number of responses that it may well have caused. For RAPPOR, the
    /// number of bits of its filter that are set, over all responses.
    pub(super) fn supports(&self, randomizer: &LocalRandomizer) -> Vec<u128> {
        let values = randomizer.values();
        match randomizer.by() {
            Randomizer::KAry { .. } | Randomizer::Oue { .. } | Randomizer::Olh { .. } => {
                self.counts.iter().take(values.len()).copied().map(u128::from).collect()
            }
            Randomizer::Rappor(rappor) => {
                let of_cohort = |value: &str, cohort: u32| -> u128 {
                    let first = cohort as usize * rappor.bits as usize;
                    positions(rappor, cohort, value)
                        .iter()
                        .map(|bit| u128::from(self.counts[first + *bit as usize]))
                        .sum()
                };
                values.iter().map(|value| (0..rappor.cohorts).map(|cohort| of_cohort(value, cohort)).sum()).collect()
            }
            Randomizer::Hadamard { .. } => agreeing(&self.counts).into_iter().take(values.len()).collect(),
        }
    }
}

/// The places of the tally that a response adds one to.
fn said(randomizer: &LocalRandomizer, response: &[u8], mut each: impl FnMut(usize)) {
    match randomizer.by() {
        Randomizer::KAry { .. } | Randomizer::Hadamard { .. } => each(word(response) as usize),
        Randomizer::Oue { .. } => {
            (0..count(randomizer)).filter(|bit| has(response, *bit)).for_each(|bit| each(bit as usize));
        }
        Randomizer::Olh { epsilon } => {
            let (key, rest) = response.split_at(8);
            let key = u64::from_le_bytes(key.try_into().unwrap_or_default());
            let (found, buckets) = (word(rest), bucket_count(*epsilon));
            let values = randomizer.values().iter().enumerate();
            values.filter(|(_, value)| bucket(key, value, buckets) == found).for_each(|(place, _)| each(place));
        }
        Randomizer::Rappor(rappor) => {
            let (cohort, row) = response.split_at(4);
            let first = word(cohort) as usize * rappor.bits as usize;
            (0..rappor.bits).filter(|bit| has(row, *bit)).for_each(|bit| each(first + bit as usize));
        }
    }
}

/// For each column of Sylvester's matrix, how many of the counted (row, sign) agree with it: by the fast
/// Walsh–Hadamard transform of the differences of signs.
fn agreeing(counts: &[u64]) -> Vec<u128> {
    let total: i128 = counts.iter().map(|count| i128::from(*count)).sum();
    let mut sums: Vec<i128> = counts.chunks_exact(2).map(|pair| i128::from(pair[1]) - i128::from(pair[0])).collect();
    let mut half = 1;
    while half < sums.len() {
        for block in sums.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                (*low, *high) = (*low + *high, *low - *high);
            }
        }
        half *= 2;
    }
    // Agreeing and disagreeing add up to the total and differ by the sum.
    sums.into_iter().map(|sum| u128::try_from(i128::midpoint(total, sum)).unwrap_or(0)).collect()
}

fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word))
}

fn count(randomizer: &LocalRandomizer) -> u32 {
    u32::try_from(randomizer.values().len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use encoding::local::sign;

    use super::agreeing;

    #[test]
    fn the_transform_counts_what_row_by_row_counts() {
        let counts: Vec<u64> = (0..32).map(|n| n * n % 23).collect();
        let agrees = |place: usize, column| sign(u32::try_from(place / 2).unwrap(), column) == (place % 2 == 1);
        for (column, found) in (0..).zip(agreeing(&counts)) {
            let expected = counts.iter().enumerate().filter(|(place, _)| agrees(*place, column));
            assert_eq!(found, expected.map(|(_, count)| u128::from(*count)).sum(), "column {column}");
        }
    }
}
