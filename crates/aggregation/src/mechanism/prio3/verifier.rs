//! The verification of one report by two servers: pure functions of bytes, in the terms of the specification.
//!
//! Each server expands its input share into a *verifier share*; both together become a *verifier message*, or show that
//! the measurement is invalid; with the message each server comes to its *output share*, unless the joint randomness
//! was not what the message says. The state machine of draft-irtf-cfrg-vdaf-18, section 5.7.1, with its one round.

use std::fmt;

use encoding::prio3::{Circuit, CircuitError, Nonce, Vdaf};
use model::Party;
use prio::{
    codec::{Encode, ParameterizedDecode},
    field::{Field64, Field128, FieldElement},
    flp::Type,
    vdaf::{
        Aggregatable, Aggregator, OutputShare, VerifyTransition,
        prio3::{Prio3, Prio3InputShare, Prio3PublicShare, Prio3VerifierMessage, Prio3VerifierShare, Prio3VerifyState},
        xof::XofTurboShake128,
    },
};

use super::{Refused, share::Elements};

const SEED_BYTES: usize = 32;

type Typed<T> = Prio3<T, XofTurboShake128, SEED_BYTES>;

/// One of two servers, verifying reports of one query and window.
#[derive(Clone)]
pub struct Verifier {
    vdaf: Vdaf,
    party: Party,
    key: [u8; SEED_BYTES],
    context: Vec<u8>,
    public_bytes: usize,
    share_bytes: usize,
}

/// What a server keeps of a report between its verifier share and the verifier message.
#[derive(Debug, Clone)]
pub struct Begun(State);

#[derive(Debug, Clone)]
enum State {
    Small(Prio3VerifyState<Field64, SEED_BYTES>),
    Large(Prio3VerifyState<Field128, SEED_BYTES>),
}

/// A server's share of one valid measurement.
#[derive(Debug, Clone)]
pub struct Output(OutputOf);

#[derive(Debug, Clone)]
enum OutputOf {
    Small(OutputShare<Field64>),
    Large(OutputShare<Field128>),
}

/// A field that circuits are over.
trait Over: FieldElement {
    fn wrap(state: Prio3VerifyState<Self, SEED_BYTES>) -> State;
    fn unwrap(state: State) -> Option<Prio3VerifyState<Self, SEED_BYTES>>;
    fn output(output: OutputShare<Self>) -> OutputOf;
}

impl Over for Field64 {
    fn wrap(state: Prio3VerifyState<Self, SEED_BYTES>) -> State {
        State::Small(state)
    }

    fn unwrap(state: State) -> Option<Prio3VerifyState<Self, SEED_BYTES>> {
        match state {
            State::Small(state) => Some(state),
            State::Large(_) => None,
        }
    }

    fn output(output: OutputShare<Self>) -> OutputOf {
        OutputOf::Small(output)
    }
}

impl Over for Field128 {
    fn wrap(state: Prio3VerifyState<Self, SEED_BYTES>) -> State {
        State::Large(state)
    }

    fn unwrap(state: State) -> Option<Prio3VerifyState<Self, SEED_BYTES>> {
        match state {
            State::Large(state) => Some(state),
            State::Small(_) => None,
        }
    }

    fn output(output: OutputShare<Self>) -> OutputOf {
        OutputOf::Large(output)
    }
}

/// Does the same with the circuit, whichever it is.
macro_rules! with_circuit {
    ($self:ident, $vdaf:ident => $do:expr) => {
        match &$self.vdaf {
            Vdaf::Count($vdaf) => $do,
            Vdaf::Sum($vdaf) => $do,
            Vdaf::SumVec($vdaf) => $do,
            Vdaf::Histogram($vdaf) => $do,
        }
    };
}

impl Verifier {
    /// A server that verifies as `party`. `key` is the verify key that both servers have and no client may know;
    /// `context` is [`encoding::prio3::context`].
    ///
    /// # Errors
    /// If the circuit cannot be.
    pub fn new(circuit: &Circuit, party: Party, key: [u8; SEED_BYTES], context: Vec<u8>) -> Result<Self, CircuitError> {
        Ok(Self {
            vdaf: circuit.vdaf()?,
            party,
            key,
            context,
            public_bytes: circuit.public_bytes(),
            share_bytes: circuit.share_bytes(party)?,
        })
    }

    /// Which of the two servers this is.
    #[must_use]
    pub const fn party(&self) -> Party {
        self.party
    }

    /// Bytes that this server gets of each report: the public share, then its input share.
    #[must_use]
    pub const fn received_bytes(&self) -> usize {
        self.public_bytes + self.share_bytes
    }

