//! What can be written on the command line.

mod bench;
mod clients;

use std::{
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use bench::{BenchArguments, BenchName, CodecName, Part};
pub(crate) use clients::{AuditArguments, ExamineArguments, ResultArguments, SwitchName};

const EXIT_STATUS: &str = "\
Exit status:
  0  every expectation holds; in a scenario without expectations: no claim is broken
  1  an expectation does not hold, or a claim is broken that nothing was expected of
     (with `--require kept`: or unproven)
  2  the input or the arguments are wrong";

const ZOO_EXIT_STATUS: &str = "\
Exit status:
  0  every leak is found by the check that must find it, and nothing that is kept is called anything else
  1  something was missed, accused wrongly or left unproven
  2  the input or the arguments are wrong";

const STORM_EXIT_STATUS: &str = "\
Exit status:
  0  nothing was found
  1  an invariant did not hold: a scenario that shows it was written
  2  the input or the arguments are wrong";

/// Plays whole telemetry ecosystems, and reads out which promises about incognito mode were kept.
///
/// Without a subcommand: `run`.
#[derive(Debug, Parser)]
#[command(name = "glasshouse", version, args_conflicts_with_subcommands = true, after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArguments,
}

impl Arguments {
    /// The command that is meant.
    pub(crate) fn chosen(self) -> Command {
        self.command.unwrap_or(Command::Run(self.run))
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays scenarios and reads out the verdicts.
    #[command(after_help = EXIT_STATUS)]
    Run(RunArguments),
    /// Scores the auditor: plays leaks, mended copies and decoys, and says what was found, missed and accused wrongly.
    #[command(after_help = ZOO_EXIT_STATUS)]
    Zoo(ZooArguments),
    /// Plays random worlds under weather and faults, and says what must never happen and did.
    #[command(after_help = STORM_EXIT_STATUS)]
    Storm(StormArguments),
    /// Validates scenario files without playing them; exits with 2 if one has a mistake.
    Check(CheckArguments),
    /// Examines a client of yours, which implements `DeviceUnderTestService`, and reads out the verdicts.
    #[command(after_help = EXIT_STATUS)]
    Examine(Box<ExamineArguments>),
    /// Reads out the verdicts about captures that other tools made, or about what `--out` kept.
    #[command(after_help = EXIT_STATUS)]
    Audit(AuditArguments),
    /// Prints the JSON Schema of scenario files, from which editors complete them.
    Schema(SchemaArguments),
    /// Measures how fast queries are answered, and what each mechanism costs.
    Bench(BenchArguments),
    /// Serves one service alone on a socket until SIGTERM or SIGINT.
    Serve(ServeArguments),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Scenario files, or directories of which every `.toml` file is one, recursively. Default: the case of 2020, which
    /// is built in.
    #[arg(value_name = "FILE|DIR")]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Takes the place of each scenario's own seed.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How many threads play; the results are the same for any number. Default: as many as there are processors.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// What lies between clients and servers.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) network: NetworkName,
    /// Writes the results as JSON. With `-` they go to standard output, and nothing else does.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Keeps event log, captures, releases, findings and case files, in one folder for each scenario. What an earlier
    /// run kept there is replaced; other files are not touched.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A rulebook for the auditor beside those that it knows; takes the place of one of the same jurisdiction. May be
    /// given several times.
    #[arg(long = "rulebook", value_name = "FILE")]
    pub(crate) rulebooks: Vec<PathBuf>,
    /// Tells nothing but mistakes; the exit status says the rest.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// In scenarios without expectations: what every verdict must be, beyond not being broken.
    #[arg(long, value_enum)]
    pub(crate) require: Option<Requirement>,
}

/// What lies between clients and servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum NetworkName {
    /// Services in this process, under simulated time and weather.
    #[default]
    Glass,
    /// Services in processes of their own, on sockets of the loopback, under the scenario's clock.
    Live,
}

/// What every verdict must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Requirement {
    /// Kept: neither broken nor unproven.
    Kept,
}

/// Arguments of `zoo`.
#[derive(Debug, Args)]
pub(crate) struct ZooArguments {
    /// A directory of scenarios, in place of the zoo that is built in.
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Writes the score and what it comes from as JSON. With `-` it goes to standard output, and nothing else does.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<PathBuf>,
    /// Plays each scenario from the seeds 1 to N, in place of its own.
    #[arg(long, value_name = "N")]
    pub(crate) seeds: Option<NonZeroU64>,
    /// How many scenarios are played at once; the results are the same for any number. Default: as many as there are
    /// processors.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Tells nothing but mistakes; the exit status says the rest.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Scenario files, or directories of which every `.toml` file is one, recursively.
    #[arg(value_name = "FILE|DIR", required_unless_present = "rulebooks")]
    pub(crate) scenarios: Vec<PathBuf>,
    /// A rulebook to be validated. May be given several times.
    #[arg(long = "rulebook", value_name = "FILE")]
    pub(crate) rulebooks: Vec<PathBuf>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// The schema of what `--json` writes, instead.
    #[arg(long, conflicts_with = "notebook")]
    pub(crate) output: bool,
    /// The schema of what `zoo --json` writes, instead.
    #[arg(long, conflicts_with = "output")]
    pub(crate) zoo: bool,
    /// The schema of notebooks for `audit --har`, instead.
    #[arg(long, conflicts_with_all = ["output", "zoo"])]
    pub(crate) notebook: bool,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    #[command(subcommand)]
    pub(crate) role: Role,
}

