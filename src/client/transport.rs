//! Bytes to the endpoint and back. Knows HTTP, knows no commands.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::error::{ErrorKind, Result};

/// The largest answer that is read, in bytes; more than any entry may weigh, and a bound for a broken peer.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// An HTTP status and the body that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// Sends a request body to a path of the endpoint (`""` or `"pipeline"`).
pub trait Transport: Send + Sync {
    /// What must not appear in any text about what was answered: an endpoint may echo the request.
    fn secret(&self) -> Option<&str> {
        None
    }

    fn send(&self, path: &'static str, body: Vec<u8>) -> Sending<'_>;
}

/// HTTP over reqwest, TLS by rustls with ring.
pub struct HttpTransport {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl HttpTransport {
    /// `url` as Upstash prints it (`https://….upstash.io`), without a trailing slash.
    pub fn new(url: &str, token: &str) -> Result<Self> {
        // Another copy of the addon in this process may have installed it already: either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers = default_headers(token)?;
        let builder = || {
            reqwest::Client::builder()
                .default_headers(headers.clone())
                // A redirect would send the token to whoever the answer names.
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(5))
                .tcp_nodelay(true)
        };
        // Slim images have no system certificates: then Mozilla's list is used.
        let http = builder()
            .build()
            .or_else(|_| builder().tls_certs_only(mozilla_roots()).build())
            .map_err(|error| ErrorKind::Network(text_of(error)))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token: token.to_owned() })
    }
}

fn default_headers(token: &str) -> Result<HeaderMap> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        ErrorKind::Config(
            "token: found characters that no HTTP header may hold; expected the token as Upstash prints it".to_owned(),
        )
    })?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, bearer),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("upstash-encoding"), HeaderValue::from_static("base64")),
    ]))
}

fn mozilla_roots() -> Vec<reqwest::Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok()).collect()
}

impl Transport for HttpTransport {
    fn secret(&self) -> Option<&str> {
        Some(&self.token)
    }

    fn send(&self, path: &'static str, body: Vec<u8>) -> Sending<'_> {
        Box::pin(async move {
            let request = self.http.post(format!("{}/{path}", self.url)).body(body);
            let mut response = request.send().await.map_err(|error| ErrorKind::Network(text_of(error)))?;
            let status = response.status().as_u16();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| ErrorKind::Network(text_of(error)))? {
                if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                    return Err(ErrorKind::Protocol(format!("an answer larger than {MAX_ANSWER_BYTES} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status, body })
        })
    }
}

/// reqwest's text with its causes, without the URL (a user may have put a secret into it).
fn text_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