    /// Begins with what was `received` of a report, and gives the verifier share for the other server.
    ///
    /// # Errors
    /// If what was received is no share.
    pub fn begin(&self, nonce: Nonce, received: &[u8]) -> Result<(Begun, Vec<u8>), Refused> {
        with_circuit!(self, vdaf => {
            let (state, share) = self.init(vdaf, nonce, received)?;
            Ok((Begun(Over::wrap(state)), encoded(&share)?))
        })
    }

    /// The helper's answer to the leader's verifier share: the verifier message for the leader, and its own output share,
    /// to be counted once the leader has accepted the message.
    ///
    /// # Errors
    /// If what was received is no share, the verifier share is malformed, or the measurement is not valid.
    pub fn respond(&self, nonce: Nonce, received: &[u8], share: &[u8]) -> Result<(Vec<u8>, Output), Refused> {
        with_circuit!(self, vdaf => {
            let (state, own) = self.init(vdaf, nonce, received)?;
            let other = Prio3VerifierShare::get_decoded_with_param(&state, share).map_err(|_| Refused::Malformed)?;
            let shares = match self.party {
                Party::Leader => [own, other],
                Party::Helper => [other, own],
            };
            let message =
                vdaf.verifier_shares_to_message(&self.context, &(), shares).map_err(|_| Refused::Invalid)?;
            let written = encoded(&message)?;
            Ok((written, Output(self.output(vdaf, state, message)?)))
        })
    }

    /// Comes to the output share with the verifier message of the other server.
    ///
    /// # Errors
    /// If the message is malformed, or the joint randomness is not that of the message: the device gave one server
    /// another public share than the other.
    pub fn finish(&self, begun: Begun, message: &[u8]) -> Result<Output, Refused> {
        with_circuit!(self, vdaf => {
            let state = Over::unwrap(begun.0).ok_or(Refused::Invalid)?;
            let message = Prio3VerifierMessage::get_decoded_with_param(&state, message)
                .map_err(|_| Refused::Malformed)?;
            Ok(Output(self.output(vdaf, state, message)?))
        })
    }

    fn init<T: Type>(&self, vdaf: &Typed<T>, nonce: Nonce, received: &[u8]) -> Result<InitOf<T>, Refused> {
        if received.len() != self.received_bytes() {
            return Err(Refused::WrongLength);
        }
        let (public, own) = received.split_at(self.public_bytes);
        let number = usize::from(self.party == Party::Helper);
        let public = Prio3PublicShare::get_decoded_with_param(vdaf, public).map_err(|_| Refused::Malformed)?;
        let own = Prio3InputShare::get_decoded_with_param(&(vdaf, number), own).map_err(|_| Refused::Malformed)?;
        vdaf.verify_init(&self.key, &self.context, number, &(), &nonce.0, &public, &own).map_err(|_| Refused::Invalid)
    }

    fn output<T: Type<Field: Over>>(
        &self,
        vdaf: &Typed<T>,
        state: Prio3VerifyState<T::Field, SEED_BYTES>,
        message: Prio3VerifierMessage<SEED_BYTES>,
    ) -> Result<OutputOf, Refused> {
        match vdaf.verify_next(&self.context, state, message) {
            Ok(VerifyTransition::Finish(output)) => Ok(Over::output(output)),
            Ok(VerifyTransition::Continue(..)) | Err(_) => Err(Refused::Invalid),
        }
    }
}

/// Shows no key: who knows it can make what is invalid pass.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("vdaf", &self.vdaf).field("party", &self.party).finish_non_exhaustive()
    }
}

/// What a server keeps and what it sends, once it has begun.
type InitOf<T> = (
    Prio3VerifyState<<T as prio::flp::Flp>::Field, SEED_BYTES>,
    Prio3VerifierShare<<T as prio::flp::Flp>::Field, SEED_BYTES>,
);

impl Output {
    /// Adds it to `sum`; `false` if it is over another field or has another length.
    #[must_use]
    pub(crate) fn add_to(&self, sum: &mut Elements) -> bool {
        match (&self.0, sum) {
            (OutputOf::Small(output), Elements::Small(sum)) => sum.accumulate(output).is_ok(),
            (OutputOf::Large(output), Elements::Large(sum)) => sum.accumulate(output).is_ok(),
            _ => false,
        }
    }
}

fn encoded(message: &impl Encode) -> Result<Vec<u8>, Refused> {
    message.get_encoded().map_err(|_| Refused::Invalid)
}
