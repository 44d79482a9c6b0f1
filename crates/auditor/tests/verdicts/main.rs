//! What the auditor says about small fake clients, each with one way of breaking a promise.

#![allow(missing_docs, clippy::cast_sign_loss, unreachable_pub)]

mod case;
mod client;
mod contradictions;
mod coverage;
mod declared;
mod histories;
mod leaks;
mod links;
