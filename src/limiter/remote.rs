//! Taking tokens on Upstash: one script, one round trip, in the key layout of `@upstash/ratelimit`
//! (`prefix:identifier:bucket` for windows, a hash `prefix:identifier` for token buckets), so that both count on one
//! database. The scripts read and write; what the numbers mean is decided by the same functions as in process.

use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::Lazy;

use super::{Arrival, Bucket, Rule, State, Windows};
use crate::client::{Client, Command, Reply, Script};
use crate::command;
use crate::error::{ErrorKind, Result};

static TAKE_WINDOW: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/take_window.lua")));
static TAKE_BUCKET: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/take_bucket.lua")));
static TAKE_GCRA: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/take_gcra.lua")));
static GIVE_BACK_WINDOW: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/give_back_window.lua")));
static GIVE_BACK_BUCKET: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/give_back_bucket.lua")));
static GIVE_BACK_GCRA: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/give_back_gcra.lua")));

/// How many tokens to take.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// With fewer than these there, none are taken.
    pub least: u64,
    /// Taken as far as they are there.
    pub needed: u64,
    /// For later: at most a quarter of what is left then, so that nobody takes it all.
    pub more: u64,
}

impl Wanted {
    /// How many of `available` tokens are taken, in the arithmetic of the scripts.
    pub fn of(self, available: u64) -> u64 {
        if available < self.least {
            return 0;
        }
        let taken = self.needed.min(available);
        taken + self.more.min((available - taken) / 4)
    }
}

/// What was taken, and what Redis holds since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub tokens: u64,
    pub state: State,
}

/// One rule's tokens on one Upstash database.
pub struct RemoteTokens {
    pub rule: Rule,
    prefix: String,
    client: Arc<Client>,
}

impl RemoteTokens {
    /// `prefix`: what all keys begin with, up to the identifier.
    pub fn new(rule: Rule, prefix: String, client: Arc<Client>) -> Self {
        Self { rule, prefix, client }
    }

    /// Whether Upstash is worth asking: its breaker is closed.
    pub fn is_reachable(&self) -> bool {
        !self.client.is_open()
    }

    /// Tries an Upstash again that was given up on, when that is due.
    pub async fn try_again(&self) {
        if let Some(trial) = self.client.due_trial() {
            trial.await;
        }
    }

    /// Takes tokens.
    ///
    /// # Errors
    /// What the client met, [`ErrorKind::Protocol`] for a reply of another form.
    pub async fn take(&self, identifier: &str, now_ms: u64, wanted: Wanted, deadline: Duration) -> Result<Taken> {
        let key = self.key(identifier);
        let Wanted { least, needed, more } = wanted;
        let reply = match self.rule {
            Rule::Window(rule) => {
                let bucket = rule.bucket(now_ms);
                let keys = [format!("{key}:{bucket}"), format!("{key}:{}", bucket.saturating_sub(1))];
                let sliding = u8::from(rule.sliding);
                let arguments = command![rule.limit, now_ms, rule.window_ms, sliding, least, needed, more];
                self.run(&TAKE_WINDOW, &[&keys[0], &keys[1]], arguments, deadline).await?
            }
            Rule::Bucket(rule) => {
                let arguments = command![rule.capacity, rule.interval_ms, rule.refill, now_ms, least, needed, more];
                self.run(&TAKE_BUCKET, &[&key], arguments, deadline).await?
            }
            Rule::Gcra(rule) => {
                let arguments = command![rule.limit, rule.window_ms, rule.burst, now_ms, least, needed, more];
                self.run(&TAKE_GCRA, &[&key], arguments, deadline).await?
            }
        };
        let [tokens, first, second] = numbers(reply)?;
        let state = match self.rule {
            Rule::Window(rule) => State::Window(Windows::of(rule.bucket(now_ms), first, second)),
            Rule::Bucket(_) => State::Bucket(Bucket { refilled_ms: unsigned(first)?, tokens: second }),
            Rule::Gcra(_) => State::Gcra(Arrival { ms: unsigned(first)?, part: unsigned(second)? }),
        };
        Ok(Taken { tokens: unsigned(tokens)?, state })
    }

    /// Gives back tokens that were taken at `taken_ms`.
    ///
    /// # Errors
    /// What the client met.
    pub async fn give_back(
        &self,
        identifier: &str,
        taken_ms: u64,
        now_ms: u64,
        tokens: u64,
        deadline: Duration,
    ) -> Result<()> {
        let key = self.key(identifier);
        match self.rule {
            Rule::Window(rule) => {
                let key = format!("{key}:{}", rule.bucket(taken_ms));
                self.run(&GIVE_BACK_WINDOW, &[&key], command![tokens], deadline).await?
            }
            Rule::Bucket(rule) => {
                self.run(&GIVE_BACK_BUCKET, &[&key], command![rule.capacity, tokens], deadline).await?
            }
            Rule::Gcra(rule) => {
                let arguments = command![rule.limit, rule.window_ms, now_ms, tokens];
                self.run(&GIVE_BACK_GCRA, &[&key], arguments, deadline).await?
            }
        };
        Ok(())
    }

    fn key(&self, identifier: &str) -> String {
        format!("{}:{identifier}", self.prefix)
    }

    async fn run(&self, script: &Script, keys: &[&str], arguments: Command, deadline: Duration) -> Result<Reply> {
        script.run(&self.client, keys, arguments, deadline).await
    }
}

fn numbers(reply: Reply) -> Result<[i64; 3]> {
    let items = reply.items().unwrap_or_default();
    let integers: Vec<i64> =
        items.iter().filter_map(|item| if let Reply::Integer(number) = item { Some(*number) } else { None }).collect();
    integers.try_into().map_err(|_| unexpected())
}

fn unsigned(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| unexpected())
}

fn unexpected() -> ErrorKind {
    ErrorKind::Protocol("an unexpected reply of the limiter's script".to_owned())
}
