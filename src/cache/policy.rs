//! May this answer be stored, for how long is it fresh, and what may be done with it after that.
//!
//! Source: RFC 9111 §3 (storing), §4.2.1 (freshness lifetime), §4.2.3 (age), §4.2.4 (stale answers), §5.2.2 (response
//! directives); RFC 5861 (`stale-while-revalidate`, `stale-if-error`). What the handler says wins over the operator;
//! what cannot be understood makes nothing more cacheable.

use std::time::UNIX_EPOCH;

/// The longest TTL that is kept, in ms: a year, as RFC 9111 §1.2.2 lets caches cap what they are told.
const LONGEST_MS: u64 = 365 * 24 * 3_600_000;
/// How long what is stale is kept to be validated, in ms.
const VALIDATE_MS: u64 = 24 * 3_600_000;

/// What the handler's answer says about itself.
#[derive(Debug, Clone, Default)]
pub struct Response<'a> {
    pub status: u16,
    pub cache_control: Option<&'a str>,
    pub expires: Option<&'a str>,
    pub date: Option<&'a str>,
    pub age: Option<&'a str>,
    pub set_cookie: bool,
    /// Whether the handler gave it an `ETag` or `Last-Modified`, and will answer 304 when it is asked with that.
    pub validator: bool,
}

/// What the operator says where the handler doesn't. Times in ms.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// 0 for none: then only what says how long it is fresh is stored.
    pub ttl_ms: u64,
    /// How long after that it may be answered while it is made anew.
    pub stale_ms: u64,
    /// How long after that it may be answered when making it anew fails.
    pub error_ms: u64,
    /// Whether other statuses than 200 may be stored as well.
    pub any_status: bool,
    /// The latest it may be fresh, counted from now: the end of a credential.
    pub longest_ms: Option<u64>,
}

/// How long an answer may be used, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifetime {
    pub fresh: u64,
    /// How old it is already.
    pub age: u64,
    /// Whether `fresh` is the operator's, who doesn't mind the exact moment.
    pub flexible: bool,
    /// After it was fresh, while it is made anew.
    pub stale: u64,
    /// After it was fresh, when making it anew fails.
    pub error: u64,
    /// How long it is kept after it was fresh: for one of these, or to be validated.
    pub keep: u64,
}

/// Why an answer is not stored, in a word for `Cache-Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str);

/// How long an answer may be used that may be stored.
///
/// # Errors
/// The reason why it may not.
pub fn lifetime_of(response: &Response<'_>, operator: &Operator, now_ms: u64) -> Result<Lifetime, Refusal> {
    if response.set_cookie {
        return Err(Refusal("set-cookie"));
    }
    let directives = response.cache_control.map(Directives::parse).unwrap_or_default();
    if directives.forbidden {
        return Err(Refusal("private"));
    }
    let explicit = explicit_lifetime(&directives, response, now_ms);
    if !may_store_status(response.status, explicit.is_some(), operator.any_status) {
        return Err(Refusal("status"));
    }
    let age = age_ms(response.age, response.date.and_then(date_ms), now_ms);
    // What came with an age has used up some of its time; what it has used beyond that, of the time it may be stale. The
    // operator's counts from when it is stored.
    let (fresh, overdue) = match explicit {
        _ if directives.no_cache => (0, 0),
        Some(lifetime) => (lifetime.saturating_sub(age), age.saturating_sub(lifetime)),
        None if operator.ttl_ms == 0 => (0, age),
        None => (operator.ttl_ms, 0),
    };
    let longest = operator.longest_ms.unwrap_or(LONGEST_MS).min(LONGEST_MS);
    let fresh = fresh.min(longest);
    // RFC 9111 §4.2.4: these forbid to use what is stale. `s-maxage` does so as well, unless the handler itself says
    // in the same breath for how long it may be.
    let never_stale = directives.must_revalidate || directives.no_cache;
    let silent = if directives.shared_max_age.is_some() { (0, 0) } else { (operator.stale_ms, operator.error_ms) };
    let stale_of = |said: Option<u64>, operator: u64| {
        let ms = if never_stale { 0 } else { said.map_or(operator, |seconds| seconds.saturating_mul(1_000)) };
        ms.saturating_sub(overdue).min(longest - fresh)
    };
    let stale = stale_of(directives.stale_while_revalidate, silent.0);
    let error = stale_of(directives.stale_if_error, silent.1);
    let validate = if response.validator { VALIDATE_MS.min(longest - fresh) } else { 0 };
    let keep = stale.max(error).max(validate);
    if fresh == 0 && keep == 0 {
        return Err(Refusal(if directives.no_cache {
            "private"
        } else if explicit.is_none() {
            "no-lifetime"
        } else {
            "ttl-zero"
        }));
    }
    // Nothing is older than a clock can tell.
    let age = age.min(now_ms);
    Ok(Lifetime { fresh, age, flexible: explicit.is_none(), stale, error, keep })
}

