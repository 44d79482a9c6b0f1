//! Reads the batch of a `SubmitRequest` or `SubmitStreamRequest` where it stands: texts stay in the message, and nothing
//! is allocated for each report.
//!
//! What is read is what prost reads (Protocol Buffers, "Encoding"; proto3): unknown fields are skipped by their wire
//! type, the last of equal scalars and of equal keys holds, and messages that come twice are merged. Whatever prost refuses
//! is not read here, nor is what hardly anybody sends: groups, which are deprecated, and fields without a value, which
//! are refused for what they say. Prost is asked about both, so that there is one answer to each message.

use model::{BorrowedReports, Timestamp, ValueRef};
use prost::encoding::{WireType, decode_varint};

/// A batch in the message that it came in.
#[derive(Debug, Default)]
pub struct BatchRef<'a> {
    /// Names the batch for as long as it may be sent again.
    pub id: &'a str,
    /// The reports, in the order in which they were recorded.
    pub reports: BorrowedReports<'a>,
    /// Where the fields of the report before begin, whose names the next one mostly repeats.
    before: usize,
}

// Keys: field number and wire type, as `collection.proto` has them.
const REQUEST_BATCH: u64 = key(1, WireType::LengthDelimited);
const REQUEST_LAST: u64 = 1;
const BATCH_ID: u64 = key(1, WireType::LengthDelimited);
const BATCH_REPORT: u64 = key(2, WireType::LengthDelimited);
const BATCH_LAST: u64 = 2;
const REPORT_EVENT: u64 = key(1, WireType::LengthDelimited);
const REPORT_TIME: u64 = key(2, WireType::Varint);
const REPORT_DEVICE: u64 = key(3, WireType::LengthDelimited);
const REPORT_FIELD: u64 = key(4, WireType::LengthDelimited);
const REPORT_LAST: u64 = 4;
const FIELD_NAME: u64 = key(1, WireType::LengthDelimited);
const FIELD_VALUE: u64 = key(2, WireType::LengthDelimited);
const FIELD_LAST: u64 = 2;
const VALUE_FLAG: u64 = key(1, WireType::Varint);
const VALUE_NUMBER: u64 = key(2, WireType::Varint);
const VALUE_TEXT: u64 = key(3, WireType::LengthDelimited);
const VALUE_LAST: u64 = 3;

/// Bytes of a message for which room for a report is made beforehand, and for a field: rather too few, so that columns
/// seldom grow, and never more room than three times the message.
const BYTES_PER_REPORT: usize = 64;
const BYTES_PER_FIELD: usize = 24;

const fn key(number: u64, wire_type: WireType) -> u64 {
    (number << 3) | wire_type as u64
}

impl<'a> BatchRef<'a> {
    /// The batch of `message`; `None` where prost has to be asked.
    ///
    /// They take at most 24 times the bytes of the message, where it holds nothing but empty reports.
    #[must_use]
    pub fn read(message: &'a [u8]) -> Option<Self> {
        let reports = BorrowedReports::with_capacity(message.len() / BYTES_PER_REPORT, message.len() / BYTES_PER_FIELD);
        let mut batch = Self { reports, ..Self::default() };
        let mut rest = Cursor(message);
        while let Some(key) = rest.key()? {
            match key {
                REQUEST_BATCH => batch.merge(rest.bytes()?)?,
                other => rest.skip(other, REQUEST_LAST)?,
            }
        }
        Some(batch)
    }

    fn merge(&mut self, message: &'a [u8]) -> Option<()> {
        let mut rest = Cursor(message);
        while let Some(key) = rest.key()? {
            match key {
                BATCH_REPORT => self.report(rest.bytes()?)?,
                BATCH_ID => self.id = rest.text("")?,
                other => rest.skip(other, BATCH_LAST)?,
            }
        }
        Some(())
    }

