//! Strategies: policies of honest vendors, and of such as leak in a chosen way.

use std::fmt;

use browser::{
    Policy, WrongPolicy,
    policy::{Collected, Pipeline, Queue, Sending},
};
use encoding::{BodyChain, Step};
use model::Seed;
use proptest::{
    strategy::{NewTree, Strategy, ValueTree},
    test_runner::TestRunner,
};
use storm::grammar::{self, Dice, Leak};

use crate::simulated::Simulated;

/// A vendor whose policy keeps the promises about incognito mode, the switch, consent and the region.
///
/// ```
/// use testkit::{Diary, assert_suppressed, honest_vendors, proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner}};
///
/// let vendor = honest_vendors().new_tree(&mut TestRunner::deterministic()).expect("a vendor").current();
/// assert_suppressed!(vendor.client()?, Diary::new().incognito().visit("https://a.example/"));
/// # Ok::<(), testkit::browser::WrongPolicy>(())
/// ```
#[must_use]
pub const fn honest_vendors() -> VendorStrategy {
    VendorStrategy(None)
}

/// A vendor whose policy breaks one promise, in the way of `leak`, and whose policies still do so when they shrink.
#[must_use]
pub const fn leaking_vendors(leak: Leak) -> VendorStrategy {
    VendorStrategy(Some(leak))
}

/// How a vendor reports.
#[derive(Clone, PartialEq, Eq)]
pub struct Vendor {
    /// A policy for each version of its product, oldest first. Where it leaks, the first is the one that does.
    pub policies: Vec<Policy>,
    /// Which promise it breaks, and how.
    pub leak: Option<Leak>,
}

impl Vendor {
    /// The simulated browser under these policies.
    ///
    /// # Errors
    /// If a policy has mistakes: one that a strategy made has none.
    pub fn client(&self) -> Result<Simulated, WrongPolicy> {
        Ok(Simulated::new(self.policies.iter().cloned())?.at(grammar::regions(), grammar::endpoints()))
    }
}

/// As scenario files write it.
impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.leak {
            Some(leak) => writeln!(f, "a vendor with the leak `{}`", leak.name())?,
            None => writeln!(f, "a vendor that keeps its promises")?,
        }
        for (place, policy) in self.policies.iter().enumerate() {
            writeln!(f, "# version {}", place + 1)?;
            match toml::to_string(policy) {
                Ok(text) => writeln!(f, "{text}")?,
                Err(_) => writeln!(f, "{policy:#?}")?,
            }
        }
        Ok(())
    }
}

/// See [`honest_vendors`] and [`leaking_vendors`].
#[derive(Debug, Clone, Copy)]
pub struct VendorStrategy(Option<Leak>);

/// A vendor that shrinks: pipelines, events and fields go, bodies and times become plain.
#[derive(Debug, Clone)]
pub struct VendorTree {
    best: Vendor,
    candidates: Vec<Vendor>, // all of them simpler than the best; the last is tried first
    trying: bool,
}

impl Strategy for VendorStrategy {
    type Tree = VendorTree;
    type Value = Vendor;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = proptest::prelude::any::<u64>().new_tree(runner)?.current();
        let mut dice = Dice::new(&Seed::root(seed), "policies");
        let policies = match self.0 {
            Some(leak) => leak.policies(&mut dice),
            None => vec![grammar::honest(&mut dice)],
        };
        let best = Vendor { policies, leak: self.0 };
        Ok(VendorTree { candidates: simpler(&best), best, trying: false })
    }
}

impl ValueTree for VendorTree {
    type Value = Vendor;

    fn current(&self) -> Vendor {
        self.candidates.last().filter(|_| self.trying).unwrap_or(&self.best).clone()
    }

    fn simplify(&mut self) -> bool {
        if self.trying
            && let Some(tried) = self.candidates.pop()
        {
            self.candidates = simpler(&tried);
            self.best = tried;
        }
        self.trying = !self.candidates.is_empty();
        self.trying
    }

    fn complicate(&mut self) -> bool {
        if !self.trying {
            return false;
        }
        self.candidates.pop();
        self.trying = !self.candidates.is_empty();
        self.trying
    }
}

/// Everything that `vendor` can be made simpler by in one step, the largest step last. Each is without mistakes, as honest,
/// and leaks as before.
fn simpler(vendor: &Vendor) -> Vec<Vendor> {
    let mut all = Vec::new();
    for version in 0..vendor.policies.len() {
        let mut offer = |change: &dyn Fn(&mut Policy)| {
            let mut next = vendor.clone();
            change(&mut next.policies[version]);
            if next != *vendor && next.policies[version].problems().is_empty() {
                all.push(next);
            }
        };
        let policy = &vendor.policies[version];
        for (place, pipeline) in policy.pipelines.iter().enumerate() {
            plainer(place, pipeline, &mut offer);
        }
        offer(&|policy| {
            policy.pipelines.iter_mut().for_each(|pipeline| pipeline.device = None);
            policy.identifiers.clear();
        });
        if vendor.leak.is_none() {
            harmless(policy, &mut offer);
        }
    }
    all.reverse();
    all.sort_by_key(|next| std::cmp::Reverse(next.policies.iter().map(|policy| policy.pipelines.len()).sum::<usize>()));
    all
}

/// What is no part of any leak.
fn plainer(place: usize, pipeline: &Pipeline, offer: &mut impl FnMut(&dyn Fn(&mut Policy))) {
    // The first event stays: without one there is nothing that could leak.
    for event in 1..pipeline.events.len() {
        offer(&|policy| drop(policy.pipelines[place].events.remove(event)));
    }
    for name in pipeline.fields.keys() {
        offer(&|policy| drop(policy.pipelines[place].fields.remove(name)));
    }
    for (event, spec) in pipeline.events.iter().enumerate() {
        // What tells of a page stays: it is the evidence.
        for (name, _) in spec.fields.iter().filter(|(_, source)| !source.starts_with("url")) {
            offer(&|policy| drop(policy.pipelines[place].events[event].fields.remove(name)));
        }
    }
    let json = BodyChain::try_from(vec![Step::Json]).ok();
    offer(&|policy| policy.pipelines[place].body.clone_from(&json));
    offer(&|policy| policy.pipelines[place].send.jitter = None);
    offer(&|policy| policy.pipelines[place].send.reports_per_upload_max = Sending::default().reports_per_upload_max);
    offer(&|policy| policy.pipelines[place].send.uploads_at_once_max = Sending::default().uploads_at_once_max);
}

/// What an honest policy stays honest without.
fn harmless(policy: &Policy, offer: &mut impl FnMut(&dyn Fn(&mut Policy))) {
    for place in 0..policy.pipelines.len() {
        offer(&|policy| policy.pipelines[place].queue = Queue::default());
        offer(&|policy| policy.pipelines[place].send = Sending::default());
        offer(&|policy| policy.pipelines[place].route.iter_mut().for_each(|way| way.fail_over = None));
        if policy.pipelines.len() > 1 {
            offer(&|policy| drop(policy.pipelines.remove(place)));
        }
    }
    offer(&|policy| policy.consent = false);
    offer(&|policy| {
        policy.switch = None;
        for event in policy.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.events) {
            let without = |collected, otherwise| if collected == Collected::Switch { otherwise } else { collected };
            event.normal = without(event.normal, Collected::Always);
            event.incognito = without(event.incognito, Collected::Never);
        }
    });
}
