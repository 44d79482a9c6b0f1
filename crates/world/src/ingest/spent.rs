//! Processor time, as the system counts it: what other processes do meanwhile does not count.

use std::{fs, time::Duration};

use super::IngestError;

/// A hundredth of a second: the unit of processor time in `/proc` (proc(5), `sysconf(_SC_CLK_TCK)` on Linux).
const TICK: Duration = Duration::from_millis(10);

/// What a process spent on reports.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// Reports that were counted.
    pub reports: u64,
    /// Bytes of the messages that they came in.
    pub bytes: u64,
    /// Processor time outside the kernel, to a hundredth of a second.
    pub user: Duration,
    /// Processor time inside the kernel, to a hundredth of a second.
    pub system: Duration,
}

impl Spent {
    /// Reports for each second of a core.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a rate is read by people")]
    pub fn reports_per_core_second(&self) -> f64 {
        self.reports as f64 / (self.user + self.system).as_secs_f64()
    }
}

/// What a process has spent since a moment.
#[derive(Debug)]
pub(super) struct Spending {
    process: u32,
    since: (Duration, Duration),
    reports: u64,
    bytes: u64,
}

impl Spending {
    /// From now on.
    pub(super) fn begin(process: u32) -> Result<Self, IngestError> {
        Ok(Self { process, since: so_far(process)?, reports: 0, bytes: 0 })
    }

    pub(super) fn count(&mut self, reports: u64, bytes: usize) {
        self.reports += reports;
        self.bytes += bytes as u64;
    }

    /// Until now.
    pub(super) fn end(self) -> Result<Spent, IngestError> {
        let (user, system) = so_far(self.process)?;
        let (user, system) = (user.saturating_sub(self.since.0), system.saturating_sub(self.since.1));
        if user + system < TICK {
            return Err(IngestError::TooFew { reports: self.reports, least_ms: TICK.as_millis() });
        }
        Ok(Spent { reports: self.reports, bytes: self.bytes, user, system })
    }
}

/// Processor time of `process` outside and inside the kernel so far.
fn so_far(process: u32) -> Result<(Duration, Duration), IngestError> {
    let path = format!("/proc/{process}/stat");
    let unknown = |problem: String| IngestError::Process(format!("{path} does not say what was spent: {problem}"));
    let stat = fs::read_to_string(&path).map_err(|error| unknown(error.to_string()))?;
    // The second field is a name in parentheses, which may hold anything; times are the 14th and 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut ticks = fields.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
    match (ticks.next(), ticks.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok((TICK * user, TICK * system)),
        _ => Err(unknown("it has another form".to_owned())),
    }
}
