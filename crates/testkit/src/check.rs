//! What must hold of a client. Each says `Err` with the evidence where it does not, so that a property returns it with
//! `?`; the macros of the same names panic with it.

use std::fmt;

use model::{Boundary, CheckName, ClaimKind, Duration, Flow, FlowId, Ruling, Verdict};

use crate::{
    client::Client,
    diary::{Diary, Twins},
    told,
    trial::{Examined, Trial, TrialError, UnderTest, is_waived, sent},
    weather::Sky,
};

/// What does not hold, with the evidence and how to see it again.
#[derive(Clone)]
pub struct Failure(String);

impl Failure {
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<TrialError> for Failure {
    fn from(error: TrialError) -> Self {
        Self(format!("there is no verdict: {error}"))
    }
}

/// Nothing that must be suppressed leaves the device while `diary` is done: nothing about incognito activity, and
/// nothing that the switch covers where it promises suppression, at every state of the switch in which that is promised.
///
/// One diary exercises what it does and no more: it can break a promise, and nothing is kept by it. For that, ask for
/// [`kept`].
///
/// # Errors
/// If something leaves, or the client could not be examined to its end.
pub fn suppressed(client: &impl UnderTest, diary: &Diary) -> Result<Examined, Failure> {
    suppressed_in(client, &Trial::of_diary(diary))
}

/// [`suppressed`] while `diary` is done below `sky`.
///
/// # Errors
/// As [`suppressed`].
pub fn suppressed_under(client: &impl UnderTest, diary: &Diary, sky: &Sky) -> Result<Examined, Failure> {
    suppressed_in(client, &Trial::of_diary(diary).under(sky.clone()))
}

fn suppressed_in(client: &impl UnderTest, trial: &Trial) -> Result<Examined, Failure> {
    let examined = trial.examine(client)?;
    if examined.cases.is_empty() {
        return Err(Failure::new("nothing is judged: the client names no version".to_owned()));
    }
    let about = |ruling: &&Ruling| {
        let id = ruling.claim.as_str();
        id == ClaimKind::IncognitoSuppressed.name() || id == ClaimKind::SwitchHonored.name()
    };
    let broken: Vec<&Ruling> =
        examined.rulings.iter().filter(about).filter(|ruling| ruling.verdict == Verdict::Broken).collect();
    if !broken.is_empty() {
        return Err(told::failure(&examined, &broken, Verdict::Kept));
    }
    finished(&examined)?;
    Ok(examined)
}

/// `promise` is kept: everything that could break it is exercised, and nothing does. The whole of the auditor's plan is
/// carried out on every version and at every state of the switch at which the promise is made, and `diary` after it.
///
/// # Errors
/// If the promise is broken or unproven anywhere.
pub fn kept(client: &impl UnderTest, promise: ClaimKind, diary: &Diary) -> Result<Examined, Failure> {
    let incognito = promise == ClaimKind::IncognitoSuppressed;
    let trial = Trial { diary: diary.clone(), ..Trial::whole().of_claim(promise) };
    let examined = trial.examine(client)?;
    let waived = |ruling: &Ruling| {
        let case = examined.cases.iter().find(|case| case.subject == ruling.subject);
        incognito && case.is_some_and(|case| is_waived(case, &ruling.subject.version))
    };
    let other: Vec<&Ruling> =
        examined.rulings.iter().filter(|ruling| ruling.verdict != Verdict::Kept && !waived(ruling)).collect();
    if !other.is_empty() {
        return Err(told::failure(&examined, &other, Verdict::Kept));
    }
    if examined.rulings.iter().all(waived) {
        return Err(Failure::new("nothing is judged: nowhere is the promise made".to_owned()));
    }
    Ok(examined)
}

/// No value links what is on the two sides of a boundary of `across`: [`kept`] of [`ClaimKind::Unlinkable`].
///
/// # Errors
/// As [`kept`].
pub fn unlinkable(client: &impl UnderTest, across: &[Boundary]) -> Result<Examined, Failure> {
    kept(client, ClaimKind::Unlinkable { across: across.to_vec(), lifetime_max: None }, &Diary::new())
}

/// Nothing that leaves the device tells the one of `twins` from the other: incognito activity changes nothing outside. Both
/// are done as they are written, on devices alike.
///
/// # Errors
/// If something differs: what, and the diaries.
pub fn twins_look_alike(client: &impl Client, twins: &Twins) -> Result<(), Failure> {
    let told = |why: String| Failure::new(format!("{why}\n\nThe twins\n{twins:?}"));
    let unfinished = |fault: String| told(format!("the twins could not be compared: {fault}"));
    let times = || [&twins.main, &twins.other].into_iter().flat_map(Diary::entries).map(|entry| entry.at);
    let starts = times().min().unwrap_or_default().before(Duration::from_secs(1));
    let watched = (starts, times().max().unwrap_or_default() + Duration::from_days(8));
    let main = sent(client, &twins.main, watched).map_err(unfinished)?;
    let other = sent(client, &twins.other, watched).map_err(unfinished)?;
    let seen = |flow: &Flow| Flow { id: FlowId(0), connection: None, ..flow.clone() };
    let differs = main.iter().zip(&other).position(|(one, two)| seen(one) != seen(two));
    let place = differs.or((main.len() != other.len()).then_some(main.len().min(other.len())));
    let Some(place) = place else { return Ok(()) };
    let shown = |flows: &[Flow]| flows.get(place).map_or_else(|| "nothing more".to_owned(), told::flow);
    let (one, two) = (shown(&main), shown(&other));
    Err(told(format!("incognito activity changes what leaves the device\n  main       {one}\n  other      {two}")))
}

/// `check` finds that `promise` is broken. For tests of tests: a leak that is planted must be caught.
///
/// # Errors
/// If it does not.
pub fn caught(client: &impl UnderTest, promise: ClaimKind, check: CheckName) -> Result<Examined, Failure> {
    let examined = Trial::whole().of_claim(promise).examine(client)?;
    let found = |ruling: &Ruling| ruling.findings.iter().any(|finding| finding.check == check);
    if examined.rulings.iter().any(|ruling| ruling.verdict == Verdict::Broken && found(ruling)) {
        return Ok(examined);
    }
    Err(told::failure(&examined, &examined.rulings.iter().collect::<Vec<_>>(), Verdict::Broken))
}

fn finished(examined: &Examined) -> Result<(), Failure> {
    match examined.faults().next() {
        Some(fault) => Err(Failure::new(format!("the examination did not come to its end: {fault}"))),
        None => Ok(()),
    }
}

/// Panics with the evidence unless [`check::suppressed`](suppressed) holds: `assert_suppressed!(client, diary)`, or
/// `assert_suppressed!(client, diary, sky)`.
#[macro_export]
macro_rules! assert_suppressed {
    ($client:expr, $diary:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) = $crate::check::suppressed(&$client, &$diary) {
            ::std::panic!("{failure}");
        }
    };
    ($client:expr, $diary:expr, $sky:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) = $crate::check::suppressed_under(&$client, &$diary, &$sky) {
            ::std::panic!("{failure}");
        }
    };
}

/// Panics with the evidence unless [`check::kept`](kept) holds: `assert_kept!(client, promise)`, or with a diary of your
/// own after the auditor's plan, `assert_kept!(client, promise, diary)`.
#[macro_export]
macro_rules! assert_kept {
    ($client:expr, $promise:expr $(,)?) => {
        $crate::assert_kept!($client, $promise, $crate::Diary::new())
    };
    ($client:expr, $promise:expr, $diary:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) = $crate::check::kept(&$client, $promise, &$diary) {
            ::std::panic!("{failure}");
        }
    };
}

/// Panics with the evidence unless [`check::unlinkable`](unlinkable) holds: `assert_unlinkable!(client, [boundary, …])`.
#[macro_export]
macro_rules! assert_unlinkable {
    ($client:expr, $across:expr $(,)?) => {
        if let ::std::result::Result::Err(failure) = $crate::check::unlinkable(&$client, &$across) {
            ::std::panic!("{failure}");
        }
    };
}
