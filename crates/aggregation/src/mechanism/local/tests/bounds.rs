//! Tests of how responses of one device are bounded, against an oracle that keeps those first by their keyed hash.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use super::*;

/// Places of the responses that count, as the definition has it: of each device, those with the smallest keyed hash of
/// device, how many say the same before, and what is said.
fn kept(query: &Query, sampling: &Seed, responses: &[(Option<u64>, String)]) -> BTreeSet<usize> {
    let Mechanism::Local { reports_per_device_max, .. } = query.mechanism else { unreachable!("devices randomize") };
    let key = *sampling.derive("responses").as_bytes().first_chunk().unwrap();
    let randomizer = randomizer(query).unwrap();
    let mut said: BTreeMap<(u64, &str), u64> = BTreeMap::new();
    let mut ranked: BTreeMap<u64, BTreeSet<(u64, usize)>> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    for (place, (device, text)) in responses.iter().enumerate() {
        let Some(device) = device else {
            kept.insert(place);
            continue;
        };
        let (mut hasher, mut bytes) = (SipHasher13::new_with_key(&key), Vec::new());
        randomizer.read(text, &mut bytes).unwrap();
        let before = said.entry((*device, text)).or_default();
        [device.to_le_bytes(), before.to_le_bytes()].iter().for_each(|word| hasher.write(word));
        hasher.write(&bytes);
        *before += 1;
        ranked.entry(*device).or_default().insert((hasher.finish(), place));
    }
    kept.extend(
        ranked.into_values().flat_map(|of| of.into_iter().take(reports_per_device_max as usize)).map(|of| of.1),
    );
    kept
}

proptest! {
    #[test]
    fn those_of_a_device_that_count_are_the_first_by_their_hash(
        kind in 0..5_usize,
        most in 1..4_u32,
        // Few devices, values and seeds: that many say the same.
        said in prop::collection::vec((prop::option::weighted(0.9, 0..4_u64), 0..5_usize, 0..4_u64), 0..40),
    ) {
        let (query, sampling) = (local(&kinds()[kind], most), Seed::root(SEED));
        let text = |site: usize, seed| response(&query, "one of them", SITES[site], &Seed::root(seed));
        let responses: Vec<(Option<u64>, String)> =
            said.into_iter().map(|(device, site, seed)| (device, text(site, seed))).collect();
        let (mut bounded, mut plain) = (Responses::of(&query, &sampling).unwrap(), Responses::of(&query, &sampling).unwrap());
        responses.iter().for_each(|(device, text)| bounded.push(*device, text).unwrap());
        // Those that are kept, each as if of a device of its own.
        kept(&query, &sampling, &responses).into_iter().for_each(|place| plain.push(None, &responses[place].1).unwrap());
        prop_assert_eq!(bounded.seal(), plain.seal());
    }
}
