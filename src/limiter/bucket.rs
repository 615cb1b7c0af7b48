//! The token bucket: it holds up to `capacity` tokens and gets `refill` of them every `interval_ms`.
//!
//! Source: Turner, *New directions in communications (or which way to the information age?)* (1986), with the state
//! and the numbers of `@upstash/ratelimit`: refills come in steps, counted from the first request.

use super::{Decision, NEVER};

/// What is remembered of one identifier. Nothing is a full bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// When it last got tokens, in ms since the epoch.
    pub refilled_ms: u64,
    pub tokens: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketRule {
    pub capacity: u64,
    pub refill: u64,
    pub interval_ms: u64,
}

impl BucketRule {
    #[inline(always)]
    fn capacity(self) -> i64 {
        i64::try_from(self.capacity).unwrap_or(i64::MAX)
    }

    /// The bucket at `now_ms`. A clock that went back brings no tokens and takes none away.
    #[inline(always)]
    pub fn refilled(self, state: Option<Bucket>, now_ms: u64) -> Bucket {
        let Some(bucket) = state else { return Bucket { refilled_ms: now_ms, tokens: self.capacity() } };
        let refills = now_ms.saturating_sub(bucket.refilled_ms) / self.interval_ms;
        if refills == 0 {
            return bucket;
        }
        let tokens = self.tokens_of(refills).saturating_add(bucket.tokens).min(self.capacity());
        Bucket { refilled_ms: bucket.refilled_ms + refills * self.interval_ms, tokens }
    }

    fn tokens_of(self, refills: u64) -> i64 {
        i64::try_from(refills.saturating_mul(self.refill)).unwrap_or(i64::MAX)
    }

    /// Tokens that can be taken now.
    #[inline(always)]
    pub fn available(self, state: Option<Bucket>, now_ms: u64) -> u64 {
        u64::try_from(self.refilled(state, now_ms).tokens).unwrap_or(0)
    }

    /// Takes tokens, or gives them back where there are fewer than none.
    #[inline(always)]
    pub fn take(self, state: Option<Bucket>, now_ms: u64, tokens: i64) -> Bucket {
        let bucket = self.refilled(state, now_ms);
        Bucket { tokens: bucket.tokens.saturating_sub(tokens), ..bucket }
    }

    /// Gives tokens back, up to a full bucket.
    pub fn give_back(self, bucket: Bucket, tokens: i64) -> Bucket {
        // One that holds more than it should, by a refund, keeps it until it is refilled.
        let room = self.capacity().saturating_sub(bucket.tokens).max(0);
        Bucket { tokens: bucket.tokens + tokens.min(room), ..bucket }
    }

    /// The first moment, from `now_ms` on, at which `tokens` could be taken if nobody took any till then.
    pub fn free_at(self, state: Option<Bucket>, now_ms: u64, tokens: u64) -> u64 {
        if tokens > self.capacity {
            return NEVER;
        }
        let bucket = self.refilled(state, now_ms);
        let lacking = i64::try_from(tokens).unwrap_or(i64::MAX).saturating_sub(bucket.tokens);
        match u64::try_from(lacking) {
            Ok(lacking) if lacking > 0 => {
                let refills = lacking.div_ceil(self.refill);
                bucket.refilled_ms.saturating_add(refills.saturating_mul(self.interval_ms)).max(now_ms)
            }
            _ => now_ms,
        }
    }

    /// One request as `@upstash/ratelimit` decides it. `cost` may be negative: a refund.
    pub fn decide(self, state: Option<Bucket>, now_ms: u64, cost: i64) -> (Option<Bucket>, Decision) {
        let bucket = self.refilled(state, now_ms);
        let refused = cost > 0 && bucket.tokens < cost;
        let left = if refused { -1 } else { bucket.tokens.saturating_sub(cost) };
        let reset_ms = bucket.refilled_ms.saturating_add(self.interval_ms);
        let decision = Decision {
            success: left >= 0,
            limit: self.capacity,
            remaining: u64::try_from(left).unwrap_or(0),
            reset_ms,
            retry_ms: reset_ms,
            reason: None,
        };
        (if refused { state } else { Some(Bucket { tokens: left, ..bucket }) }, decision)
    }

