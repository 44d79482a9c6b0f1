//! What goes wrong at a time.

use std::fmt;

use model::{Country, Duration, RegionId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that goes wrong at a time.
///
/// Faults of servers and of the ways to them hit every room of a world alike: each shard of the crowd, and each arm of an
/// examination that is under way. Faults of devices hit the crowd alone: the examiner looks after theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// When it begins.
    pub at: Timestamp,
    /// What it is.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum FaultKind {
    /// There is no way between two parties. Requests go from one to the other, and answers back: from devices to a region,
    /// from a region to the aggregator, to which it hands on its windows, and from the region that leads a query over shares
    /// to the one that helps. Who gets no answer asks again, the same, until there is one; a release waits for what is
    /// handed on late, as long as `collection.release-wait` says.
    Partition {
        /// When it ends.
        until: Timestamp,
        /// Who asks; by default all devices.
        #[serde(default)]
        from: Party,
        /// Who is asked.
        to: Party,
        /// What does not get through.
        #[serde(default)]
        loses: Loses,
    },
    /// The servers of a region answer at once that they are unavailable. What they hold stays.
    Outage {
        /// When it ends.
        until: Timestamp,
        /// The region.
        region: RegionId,
    },
    /// The servers of a region end without notice. Until they are started again, connections to them are refused.
    ///
    /// Where nothing is kept, the collector has forgotten every window that still took reports when it ended, and which
    /// batches it knew: what it gave receipts for is lost, and what is sent again is counted as if for the first time.
    /// Windows that were closed by then are safe: what is to be handed on is durable.
    Crash {
        /// When they are back.
        until: Timestamp,
        /// The region.
        region: RegionId,
        /// What the collector still has then.
        #[serde(default)]
        keeps: Keeps,
    },
    /// The disk of a region's collector is full: every batch is refused whole, to be sent again later.
    DiskFull {
        /// When there is room again.
        until: Timestamp,
        /// The region.
        region: RegionId,
    },
    /// The disk of a region's collector is slow: batches are taken when they arrive, and answered later.
    DiskSlow {
        /// When it is as fast as before.
        until: Timestamp,
        /// The region.
        region: RegionId,
        /// How much later.
        by: Duration,
    },
    /// Devices of the crowd end without notice, and their owners do without them until they are started again. What a
    /// client kept in memory is lost, what it kept on disk is tried again.
    DeviceCrash {
        /// When they are started again.
        until: Timestamp,
        /// Which devices.
        #[serde(default)]
        devices: Devices,
        /// When exactly each of them ends.
        #[serde(default)]
        dies: Dies,
    },
    /// Clocks of devices of the crowd jump. What a device writes into its reports, and how old it takes its identifiers to
    /// be, goes by its own clock; how long it waits, by the time that passes.
    Clock {
        /// When they are set right again; by default never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Which devices.
        #[serde(default)]
        devices: Devices,
        /// How far, from where they stood before.
        by: Shift,
    },
    /// Devices of the crowd have no network, and get no updates. Their owners go on, what is recorded waits in queues, and
    /// is sent when they are back, by the version that they had.
    Away {
        /// When they are back.
        until: Timestamp,
        /// Which devices.
        #[serde(default)]
        devices: Devices,
    },
    /// The aggregator is started again at a moment at which it has taken the next windows from their regions and not
    /// released them yet.
    ///
    /// Where nothing is kept, it has forgotten what it took, what it released and what that cost: regions hand on again
    /// what is not released yet, and the budget begins anew.
    AggregatorRestart {
        /// What it still has then.
        #[serde(default)]
        keeps: Keeps,
    },
}

/// An end of a way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Every device.
    #[default]
    Devices,
    /// The devices in a country.
    Country(Country),
    /// The servers of a region.
    Region(RegionId),
    /// The aggregator.
    Aggregator,
}

/// What a partition does not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loses {
    /// Nothing gets through.
    #[default]
    Both,
    /// Requests get lost: nobody hears them.
    Requests,
    /// Requests arrive and are acted on; who asked does not hear the answer.
    Answers,
}

/// What a server still has when it is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// All that it had answered for: its state is durable.
    #[default]
    Everything,
    /// Nothing: its state was in memory.
    Nothing,
}

/// When exactly a device ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dies {
    /// When it next sends something: the request is on its way, and nobody hears the answer. A device that sends nothing
    /// before it would be started again does not end.
    #[default]
    Sending,
    /// When the fault begins.
    AtOnce,
}

/// How far a clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// It shows a later time.
    Ahead(Duration),
    /// It shows an earlier time.
    Behind(Duration),
}

/// Devices of the crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Devices {
    /// Those in one country; by default in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// How many of them, in percent, drawn for each fault anew; by default all.
    #[schemars(range(min = 1, max = 100))]
    pub percent: u8,
}

impl Default for Devices {
    fn default() -> Self {
        Self { country: None, percent: 100 }
    }
}

