//! Asks one party of an aggregation what it was configured with and over what it published.

use model::{Batch, Configuration};
use protocol::v1::{self, oversight_service_client::OversightServiceClient};
use tonic::{Request, metadata::MetadataMap};

use crate::{
    PlayError,
    servers::{Line, refused},
};

const SERVICE: &str = "a party under oversight";

/// What the party behind `line` shows to a call with the metadata that `stamp` gives.
///
/// # Errors
/// If it refuses, or answers what it cannot mean.
pub(crate) async fn ask(
    line: Line,
    stamp: impl Fn() -> MetadataMap,
) -> Result<(Vec<Configuration>, Vec<Batch>), PlayError> {
    let found = |error: protocol::ConvertError| PlayError::Answer { service: SERVICE, found: error.to_string() };
    let mut client = OversightServiceClient::new(line);
    let call = stamped(v1::ConfigurationsRequest {}, stamp());
    let stated = client.configurations(call).await.map_err(refused(SERVICE))?.into_inner().configurations;
    let stated: Result<Vec<Configuration>, _> = stated.into_iter().map(TryInto::try_into).collect();
    let mut batches = Vec::new();
    let call = stamped(v1::BatchesRequest {}, stamp());
    let mut answers = client.batches(call).await.map_err(refused(SERVICE))?.into_inner();
    while let Some(answer) = answers.message().await.map_err(refused(SERVICE))? {
        for batch in answer.batches {
            batches.push(batch.try_into().map_err(found)?);
        }
    }
    Ok((stated.map_err(found)?, batches))
}

fn stamped<T>(message: T, metadata: MetadataMap) -> Request<T> {
    let mut call = Request::new(message);
    *call.metadata_mut() = metadata;
    call
}
