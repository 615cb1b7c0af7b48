//! The generic cell rate algorithm: a bucket that leaks evenly, remembered as one moment.
//!
//! Source: ITU-T I.371, *Traffic control and congestion control in B-ISDN*, annex A. The theoretical arrival time of
//! the next request is kept exactly, in ms and parts of `1 / limit` ms, so that no rounding ever lets one more pass.

use super::{Decision, NEVER};

/// The theoretical arrival time. Nothing is one that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub ms: u64,
    /// In `1 / limit` ms, less than `limit`.
    pub part: u64,
}

/// `limit` requests in `window_ms`, evenly, and up to `burst` of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcraRule {
    pub limit: u64,
    pub window_ms: u64,
    pub burst: u64,
}

impl GcraRule {
    /// What a full burst is, in `1 / limit` ms. One token is `window_ms`.
    fn span(self) -> u128 {
        u128::from(self.burst) * u128::from(self.window_ms)
    }

    /// How much of the burst is used up at `now_ms`, in `1 / limit` ms.
    pub fn used(self, state: Option<Arrival>, now_ms: u64) -> u128 {
        let Some(arrival) = state.filter(|arrival| arrival.ms >= now_ms) else { return 0 };
        // One that was kept under another limit may have a larger part.
        let part = arrival.part.min(self.limit);
        u128::from(arrival.ms - now_ms) * u128::from(self.limit) + u128::from(part)
    }

    fn arrival(self, used: u128, now_ms: u64) -> Arrival {
        let limit = u128::from(self.limit);
        let ms = now_ms.saturating_add(u64::try_from(used / limit).unwrap_or(u64::MAX));
        Arrival { ms, part: (used % limit) as u64 }
    }

    /// Tokens that can be taken now.
    pub fn available(self, state: Option<Arrival>, now_ms: u64) -> u64 {
        let left = self.span().saturating_sub(self.used(state, now_ms));
        u64::try_from(left / u128::from(self.window_ms)).unwrap_or(u64::MAX)
    }

    /// Takes tokens, or gives them back where there are fewer than none.
    pub fn take(self, state: Option<Arrival>, now_ms: u64, tokens: i64) -> Arrival {
        let span = u128::from(tokens.unsigned_abs()) * u128::from(self.window_ms);
        let used = self.used(state, now_ms);
        self.arrival(if tokens < 0 { used.saturating_sub(span) } else { used + span }, now_ms)
    }

    /// The first moment, from `now_ms` on, at which `tokens` could be taken if nobody took any till then.
    pub fn free_at(self, state: Option<Arrival>, now_ms: u64, tokens: u64) -> u64 {
        if tokens > self.burst {
            return NEVER;
        }
        let wanted = self.used(state, now_ms) + u128::from(tokens) * u128::from(self.window_ms);
        let wait = wanted.saturating_sub(self.span()).div_ceil(u128::from(self.limit));
        now_ms.saturating_add(u64::try_from(wait).unwrap_or(u64::MAX))
    }

    /// One request. `cost` may be negative: a refund.
    pub fn decide(self, state: Option<Arrival>, now_ms: u64, cost: i64) -> (Option<Arrival>, Decision) {
        let available = self.available(state, now_ms);
        let success = u64::try_from(cost).map_or(true, |cost| cost <= available);
        let next = if success { Some(self.take(state, now_ms, cost)) } else { state };
        let full_ms = now_ms.saturating_add(
            u64::try_from(self.used(next, now_ms).div_ceil(u128::from(self.limit))).unwrap_or(u64::MAX),
        );
        let decision = Decision {
            success,
            limit: self.burst,
            remaining: if success { self.available(next, now_ms) } else { 0 },
            reset_ms: full_ms,
            retry_ms: self.free_at(next, now_ms, u64::try_from(cost).unwrap_or(1).max(1)),
            reason: None,
        };
        (next, decision)
    }

    /// Of `leased` tokens that were taken at `taken_ms`, when `used` of the burst was used up, how many may still be
    /// spent at `now_ms`: once all of it would have leaked away they do, too, so that tokens that lie with somebody
    /// never let through more at once than a burst.
    pub fn spendable(self, leased: u64, used: u128, taken_ms: u64, now_ms: u64) -> u64 {
        let leaked = u128::from(now_ms.saturating_sub(taken_ms)) * u128::from(self.limit);
        let held = u128::from(leased) * u128::from(self.window_ms);
        let left = held.saturating_sub(leaked.saturating_sub(used));
        u64::try_from(left / u128::from(self.window_ms)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: GcraRule = GcraRule { limit: 10, window_ms: 1_000, burst: 3 };

    #[test]
    fn after_a_burst_requests_pass_evenly() {
        let mut state = None;
        let passed: Vec<u64> = (0..500_u64)
            .filter(|now| {
                let (next, decision) = RULE.decide(state, *now, 1);
                state = next;
                decision.success
            })
            .collect();
        // Three at once would have been at 0; one a millisecond is what this visitor sends.
        assert_eq!(passed, [0, 1, 2, 100, 200, 300, 400]);
    }

    #[test]
    fn a_refund_gives_room_again() {
        let full = Some(RULE.take(None, 0, 3));
        assert_eq!(RULE.available(full, 0), 0);
        assert_eq!(RULE.available(Some(RULE.take(full, 0, -2)), 0), 2);
        assert_eq!(RULE.available(Some(RULE.take(full, 0, -20)), 0), 3, "never more than a burst");
    }

    fn rules() -> impl Strategy<Value = GcraRule> {
        (1..30_u64, 1..500_u64, 1..20_u64).prop_map(|(limit, window_ms, burst)| GcraRule { limit, window_ms, burst })
    }

    proptest! {
        /// Against the promise, in exact arithmetic: a burst and what has leaked since.
        #[test]
        fn no_stretch_of_time_passes_more_than_a_burst_and_the_rate(
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
                    let most = rule.burst + (to - from) * rule.limit / rule.window_ms;
                    prop_assert!((j - i + 1) as u64 <= most);
                }
            }
        }

        #[test]
        fn tokens_are_free_when_they_are_said_to_be(
            rule in rules(),
            taken in 0..40_u64,
            now in 0..2_000_u64,
            tokens in 1..40_u64,
        ) {
            let state = Some(rule.take(None, now, taken.min(rule.burst) as i64));
            let at = rule.free_at(state, now, tokens);
            if tokens > rule.burst {
                prop_assert_eq!(at, NEVER);
            } else {
                prop_assert!(rule.available(state, at) >= tokens);
                prop_assert!(at == now || rule.available(state, at - 1) < tokens);
            }
        }

        #[test]
        fn what_is_leased_and_what_is_left_are_never_more_than_a_burst(
            rule in rules(),
            steps in proptest::collection::vec((0..300_u64, 0..12_u64), 1..25),
        ) {
            let mut state = None;
            let mut leases: Vec<(u64, u128, u64)> = Vec::new();
            let mut now = 0;
            for (pause, want) in steps {
                now += pause;
                let used = rule.used(state, now);
                let granted = want.min(rule.available(state, now));
                state = Some(rule.take(state, now, granted as i64));
                leases.push((granted, used, now));
                for at in [now, now + 1, now + pause / 2, now + rule.window_ms] {
                    let leased: u64 = leases.iter().map(|(count, used, taken)| rule.spendable(*count, *used, *taken, at)).sum();
                    prop_assert!(leased + rule.available(state, at) <= rule.burst);
                }
            }
        }
    }
}
