use model::{Duration, QueryId, Seed, Timestamp, Window};
use ppoprf::ppoprf::{Client, Point, Server};
use proptest::prelude::*;
use sta_rs::{AssociatedData, MessageGenerator, SingleMeasurement};

use super::{oprf::*, *};

const K: u32 = 4;

fn window(day: i64) -> Window {
    Window::holding(Timestamp::from_millis(day * 86_400_000), Duration::DAY)
}

fn terms() -> Terms {
    Terms::new(&QueryId::new("sites").expect("a name"), window(100), K).expect("a threshold")
}

fn sealed(device: u64, measurement: &str, associated: &[u8]) -> Message {
    let (terms, measurement) = (terms(), measurement.as_bytes());
    let randomness = local_randomness(measurement, &terms);
    seal(measurement, associated, &terms, &randomness, &mut Seed::root(device).stream()).expect("short enough")
}

fn crowd(devices: u64) -> Vec<Message> {
    (0..devices).map(|device| sealed(device, "news.example", &device.to_le_bytes())).collect()
}

fn bare(measurement: &str, associated: &[u8]) -> sta_rs::Message {
    let terms = terms();
    let epoch = terms.epoch_bytes();
    let generator = MessageGenerator::new(SingleMeasurement::new(measurement.as_bytes()), K, epoch);
    let mut randomness = [0; 32];
    generator.sample_local_randomness(&mut randomness);
    sta_rs::Message::generate(&generator, &randomness, Some(AssociatedData::new(associated))).expect("a message")
}

fn parsed(message: &sta_rs::Message) -> Message {
    Message::from_bytes(&message.to_bytes()).expect("the crate's form")
}

/// `message` with another value at its coordinate, as if by a device that cheats.
fn falsified(message: &Message) -> Message {
    let mut false_one = message.clone();
    false_one.share.point.y += star_sharks::Fp::from(1);
    false_one
}

#[test]
fn measurement_is_recovered_at_k_and_not_below() {
    let (terms, messages) = (terms(), crowd(K.into()));
    let recovery = Recovery::new(&terms);
    assert!(recovery.recover(&messages[1..]).is_none());
    let recovered = recovery.recover(&messages).expect("k shares");
    for (device, message) in (0_u64..).zip(&messages) {
        let opened = recovered.open(message).expect("a share of the key");
        assert_eq!(
            (opened.measurement.as_slice(), opened.associated),
            (&b"news.example"[..], device.to_le_bytes().into())
        );
    }
}

#[test]
fn the_same_share_sent_again_is_no_second_share() {
    let terms = terms();
    let mut messages = crowd(u64::from(K) - 1);
    messages.extend(crowd(u64::from(K) - 1));
    assert_eq!(messages[0], messages[3]);
    assert!(Recovery::new(&terms).recover(&messages).is_none());
}

#[test]
fn shares_fit_together_with_those_of_the_crate() {
    let ours = crowd(2);
    let theirs: Vec<sta_rs::Message> = (0..2).map(|_| bare("news.example", b"")).collect();
    let as_theirs = |message: &Message| sta_rs::Message::from_bytes(&message.to_bytes()).expect("our form");
    let mixed: Vec<sta_rs::Message> = ours.iter().map(as_theirs).chain(theirs.clone()).collect();
    assert!(mixed.iter().all(|message| message.tag == mixed[0].tag));
    let shares: Vec<_> = mixed.iter().map(|message| message.share.clone()).collect();
    let by_the_crate = sta_rs::share_recover(&shares).expect("k shares").get_message();
    assert!(sta_rs::share_recover(&shares[1..]).is_err());

    let (terms, mixed) = (terms(), [ours, theirs.iter().map(parsed).collect()].concat());
    let recovered = Recovery::new(&terms).recover(&mixed).expect("k shares");
    assert_eq!(recovered.sharing.secret.as_slice(), by_the_crate);
}

#[test]
fn recovery_does_not_depend_on_the_order_of_messages() {
    let (terms, mut messages) = (terms(), crowd(9));
    messages.push(falsified(&messages[4]));
    let forward = Recovery::new(&terms).recover(&messages).expect("enough").sharing.secret;
    messages.reverse();
    assert_eq!(Recovery::new(&terms).recover(&messages).expect("enough").sharing.secret, forward);
}

