//! The way of a request: sent, sent again where nobody answered, and what the answer means.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::message::Common;
use super::path::Request;
use super::{Call, Headers, Pairs};
use serde::de::IgnoredAny;

use crate::client::frame::excerpt;
use crate::client::{Budget, Failure, Policy, Stage, http_client, read_answer, text_of};
use crate::error::{ErrorKind, Result};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub type Carrying<'a> = Pin<Box<dyn Future<Output = std::result::Result<Carried, Failure>> + Send + 'a>>;

/// Takes a request to QStash and its answer back.
pub trait Carrier: Send + Sync {
    fn carry<'a>(&'a self, request: &'a Request) -> Carrying<'a>;
}

/// HTTP over reqwest.
pub struct HttpCarrier {
    http: reqwest::Client,
    bearer: HeaderValue,
}

impl HttpCarrier {
    pub fn new(token: &str) -> Result<Self> {
        let wrong = || ErrorKind::Config("token: found characters that no HTTP header may hold".to_owned());
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| wrong())?;
        bearer.set_sensitive(true);
        Ok(Self { http: http_client(false)?, bearer })
    }
}

impl Carrier for HttpCarrier {
    fn carry<'a>(&'a self, request: &'a Request) -> Carrying<'a> {
        Box::pin(async move {
            let mut headers = HeaderMap::new();
            for (name, value) in request.headers.iter() {
                // A character stands for a byte.
                let bytes: Vec<u8> = value.chars().map(|found| found as u32 as u8).collect();
                let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&bytes))
                else {
                    let error = ErrorKind::QstashCall(format!("{name}: not a header"));
                    return Err(Failure { stage: Stage::Reading, error });
                };
                headers.insert(name, value);
            }
            headers.insert(AUTHORIZATION, self.bearer.clone());
            let sent = self.http.request(request.method.clone(), request.url.clone()).headers(headers);
            let mut response = sent.body(request.body.clone()).send().await.map_err(|error| Failure {
                stage: if error.is_connect() { Stage::Connecting } else { Stage::Waiting },
                error: ErrorKind::Network(text_of(error)),
            })?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok(Carried { status, headers, body: read_answer(&mut response).await? })
        })
    }
}

/// More calls than the plan has. What QStash said about it, as it said it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Of the day, else of the moment.
    pub daily: bool,
    pub limit: Option<String>,
    pub remaining: Option<String>,
    pub reset: Option<String>,
}

impl RateLimit {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: String| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let daily = headers.contains_key("ratelimit-limit");
        let prefix = if daily { "ratelimit" } else { "burst-ratelimit" };
        let [limit, remaining, reset] = ["limit", "remaining", "reset"].map(|name| text(format!("{prefix}-{name}")));
        Self { daily, limit, remaining, reset }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| serde_json::Value::from(value.clone());
        let (limit, remaining, reset) = (shown(&self.limit), shown(&self.remaining), shown(&self.reset));
        let which = if self.daily { "daily" } else { "burst" };
        write!(formatter, r#"Exceeded {which} rate limit. {{"limit":{limit},"remaining":{remaining},"reset":{reset}}}"#)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Without a slash at its end.
    pub url: String,
    pub token: String,
    /// Headers that every message gets.
    pub headers: Pairs,
    pub telemetry: Pairs,
    /// The longest that a call may take, retries included.
    pub timeout: Option<Duration>,
    pub retry: Policy,
}

/// One client's traffic with QStash.
pub struct Sender<C> {
    carrier: C,
    base: String,
    token: String,
    common: Common,
    timeout: Option<Duration>,
    retry: Policy,
    budget: Budget,
}

impl<C: Carrier> Sender<C> {
    pub fn new(carrier: C, options: Options) -> Result<Self> {
        let Options { url, token, headers, telemetry, timeout, retry } = options;
        let common = Common { headers: Headers::of_message(&headers)?, telemetry };
        let base = format!("{}/v2", url.trim_end_matches('/'));
        Ok(Self { carrier, base, token, common, timeout, retry, budget: Budget::default() })
    }

