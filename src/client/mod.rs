//! The Upstash REST client: a command in, a reply out. Knows nothing of what is stored.

mod batch;
mod breaker;
mod codec;
mod commands;
pub mod frame;
mod position;
mod replica;
mod retry;
mod script;
mod session;
mod subscribe;
mod transport;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use breaker::{Breaker, Permit};
pub use codec::{Command, Reply};
pub use retry::{Budget, Policy};
pub use script::Script;
pub use session::{Options, Session, Sink, Status};
pub use subscribe::{listen, path_of, subscribe};
pub use transport::{Answer, Endpoint, Failure, HttpTransport, Request, Sending, Stage, Telemetry, Transport};
pub(crate) use transport::{http_client, read_answer, text_of};

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::error::{ErrorKind, Result};

/// How long the breaker's own trial may take: nobody waits for it.
const TRIAL_DEADLINE: Duration = Duration::from_secs(2);

/// One endpoint, its transport and its breaker. Cheap to share behind an `Arc`.
pub struct Client {
    transport: Arc<dyn Transport>,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    last_error: Mutex<Option<String>>,
}

impl Client {
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, breaker: Breaker::default(), clock, last_error: Mutex::default() }
    }

    /// Whether the breaker is open: the endpoint is not asked at the moment.
    pub fn is_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// The trial that may close the breaker, when it is open and the trial is due. For callers who do not even send
    /// while it is open; everybody else's [`Client::command`] starts it.
    pub fn due_trial(self: &Arc<Self>) -> Option<impl Future<Output = ()> + Send + 'static> {
        let due = matches!(self.breaker.permit(self.clock.monotonic_ms()), Permit::RefuseAndTry(_));
        let client = Arc::clone(self);
        due.then_some(async move { client.try_again().await })
    }

    /// Sends one command and waits at most `deadline` for its reply.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] at once while the breaker is open; otherwise what went wrong.
    pub async fn command(self: &Arc<Self>, command: &Command, deadline: Duration) -> Result<Reply> {
        let answer = self.request("", codec::encode_command(command), deadline).await?;
        self.judge(codec::decode_command(answer.status, &answer.body))
    }

    /// Sends commands in one request; they are executed in order, not atomically.
    ///
    /// # Errors
    /// As [`Client::command`]; errors of single commands are in the list.
    pub async fn pipeline(self: &Arc<Self>, commands: &[Command], deadline: Duration) -> Result<Vec<Result<Reply>>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.request("pipeline", codec::encode_pipeline(commands), deadline).await?;
        let replies = self.judge(codec::decode_pipeline(answer.status, &answer.body, commands.len()))?;
        Ok(replies.into_iter().map(|reply| reply.map_err(|error| self.without_secret(error))).collect())
    }

    async fn request(self: &Arc<Self>, path: &'static str, body: Vec<u8>, deadline: Duration) -> Result<Answer> {
        if let Some(failures) = self.refusal() {
            return Err(ErrorKind::Unavailable(failures));
        }
        self.send(Request::new(path, body), deadline).await
    }

    /// After how many failures in a row the endpoint is not asked now, if it is not. Starts the trial when it is due.
    fn refusal(self: &Arc<Self>) -> Option<u32> {
        match self.breaker.permit(self.clock.monotonic_ms()) {
            Permit::Ask => None,
            Permit::Refuse(failures) => Some(failures),
            Permit::RefuseAndTry(failures) => {
                let client = Arc::clone(self);
                tokio::spawn(async move { client.try_again().await });
                Some(failures)
            }
        }
    }

    /// Sends one request; what fails counts as an outage.
    async fn send(&self, request: Request, deadline: Duration) -> Result<Answer> {
        match tokio::time::timeout(deadline, self.transport.send(request)).await {
            Ok(sent) => sent.map_err(|failure| self.count(failure.error)),
            Err(_) => Err(self.count(ErrorKind::Timeout(deadline.as_millis() as u64))),
        }
    }

    async fn try_again(&self) {
        let ping = codec::encode_command(&crate::command!["PING"]);
        if let Ok(answer) = self.send(Request::new("", ping), TRIAL_DEADLINE).await {
            let _ = self.judge(codec::decode_command(answer.status, &answer.body));
        }
    }

    /// An answer that makes no sense is an outage as much as none.
    fn judge<T>(&self, decoded: Result<T>) -> Result<T> {
        if matches!(&decoded, Err(error) if error.is_outage()) {
            return decoded.map_err(|error| self.count(error));
        }
        self.breaker.succeeded();
        decoded.map_err(|error| self.without_secret(error))
    }

    /// Counts an outage; gives the error back without the token.
    fn count(&self, error: ErrorKind) -> ErrorKind {
        let error = self.without_secret(error);
        if error.is_outage() {
            *self.last_error.lock() = Some(error.to_string());
            self.breaker.failed(self.clock.monotonic_ms());
        }
        error
    }

    fn without_secret(&self, error: ErrorKind) -> ErrorKind {
        match self.transport.secret() {
            Some(secret) => error.map_text(|text| hide(text, secret)),
            None => error,
        }
    }
}

