//! `randomness.proto`: what a device asks of the randomness server.

use model::{QueryId, Window};

use super::{ConvertError, name, required};
use crate::v1;

/// The query, the window, and points of which nothing is known yet.
impl TryFrom<v1::EvaluateRequest> for (QueryId, Window, Vec<Vec<u8>>) {
    type Error = ConvertError;

    fn try_from(request: v1::EvaluateRequest) -> Result<Self, ConvertError> {
        Ok((name(request.query, "query")?, required(request.window, "window")?, request.points))
    }
}
