//! The HTTP client of all AWS requests. The SDK's own ignores proxies and certificate bundles.

use std::{env, fs, time::Duration};

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};

use super::start::StartError;

/// Makes connections as the environment demands: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, the system's
/// certificates or those of `SSL_CERT_FILE`, and those of `AWS_CA_BUNDLE`.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    proxy: ProxyConfig,
    tls: TlsContext,
}

impl Http {
    pub(crate) fn from_env() -> Result<Self, StartError> {
        let mut trust = TrustStore::default();
        if let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|it| !it.is_empty()) {
            let unreadable = |error: String| StartError::CaBundle {
                path: path.to_string_lossy().into_owned(),
                error,
            };
            let bundle = fs::read(&path).map_err(|it| unreadable(it.to_string()))?;
            // The connector panics on a certificate that does not parse.
            let certificates = pem::parse_many(&bundle).map_err(|it| unreadable(it.to_string()))?;
            if certificates.is_empty() {
                return Err(unreadable("it holds no certificate".to_owned()));
            }
            trust = trust.with_pem_certificate(bundle);
        }
        let tls = TlsContext::builder().with_trust_store(trust).build();
        let tls = tls.map_err(|it| StartError::Configuration(it.to_string()))?;
        Ok(Self { proxy: ProxyConfig::from_env(), tls })
    }

    /// For the SDK's clients, which bring their own timeouts.
    pub(crate) fn client(&self) -> SharedHttpClient {
        let http = self.clone();
        Builder::new().build_with_connector_fn(move |settings, _| {
            http.connector(
                settings.cloned().unwrap_or_else(|| HttpConnectorSettings::builder().build()),
            )
        })
    }

    /// For requests that no SDK client sends, with the SDK's time to connect.
    pub(crate) fn connector_for_signed(&self) -> SharedHttpConnector {
        let settings =
            HttpConnectorSettings::builder().connect_timeout(Duration::from_millis(3100));
        SharedHttpConnector::new(self.connector(settings.build()))
    }

    fn connector(&self, settings: HttpConnectorSettings) -> Connector {
        Connector::builder()
            .proxy_config(self.proxy.clone())
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(self.tls.clone())
            .build()
    }
}