/// `text` without `secret`, also where an excerpt was cut within it.
fn hide(text: &str, secret: &str) -> String {
    let mut text = text.replace(secret, "[token]");
    let cut =
        (1..secret.len()).rev().filter(|at| secret.is_char_boundary(*at)).find(|at| text.ends_with(&secret[..*at]));
    if let Some(length) = cut.filter(|length| *length >= 4) {
        text.truncate(text.len() - length);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::clock::ManualClock;

    /// Hangs while `down`, else answers PONG. Counts what it was asked.
    #[derive(Default)]
    struct Endpoint {
        asked: Arc<AtomicU32>,
        down: Arc<std::sync::atomic::AtomicBool>,
    }

    impl Transport for Endpoint {
        fn send(&self, _request: Request) -> Sending<'_> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async {
                if self.down.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
                Ok(Answer { status: 200, body: br#"{"result":"UE9ORw=="}"#.to_vec(), sync_token: None })
            })
        }
    }

    const DEADLINE: Duration = Duration::from_millis(150);

    #[test]
    fn a_secret_is_hidden_whole_and_cut_off() {
        assert_eq!(hide("Bearer abcdefgh!", "abcdefgh"), "Bearer [token]!");
        assert_eq!(hide("Bearer abcdef", "abcdefgh"), "Bearer ");
        assert_eq!(hide("a lab", "abcdefgh"), "a lab");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hung_endpoint_costs_three_deadlines_then_nothing_and_heals_without_a_request_of_ours() {
        let endpoint = Endpoint::default();
        let (asked, down) = (Arc::clone(&endpoint.asked), Arc::clone(&endpoint.down));
        let clock = Arc::new(ManualClock::default());
        let client = Arc::new(Client::new(Arc::new(endpoint), Arc::clone(&clock) as Arc<dyn Clock>));
        let ping = crate::command!["PING"];

        down.store(true, Ordering::Relaxed);
        for _ in 0..3 {
            assert_eq!(client.command(&ping, DEADLINE).await, Err(ErrorKind::Timeout(150)));
        }
        let before = tokio::time::Instant::now();
        assert_eq!(client.command(&ping, DEADLINE).await, Err(ErrorKind::Unavailable(3)));
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(asked.load(Ordering::Relaxed), 3);

        down.store(false, Ordering::Relaxed);
        clock.advance(500);
        assert_eq!(
            client.command(&ping, DEADLINE).await,
            Err(ErrorKind::Unavailable(3)),
            "the trial is nobody's request"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        assert_eq!(client.command(&ping, DEADLINE).await, Ok(Reply::Bytes(b"PONG".to_vec())));
    }
}
