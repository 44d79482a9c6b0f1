//! Turns of a verification over gRPC: for whoever carries them from one server to the other.

use aggregation::prio3::{Ahead, Answer, Offer, Refused, TURN_REPORTS_MAX, Turn, Verdict};
use collector::{Led, Tally};
use encoding::prio3::Nonce;
use model::{QueryId, Window};
use protocol::{
    ConvertError, metadata,
    v1::{self, verification_service_server::VerificationService},
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use super::{CollectionApi, CollectionError, refused};
use crate::{Clock, RoomError, access::require_token, apart::apart};

#[tonic::async_trait]
impl VerificationService for CollectionApi {
    async fn lead(&self, request: Request<v1::LeadRequest>) -> Result<Response<v1::LeadResponse>, Status> {
        let api = self.clone();
        // Expanding shares takes a while.
        let led = apart(move || api.lead_turn(request)).await.unwrap_or(Err(RoomError::OutOfOrder.into()));
        Ok(Response::new(led.map_err(refused)?))
    }

    async fn help(&self, request: Request<v1::HelpRequest>) -> Result<Response<v1::HelpResponse>, Status> {
        let api = self.clone();
        let helped = apart(move || api.help_turn(request)).await.unwrap_or(Err(RoomError::OutOfOrder.into()));
        Ok(Response::new(helped.map_err(refused)?))
    }
}

impl CollectionApi {
    fn require_carrier(&self, call: &MetadataMap) -> Result<(), CollectionError> {
        if matches!(self.clock, Clock::Wall) {
            require_token(call, metadata::PEER_SCHEME, self.peer.as_ref())?;
        }
        Ok(())
    }

    fn lead_turn(&self, request: Request<v1::LeadRequest>) -> Result<v1::LeadResponse, CollectionError> {
        self.require_carrier(request.metadata())?;
        let (room, now) = self.let_in(request.metadata())?;
        let v1::LeadRequest { window, answers } = request.into_inner();
        let answers = bounded(answers, "answers")?.map(answer).collect::<Result<Vec<_>, _>>()?;
        let about = match window {
            Some(window) => {
                let (query, window): (QueryId, Window) = window.try_into()?;
                Some((query, window, answers))
            }
            None => None,
        };
        // The costly part holds up nobody else who calls into the room.
        let ahead = room.with(|collector| collector.ahead_of_lead(about.as_ref(), now))?;
        let prepared = ahead.map(Ahead::prepare).unwrap_or_default();
        let led = room.with(|collector| collector.lead_with(about, prepared, now))??;
        Ok(led.map(said).unwrap_or_default())
    }

    fn help_turn(&self, request: Request<v1::HelpRequest>) -> Result<v1::HelpResponse, CollectionError> {
        self.require_carrier(request.metadata())?;
        let (room, now) = self.let_in(request.metadata())?;
        let v1::HelpRequest { window, verdicts, offers } = request.into_inner();
        let (query, window): (QueryId, Window) = window.unwrap_or_default().try_into()?;
        let turn = Turn {
            verdicts: bounded(verdicts, "verdicts")?.map(verdict).collect::<Result<_, _>>()?,
            offers: bounded(offers, "offers")?.map(offer).collect::<Result<_, _>>()?,
        };
        let ahead = room.with(|collector| collector.ahead_of_help(&query, window, &turn, now))?;
        let prepared = ahead.map(Ahead::prepare).unwrap_or_default();
        let helped = room.with(|collector| collector.help_with(&query, window, turn, prepared, now))?;
        let (answers, counts) = helped?;
        Ok(v1::HelpResponse { answers: answers.into_iter().map(answered).collect(), tally: Some(tally(&counts)) })
    }
}

fn said(led: Led) -> v1::LeadResponse {
    let Led { query, window, helper, turn, tally: counts } = led;
    let verdict =
        |verdict: Verdict| v1::VerificationVerdict { nonce: verdict.nonce.0.to_vec(), counted: verdict.counted };
    let offer = |offer: Offer| v1::VerificationOffer { nonce: offer.nonce.0.to_vec(), share: offer.share };
    v1::LeadResponse {
        window: Some(v1::SealedWindow { query: query.into(), window: Some(window.into()) }),
        helper: helper.into(),
        verdicts: turn.verdicts.into_iter().map(verdict).collect(),
        offers: turn.offers.into_iter().map(offer).collect(),
        tally: Some(tally(&counts)),
    }
}

fn tally(tally: &Tally) -> v1::VerificationTally {
    let refused = |(reason, reports): (&Refused, &u64)| v1::RefusedReports {
        reason: reason.name().to_owned(),
        reports: *reports,
    };
    v1::VerificationTally { counted: tally.counted, refused: tally.refused.iter().map(refused).collect() }
}

fn answered(answer: Answer) -> v1::VerificationAnswer {
    let nonce = answer.nonce.0.to_vec();
    match answer.outcome {
        Ok(message) => v1::VerificationAnswer { nonce, message, refused: String::new() },
        Err(reason) => v1::VerificationAnswer { nonce, message: Vec::new(), refused: reason.name().to_owned() },
    }
}

fn answer(answer: v1::VerificationAnswer) -> Result<Answer, ConvertError> {
    let outcome = match answer.refused.as_str() {
        "" => Ok(answer.message),
        name => Err(Refused::ALL.into_iter().find(|reason| reason.name() == name).unwrap_or(Refused::ByOther)),
    };
    Ok(Answer { nonce: nonce(answer.nonce)?, outcome })
}

fn verdict(verdict: v1::VerificationVerdict) -> Result<Verdict, ConvertError> {
    Ok(Verdict { nonce: nonce(verdict.nonce)?, counted: verdict.counted })
}

fn offer(offer: v1::VerificationOffer) -> Result<Offer, ConvertError> {
    Ok(Offer { nonce: nonce(offer.nonce)?, share: offer.share })
}

fn nonce(bytes: Vec<u8>) -> Result<Nonce, ConvertError> {
    let found = bytes.len();
    let problem = |_| ConvertError { field: "nonce".to_owned(), problem: format!("has {found} bytes, expected 16") };
    bytes.try_into().map(Nonce).map_err(problem)
}

/// The reports of one turn, unless there are too many to be looked at.
fn bounded<T>(reports: Vec<T>, field: &str) -> Result<impl Iterator<Item = T>, ConvertError> {
    if reports.len() > TURN_REPORTS_MAX {
        let problem = format!("{} reports, expected at most {TURN_REPORTS_MAX}", reports.len());
        return Err(ConvertError { field: field.to_owned(), problem });
    }
    Ok(reports.into_iter())
}
