//! Random worlds under weather and faults, the invariants that they must keep, and the shrinking of those that do not.
