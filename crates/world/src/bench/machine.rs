//! What the machine can do, and what this process took of it.

use std::{fs, hint::black_box, time::Instant};

use super::BenchError;

/// Peak resident memory of this process in bytes, as Linux counts it.
///
/// # Errors
/// If the system does not say.
pub fn memory_peak_bytes() -> Result<u64, BenchError> {
    let status = fs::read_to_string("/proc/self/status").map_err(|_| BenchError::Memory)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or(BenchError::Memory)?;
    let kib = line.trim().trim_end_matches("kB").trim().parse::<u64>().map_err(|_| BenchError::Memory)?;
    Ok(kib * 1_024)
}

/// Bytes that one thread reads from memory in a second: the best of five passes over 256 MiB.
#[must_use]
pub fn bandwidth_bytes_per_s() -> f64 {
    let words = vec![1_u64; 1 << 25];
    let pass = || {
        let start = Instant::now();
        black_box(black_box(&words).iter().fold(0_u64, |all, word| all.wrapping_add(*word)));
        start.elapsed().as_secs_f64()
    };
    let best = (0..5).map(|_| pass()).fold(f64::INFINITY, f64::min);
    8.0 * f64::from(1 << 25) / best
}
