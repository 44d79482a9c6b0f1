//! Privacy properties for other teams' tests: strategies, clients under test and assertions that print evidence.
//!
//! A client under test is anything that implements [`Client`]: activities, time and replies in, uploads out. The kit puts
//! it on a lab device with a tap at its edge, does with it what the auditor plans, and has the auditor rule. What fails
//! shows what an examiner would show: verdict, flow, the path through the encodings, the plaintext, the activity that
//! caused it, the seed and how to play it again.
//!
//! ```
//! use testkit::{
//!     Client, Description, Diary, Running, assert_suppressed, check, diaries, Repertoire,
//!     browser::{Output, Profile},
//!     model::{Activity, Channel, Entry, Reply, Timestamp, Upload, UploadId, Version},
//!     proptest::test_runner::{Config, TestRunner},
//! };
//!
//! /// Reports the address of every page that is visited outside of incognito mode, at once.
//! struct Reporter {
//!     leaks: bool,
//! }
//!
//! /// What it remembers: which sessions are normal ones, and how many uploads there were.
//! struct Device {
//!     leaks: bool,
//!     normal: Vec<testkit::model::SessionId>,
//!     uploads: u64,
//! }
//!
//! impl Client for Reporter {
//!     type Running = Device;
//!
//!     fn description(&self) -> Description {
//!         Description::new("reporter", "1.0")
//!     }
//!
//!     fn install(&self, _: &Version, _: Profile, _: Timestamp) -> Device {
//!         Device { leaks: self.leaks, normal: Vec::new(), uploads: 0 }
//!     }
//! }
//!
//! impl Running for Device {
//!     fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>) {
//!         match (&entry.activity, entry.session) {
//!             (Activity::OpenSession { mode: testkit::model::Mode::Normal }, Some(id)) => self.normal.push(id),
//!             (Activity::Visit { url, .. }, Some(id)) if self.leaks || self.normal.contains(&id) => {
//!                 self.uploads += 1;
//!                 let upload = Upload {
//!                     method: "POST".into(),
//!                     authority: "telemetry.example".into(),
//!                     path: "/visit".into(),
//!                     headers: vec![],
//!                     body: url.clone().into_bytes(),
//!                 };
//!                 out.push(Output::Upload {
//!                     id: UploadId(self.uploads), upload, channel: Channel::Http, connection: None,
//!                 });
//!             }
//!             _ => {}
//!         }
//!     }
//!     fn reply(&mut self, _: UploadId, _: Reply, _: Timestamp, _: &mut Vec<Output>) {}
//!     fn advance(&mut self, _: Timestamp, _: &mut Vec<Output>) {}
//!     fn next_timer(&self) -> Option<Timestamp> {
//!         None
//!     }
//! }
//!
//! // One diary, written by hand:
//! let diary = Diary::new().incognito().visit("https://clinic.example/").close();
//! assert_suppressed!(Reporter { leaks: false }, diary);
//!
//! // The leak, with its evidence:
//! let failure = check::suppressed(&Reporter { leaks: true }, &diary).expect_err("it leaks");
//! let text = failure.to_string();
//! assert!(text.contains("`incognito-suppressed` is broken"), "{text}");
//! assert!(text.contains("plaintext") && text.contains("clinic.example"), "{text}");
//! assert!(text.contains("TESTKIT_SEED="), "{text}");
//!
//! // Any diary at all; what fails is shrunk to what is simplest to read.
//! let property = |diary: Diary| Ok(check::suppressed(&Reporter { leaks: false }, &diary).map(drop)?);
//! let config = Config { cases: 4, failure_persistence: None, ..Config::default() };
//! TestRunner::new(config).run(&diaries(Repertoire::default()), property)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! | --- | --- |
//! | put a client of your own under test in process | [`Client`], [`Running`] |
//! | test the simulated browser under a policy | [`Simulated`] |
//! | test a client that speaks `DeviceUnderTestService` | [`Remote`] |
//! | say what must hold | [`assert_suppressed!`], [`assert_kept!`], [`assert_unlinkable!`], or [`check`] in a property |
//! | try the switch in any order of flips, updates, restarts and offline spells | [`switch`] |
//! | have policies of vendors made | [`honest_vendors`], [`leaking_vendors`] |
//! | have weather and faults made | [`skies`], [`weather`], [`fault_schedules`], with [`check::suppressed_under`] |
//! | have diaries made | [`diaries`]; [`twins`], with [`check::twins_look_alike`]; with a [`Repertoire`] of what the client can do |

mod answers;
pub mod check;
mod client;
mod desk;
mod diary;
mod remote;
mod simulated;
pub mod switch;
mod told;
mod trial;
mod vendor;
mod weather;

pub use browser;
pub use model;
pub use proptest;
pub use proptest_state_machine;
pub use scenario::{Fault, FaultKind, Loses, Party, Weather};
pub use storm::grammar::Leak;

pub use check::Failure;
pub use client::{Client, Description, Running};
pub use diary::{Diary, DiaryStrategy, DiaryTree, Repertoire, Twins, TwinsStrategy, TwinsTree, diaries, twins};
pub use remote::Remote;
pub use simulated::Simulated;
pub use trial::{Examined, Trial, TrialError, UnderTest};
pub use vendor::{Vendor, VendorStrategy, VendorTree, honest_vendors, leaking_vendors};
pub use weather::{Sky, fault_schedules, skies, weather};
