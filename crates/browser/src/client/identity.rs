//! Identifiers: their values, and when those change.

use model::{Mode, Seed, Stream, Timestamp};
use rand_core::Rng;

use super::device::place;
use crate::policy::{Alphabet, CountedFrom, IdForm, IdModes, Identifier, Lifetime, Rotation, Survival};

/// The identifiers of one client.
///
/// A value is a function of the device's seed and of what it belongs to: the identifier, the mode where it has one of
/// its own, how often it was reset, and the session, day or turn. So no value depends on which others were used.
#[derive(Debug)]
pub(super) struct Identities {
    seed: Seed,
    hardware: Seed,
    starts: u64,
    slots: Vec<Slot>, // one for each identifier of the policy, in its order
}

#[derive(Debug)]
struct Slot {
    name: String,
    resets: u64,
    kept: [Kept; 2], // for each mode; the first for both where they share
}

/// A value in use.
#[derive(Debug, Default)]
struct Kept {
    value: Option<(Turn, String)>,
    turns: u64,
    made: Option<Timestamp>,
    used: Option<Timestamp>,
}

/// What a value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Hardware,
    Start { resets: u64, number: u64 },
    Session { resets: u64, number: u64 },
    Numbered { resets: u64, number: u64 },
}

/// When, where and for whom a value is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) at: Timestamp,
    pub(super) mode: Mode,
    pub(super) session: Option<u64>,
    pub(super) account: Option<&'a str>,
    /// Seed of the upload, where there is one yet.
    pub(super) upload: Option<Seed>,
}

impl Identities {
    pub(super) fn new(seed: &Seed, hardware: Seed, specs: &[Identifier]) -> Self {
        let slots = specs.iter().map(|spec| Slot::new(&spec.name)).collect();
        Self { seed: seed.derive("identifiers"), hardware, starts: 0, slots }
    }

    /// The value of the identifier number `index`, whose specification is `spec`.
    pub(super) fn value(&mut self, index: usize, spec: &Identifier, asked: Asked<'_>) -> Option<String> {
        if let Some(account) = asked.account.filter(|_| spec.replaced_by_account) {
            return Some(account.to_owned());
        }
        match spec.lifetime {
            Lifetime::None => return None,
            Lifetime::Account => return asked.account.map(str::to_owned),
            Lifetime::Upload => return asked.upload.map(|seed| upload_value(&seed, &spec.name, spec.form)),
            _ => {}
        }
        // The numbers of sessions are those of their mode.
        let is_apart = spec.modes == IdModes::Separate || spec.lifetime == Lifetime::Session;
        let slot = self.slots.get_mut(index)?;
        let turn = slot.turn(spec, is_apart, asked, self.starts);
        let kept = &mut slot.kept[if is_apart { place(asked.mode) } else { 0 }];
        if let Some((_, value)) = kept.value.as_ref().filter(|(of, _)| *of == turn) {
            return Some(value.clone());
        }
        let name = if is_apart { format!("{}/{}", spec.name, asked.mode) } else { spec.name.clone() };
        let value = spec.form.draw(&mut turn.seed(&self.seed, &self.hardware, &name).stream());
        kept.value = Some((turn, value.clone()));
        Some(value)
    }

    /// The client starts anew.
    pub(super) const fn start(&mut self) {
        self.starts += 1;
    }

    /// Changes what does not survive `event`.
    pub(super) fn reset(&mut self, event: Survival, specs: &[Identifier]) {
        for (slot, spec) in self.slots.iter_mut().zip(specs) {
            if !spec.survives.contains(&event) {
                slot.resets += 1;
                slot.kept = Default::default();
            }
        }
    }

    /// Goes over to the identifiers of another version: those of the same name go on.
    pub(super) fn update(&mut self, specs: &[Identifier]) {
        let mut before = std::mem::take(&mut self.slots);
        let slot = |spec: &Identifier| {
            let same = before.iter().position(|slot| slot.name == spec.name);
            same.map_or_else(|| Slot::new(&spec.name), |same| before.swap_remove(same))
        };
        self.slots = specs.iter().map(slot).collect();
        self.reset(Survival::Update, specs);
    }
}