#[test]
fn a_false_share_neither_counts_nor_hides_the_true_ones() {
    let (terms, messages) = (terms(), crowd(5));
    for place in 0..messages.len() {
        let mut mixed = messages.clone();
        mixed[place] = falsified(&messages[place]);
        let recovered = Recovery::new(&terms).recover(&mixed).expect("four true ones");
        let opened = mixed.iter().filter(|message| recovered.open(message).is_some()).count();
        assert_eq!(opened, 4);
    }
    // Among more devices, more of them may cheat.
    let mut mixed = crowd(24);
    (0..6).for_each(|place| mixed[place * 4] = falsified(&mixed[place * 4]));
    assert!(Recovery::new(&terms).recover(&mixed).is_some());
}

#[test]
fn other_terms_open_nothing() {
    let messages = crowd(5);
    let query = QueryId::new("sites").expect("a name");
    let tomorrow = Terms::new(&query, window(101), K).expect("a threshold");
    let recovered = Recovery::new(&tomorrow).recover(&messages).expect("shares name no epoch");
    assert!(messages.iter().all(|message| recovered.open(message).is_none()));
    let lower = Terms::new(&query, window(100), K - 1).expect("a threshold");
    assert!(Recovery::new(&lower).recover(&messages).is_none());
    for refused in [0, 1, 257] {
        assert!(Terms::new(&query, window(100), refused).is_none());
    }
}

#[test]
fn epochs_have_tags_and_measurements_of_their_own() {
    let query = QueryId::new("sites").expect("a name");
    let tag = |day, measurement: &str| {
        let terms = Terms::new(&query, window(day), K).expect("a threshold");
        let randomness = local_randomness(measurement.as_bytes(), &terms);
        *seal(measurement.as_bytes(), b"", &terms, &randomness, &mut Seed::root(1).stream()).expect("short").tag()
    };
    assert_ne!(tag(1, "a"), tag(2, "a"));
    assert_ne!(tag(1, "a"), tag(1, "b"));
    assert_eq!(Epoch::of(window(-1)), Epoch { key: -1, tag: 255 });
    assert_eq!(Epoch::of(window(511)), Epoch { key: 1, tag: 255 });
}

/// What `sta-rs` alone would show below k: the exclusive or of what two devices sent along.
#[test]
fn associated_data_stays_hidden_below_k() {
    let (one, other) = ([0x11; 8], [0x47; 8]);
    let difference = |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).rev().take(8).map(|(a, b)| a ^ b).collect() };
    let theirs = [one, other].map(|associated| bare("news.example", &associated).ciphertext.to_bytes());
    assert_eq!(difference(&theirs[0], &theirs[1]), [0x11 ^ 0x47; 8]);
    let ours = [sealed(1, "news.example", &one).ciphertext, sealed(2, "news.example", &other).ciphertext];
    assert_ne!(difference(&ours[0], &ours[1]), [0x11 ^ 0x47; 8]);
}

#[test]
fn what_is_too_long_is_not_sealed() {
    let terms = terms();
    let seal = |measurement: usize, associated: usize| {
        let chance = &mut Seed::root(1).stream();
        seal(&vec![0; measurement], &vec![0; associated], &terms, &Randomness::new([7; 32]), chance)
    };
    assert_eq!(seal(1025, 0), Err(SealError::Measurement { found: 1025 }));
    assert_eq!(seal(0, 1025), Err(SealError::Associated { found: 1025 }));
    let longest = seal(1024, 1024).expect("the longest");
    assert_eq!(Message::from_bytes(&longest.to_bytes()).as_ref(), Ok(&longest));
}

