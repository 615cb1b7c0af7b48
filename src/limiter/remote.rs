//! The limiter on Upstash: one script, one round trip, in the key layout of `@upstash/ratelimit`
//! (`prefix:identifier:bucket`), so that both can count on one database.

use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::Lazy;

use super::{Decision, Rule, Undecided};
use crate::client::{Client, Reply, Script};
use crate::clock::Clock;
use crate::command;
use crate::error::{ErrorKind, Result};
use crate::warnings::Warnings;

static SLIDING_WINDOW: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/sliding_window.lua")));

/// One rule, decided on Upstash.
pub struct RemoteLimiter {
    rule: Rule,
    prefix: String,
    deadline: Duration,
    client: Arc<Client>,
    clock: Arc<dyn Clock>,
    warnings: Arc<Warnings>,
}

impl RemoteLimiter {
    /// `deadline` bounds one decision, whatever happens on the way.
    pub fn new(
        rule: Rule,
        prefix: String,
        deadline: Duration,
        client: Arc<Client>,
        clock: Arc<dyn Clock>,
        warnings: Arc<Warnings>,
    ) -> Self {
        Self { rule, prefix, deadline, client, clock, warnings }
    }

    /// Decides one request of `cost`. When Upstash can't say in time, the request passes and the reason tells why.
    pub async fn limit(&self, identifier: &str, cost: i64) -> Decision {
        let now = self.clock.wall_ms();
        let bucket = now / self.rule.window_ms;
        match self.ask(identifier, bucket, now, cost).await {
            Ok(remaining) => Decision {
                success: remaining >= 0,
                limit: self.rule.limit,
                remaining: u64::try_from(remaining).unwrap_or(0),
                reset_ms: (bucket + 1) * self.rule.window_ms,
                reason: None,
            },
            Err(error) => {
                let kind = "the rate limiter could not ask Upstash and lets requests pass";
                self.warnings.add(kind, &error.to_string(), self.clock.monotonic_ms());
                let reason = if matches!(error, ErrorKind::Timeout(_)) { Undecided::Timeout } else { Undecided::Error };
                Decision { success: true, limit: 0, remaining: 0, reset_ms: 0, reason: Some(reason) }
            }
        }
    }

    async fn ask(&self, identifier: &str, bucket: u64, now: u64, cost: i64) -> Result<i64> {
        let key = |bucket: u64| format!("{}:{identifier}:{bucket}", self.prefix);
        let (current, previous) = (key(bucket), key(bucket.saturating_sub(1)));
        let arguments = command![self.rule.limit, now, self.rule.window_ms, cost];
        match SLIDING_WINDOW.run(&self.client, &[&current, &previous], arguments, self.deadline).await? {
            Reply::Integer(remaining) => Ok(remaining),
            _ => Err(ErrorKind::Protocol("no number from the limiter's script".to_owned())),
        }
    }
}