impl Slot {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), resets: 0, kept: Default::default() }
    }

    fn turn(&mut self, spec: &Identifier, is_apart: bool, asked: Asked<'_>, starts: u64) -> Turn {
        let resets = self.resets;
        let kept = &mut self.kept[if is_apart { place(asked.mode) } else { 0 }];
        match (spec.lifetime, asked.session) {
            (Lifetime::Hardware, _) => Turn::Hardware,
            (Lifetime::Session, Some(number)) => Turn::Session { resets, number },
            (Lifetime::Session, None) => Turn::Start { resets, number: starts },
            (Lifetime::Day, _) => {
                let days = asked.at.since(Timestamp::default()).as_millis() / model::Duration::DAY.as_millis();
                Turn::Numbered { resets, number: days }
            }
            (Lifetime::Days(rotation), _) => Turn::Numbered { resets, number: kept.rotated(rotation, asked.at) },
            (Lifetime::None | Lifetime::Upload | Lifetime::Account | Lifetime::Install, _) => {
                Turn::Numbered { resets, number: 0 }
            }
        }
    }
}

impl Kept {
    /// The number of the value to use now, after more than the rotation's days a new one.
    fn rotated(&mut self, rotation: Rotation, now: Timestamp) -> u64 {
        let made = *self.made.get_or_insert(now);
        let used = self.used.replace(now).unwrap_or(now);
        let judged_by = match rotation.counted_from {
            CountedFrom::Creation => made,
            CountedFrom::LastUse => used,
        };
        if now.since(judged_by) > model::Duration::from_days(rotation.days.into()) {
            self.turns += 1;
            self.made = Some(now);
        }
        self.turns
    }
}

impl Turn {
    fn seed(self, ids: &Seed, hardware: &Seed, name: &str) -> Seed {
        let numbered = |what: &str, resets, number| ids.derive(name).derive(what).nth(resets).nth(number);
        match self {
            Self::Hardware => hardware.derive(name),
            Self::Start { resets, number } => numbered("start", resets, number),
            Self::Session { resets, number } => numbered("session", resets, number),
            Self::Numbered { resets, number } => numbered("value", resets, number),
        }
    }
}

/// The value of an identifier that lives for the upload with this seed.
pub(super) fn upload_value(upload: &Seed, name: &str, form: IdForm) -> String {
    form.draw(&mut upload.derive("identifier").derive(name).stream())
}

impl IdForm {
    /// A value, drawn from `chance`.
    fn draw(self, chance: &mut Stream) -> String {
        let mut from = |alphabet: &[u8], length: u8| -> String {
            (0..length).map(|_| char::from(alphabet[below(chance, alphabet.len())])).collect()
        };
        match self.alphabet() {
            Alphabet::Hex => from(b"0123456789abcdef", self.length()),
            Alphabet::Digits => from(b"0123456789", self.length()),
            Alphabet::Letters => from(b"abcdefghijklmnopqrstuvwxyz", self.length()),
            Alphabet::Uuid => {
                let digits = from(b"0123456789abcdef", 30);
                let variant = from(b"89ab", 1);
                format!(
                    "{}-{}-4{}-{variant}{}-{}",
                    &digits[..8],
                    &digits[8..12],
                    &digits[12..15],
                    &digits[15..18],
                    &digits[18..]
                )
            }
        }
    }
}

/// A number below `bound`, which is small: the bias of a multiplication by 2⁻³² stays below one in 10⁷.
fn below(chance: &mut Stream, bound: usize) -> usize {
    let scaled = (u64::from(chance.next_u32()) * bound as u64) >> 32;
    usize::try_from(scaled).unwrap_or(0)
}
