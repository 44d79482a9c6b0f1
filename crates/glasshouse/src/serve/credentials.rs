//! Tokens that callers show, from arguments, files and the environment.

use std::{env, fs::File, io::Read, path::Path};

use anyhow::Context;
use services::Credential;

use crate::arguments::SocketArguments;

const WARRANT_VARIABLE: &str = "GLASSHOUSE_WARRANT";
const PEER_VARIABLE: &str = "GLASSHOUSE_PEER";
const FILE_BYTES_MAX: u64 = 4096;

/// Tokens of everybody who may call.
#[derive(Debug)]
pub(super) struct Credentials {
    /// Of the driver of a scenario's clock.
    pub(super) driver: Option<Credential>,
    /// Of an inspector.
    pub(super) warrant: Option<Credential>,
    /// Of the other services.
    pub(super) peer: Option<Credential>,
}

impl Credentials {
    /// The tokens that `socket` and the environment give.
    ///
    /// # Errors
    /// If one cannot be read or used.
    pub(super) fn read(socket: &SocketArguments) -> anyhow::Result<Self> {
        let driver = socket.driver_credential.as_ref().map(Credential::new).transpose();
        Ok(Self {
            driver: driver.context("the driver's token")?,
            warrant: token(socket.warrant_file.as_deref(), WARRANT_VARIABLE).context("the inspector's token")?,
            peer: token(socket.peer_file.as_deref(), PEER_VARIABLE).context("the token of peers")?,
        })
    }
}

/// The token in `file`, or else in `variable`.
fn token(file: Option<&Path>, variable: &str) -> anyhow::Result<Option<Credential>> {
    let text = match file {
        Some(path) => Some(first_line(path).with_context(|| format!("cannot read {}", path.display()))?),
        None => env::var(variable).ok(),
    };
    Ok(text.map(Credential::new).transpose()?)
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().trim_end().to_owned())
}
