//! Linkage: no value may tell that two uploads came from the same device, where that was promised.
//!
//! A value that recurs on one device, and that another of the same model with the same diary does not send, tells
//! devices apart: it is an identifier. What both send alike is configuration, such as a version or a country. The other
//! device, the sibling, was first started eight days earlier, so that the day of the first start counts as what it is.
//!
//! # Sees
//!
//! Identifiers in hosts, paths, headers, cookies, bodies and messages on sockets, in any encoding that can be peeled;
//! the boundaries and the time that they bridge, the long plan included; short values that never change and together
//! tell devices apart; identifiers of both sides of a boundary in one upload, and those that a third value joins; a
//! connection that carries telemetry from both sides of a boundary, whatever that says, where the tap knows connections.
//!
//! # Cannot see
//!
//! An identifier that is encrypted anew each time (then nothing is kept, for it cannot be read), what servers link by
//! addresses or by the contents of reports, what all devices of a model share, and which of the declared hosts a device
//! calls (with many of them, the choice could name it), and a value that the sibling says at the same place within a day
//! of it, as both say the names of events: one of few that rotate could be such. The mode of a record is known from
//! canaries and times in it, or from the arm without incognito activity; that of an upload with neither is not known,
//! nor on which side of a change of mode a connection carried it.
//!
//! # Error rates
//!
//! A random value of 6 characters stands in two uploads by chance once in 10^9 pairs, and then within one device of
//! two. An answer that a client draws from few, as randomized responses are, is one that the sibling draws too at some
//! time. So a value of 6 characters and more convicts alone where devices may not be told apart at all, however little
//! it tells (a cohort, say): how little stands in the finding. Where a promise is about naming individuals it must carry
//! 18 bits. Shorter values stand in two devices by chance too often: they convict where they were steady over at least
//! eight uploads and together carry 18 bits; where they carry fewer, coverage names them as too coarse to link by. Bits
//! are an upper bound by the form of the value. A connection is one device's, so chance has no part in it.
//!
//! # Source
//!
//! L. Sweeney, "Simple Demographics Often Identify People Uniquely" (2000); P. Eckersley, "How Unique Is Your Web
//! Browser?" (2010), section 4; D. J. Leith, "Web Browser Privacy" (2020), on identifiers across restarts and new
//! installations.

mod bits;
mod boundary;
mod combined;
mod connected;
mod joined;
mod presence;
pub(super) mod sibling;

use std::cmp::Reverse;

use model::{Arm, Boundary, CanaryRole, CaseFile, CheckName, Duration, Evidence, Measure, Mechanism, Release};

use self::{bits::bits_max, boundary::Turns, sibling::Sibling};
use super::planted;
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
    words,
};

/// Most values that are compared with the sibling device.
const CANDIDATES_MAX: usize = 4_096;

/// How long a pseudonym may recur without naming an individual: one day, as pseudonyms that rotate daily do.
const PSEUDONYM_LASTS: Duration = Duration::DAY;

/// Least bits that single one device out of a crowd: Eckersley (2010) found 18.1 bits in a browser's fingerprint, and
/// 84 % of the browsers unique by them.
const IDENTIFIES_BITS_MIN: u64 = 18;

/// What a promise forbids to link.
#[derive(Debug, Clone, Copy)]
struct Forbidden<'a> {
    across: &'a [Boundary],
    lifetime_max: Option<Duration>,
    /// Less than this links nobody.
    bits_min: u64,
}

/// Looks for identifiers that outlive a day or a reset, and for the account's name, in what is called anonymous.
pub(crate) fn anonymous(exhibit: &Exhibit<'_>) -> Conclusion {
    let resets = [Boundary::ClearData, Boundary::Reinstall];
    let forbidden = Forbidden { across: &resets, lifetime_max: Some(PSEUDONYM_LASTS), bits_min: IDENTIFIES_BITS_MIN };
    let mut conclusion = search(exhibit, forbidden);
    let is_account =
        |token, _| exhibit.canaries.planted(token).is_some_and(|planted| planted.role == CanaryRole::Account);
    boundary::require(exhibit, Boundary::LogIn, &mut conclusion);
    if let Some(evidence) = planted::whole(exhibit, is_account) {
        conclusion.convict(CheckName::Linkage, "the account's name stands in what is called aggregated", evidence);
    }
    if exhibit.case.releases.is_empty() && !exhibit.flows.is_empty() {
        conclusion.lacks("no release was seen");
    }
    conclusion
}

/// Looks for identifiers that link uploads across the given boundaries, or for longer than `lifetime_max`.
pub(crate) fn unlinkable(exhibit: &Exhibit<'_>, across: &[Boundary], lifetime_max: Option<Duration>) -> Conclusion {
    search(exhibit, Forbidden { across, lifetime_max, bits_min: 1 })
}

/// A value with where and when it occurred.
type Traced<'e> = (&'e str, &'e Trace);

/// One search for links: what is forbidden, and what tells whether something is.
struct Hunt<'a, 'e> {
    exhibit: &'e Exhibit<'a>,
    forbidden: Forbidden<'e>,
    turns: Turns,
    sibling: Sibling<'a, 'e>,
}

