//! The same services and the same client channel on simulated TCP: what the protocol stack does under partitions, loss,
//! latency, restarts and crashes.
//!
//! Each test plays a timeline of hardship for many seeds. Whatever happens on the way, once the network is calm every
//! upload has its answer and is counted once. Simulated TCP never sends a lost segment again, so a connection that lost
//! one is dead although nobody closed it: what keep-alive is for.

#[path = "../stage/mod.rs"]
mod stage;

mod aggregator;
mod crashes;
mod hardship;
mod network;
mod refusals;
mod town;
