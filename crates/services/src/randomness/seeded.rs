//! A `ppoprf` server whose secrets come from a seed, so that worlds repeat. The crate draws them from the operating
//! system alone, and takes others only as a whole, in its form for keeping servers in step.

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_POINT, scalar::Scalar};
use model::Seed;
use ppoprf::ppoprf::{Server, ServerKeyState};
use serde_json::{Value, json};
use strobe_rs::{SecParam, Strobe};

/// Levels of the tree over metadata tags of one byte, the first of which is in the key already.
const LEVELS: usize = 8;

/// The secrets of one key.
struct Secrets {
    key: Scalar,
    /// Keys of the two generators of the tree (Goldreich, Goldwasser and Micali).
    generators: [[u8; 32]; 2],
    /// Values of the two nodes below its root.
    nodes: [[u8; 32]; 2],
}

impl Secrets {
    fn of(seed: &Seed) -> Self {
        let bytes = |name: &str, place: u64| *seed.derive(name).nth(place).as_bytes();
        let pair = |name: &str| [bytes(name, 0), bytes(name, 1)];
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&bytes("key", 0));
        wide[32..].copy_from_slice(&bytes("key", 1));
        let key = Scalar::from_bytes_mod_order_wide(&wide);
        Self { key, generators: pair("generators"), nodes: pair("nodes") }
    }

    /// What the tree yields for a metadata tag, least bit first.
    fn leaf(&self, tag: u8) -> Scalar {
        let bit = |level: usize| usize::from(tag >> level & 1);
        let node = self.nodes[bit(0)];
        let leaf = (1..LEVELS).fold(node, |node, level| generate(&self.generators[bit(level)], &node));
        Scalar::from_bytes_mod_order(leaf)
    }

    fn public_key(&self) -> Value {
        let point = |secret: Scalar| (secret * RISTRETTO_BASEPOINT_POINT).compress().to_bytes();
        let tags = (0..=u8::MAX).map(|tag| (tag.to_string(), json!(point(self.leaf(tag)))));
        json!({ "base_pk": point(self.key), "md_pks": tags.collect::<serde_json::Map<_, _>>() })
    }
}

/// One step down the tree.
fn generate(generator: &[u8; 32], node: &[u8; 32]) -> [u8; 32] {
    let mut hash = Strobe::new(b"ggm eval (ppoprf)", SecParam::B128);
    hash.key(generator, false);
    hash.ad(node, false);
    hash.meta_ad(&32_u32.to_le_bytes(), false);
    let mut next = [0; 32];
    hash.prf(&mut next, false);
    next
}

/// The server that `seed` makes, for all 256 metadata tags.
///
/// # Errors
/// If the crate does not take its own form.
pub(super) fn server(seed: &Seed) -> Result<Server, String> {
    let mut server = Server::new(Vec::new()).map_err(|error| error.to_string())?;
    let mut state = serde_json::to_value(server.get_private_key()).map_err(|error| error.to_string())?;
    let secrets = Secrets::of(seed);
    state["oprf_key"] = json!(secrets.key.to_bytes());
    state["public_key"] = secrets.public_key();
    for place in 0..2 {
        for (path, bytes) in [
            (format!("/ggm_key/prgs/{place}/key"), secrets.generators[place]),
            (format!("/ggm_key/prefixes/{place}/1"), secrets.nodes[place]),
        ] {
            *state.pointer_mut(&path).ok_or_else(|| format!("its key has no {path}"))? = json!(bytes);
        }
    }
    let state: ServerKeyState = serde_json::from_value(state).map_err(|error| error.to_string())?;
    server.set_private_key(state);
    Ok(server)
}
