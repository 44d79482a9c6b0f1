//! Uploads in the vendor's own form: where they came in, which batch they are, what they hold.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use encoding::Form;
use model::{Reports, Timestamp, Upload};
use sha2::{Digest, Sha256};

use crate::{Collector, Intake, Receipt, Refusal, admission};

/// Header that names a batch for as long as it may be sent again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Forms by host and path.
#[derive(Debug, Clone)]
pub(crate) struct Intakes(BTreeMap<String, BTreeMap<String, Form>>);

impl Intakes {
    pub(crate) fn new(forms: &[Intake]) -> Self {
        let mut hosts: BTreeMap<String, BTreeMap<String, Form>> = BTreeMap::new();
        for Intake { host, path, form } in forms {
            hosts.entry(host.as_str().to_lowercase()).or_default().insert(path.clone(), form.clone());
        }
        Self(hosts)
    }

    fn find(&self, upload: &Upload) -> Result<&Form, Refusal> {
        let path = upload.path.split('?').next().unwrap_or_default();
        let form = self.0.get(&upload.authority.to_lowercase()).and_then(|paths| paths.get(path));
        form.ok_or_else(|| Refusal::UnknownEndpoint { host: shown(&upload.authority), path: shown(path) })
    }
}

impl Collector {
    /// Undoes the form of `upload` and admits the batch in it, or says why not.
    ///
    /// The batch is named by the header `idempotency-key`, or where there is none by a digest of host, path and body:
    /// clients without keys that send equal bodies send one batch.
    ///
    /// # Errors
    /// As [`Collector::admit`]; also if nothing is taken at its host and path, or the body is too large or not of the
    /// form that is taken there.
    pub fn admit_upload(&mut self, upload: &Upload, now: Timestamp) -> Result<Receipt, Refusal> {
        let answer = self.read_upload(upload, now);
        self.counted(answer)
    }

    fn read_upload(&mut self, upload: &Upload, now: Timestamp) -> Result<Receipt, Refusal> {
        let form = self.intakes.find(upload)?;
        let limits = self.config.limits.decode();
        if upload.body.len() > limits.body_bytes_max {
            return Err(Refusal::Oversized { bytes_max: limits.body_bytes_max });
        }
        let id = upload.header(IDEMPOTENCY_KEY).map_or_else(|| digest(upload), str::to_owned);
        admission::check_id(&id)?;
        // A replay need not be decoded to be known as one.
        if self.is_admitted(&id) {
            return Ok(Receipt::duplicate(id));
        }
        let reports = form.decode(&upload.body, limits)?;
        self.take(id, Reports::Owned(reports), now)
    }
}

fn digest(upload: &Upload) -> String {
    let mut hash = Sha256::new();
    for part in [upload.authority.as_bytes(), upload.path.as_bytes(), &upload.body] {
        // With its length before it, no part can run into the next.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_an_upload_runs_into_the_next_in_its_digest() {
        let upload =
            |path: &str, body: &[u8]| Upload { path: path.to_owned(), body: body.to_vec(), ..Upload::default() };
        assert_ne!(digest(&upload("/sa?a", b"bc")), digest(&upload("/sa?ab", b"c")));
    }
}
