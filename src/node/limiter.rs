//! `Limiter`: one rule, decided in process or over all processes that share an Upstash.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Float64Array, PromiseRaw, spawn};
use napi_derive::napi;
use serde::Deserialize;

use super::decider::{Decider, decider};
use super::error::to_js;
use crate::clock::SystemClock;
use crate::error::ErrorKind;
use crate::limiter::{
    self, Algorithm, BucketRule, LocalLimiter, Mode, NEVER, OnError, Rule, SharedLimiter, Undecided, Wanted,
};

/// The options of `Engine.limiter`, as JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    pub name: String,
    #[serde(default = "sliding_window")]
    algorithm: Algorithm,
    limit: u64,
    window_ms: u64,
    burst: Option<u64>,
    /// For a token bucket: `limit` tokens come at once at the end of each window, not evenly.
    #[serde(default)]
    in_steps: bool,
    #[serde(default = "exact")]
    pub mode: Mode,
    #[serde(default = "local")]
    pub on_error: OnError,
}

fn sliding_window() -> Algorithm {
    Algorithm::SlidingWindow
}

fn exact() -> Mode {
    Mode::Exact
}

fn local() -> OnError {
    OnError::Local
}

impl Options {
    /// # Errors
    /// `E_CONFIG` when `json` is not of that shape.
    pub fn parse(json: &str) -> napi::Result<Self, String> {
        serde_json::from_str(json)
            .map_err(|error| to_js(ErrorKind::Config(format!("limiter: {error}; expected name, limit and windowMs"))))
    }

    pub fn rule(&self) -> Rule {
        match (self.in_steps, self.algorithm) {
            (true, Algorithm::TokenBucket) => Rule::Bucket(BucketRule {
                capacity: self.burst.unwrap_or(self.limit).max(1),
                refill: self.limit.max(1),
                interval_ms: self.window_ms.max(1),
            }),
            _ => Rule::new(self.algorithm, self.limit, self.window_ms, self.burst),
        }
    }
}

/// The answer to one request.
#[napi(object)]
pub struct Decision {
    pub success: bool,
    /// The most requests that can pass at once.
    pub limit: f64,
    /// Requests left now.
    pub remaining: f64,
    /// When the window ends, the bucket gets tokens, or the burst is whole again, in ms since the epoch.
    pub reset: f64,
    /// When the same request could pass, in ms since the epoch; Infinity where it costs more than there can be.
    pub retry: f64,
    /// Set when Upstash did not answer, and the rule's `onError` decided.
    #[napi(ts_type = "'timeout' | 'error'")]
    pub reason: Option<String>,
}

impl From<limiter::Decision> for Decision {
    fn from(decision: limiter::Decision) -> Self {
        Self {
            success: decision.success,
            limit: decision.limit as f64,
            remaining: decision.remaining as f64,
            reset: moment(decision.reset_ms),
            retry: moment(decision.retry_ms),
            reason: decision.reason.map(|reason| {
                match reason {
                    Undecided::Timeout => "timeout",
                    Undecided::Error => "error",
                }
                .to_owned()
            }),
        }
    }
}

/// A count as JavaScript has it. Processors convert signed integers in one instruction.
#[inline]
pub fn number(count: u64) -> f64 {
    i64::try_from(count).map_or(f64::INFINITY, |count| count as f64)
}

/// A moment as JavaScript has it.
pub fn moment(ms: u64) -> f64 {
    if ms == NEVER { f64::INFINITY } else { number(ms) }
}

/// Who decides.
#[derive(Clone)]
pub enum Decides {
    Here(Arc<LocalLimiter>),
    Upstash(Arc<SharedLimiter>),
}

impl Decides {
    /// The answer, if it can be given at once.
    pub fn now(&self, identifier: &str, cost: u64) -> Option<limiter::Decision> {
        match self {
            Self::Here(local) => Some(local.limit(identifier, cost)),
            Self::Upstash(shared) => {
                let (decision, is_work_due) = shared.limit_now(identifier, cost);
                if is_work_due {
                    let (shared, identifier) = (Arc::clone(shared), identifier.to_owned());
                    spawn(async move { shared.work(&identifier).await });
                }
                decision
            }
        }
    }
}

/// One rate limit rule.
#[napi]
pub struct Limiter {
    decides: Decides,
}

