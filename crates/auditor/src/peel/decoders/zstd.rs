//! Zstandard (RFC 8878): frames one after another, skippable ones between them.
//!
//! As with gzip, checksums are not verified, and a frame that was cut off or damaged yields what can be read. A frame
//! made with a dictionary that is not at hand yields what does not lean on it.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::peeled::Limit;

const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A frame header that asks for nothing but the largest blocks: a window of 128 KiB, no checksum, no dictionary. The
/// decoder reserves what a header asks for, so the sender's own is never shown to it; all output is kept, so that
/// every distance can be reached whatever the window.
const HEADER: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];

/// An empty last block: makes the decoder hand out what it holds back of a frame that does not end.
const LAST_BLOCK: [u8; 3] = [1, 0, 0];

pub(super) static ZSTD: Decoder = Decoder {
    word: "zstd",
    makes: Makes::Output,
    turn: Turn::Alone,
    sign: Sign { first: &[(0x28, 0x28), (0x50, 0x5f)], ..Sign::NONE },
    recognise,
    decode,
};

fn recognise(view: &Glance<'_>) -> bool {
    view.starts_with(&FRAME) || skippable_bytes(view.bytes).is_some()
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut rest = input;
    loop {
        if let Some(len) = skippable_bytes(rest) {
            rest = rest.get(len..).unwrap_or_default();
        } else if let Some((blocks, checksum)) = header(rest) {
            let blocks = rest.get(blocks..).unwrap_or_default();
            let Some(read) = frame(blocks, sink)? else { break };
            rest = blocks.get(read + checksum..).unwrap_or_default();
        } else {
            break;
        }
    }
    if sink.made.is_empty() { Err(Misfit::Other) } else { Ok(()) }
}

/// Length of the skippable frame that `input` begins with.
fn skippable_bytes(input: &[u8]) -> Option<usize> {
    let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] = *input else { return None };
    usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?.checked_add(8)
}

/// Lengths of the frame header that `input` begins with, and of the checksum behind the frame.
fn header(input: &[u8]) -> Option<(usize, usize)> {
    let descriptor = *input.strip_prefix(&FRAME)?.first()?;
    let single_segment = descriptor & 0x20 != 0;
    let window = usize::from(!single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content = match descriptor >> 6 {
        0 => usize::from(single_segment),
        exponent => 1 << exponent,
    };
    Some((FRAME.len() + 1 + window + dictionary + content, usize::from(descriptor & 4)))
}

/// Appends what the blocks of one frame say; the length of the blocks if the frame ends.
fn frame(blocks: &[u8], sink: &mut Sink<'_>) -> Result<Option<usize>, Misfit> {
    let mut decoder = FrameDecoder::new();
    decoder.reset(HEADER.as_slice()).map_err(|_| Misfit::Other)?;
    let room = sink.room();
    let mut rest = blocks;
    let mut whole = false;
    // Collectable is what lies behind the window: at most a window and a block beyond the room are held.
    while !whole && decoder.can_collect() <= room {
        let Ok(ends) = decoder.decode_blocks(&mut rest, BlockDecodingStrategy::UptoBlocks(1)) else { break };
        whole = ends;
    }
    if !whole {
        decoder.decode_blocks(LAST_BLOCK.as_slice(), BlockDecodingStrategy::All).map_err(|_| Misfit::Other)?;
    }
    let made = decoder.collect().unwrap_or_default();
    sink.write(&made[..made.len().min(room)])?;
    if made.len() > room {
        return Err(Misfit::Exceeds(Limit::Output));
    }
    Ok(whole.then_some(blocks.len() - rest.len()))
}
