//! Dice that walk through every sequence of throws, so that tests know exact probabilities.

use std::collections::BTreeMap;

use model::{Ratio, Seed, Stream};

use super::{Bits, Dice};

/// Dice that walk through every sequence of throws down to some probability, each once.
pub(crate) struct Walk {
    /// (thrown, weights) of each throw so far; the tail turns like an odometer.
    throws: Vec<(usize, Vec<f64>)>,
    next: usize,
    weight: f64,
    weight_min: f64,
    /// Whether exponential coins are taken as given, and thrown at once.
    strides: bool,
    /// Ends what has become too unlikely to follow.
    rest: Stream,
}

/// Probabilities of outcomes, and of all that was not followed.
pub(crate) struct Outcomes<T> {
    pub(crate) found: BTreeMap<T, f64>,
    pub(crate) lost: f64,
}

impl Walk {
    /// Walks through the throws of `throw`, coin by coin.
    pub(crate) fn through<T: Ord>(throw: impl FnMut(&mut Self) -> T) -> Outcomes<T> {
        Self::walk(1e-9, false, throw)
    }

    /// The same with exponential coins taken as given, since tests of their own prove them: far fewer ways to go.
    pub(crate) fn stride<T: Ord>(throw: impl FnMut(&mut Self) -> T) -> Outcomes<T> {
        Self::walk(1e-14, true, throw)
    }

    fn walk<T: Ord>(weight_min: f64, strides: bool, mut throw: impl FnMut(&mut Self) -> T) -> Outcomes<T> {
        let rest = Seed::root(0).stream();
        let mut walk = Self { throws: Vec::new(), next: 0, weight: 1.0, weight_min, strides, rest };
        let mut outcomes = Outcomes { found: BTreeMap::new(), lost: 0.0 };
        loop {
            let outcome = throw(&mut walk);
            if walk.weight < weight_min {
                outcomes.lost += walk.weight;
            } else {
                *outcomes.found.entry(outcome).or_default() += walk.weight;
            }
            if !walk.turn() {
                return outcomes;
            }
        }
    }

    /// Turns to the next sequence; `false` after the last.
    fn turn(&mut self) -> bool {
        (self.next, self.weight) = (0, 1.0);
        while let Some((thrown, weights)) = self.throws.pop() {
            if thrown + 1 < weights.len() {
                self.throws.push((thrown + 1, weights));
                return true;
            }
        }
        false
    }

    /// One of as many outcomes as there are weights; `None` where it is not followed any more.
    fn branch(&mut self, weights: Vec<f64>) -> Option<usize> {
        if self.weight < self.weight_min {
            return None;
        }
        if self.next == self.throws.len() {
            self.throws.push((0, weights));
        }
        let (thrown, weights) = &self.throws[self.next];
        self.next += 1;
        self.weight *= weights[*thrown];
        Some(*thrown)
    }

    fn toss(&mut self, yes: f64, otherwise: impl FnOnce(&mut Bits<'_, Stream>) -> bool) -> bool {
        match self.branch(vec![1.0 - yes, yes]) {
            Some(thrown) => thrown == 1,
            None => otherwise(&mut Bits(&mut self.rest)),
        }
    }
}

impl<T: Ord> Outcomes<T> {
    /// Whether `outcome` has the probability `expected`, as far as was followed.
    pub(crate) fn agrees(&self, outcome: &T, expected: f64) -> bool {
        let found = self.found.get(outcome).copied().unwrap_or(0.0);
        self.lost < 1e-6 && (found - 1e-12..=found + self.lost + 1e-12).contains(&expected)
    }
}

#[allow(clippy::cast_precision_loss)]
impl Dice for Walk {
    fn below(&mut self, bound: u128) -> u128 {
        let even = vec![1.0 / bound as f64; usize::try_from(bound).expect("few outcomes")];
        self.branch(even).map_or_else(|| Bits(&mut self.rest).below(bound), |thrown| thrown as u128)
    }

    fn chance(&mut self, numerator: u128, denominator: u128) -> bool {
        self.toss(numerator as f64 / denominator as f64, |rest| rest.chance(numerator, denominator))
    }

    fn chance_exp(&mut self, numerator: u128, denominator: u128) -> bool {
        if self.strides {
            let yes = (-(numerator as f64) / denominator as f64).exp();
            return self.toss(yes, |rest| rest.chance_exp(numerator, denominator));
        }
        super::chance_exp(self, numerator, denominator)
    }

    fn chance_logistic(&mut self, x: Ratio) -> bool {
        if self.strides {
            return self.toss(1.0 / (x.approximate().exp() + 1.0), |rest| rest.chance_logistic(x));
        }
        super::chance_logistic(self, x)
    }
}
