//! Turns a case file into findings.