/// RFC 9110 §15.1 with RFC 9111 §3: with an explicit lifetime what a reader of the status understands; else what may be
/// stored without one, less what an origin mends at any time. Never what tells of a failure or of rights.
fn may_store_status(status: u16, explicit: bool, any: bool) -> bool {
    match status {
        200 => true,
        203 | 204 | 300 | 301 | 308 | 410 => any,
        302 | 303 | 307 | 400 | 404 | 405 | 414 | 451 => any && explicit,
        _ => false,
    }
}

/// The lifetime that the handler gives.
fn explicit_lifetime(directives: &Directives, response: &Response<'_>, now_ms: u64) -> Option<u64> {
    match (directives.shared_max_age.or(directives.max_age), response.expires) {
        (Some(seconds), _) => Some(seconds.saturating_mul(1_000)),
        (None, Some(expires)) => {
            let from = response.date.and_then(date_ms).unwrap_or(now_ms);
            Some(date_ms(expires).map_or(0, |at| at.saturating_sub(from)))
        }
        (None, None) => None,
    }
}

/// RFC 9111 §4.2.3. An `Age` that is none is as old as can be.
fn age_ms(age: Option<&str>, date: Option<u64>, now_ms: u64) -> u64 {
    let told = age.map_or(0, |age| {
        let age = age.trim();
        let digits = !age.is_empty() && age.bytes().all(|byte| byte.is_ascii_digit());
        if digits { age.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1_000) } else { u64::MAX }
    });
    // Within the second that a date is rounded to nothing is old.
    let apparent = date.map_or(0, |at| now_ms.saturating_sub(at.saturating_add(999)));
    told.max(apparent)
}

fn date_ms(text: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_millis() as u64)
}

#[derive(Default)]
struct Directives {
    forbidden: bool,
    no_cache: bool,
    must_revalidate: bool,
    max_age: Option<u64>,
    shared_max_age: Option<u64>,
    stale_while_revalidate: Option<u64>,
    stale_if_error: Option<u64>,
}

impl Directives {
    fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let Some(directives) = split_outside_quotes(text, b',') else {
            // A quote that never ends may hide anything.
            found.forbidden = true;
            return found;
        };
        for directive in directives {
            // Semicolons belong to other headers. Who writes them means something by what follows: that is heeded as far as
            // it forbids, and no time in it counts.
            let parts = split_outside_quotes(directive, b';').unwrap_or_default();
            for part in &parts {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                found.heed(name, if parts.len() > 1 { "" } else { value });
            }
        }
        found
    }

    fn heed(&mut self, name: &str, value: &str) {
        let shortest = |known: &mut Option<u64>| *known = Some(shorter(*known, name, value));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "private" => self.forbidden = true,
            "no-cache" => self.no_cache = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => shortest(&mut self.max_age),
            "s-maxage" => shortest(&mut self.shared_max_age),
            "stale-while-revalidate" => shortest(&mut self.stale_while_revalidate),
            "stale-if-error" => shortest(&mut self.stale_if_error),
            _ => {}
        }
    }
}

/// Of duplicates the shorter counts; a value that is no number, or spaces where there may be none, count as 0.
fn shorter(known: Option<u64>, name: &str, value: &str) -> u64 {
    let value = value.trim_end();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with([' ', '\t']);
    // RFC 9111 §1.2.2: a number too large to hold is a very long time.
    let seconds = if digits { value.parse().unwrap_or(u64::MAX) } else { 0 };
    known.map_or(seconds, |known| known.min(seconds))
}

