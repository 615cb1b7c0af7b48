//! The limiter that all processes share: tokens are taken on Upstash, in `leased` mode a few at a time, and spent
//! here. It never lets more through than the rule allows, over all processes: a token is spent once, by whoever took
//! it, while it holds.
//!
//! What it may waste: tokens that a process took and does not spend. They are given back when they lay idle for a
//! second; a process that dies keeps its leases, at most a twentieth of the limit for each identifier.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Notify;

use super::lease::{Lease, Rate};
use super::local::MAX_IDENTIFIERS;
use super::remote::{RemoteTokens, Wanted};
use super::{ByIdentifier, Decision, LocalLimiter, Rule, State, Undecided, by_identifier};
use crate::clock::Clock;
use crate::error::ErrorKind;
use crate::warnings::Warnings;

/// After so long without a request an identifier's tokens are given back.
const IDLE_MS: u64 = 1_000;
/// How long giving back may take: nobody waits for it.
const GIVE_BACK_DEADLINE: Duration = Duration::from_secs(2);
/// Part of a lease that is left when the next one is asked for.
const LOW: u64 = 4;
/// How many identifiers' tokens are given back at once.
const AT_ONCE: usize = 32;
/// When a request that was refused for lack of an answer may come again.
const RETRY_MS: u64 = 1_000;
/// While Upstash is given up on, how often somebody looks whether it is to be tried again.
const TRIAL_MS: u64 = 100;

/// Whether every request asks Upstash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each request asks, and waits for the answer.
    Exact,
    /// Tokens are taken a few at a time; most requests ask nobody.
    Leased,
}

/// What becomes of a request when Upstash does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// It passes.
    Open,
    /// It is decided in process, by the same rule.
    Local,
    /// It is refused.
    Closed,
}

/// What this process knows of one identifier.
#[derive(Default)]
struct Held {
    /// Tokens in hand, those taken first in front.
    leases: Vec<Lease>,
    /// What Redis held when it was last asked.
    known: State,
    /// Until when a request of this cost or a higher one is refused.
    denied: Option<(u64, u64)>,
    rate: Rate,
    /// Tokens that requests wait for while `flight` is under way.
    waiting: u64,
    flight: Option<Arc<Flight>>,
    /// Whether it is in the list of those whose tokens may have to be given back.
    listed: bool,
    /// Whether there were none to take for later: then nobody tries again before somebody needs one.
    dry: bool,
}

/// One question to Upstash that several requests wait for.
#[derive(Default)]
struct Flight {
    done: Notify,
    failure: Mutex<Option<ErrorKind>>,
}

/// What can be said at once.
enum Verdict {
    Decided(Decision),
    Ask,
}

/// One rule, decided over all processes.
pub struct SharedLimiter {
    tokens: RemoteTokens,
    mode: Mode,
    on_error: OnError,
    deadline: Duration,
    local: LocalLimiter,
    clock: Arc<dyn Clock>,
    warnings: Arc<Warnings>,
    held: Mutex<ByIdentifier<Held>>,
    /// Identifiers with tokens in hand, and when to look whether they lie idle.
    outstanding: Mutex<VecDeque<(Box<str>, u64)>>,
    /// Requests that were decided without Upstash because it did not answer.
    undecided: AtomicU64,
    tried_ms: AtomicU64,
}

impl SharedLimiter {
    /// `deadline` bounds one decision, whatever happens on the way.
    pub fn new(
        tokens: RemoteTokens,
        mode: Mode,
        on_error: OnError,
        deadline: Duration,
        clock: Arc<dyn Clock>,
        warnings: Arc<Warnings>,
    ) -> Self {
        Self {
            local: LocalLimiter::new(tokens.rule, Arc::clone(&clock)),
            tokens,
            mode,
            on_error,
            deadline,
            clock,
            warnings,
            held: Mutex::new(by_identifier(MAX_IDENTIFIERS)),
            outstanding: Mutex::default(),
            undecided: AtomicU64::new(0),
            tried_ms: AtomicU64::new(0),
        }
    }

    /// How many requests were decided without Upstash because it did not answer.
    pub fn undecided(&self) -> u64 {
        self.undecided.load(Ordering::Relaxed)
    }

