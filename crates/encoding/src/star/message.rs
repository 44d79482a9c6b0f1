//! Messages as they go over the wire, and what k of them yield.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest, Sha256};
use sta_rs::store_bytes;

use super::{
    ASSOCIATED_BYTES_MAX, LABEL, MEASUREMENT_BYTES_MAX, Terms,
    adss::{Common, SHARE_BYTES, Share, Sharing},
    key,
    shamir::{self, Coordinate, ELEMENT_BYTES, Point},
};

/// Bytes of a tag.
const TAG_BYTES: usize = 32;
/// Longest ciphertext in bytes.
const CIPHERTEXT_BYTES_MAX: usize = 8 + MEASUREMENT_BYTES_MAX + ASSOCIATED_BYTES_MAX;
/// Choices of k shares that are tried for one secret. Only shares that were made wrong on purpose make more than one
/// necessary.
const CHOICES_MAX: usize = 256;

/// What one device sends: a ciphertext, a share of its key, and a tag that equal measurements of an epoch have in common.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub(super) ciphertext: Vec<u8>,
    pub(super) share: Share,
    pub(super) tag: [u8; TAG_BYTES],
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The length is none that a message can have.
    #[error("message has {found} bytes, expected {MIN} to {MAX}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A part has another length than it must have.
    #[error("message is cut in other places than after its ciphertext, share and tag")]
    Parts,
    /// The share is none.
    #[error("share has other parts than a threshold, a point of the field, two ciphertexts and a code")]
    Share,
}

const MIN: usize = 4 + 8 + 4 + SHARE_BYTES + 4 + TAG_BYTES;
const MAX: usize = MIN - 8 + CIPHERTEXT_BYTES_MAX;

impl Message {
    /// The message as `sta-rs` writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MIN + self.ciphertext.len());
        store_bytes(&self.ciphertext, &mut bytes);
        store_bytes(&self.share.to_bytes(), &mut bytes);
        store_bytes(&self.tag, &mut bytes);
        bytes
    }

    /// The message that is written so. All lengths are checked: `sta-rs` would panic at some.
    ///
    /// # Errors
    /// If `bytes` are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        if !(MIN..=MAX).contains(&bytes.len()) {
            return Err(MessageError::Length { found: bytes.len() });
        }
        let (ciphertext, rest) = split(bytes).ok_or(MessageError::Parts)?;
        let (share, rest) = split(rest).ok_or(MessageError::Parts)?;
        let (tag, rest) = split(rest).ok_or(MessageError::Parts)?;
        let (share, tag) = (share.try_into(), tag.try_into());
        let (Ok(share), Ok(tag), true) = (share, tag, rest.is_empty()) else { return Err(MessageError::Parts) };
        let share = Share::from_bytes(share).ok_or(MessageError::Share)?;
        Ok(Self { ciphertext: ciphertext.to_vec(), share, tag })
    }

    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> &[u8; TAG_BYTES] {
        &self.tag
    }

    /// What tells this share from others of the same measurement: its coordinate.
    #[must_use]
    pub fn coordinate(&self) -> [u8; ELEMENT_BYTES] {
        self.share.coordinate().to_bytes()
    }

    /// The threshold for which the share was made.
    #[must_use]
    pub const fn devices_min(&self) -> u32 {
        self.share.common.threshold()
    }
}

/// Shows the tag alone: shares and ciphertexts stay out of logs.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.tag;
        write!(f, "Message({:08x}…)", u32::from_be_bytes([a, b, c, d]))
    }
}

/// What stands in front of `bytes` behind its length of 4 bytes (least first), and the rest.
pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// Both coordinates of a point as bytes.
type Written = ([u8; ELEMENT_BYTES], [u8; ELEMENT_BYTES]);

/// Finds what messages of one tag hold.
#[derive(Debug, Clone, Copy)]
pub struct Recovery<'a> {
    terms: &'a Terms,
}

