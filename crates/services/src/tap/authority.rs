//! A certificate authority of the tap's own: made anew for each examination, never written anywhere.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::TapError;

/// Hosts whose certificates are remembered; beyond that all are forgotten and made again.
const HOSTS_MAX: usize = 1_024;

/// Signs a certificate for every host that a client under examination speaks to.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    leaf_key: KeyPair,
    made: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Authority {
    /// An authority with keys of its own from the operating system.
    ///
    /// # Errors
    /// If there is no chance to be had for a key.
    pub fn new() -> Result<Self, TapError> {
        let failed = |error: rcgen::Error| TapError::Authority(error.to_string());
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "Glasshouse tap");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        let leaf_key = KeyPair::generate().map_err(failed)?;
        Ok(Self { issuer: Issuer::new(params, key), pem, leaf_key, made: Mutex::default() })
    }

    /// The authority's certificate, PEM, for clients to trust.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// What a TLS server says; clients that name no host are taken to mean `fallback`.
    pub(super) fn server(self: &Arc<Self>, fallback: &str) -> Result<ServerConfig, TapError> {
        let failed = |error: tokio_rustls::rustls::Error| TapError::Authority(error.to_string());
        let resolver = Resolver { authority: Arc::clone(self), fallback: fallback.to_owned() };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(host) {
            return Some(Arc::clone(known));
        }
        if made.len() >= HOSTS_MAX {
            made.clear();
        }
        let fresh = Arc::new(self.sign(host).ok()?);
        made.insert(host.to_owned(), Arc::clone(&fresh));
        Some(fresh)
    }

    fn sign(&self, host: &str) -> Result<CertifiedKey, TapError> {
        let failed = |error: &dyn fmt::Display| TapError::Authority(error.to_string());
        let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(|error| failed(&error))?;
        params.distinguished_name.push(DnType::CommonName, "Glasshouse tap, on behalf of a host");
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let signed = params.signed_by(&self.leaf_key, &self.issuer).map_err(|error| failed(&error))?;
        let key = PrivateKeyDer::try_from(self.leaf_key.serialize_der()).map_err(|error| failed(&error))?;
        let key = ring::sign::any_supported_type(&key).map_err(|error| failed(&error))?;
        Ok(CertifiedKey::new(vec![CertificateDer::from(signed)], key))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(…)") // keys are nobody's to read
    }
}

#[derive(Debug)]
struct Resolver {
    authority: Arc<Authority>,
    fallback: String,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.authority.certificate(hello.server_name().unwrap_or(&self.fallback))
    }
}
