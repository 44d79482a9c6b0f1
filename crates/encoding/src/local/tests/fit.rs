//! What is drawn fits its exact distribution: Pearson's chi-squared over 20,000 responses of as many devices.

use super::*;

const DRAWS: u32 = 20_000;

/// Text of every response and how often it came.
fn drawn(by: &LocalRandomizer, value: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let mut stream = Seed::root(2020).derive("fit").stream();
    for n in 0..DRAWS {
        let device = Seed::root(u64::from(n));
        *counts.entry(by.respond(value, &device, &mut Bits(&mut stream))).or_default() += 1;
    }
    counts
}

/// Whether counts are as their probabilities have it. Over seeds, this raises a false alarm once in 10,000 times.
fn fits(what: &str, cells: impl Iterator<Item = (Option<u32>, f64)>) {
    let (mut chi_squared, mut degrees) = (0.0, -1.0_f64);
    for (count, odds) in cells {
        let mean = odds * f64::from(DRAWS);
        assert!(mean >= 5.0, "{what}: {mean} expected are too few");
        chi_squared += (f64::from(count.unwrap_or(0)) - mean).powi(2) / mean;
        degrees += 1.0;
    }
    // Wilson and Hilferty 1931.
    let spread = 2.0 / (9.0 * degrees);
    let limit = degrees * (1.0 - spread + 3.719 * spread.sqrt()).powi(3);
    assert!(chi_squared < limit, "{what}: {chi_squared}, at most {limit}");
}

#[test]
fn drawn_responses_fit_their_exact_distribution() {
    for by in any_kind("1").into_iter().filter(|by| !matches!(by, Randomizer::Olh { .. } | Randomizer::Rappor(_))) {
        let randomizer = over(&by);
        let outcomes: Outcomes<String> = Walk::stride(|walk| randomizer.respond("b", &Seed::root(0), walk));
        let counts = drawn(&randomizer, "b");
        assert!(counts.keys().all(|response| outcomes.found.contains_key(response)));
        fits(&by.to_string(), outcomes.found.iter().map(|(response, odds)| (counts.get(response).copied(), *odds)));
    }
}

/// The key and the bucket of a response.
fn hashed(response: &str) -> (u64, u32) {
    let (key, bucket) = response.split_once('-').unwrap();
    (u64::from_str_radix(key, 16).unwrap(), bucket.parse().unwrap())
}

#[test]
fn hashed_responses_fit_their_exact_distribution() {
    for epsilon in ["0.5", "1", "2"] {
        let (by, e) = (over(&Randomizer::Olh { epsilon: ratio(epsilon) }), exp(epsilon));
        let buckets = bucket_count(ratio(epsilon));
        for value in ["b", "elsewhere"] {
            // Under its own key: how far the bucket is from that of the truth. And the key itself, by its first digit.
            let (mut distances, mut digits) = (BTreeMap::new(), BTreeMap::new());
            for (response, count) in drawn(&by, value) {
                let (key, found) = hashed(&response);
                *distances.entry((found + buckets - bucket(key, "b", buckets)) % buckets).or_default() += count;
                *digits.entry(key >> 60).or_default() += count;
            }
            let others = f64::from(buckets - 1);
            let odds = |distance| match value {
                "b" if distance == 0 => e / (e + others),
                "b" => 1.0 / (e + others),
                _ => 1.0 / f64::from(buckets),
            };
            let what = format!("epsilon {epsilon} of {value}");
            fits(&what, (0..buckets).map(|distance| (distances.get(&distance).copied(), odds(distance))));
            fits(&what, (0..16).map(|digit| (digits.get(&digit).copied(), 1.0 / 16.0)));
        }
    }
}

#[test]
fn filters_fit_their_exact_distribution() {
    for (f, p, q) in [("1/2", "1/4", "3/4"), ("1/4", "1/8", "1/2"), ("0", "1/3", "2/3")] {
        let rappor = filter(f, p, q);
        let by = over(&Randomizer::Rappor(rappor));
        let [f, p, q] = [rappor.f, rappor.p, rappor.q].map(Ratio::approximate);
        let (if_set, if_unset) = (f / 2.0 * (p + q) + (1.0 - f) * q, f / 2.0 * (p + q) + (1.0 - f) * p);
        for value in ["b", "elsewhere"] {
            let counts = drawn(&by, value);
            let all = (0..rappor.cohorts).flat_map(|cohort| (0..1_u32 << rappor.bits).map(move |row| (cohort, row)));
            let cells = all.map(|(cohort, row)| {
                let set = if value == "b" { positions(&rappor, cohort, value) } else { [].into() };
                let is_set = |bit: u32| row >> bit & 1 == 1;
                let odds = |bit| if set.contains(&bit) { if_set } else { if_unset };
                let odds: f64 =
                    (0..rappor.bits).map(|bit| if is_set(bit) { odds(bit) } else { 1.0 - odds(bit) }).product();
                let response = format!("{cohort}-{}", bits::BitRow::collect(rappor.bits, is_set).text());
                (counts.get(&response).copied(), odds / f64::from(rappor.cohorts))
            });
            fits(&format!("{value} at {f}, {p}, {q}"), cells);
        }
    }
}