/// The parts of a text; none where a quoted string doesn't end.
fn split_outside_quotes(text: &str, separator: u8) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped, mut start) = (false, false, 0);
    let mut parts = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Operator = Operator { ttl_ms: 60_000, stale_ms: 0, error_ms: 0, any_status: false, longest_ms: None };

    fn lifetime(cache_control: &str) -> Result<Lifetime, Refusal> {
        let response = Response { status: 200, cache_control: Some(cache_control), ..Response::default() };
        lifetime_of(&response, &MINUTE, 0)
    }

    fn ttl(cache_control: &str) -> Result<u64, Refusal> {
        lifetime(cache_control).map(|lifetime| lifetime.fresh)
    }

    fn fresh(response: &Response<'_>, now_ms: u64) -> Result<u64, Refusal> {
        lifetime_of(response, &MINUTE, now_ms).map(|lifetime| lifetime.fresh)
    }

    #[test]
    fn without_a_word_from_the_handler_the_operators_ttl_counts() {
        assert_eq!(fresh(&Response { status: 200, ..Response::default() }, 0), Ok(60_000));
        assert_eq!(ttl("public"), Ok(60_000));
    }

    #[test]
    fn without_an_operators_ttl_only_an_explicit_lifetime_counts() {
        let plain = Response { status: 200, ..Response::default() };
        assert_eq!(lifetime_of(&plain, &Operator::default(), 0), Err(Refusal("no-lifetime")));
        let said = Response { cache_control: Some("max-age=1"), ..plain };
        assert_eq!(lifetime_of(&said, &Operator::default(), 0).map(|found| found.fresh), Ok(1_000));
    }

    #[test]
    fn the_handlers_own_lifetime_wins_and_s_maxage_beats_max_age() {
        assert_eq!(ttl("max-age=5"), Ok(5_000));
        assert_eq!(ttl("max-age=5, s-maxage=7"), Ok(7_000));
        assert_eq!(ttl("S-MaxAge=\"7\" , MAX-AGE=5"), Ok(7_000));
        assert_eq!(ttl("s-maxage=0, max-age=5"), Err(Refusal("ttl-zero")));
    }

    #[test]
    fn what_is_private_or_must_be_revalidated_is_not_stored() {
        for value in
            ["no-store", "private", "no-cache", "public, PRIVATE=\"x, y\"", "max-age=9,no-store", "no-cache=\"a\""]
        {
            assert_eq!(ttl(value), Err(Refusal("private")), "{value}");
        }
    }

    #[test]
    fn what_must_be_revalidated_is_kept_for_that_where_its_handler_can() {
        let response = Response {
            status: 200,
            cache_control: Some("no-cache, max-age=9"),
            validator: true,
            ..Response::default()
        };
        let found = lifetime_of(&response, &MINUTE, 0).expect("kept");
        assert_eq!((found.fresh, found.stale, found.error, found.keep), (0, 0, 0, VALIDATE_MS));
    }

    #[test]
    fn nonsense_never_makes_an_answer_more_cacheable() {
        for value in [
            "max-age=abc",
            "max-age=-1",
            "max-age",
            "max-age=5, max-age=0",
            "s-maxage=1.5",
            "max-age =5",
            "max-age= 5",
            "max-age='5'",
            "max-age=\"5",
            "max-age=5;",
        ] {
            assert!(ttl(value).is_err(), "{value}");
        }
        assert_eq!(ttl("x=\"max-age=9, no-store\""), Ok(60_000));
        assert_eq!(ttl("x=\"a\\\", no-store\", max-age=5"), Ok(5_000));
        assert_eq!(ttl("x=\"a, max-age=5"), Err(Refusal("private")), "a quote that never ends");
    }

    #[test]
    fn expires_and_age_count_as_rfc_9111_has_it() {
        let response = Response {
            status: 200,
            expires: Some("Thu, 01 Jan 1970 00:01:40 GMT"),
            date: Some("Thu, 01 Jan 1970 00:00:40 GMT"),
            age: Some("10"),
            ..Response::default()
        };
        assert_eq!(fresh(&response, 40_000), Ok(50_000));
        assert_eq!(fresh(&response, 80_500), Ok(60_000 - 39_501), "older by its date than by its age");
        for age in ["soon", "-1", "0, 0", "7200, 0", "0;1", "1.5"] {
            assert_eq!(
                fresh(&Response { age: Some(age), ..response.clone() }, 40_000),
                Err(Refusal("ttl-zero")),
                "{age}"
            );
        }
        assert_eq!(fresh(&Response { expires: Some("0"), ..response }, 40_000), Err(Refusal("ttl-zero")));
    }

    #[test]
    fn what_is_stale_is_used_as_long_as_the_handler_or_the_operator_allows() {
        let used = |value: &str| lifetime(value).map(|found| (found.fresh, found.stale, found.error));
        assert_eq!(used("max-age=1, stale-while-revalidate=2, stale-if-error=3"), Ok((1_000, 2_000, 3_000)));
        assert_eq!(used("s-maxage=1, stale-while-revalidate=2"), Ok((1_000, 2_000, 0)));
        assert_eq!(used("max-age=0, stale-while-revalidate=2"), Ok((0, 2_000, 0)));
        for word in ["must-revalidate", "proxy-revalidate"] {
            let value = format!("max-age=1, {word}, stale-while-revalidate=2, stale-if-error=3");
            assert_eq!(used(&value), Ok((1_000, 0, 0)), "{word}");
        }
        let operator = Operator { stale_ms: 5_000, error_ms: 6_000, ..MINUTE };
        let of = |value: Option<&str>| {
            let response = Response { status: 200, cache_control: value, ..Response::default() };
            lifetime_of(&response, &operator, 0).map(|found| (found.stale, found.error, found.keep))
        };
        assert_eq!(of(None), Ok((5_000, 6_000, 6_000)));
        assert_eq!(of(Some("max-age=1, stale-if-error=0")), Ok((5_000, 0, 5_000)));
        assert_eq!(of(Some("s-maxage=1")), Ok((0, 0, 0)));
    }

    #[test]
    fn what_comes_older_than_it_may_be_is_stale_for_as_much_less() {
        let of = |age: &'static str| {
            let value = Some("max-age=10, stale-while-revalidate=20");
            let response = Response { status: 200, cache_control: value, age: Some(age), ..Response::default() };
            lifetime_of(&response, &MINUTE, 0).map(|found| (found.fresh, found.stale))
        };
        assert_eq!(of("4"), Ok((6_000, 20_000)));
        assert_eq!(of("15"), Ok((0, 15_000)));
        assert_eq!(of("30"), Err(Refusal("ttl-zero")));
    }

    #[test]
    fn what_stands_behind_a_semicolon_only_forbids() {
        for value in ["no-store; max-age=60", "max-age=60; private", "public; NO-STORE"] {
            assert_eq!(ttl(value), Err(Refusal("private")), "{value}");
        }
        assert_eq!(ttl("public; max-age=60"), Err(Refusal("ttl-zero")));
        assert_eq!(ttl("x=\"a; no-store\", max-age=60"), Ok(60_000));
    }

    #[test]
    fn nothing_outlives_the_credential_it_was_made_for() {
        let operator = Operator { stale_ms: 60_000, error_ms: 60_000, longest_ms: Some(70_000), ..MINUTE };
        let response = Response { status: 200, validator: true, ..Response::default() };
        let found = lifetime_of(&response, &operator, 0).expect("stored");
        assert_eq!((found.fresh, found.stale, found.error, found.keep), (60_000, 10_000, 10_000, 10_000));
    }

    #[test]
    fn statuses_of_failures_and_rights_are_never_stored() {
        let any = Operator { any_status: true, ..MINUTE };
        let stored = |status: u16, explicit: bool, operator: &Operator| {
            let cache_control = explicit.then_some("max-age=9");
            lifetime_of(&Response { status, cache_control, ..Response::default() }, operator, 0).is_ok()
        };
        for status in [200, 203, 204, 301, 308, 410] {
            assert!(stored(status, false, &any) && stored(status, true, &any), "{status}");
        }
        for status in [302, 307, 404] {
            assert!(!stored(status, false, &any) && stored(status, true, &any), "{status}");
        }
        for status in [201, 206, 299, 304, 401, 403, 429, 499, 500, 503, 599] {
            assert!(!stored(status, true, &any), "{status}");
        }
        assert!(!stored(404, true, &MINUTE) && !stored(301, true, &MINUTE));
    }

    #[test]
    fn an_answer_with_a_cookie_is_not_stored() {
        let response = Response { status: 200, set_cookie: true, ..Response::default() };
        assert_eq!(fresh(&response, 0), Err(Refusal("set-cookie")));
    }
}
