use model::Seed;

use super::*;

/// Groups of all combinations of so many texts in each column.
fn dense(texts: &[u32]) -> Groups {
    let mut groups = Groups::new(texts.len(), &Sampling::new(&Seed::root(1)));
    for (dictionary, &texts) in groups.dictionaries.iter_mut().zip(texts) {
        for text in 0..texts {
            dictionary.insert(&format!("text {text}"));
        }
    }
    groups.numbering = Numbering::Dense(Layout::of(&groups.dictionaries));
    groups
}

#[test]
fn two_looks_into_tables_give_a_groups_hash() {
    for texts in [&[5, 3, 40][..], &[40, 3, 5], &[7], &[1, 1], &[1, 9, 1], &[4, 4, 4, 4]] {
        let groups = dense(texts);
        let hashes = Hashes::of(&groups);
        assert!(hashes.is_fast(), "{texts:?}");
        let Numbering::Dense(layout) = &groups.numbering else { unreachable!("numbers are dense") };
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..1_u32 << layout.total {
            let is_group = groups.codes(number).zip(texts).all(|(code, &texts)| code < texts);
            if is_group {
                let texts = groups.codes(number).zip(&groups.dictionaries);
                let expected = texts.fold(0, |hash, (code, dictionary)| hash ^ dictionary.hash(code));
                assert_eq!(hashes.over(&groups).get(number), expected, "{texts:?}", texts = groups.key(number));
                seen.insert(expected);
            }
        }
        assert_eq!(u32::try_from(seen.len()), Ok(texts.iter().product::<u32>()), "no two groups share a hash");
    }
}

#[test]
fn groups_that_were_met_and_wide_ones_have_hashes_without_tables() {
    let mut met = Groups::new(2, &Sampling::new(&Seed::root(1)));
    let codes = ["a", "b"].map(|text| met.dictionaries[0].insert(text));
    let other = met.dictionaries[1].insert("c");
    let number = met.number(&[codes[1], other]);
    let hashes = Hashes::of(&met);
    assert!(!hashes.is_fast());
    assert_eq!(hashes.over(&met).get(number), met.dictionaries[0].hash(1) ^ met.dictionaries[1].hash(0));
    let wide = dense(&[1 << 9, 1 << 9, 1 << 9]);
    assert!(!Hashes::of(&wide).is_fast(), "a table of 2^18 hashes leaves no room in the cache");
}
