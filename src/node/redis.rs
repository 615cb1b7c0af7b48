//! `RestClient`: one client's traffic with Upstash. `redis/` makes `Redis` of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{BufferSlice, spawn};
use napi_derive::napi;
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::error::to_js;
use super::hub::{Hub, Inbox};
use crate::client::{Client, Endpoint, HttpTransport, Options, Policy, Session, Sink, Telemetry, Transport, subscribe};
use crate::clock::SystemClock;
use crate::config;
use crate::error::ErrorKind;

/// What a client is told, all of it checked or computed by `redis/options.js`.
#[napi(object)]
pub struct ClientOptions {
    pub url: String,
    pub token: String,
    /// A replica nearby, for reads.
    pub read_url: Option<String>,
    /// The longest that a call may take, in ms; 0 for no limit.
    pub timeout: f64,
    /// The pause before each retry, in ms.
    pub pauses: Vec<f64>,
    /// Whether pauses are shortened by chance.
    pub jitter: bool,
    /// Whether only requests that nobody has seen are sent again.
    pub unsent_only: bool,
    /// Whether strings shall come base64.
    pub base64: bool,
    pub read_your_writes: bool,
    /// Whether calls of one moment may go together.
    pub together: bool,
    /// Whether connections stay open.
    pub keep_alive: bool,
    /// What is told about SDK, runtime and platform.
    pub telemetry: Option<Vec<String>>,
}

/// How the endpoint is doing.
#[napi(object)]
pub struct ClientStatus {
    /// Whether the circuit breaker is open.
    pub open: bool,
    /// Failures in a row.
    pub failures: u32,
    /// What is left of the retry budget, from 1 to 0.
    pub retry_budget: f64,
    pub last_error: Option<String>,
}

/// The Upstash REST client.
#[napi]
pub struct RestClient {
    session: Arc<Session>,
    transport: Arc<HttpTransport>,
    inbox: Arc<Inbox>,
    subscriptions: Mutex<HashMap<u32, AbortHandle>>,
}

#[napi]
impl RestClient {
    /// Throws `E_CONFIG` for a URL or a token that can't be one.
    #[napi(constructor)]
    pub fn new(options: ClientOptions, hub: &Hub) -> napi::Result<Self, String> {
        let (Some(url), Some(token)) = config::credentials(Some(options.url), Some(options.token)).map_err(to_js)?
        else {
            return Err(to_js(ErrorKind::Config("url and token: missing".to_owned())));
        };
        let (read_url, _) = config::credentials(options.read_url.clone(), options.read_url.map(|_| token.clone()))
            .map_err(|error| to_js(ErrorKind::Config(error.to_string().replacen("url", "readUrl", 1))))?;
        let mut telemetry = options.telemetry.unwrap_or_default().into_iter();
        let telemetry = Telemetry { sdk: telemetry.next(), runtime: telemetry.next(), platform: telemetry.next() };
        let replica = read_url.is_some();
        let endpoint = Endpoint { url, read_url, token, telemetry, close_connections: !options.keep_alive };
        let transport = Arc::new(HttpTransport::to(endpoint).map_err(to_js)?);
        let retry = Policy { pauses_ms: options.pauses, jitter: options.jitter, unsent_only: options.unsent_only };
        let options = Options {
            timeout: (options.timeout > 0.0).then(|| Duration::from_millis(options.timeout as u64)),
            retry,
            base64: options.base64,
            read_your_writes: options.read_your_writes,
            together: options.together,
            replica,
        };
        let shared = Arc::clone(&transport) as Arc<dyn Transport>;
        let client = Arc::new(Client::new(shared, Arc::new(SystemClock)));
        let session = Arc::new(Session::new(client, options));
        Ok(Self { session, transport, inbox: hub.inbox(), subscriptions: Mutex::default() })
    }

    /// Sends the calls that the first `length` bytes of `calls` hold.
    #[napi]
    pub fn submit(&self, calls: BufferSlice<'_>, length: u32) {
        let calls = calls.get(..length as usize).unwrap_or_default().to_vec();
        let (session, inbox) = (Arc::clone(&self.session), Arc::clone(&self.inbox));
        spawn(async move { session.run(calls, inbox as Arc<dyn Sink>).await });
    }

    /// Nobody waits for this slot any more: what has not been sent is not.
    #[napi]
    pub fn cancel(&self, slot: u32) {
        self.session.cancel(slot);
    }

    /// Listens to a channel, or to a pattern of channels; events go to `slot`.
    #[napi]
    pub fn subscribe(&self, slot: u32, channel: String, pattern: bool) {
        let listening = subscribe(Arc::clone(&self.transport), pattern, channel, slot, self.inbox() as Arc<dyn Sink>);
        self.subscriptions.lock().insert(slot, spawn(listening).abort_handle());
    }

    /// Ends it. What has been heard before may still come.
    #[napi]
    pub fn unsubscribe(&self, slot: u32) {
        if let Some(listening) = self.subscriptions.lock().remove(&slot) {
            listening.abort();
        }
    }

    #[napi]
    pub fn status(&self) -> ClientStatus {
        let status = self.session.status();
        ClientStatus {
            open: status.open,
            failures: status.failures,
            retry_budget: status.retries_left,
            last_error: status.last_error,
        }
    }

    /// The newest sync token that Upstash gave.
    #[napi(getter)]
    pub fn sync_token(&self) -> Option<String> {
        self.session.sync_token()
    }

    #[napi(setter)]
    pub fn set_sync_token(&self, token: Option<String>) {
        self.session.set_sync_token(token);
    }
}

impl RestClient {
    fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }
}

impl Drop for RestClient {
    fn drop(&mut self) {
        for listening in self.subscriptions.get_mut().values() {
            listening.abort();
        }
    }
}
