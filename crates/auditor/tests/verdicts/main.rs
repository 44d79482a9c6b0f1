//! What the auditor says about small fake clients, each with one way of breaking a promise.

#![allow(missing_docs, clippy::cast_sign_loss, unreachable_pub)]

#[path = "../bombs/mod.rs"]
#[allow(dead_code, clippy::cast_possible_truncation, unreachable_pub)]
mod bombs;
mod case;
mod chance;
mod client;
mod contradictions;
mod costly;
mod counted;
mod coverage;
mod declared;
mod earned;
mod histories;
mod laws;
mod leaks;
mod links;
mod parcels;
mod planted;
mod servers;
mod silence;
