//! Fixed and sliding windows: how many tokens were taken in each bucket of time.
//!
//! Source of the sliding window: the approximation of Cloudflare, *How we built rate limiting capable of scaling to
//! millions of domains* (2017), with the rule and the numbers of `@upstash/ratelimit`: refused when
//! `floor((1 - (now mod w) / w) * previous) + current >= limit`.

use super::{Decision, NEVER};

/// Buckets that are remembered: the current and the previous one, for a clock that has gone back by one as well.
const REMEMBERED: usize = 3;

/// What is remembered of one identifier: the newest bucket, `floor(now / window)`, and what was taken in it and in
/// those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Windows {
    bucket: u64,
    taken: [i64; REMEMBERED],
}

impl Windows {
    /// What was taken in `bucket` and in the one before it.
    pub fn of(bucket: u64, current: i64, previous: i64) -> Self {
        Self { bucket, taken: [current, previous, 0] }
    }

    /// What was taken in a bucket and in the one before it.
    #[inline(always)]
    fn counts(&self, bucket: u64) -> (i64, i64) {
        if bucket == self.bucket {
            return (self.taken[0], self.taken[1]);
        }
        let at = |bucket: u64| {
            let back = self.bucket.checked_sub(bucket).and_then(|back| usize::try_from(back).ok());
            back.and_then(|back| self.taken.get(back)).copied().unwrap_or(0)
        };
        (at(bucket), bucket.checked_sub(1).map_or(0, at))
    }

    /// Takes `tokens` in `bucket`. A clock that went back further than is remembered was set: the buckets of the time
    /// before are none of its past.
    #[inline(always)]
    fn add(&mut self, bucket: u64, tokens: i64) {
        if bucket > self.bucket || bucket + (REMEMBERED as u64) <= self.bucket {
            let (current, previous) = self.counts(bucket);
            let before = bucket.checked_sub(2).map_or(0, |older| self.counts(older).0);
            *self = Self { bucket, taken: [current, previous, before] };
        }
        let taken = &mut self.taken[(self.bucket - bucket) as usize];
        *taken = taken.saturating_add(tokens);
    }
}

/// `limit` tokens in a window of `window_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowRule {
    pub limit: u64,
    pub window_ms: u64,
    /// Whether the previous window counts by the share that still lies within the last `window_ms`.
    pub sliding: bool,
}

impl WindowRule {
    #[inline(always)]
    pub fn bucket(self, now_ms: u64) -> u64 {
        now_ms / self.window_ms
    }

    /// When the bucket of `now_ms` ends.
    #[inline(always)]
    pub fn reset_ms(self, now_ms: u64) -> u64 {
        (self.bucket(now_ms) + 1).saturating_mul(self.window_ms)
    }

