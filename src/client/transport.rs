//! Bytes to the endpoint and back. Knows HTTP, knows no commands.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use once_cell::sync::OnceCell;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::error::{ErrorKind, Result};

/// The largest answer that is read, in bytes; more than any entry may weigh, and a bound for a broken peer.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// A peer that vanished without a word is noticed so late at most while nothing is sent to it, as in a subscription.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

const ENCODING: HeaderName = HeaderName::from_static("upstash-encoding");
const SYNC_TOKEN: HeaderName = HeaderName::from_static("upstash-sync-token");
const TELEMETRY: [HeaderName; 3] = [
    HeaderName::from_static("upstash-telemetry-sdk"),
    HeaderName::from_static("upstash-telemetry-runtime"),
    HeaderName::from_static("upstash-telemetry-platform"),
];

/// What to send, and how the answer shall come.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Below the endpoint's URL, without a leading slash.
    pub path: Cow<'static, str>,
    pub body: Bytes,
    /// Whether strings shall come base64, which is how any byte survives JSON.
    pub base64: bool,
    /// The newest sync token, for reading one's own writes on a Global Database.
    pub sync_token: Option<String>,
    /// Whether the replica nearby may answer.
    pub nearest: bool,
}

impl Request {
    /// A request to the primary whose answer comes base64.
    pub fn new(path: &'static str, body: Vec<u8>) -> Self {
        Self { path: Cow::Borrowed(path), body: body.into(), base64: true, ..Self::default() }
    }
}

/// An HTTP status and the body that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub sync_token: Option<String>,
}

/// How far a request had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No connection: nobody has seen the request.
    Connecting,
    /// The request was on its way; whether it was carried out is unknown.
    Waiting,
    /// The answer had begun: it was carried out.
    Reading,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub stage: Stage,
    pub error: ErrorKind,
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = std::result::Result<Answer, Failure>> + Send + 'a>>;

/// Sends a request body to a path of the endpoint (`""`, `"pipeline"`, `"multi-exec"`, …).
pub trait Transport: Send + Sync {
    /// What must not appear in any text about what was answered: an endpoint may echo the request.
    fn secret(&self) -> Option<&str> {
        None
    }

    fn send(&self, request: Request) -> Sending<'_>;
}

/// Names of the SDK, the runtime and the platform, sent along unless the user does not want it.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    pub sdk: Option<String>,
    pub runtime: Option<String>,
    pub platform: Option<String>,
}

/// Where to and as whom.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// As Upstash prints it (`https://….upstash.io`).
    pub url: String,
    /// A replica nearby, for reads.
    pub read_url: Option<String>,
    pub token: String,
    pub telemetry: Telemetry,
    /// Whether each request shall have a connection of its own.
    pub close_connections: bool,
}

/// HTTP over reqwest, TLS by rustls with ring.
pub struct HttpTransport {
    http: reqwest::Client,
    url: String,
    read_url: Option<String>,
    token: String,
    headers: HeaderMap,
}

impl HttpTransport {
    /// `url` as Upstash prints it (`https://….upstash.io`).
    pub fn new(url: &str, token: &str) -> Result<Self> {
        Self::to(Endpoint { url: url.to_owned(), token: token.to_owned(), ..Endpoint::default() })
    }

    pub fn to(endpoint: Endpoint) -> Result<Self> {
        let Endpoint { url, read_url, token, telemetry, close_connections } = endpoint;
        let mut headers = default_headers(&token)?;
        for (name, value) in TELEMETRY.into_iter().zip([telemetry.sdk, telemetry.runtime, telemetry.platform]) {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        let bare = |url: String| url.trim_end_matches('/').to_owned();
        Ok(Self { http: http_client(close_connections)?, url: bare(url), read_url: read_url.map(bare), token, headers })
    }

    fn build(&self, request: Request) -> reqwest::RequestBuilder {
        let base = self.read_url.as_ref().filter(|_| request.nearest).unwrap_or(&self.url);
        let mut headers = self.headers.clone();
        if request.base64 {
            headers.insert(ENCODING, HeaderValue::from_static("base64"));
        }
        if let Some(token) = request.sync_token.and_then(|token| HeaderValue::from_str(&token).ok()) {
            headers.insert(SYNC_TOKEN, token);
        }
        self.http.post(format!("{base}/{}", request.path)).headers(headers).body(request.body)
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Errors
    /// Those of the network; whatever status it has, an answer is none.
    pub async fn open(&self, path: String) -> Result<Events> {
        let request = self.build(Request { path: path.into(), ..Request::default() });
        let request = request.header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let response = request.send().await.map_err(|error| ErrorKind::Network(text_of(error)))?;
        Ok(Events(response))
    }
}

/// An answer that comes little by little.
pub struct Events(reqwest::Response);

impl Events {
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// The next bytes, `None` at the end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.0.chunk().await.map_err(|error| ErrorKind::Network(text_of(error)))
    }
}

/// One for the process: its making reads the system's certificates, and connections are found again by any client.
/// Another is for those who want none kept.
pub(crate) fn http_client(close_connections: bool) -> Result<reqwest::Client> {
    static SHARED: [OnceCell<reqwest::Client>; 2] = [OnceCell::new(), OnceCell::new()];
    SHARED[usize::from(close_connections)]
        .get_or_try_init(|| {
            // Another copy of the addon in this process may have installed it already: either is fine.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let builder = || {
                reqwest::Client::builder()
                    // A redirect would send the token to whoever the answer names.
                    .redirect(reqwest::redirect::Policy::none())
                    .connect_timeout(Duration::from_secs(5))
                    .pool_max_idle_per_host(if close_connections { 0 } else { usize::MAX })
                    .tcp_keepalive(TCP_KEEPALIVE)
                    .tcp_nodelay(true)
            };
            // Slim images have no system certificates: then Mozilla's list is used.
            builder().build().or_else(|_| builder().tls_certs_only(mozilla_roots()).build())
        })
        .cloned()
        .map_err(|error: reqwest::Error| ErrorKind::Network(text_of(error)))
}

fn default_headers(token: &str) -> Result<HeaderMap> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        ErrorKind::Config(
            "token: found characters that no HTTP header may hold; expected the token as Upstash prints it".to_owned(),
        )
    })?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, bearer), (CONTENT_TYPE, HeaderValue::from_static("application/json"))]))
}

fn mozilla_roots() -> Vec<reqwest::Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok()).collect()
}

impl Transport for HttpTransport {
    fn secret(&self) -> Option<&str> {
        Some(&self.token)
    }

    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(async move {
            let mut response = self.build(request).send().await.map_err(|error| Failure {
                stage: if error.is_connect() { Stage::Connecting } else { Stage::Waiting },
                error: ErrorKind::Network(text_of(error)),
            })?;
            let status = response.status().as_u16();
            let sync_token =
                response.headers().get(SYNC_TOKEN).and_then(|token| token.to_str().ok()).map(str::to_owned);
            let body = read_answer(&mut response).await?;
            Ok(Answer { status, body, sync_token })
        })
    }
}

/// The body of an answer.
pub(crate) async fn read_answer(response: &mut reqwest::Response) -> std::result::Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let broken = |error| Failure { stage: Stage::Reading, error };
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(ErrorKind::Network(text_of(error))))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(broken(ErrorKind::Protocol(format!("an answer larger than {MAX_ANSWER_BYTES} bytes"))));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// reqwest's text with its causes, without the URL (a user may have put a secret into it).
pub(crate) fn text_of(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
