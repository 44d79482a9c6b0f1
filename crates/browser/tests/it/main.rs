//! What policies make a client do.

mod channels;
mod check;
mod drive;
mod gates;
mod identifiers;
mod mishaps;
mod navigation;
mod noninterference;
mod queues;
mod randomizers;
mod recording;
mod round_trip;
mod sealed;
mod sending;
mod shares;
