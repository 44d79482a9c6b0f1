//! Tests of the servers' half: published vectors, whole windows against the truth, laws, and hostile peers.

mod ahead;
mod bounds;
mod coverage;
mod hostile;
mod laws;
mod stage;
mod vectors;
mod whole;