    #[inline(always)]
    fn limit(self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX)
    }

    /// What counts of a previous bucket at `now_ms`, in the arithmetic of the script.
    #[inline(always)]
    fn weighted(self, previous: i64, now_ms: u64) -> i64 {
        if !self.sliding || previous == 0 {
            return 0;
        }
        let elapsed = (now_ms % self.window_ms) as f64 / self.window_ms as f64;
        ((1.0 - elapsed) * previous as f64).floor() as i64
    }

    /// Tokens that can be taken now.
    #[inline(always)]
    pub fn available(self, state: Windows, now_ms: u64) -> u64 {
        let (current, previous) = state.counts(self.bucket(now_ms));
        let used = self.weighted(previous, now_ms).saturating_add(current);
        u64::try_from(self.limit().saturating_sub(used)).unwrap_or(0)
    }

    /// What was taken in the bucket of `now_ms`.
    pub fn taken(self, state: Windows, now_ms: u64) -> i64 {
        state.counts(self.bucket(now_ms)).0
    }

    /// Takes tokens, or gives them back where there are fewer than none.
    #[inline(always)]
    pub fn take(self, mut state: Windows, now_ms: u64, tokens: i64) -> Windows {
        state.add(self.bucket(now_ms), tokens);
        state
    }

    /// One request of the strict kind: it is refused where its cost is more than can be taken, and then takes nothing.
    /// Changes the state where it is: a copy of it costs more than all the rest.
    #[inline]
    pub fn admit(self, state: &mut Windows, now_ms: u64, cost: u64) -> Decision {
        let bucket = self.bucket(now_ms);
        let (current, previous) = state.counts(bucket);
        let used = self.weighted(previous, now_ms).saturating_add(current);
        let available = u64::try_from(self.limit().saturating_sub(used)).unwrap_or(0);
        let success = cost <= available;
        let retry_ms = if success { now_ms } else { self.free_at(*state, now_ms, cost) };
        if success {
            state.add(bucket, i64::try_from(cost).unwrap_or(i64::MAX));
        }
        Decision {
            success,
            limit: self.limit,
            remaining: if success { available - cost } else { 0 },
            reset_ms: self.reset_ms(now_ms),
            retry_ms,
            reason: None,
        }
    }

    /// The first moment, from `now_ms` on, at which `tokens` could be taken if nobody took any till then.
    pub fn free_at(self, state: Windows, now_ms: u64, tokens: u64) -> u64 {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        let bucket = self.bucket(now_ms);
        let (current, previous) = state.counts(bucket);
        let room = self.limit().saturating_sub(current).saturating_sub(tokens);
        if let Some(at) = self.room_at(previous, room, now_ms) {
            return at;
        }
        // In the next bucket, this one is the previous.
        let room = self.limit().saturating_sub(tokens);
        self.room_at(current, room, self.reset_ms(now_ms)).unwrap_or(NEVER)
    }

    /// The first moment, in the bucket of `from_ms`, at which no more than `room` of the previous one counts.
    fn room_at(self, previous: i64, room: i64, from_ms: u64) -> Option<u64> {
        if room < 0 {
            return None;
        }
        // It counts less and less.
        let (mut low, mut high) = (from_ms, self.reset_ms(from_ms));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.weighted(previous, middle) <= room {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        (low < self.reset_ms(from_ms)).then_some(low)
    }

    /// One request as `@upstash/ratelimit` decides it. `cost` may be negative: a refund.
    ///
    /// In a fixed window a refused request counts as well; in a sliding one it counts where it found room for a part
    /// of its cost.
    pub fn decide(self, state: Windows, now_ms: u64, cost: i64) -> (Windows, Decision) {
        let bucket = self.bucket(now_ms);
        let (current, previous) = state.counts(bucket);
        let weighted = self.weighted(previous, now_ms);
        let refused = self.sliding && cost > 0 && weighted.saturating_add(current) >= self.limit();
        let next = if refused { state } else { self.take(state, now_ms, cost) };
        let left = if refused { -1 } else { self.limit() - current.saturating_add(cost).saturating_add(weighted) };
        let decision = Decision {
            success: left >= 0,
            limit: self.limit,
            remaining: u64::try_from(left).unwrap_or(0),
            reset_ms: self.reset_ms(now_ms),
            retry_ms: self.reset_ms(now_ms),
            reason: None,
        };
        (next, decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: WindowRule = WindowRule { limit: 100, window_ms: 60_000, sliding: true };

    fn admitted(rule: WindowRule, times: impl IntoIterator<Item = u64>) -> usize {
        let mut state = Windows::default();
        let decide = |now: &u64| {
            let (next, decision) = rule.decide(state, *now, 1);
            state = next;
            decision.success
        };
        times.into_iter().filter(decide).count()
    }

    #[test]
    fn of_105_at_once_exactly_the_first_100_pass() {
        for sliding in [true, false] {
            let mut state = Windows::default();
            for i in 0..105_u64 {
                let (next, decision) = WindowRule { sliding, ..MINUTE }.decide(state, 1_000, 1);
                state = next;
                assert_eq!(decision.success, i < 100);
                assert_eq!(decision.remaining, 99_u64.saturating_sub(i));
                assert_eq!(decision.reset_ms, 60_000);
            }
        }
    }

    #[test]
    fn the_previous_window_counts_by_the_share_that_is_still_covered() {
        let burst = || std::iter::repeat_n(59_999, 100);
        assert_eq!(admitted(MINUTE, burst().chain(std::iter::repeat_n(60_000, 50))), 100);
        assert_eq!(admitted(MINUTE, burst().chain(std::iter::repeat_n(90_000, 100))), 150);
        assert_eq!(admitted(MINUTE, burst().chain(std::iter::repeat_n(120_000, 150))), 200);
    }

    #[test]
    fn a_fixed_window_forgets_at_its_end() {
        let rule = WindowRule { sliding: false, ..MINUTE };
        assert_eq!(admitted(rule, std::iter::repeat_n(59_999, 150).chain(std::iter::repeat_n(60_000, 150))), 200);
    }

    #[test]
    fn a_clock_that_goes_back_by_a_window_finds_what_was_taken_in_it() {
        for sliding in [true, false] {
            let rule = WindowRule { sliding, ..MINUTE };
            let back = std::iter::repeat_n(600_000, 100).chain(std::iter::repeat_n(660_000, 1));
            assert_eq!(admitted(rule, back.chain(std::iter::repeat_n(600_000, 100))), if sliding { 100 } else { 101 });
        }
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew() {
        assert_eq!(admitted(MINUTE, std::iter::repeat_n(6_000_000, 100).chain(std::iter::repeat_n(0, 150))), 200);
    }

    #[test]
    fn a_refund_gives_room_again() {
        let full = MINUTE.take(Windows::default(), 0, 100);
        assert!(!MINUTE.decide(full, 0, 1).1.success);
        assert!(MINUTE.decide(MINUTE.decide(full, 0, -1).0, 0, 1).1.success);
    }

    #[test]
    fn more_than_the_limit_is_never_free() {
        assert_eq!(MINUTE.free_at(Windows::default(), 5, 101), NEVER);
        assert_eq!(MINUTE.free_at(Windows::default(), 5, 100), 5);
    }

    fn rules() -> impl Strategy<Value = WindowRule> {
        (1..20_u64, 1..500_u64, any::<bool>()).prop_map(|(limit, window_ms, sliding)| WindowRule {
            limit,
            window_ms,
            sliding,
        })
    }

    proptest! {
        /// What both promise exactly: never more than the limit within one bucket.
        #[test]
        fn no_bucket_admits_more_than_the_limit(
            rule in rules(),
            mut times in proptest::collection::vec(0..3_000_u64, 0..200),
        ) {
            times.sort_unstable();
            let mut state = Windows::default();
            let mut by_bucket = std::collections::HashMap::new();
            for now in times {
                if rule.available(state, now) >= 1 {
                    state = rule.take(state, now, 1);
                    *by_bucket.entry(rule.bucket(now)).or_insert(0_u64) += 1;
                }
            }
            prop_assert!(by_bucket.values().all(|count| *count <= rule.limit));
        }

        #[test]
        fn what_is_available_can_be_taken_and_is_what_remains(rule in rules(), before in 0..40_i64, now in 0..10_000_u64) {
            let state = rule.take(Windows::default(), now, before);
            let available = rule.available(state, now);
            let after = rule.take(state, now, available as i64);
            prop_assert_eq!(rule.available(after, now), 0);
            if available > 0 {
                prop_assert_eq!(rule.decide(state, now, 1).1.remaining, available - 1);
            }
        }

        /// Not a millisecond too early, and not a millisecond too late.
        #[test]
        fn tokens_are_free_when_they_are_said_to_be(
            rule in rules(),
            taken in proptest::collection::vec((0..1_500_u64, 0..30_i64), 0..6),
            now in 1_500..2_000_u64,
            tokens in 1..20_u64,
        ) {
            let mut taken = taken;
            taken.sort_unstable();
            let state = taken.into_iter().fold(Windows::default(), |state, (at, count)| rule.take(state, at, count));
            let at = rule.free_at(state, now, tokens);
            if tokens > rule.limit {
                prop_assert_eq!(at, NEVER);
            } else {
                prop_assert!(rule.available(state, at) >= tokens);
                prop_assert!((now..at).all(|before| rule.available(state, before) < tokens));
            }
        }
    }
}
