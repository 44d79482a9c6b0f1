//! The switch as a state machine: a model of what its labels promise against the client, over any sequence of visits,
//! flips, updates, restarts, crashes, offline spells and resets.
//!
//! The model knows what an outsider knows ([`Description`](crate::Description)): where the switch stands, and what that
//! position promises. No page leaves the device while its mode is promised to be left alone, nor ever if it was visited
//! then. What leaves is opened with the auditor's decoders and searched for a token of the page; digests, and what is told
//! by sizes and times, are left to [`check`](crate::check).
//!
//! ```
//! use testkit::{Simulated, browser::Policy, switch};
//!
//! struct MyClient;
//!
//! impl switch::Switched for MyClient {
//!     type Client = Simulated; // a client of your own
//!
//!     fn client() -> Simulated {
//!         Simulated::new([Policy::default()]).expect("a policy without mistakes")
//!     }
//! }
//!
//! switch::honored::<MyClient>(&mut testkit::proptest::test_runner::TestRunner::default())?;
//!
//! // The same, where `proptest` and `proptest-state-machine` are dependencies of your own:
//! use testkit::switch::SwitchTest;
//!
//! proptest_state_machine::prop_state_machine! {
//!     #[test]
//!     fn the_switch_is_honored(sequential 1..40 => SwitchTest<MyClient>);
//! }
//! # Ok::<(), testkit::Failure>(())
//! ```

#![allow(clippy::test_attr_in_doctest, reason = "the example shows how a test is declared")]

mod bench;
mod model;

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicUsize, Ordering},
};

use ::model::{Activity, Duration, Mode};
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use crate::{check::Failure, client::Client, diary::told};
pub use bench::Bench;
pub use model::{Model, Stand};

/// Most steps of one sequence.
const STEPS_MAX: usize = 40;

/// A client whose switch is tried.
pub trait Switched: 'static {
    /// The client.
    type Client: Client;

    /// How long a report waits at most while there is a network and nothing else is done. Where that is said, what may be
    /// collected must leave in that time, so that no client passes by being silent; by default it is not said.
    const REPORTS_WITHIN: Option<Duration> = None;

    /// The client.
    fn client() -> Self::Client;
}

/// One thing that is done.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// Opens a session, visits a page that is visited once only, and closes the session.
    Visit(Mode),
    /// Nothing, for so long.
    Wait(Duration),
    /// Anything that is done in no session.
    Does(Activity),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visit(mode) => write!(f, "visit in {mode} mode"),
            Self::Wait(span) => write!(f, "wait {span}"),
            Self::Does(activity) => f.write_str(&told(activity)),
        }
    }
}

/// Model against client, for [`prop_state_machine!`](proptest_state_machine::prop_state_machine).
#[derive(Debug)]
pub struct SwitchTest<S>(PhantomData<S>);

impl<S: Switched> StateMachineTest for SwitchTest<S> {
    type SystemUnderTest = Bench<<S::Client as Client>::Running>;
    type Reference = Model<S>;

    fn init_test(stand: &Stand) -> Self::SystemUnderTest {
        Bench::new(&S::client(), stand)
    }

    fn apply(mut bench: Self::SystemUnderTest, stand: &Stand, step: Step) -> Self::SystemUnderTest {
        bench.take(&step, stand).unwrap_or_else(|why| panic!("{why}"));
        bench
    }
}

/// The client of `S` does nothing that the model excludes, in any sequence of steps that `runner` draws.
///
/// # Errors
/// If it does: what left, and the fewest steps that show it.
pub fn honored<S: Switched>(runner: &mut TestRunner) -> Result<(), Failure> {
    let steps = Model::<S>::sequential_strategy(1..=STEPS_MAX);
    let tried = runner.run(&steps, |(stand, steps, seen)| tried::<S>(stand, &steps, seen.as_deref()));
    tried.map_err(|error| match error {
        TestError::Fail(why, (stand, steps, _)) => {
            let (steps, why) = fewest::<S>(&stand, steps, why.to_string());
            let lines: String = steps.iter().map(|step| format!("  {step:?}\n")).collect();
            Failure::new(format!("{why}\n\nThe steps, {}\n{lines}", steps.len()))
        }
        TestError::Abort(why) => Failure::new(format!("no steps could be drawn: {why}")),
    })
}

/// The fewest of `steps` that fail too, and why: some are left out, and with them what is impossible without them. (The
/// shrinking of state machines leaves out one step at a time, and none that another needs.)
fn fewest<S: Switched>(stand: &Stand, mut steps: Vec<Step>, mut why: String) -> (Vec<Step>, String) {
    let mut size = steps.len();
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let rest = steps[..at].iter().chain(steps.iter().skip(at + size));
            let rest = possible::<S>(stand.clone(), rest);
            match tried::<S>(stand.clone(), &rest, None) {
                Err(TestCaseError::Fail(reason)) => (steps, why) = (rest, reason.to_string()),
                _ => at += 1,
            }
        }
        size /= 2;
    }
    (steps, why)
}

/// The steps that can be done, beginning at `stand`.
fn possible<'a, S: Switched>(mut stand: Stand, steps: impl Iterator<Item = &'a Step>) -> Vec<Step> {
    let mut kept = Vec::new();
    for step in steps {
        if Model::<S>::preconditions(&stand, step) {
            stand = Model::<S>::apply(stand, step);
            kept.push(step.clone());
        }
    }
    kept
}

fn tried<S: Switched>(mut stand: Stand, steps: &[Step], seen: Option<&AtomicUsize>) -> Result<(), TestCaseError> {
    let mut bench = Bench::new(&S::client(), &stand);
    for step in steps {
        if let Some(seen) = seen {
            seen.fetch_add(1, Ordering::SeqCst); // tells the shrinking what was never reached
        }
        stand = Model::<S>::apply(stand, step);
        bench.take(step, &stand).map_err(TestCaseError::fail)?;
    }
    Ok(())
}
