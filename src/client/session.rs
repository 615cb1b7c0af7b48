//! What a client does for its calls: requests in order, retries, replies to those who wait.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Client;
use super::batch::{Batch, plan};
use super::breaker::{Breaker, Permit};
use super::frame::{self, Call, Decoding};
use super::position::{Position, Source, Ticket};
use super::replica;
use super::retry::{Budget, Policy};
use super::transport::{Answer, Failure, Request, Stage};
use crate::error::{ErrorKind, Result};

/// The requests of one client that are under way at once; more wait for their turn. Each has a connection of its own.
const MAX_IN_FLIGHT: usize = 128;

/// Who is told what became of calls.
pub trait Sink: Send + Sync {
    /// Takes a frame of completions.
    fn complete(&self, completions: Vec<u8>);
}

#[derive(Debug, Clone)]
pub struct Options {
    /// The longest that a call may take, retries included.
    pub timeout: Option<Duration>,
    pub retry: Policy,
    /// Whether strings shall come base64.
    pub base64: bool,
    /// Whether what was written is read, also from a replica.
    pub read_your_writes: bool,
    /// Whether calls of one moment may go together, which also keeps their order.
    pub together: bool,
    /// Whether there is a replica nearby for what only reads.
    pub replica: bool,
}

/// How the endpoint is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub open: bool,
    pub failures: u32,
    /// What is left of the retry budget, from 1 to 0.
    pub retries_left: f64,
    pub last_error: Option<String>,
}

/// One client's traffic with its endpoint.
pub struct Session {
    client: Arc<Client>,
    budget: Budget,
    options: Options,
    position: Mutex<Position>,
    /// The replica's own: one that is away is no reason to leave the primary alone.
    replica: Breaker,
    /// Slots whose callers have gone: they are not sent, or not once more.
    cancelled: Mutex<HashSet<u32>>,
    in_flight: Semaphore,
}

impl Session {
    pub fn new(client: Arc<Client>, options: Options) -> Self {
        Self {
            client,
            budget: Budget::default(),
            options,
            position: Mutex::default(),
            replica: Breaker::default(),
            cancelled: Mutex::default(),
            in_flight: Semaphore::new(MAX_IN_FLIGHT),
        }
    }

    pub fn sync_token(&self) -> Option<String> {
        self.position.lock().token()
    }

    pub fn set_sync_token(&self, token: Option<String>) {
        self.position.lock().set(token);
    }

    pub fn status(&self) -> Status {
        let (open, failures) = self.client.breaker.state();
        let last_error = self.client.last_error.lock().clone();
        Status { open, failures, retries_left: self.budget.left(), last_error }
    }

    /// Nobody waits for this slot any more.
    pub fn cancel(&self, slot: u32) {
        self.cancelled.lock().insert(slot);
    }

    /// Carries out a frame of calls and tells the sink of each.
    pub async fn run(self: Arc<Self>, calls: Vec<u8>, sink: Arc<dyn Sink>) {
        // Without slots nobody could be told; the frame's writer and its reader are in one package.
        let Ok(mut calls) = frame::calls(&calls) else { return };
        let gone = self.take_cancelled(&mut calls);
        let plan = plan(&calls, self.options.together);
        for (slot, error) in gone.into_iter().map(|slot| (slot, aborted())).chain(plan.refused) {
            let mut out = Vec::new();
            frame::fail(&mut out, &[slot], &error);
            sink.complete(out);
        }
        let mut batches = plan.batches.into_iter();
        if batches.len() == 1 {
            if let Some(batch) = batches.next() {
                self.deliver(batch, sink.as_ref()).await;
            }
            return;
        }
        // Reads may overtake reads; nothing overtakes a write.
        let mut running = JoinSet::new();
        let mut after_write = false;
        for batch in batches {
            if self.options.together && (batch.writes || after_write) {
                while running.join_next().await.is_some() {}
            }
            after_write = batch.writes;
            let (session, sink) = (Arc::clone(&self), Arc::clone(&sink));
            running.spawn(async move { session.deliver(batch, sink.as_ref()).await });
        }
        while running.join_next().await.is_some() {}
    }