fn search(exhibit: &Exhibit<'_>, forbidden: Forbidden<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.exercise(exhibit, |_| true);
    conclusion.require_readable(exhibit);
    forbidden.across.iter().for_each(|&boundary| boundary::require(exhibit, boundary, &mut conclusion));
    require_time(exhibit, forbidden.lifetime_max, &mut conclusion);
    if exhibit.traces.is_full() {
        conclusion.lacks("more values were sent than can be followed");
    }
    let Some(record) = exhibit.arm(Arm::Sibling) else {
        conclusion.lacks("the sibling arm was not played");
        return conclusion;
    };
    let (turns, sibling) = (Turns::of(exhibit), Sibling::of(exhibit, record));
    let mut hunt = Hunt { exhibit, forbidden, turns, sibling };
    if let Some(weak) = hunt.alone(&mut conclusion) {
        hunt.together(weak, &mut conclusion);
        hunt.side_by_side(&mut conclusion);
        hunt.in_both_modes(&mut conclusion);
    }
    hunt.by_connection(&mut conclusion);
    conclusion
}

impl<'e> Hunt<'_, 'e> {
    /// Whether a trace links what is promised not to be linked.
    fn is_forbidden(&self, trace: &Trace) -> bool {
        self.forbidden.across.iter().any(|&boundary| self.turns.crossed(self.exhibit, trace, boundary))
            || self.forbidden.lifetime_max.is_some_and(|most| trace.lasted() > most)
    }

    /// Convicts the value that links most, if one does by itself. Else hands out those that tell too little alone.
    fn alone(&mut self, conclusion: &mut Conclusion) -> Option<Vec<Traced<'e>>> {
        let exhibit = self.exhibit;
        let mut candidates: Vec<Traced<'e>> =
            exhibit.traces.recurring().filter(|(_, trace)| self.is_forbidden(trace)).collect();
        // What links most comes first: it is the identifier that a reader wants to see.
        candidates.sort_by_cached_key(|(_, trace)| {
            let crossed = self.turns.all_crossed(exhibit, trace).len();
            (Reverse((crossed, trace.lasted())), trace.path.len(), trace.flows)
        });
        if candidates.len() > CANDIDATES_MAX {
            conclusion.lacks("more values recur than can be compared");
        }
        let mut weak = Vec::new();
        for (value, trace) in candidates.into_iter().take(CANDIDATES_MAX) {
            if !self.sibling.differs(value, trace) {
                continue;
            }
            if bits_max(value) >= self.forbidden.bits_min {
                let summary = self.summary(value, trace);
                conclusion.convict(CheckName::Linkage, summary, self.evidence(value, trace));
                return None;
            }
            weak.push((value, trace));
        }
        Some(weak)
    }

    fn summary(&mut self, value: &str, trace: &Trace) -> String {
        let place = trace.path.last().map_or("a flow", String::as_str);
        let joins = self.joins(value, trace).map(|(a, b)| format!("; it joins `{a}` to `{b}`")).unwrap_or_default();
        format!("one value at `{place}` {}; {}{joins}", self.links(trace), self.tells(bits_max(value)))
    }

    /// What a trace links, in words.
    fn links(&self, trace: &Trace) -> String {
        let crossed = self.turns.all_crossed(self.exhibit, trace);
        let crossed: Vec<&str> = crossed.into_iter().map(boundary::name).collect();
        let uploads = words::count(trace.uploads, "upload");
        format!("links {uploads} over {}, across {}", words::rounded(trace.lasted()), crossed.join(", "))
    }

    /// How much tells devices apart, in words, beside what it takes in the crowd that releases speak of.
    fn tells(&self, bits: u64) -> String {
        let crowd = crowd(self.exhibit.case);
        let takes = crowd.map(|crowd| format!(", and {} single out one of {crowd} devices", bits_to_single_out(crowd)));
        format!("up to {}{}", words::count(bits, "bit"), takes.unwrap_or_default())
    }

    fn evidence(&self, value: &str, trace: &Trace) -> Evidence {
        let flow = self.exhibit.flows[trace.flows.0].flow;
        Evidence {
            flow: Some(flow.id),
            device: Some(self.exhibit.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: trace.path.clone(),
            plaintext: words::excerpt(value, ""),
            activity: self.exhibit.cause(flow),
        }
    }
}

/// Demands that what was done spans more than `lifetime_max`.
fn require_time(exhibit: &Exhibit<'_>, lifetime_max: Option<Duration>, conclusion: &mut Conclusion) {
    let Some(most) = lifetime_max else { return };
    let mut times = exhibit.done().filter(|(_, entry)| !entry.canaries.is_empty()).map(|(_, entry)| entry.at);
    let first = times.next();
    let lasted = first.zip(times.last()).map_or(Duration::ZERO, |(first, last)| last.since(first));
    if lasted > most {
        conclusion.exercised(format!("linkage over {lasted}"));
    } else {
        conclusion.lacks(format!("what was done spans {lasted}, not more than {most}"));
    }
}

/// Devices of the largest group that a release counts without noise.
fn crowd(case: &CaseFile) -> Option<u64> {
    let exact = |release: &&Release| matches!(release.mechanism, Mechanism::Exact | Mechanism::Threshold { .. });
    let devices = case.releases.iter().filter(|release| release.measure == Measure::Devices).filter(exact);
    let totals = devices.map(|release| release.cells.iter().filter_map(|cell| u64::try_from(cell.value).ok()).max());
    totals.flatten().max().filter(|most| *most > 1)
}

/// Bits with which each of `crowd` devices can be named.
const fn bits_to_single_out(crowd: u64) -> u32 {
    u64::BITS - crowd.saturating_sub(1).leading_zeros()
}
