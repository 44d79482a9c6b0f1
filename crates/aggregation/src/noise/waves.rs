//! Waves in floats, the same on every machine: made of sums, products and quotients alone, which are rounded alike
//! everywhere, unlike the library's sines and exponentials. Good to about 10^-15 of their largest value.
//!
//! They serve to compute probabilities from characteristic functions, and never to draw.

use std::f64::consts::{PI, TAU};

/// Terms of a series: with angles of at most π, and exponents of at most one, the next is below 10^-17.
const TERMS: u32 = 16;

/// Cosine and sine of `angle`.
pub(crate) fn wave(angle: f64) -> (f64, f64) {
    let angle = turned(angle);
    let square = angle * angle;
    let (mut cosine, mut sine) = (0.0, 0.0);
    let (mut even, mut odd) = (1.0, angle);
    for n in 0..TERMS {
        cosine += even;
        sine += odd;
        let place = f64::from(2 * n);
        even *= -square / ((place + 1.0) * (place + 2.0));
        odd *= -square / ((place + 2.0) * (place + 3.0));
    }
    (cosine, sine)
}

/// The angle without whole turns, from −π to π.
pub(crate) fn turned(angle: f64) -> f64 {
    (angle - TAU * (angle / TAU).round()).clamp(-PI, PI)
}

/// exp(−`x`) for an x that is not negative.
pub(crate) fn exp_of_minus(x: f64) -> f64 {
    if x > 700.0 {
        return 0.0;
    }
    let (mut part, mut halvings) = (x, 0);
    while part > 1.0 {
        part /= 2.0;
        halvings += 1;
    }
    let (mut term, mut sum) = (1.0, 0.0);
    for n in 0..TERMS + 3 {
        sum += term;
        term *= -part / f64::from(n + 1);
    }
    (0..halvings).fold(sum, |power, _| power * power)
}

/// sinh(`x`) for an x from 0 to 700.
pub(crate) fn sinh(x: f64) -> f64 {
    if x > 1.0 {
        let small = exp_of_minus(x);
        return (1.0 / small - small) / 2.0;
    }
    let (mut term, mut sum) = (x, 0.0);
    for n in 0..TERMS {
        sum += term;
        let place = f64::from(2 * n);
        term *= x * x / ((place + 2.0) * (place + 3.0));
    }
    sum
}

/// `base` to a whole power, by squares.
pub(crate) fn to_the(mut base: f64, mut power: u64) -> f64 {
    let mut product = 1.0;
    while power > 0 {
        if power & 1 == 1 {
            product *= base;
        }
        base *= base;
        power >>= 1;
    }
    product
}