impl Limiter {
    pub fn new(decides: Decides) -> Self {
        Self { decides }
    }
}

#[napi]
impl Limiter {
    /// Whether decisions are made over all processes that share an Upstash.
    #[napi(getter)]
    pub fn remote(&self) -> bool {
        matches!(self.decides, Decides::Upstash(_))
    }

    /// Requests that were decided by `onError`, since Upstash did not answer.
    #[napi(getter)]
    pub fn undecided(&self) -> f64 {
        match &self.decides {
            Decides::Here(_) => 0.0,
            Decides::Upstash(shared) => shared.undecided() as f64,
        }
    }

    /// A function `(identifier, cost) => 1 | 0 | -1` for the hot path: passes, refused, or ask with `limit`. The
    /// first four of `numbers` are limit, remaining, reset and retry of the last decision, the fifth is 1 where
    /// `onError` decided.
    #[napi(ts_return_type = "(identifier: string, cost: number) => number")]
    pub fn decider<'env>(&self, env: &'env Env, numbers: Float64Array) -> napi::Result<Decider<'env>> {
        decider(env, self.decides.clone(), numbers)
    }

    /// Decides without waiting; null where Upstash has to be asked.
    #[napi]
    pub fn limit_now(&self, identifier: String, cost: Option<u32>) -> Option<Decision> {
        self.decides.now(&identifier, cost.unwrap_or(1).into()).map(Into::into)
    }

    /// Decides, asking Upstash where that has to be. Never rejects.
    #[napi(ts_return_type = "Promise<Decision>")]
    pub fn limit<'env>(
        &self,
        env: &'env Env,
        identifier: String,
        cost: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Decision>> {
        let (decides, cost) = (self.decides.clone(), u64::from(cost.unwrap_or(1)));
        env.spawn_future(async move {
            let at_once = decides.now(&identifier, cost);
            Ok(match (at_once, decides) {
                (Some(decision), _) => decision,
                (None, Decides::Upstash(shared)) => shared.limit(&identifier, cost).await,
                (None, Decides::Here(local)) => local.limit(&identifier, cost),
            }
            .into())
        })
    }

    /// Gives back the tokens that this process took and did not spend.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, ()>> {
        let decides = self.decides.clone();
        env.spawn_future(async move {
            if let Decides::Upstash(shared) = decides {
                shared.close().await;
            }
            Ok(())
        })
    }
}

/// One rule's tokens in process memory, at moments that the caller names: the algorithms as they are, for `Ratelimit`
/// without a Redis, and for whoever compares them with something.
#[napi]
pub struct Tokens {
    local: LocalLimiter,
}

#[napi]
impl Tokens {
    /// `options`: as of `Engine.limiter`.
    #[napi(constructor)]
    pub fn new(options: String) -> napi::Result<Self, String> {
        let rule = Options::parse(&options)?.rule();
        Ok(Self { local: LocalLimiter::new(rule, Arc::new(SystemClock)) })
    }

    /// One request with the numbers of `@upstash/ratelimit`. `now`: ms since the epoch. `cost` may be negative: a
    /// refund.
    #[napi]
    pub fn decide(&self, identifier: String, now: f64, cost: i64) -> Decision {
        self.local.decide(&identifier, now as u64, cost).into()
    }

    /// What is left at `now`.
    #[napi]
    pub fn peek(&self, identifier: String, now: f64) -> Decision {
        self.local.peek(&identifier, now as u64).into()
    }

    /// Takes tokens as the engine does for all processes: `[taken, left, when `least` more are there]`.
    #[napi]
    pub fn take(&self, identifier: String, now: f64, least: u32, needed: u32, more: u32) -> Vec<f64> {
        let wanted = Wanted { least: least.into(), needed: needed.into(), more: more.into() };
        let (taken, left, free_ms) = self.local.take(&identifier, now as u64, wanted);
        vec![taken as f64, left as f64, moment(free_ms)]
    }

    /// Gives tokens back.
    #[napi]
    pub fn give_back(&self, identifier: String, now: f64, tokens: u32) {
        self.local.give_back(&identifier, now as u64, tokens.into());
    }

    /// Forgets an identifier.
    #[napi]
    pub fn reset(&self, identifier: String) {
        self.local.reset(&identifier);
    }
}
