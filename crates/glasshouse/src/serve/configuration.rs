//! What a scenario says about the services that it is served from.

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;
use model::{RegionId, Seed};
use scenario::Script;
use services::{AggregationConfig, RandomnessConfig, Secret};

use crate::arguments::{ClockName, SocketArguments};

/// The part of a scenario that services work with.
#[derive(Debug)]
pub(super) struct Configuration<'a> {
    script: &'a Script,
    seed: u64,
    clock: ClockName,
}

impl<'a> Configuration<'a> {
    /// What `script` says, unless `socket` says otherwise.
    ///
    /// # Errors
    /// If a seed is given for the wall's clock, where chance is the machine's.
    pub(super) fn new(script: &'a Script, socket: &SocketArguments) -> anyhow::Result<Self> {
        if socket.clock == ClockName::Wall && socket.seed.is_some() {
            bail!("--seed is for `--clock scenario`: on the wall's clock chance comes from the operating system");
        }
        Ok(Self { script, seed: socket.seed.unwrap_or(script.seed), clock: socket.clock })
    }

    /// What the collector of `region` works with, or of the only region.
    ///
    /// # Errors
    /// If there is no such region, or several and none is named.
    pub(super) fn collector(&self, region: Option<&RegionId>) -> anyhow::Result<collector::Config> {
        let known: Vec<&RegionId> = self.script.regions.iter().map(|region| &region.id).collect();
        let named = || known.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
        let region = match (region, known.as_slice()) {
            (Some(region), _) if !known.contains(&region) => {
                bail!("region {region} is not in {}: expected one of {}", self.script.name, named())
            }
            (Some(region), _) => region,
            (None, [only]) => only,
            (None, _) => bail!("{} has several regions: expected --region with one of {}", self.script.name, named()),
        };
        let mut config = world::collector_config(self.script, self.seed, region)?;
        if self.clock == ClockName::Wall {
            config.sampling = secret_seed()?;
        }
        Ok(config)
    }

    /// What the aggregator works with.
    ///
    /// # Errors
    /// If the operating system has no chance to give.
    pub(super) fn aggregator(&self) -> anyhow::Result<AggregationConfig> {
        let mut config = world::aggregator_config(self.script, self.seed);
        if self.clock == ClockName::Wall {
            config.noise = secret_seed()?;
        }
        Ok(config)
    }

    /// What the randomness server works with.
    ///
    /// # Errors
    /// If no query needs one.
    pub(super) fn randomness(&self) -> anyhow::Result<RandomnessConfig> {
        let config = world::randomness_config(self.script, self.seed);
        let mut config = config.with_context(|| format!("no query of {} has the mechanism star", self.script.name))?;
        if self.clock == ClockName::Wall {
            config.secret = Secret::Fresh;
        }
        Ok(config)
    }
}

/// A seed that nobody can know. A script's seed stands in a file, and noise that can be computed hides nothing.
fn secret_seed() -> anyhow::Result<Seed> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system has no chance to give")?;
    Ok(Seed::root(0).derive(&HEXLOWER.encode(&bytes)))
}