    /// Decides at once where tokens are in hand, the identifier is known to have none, or Upstash is not asked at the
    /// moment. Where the second value is true, [`SharedLimiter::work`] is due, for which nobody waits.
    pub fn limit_now(&self, identifier: &str, cost: u64) -> (Option<Decision>, bool) {
        let now_ms = self.clock.wall_ms();
        let mut held = self.held.lock();
        if let Some(mut known) = held.get_mut(identifier) {
            if self.mode == Mode::Leased {
                known.rate.note(now_ms, cost);
            }
            if let Verdict::Decided(decision) = self.judge(&mut known, now_ms, cost) {
                let low = decision.success && self.is_low(&known, now_ms);
                return (Some(decision), low);
            }
        }
        drop(held);
        if self.tokens.is_reachable() {
            return (None, false);
        }
        let now_ms = self.clock.monotonic_ms();
        let due = now_ms.saturating_sub(self.tried_ms.load(Ordering::Relaxed)) >= TRIAL_MS;
        if due {
            self.tried_ms.store(now_ms, Ordering::Relaxed);
        }
        (Some(self.without_upstash(identifier, cost, None)), due)
    }

    /// Decides by asking Upstash, after [`SharedLimiter::limit_now`] could not.
    pub async fn limit(self: &Arc<Self>, identifier: &str, cost: u64) -> Decision {
        let asked = match self.mode {
            Mode::Exact => self.ask_alone(identifier, cost).await,
            Mode::Leased => self.ask_together(identifier, cost).await,
        };
        asked.unwrap_or_else(|error| self.without_upstash(identifier, cost, Some(&error)))
    }

    /// Takes the next lease while the one before it lasts; while Upstash is given up on, tries it again.
    pub async fn work(self: &Arc<Self>, identifier: &str) {
        if !self.tokens.is_reachable() {
            return self.tokens.try_again().await;
        }
        let rule = &self.tokens.rule;
        let begun = self.change(identifier, |held| {
            let more = held.rate.lease(rule);
            (held.flight.is_none() && more > 0).then(|| (held.begin(), more))
        });
        let Some((flight, more)) = begun else { return };
        let mut leading = Leading { limiter: self, identifier, flight, failure: None };
        let asked = self.ask(identifier, Wanted { least: 1, needed: 0, more }, 0).await;
        leading.failure = asked.err();
    }

    /// Gives back everything that is in hand.
    pub async fn close(self: &Arc<Self>) {
        let all: Vec<Box<str>> = self.outstanding.lock().drain(..).map(|(identifier, _)| identifier).collect();
        self.give_back_all(all, u64::MAX).await;
    }

    /// The identifier's entry, made if need be, under the lock.
    fn change<T>(&self, identifier: &str, work: impl FnOnce(&mut Held) -> T) -> T {
        let mut held = self.held.lock();
        if let Some(mut known) = held.get_mut(identifier) {
            return work(&mut known);
        }
        let mut first = Held::default();
        let result = work(&mut first);
        held.insert(identifier.into(), first);
        result
    }

    fn judge(&self, held: &mut Held, now_ms: u64, cost: u64) -> Verdict {
        let rule = &self.tokens.rule;
        let in_hand: u64 = held.leases.iter().map(|lease| lease.spendable(rule, now_ms)).sum();
        if in_hand < cost || in_hand == 0 {
            return self.judge_empty(held, now_ms, cost);
        }
        let mut left = cost;
        for lease in &mut held.leases {
            let spendable = lease.spendable(rule, now_ms);
            let spent = left.min(spendable);
            lease.left -= spent;
            left -= spent;
        }
        let in_hand = in_hand - cost;
        Verdict::Decided(Decision {
            success: true,
            limit: rule.limit(),
            remaining: rule.available(held.known, now_ms).saturating_add(in_hand).min(rule.limit()),
            reset_ms: rule.reset_ms(held.known, now_ms),
            retry_ms: now_ms,
            reason: None,
        })
    }

    fn judge_empty(&self, held: &Held, now_ms: u64, cost: u64) -> Verdict {
        match held.denied {
            Some((until_ms, least)) if now_ms < until_ms && cost >= least => {
                Verdict::Decided(self.denied(held.known, now_ms, until_ms))
            }
            _ => Verdict::Ask,
        }
    }

    fn denied(&self, known: State, now_ms: u64, until_ms: u64) -> Decision {
        let rule = &self.tokens.rule;
        let reset_ms = rule.reset_ms(known, now_ms);
        Decision { success: false, limit: rule.limit(), remaining: 0, reset_ms, retry_ms: until_ms, reason: None }
    }

    fn is_low(&self, held: &Held, now_ms: u64) -> bool {
        let rule = &self.tokens.rule;
        let in_hand: u64 = held.leases.iter().map(|lease| lease.spendable(rule, now_ms)).sum();
        !held.dry && held.flight.is_none() && in_hand < held.rate.lease(rule) / LOW
    }

