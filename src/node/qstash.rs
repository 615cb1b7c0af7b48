//! `QstashClient` and `verifySignature`. `qstash/` makes `QStash` and `Receiver` of them.

use std::sync::Arc;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{BufferSlice, PromiseRaw};
use napi_derive::napi;

use super::error::to_js;
use crate::client::Policy;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::error::ErrorKind;
use crate::qstash::{Call, Delivery, HttpCarrier, Options, Sender, SigningKeys, verify};

/// What a client is told, all of it checked or computed by `qstash/options.js`.
#[napi(object)]
pub struct QstashOptions {
    pub url: String,
    pub token: String,
    /// Name and value of the headers that every message gets.
    pub headers: Vec<(String, String)>,
    pub telemetry: Vec<(String, String)>,
    /// The longest that a call may take, in ms; 0 for no limit.
    pub timeout: f64,
    /// The pause before each retry, in ms.
    pub pauses: Vec<f64>,
    /// Whether pauses are shortened by chance.
    pub jitter: bool,
    /// Whether only requests that nobody has seen are sent again.
    pub unsent_only: bool,
}

/// What became of a call: the text of the answer, or an error.
#[napi(object)]
pub struct QstashAnswer {
    pub text: Option<String>,
    pub error: Option<QstashFailure>,
}

#[napi(object)]
pub struct QstashFailure {
    pub code: String,
    pub message: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What was said about a rate limit.
    pub limit: Option<String>,
    pub remaining: Option<String>,
    pub reset: Option<String>,
}

/// The QStash client.
#[napi]
pub struct QstashClient {
    sender: Arc<Sender<HttpCarrier>>,
}

#[napi]
impl QstashClient {
    /// Throws `E_CONFIG` for a URL, a token or a header that can't be one.
    #[napi(constructor)]
    pub fn new(options: QstashOptions) -> napi::Result<Self, String> {
        config::credentials(Some(options.url.clone()), Some(options.token.clone())).map_err(|error| {
            let text = error.to_string().replace("https://name-12345.upstash.io", "https://qstash.upstash.io");
            to_js(ErrorKind::Config(text.replacen("url:", "baseUrl:", 1)))
        })?;
        let carrier = HttpCarrier::new(&options.token).map_err(to_js)?;
        let retry = Policy { pauses_ms: options.pauses, jitter: options.jitter, unsent_only: options.unsent_only };
        let options = Options {
            url: options.url,
            token: options.token,
            headers: options.headers,
            telemetry: options.telemetry,
            timeout: (options.timeout > 0.0).then(|| Duration::from_millis(options.timeout as u64)),
            retry,
        };
        let sender = Sender::new(carrier, options).map_err(|error| to_js(ErrorKind::Config(error.to_string())))?;
        Ok(Self { sender: Arc::new(sender) })
    }

    /// Makes a call: `call` is JSON (see `src/qstash/call.rs`), `body` the body of a message.
    #[napi(ts_return_type = "Promise<QstashAnswer>")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        call: String,
        body: Option<BufferSlice<'env>>,
    ) -> napi::Result<PromiseRaw<'env, QstashAnswer>> {
        let sender = Arc::clone(&self.sender);
        let body = body.map(|body| body.to_vec()).unwrap_or_default();
        env.spawn_future(async move {
            let made = match Call::parse(&call) {
                Ok(call) => sender.call(&call, body.into()).await,
                Err(error) => Err(error),
            };
            Ok(made.into())
        })
    }
}

/// Whether QStash sent a request with this body to this URL. Throws `E_QSTASH_SIGNATURE` with the reason, and `E_CONFIG`
/// without keys.
#[napi]
pub fn verify_signature(
    signature: String,
    body: BufferSlice<'_>,
    url: Option<String>,
    clock_tolerance: f64,
    current_key: String,
    next_key: String,
) -> napi::Result<(), String> {
    // Claims are whole seconds.
    let now = (SystemClock.wall_ms() / 1_000) as f64;
    let delivery =
        Delivery { signature: &signature, body: &body, url: url.as_deref(), tolerance: clock_tolerance, now };
    verify(&delivery, SigningKeys { current: &current_key, next: &next_key }).map_err(to_js)
}

impl From<crate::error::Result<String>> for QstashAnswer {
    fn from(made: crate::error::Result<String>) -> Self {
        match made {
            Ok(text) => Self { text: Some(text), error: None },
            Err(error) => Self { text: None, error: Some(error.into()) },
        }
    }
}

impl From<ErrorKind> for QstashFailure {
    fn from(error: ErrorKind) -> Self {
        let (code, message) = (error.code().to_owned(), error.to_string());
        let bare = Self { code, message, status: None, limit: None, remaining: None, reset: None };
        match error {
            ErrorKind::Qstash { status, .. } => Self { status: Some(status), ..bare },
            ErrorKind::QstashRateLimit(found) => {
                let (limit, remaining, reset) = (found.limit, found.remaining, found.reset);
                Self { status: Some(429), limit, remaining, reset, ..bare }
            }
            _ => bare,
        }
    }
}