    async fn deliver(self: &Arc<Self>, batch: Batch, sink: &dyn Sink) {
        let slots = batch.recipients.slots();
        let base64 = self.options.base64 || batch.exact;
        let answer = match self.options.timeout {
            Some(timeout) => {
                let late = || Err(self.client.count(ErrorKind::Timeout(timeout.as_millis() as u64)));
                tokio::time::timeout(timeout, self.ask(&batch, &slots, base64)).await.unwrap_or_else(|_| late())
            }
            None => self.ask(&batch, &slots, base64).await,
        };
        let mut out = Vec::new();
        let decoding = Decoding { base64, secret: self.client.transport.secret() };
        let done = answer.and_then(|(Answer { status, body, .. }, is_replicas)| {
            let done = frame::complete(&mut out, &batch.recipients, status, &body, decoding);
            if is_replicas {
                // It tells nothing of the primary.
                return done;
            }
            // Redis' own words may come with a server's trouble.
            let in_trouble = status >= 500 && matches!(done, Err(ErrorKind::Redis(_)));
            if in_trouble {
                self.client.count(ErrorKind::Status { status, body: frame::excerpt(&body) });
                return done;
            }
            self.client.judge(done)
        });
        if let Err(error) = done {
            out.clear();
            frame::fail(&mut out, &slots, &self.client.without_secret(error));
        }
        self.forget(&slots);
        sink.complete(out);
    }

