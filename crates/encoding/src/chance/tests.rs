//! Tests of coins: exact probabilities, by walking through all throws.

use model::Ratio;

use super::{Dice, chance_logistic, walk::Walk};

#[test]
#[allow(clippy::cast_precision_loss)]
fn exponential_coin_succeeds_with_probability_exp_of_minus_x() {
    for (numerator, denominator) in [(0, 1), (1, 2), (2, 3), (1, 1), (3, 2), (2, 1), (7, 3)] {
        let outcomes = Walk::through(|walk| walk.chance_exp(numerator, denominator));
        let expected = (-(numerator as f64) / denominator as f64).exp();
        assert!(outcomes.agrees(&true, expected), "{numerator}/{denominator}: {:?} of {expected}", outcomes.found);
    }
}

#[test]
fn logistic_coin_succeeds_with_probability_one_in_e_to_x_and_one() {
    for x in ["0", "0.5", "1", "5/3", "4"].map(|x| x.parse::<Ratio>().unwrap()) {
        // The exponential coin is taken as given, the loop around it is walked through.
        let outcomes = Walk::stride(|walk| chance_logistic(walk, x));
        let expected = 1.0 / (x.approximate().exp() + 1.0);
        assert!(outcomes.agrees(&true, expected), "{x}: {:?} of {expected}", outcomes.found);
    }
}
