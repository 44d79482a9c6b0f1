//! The peel: bytes of a body, and of a flow's path and header.

#![no_main]

use auditor::peel::Peeler;
use libfuzzer_sys::fuzz_target;
use model::{Channel, Flow, FlowId, Host, Timestamp};

fuzz_target!(|bytes: &[u8]| {
    let mut peeler = Peeler::default();
    let peeled = peeler.peel_body(bytes);
    let made: usize = peeled.leaves().map(|leaf| leaf.place().len().min(1) + leaf.value().len().min(1)).sum();
    assert!(made <= 4 << 20, "{made} leaves");
    assert!(peeled.views().all(|view| !view.path().is_empty()));

    let text = String::from_utf8_lossy(bytes).into_owned();
    let Ok(host) = Host::new("stats.example") else { return };
    let flow = Flow {
        id: FlowId(0),
        at: Timestamp::default(),
        channel: Channel::Http,
        host,
        method: "POST".to_owned(),
        path: text.clone(),
        headers: vec![("cookie".to_owned(), text)],
        body: Vec::new(),
        wire_bytes: 0,
        connection: None,
    };
    assert!(peeler.peel(&flow).views().all(|view| view.content().len() <= 16 << 20));
});
