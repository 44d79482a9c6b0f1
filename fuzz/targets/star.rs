//! The aggregator: messages of STAR, and what a release makes of one among honest ones.

#![no_main]

use encoding::star::{Message, Recovery, Terms, local_randomness, seal};
use libfuzzer_sys::fuzz_target;
use model::{Duration, QueryId, Seed, Timestamp, Window};

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = Message::from_bytes(bytes) else { return };
    assert_eq!(message.to_bytes(), bytes, "a message is written in one way alone");
    let window = Window::holding(Timestamp::from_millis(0), Duration::DAY);
    let query = QueryId::new("sites").expect("a name");
    let terms = Terms::new(&query, window, 2).expect("a threshold");
    let randomness = local_randomness(b"a", &terms);
    let honest = |device| seal(b"a", b"", &terms, &randomness, &mut Seed::root(device).stream()).expect("short enough");
    let messages = [honest(1), honest(2), message];
    let recovered = Recovery::new(&terms).recover(&messages).expect("two honest ones are enough");
    assert!(recovered.open(&messages[0]).is_some());
    let _ = recovered.open(&messages[2]);
});
