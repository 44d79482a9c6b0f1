//! `serve`: one service alone on a socket.

mod configuration;
mod credentials;
mod logs;
mod stop;

use anyhow::Context;
use services::{
    AggregationApi, AuditApi, AuditLimits, Clock, CollectionApi, Forward, RandomnessApi, ServeOptions, Which,
};
use tokio::net::TcpListener;
use tonic::transport::Endpoint;

use crate::{
    Outcome,
    arguments::{ClockName, Role, ServeArguments, SocketArguments},
    diagnostics, output, sources,
};
use configuration::Configuration;
use credentials::Credentials;

pub(crate) fn serve(arguments: &ServeArguments) -> anyhow::Result<Outcome> {
    let socket = arguments.role.socket();
    logs::start(socket)?;
    let scenario = match sources::load(socket.scenario.as_slice()) {
        Ok(mut scenarios) if scenarios.len() == 1 => scenarios.remove(0),
        Ok(scenarios) => anyhow::bail!("--scenario gives {} scenarios: expected one file", scenarios.len()),
        Err(mistakes) => {
            diagnostics::show(&mistakes);
            return Ok(Outcome::Wrong);
        }
    };
    let configuration = Configuration::new(&scenario.script, socket)?;
    let credentials = Credentials::read(socket)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
    runtime.block_on(listen(&arguments.role, &configuration, &credentials))?;
    Ok(Outcome::Held)
}

async fn listen(role: &Role, configuration: &Configuration<'_>, credentials: &Credentials) -> anyhow::Result<()> {
    let socket = role.socket();
    let which = which(role, configuration, credentials)?;
    let bound = TcpListener::bind(socket.listen).await;
    let listener = bound.with_context(|| format!("cannot listen on {}", socket.listen))?;
    // Whoever reads the line may ask for the end at once: from before it, the request is heard.
    let stop = stop::requested(socket.until_stdin_ends)?;
    output::say(&format!("listening on {}\n", listener.local_addr()?))?;
    services::serve(listener, which, ServeOptions::default(), stop).await?;
    Ok(())
}

fn which(role: &Role, configuration: &Configuration<'_>, credentials: &Credentials) -> anyhow::Result<Which> {
    match role {
        Role::Collector { region, aggregator, socket } => {
            let config = configuration.collector(region.as_ref())?;
            let mut api = CollectionApi::new(config, clock(socket, credentials)?)?;
            if let Some(warrant) = &credentials.warrant {
                api = api.with_warrant(warrant.clone());
            }
            if let Some(peer) = &credentials.peer {
                api = api.with_peer(peer.clone());
            }
            let endpoint = aggregator.map(|address| Endpoint::from_shared(format!("http://{address}"))).transpose()?;
            let forward = endpoint.as_ref().map(Forward::new);
            let forward = match &credentials.peer {
                Some(peer) => forward.map(|forward| forward.with_peer(peer.clone())),
                None => forward,
            };
            Ok(Which::Collector(api, forward))
        }
        Role::Aggregator { socket } => {
            let api = AggregationApi::new(configuration.aggregator()?, clock(socket, credentials)?);
            let api = match &credentials.peer {
                Some(peer) => api.with_peer(peer.clone()),
                None => api,
            };
            let api = match &credentials.warrant {
                Some(warrant) => api.with_warrant(warrant.clone()),
                None => api,
            };
            Ok(Which::Aggregator(api))
        }
        Role::Auditor { .. } => Ok(Which::Auditor(AuditApi::new(AuditLimits::default()))),
        Role::Randomness { socket } => {
            let api = RandomnessApi::new(configuration.randomness()?, clock(socket, credentials)?);
            Ok(Which::Randomness(api))
        }
    }
}

fn clock(socket: &SocketArguments, credentials: &Credentials) -> anyhow::Result<Clock> {
    match socket.clock {
        ClockName::Wall => Ok(Clock::Wall),
        ClockName::Scenario => {
            let credential = credentials.driver.clone();
            let missing = "a scenario's clock needs its driver's token: --driver-credential or GLASSHOUSE_DRIVER";
            Ok(Clock::Scenario { credential: credential.context(missing)? })
        }
    }
}
