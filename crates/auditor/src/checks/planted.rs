//! What was planted and turns up: whole tokens, parts of tokens, in flows and on servers. Shared by every check whose
//! rule is about the lines that a token was planted in.

use std::collections::BTreeSet;

use model::{Evidence, Timestamp};

use crate::{
    chance::Chance,
    conclusion::amount,
    digest::Source,
    exhibit::{Exhibit, Seen},
    fragment::{BITS_PER_CHAR, Cut},
    search::Sighting,
};

/// A token, or a part of one, that convicts.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Where it stands.
    pub(crate) evidence: Evidence,
    part: Option<usize>,
    chance: Chance,
}

impl Shown {
    /// A finding's summary: `what` happened, what shows it, and how improbable an accident is.
    pub(crate) fn charge(&self, what: &str) -> String {
        let part = self.part.map(|chars| format!("{chars} characters of what was planted; ")).unwrap_or_default();
        format!("{what} ({part}{})", self.chance.words())
    }
}

/// The shortest evidence among the tokens in flows that `convict`, given the token and the flow's time; else among
/// parts of tokens.
pub(crate) fn sent(exhibit: &Exhibit<'_>, convicts: impl Fn(usize, Timestamp) -> bool) -> Option<Shown> {
    let chance = chance(exhibit, sightings(exhibit, &convicts).map(|(_, sighting)| sighting.token));
    let whole = whole(exhibit, &convicts).zip(chance);
    let whole = whole.map(|(evidence, chance)| Shown { evidence, part: None, chance });
    whole.or_else(|| {
        part(exhibit, |token, source| match source {
            Source::Flow(flow) => convicts(token, exhibit.flows[flow as usize].flow.at),
            Source::Holding(_) => false,
        })
    })
}

/// The shortest evidence among whole tokens in flows that `convict`.
pub(crate) fn whole(exhibit: &Exhibit<'_>, convicts: impl Fn(usize, Timestamp) -> bool) -> Option<Evidence> {
    let shortest = sightings(exhibit, convicts).min_by_key(|(seen, sighting)| (sighting.path.len(), seen.flow.id));
    shortest.map(|(seen, sighting)| exhibit.sighted(seen, sighting))
}

/// Whole tokens in flows that `convict`, with their flows.
fn sightings<'e, 'a>(
    exhibit: &'e Exhibit<'a>,
    convicts: impl Fn(usize, Timestamp) -> bool,
) -> impl Iterator<Item = (&'e Seen<'a>, &'e Sighting)> {
    let all = exhibit.flows.iter().flat_map(|seen| seen.sightings.iter().map(move |sighting| (seen, sighting)));
    all.filter(move |(seen, sighting)| convicts(sighting.token, seen.flow.at))
}

/// The first flow that has the time of a line that `convicts`, given the line and the flow's time.
pub(crate) fn timed(exhibit: &Exhibit<'_>, convicts: impl Fn(usize, Timestamp) -> bool) -> Option<Evidence> {
    let mut all = exhibit.flows.iter().flat_map(|seen| seen.told.iter().map(move |told| (seen, told)));
    all.find(|(seen, told)| convicts(told.entry, seen.flow.at)).map(|(seen, told)| exhibit.told(seen, told))
}

/// The first evidence among the tokens on servers that `convict`; else among parts of tokens.
pub(crate) fn held(exhibit: &Exhibit<'_>, convicts: impl Fn(usize) -> bool) -> Option<Shown> {
    let convicting: Vec<_> = exhibit.held.iter().filter(|held| convicts(held.token)).collect();
    let chance = chance(exhibit, convicting.iter().map(|held| held.token));
    let first = convicting.iter().min_by_key(|held| held.holding.at);
    let whole = first.zip(chance).map(|(held, chance)| Shown { evidence: exhibit.held(held), part: None, chance });
    whole.or_else(|| part(exhibit, |token, source| matches!(source, Source::Holding(_)) && convicts(token)))
}

/// How improbable it is that the tokens turn up by chance, if it is improbable enough: one of them, or all together.
fn chance(exhibit: &Exhibit<'_>, tokens: impl Iterator<Item = usize>) -> Option<Chance> {
    let tokens: BTreeSet<usize> = tokens.collect();
    let chars = |&token: &usize| exhibit.canaries.planted(token).map_or(0, |planted| planted.token.len());
    let bits = |chars| u32::try_from(chars).unwrap_or(u32::MAX).saturating_mul(BITS_PER_CHAR);
    let of = |bits, hits: usize| Chance {
        candidates: amount(exhibit.canaries.count()),
        positions: exhibit.searched_bytes,
        bits,
        hits: u32::try_from(hits).unwrap_or(u32::MAX),
        derivations: 1,
    };
    let alone = of(bits(tokens.iter().map(chars).max()?), 1);
    let together = of(bits(tokens.iter().map(chars).min()?), tokens.len());
    [alone, together].into_iter().find(Chance::is_excluded)
}

fn part(exhibit: &Exhibit<'_>, convicts: impl Fn(usize, Source) -> bool) -> Option<Shown> {
    let caught = exhibit.fragments().caught(exhibit.digests().wire(), &exhibit.canaries, convicts)?;
    let Cut { token, chars, text, source, chance } = caught;
    let line = exhibit.canaries.entries(token).first().copied()?;
    Some(Shown { evidence: exhibit.shown(source, text, line), part: Some(chars), chance })
}
