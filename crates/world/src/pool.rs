//! Runs independent jobs on a fixed number of threads; results come in the order of the jobs, whoever ran them.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// Runs `job(0)`, `job(1)` … `job(count - 1)` and returns their results in that order.
///
/// # Errors
/// The error of the lowest-numbered job that failed; jobs that had not begun by then are not run.
pub fn run<T: Send, E: Send>(
    count: usize,
    threads: NonZeroUsize,
    job: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Vec<Mutex<Option<Result<T, E>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let worker = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = results.get(index) else { return };
            let result = job(index);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(count) {
            scope.spawn(worker);
        }
        worker();
    });
    let finished =
        results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    finished.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN)
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let squares = run(100, threads(3), |i| Ok::<_, ()>(i * i));
        assert_eq!(squares, Ok((0..100).map(|i| i * i).collect()));
    }

    #[test]
    fn an_error_ends_the_run() {
        assert_eq!(run(100, threads(2), |i| if i == 40 { Err(i) } else { Ok(()) }), Err(40));
    }
}
