//! The live network: each service in a process of its own, on loopback, under the scenario's clock.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use services::Credential;
use tempfile::NamedTempFile;
use tonic::transport::{Channel, Endpoint};

use crate::PlayError;

/// How long a service may take to say where it listens.
const START_MAX: Duration = Duration::from_secs(20);
/// What a service prints before its address, as its first line.
const ANNOUNCEMENT: &str = "listening on ";
/// Environment variables by which a service gets its secrets.
const DRIVER_VARIABLE: &str = "GLASSHOUSE_DRIVER";
const WARRANT_VARIABLE: &str = "GLASSHOUSE_WARRANT";

/// Secrets between this process and the services that it starts: fresh for each run, never in a result.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) driver: Credential,
    pub(crate) warrant: Credential,
    driver_text: String,
    warrant_text: String,
}

impl Secrets {
    /// Fresh secrets from the operating system.
    ///
    /// # Errors
    /// If the operating system has no chance to give.
    pub(crate) fn fresh() -> Result<Self, PlayError> {
        let (driver_text, warrant_text) = (secret()?, secret()?);
        Ok(Self { driver: credential(&driver_text)?, warrant: credential(&warrant_text)?, driver_text, warrant_text })
    }
}

fn secret() -> Result<String, PlayError> {
    let mut bytes = [0; 32];
    let failed = |error: getrandom::Error| PlayError::Configuration(format!("no randomness for a credential: {error}"));
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

fn credential(text: &str) -> Result<Credential, PlayError> {
    Credential::new(text).map_err(|error| PlayError::Configuration(error.to_string()))
}

/// One service that was started; it ends with this value.
#[derive(Debug)]
struct Process {
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing is left to be done about a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Services in processes of their own.
#[derive(Debug)]
pub(crate) struct Processes {
    running: Vec<Process>,
    scenario: NamedTempFile,
    seed: String,
    runtime: tokio::runtime::Runtime,
}

impl Processes {
    /// Nothing runs yet. `scenario_text` and `seed` are what every service takes its configuration from.
    ///
    /// # Errors
    /// If there is no place for a temporary file, or no runtime.
    pub(crate) fn new(scenario_text: &str, seed: u64) -> Result<Self, PlayError> {
        let failed = |error: std::io::Error| PlayError::Configuration(format!("live network: {error}"));
        let mut scenario = tempfile::Builder::new().suffix(".toml").tempfile().map_err(failed)?;
        scenario.write_all(scenario_text.as_bytes()).and_then(|()| scenario.flush()).map_err(failed)?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed)?;
        Ok(Self { running: Vec::new(), scenario, seed: seed.to_string(), runtime })
    }

    /// Starts `glasshouse serve ROLE …` and returns a channel to it.
    ///
    /// # Errors
    /// If it cannot be started, does not say in time where it listens, or cannot be reached there.
    pub(crate) fn start(&mut self, program: &Path, role: &[&str], secrets: &Secrets) -> Result<Channel, PlayError> {
        let name = role.join(" ");
        let failed = |reason: String| PlayError::Process { name: name.clone(), reason };
        let mut child = Command::new(program)
            .arg("serve")
            .args(role)
            .args(["--listen", "127.0.0.1:0", "--clock", "scenario", "--until-stdin-ends"])
            .args(["--seed", &self.seed, "--scenario"])
            .arg(self.scenario.path())
            .env(DRIVER_VARIABLE, &secrets.driver_text)
            .env(WARRANT_VARIABLE, &secrets.warrant_text)
            .stdin(Stdio::piped()) // ends with this process, however that ends, and the service with it
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let stdout = child.stdout.take();
        self.running.push(Process { child });
        let stdout = stdout.ok_or_else(|| failed("it has no standard output".to_owned()))?;
        let address = announced(BufReader::new(stdout)).map_err(failed)?;
        let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|error| failed(error.to_string()))?;
        self.runtime.block_on(services::dial(endpoint)).map_err(|error| failed(error.to_string()))
    }
}

/// Reads the first line on a thread of its own, so that a silent service cannot hold the run up.
pub(crate) fn announced(mut stdout: impl BufRead + Send + 'static) -> Result<SocketAddr, String> {
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = stdout.read_line(&mut line).map(|_| line);
        // If nobody listens any more, the line came too late and there is nobody to tell.
        let _ = said.send(read);
        // Whatever follows is read, so that the service never blocks on a full pipe.
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    });
    let line =
        heard.recv_timeout(START_MAX).map_err(|_| format!("it said nothing within {} s", START_MAX.as_secs()))?;
    let line = line.map_err(|error| error.to_string())?;
    let address = line.trim().strip_prefix(ANNOUNCEMENT).and_then(|address| address.parse().ok());
    address.ok_or_else(|| format!("it said `{}`: expected `{ANNOUNCEMENT}ADDRESS`", line.trim()))
}
