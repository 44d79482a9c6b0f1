//! What the tests play with: tokens and a driver.

#![allow(dead_code, reason = "each test file uses its part")]

use services::{Credential, Driver};

/// A token made of `text`.
pub(crate) fn token(text: &str) -> Credential {
    Credential::new(text).expect("a usable token")
}

/// The driver whom services under test know.
pub(crate) fn driver() -> Driver {
    Driver::new(&token("the-driver-of-the-world"))
}