    /// Of `leased` tokens that were taken while the bucket held `before`, refilled at `refilled_ms`, how many may still
    /// be spent at `now_ms`: as many as the bucket would hold beyond its own content had they never been taken. Once
    /// it would have been full, each refill takes away as many as it brings, so that tokens that lie with somebody
    /// never let through more at once than a full bucket does.
    pub fn spendable(self, leased: u64, before: Bucket, now_ms: u64) -> u64 {
        let refills = now_ms.saturating_sub(before.refilled_ms) / self.interval_ms;
        let level = self.tokens_of(refills).saturating_add(before.tokens);
        leased.saturating_sub(u64::try_from(level.saturating_sub(self.capacity())).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEN: BucketRule = BucketRule { capacity: 10, refill: 5, interval_ms: 1_000 };

    #[test]
    fn a_full_bucket_passes_its_capacity_and_then_what_it_gets() {
        let mut state = None;
        let mut passed = |now: u64, count: usize| {
            (0..count)
                .filter(|_| {
                    let (next, decision) = TEN.decide(state, now, 1);
                    state = next;
                    decision.success
                })
                .count()
        };
        assert_eq!([passed(500, 20), passed(1_499, 20), passed(1_500, 20), passed(9_000, 20)], [10, 0, 5, 10]);
    }

    #[test]
    fn a_request_dearer_than_what_is_left_takes_nothing() {
        let (state, decision) = TEN.decide(Some(Bucket { refilled_ms: 0, tokens: 2 }), 10, 5);
        assert!(!decision.success);
        assert_eq!(state, Some(Bucket { refilled_ms: 0, tokens: 2 }));
        assert!(TEN.decide(state, 10, 2).1.success);
    }

    #[test]
    fn a_clock_that_goes_back_neither_fills_nor_empties() {
        let state = Some(Bucket { refilled_ms: 100_000, tokens: 3 });
        assert_eq!(TEN.refilled(state, 5), Bucket { refilled_ms: 100_000, tokens: 3 });
        assert_eq!(TEN.free_at(state, 5, 4), 101_000);
    }

    fn rules() -> impl Strategy<Value = BucketRule> {
        (1..30_u64, 1..10_u64, 1..200_u64).prop_map(|(capacity, refill, interval_ms)| BucketRule {
            capacity,
            refill,
            interval_ms,
        })
    }

    /// The most that may pass in any stretch of time, had the tokens come one step earlier than they did.
    fn bound(rule: BucketRule, from: u64, to: u64) -> u64 {
        rule.capacity + ((to - from) / rule.interval_ms + 1) * rule.refill
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_passes_more_than_a_full_bucket_and_its_refills(
            rule in rules(),
            mut times in proptest::collection::vec(0..3_000_u64, 0..150),
        ) {
            times.sort_unstable();
            let mut state = None;
            let mut passed = Vec::new();
            for now in times {
                let (next, decision) = rule.decide(state, now, 1);
                state = next;
                if decision.success { passed.push(now) }
            }
            for (i, from) in passed.iter().enumerate() {
                for (j, to) in passed.iter().enumerate().skip(i) {
                    prop_assert!((j - i + 1) as u64 <= bound(rule, *from, *to));
                }
            }
        }

        #[test]
        fn tokens_are_free_when_they_are_said_to_be(
            rule in rules(),
            taken in 0..40_i64,
            now in 0..2_000_u64,
            tokens in 1..40_u64,
        ) {
            let state = Some(rule.take(None, now, taken.min(rule.capacity as i64)));
            let at = rule.free_at(state, now, tokens);
            if tokens > rule.capacity {
                prop_assert_eq!(at, NEVER);
            } else {
                prop_assert!(rule.available(state, at) >= tokens);
                prop_assert!(at == now || rule.available(state, at - 1) < tokens);
            }
        }

        /// Leases of several processes, spent late: together with the bucket never more than its capacity.
        #[test]
        fn what_is_leased_and_what_is_in_the_bucket_are_never_more_than_its_capacity(
            rule in rules(),
            steps in proptest::collection::vec((0..300_u64, 0..12_u64), 1..25),
        ) {
            let mut state = None;
            let mut leases: Vec<(u64, Bucket)> = Vec::new();
            let mut now = 0;
            for (pause, want) in steps {
                now += pause;
                let before = rule.refilled(state, now);
                let granted = want.min(rule.available(state, now));
                state = Some(rule.take(state, now, granted as i64));
                leases.push((granted, before));
                for at in [now, now + 1, now + pause / 2, now + rule.interval_ms] {
                    let leased: u64 = leases.iter().map(|(count, before)| rule.spendable(*count, *before, at)).sum();
                    prop_assert!(leased + rule.available(state, at) <= rule.capacity);
                }
            }
        }
    }
}
