//! Shows findings to people and to machines.