    /// Each request its own question.
    async fn ask_alone(&self, identifier: &str, cost: u64) -> Result<Decision, ErrorKind> {
        let now_ms = self.clock.wall_ms();
        let wanted = Wanted { least: cost, needed: cost, more: 0 };
        let taken = self.tokens.take(identifier, now_ms, wanted, self.deadline).await?;
        let rule = &self.tokens.rule;
        if cost > 0 && taken.tokens < cost {
            let until_ms = rule.free_at(taken.state, now_ms, cost);
            self.change(identifier, |held| {
                held.known = taken.state;
                held.denied = Some((until_ms, cost));
            });
            return Ok(self.denied(taken.state, now_ms, until_ms));
        }
        Ok(Decision {
            success: true,
            limit: rule.limit(),
            remaining: rule.available(taken.state, now_ms),
            reset_ms: rule.reset_ms(taken.state, now_ms),
            retry_ms: now_ms,
            reason: None,
        })
    }

    /// One question for all requests of an identifier that wait.
    async fn ask_together(self: &Arc<Self>, identifier: &str, cost: u64) -> Result<Decision, ErrorKind> {
        let until = tokio::time::Instant::now() + self.deadline;
        self.change(identifier, |held| held.waiting += cost);
        let _waits = Waits { limiter: self, identifier, cost };
        while tokio::time::Instant::now() < until {
            enum Next {
                Decided(Decision),
                Lead(Arc<Flight>, Wanted),
                Follow(Arc<Flight>),
            }
            let next = self.change(identifier, |held| match self.judge(held, self.clock.wall_ms(), cost) {
                Verdict::Decided(decision) => Next::Decided(decision),
                Verdict::Ask => match &held.flight {
                    Some(flight) => Next::Follow(Arc::clone(flight)),
                    None => {
                        let now_ms = self.clock.wall_ms();
                        let rule = &self.tokens.rule;
                        let in_hand: u64 = held.leases.iter().map(|lease| lease.spendable(rule, now_ms)).sum();
                        let wanted = Wanted {
                            least: cost.saturating_sub(in_hand),
                            needed: held.waiting.saturating_sub(in_hand),
                            more: held.rate.lease(rule),
                        };
                        Next::Lead(held.begin(), wanted)
                    }
                },
            });
            match next {
                Next::Decided(decision) => return Ok(decision),
                Next::Lead(flight, wanted) => {
                    let mut leading = Leading { limiter: self, identifier, flight, failure: None };
                    if let Err(error) = self.ask(identifier, wanted, cost).await {
                        leading.failure = Some(error.clone());
                        return Err(error);
                    }
                }
                Next::Follow(flight) => {
                    let done = flight.done.notified();
                    let is_under_way = self
                        .change(identifier, |held| held.flight.as_ref().is_some_and(|now| Arc::ptr_eq(now, &flight)));
                    if is_under_way && tokio::time::timeout_at(until, done).await.is_err() {
                        return Err(ErrorKind::Timeout(self.deadline.as_millis() as u64));
                    }
                    if let Some(failure) = flight.failure.lock().clone() {
                        return Err(failure);
                    }
                }
            }
        }
        Err(ErrorKind::Timeout(self.deadline.as_millis() as u64))
    }

    /// Takes tokens into the identifier's hand. `cost`: what the request that asks needs, 0 for none.
    async fn ask(self: &Arc<Self>, identifier: &str, wanted: Wanted, cost: u64) -> Result<(), ErrorKind> {
        let now_ms = self.clock.wall_ms();
        let taken = self.tokens.take(identifier, now_ms, wanted, self.deadline).await?;
        let rule = self.tokens.rule;
        let (ended, list) = self.change(identifier, |held| {
            held.known = taken.state;
            held.dry = taken.tokens == 0;
            if taken.tokens == 0 {
                if cost > 0 {
                    held.denied = Some((rule.free_at(taken.state, now_ms, wanted.least), cost));
                }
                return (Vec::new(), false);
            }
            held.denied = None;
            let (hold, ended) = held.leases.drain(..).partition(|lease| lease.spendable(&rule, now_ms) > 0);
            held.leases = hold;
            held.leases.push(Lease::new(&rule, &taken, now_ms));
            (ended, !std::mem::replace(&mut held.listed, true))
        });
        if ended.iter().any(|lease: &Lease| lease.can_be_given_back(&rule, now_ms)) {
            let (limiter, identifier) = (Arc::clone(self), Box::from(identifier));
            tokio::spawn(async move { limiter.give_back(identifier, ended).await });
        }
        if list {
            self.list(identifier, now_ms + IDLE_MS);
        }
        Ok(())
    }

    /// Puts an identifier into the list of those whose tokens may have to be given back, and starts who looks.
    fn list(self: &Arc<Self>, identifier: &str, due_ms: u64) {
        let mut outstanding = self.outstanding.lock();
        outstanding.push_back((identifier.into(), due_ms));
        if outstanding.len() == 1 {
            tokio::spawn(Arc::clone(self).give_back_what_lies_idle());
        }
    }