    /// Makes a call, with the body of a message. The text of the answer, which is JSON unless nobody reads it.
    ///
    /// # Errors
    /// [`ErrorKind::QstashCall`] where it can't be made, [`ErrorKind::Network`] and [`ErrorKind::Timeout`] where there was no
    /// answer, [`ErrorKind::Qstash`] and [`ErrorKind::QstashRateLimit`] where it was no, and [`ErrorKind::Protocol`] where
    /// it was none of QStash's.
    pub async fn call(&self, call: &Call, body: Bytes) -> Result<String> {
        let request = call.request(&self.base, &self.common, body)?;
        let answer = match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, self.carry(&request))
                .await
                .unwrap_or_else(|_| Err(ErrorKind::Timeout(timeout.as_millis() as u64))),
            None => self.carry(&request).await,
        };
        // An endpoint may echo the request.
        let without_token = |text: &str| text.replace(&self.token, "[token]");
        let text = answer.and_then(judge).map_err(|error| error.map_text(without_token))?;
        if call.is_quiet() || serde_json::from_str::<IgnoredAny>(&text).is_ok() {
            return Ok(text);
        }
        Err(ErrorKind::Protocol(excerpt(without_token(&text).as_bytes())))
    }

    /// Carries it until it is answered, or not to be sent again.
    async fn carry(&self, request: &Request) -> Result<Carried> {
        for attempt in 0.. {
            let Failure { stage, error } = match self.carrier.carry(request).await {
                Ok(answer) => {
                    self.budget.answered();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            // An answer that had begun says that the call was carried out.
            let sensible = stage == Stage::Connecting || (stage == Stage::Waiting && !self.retry.unsent_only);
            match self.retry.pause(attempt) {
                Some(pause) if self.budget.failed() && sensible => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
        Err(ErrorKind::Unavailable(0))
    }
}

fn judge(answer: Carried) -> Result<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    match answer.status {
        200..=299 => Ok(text),
        429 => Err(ErrorKind::QstashRateLimit(Box::new(RateLimit::of(&answer.headers)))),
        status if text.is_empty() => Err(ErrorKind::Qstash { status, text: format!("Error: status={status}") }),
        status => Err(ErrorKind::Qstash { status, text }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use parking_lot::Mutex;

    use super::*;

    /// Fails as it is told, then answers.
    #[derive(Default)]
    struct Line {
        failures: Mutex<Vec<Stage>>,
        answer: Carried,
        delay_ms: u64,
        carried: AtomicUsize,
    }

    impl Carrier for Line {
        fn carry<'a>(&'a self, _request: &'a Request) -> Carrying<'a> {
            self.carried.fetch_add(1, Ordering::Relaxed);
            Box::pin(async {
                tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
                match self.failures.lock().pop() {
                    Some(stage) => Err(Failure { stage, error: ErrorKind::Network("gone".to_owned()) }),
                    None => Ok(self.answer.clone()),
                }
            })
        }
    }

    async fn send(line: Line, timeout: Option<Duration>) -> (Result<String>, usize) {
        let retry = Policy { pauses_ms: vec![10.0; 2], ..Policy::default() };
        let options = Options {
            url: "https://q/".to_owned(),
            token: "secret-token".to_owned(),
            timeout,
            retry,
            ..Options::default()
        };
        let sender = Sender::new(line, options).expect("a sender");
        let call = Call::parse(r#"{"call":"plain","method":"GET","path":["queues"]}"#).expect("a call");
        let answer = sender.call(&call, Bytes::new()).await;
        (answer, sender.carrier.carried.load(Ordering::Relaxed))
    }

    fn answer(status: u16, body: &str) -> Line {
        Line { answer: Carried { status, body: body.into(), ..Carried::default() }, ..Line::default() }
    }

    fn failing(failures: &[Stage]) -> Line {
        Line { failures: Mutex::new(failures.to_vec()), ..answer(200, "[]") }
    }

    #[tokio::test(start_paused = true)]
    async fn what_got_no_answer_is_sent_again_so_often() {
        assert_eq!(send(failing(&[Stage::Connecting, Stage::Waiting]), None).await, (Ok("[]".to_owned()), 3));
        let gone = Err(ErrorKind::Network("gone".to_owned()));
        assert_eq!(send(failing(&[Stage::Waiting; 3]), None).await, (gone.clone(), 3));
        assert_eq!(send(failing(&[Stage::Reading]), None).await, (gone, 1), "it was carried out");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_takes_no_longer_than_its_timeout_whoever_hangs() {
        let line = Line { delay_ms: 60_000, ..answer(200, "[]") };
        let before = tokio::time::Instant::now();
        let (found, _) = send(line, Some(Duration::from_millis(500))).await;
        assert_eq!((found, before.elapsed().as_millis()), (Err(ErrorKind::Timeout(500)), 500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_is_an_answer_and_not_sent_again() {
        let refused = |status, text: &str| Err(ErrorKind::Qstash { status, text: text.to_owned() });
        assert_eq!(send(answer(500, "boom"), None).await, (refused(500, "boom"), 1));
        assert_eq!(send(answer(412, ""), None).await.0, refused(412, "Error: status=412"));
        assert_eq!(send(answer(302, ""), None).await.0, refused(302, "Error: status=302"));
        assert_eq!(send(answer(400, "not secret-token!"), None).await.0, refused(400, "not [token]!"));
        assert_eq!(send(answer(200, "\u{feff}{}"), None).await.0, Ok("{}".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_no_json_is_none_of_qstash() {
        for page in ["", "<html>", "{} x"] {
            assert_eq!(send(answer(200, page), None).await.0, Err(ErrorKind::Protocol(page.to_owned())));
        }
        assert_eq!(send(answer(200, "secret-token"), None).await.0, Err(ErrorKind::Protocol("[token]".to_owned())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_tells_of_which_kind_it_is() {
        let limited = async |headers: &[(&'static str, &'static str)]| {
            let mut line = answer(429, "");
            for (name, value) in headers {
                line.answer.headers.insert(*name, HeaderValue::from_static(value));
            }
            let error = send(line, None).await.0.expect_err("a limit");
            (error.code(), error.to_string())
        };
        assert_eq!(
            limited(&[("burst-ratelimit-limit", "1"), ("burst-ratelimit-reset", "3")]).await,
            (
                "E_QSTASH_RATELIMIT",
                r#"Exceeded burst rate limit. {"limit":"1","remaining":null,"reset":"3"}"#.to_owned()
            )
        );
        assert_eq!(limited(&[("ratelimit-limit", "1")]).await.0, "E_QSTASH_DAILY_RATELIMIT");
        assert_eq!(limited(&[]).await.0, "E_QSTASH_RATELIMIT");
    }
}
