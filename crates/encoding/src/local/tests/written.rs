//! How parameters and responses are written, and what is refused.

use super::*;

fn read(by: &Randomizer, text: &str) -> Option<Vec<u8>> {
    let mut out = vec![7];
    let read = over(by).read(text, &mut out);
    assert_eq!(out.remove(0), 7, "what was there before stays");
    assert!(read.is_ok() || out.is_empty(), "what is refused leaves nothing behind");
    read.is_ok().then_some(out)
}

proptest! {
    #[test]
    fn every_response_is_read_again(seed in any::<u64>(), kind in 0..5_usize, value in "[a-e]", values in 1..40_u32) {
        let by = &any_kind("3/2")[kind];
        let names: Vec<String> = (0..values).map(|n| format!("{n}")).chain(["a".to_owned()]).collect();
        let randomizer = LocalRandomizer::new(by, names.iter().map(String::as_str)).unwrap();
        let device = Seed::root(seed);
        let text = randomizer.respond(&value, &device, &mut Bits(&mut device.derive("answer").stream()));
        let mut out = Vec::new();
        prop_assert_eq!(randomizer.read(&text, &mut out), Ok(()));
        prop_assert_eq!(out.len(), randomizer.width());
    }

    #[test]
    fn no_text_is_read_that_is_not_as_wide_as_a_response(text in "\\PC{0,24}", kind in 0..5_usize) {
        let by = &any_kind("1")[kind];
        if let Some(out) = read(by, &text) {
            prop_assert_eq!(out.len(), over(by).width());
        }
    }
}

#[test]
fn responses_stand_for_what_they_say() {
    let [k_ary, oue, olh, rappor, hadamard] = any_kind("1");
    assert_eq!(read(&k_ary, "c"), Some(vec![2, 0, 0, 0]));
    assert_eq!(read(&k_ary, ""), Some(vec![3, 0, 0, 0]));
    assert_eq!(read(&oue, "BQ"), Some(vec![0b101]));
    assert_eq!(read(&olh, "0000000000000102-3"), Some(vec![2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]));
    assert_eq!(read(&rappor, "1-Cg"), Some(vec![1, 0, 0, 0, 0b1010]));
    assert_eq!(read(&hadamard, "3-"), Some(vec![6, 0, 0, 0]));
    assert_eq!(read(&hadamard, "3+"), Some(vec![7, 0, 0, 0]));
}

#[test]
fn what_is_no_response_is_refused() {
    let [k_ary, oue, olh, rappor, hadamard] = any_kind("1");
    for (by, texts) in [
        (k_ary, &["d", "A", " a"][..]),
        (oue, &["", "B", "BQ==", "CQ", "BQA", "!!"]),
        (
            olh,
            &[
                "",
                "-",
                "102-3",
                "0000000000000102",
                "0000000000000102-4",
                "000000000000010G-3",
                "0000000000000102-+3",
                "0000000000000102-03",
                "000000000000010A-3",
            ],
        ),
        (rappor, &["", "1", "2-Cg", "1-", "1-Gg", "01-Cg", "-Cg", "1-Cg-"]),
        (hadamard, &["", "+", "3", "4+", "03+", "-1+", "3é", "3 +"]),
    ] {
        for text in texts {
            assert_eq!(read(&by, text), None, "{by}: {text}");
        }
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let named = |by: Randomizer| LocalRandomizer::new(&by, VALUES).unwrap_err().parameter();
    for epsilon in ["0", "1/101", "1001/100", "11"] {
        for by in any_kind(epsilon).into_iter().filter(|by| by.epsilon().is_some()) {
            assert_eq!(named(by), Some("epsilon"), "{epsilon}");
        }
    }
    let sound = filter("1/2", "1/4", "3/4");
    for (parameter, wrong) in [
        ("bits", Rappor { bits: 0, ..sound }),
        ("bits", Rappor { bits: 1_025, ..sound }),
        ("hashes", Rappor { hashes: 0, ..sound }),
        ("hashes", Rappor { hashes: 5, ..sound }),
        ("cohorts", Rappor { cohorts: 0, ..sound }),
        ("cohorts", Rappor { cohorts: 257, ..sound }),
        ("f", filter("1", "1/4", "3/4")),
        ("f", filter("2", "1/4", "3/4")),
        ("q", filter("1/2", "1/4", "5/4")),
        ("q", filter("1/2", "1/4", "1/4")),
        ("q", filter("1/2", "1/2", "1/4")),
        ("p", filter("0", "0", "1/2")),
        ("q", filter("0", "1/2", "1")),
    ] {
        assert_eq!(named(Randomizer::Rappor(wrong)), Some(parameter), "{wrong:?}");
    }
    for sound in [filter("0", "1/4", "3/4"), filter("1/2", "0", "1")] {
        assert!(LocalRandomizer::new(&Randomizer::Rappor(sound), VALUES).is_ok());
    }
}

#[test]
fn known_values_are_one_at_least_and_not_too_many_and_none_is_empty() {
    let by = &any_kind("1")[0];
    assert_eq!(LocalRandomizer::new(by, []), Err(LocalError::Values { found: 0, max: VALUES_MAX }));
    assert_eq!(LocalRandomizer::new(by, ["a", ""]), Err(LocalError::EmptyValue));
    let names: Vec<String> = (0..=VALUES_MAX).map(|n| n.to_string()).collect();
    let found = |by, count: usize| LocalRandomizer::new(by, names[..count].iter().map(String::as_str));
    assert!(found(by, VALUES_MAX).is_ok() && found(by, VALUES_MAX + 1).is_err());
    let rappor = &any_kind("1")[3];
    assert!(found(rappor, RAPPOR_VALUES_MAX).is_ok() && found(rappor, RAPPOR_VALUES_MAX + 1).is_err());
    assert_eq!(LocalRandomizer::new(by, ["b", "a", "b"]).unwrap().values(), ["a", "b"]);
}

#[test]
fn exponentials_lie_within_narrow_bounds() {
    // e^x times 2^52, rounded down, from 60 digits.
    for (x, exact) in [
        ("0", 4_503_599_627_370_496),
        ("1/100", 4_548_861_556_105_766),
        ("1/2", 7_425_180_500_362_907),
        ("1", 12_242_053_029_736_146),
        ("7/3", 46_442_283_543_918_944),
        ("10", 99_198_383_145_780_504_513),
    ] {
        let (below, above) = exp_bounds(ratio(x));
        assert!(below <= exact && exact <= above, "{x}: {below} to {above}");
        assert!((above - below) << 44 <= below, "{x}: {below} to {above}");
    }
}