impl Loses {
    /// Whether requests get lost.
    #[must_use]
    pub const fn requests(self) -> bool {
        matches!(self, Self::Both | Self::Requests)
    }

    /// Whether answers get lost.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self, Self::Both | Self::Answers)
    }
}

impl Shift {
    /// How far.
    #[must_use]
    pub const fn span(self) -> Duration {
        match self {
            Self::Ahead(span) | Self::Behind(span) => span,
        }
    }

    /// Milliseconds ahead.
    #[must_use]
    pub fn ahead_ms(self) -> i64 {
        let span = i64::try_from(self.span().as_millis()).unwrap_or(i64::MAX);
        if matches!(self, Self::Ahead(_)) { span } else { -span }
    }
}

impl FaultKind {
    /// Its name, as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition",
            Self::Outage { .. } => "outage",
            Self::Crash { .. } => "crash",
            Self::DiskFull { .. } => "disk-full",
            Self::DiskSlow { .. } => "disk-slow",
            Self::DeviceCrash { .. } => "device-crash",
            Self::Clock { .. } => "clock",
            Self::Away { .. } => "away",
            Self::AggregatorRestart { .. } => "aggregator-restart",
        }
    }

    /// When it is over; `None` for what happens at once or for good.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Partition { until, .. }
            | Self::Outage { until, .. }
            | Self::Crash { until, .. }
            | Self::DiskFull { until, .. }
            | Self::DiskSlow { until, .. }
            | Self::DeviceCrash { until, .. }
            | Self::Away { until, .. } => Some(*until),
            Self::Clock { until, .. } => *until,
            Self::AggregatorRestart { .. } => None,
        }
    }

    /// The devices that it hits; `None` if it is not about devices.
    #[must_use]
    pub const fn devices(&self) -> Option<&Devices> {
        match self {
            Self::DeviceCrash { devices, .. } | Self::Clock { devices, .. } | Self::Away { devices, .. } => {
                Some(devices)
            }
            _ => None,
        }
    }

    /// Whether it reaches into a server, and not only into the ways to it and into devices.
    #[must_use]
    pub const fn is_within_a_server(&self) -> bool {
        matches!(self, Self::Crash { keeps: Keeps::Nothing, .. } | Self::AggregatorRestart { .. })
    }
}

impl Fault {
    /// Whether it lasts at `time`.
    #[must_use]
    pub fn lasts_at(&self, time: Timestamp) -> bool {
        self.at <= time && self.kind.until().is_some_and(|until| time < until)
    }
}

/// One sentence without a full stop, as a timeline tells it.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition { until, from, to, loses: Loses::Both } => {
                write!(f, "There is no way from {from} to {to} until {until}")
            }
            Self::Partition { until, from, to, loses: Loses::Requests } => {
                write!(f, "Requests by {from} do not reach {to} until {until}")
            }
            Self::Partition { until, from, to, loses: Loses::Answers } => {
                write!(f, "Answers of {to} do not reach {from} until {until}")
            }
            Self::Outage { until, region } => write!(f, "Region {region} is unavailable until {until}"),
            Self::Crash { until, region, keeps: Keeps::Everything } => {
                write!(f, "The servers of region {region} crash; they are back at {until} with all that they had")
            }
            Self::Crash { until, region, keeps: Keeps::Nothing } => write!(
                f,
                "The servers of region {region} crash; they are back at {until} without what they had not handed on"
            ),
            Self::DiskFull { until, region } => write!(f, "The disk of region {region} is full until {until}"),
            Self::DiskSlow { until, region, by } => {
                write!(f, "The disk of region {region} is slow until {until}: answers come {by} later")
            }
            Self::DeviceCrash { until, devices, dies } => {
                let when = if *dies == Dies::Sending { " as they send something" } else { "" };
                write!(f, "Suddenly {devices} die{when}; they are started again at {until}")
            }
            Self::Clock { until, devices, by } => {
                let (span, way) = (by.span(), if matches!(by, Shift::Ahead(_)) { "ahead" } else { "back" });
                write!(f, "The clocks of {devices} jump {span} {way}")?;
                until.map_or(Ok(()), |until| write!(f, "; they are set right at {until}"))
            }
            Self::Away { until, devices } => write!(f, "There is no network for {devices} until {until}"),
            Self::AggregatorRestart { keeps } => {
                let without = if *keeps == Keeps::Nothing { ", and has forgotten everything" } else { "" };
                write!(f, "The aggregator is started again before its next releases{without}")
            }
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devices => f.write_str("all devices"),
            Self::Country(country) => write!(f, "devices in {country}"),
            Self::Region(region) => write!(f, "region {region}"),
            Self::Aggregator => f.write_str("the aggregator"),
        }
    }
}

/// Such as `30 % of the devices in IN`.
impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = if self.percent >= 100 { "all".to_owned() } else { format!("{} % of the", self.percent) };
        match self.country {
            Some(country) => write!(f, "{share} devices in {country}"),
            None => write!(f, "{share} devices"),
        }
    }
}