    /// Sends a request until it is answered, or not to be sent again. The second value is whether the replica answered.
    async fn ask(self: &Arc<Self>, batch: &Batch, slots: &[u32], base64: bool) -> Result<(Answer, bool)> {
        if self.options.replica
            && !batch.primary
            && !self.all_cancelled(slots)
            && let Some(answer) = self.ask_replica(batch, base64).await
        {
            return Ok((answer, true));
        }
        let mut cause = None;
        for attempt in 0.. {
            if self.all_cancelled(slots) {
                return Err(aborted());
            }
            let (error, again) = match self.client.refusal() {
                // Waiting for the trial costs the endpoint nothing, so it takes nothing from the budget.
                Some(failures) => (cause.take().unwrap_or(ErrorKind::Unavailable(failures)), true),
                None => match self.send(batch, base64).await {
                    Ok(answer) => return Ok((answer, false)),
                    Err(failure) => failure,
                },
            };
            match self.options.retry.pause(attempt) {
                Some(pause) if again => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
            // What went wrong says more than that nothing is tried any more.
            cause = Some(error).filter(|error| !matches!(error, ErrorKind::Unavailable(_)));
        }
        Err(ErrorKind::Unavailable(0))
    }

    /// Asks the replica. None where it is not asked now, or does not know better than the primary, which has it all.
    async fn ask_replica(self: &Arc<Self>, batch: &Batch, base64: bool) -> Option<Answer> {
        match self.replica.permit(self.client.clock.monotonic_ms()) {
            Permit::Ask => {}
            Permit::Refuse(_) => return None,
            Permit::RefuseAndTry(_) => {
                let session = Arc::clone(self);
                tokio::spawn(async move { session.try_replica().await });
                return None;
            }
        }
        let half = self.options.timeout.map_or(replica::DEADLINE, |timeout| timeout / 2);
        let request = self.request(batch, base64, true)?;
        let answer = self.reach_replica(request, half.min(replica::DEADLINE)).await?;
        (!replica::defers(&answer.body)).then_some(answer)
    }

    async fn try_replica(&self) {
        let request =
            Request { nearest: true, ..Request::new("", super::codec::encode_command(&crate::command!["PING"])) };
        let ticket = self.position.lock().ticket();
        self.reach_replica((request, ticket), super::TRIAL_DEADLINE).await;
    }

    /// One request to the replica; what it can't answer counts as its outage.
    async fn reach_replica(&self, (request, ticket): (Request, Ticket), deadline: Duration) -> Option<Answer> {
        let _turn = self.in_flight.acquire().await;
        let sent = tokio::time::timeout(deadline, self.client.transport.send(request)).await;
        let answer = sent.ok().and_then(std::result::Result::ok).filter(replica::is_answer);
        match &answer {
            Some(answer) => {
                self.replica.succeeded();
                self.note(&ticket, Source::Anyone, answer);
            }
            None => drop(self.replica.failed(self.client.clock.monotonic_ms())),
        }
        answer
    }

    /// The request as it is sent now. None where only the primary is certain to know of this client's writes, and
    /// another may answer it.
    fn request(&self, batch: &Batch, base64: bool, nearest: bool) -> Option<(Request, Ticket)> {
        let position = self.position.lock();
        if nearest && self.options.read_your_writes && !position.is_certain() {
            return None;
        }
        let ticket = position.ticket();
        let sync_token = ticket.token.clone().filter(|_| self.options.read_your_writes);
        Some((Request { path: batch.path.clone(), body: batch.body.clone(), base64, sync_token, nearest }, ticket))
    }

    fn note(&self, ticket: &Ticket, from: Source, answer: &Answer) {
        if self.options.read_your_writes {
            self.position.lock().answered(ticket, from, answer.sync_token.as_deref());
        }
    }

    /// One attempt at the primary; where it fails, whether another may be made.
    async fn send(&self, batch: &Batch, base64: bool) -> std::result::Result<Answer, (ErrorKind, bool)> {
        // It is never closed.
        let _turn = self.in_flight.acquire().await;
        let Some((request, ticket)) = self.request(batch, base64, false) else { return Err((aborted(), false)) };
        match self.client.transport.send(request).await {
            Ok(answer) => {
                self.budget.answered();
                let from = match () {
                    () if batch.writes => Source::Write,
                    () if self.options.replica => Source::Primary,
                    // One address for all regions: whoever was nearest.
                    () => Source::Anyone,
                };
                self.note(&ticket, from, &answer);
                Ok(answer)
            }
            Err(Failure { stage, error }) => {
                let unseen = stage == Stage::Connecting;
                let sensible = unseen || (stage == Stage::Waiting && !self.options.retry.unsent_only);
                Err((self.client.count(error), self.budget.failed() && sensible))
            }
        }
    }

    /// Takes out the calls whose callers have gone already.
    fn take_cancelled(&self, calls: &mut Vec<Call<'_>>) -> Vec<u32> {
        let mut cancelled = self.cancelled.lock();
        let mut gone = Vec::new();
        if !cancelled.is_empty() {
            calls.retain(|call| {
                let stays = !cancelled.remove(&call.slot);
                if !stays {
                    gone.push(call.slot);
                }
                stays
            });
        }
        gone
    }

    fn all_cancelled(&self, slots: &[u32]) -> bool {
        let cancelled = self.cancelled.lock();
        !cancelled.is_empty() && slots.iter().all(|slot| cancelled.contains(slot))
    }

    fn forget(&self, slots: &[u32]) {
        let mut cancelled = self.cancelled.lock();
        if !cancelled.is_empty() {
            for slot in slots {
                cancelled.remove(slot);
            }
        }
    }
}

fn aborted() -> ErrorKind {
    ErrorKind::Command("aborted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    use crate::client::transport::{Sending, Transport};
    use crate::clock::ManualClock;

    /// Answers what a test wants and remembers what it was asked, and when.
    #[derive(Default)]
    struct Endpoint {
        asked: Mutex<Vec<Request>>,
        failures: Mutex<Vec<Stage>>,
        delay_ms: u64,
    }

    impl Transport for Endpoint {
        fn send(&self, request: Request) -> Sending<'_> {
            let is_list = request.path == "pipeline";
            self.asked.lock().push(request.clone());
            let failure = self.failures.lock().pop();
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
                if let Some(stage) = failure {
                    return Err(Failure { stage, error: ErrorKind::Network("gone".to_owned()) });
                }
                let count = String::from_utf8_lossy(&request.body).matches("],[").count() + 1;
                let item = r#"{"result":1}"#;
                let body = if is_list { format!("[{}]", vec![item; count].join(",")) } else { item.to_owned() };
                Ok(Answer { status: 200, body: body.into(), sync_token: Some("s1".to_owned()) })
            })
        }
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<(u32, u8)>>);

    impl Sink for Heard {
        fn complete(&self, completions: Vec<u8>) {
            let mut rest = completions.as_slice();
            while let [a, b, c, d, ..] = rest {
                let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
                let slot = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]);
                self.0.lock().push((slot, rest[8]));
                rest = &rest[4 + length..];
            }
        }
    }

    fn options() -> Options {
        let retry = Policy { pauses_ms: vec![10.0; 2], jitter: false, unsent_only: false };
        Options { timeout: None, retry, base64: true, read_your_writes: true, together: true, replica: false }
    }

    fn session(endpoint: &Arc<Endpoint>, options: Options) -> Arc<Session> {
        let transport = Arc::clone(endpoint) as Arc<dyn Transport>;
        Arc::new(Session::new(Arc::new(Client::new(transport, Arc::new(ManualClock::default()))), options))
    }

    /// A frame of single commands, one for each, sent by slots from 0 on.
    fn commands(commands: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for (slot, command) in commands.iter().enumerate() {
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&(slot as u32).to_le_bytes());
            out.extend_from_slice(&1u32.to_le_bytes());
            let words: Vec<_> = command.split(' ').collect();
            out.extend_from_slice(&(words.len() as u32).to_le_bytes());
            for word in words {
                out.push(0);
                out.extend_from_slice(&(word.len() as u32).to_le_bytes());
                out.extend_from_slice(word.as_bytes());
            }
        }
        out
    }

    async fn run(session: &Arc<Session>, frame: Vec<u8>) -> Vec<(u32, u8)> {
        let heard = Arc::new(Heard::default());
        Arc::clone(session).run(frame, Arc::clone(&heard) as Arc<dyn Sink>).await;
        let mut slots = heard.0.lock().clone();
        slots.sort_unstable();
        slots
    }

    #[tokio::test(start_paused = true)]
    async fn reads_overtake_reads_and_nothing_overtakes_a_write() {
        let endpoint = Arc::new(Endpoint { delay_ms: 100, ..Endpoint::default() });
        let session = session(&endpoint, options());
        let begin = Instant::now();
        let heard = run(&session, commands(&["keys a", "keys b", "keys c"])).await;
        assert_eq!(heard, [(0, 0), (1, 0), (2, 0)]);
        assert_eq!(begin.elapsed().as_millis(), 100);

        let begin = Instant::now();
        run(&session, commands(&["keys a", "set a 1", "keys b", "keys c"])).await;
        assert_eq!(begin.elapsed().as_millis(), 300);
        assert_eq!(endpoint.asked.lock().len(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_retried_unless_its_answer_had_begun() {
        for (failures, unsent_only, asked, outcome) in [
            (vec![Stage::Connecting, Stage::Waiting], false, 3, 0),
            (vec![Stage::Waiting; 3], false, 3, 2),
            (vec![Stage::Reading], false, 1, 2),
            (vec![Stage::Waiting], true, 1, 2),
            (vec![Stage::Connecting], true, 2, 0),
        ] {
            let endpoint = Arc::new(Endpoint { failures: Mutex::new(failures.clone()), ..Endpoint::default() });
            let retry = Policy { unsent_only, ..options().retry };
            let session = session(&endpoint, Options { retry, ..options() });
            assert_eq!(run(&session, commands(&["incr a"])).await, [(0, outcome)], "{failures:?}");
            assert_eq!(endpoint.asked.lock().len(), asked, "{failures:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_at_its_time_limit_also_between_retries() {
        let endpoint = Arc::new(Endpoint { failures: Mutex::new(vec![Stage::Waiting; 9]), ..Endpoint::default() });
        let retry = Policy { pauses_ms: vec![5_000.0; 5], ..options().retry };
        let timeout = Some(Duration::from_secs(7));
        let session = session(&endpoint, Options { retry, timeout, ..options() });
        let begin = Instant::now();
        assert_eq!(run(&session, commands(&["get a"])).await, [(0, 2)]);
        assert_eq!(begin.elapsed().as_secs(), 7);
        assert_eq!(session.status().failures, 3);
        assert_eq!(session.status().last_error.as_deref(), Some("Upstash did not answer within 7000 ms"));
    }

    #[tokio::test(start_paused = true)]
    async fn reads_ask_the_replica_first_and_writes_never_and_the_token_goes_with_them() {
        let failures = Mutex::new(vec![Stage::Connecting]);
        let endpoint = Arc::new(Endpoint { failures, ..Endpoint::default() });
        let session = session(&endpoint, Options { replica: true, ..options() });
        run(&session, commands(&["get a"])).await;
        run(&session, commands(&["set a 1"])).await;
        run(&session, commands(&["get a"])).await;
        let asked = endpoint.asked.lock();
        let found: Vec<_> = asked.iter().map(|request| (request.nearest, request.sync_token.as_deref())).collect();
        assert_eq!(found, [(true, None), (false, None), (false, Some("s1")), (true, Some("s1"))]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_any_more_is_not_sent_again() {
        let endpoint = Arc::new(Endpoint { failures: Mutex::new(vec![Stage::Waiting; 9]), ..Endpoint::default() });
        let session = session(&endpoint, options());
        let running = tokio::spawn({
            let session = Arc::clone(&session);
            async move { run(&session, commands(&["incr a"])).await }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        session.cancel(0);
        assert_eq!(running.await.expect("an end"), [(0, 2)]);
        assert_eq!(endpoint.asked.lock().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_requests_is_taken_in_turns() {
        let endpoint = Arc::new(Endpoint { delay_ms: 100, ..Endpoint::default() });
        let session = session(&endpoint, Options { together: false, ..options() });
        let begin = Instant::now();
        let many = vec!["get a"; 3 * MAX_IN_FLIGHT];
        assert_eq!(run(&session, commands(&many)).await.len(), many.len());
        assert_eq!(begin.elapsed().as_millis(), 300);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_is_not_sent() {
        let endpoint = Arc::new(Endpoint::default());
        let session = session(&endpoint, options());
        session.cancel(1);
        assert_eq!(run(&session, commands(&["incr a", "incr b", "incr c"])).await, [(0, 0), (1, 2), (2, 0)]);
        assert_eq!(endpoint.asked.lock()[0].body.as_ref(), br#"[["incr","a"],["incr","c"]]"#);
        run(&session, commands(&["incr a", "incr b"])).await;
        assert_eq!(endpoint.asked.lock()[1].body.as_ref(), br#"[["incr","a"],["incr","b"]]"#, "a slot used again");
    }
}