    fn report(&mut self, message: &'a [u8]) -> Option<()> {
        let (mut event, mut time_ms, mut device) = ("", 0, None);
        let (mut likely, start) = (self.before, self.reports.fields().len());
        let mut rest = Cursor(message);
        while let Some(key) = rest.key()? {
            match key {
                REPORT_FIELD => {
                    self.field(rest.bytes()?, likely)?;
                    likely += 1;
                }
                REPORT_EVENT => event = rest.text(self.reports.last_event())?,
                REPORT_TIME => time_ms = rest.varint()?.cast_signed(),
                REPORT_DEVICE => device = Some(rest.text("")?),
                other => rest.skip(other, REPORT_LAST)?,
            }
        }
        self.before = start;
        self.reports.end_report(event, Timestamp::from_millis(time_ms), device);
        Some(())
    }

    /// Reads a field whose name is likely to be that at `likely`.
    fn field(&mut self, entry: &'a [u8], likely: usize) -> Option<()> {
        let likely = self.reports.fields().get(likely).map_or("", |(name, _)| *name);
        let (mut name, mut value) = ("", None);
        let mut rest = Cursor(entry);
        while let Some(key) = rest.key()? {
            match key {
                FIELD_NAME => name = rest.text(likely)?,
                FIELD_VALUE => value = read_value(rest.bytes()?)?.or(value),
                other => rest.skip(other, FIELD_LAST)?,
            }
        }
        self.reports.field(name, value?);
        Some(())
    }
}

/// What a value is set to, if to anything.
fn read_value(message: &[u8]) -> Option<Option<ValueRef<'_>>> {
    let mut value = None;
    let mut rest = Cursor(message);
    while let Some(key) = rest.key()? {
        match key {
            VALUE_TEXT => value = Some(ValueRef::Text(rest.text("")?)),
            VALUE_NUMBER => value = Some(ValueRef::Number(rest.varint()?.cast_signed())),
            VALUE_FLAG => value = Some(ValueRef::Flag(rest.varint()? != 0)),
            other => rest.skip(other, VALUE_LAST)?,
        }
    }
    Some(value)
}

/// What is left of a message. Every move is `None` where the message is not as it should be.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// The key of the next field, if there is one.
    #[inline(always)]
    fn key(&mut self) -> Option<Option<u64>> {
        if self.0.is_empty() { Some(None) } else { self.varint().map(Some) }
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        match self.0 {
            [byte @ 0..0x80, rest @ ..] => {
                self.0 = rest;
                Some((*byte).into())
            }
            _ => self.long_varint(),
        }
    }

    /// Apart, so that the many places that read mostly one byte stay small.
    #[inline(never)]
    fn long_varint(&mut self) -> Option<u64> {
        decode_varint(&mut self.0).ok()
    }

    #[inline(always)]
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.cut(length)
    }

    #[inline(always)]
    fn cut(&mut self, length: usize) -> Option<&'a [u8]> {
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// A text. Where it is the `likely` one, it need not be checked again.
    #[inline]
    fn text(&mut self, likely: &'a str) -> Option<&'a str> {
        let bytes = self.bytes()?;
        if bytes == likely.as_bytes() { Some(likely) } else { std::str::from_utf8(bytes).ok() }
    }

    /// Passes over the field of `key` if it is unknown: its number is above `last`.
    #[cold]
    fn skip(&mut self, key: u64, last: u64) -> Option<()> {
        // A known field here has a wire type that is not its own.
        if key >> 3 <= last || key > u32::MAX.into() {
            return None;
        }
        match WireType::try_from(key & 7).ok()? {
            WireType::Varint => self.varint().map(drop),
            WireType::SixtyFourBit => self.cut(8).map(drop),
            WireType::ThirtyTwoBit => self.cut(4).map(drop),
            WireType::LengthDelimited => self.bytes().map(drop),
            WireType::StartGroup | WireType::EndGroup => None,
        }
    }
}

#[cfg(test)]
mod tests;
