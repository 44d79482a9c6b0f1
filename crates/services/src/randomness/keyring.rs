//! The keys of one query: one at a time, each for 256 windows, every window punctured once it is over.

use std::collections::BTreeMap;

use encoding::star::{
    Epoch,
    oprf::{Evaluation, POINT_BYTES, PROOF_BYTES, PublicKey, is_point},
};
use model::{Duration, QueryId, Timestamp, Window};
use ppoprf::ppoprf::{Point, Server};

use super::{RandomnessError, RandomnessLimits, Secret, seeded};

/// The keys of one query.
pub(super) struct Keyring {
    query: QueryId,
    length: Duration,
    secret: Secret,
    current: Option<Current>,
}

/// The key that is in use.
struct Current {
    number: i64,
    server: Server,
    public: PublicKeys,
    /// The first metadata tag that is not punctured.
    next: u16,
    evaluated: u64,
}

impl Keyring {
    pub(super) const fn new(query: QueryId, length: Duration, secret: Secret) -> Self {
        Self { query, length, secret, current: None }
    }

    /// Evaluates `points` in `window`, which must be going on. Windows before it can never be evaluated again.
    pub(super) fn evaluate(
        &mut self,
        window: Window,
        points: &[Vec<u8>],
        now: Timestamp,
        limits: &RandomnessLimits,
    ) -> Result<(PublicKey, Vec<Evaluation>), RandomnessError> {
        let points = checked(points, limits)?;
        let expected = Window::holding(window.start, self.length);
        if window != expected {
            return Err(RandomnessError::Window { found: window, expected });
        }
        let ongoing = Epoch::of(Window::holding(now, self.length));
        let current = self.turn_to(ongoing)?;
        let asked = Epoch::of(window);
        // A clock that went back does not bring a secret back.
        if asked.key < current.number || (asked.key == current.number && u16::from(asked.tag) < current.next) {
            return Err(RandomnessError::Over { window });
        }
        if asked > ongoing {
            return Err(RandomnessError::Early { window });
        }
        let evaluated = current.evaluated.saturating_add(points.len() as u64);
        if evaluated > limits.evaluations_per_window_max {
            return Err(RandomnessError::Exhausted { evaluations_max: limits.evaluations_per_window_max });
        }
        current.evaluated = evaluated;
        let key = current.public.of_tag(asked.tag)?;
        let evaluations = points.iter().map(|point| evaluate(&current.server, point, asked.tag));
        Ok((key, evaluations.collect::<Result<_, _>>()?))
    }

    /// Punctures everything before `epoch`. The key is changed where the epoch needs the next one.
    fn turn_to(&mut self, epoch: Epoch) -> Result<&mut Current, RandomnessError> {
        let current = match self.current.take() {
            Some(current) if current.number >= epoch.key => current,
            _ => {
                let server = self.server(epoch.key)?;
                Current { number: epoch.key, public: PublicKeys::of(&server)?, server, next: 0, evaluated: 0 }
            }
        };
        let current = self.current.insert(current);
        while current.number == epoch.key && current.next < u16::from(epoch.tag) {
            let tag = u8::try_from(current.next).unwrap_or(u8::MAX);
            current.server.puncture(tag).map_err(broken)?;
            current.next += 1;
            current.evaluated = 0;
        }
        Ok(current)
    }

    fn server(&self, number: i64) -> Result<Server, RandomnessError> {
        match &self.secret {
            Secret::Fresh => Server::new((0..=u8::MAX).collect()).map_err(broken),
            Secret::Seeded(seed) => {
                let seed = seed.derive(self.query.as_str()).derive(&number.to_string());
                seeded::server(&seed).map_err(|reason| RandomnessError::Broken { reason })
            }
        }
    }
}

/// The points, if they are some and not too many.
fn checked(points: &[Vec<u8>], limits: &RandomnessLimits) -> Result<Vec<[u8; POINT_BYTES]>, RandomnessError> {
    if !(1..=limits.points_per_call_max).contains(&points.len()) {
        return Err(RandomnessError::Points { found: points.len(), points_max: limits.points_per_call_max });
    }
    let point = |(place, bytes): (usize, &Vec<u8>)| {
        let point = <[u8; POINT_BYTES]>::try_from(bytes.as_slice()).ok().filter(|point| is_point(*point));
        point.ok_or(RandomnessError::Point { place })
    };
    points.iter().enumerate().map(point).collect()
}

/// Multiplies one point, with a proof.
fn evaluate(server: &Server, point: &[u8; POINT_BYTES], tag: u8) -> Result<Evaluation, RandomnessError> {
    let evaluated = server.eval(&Point::from(point.as_slice()), tag, true).map_err(broken)?;
    let proof = serde_json::to_value(&evaluated.proof).map_err(broken)?;
    let half = |name: &str| serde_json::from_value::<[u8; PROOF_BYTES / 2]>(proof[name].clone()).map_err(broken);
    let mut bytes = [0; PROOF_BYTES];
    bytes[..PROOF_BYTES / 2].copy_from_slice(&half("c")?);
    bytes[PROOF_BYTES / 2..].copy_from_slice(&half("s")?);
    Ok(Evaluation { point: *evaluated.output.as_bytes(), proof: bytes })
}

/// What the server publishes about its key: the crate shows it in its serialized form alone.
#[derive(serde::Deserialize)]
struct PublicKeys {
    base_pk: [u8; POINT_BYTES],
    md_pks: BTreeMap<u8, [u8; POINT_BYTES]>,
}

impl PublicKeys {
    fn of(server: &Server) -> Result<Self, RandomnessError> {
        let text = serde_json::to_vec(&server.get_public_key()).map_err(broken)?;
        serde_json::from_slice(&text).map_err(broken)
    }

    fn of_tag(&self, tag: u8) -> Result<PublicKey, RandomnessError> {
        let epoch = self.md_pks.get(&tag).ok_or_else(|| broken("a metadata tag has no key"))?;
        Ok(PublicKey { base: self.base_pk, epoch: *epoch })
    }
}

fn broken(error: impl std::fmt::Display) -> RandomnessError {
    RandomnessError::Broken { reason: error.to_string() }
}
