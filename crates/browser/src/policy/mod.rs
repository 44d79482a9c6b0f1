//! The policy language: how one version of a product reports.

mod event;
mod identifier;
mod pipeline;
mod queue;
mod randomization;
mod sealing;
mod sending;
mod share;
mod switch;

use model::Setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use event::{Collected, Each, Event, Filter};
pub(crate) use identifier::Alphabet;
pub use identifier::{CountedFrom, IdForm, IdFormError, IdModes, Identifier, Lifetime, Rotation, Survival};
pub use pipeline::{Condition, Connection, FailOver, Gate, Pipeline, Route, SettingIs};
pub use queue::{Queue, QueueAction, Store};
pub use randomization::Randomization;
pub use sealing::Sealing;
pub use sending::{Exhausted, Retry, Sending, Trigger};
pub use share::{Share, Summed};
pub use switch::{Effect, Switch, SwitchPosition};

/// How one version of a product reports.
///
/// A policy is written in TOML, by hand. Everything that is left out has the default that its type documents; a name
/// that does not exist is a mistake ([`Policy::problems`]), and so is a key.
///
/// # Sources
///
/// The value of a field, of `device`, and of what stands in braces in a template is a source, and after each `|` a
/// transform of [`encoding::Transform`] that is applied to it: `url`, `url|host`, `url|sha256(id:salt)`,
/// `dwell|bucket(1000)`. The salt of a digest is an identifier, with or without `id:`, or `const:TEXT`. A field whose
/// source has no value, or whose transform does not apply, is left out.
///
/// The last transform of a field of a report can be `randomize(NAME)`: then the device reports an answer of that
/// [randomizer](Randomization) in place of the value, as in `url|host|randomize(sites)`. That there was a value to report
/// is not hidden, and the rest of the report is as it is.
///
/// | sources | what they say |
/// | --- | --- |
/// | `url` | address of a visit, download or share, or of the results of a search |
/// | `title`, `text`, `dwell`, `typed` | of a visit: title and text of the page, ms that it stays open, whether it was typed; `text` is also what was typed into the address bar and dropped |
/// | `terms`, `engine` | of a search |
/// | `screen`; `setting`, `value`; `position`; `online`; `given` | of a screen shown, a setting changed, the switch flipped, the network, the consent dialog |
/// | `key`, `link` | the text typed so far, the link on the page; for `each = "key"` and `each = "link"` |
/// | `page`, `page-title` | the page open in the session's tab when the activity begins: for a visit, the one it leaves; outside of sessions, that of the normal session used last |
/// | `front-page` | the page in the session used last, whatever its mode |
/// | `mode`, `private` | `normal` or `incognito`; whether it is incognito |
/// | `session` | number of the session among those of its mode |
/// | `time` | ms since the Unix epoch |
/// | `country`, `locale`, `language`, `model`, `os-version`, `screen-size`, `operator`, `network` | of the device; the last four are the same for all devices of one model in one country |
/// | `product`, `version`, `first-run`, `account` | of the client: `first-run` is the day of its first start, `account` the one logged in to |
/// | `id:NAME` | the identifier of that name |
/// | `const:TEXT` | always this text |
/// | `count:reports` | number of the report in its pipeline |
/// | `count:activities`, `count:incognito`, `count:sessions` | what was done so far, reported or not: gaps give away what was suppressed |
///
/// # Templates
///
/// `host`, `path` and the values of `headers` are templates: texts with sources in braces. In a path, values are
/// percent-encoded and may be missing; a header with a value missing is left out; without its host, a report is not
/// sent. Where a template holds something of an activity (all down to `session` above, and the counts), each report has
/// an upload of its own.
///
/// # Example
///
/// ```
/// # use browser::Policy;
/// let policy: Policy = toml::from_str(r##"
/// consent = true                       # the client asks; nothing is collected before consent was given
///
/// [switch]                             # the user's setting; without this table there is none
/// label = "Enhanced Incognito"         # words on the screen
/// default = "off"                      # where it stands after first start
/// positions = [                        # `promise`: what the label tells a reader; `effect`: what the code does
///     { name = "on", promise = "suppress-in-incognito", effect = "suppress" },
///     { name = "off", promise = "collect-in-incognito", effect = "collect" },
/// ]
///
/// [[setting]]                          # what the product shows in its settings; the first value is the initial one
/// name = "statistics"
/// values = ["on", "off"]
///
/// [[identifier]]                       # reports can hold it as id:uuid
/// name = "uuid"
/// lifetime = { days = 90, counted-from = "last-use" } # or none, upload, session, day, install, hardware, account
/// form = "hex-16"                      # or digits-15, letters-8, uuid
/// modes = "separate"                   # incognito has an id of its own; or shared
/// replaced-by-account = true           # while logged in, the account's name stands in its place
/// survives = ["update", "opt-out"]     # and not clear-data, reinstall
///
/// [[randomizer]]                       # fields can be randomized by it as in url|host|randomize(sites)
/// name = "sites"
/// by = { k-ary = { epsilon = 1 } }     # or oue, olh, hadamard, and rappor with its own parameters
/// domain = ["example.org", "example.com"] # values that are known; any other is answered for as none of them
/// window = "1d"                        # in each window the device answers no more often than that
/// reports-per-window-max = 1
///
/// [[pipeline]]                         # one SDK with its endpoint
/// name = "sensors"
/// route = [                            # the first that fits the device; with none that fits, it does nothing
///     { country = ["RU"], host = "ru.vendor.example", fail-over = { host = "sg.vendor.example", after = 3 } },
///     { locale = ["de"], host = "de.vendor.example" },
///     { host = "sg.vendor.example" },
/// ]
/// method = "POST"                      # GET and HEAD have no body
/// path = "/sa?r={country}"             # a template
/// headers = { user-agent = "browser/{version} ({model})" }
/// body = ["json", "gzip", "base64", { form = { field = "data_list", with = { gzip = "1" }, crc = "crc" } }]
/// layout = { event = "event", time = "time", device = "distinct_id" } # names in the body of what is no field
/// device = "id:uuid"                   # what the vendor takes for the device
/// time-precision = "1m"                # times are rounded down to a minute
/// fields = { "properties.miui_region" = "country" } # in every report; dots are levels of nesting
/// when = { setting = { name = "statistics", value = "on", initially = true } } # at work only then
/// gate = "both"                        # mode, switch and consent are looked at when recording, when sending, or at both
/// before-consent = false               # whether it does not wait for consent
///
/// [pipeline.queue]                     # where reports wait
/// store = "disk"                       # or memory, which is lost at the end of the process
/// reports-max = 1000                   # one more pushes out the oldest
/// on-mode-change = "keep"              # or purge, purge-incognito, flush
/// on-switch-off = "purge-incognito"
/// on-consent-withdrawn = "purge"
///
/// [pipeline.send]                      # when they go; without every, count and on: each at once
/// every = "15s"                        # so long after the first was queued
/// count = 100                          # or once so many are queued
/// on = ["close", "reconnect"]          # or at these moments
/// jitter = "2s"                        # each time up to so much later
/// reports-per-upload-max = 50
/// retry = { attempts-max = 5, first = "10s", longest = "1h", then = "queue" } # or drop
///
/// [[pipeline.event]]                   # one kind of report
/// on = "visit"                         # the kind of activity
/// name = "page_load_event_start"
/// normal = "always"                    # or never, or as the switch says: switch
/// incognito = "switch"                 # by default never
/// where = { host-ends-with = ["example.org"], typed = true }
/// fields = { "properties.host" = "url|host", "properties.page" = "url|sha256(id:uuid)", "properties.site" = "url|host|randomize(sites)" }
///
/// [[pipeline.event]]
/// on = "visit"
/// name = "page_load_event_finish"
/// after = "2s"                         # the event happens so long after the activity
///
/// [[pipeline]]                         # a name of the page's host looked up for each visit
/// name = "probe"
/// channel = "dns"                      # or http, socket
/// route = [{ host = "resolver.vendor.example" }]
/// path = "{url|host}.lookup.vendor.example" # with the channel socket, connection = "kept", or one for each mode or upload
/// event = [{ on = "visit", name = "lookup" }]
///
/// [[pipeline]]                         # half of a secret (Prio3); another pipeline sends the helper's half elsewhere
/// name = "dwell-leader"
/// route = [{ host = "sg.vendor.example" }]
/// path = "/shares"
/// share = { query = "dwell", party = "leader", sum = { field = "dwell", max = 600 } }
/// event = [{ on = "visit", name = "page", fields = { dwell = "dwell" } }]
///
/// [[pipeline]]                         # suggestions: a request for each key typed
/// name = "suggest"
/// method = "GET"
/// route = [{ host = "suggest.vendor.example" }]
/// path = "/complete?q={key}"
/// event = [{ on = "type-text", name = "key", each = "key" }]
/// "##)?;
/// assert_eq!(policy.problems(), []);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// Whether the client asks for consent. If so, nothing is collected before it was given; by default it does not ask.
    pub consent: bool,
    /// The switch for data collection; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// Settings that the product shows, beside the switch. One that a condition names and that is not here is hidden.
    #[serde(rename = "setting", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub settings: Vec<Setting>,
    /// Identifiers.
    #[serde(rename = "identifier", skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Randomizers.
    #[serde(rename = "randomizer", skip_serializing_if = "Vec::is_empty")]
    pub randomizers: Vec<Randomization>,
    /// Ways in which reports leave.
    #[serde(rename = "pipeline", skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<Pipeline>,
}
