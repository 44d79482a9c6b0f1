//! A client under examination, small enough to copy: `glasshouse examine --device http://ADDRESS` examines it.
//!
//! ```sh
//! cargo run --example client                       # honest
//! cargo run --example client -- --leak incognito-url
//! ```
//!
//! It is a browser without a screen. What a user would do, the examiner asks for; what it would tell its vendor goes to
//! the addresses that it was given, as plain HTTP/1.1. With `--leak` it breaks its promise in one way.

mod device;
mod service;
mod wire;

use std::{error::Error, net::SocketAddr};

use protocol::v1::device_under_test_service_server::DeviceUnderTestServiceServer;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

use device::Leak;

const USAGE: &str = "usage: client [--listen ADDRESS] [--leak incognito-url|install-id]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut listen: SocketAddr = ([127, 0, 0, 1], 50_051).into();
    let mut leak = Leak::None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match (word.as_str(), words.next().as_deref()) {
            ("--listen", Some(address)) => listen = address.parse()?,
            ("--leak", Some("incognito-url")) => leak = Leak::IncognitoUrl,
            ("--leak", Some("install-id")) => leak = Leak::InstallId,
            (word, _) => {
                #[allow(clippy::print_stderr)] // a program's own words
                {
                    eprintln!("{USAGE}");
                }
                std::process::exit(if matches!(word, "--help" | "-h") { 0 } else { 2 });
            }
        }
    }
    let listener = TcpListener::bind(listen).await?;
    #[allow(clippy::print_stdout)] // a program's own words
    {
        println!("listening on {}", listener.local_addr()?);
    }
    let service = DeviceUnderTestServiceServer::new(service::Client::new(leak));
    tonic::transport::Server::builder().serve_with_incoming(service, TcpListenerStream::new(listener)).await?;
    Ok(())
}
