//! `collection.proto`: uploads, batches, reports and the names of sealed windows.

use model::{QueryId, Timestamp, Window};

use super::{ConvertError, each, name, required};
use crate::v1;

impl From<model::Upload> for v1::UploadRequest {
    fn from(upload: model::Upload) -> Self {
        let headers = upload.headers.into_iter().map(|(name, value)| v1::Header { name, value }).collect();
        Self { method: upload.method, authority: upload.authority, path: upload.path, headers, body: upload.body }
    }
}

impl From<v1::UploadRequest> for model::Upload {
    fn from(request: v1::UploadRequest) -> Self {
        let headers = request.headers.into_iter().map(|header| (header.name, header.value)).collect();
        Self { method: request.method, authority: request.authority, path: request.path, headers, body: request.body }
    }
}

impl From<model::Value> for v1::Value {
    fn from(value: model::Value) -> Self {
        use v1::value::Kind;
        let kind = match value {
            model::Value::Flag(flag) => Kind::Flag(flag),
            model::Value::Number(number) => Kind::Number(number),
            model::Value::Text(text) => Kind::Text(text),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<v1::Value> for model::Value {
    type Error = ConvertError;

    fn try_from(value: v1::Value) -> Result<Self, ConvertError> {
        use v1::value::Kind;
        match value.kind {
            Some(Kind::Flag(flag)) => Ok(Self::Flag(flag)),
            Some(Kind::Number(number)) => Ok(Self::Number(number)),
            Some(Kind::Text(text)) => Ok(Self::Text(text)),
            None => Err(ConvertError::new("kind", "none of flag, number and text is set")),
        }
    }
}

impl From<model::Report> for v1::Report {
    fn from(report: model::Report) -> Self {
        Self {
            event: report.event,
            time_ms: report.time.as_millis(),
            device: report.device,
            fields: report.fields.into_iter().map(|(field, value)| (field, value.into())).collect(),
        }
    }
}

impl TryFrom<v1::Report> for model::Report {
    type Error = ConvertError;

    fn try_from(report: v1::Report) -> Result<Self, ConvertError> {
        let convert = |(field, value): (String, v1::Value)| match model::Value::try_from(value) {
            Ok(value) => Ok((field, value)),
            Err(error) => Err(error.within(&format!("fields[{field:?}]"))),
        };
        Ok(Self {
            event: report.event,
            time: Timestamp::from_millis(report.time_ms),
            device: report.device,
            fields: report.fields.into_iter().map(convert).collect::<Result<_, _>>()?,
        })
    }
}

impl From<model::ReportBatch> for v1::ReportBatch {
    fn from(batch: model::ReportBatch) -> Self {
        Self { id: batch.id, reports: batch.reports.into_iter().map(Into::into).collect() }
    }
}

impl TryFrom<v1::ReportBatch> for model::ReportBatch {
    type Error = ConvertError;

    fn try_from(batch: v1::ReportBatch) -> Result<Self, ConvertError> {
        Ok(Self { id: batch.id, reports: each(batch.reports, "reports")? })
    }
}

impl From<(QueryId, Window)> for v1::SealedWindow {
    fn from((query, window): (QueryId, Window)) -> Self {
        Self { query: query.into(), window: Some(window.into()) }
    }
}

impl TryFrom<v1::SealedWindow> for (QueryId, Window) {
    type Error = ConvertError;

    fn try_from(sealed: v1::SealedWindow) -> Result<Self, ConvertError> {
        Ok((name(sealed.query, "query")?, required(sealed.window, "window")?))
    }
}
