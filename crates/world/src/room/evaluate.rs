//! Calls to the randomness server: out over the same wire and under the same weather as uploads, and back.

use browser::{Answer, Ask};
use encoding::star::oprf::{Evaluation, PublicKey};
use model::{Channel, Host, Timestamp};
use protocol::v1::{EvaluateRequest, EvaluateResponse, randomness_service_client::RandomnessServiceClient};
use tonic::Status;

use super::{Event, Flight, Pending, Room};
use crate::PlayError;

impl Room<'_> {
    /// Sends one blinded measurement on its way.
    pub(super) fn ask(&mut self, seat: usize, ask: Ask, now: Timestamp) -> Result<(), PlayError> {
        let host = Host::new(ask.host).map_err(|error| PlayError::Upload(error.to_string()))?;
        if self.seats[seat].stopped {
            return Ok(());
        }
        let key = data_encoding::HEXLOWER.encode(&ask.point[..8]);
        let event = Event::Sent { host: &host, key: &key, channel: Channel::Http, bytes: ask.point.len() };
        self.tallies.count(&event);
        self.log.record(&self.name, now, Some(&self.seats[seat].device), event);
        let message = EvaluateRequest {
            query: ask.query.into(),
            window: Some(ask.window.into()),
            points: vec![ask.point.to_vec()],
        };
        let mut client = RandomnessServiceClient::new(self.wire.clone());
        let call = self.wire.start(async move { client.evaluate(message).await });
        let (request, call) = call.map_err(PlayError::Call)?;
        if let Some(tap) = &mut self.seats[seat].tap {
            tap.see_call(now, &host, &request);
        }
        let region = self.setting.region_of(&host).cloned();
        let region = region.ok_or_else(|| PlayError::Upload(format!("no region serves {host}")))?;
        self.launch(Flight::of(seat, ask.id, key, region, host, request, Pending::Evaluation(call)), now);
        Ok(())
    }
}

/// The answer as a client reads it: one that is none is as good as a refusal.
pub(super) fn read(answer: Result<&EvaluateResponse, &Status>) -> Answer {
    match (answer, protocol::status::reply(answer)) {
        (Ok(response), _) => evaluation(response).map_or(Answer::Refused, |(key, one)| Answer::Evaluated(key, one)),
        (Err(_), model::Reply::Unavailable) => Answer::Unavailable,
        (Err(_), _) => Answer::Refused,
    }
}

fn evaluation(response: &EvaluateResponse) -> Option<(PublicKey, Evaluation)> {
    let key = response.key.as_ref()?;
    let [one] = response.evaluations.as_slice() else { return None };
    let point = |bytes: &Vec<u8>| bytes.as_slice().try_into().ok();
    let key = PublicKey { base: point(&key.base)?, epoch: point(&key.epoch)? };
    Some((key, Evaluation { point: point(&one.point)?, proof: one.proof.as_slice().try_into().ok()? }))
}
