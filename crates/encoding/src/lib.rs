//! What a device does to reports before they leave, and its inverse.
//!
//! [`transform`] changes single values before a report is queued, and cannot be undone where it is a digest.
//! [`local`] randomizes them, so that no report tells a value for certain.
//! [`Form`] turns queued reports into the body of an upload, and back for the vendor's servers.
//!
//! ```
//! use encoding::{BodyChain, DecodeLimits, Form, Step};
//! use model::{Report, Seed, Timestamp};
//!
//! let form = Form { chain: BodyChain::new(vec![Step::Json, Step::Gzip, Step::Base64])?, ..Form::default() };
//! let visit = Report {
//!     event: "visit".to_owned(),
//!     time: Timestamp::from_millis(1_588_327_215_000),
//!     device: Some("d1".to_owned()),
//!     fields: [("properties.url".to_owned(), "https://example.org/".into())].into(),
//! };
//! let body = form.encode(std::slice::from_ref(&visit), &mut Seed::root(7).stream())?;
//! assert_eq!(form.decode(&body, DecodeLimits::default())?, [visit]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod chain;
pub mod chance;
mod error;
pub mod local;
pub mod prio3;
mod source;
pub mod star;
pub mod transform;
mod wrap;

pub use body::{DecodeLimits, Form, Layout, LayoutError};
pub use chain::{BodyChain, ChainError, Step};
pub use error::{DecodeError, EncodeError};
pub use transform::{Transform, TransformError};
