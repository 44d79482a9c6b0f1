//! The auditor as a gRPC service: a case file in, rulings out. It keeps nothing.

use std::sync::Arc;

use auditor::CaseError;
use model::{CaseFile, Ruling};
use protocol::{
    Failure, StatusKind,
    status::status,
    v1::{
        self,
        audit_service_server::{AuditService, AuditServiceServer},
    },
};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use crate::apart::apart;

/// Largest message of the service in bytes; a case file comes in parts below it.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// What an auditor takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLimits {
    /// Bytes of one case file. Default 256 MiB.
    pub case_file_bytes_max: usize,
    /// Case files that are read or judged at the same time; others wait. Default 2.
    pub audits_at_once_max: usize,
}

impl Default for AuditLimits {
    fn default() -> Self {
        Self { case_file_bytes_max: 256 << 20, audits_at_once_max: 2 }
    }
}

/// Why there is no ruling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The case file is larger than the limit.
    #[error("the case file has more than the limit of {bytes_max} bytes")]
    TooLarge {
        /// Most bytes.
        bytes_max: usize,
    },
    /// The case file is no JSON, or not that of a case file.
    #[error("the case file cannot be read at line {line}, column {column}: {problem}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What was found and what was expected.
        problem: String,
    },
    /// The case file contradicts itself.
    #[error(transparent)]
    Contradictory(#[from] CaseError),
    /// The auditor failed.
    #[error("the auditor failed on this case file")]
    Failed,
}

impl Failure for AuditError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::TooLarge { .. } => StatusKind::ResourceExhausted,
            Self::Malformed { .. } | Self::Contradictory(_) => StatusKind::InvalidArgument,
            Self::Failed => StatusKind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Malformed { .. } => "malformed-case-file",
            Self::Contradictory(_) => "contradictory-case-file",
            Self::Failed => "failed",
        }
    }
}

/// The auditor, the same in process and on sockets. Clones share the bound on work at the same time.
#[derive(Debug, Clone)]
pub struct AuditApi {
    limits: AuditLimits,
    turns: Arc<Semaphore>,
}

impl AuditApi {
    /// An auditor with these bounds.
    #[must_use]
    pub fn new(limits: AuditLimits) -> Self {
        let turns = Semaphore::new(limits.audits_at_once_max.clamp(1, Semaphore::MAX_PERMITS));
        Self { limits, turns: Arc::new(turns) }
    }

    /// The service for a server or for calls in process.
    #[must_use]
    pub fn service(&self) -> AuditServiceServer<Self> {
        AuditServiceServer::new(self.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(self.limits.case_file_bytes_max)
    }

    async fn read(&self, mut parts: Streaming<v1::AuditRequest>) -> Result<Vec<u8>, Status> {
        let bytes_max = self.limits.case_file_bytes_max;
        let mut file = Vec::new();
        while let Some(part) = parts.message().await? {
            if part.case_file.len() > bytes_max.saturating_sub(file.len()) {
                return Err(status(&AuditError::TooLarge { bytes_max }));
            }
            file.extend_from_slice(&part.case_file);
        }
        Ok(file)
    }
}

/// Rules on the case file that `json` holds.
///
/// # Errors
/// If it cannot be read or contradicts itself.
pub fn rule(json: &[u8]) -> Result<Vec<Ruling>, AuditError> {
    let case: CaseFile = serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // The place is said in front; the words are the parser's without it.
        let problem = error.to_string();
        let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(words, _)| words).to_owned();
        AuditError::Malformed { line, column, problem }
    })?;
    Ok(auditor::audit(&case)?)
}

#[tonic::async_trait]
impl AuditService for AuditApi {
    async fn audit(
        &self,
        request: Request<Streaming<v1::AuditRequest>>,
    ) -> Result<Response<v1::AuditResponse>, Status> {
        let _turn = self.turns.acquire().await.map_err(|_| status(&AuditError::Failed))?;
        let file = self.read(request.into_inner()).await?;
        let bytes = file.len();
        let ruled = apart(move || rule(&file)).await.unwrap_or(Err(AuditError::Failed));
        let rulings = ruled.map_err(|error| {
            tracing::debug!(%error, bytes, "refused");
            status(&error)
        })?;
        tracing::info!(bytes, rulings = rulings.len(), "audited");
        Ok(Response::new(v1::AuditResponse { rulings: rulings.into_iter().map(Into::into).collect() }))
    }
}
