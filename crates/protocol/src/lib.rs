//! The gRPC types, their conversions from and to the model, and the one map from errors to gRPC status.
//!
//! `proto/` is the contract; [`v1`] is generated from it, by protox and tonic-prost-build: after a change, run
//! `GENERATE=1 cargo test -p protocol --test generated`. [`convert`] leads between the generated types and
//! `model`, one module for each file of the contract, and [`status`] between errors and gRPC status.

pub mod convert;
mod in_place;
pub mod metadata;
mod parts;
pub mod status;

pub use convert::ConvertError;
pub use in_place::BatchRef;
pub use parts::{Assembly, AssemblyError, parts};
pub use status::{Failure, StatusKind};

/// Types, clients and servers generated from `proto/glasshouse/v1`.
#[allow(missing_docs, missing_debug_implementations, unreachable_pub)]
#[allow(clippy::all, clippy::pedantic, clippy::too_many_lines, clippy::cast_possible_truncation)]
pub mod v1 {
    include!("generated/glasshouse.v1.rs");
}

/// The contract as an encoded `FileDescriptorSet`, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/glasshouse.bin");