/// The key that messages of one tag share.
pub struct Recovered<'a> {
    terms: &'a Terms,
    pub(super) sharing: Sharing,
}

impl fmt::Debug for Recovered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recovered(…)")
    }
}

/// What a message held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The measurement.
    pub measurement: Vec<u8>,
    /// What the device sent along with it.
    pub associated: Vec<u8>,
}

impl<'a> Recovery<'a> {
    /// For messages made on `terms`.
    #[must_use]
    pub const fn new(terms: &'a Terms) -> Self {
        Self { terms }
    }

    /// What the `messages` share, if at least k of them hold different shares of one key. A share that was made wrong
    /// on purpose is passed over: other choices of k shares are tried, 256 at most, and whether a share belongs to the
    /// key is then known for each. The result does not depend on the order of `messages`.
    #[must_use]
    pub fn recover<'m>(&self, messages: impl IntoIterator<Item = &'m Message>) -> Option<Recovered<'a>> {
        let k = usize::try_from(self.terms.devices_min()).ok()?;
        let mut groups: BTreeMap<Common, BTreeSet<Written>> = BTreeMap::new();
        for message in messages.into_iter().filter(|message| message.devices_min() == self.terms.devices_min()) {
            let Point { x, y } = message.share.point;
            let point = (x.to_bytes(), shamir::to_bytes(y));
            groups.entry(message.share.common).or_default().insert(point);
        }
        // Honest devices agree in all but their points: the largest group first.
        let mut groups: Vec<_> = groups.into_iter().filter(|(_, points)| points.len() >= k).collect();
        groups.sort_by_key(|(_, points)| std::cmp::Reverse(points.len()));
        let sharing = groups.iter().find_map(|(common, points)| {
            let read = points
                .iter()
                .filter_map(|(x, y)| Some(Point { x: Coordinate::from_bytes(*x)?, y: shamir::from_bytes(*y)? }));
            choices(&read.collect::<Vec<_>>(), k).find_map(|chosen| Sharing::recover(common, &chosen))
        })?;
        Some(Recovered { terms: self.terms, sharing })
    }
}

/// Choices of `k` points: runs that leave each point out of one of them, of the points in their order, then in orders
/// drawn from their digests. So one wrong point is always left out, and several are before long.
fn choices(points: &[Point], k: usize) -> impl Iterator<Item = Vec<Point>> {
    let count = points.len();
    let rounds = if count == k { 1 } else { CHOICES_MAX };
    let runs = move |round: usize| {
        let points = shuffled(points, round);
        let mut seen = BTreeSet::new();
        let starts = (0..count).map(move |run| run * k % count).take_while(move |start| seen.insert(*start));
        starts.map(move |start| points.iter().cycle().skip(start).take(k).copied().collect())
    };
    (0..rounds).flat_map(runs).take(CHOICES_MAX)
}

fn shuffled(points: &[Point], round: usize) -> Vec<Point> {
    let mut points = points.to_vec();
    if round > 0 {
        let digest = |point: &Point| Sha256::new().chain_update(round.to_le_bytes()).chain_update(point.x.to_bytes());
        points.sort_by_cached_key(|point| <[u8; 32]>::from(digest(point).finalize()));
    }
    points
}

impl Recovered<'_> {
    /// What `message` holds, if its share belongs to the key and its ciphertext is one.
    #[must_use]
    pub fn open(&self, message: &Message) -> Option<Opened> {
        let coordinate = message.share.coordinate();
        if self.sharing.share(coordinate) != message.share {
            return None;
        }
        let ciphertext = sta_rs::Ciphertext::from_bytes(&message.ciphertext);
        let plain = ciphertext.decrypt(&key(&self.sharing.secret, self.terms, coordinate), LABEL);
        let (measurement, rest) = split(&plain)?;
        let (associated, rest) = split(rest)?;
        let opened = Opened { measurement: measurement.to_vec(), associated: associated.to_vec() };
        rest.is_empty().then_some(opened)
    }
}
