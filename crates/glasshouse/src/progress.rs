//! A bar on standard error while a scenario is played, where there is a terminal.

use std::{
    io::{self, IsTerminal},
    sync::atomic::{AtomicU64, Ordering},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is shown while one scenario is played. The bar goes away with this value.
#[derive(Debug)]
pub(crate) struct Meter {
    bar: ProgressBar,
    done: AtomicU64,
}

impl Meter {
    /// A meter for the scenario `name`; it shows nothing if `quiet`, or where standard error is no terminal.
    pub(crate) fn new(name: &str, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_prefix(name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{prefix}  {bar:40}  {percent:>3} %  {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar, done: AtomicU64::new(0) }
    }

    /// Shows how far the work has come. Threads may tell it in any order; it never goes back.
    pub(crate) fn show(&self, progress: world::Progress) {
        if self.bar.is_hidden() || self.done.fetch_max(progress.done, Ordering::Relaxed) >= progress.done {
            return;
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        self.bar.set_message(progress.what);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