#[test]
fn values_are_read_back_and_nothing_else_is() {
    let measured = measurement(["a", "", "ü"]);
    assert_eq!(values(&measured, 3), Some(vec!["a".to_owned(), String::new(), "ü".to_owned()]));
    for (bytes, width) in [(&measured[..], 2), (&measured[..], 4), (&measured[1..], 3), (&[1, 0, 0, 0, 0xff][..], 1)] {
        assert_eq!(values(bytes, width), None);
    }
    assert_eq!(values(&[], 0), Some(vec![]));
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2400)) {
        let _ = Message::from_bytes(&bytes);
    }

    #[test]
    fn changed_and_cut_messages_are_refused_or_harmless(
        place in 0_usize..300, value in any::<u8>(), cut in 0_usize..300, extra in proptest::collection::vec(any::<u8>(), 0..5),
    ) {
        let (terms, mut messages) = (terms(), crowd(5));
        let mut bytes = messages[0].to_bytes();
        let place = place % bytes.len();
        bytes[place] = value;
        bytes.extend(extra);
        bytes.truncate(bytes.len().saturating_sub(cut % 40));
        if let Ok(message) = Message::from_bytes(&bytes) {
            messages[0] = message;
            let recovered = Recovery::new(&terms).recover(&messages).expect("four are as they were");
            let opened = messages[1..].iter().filter_map(|message| recovered.open(message)).count();
            prop_assert_eq!(opened, 4);
            let _ = recovered.open(&messages[0]);
        }
    }
}

fn evaluation(server: &Server, blinded: &Blinded, tag: u8) -> (PublicKey, Evaluation) {
    let evaluated = server.eval(&Point::from(blinded.point.as_slice()), tag, true).expect("an epoch");
    let proof = serde_json::to_value(evaluated.proof).expect("a proof");
    let half = |name: &str| -> Vec<u8> { serde_json::from_value(proof[name].clone()).expect("bytes") };
    let key = serde_json::to_value(server.get_public_key()).expect("a key");
    let part = |value: &serde_json::Value| serde_json::from_value(value.clone()).expect("bytes");
    let key = PublicKey { base: part(&key["base_pk"]), epoch: part(&key["md_pks"][tag.to_string()]) };
    let proof = [half("c"), half("s")].concat().try_into().expect("64 bytes");
    (key, Evaluation { point: *evaluated.output.as_bytes(), proof })
}

#[test]
fn devices_get_one_randomness_for_one_measurement_and_the_server_sees_different_points() {
    let server = Server::new(vec![0, 1]).expect("a key");
    let of = |device, measurement: &[u8], tag| {
        let blinded = blind(measurement, &mut Seed::root(device).stream());
        let (key, evaluation) = evaluation(&server, &blinded, tag);
        (blinded.point, blinded.finalize(tag, &key, &evaluation).expect("an honest server"))
    };
    let ((one, a), (other, b)) = (of(1, b"news.example", 0), of(2, b"news.example", 0));
    assert_ne!(one, other);
    assert_eq!(a, b);
    assert_ne!(a, of(1, b"shop.example", 0).1);
    assert_ne!(a, of(1, b"news.example", 1).1);
    // The crate's own client comes to the same.
    let (point, factor) = Client::blind(b"news.example");
    let unblinded = Client::unblind(&server.eval(&point, 0, false).expect("an epoch").output, &factor);
    let mut bytes = [0; 32];
    Client::finalize(b"news.example", 0, &unblinded, &mut bytes);
    assert_eq!(a, Randomness::new(bytes));
}

#[test]
fn answers_that_the_published_key_does_not_prove_are_not_used() {
    let (server, other) = (Server::new(vec![0]).expect("a key"), Server::new(vec![0]).expect("a key"));
    let blinded = blind(b"news.example", &mut Seed::root(1).stream());
    let (key, honest) = evaluation(&server, &blinded, 0);
    let (other_key, tracking) = evaluation(&other, &blinded, 0);
    assert_eq!(blinded.finalize(0, &key, &tracking), Err(OprfError::Proof));
    assert_eq!(blinded.finalize(0, &other_key, &honest), Err(OprfError::Proof));
    for bad in [[0; 32], [0xff; 32]] {
        assert!(matches!(blinded.finalize(0, &PublicKey { base: bad, ..key }, &honest), Err(OprfError::Point { .. })));
        assert!(matches!(blinded.finalize(0, &PublicKey { epoch: bad, ..key }, &honest), Err(OprfError::Point { .. })));
        let answer = Evaluation { point: bad, ..honest.clone() };
        assert!(matches!(blinded.finalize(0, &key, &answer), Err(OprfError::Point { .. })));
        assert!(!is_point(bad));
    }
    let mut forged = honest.clone();
    forged.proof[32..].fill(0xff); // no scalar
    assert_eq!(blinded.finalize(0, &key, &forged), Err(OprfError::Proof));
    assert!(blinded.finalize(0, &key, &honest).is_ok());
}
