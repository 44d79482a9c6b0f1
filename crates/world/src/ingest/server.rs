//! The collector under load, in a process of its own.

use std::io::{Read as _, Write as _};

use collector::{Config, Limits, Operations};
use model::{Duration, Measure, Mechanism, Query, Seed};
use services::{Clock, CollectionApi, ServeOptions, Which};
use tokio::net::TcpListener;

use super::IngestError;

/// How batches in the native form are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    /// In place, as every collector does.
    InPlace,
    /// By prost's codec, report by report: what the other is measured against.
    Prost,
}

/// One query, with everything that the accumulator can be asked for: counts, sums and distinct devices by kind and site.
pub(super) fn config() -> Config {
    let query = Query {
        id: "visits".parse().expect("a name"),
        events: vec!["visit".to_owned()],
        group_by: vec!["kind".to_owned(), "site".to_owned()],
        measure: Measure::Sum { field: "value".to_owned(), min: 0, max: 1000 },
        window: Duration::DAY,
        regions: Vec::new(),
        mechanism: Mechanism::Exact,
        domain: [].into(),
    };
    Config {
        region: "sg".parse().expect("a name"),
        forms: Vec::new(),
        queries: vec![query],
        sampling: Seed::root(1),
        verification: Seed::root(2),
        limits: Limits::default(),
        keep_raw: false,
        operations: Operations::default(),
        deduplicate: true,
    }
}

/// Serves a collector on a loopback address, which is written to the standard output, until the standard input ends.
///
/// # Errors
/// If the collector cannot be set up, or its socket cannot be used.
pub fn serve(native: Native) -> Result<(), IngestError> {
    let failed = |error: std::io::Error| IngestError::Process(error.to_string());
    let api = CollectionApi::new(config(), Clock::Wall)?;
    let api = if native == Native::Prost { api.with_prost_codec() } else { api };
    // As `glasshouse serve` does.
    let runtime = tokio::runtime::Runtime::new().map_err(failed)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let mut out = std::io::stdout();
        writeln!(out, "listening on {}", listener.local_addr().map_err(failed)?).map_err(failed)?;
        out.flush().map_err(failed)?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            // Whether it ends or fails, nobody is there any more.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            drop(stop);
        });
        let shutdown = async { drop(stopped.await) };
        let served = services::serve(listener, Which::Collector(api, None), ServeOptions::default(), shutdown);
        served.await.map_err(|error| IngestError::Process(error.to_string()))
    })
}
