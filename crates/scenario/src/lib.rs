//! The script language: files to typed scenarios, with diagnostics and a JSON Schema.
//!
//! A scenario is one TOML file. [`parse`] gives its [`Script`], or every mistake in it with place, expectation and
//! nearest valid name. What a file may hold is said once, by the types of [`Script`]: the JSON Schema that editors
//! complete from ([`schema`]) derives from them, and files are checked against that very schema. A file's first line
//! can name it for editors that follow the `#:schema` directive: `#:schema ./scenario.schema.json`.
//!
//! ```
//! let mistakes = scenario::parse("typo.toml", "format = 1\nnaem = 'typo'\n").unwrap_err();
//! let first = mistakes[1].to_string();
//! assert!(first.starts_with("typo.toml:2:1: unknown key `naem`"), "{first}");
//! assert_eq!(mistakes[1].help.as_deref(), Some("did you mean `name`?"));
//! ```
//!
//! Checks run in three rounds, because each needs what the one before guarantees: the text is TOML; every value has
//! the shape that the schema asks for, and every name that is used is defined; what the values say together makes
//! sense.

mod beside;
mod diagnostic;
mod document;
mod names;
mod nearest;
mod parse;
mod rest;
mod script;
mod sense;
mod shape;
mod subjects;

pub use beside::{
    CaptureNotebook, CapturedArm, CapturedEntry, Examination, Promises, notebook_schema, parse_examination,
    parse_notebook, parse_promises,
};
pub use diagnostic::Diagnostic;
pub use parse::{MISTAKES_MAX, TEXT_BYTES_MAX, parse, schema, write};
pub use script::{
    Budget, Collection, Crowd, Devices, Dies, Expectation, Fault, FaultKind, Habits, Keeps, LatencyShape, Loses, News,
    Operations, Party, PlanOptions, Population, Product, Reading, Release, ReleaseExpectation, Script, Shift, Stage,
    Sybils, Weather,
};
pub use subjects::expected;