/// Which service is served.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Takes the telemetry of one region in.
    Collector {
        /// Region whose collector this is; may be left out where the scenario has one region alone.
        #[arg(long, value_name = "NAME")]
        region: Option<model::RegionId>,
        /// Where an aggregator listens, to which sealed windows are handed on.
        #[arg(long, value_name = "ADDRESS", value_parser = socket)]
        aggregator: Option<SocketAddr>,
        #[command(flatten)]
        socket: SocketArguments,
    },
    /// Merges what regions hand on, and releases it.
    Aggregator {
        #[command(flatten)]
        socket: SocketArguments,
    },
    /// Judges case files.
    Auditor {
        #[command(flatten)]
        socket: SocketArguments,
    },
    /// Gives devices the randomness that STAR needs, and forgets how at the end of each window.
    Randomness {
        #[command(flatten)]
        socket: SocketArguments,
    },
}

impl Role {
    /// What every service is told.
    pub(crate) const fn socket(&self) -> &SocketArguments {
        match self {
            Self::Collector { socket, .. }
            | Self::Aggregator { socket }
            | Self::Auditor { socket }
            | Self::Randomness { socket } => socket,
        }
    }
}

/// Arguments of every service.
#[derive(Debug, Args)]
pub(crate) struct SocketArguments {
    /// Address to listen on. The first line on standard output says `listening on ADDRESS`, with the port that was
    /// taken where 0 is given. Services are reached from other machines only where the address given allows it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = socket)]
    pub(crate) listen: SocketAddr,
    /// Whose time holds.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) clock: ClockName,
    /// Scenario from which the service takes its configuration. Default: the case of 2020, which is built in.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// On a scenario's clock: takes the place of the scenario's own seed.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Token that a scenario's driver shows: 16 to 512 visible ASCII characters, as every token.
    #[arg(long, value_name = "TOKEN", env = "GLASSHOUSE_DRIVER", hide_env_values = true)]
    pub(crate) driver_credential: Option<String>,
    /// File that holds the token which an inspector with a warrant shows. Default: the environment variable
    /// GLASSHOUSE_WARRANT; without either nobody may inspect.
    #[arg(long, value_name = "FILE")]
    pub(crate) warrant_file: Option<PathBuf>,
    /// File that holds the token by which services know one another, for windows that are handed on. Default: the
    /// environment variable GLASSHOUSE_PEER.
    #[arg(long, value_name = "FILE")]
    pub(crate) peer_file: Option<PathBuf>,
    /// Also stops when standard input ends, as it does when the program that started this one is gone.
    #[arg(long)]
    pub(crate) until_stdin_ends: bool,
    /// Form of the log on standard error. RUST_LOG says what is logged.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// Whose time holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ClockName {
    /// The machine's.
    #[default]
    Wall,
    /// The driver's, who sends it with every call; nobody else may call.
    Scenario,
}

/// Arguments of `storm`.
#[derive(Debug, Args)]
pub(crate) struct StormArguments {
    /// How many worlds are played, one for each seed.
    #[arg(long, value_name = "N", default_value = "100", conflicts_with = "time")]
    pub(crate) seeds: NonZeroU64,
    /// Plays worlds for so long, such as `90s` or `10m`, in place of a number of them.
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) time: Option<model::Duration>,
    /// The seed of the first world; the others follow it.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub(crate) from_seed: u64,
    /// A file with policies that take the place of the storm's own, and are declared honest: any scenario file, or its
    /// `[policy.NAME]` tables alone. May be given again; each world takes one.
    #[arg(long = "policy", value_name = "FILE")]
    pub(crate) policies: Vec<PathBuf>,
    /// How many worlds are played at once. Default: as many as there are processors.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Writes what was found as JSON. With `-` it goes to standard output, and nothing else does.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<PathBuf>,
    /// Directory for scenarios that show what was found. It is made when there is one.
    #[arg(long, value_name = "DIR", default_value = "storm-found")]
    pub(crate) out: PathBuf,
    /// Tells nothing but mistakes; the exit status says the rest.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, at least 1".to_owned())
}

fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address with a port, such as 127.0.0.1:8080 or [::1]:0".to_owned())
}

/// Form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> Command {
        Arguments::try_parse_from(line.split(' ')).unwrap().chosen()
    }

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_subcommand_means_run_with_any_of_its_arguments() {
        for line in ["glasshouse --seed 7 --require kept a.toml b", "glasshouse run --seed 7 --require kept a.toml b"] {
            let Command::Run(run) = parsed(line) else { panic!("{line} is no run") };
            assert_eq!((run.seed, run.require), (Some(7), Some(Requirement::Kept)));
            assert_eq!(run.scenarios, ["a.toml", "b"].map(PathBuf::from));
        }
        assert!(matches!(parsed("glasshouse"), Command::Run(run) if run.scenarios.is_empty()));
    }

    #[test]
    fn services_listen_on_loopback_unless_told_otherwise() {
        let Command::Serve(serve) = parsed("glasshouse serve auditor") else { panic!("no service") };
        let Role::Auditor { socket } = serve.role else { panic!("no auditor") };
        assert!(socket.listen.ip().is_loopback());
        assert_eq!(socket.clock, ClockName::Wall);
    }

    #[test]
    fn numbers_and_addresses_that_cannot_be_say_what_was_expected() {
        for (line, expected) in [
            ("glasshouse --threads 0", "at least 1"),
            ("glasshouse zoo --threads -", "at least 1"),
            ("glasshouse serve auditor --listen here", "such as 127.0.0.1:8080"),
            ("glasshouse serve collector --aggregator 127.0.0.1", "such as 127.0.0.1:8080"),
        ] {
            let error = Arguments::try_parse_from(line.split(' ')).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
