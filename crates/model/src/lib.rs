//! What things are, for every other crate: identities, activities, flows, reports, releases, claims and evidence.
//!
//! Nothing here acts. A type says what it means, how it is written down and how it reads; the crates that
//! depend on this one decide what to do with it.

mod activity;
mod case;
mod claim;
mod flow;
mod id;
mod inspection;
mod local;
mod place;
mod query;
mod ratio;
mod reading;
mod report;
mod rulebook;
mod seed;
mod share;
mod time;
mod verdict;

pub use activity::{Activity, ActivityKind, Diary, Entry, Mode};
pub use case::{
    Arm, Canary, CanaryRole, CaseFile, Control, Examination, Holding, LabDevice, Navigation, Notebook, NotebookEntry,
    Outcome, Phase, Record, Setting, VersionFact,
};
pub use claim::{Boundary, Claim, ClaimKind, Position, Promise, Subject, SwitchState};
pub use flow::{Capture, Channel, ConnectionId, Flow, FlowId, Header, Reply, Upload};
pub use id::{
    ClaimId, DeviceId, Host, IdError, LabDeviceId, ProductId, QueryId, RegionId, SessionId, UploadId, Version,
};
pub use inspection::{
    Batch, Configuration, Declaration, DeclaredField, Injection, Inspection, LoggedRequest, Noted, Order, Ordered,
    Overlooked, Read, Runs, Samples, Served,
};
pub use local::{Randomizer, Rappor};
pub use place::{Country, CountryError, Endpoint, Region};
pub use query::{
    Accuracy, Cell, ErrorBar, GroupKey, Keys, Measure, Mechanism, NoiseKind, Partial, Query, Release, Window, Withheld,
};
pub use ratio::{Ratio, RatioError};
pub use reading::{BorrowedReports, FieldsRef, ReportRef, Reports, ValueRef};
pub use report::{Report, ReportBatch, Value};
pub use rulebook::{Demand, FreeTransfer, Rule, Rulebook};
pub use seed::{Seed, Stream};
pub use share::{AggregateShare, Party};
pub use time::{Duration, DurationError, Timestamp, TimestampError};
pub use verdict::{CheckName, Coverage, Evidence, Finding, Ruling, Verdict};
