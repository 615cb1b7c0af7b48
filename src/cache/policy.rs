//! May this answer be stored, and for how long.
//!
//! Source: RFC 9111 §3 (storing), §4.2.1 (freshness lifetime), §5.2.2 (response directives). What the handler says
//! wins over the operator's TTL; what cannot be understood makes nothing more cacheable.

use std::time::UNIX_EPOCH;

/// The longest TTL that is kept, in ms: a year, as RFC 9111 §1.2.2 lets caches cap what they are told.
const LONGEST_MS: u64 = 365 * 24 * 3_600_000;

/// What the handler's answer says about itself.
#[derive(Debug, Clone, Default)]
pub struct Response<'a> {
    pub status: u16,
    pub cache_control: Option<&'a str>,
    pub expires: Option<&'a str>,
    pub date: Option<&'a str>,
    pub age: Option<&'a str>,
    /// Names the handler put into `Vary`.
    pub vary: Option<&'a str>,
    pub set_cookie: bool,
}

/// Why an answer is not stored, in a word for `Cache-Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub &'static str);

/// The TTL in ms of an answer that may be stored.
///
/// # Errors
/// The reason why it may not.
pub fn ttl_of(response: &Response<'_>, operator_ttl_ms: u64, now_ms: u64) -> Result<u64, Refusal> {
    if response.status != 200 {
        return Err(Refusal("status"));
    }
    if response.set_cookie {
        return Err(Refusal("set-cookie"));
    }
    if response.vary.is_some_and(|vary| !vary.trim().is_empty()) {
        return Err(Refusal("vary"));
    }
    let explicit = match response.cache_control.map(Directives::parse) {
        Some(directives) if directives.forbidden => return Err(Refusal("private")),
        Some(directives) => directives.shared_max_age.or(directives.max_age),
        None => None,
    };
    let lifetime = match (explicit, response.expires) {
        (Some(seconds), _) => seconds.saturating_mul(1_000),
        (None, Some(expires)) => {
            let from = response.date.and_then(date_ms).unwrap_or(now_ms);
            date_ms(expires).map_or(0, |at| at.saturating_sub(from))
        }
        (None, None) => return positive(operator_ttl_ms),
    };
    let age = response.age.map_or(Some(0), |age| age.trim().parse::<u64>().ok());
    positive(lifetime.saturating_sub(age.map_or(u64::MAX, |seconds| seconds.saturating_mul(1_000))))
}

fn positive(ttl_ms: u64) -> Result<u64, Refusal> {
    if ttl_ms == 0 { Err(Refusal("ttl-zero")) } else { Ok(ttl_ms.min(LONGEST_MS)) }
}

fn date_ms(text: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_millis() as u64)
}

#[derive(Default)]
struct Directives {
    forbidden: bool,
    max_age: Option<u64>,
    shared_max_age: Option<u64>,
}

impl Directives {
    fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for directive in split_outside_quotes(text) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                // `no-cache` allows storing only with revalidation before each use, which we have no way to do.
                "no-store" | "no-cache" | "private" => found.forbidden = true,
                "max-age" => found.max_age = Some(shorter(found.max_age, value)),
                "s-maxage" => found.shared_max_age = Some(shorter(found.shared_max_age, value)),
                _ => {}
            }
        }
        found
    }
}

/// Of duplicates the shorter counts; a value that is no number counts as 0.
fn shorter(known: Option<u64>, value: &str) -> u64 {
    let value = value.trim().trim_matches('"');
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // RFC 9111 §1.2.2: a number too large to hold is a very long time.
    let seconds = if digits { value.parse().unwrap_or(u64::MAX) } else { 0 };
    known.map_or(seconds, |known| known.min(seconds))
}

fn split_outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl(cache_control: &str) -> Result<u64, Refusal> {
        let response = Response { status: 200, cache_control: Some(cache_control), ..Response::default() };
        ttl_of(&response, 60_000, 0)
    }

    #[test]
    fn without_a_word_from_the_handler_the_operators_ttl_counts() {
        assert_eq!(ttl_of(&Response { status: 200, ..Response::default() }, 60_000, 0), Ok(60_000));
        assert_eq!(ttl("public"), Ok(60_000));
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
        for value in ["no-store", "private", "no-cache", "public, PRIVATE=\"x, y\"", "max-age=9,no-store"] {
            assert_eq!(ttl(value), Err(Refusal("private")), "{value}");
        }
    }

    #[test]
    fn nonsense_never_makes_an_answer_more_cacheable() {
        for value in ["max-age=abc", "max-age=-1", "max-age", "max-age=5, max-age=0", "s-maxage=1.5"] {
            assert_eq!(ttl(value), Err(Refusal("ttl-zero")), "{value}");
        }
        assert_eq!(ttl("x=\"max-age=9, no-store\""), Ok(60_000));
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
        assert_eq!(ttl_of(&response, 1, 0), Ok(50_000));
        assert_eq!(ttl_of(&Response { expires: Some("0"), ..response.clone() }, 1, 0), Err(Refusal("ttl-zero")));
        assert_eq!(ttl_of(&Response { age: Some("soon"), ..response }, 1, 0), Err(Refusal("ttl-zero")));
    }

    #[test]
    fn other_statuses_cookies_and_vary_are_not_stored() {
        let plain = Response { status: 200, ..Response::default() };
        for (response, reason) in [
            (Response { status: 404, ..plain.clone() }, "status"),
            (Response { set_cookie: true, ..plain.clone() }, "set-cookie"),
            (Response { vary: Some("Accept-Language"), ..plain.clone() }, "vary"),
        ] {
            assert_eq!(ttl_of(&response, 1, 0), Err(Refusal(reason)));
        }
    }
}
