//! The outermost level of protobuf messages, field by field, so that reports can be counted as they are read.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::DecodeError;

/// The fields of `message` with their numbers, each of which must hold bytes, up to the first that is wrong.
pub(super) fn fields<'a>(
    step: &'static str,
    mut message: &'a [u8],
) -> impl Iterator<Item = Result<(u32, &'a [u8]), DecodeError>> {
    std::iter::from_fn(move || {
        let more = !message.is_empty();
        more.then(|| {
            let field = next(step, &mut message);
            if field.is_err() {
                message = &[];
            }
            field
        })
    })
}

fn next<'a>(step: &'static str, message: &mut &'a [u8]) -> Result<(u32, &'a [u8]), DecodeError> {
    let (number, kind) = decode_key(message).map_err(|error| DecodeError::malformed(step, error))?;
    if kind != WireType::LengthDelimited {
        return Err(DecodeError::malformed(step, format_args!("expected bytes in field {number}")));
    }
    let length = decode_varint(message).map_err(|error| DecodeError::malformed(step, error))?;
    let cut = usize::try_from(length).ok().and_then(|length| message.split_at_checked(length));
    let (content, rest) =
        cut.ok_or_else(|| DecodeError::malformed(step, format_args!("field {number} is cut short")))?;
    *message = rest;
    Ok((number, content))
}