    /// Runs as long as anything is in hand.
    async fn give_back_what_lies_idle(self: Arc<Self>) {
        loop {
            let Some(due_ms) = self.outstanding.lock().front().map(|(_, due_ms)| *due_ms) else { return };
            let wait = due_ms.saturating_sub(self.clock.wall_ms()).clamp(1, 2 * IDLE_MS);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let now_ms = self.clock.wall_ms();
            let due: Vec<Box<str>> = {
                let outstanding = self.outstanding.lock();
                outstanding.iter().take_while(|(_, due_ms)| *due_ms <= now_ms).map(|(who, _)| who.clone()).collect()
            };
            let count = due.len();
            let keep = self.give_back_all(due, now_ms).await;
            // The list is never empty while this runs: whoever finds it empty starts another.
            let mut outstanding = self.outstanding.lock();
            outstanding.extend(keep.into_iter().map(|identifier| (identifier, now_ms + IDLE_MS)));
            let count = count.min(outstanding.len());
            outstanding.drain(..count);
        }
    }

    /// Gives back the tokens of those who have not asked since `now_ms` less a second; returns the others.
    async fn give_back_all(self: &Arc<Self>, identifiers: Vec<Box<str>>, now_ms: u64) -> Vec<Box<str>> {
        let mut keep = Vec::new();
        let mut giving = tokio::task::JoinSet::new();
        for identifier in identifiers {
            let leases = {
                let mut held = self.held.lock();
                // One that was forgotten has nothing any more.
                let Some(mut held) = held.get_mut(identifier.as_ref()) else { continue };
                if !held.rate.is_idle(now_ms, IDLE_MS) {
                    keep.push(identifier);
                    continue;
                }
                held.listed = false;
                std::mem::take(&mut held.leases)
            };
            if giving.len() >= AT_ONCE {
                giving.join_next().await;
            }
            let limiter = Arc::clone(self);
            giving.spawn(async move { limiter.give_back(identifier, leases).await });
        }
        while giving.join_next().await.is_some() {}
        keep
    }

    async fn give_back(&self, identifier: Box<str>, leases: Vec<Lease>) {
        let now_ms = self.clock.wall_ms();
        let rule = &self.tokens.rule;
        for lease in leases.into_iter().filter(|lease| lease.can_be_given_back(rule, now_ms)) {
            let tokens = if matches!(rule, Rule::Window(_)) { lease.left } else { lease.spendable(rule, now_ms) };
            // What can't be given back is wasted, and comes back by itself.
            let _ = self.tokens.give_back(&identifier, lease.taken_ms, now_ms, tokens, GIVE_BACK_DEADLINE).await;
        }
    }

    /// What becomes of a request that Upstash has not decided.
    fn without_upstash(&self, identifier: &str, cost: u64, error: Option<&ErrorKind>) -> Decision {
        self.undecided.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = error {
            let kind = match self.on_error {
                OnError::Open => "the rate limiter could not ask Upstash and lets requests pass",
                OnError::Local => "the rate limiter could not ask Upstash and counts in this process alone",
                OnError::Closed => "the rate limiter could not ask Upstash and refuses requests",
            };
            self.warnings.add(kind, &error.to_string(), self.clock.monotonic_ms());
        }
        let reason = Some(match error {
            Some(ErrorKind::Timeout(_)) => Undecided::Timeout,
            _ => Undecided::Error,
        });
        match self.on_error {
            OnError::Local => Decision { reason, ..self.local.limit(identifier, cost) },
            // Nobody knows what is left.
            OnError::Open => Decision { success: true, limit: 0, remaining: 0, reset_ms: 0, retry_ms: 0, reason },
            OnError::Closed => {
                let retry_ms = self.clock.wall_ms() + RETRY_MS;
                let limit = self.tokens.rule.limit();
                Decision { success: false, limit, remaining: 0, reset_ms: retry_ms, retry_ms, reason }
            }
        }
    }
}

impl Held {
    fn begin(&mut self) -> Arc<Flight> {
        let flight = Arc::new(Flight::default());
        self.flight = Some(Arc::clone(&flight));
        flight
    }
}

/// A question to Upstash that is under way; ends with it, however that ends.
struct Leading<'a> {
    limiter: &'a SharedLimiter,
    identifier: &'a str,
    flight: Arc<Flight>,
    failure: Option<ErrorKind>,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        *self.flight.failure.lock() = self.failure.take();
        self.limiter.change(self.identifier, |held| held.flight = None);
        self.flight.done.notify_waiters();
    }
}

/// One request that waits; what it waits for is asked for with the others'.
struct Waits<'a> {
    limiter: &'a SharedLimiter,
    identifier: &'a str,
    cost: u64,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.limiter.change(self.identifier, |held| held.waiting = held.waiting.saturating_sub(self.cost));
    }
}
