//! The user's options: read, checked and completed. What is wrong is said in one sentence, at boot.

mod caching;
mod jobs;
mod limits;
mod reader;
mod revalidation;

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::error::{ErrorKind, Result};
use reader::{Reader, milliseconds, wrong};

/// The environment's variables that count, by name.
pub type Environment = HashMap<String, String>;

const URL: &str = "UPSTASH_REDIS_REST_URL";
const TOKEN: &str = "UPSTASH_REDIS_REST_TOKEN";

/// Checks the user's options and fills in defaults and environment. Durations become milliseconds.
///
/// # Errors
/// [`ErrorKind::Config`] naming the option, what was found and what is allowed.
pub fn resolve(config: &str, environment: &Environment) -> Result<Value> {
    let mut root = Reader::parse(config)?;
    let variable = |name: &str| environment.get(name).map(String::as_str).filter(|value| !value.is_empty());

    let url = root.text("url")?.or_else(|| variable(URL).map(str::to_owned));
    let token = root.text("token")?.or_else(|| variable(TOKEN).map(str::to_owned));
    let (url, token) = credentials(url, token)?;
    let prefix = root.text("prefix")?.or_else(|| variable("CACHE_KEY_PREFIX").map(str::to_owned));
    let ttl = match (root.duration("ttl")?, variable("CACHE_TTL_SECONDS")) {
        (Some(ttl), _) => ttl,
        (None, Some(seconds)) => milliseconds(seconds)
            .ok_or_else(|| wrong("CACHE_TTL_SECONDS", &json!(seconds), "a number of seconds above 0"))?,
        (None, None) => 3_600_000,
    };

    let l1 = memory(&mut root)?;
    let bus = bus(&mut root)?;
    let cache = caching::section(root.section("cache")?, ttl)?;
    let content_types = caching::content_types(&mut root)?;
    let rate_limit = limits::section(root.section("rateLimit")?)?;
    let jobs = jobs::list(&mut root)?;
    let qstash = jobs::qstash(root.section("qstash")?, variable, !jobs.is_empty())?;
    let revalidate = revalidation::section(root.section("revalidate")?)?;
    let deadline = root.duration("deadline")?.unwrap_or(DEADLINE_MS);
    let purge_on_start = root.flag("purgeOnStart")?.unwrap_or(false);
    root.end()?;

    Ok(json!({
        "url": url,
        "token": token,
        "prefix": checked_prefix(prefix)?,
        "ttlMs": ttl,
        "deadlineMs": deadline,
        "l1": l1,
        "bus": bus,
        "cache": cache,
        "contentTypes": content_types,
        "rateLimit": rate_limit,
        "jobs": jobs,
        "qstash": qstash,
        "revalidate": revalidate,
        "purgeOnStart": purge_on_start,
    }))
}

/// The longest a request waits for Upstash in one step, in ms, unless it is said.
const DEADLINE_MS: u64 = 150;

fn memory(root: &mut Reader) -> Result<Value> {
    let mut l1 = root.section("l1")?;
    let max_bytes = l1.integer("maxBytes", 1 << 20, 1 << 40)?.unwrap_or(64 << 20);
    let max_entries = l1.integer("maxEntries", 16, 10_000_000)?.unwrap_or(100_000);
    let max_entry_bytes = l1.integer("maxEntryBytes", 1 << 10, 1 << 26)?.unwrap_or(1 << 20);
    let max_age = l1.duration("maxAge")?.unwrap_or(1_000);
    l1.end()?;
    Ok(json!({
        "maxBytes": max_bytes,
        "maxEntries": max_entries,
        "maxEntryBytes": max_entry_bytes.min(max_bytes),
        "maxAgeMs": max_age,
    }))
}

fn bus(root: &mut Reader) -> Result<Value> {
    let mut bus = root.section("bus")?;
    let enabled = bus.flag("enabled")?.unwrap_or(true);
    let heartbeat = bus.duration("heartbeat")?.unwrap_or(3_000);
    bus.end()?;
    Ok(json!({ "enabled": enabled, "heartbeatMs": heartbeat }))
}

/// Checks the options of the middleware for Koa and fills in defaults. Of the environment nothing counts.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_koa(config: &str) -> Result<Value> {
    caching::koa(Reader::parse(config)?)
}

/// Checks the options given to one middleware, over the plugin's resolved ones.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_middleware(kind: &str, config: &str, resolved: &str) -> Result<Value> {
    let plugin: Value = serde_json::from_str(resolved)
        .map_err(|error| ErrorKind::Config(format!("the resolved options are not JSON: {error}")))?;
    let options = Reader::parse(config)?;
    match kind {
        "cache" => caching::middleware(options),
        "rate-limit" => limits::middleware(options, &plugin["rateLimit"]),
        other => Err(ErrorKind::Config(format!("middleware: found '{other}'; expected 'cache' or 'rate-limit'"))),
    }
}

/// The credentials of [`crate::client::HttpTransport`], checked: both or neither.
///
/// # Errors
/// [`ErrorKind::Config`].
pub fn credentials(url: Option<String>, token: Option<String>) -> Result<(Option<String>, Option<String>)> {
    let (url, token) = (url.filter(|url| !url.is_empty()), token.filter(|token| !token.is_empty()));
    match (&url, &token) {
        (Some(_), None) => {
            return Err(ErrorKind::Config(format!(
                "token: missing while url is set; set {TOKEN} (or token) as well, or neither"
            )));
        }
        (None, Some(_)) => {
            return Err(ErrorKind::Config(format!(
                "url: missing while token is set; set {URL} (or url) as well, or neither"
            )));
        }
        _ => {}
    }
    if let Some(url) = &url {
        let parsed = reqwest::Url::parse(url).ok().filter(|parsed| {
            matches!(parsed.scheme(), "http" | "https") && parsed.has_host() && parsed.query().is_none()
        });
        match parsed {
            None => {
                return Err(ErrorKind::Config(format!(
                    "url: found {}; expected the REST URL that Upstash shows, such as https://name-12345.upstash.io",
                    without_secrets(url)
                )));
            }
            Some(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
                // The value is not repeated: it holds a secret.
                return Err(ErrorKind::Config(
                    "url: found a user or password in it; expected the bare REST URL, and the token in token"
                        .to_owned(),
                ));
            }
            Some(_) => {}
        }
    }
    if token.as_deref().is_some_and(|token| !token.bytes().all(|byte| (0x21..=0x7e).contains(&byte))) {
        return Err(ErrorKind::Config(
            "token: found spaces or characters outside ASCII; expected the token as Upstash shows it".to_owned(),
        ));
    }
    Ok((url, token))
}

/// Scheme and host: a connection string holds the password, and a query may hold the token.
fn without_secrets(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(parsed) if parsed.has_host() => {
            format!("'{}://{}'", parsed.scheme(), parsed.host_str().unwrap_or_default())
        }
        _ => "something that is no URL".to_owned(),
    }
}

fn checked_prefix(prefix: Option<String>) -> Result<String> {
    let prefix = prefix.unwrap_or_else(|| "strapi".to_owned());
    if is_name(&prefix) { Ok(prefix) } else { Err(wrong("prefix", &json!(prefix), NAME)) }
}

const NAME: &str = "1 to 64 letters, digits, '-', '_', '.' or ':'";

/// What may be part of a key and of a header.
fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
    !text.is_empty() && text.len() <= 64 && plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(config: &str) -> Result<Value> {
        resolve(config, &Environment::new())
    }

    fn refused(config: &str) -> String {
        match resolved(config) {
            Err(ErrorKind::Config(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_options_everything_has_a_default() {
        let found = resolved("{}").expect("valid");
        assert_eq!(found["prefix"], "strapi");
        assert_eq!(found["ttlMs"], 3_600_000);
        assert_eq!(found["url"], Value::Null);
        assert_eq!(found["rateLimit"]["enabled"], true);
        assert_eq!(found["rateLimit"]["rules"][0]["limit"], 100);
    }

    #[test]
    fn options_win_over_the_environment_and_the_environment_over_defaults() {
        let environment = Environment::from([
            (URL.to_owned(), "https://a.upstash.io".to_owned()),
            (TOKEN.to_owned(), "t".to_owned()),
            ("CACHE_TTL_SECONDS".to_owned(), "60".to_owned()),
            ("CACHE_KEY_PREFIX".to_owned(), "env".to_owned()),
        ]);
        let found = resolve(r#"{"prefix":"mine"}"#, &environment).expect("valid");
        assert_eq!(
            (&found["prefix"], &found["ttlMs"], &found["url"]),
            (&json!("mine"), &json!(60_000), &json!("https://a.upstash.io"))
        );
    }

    #[test]
    fn durations_are_seconds_or_say_their_unit() {
        for (text, ms) in [("90", 90_000), ("1.5 h", 5_400_000), ("150ms", 150), ("2 d", 172_800_000), ("0.5", 500)] {
            assert_eq!(milliseconds(text), Some(ms), "{text}");
        }
        for text in ["", "0", "-1", "1 y", "1e3", "ten", "0.1 ms", "9999999 w", "."] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_one_sentence_with_the_option_what_was_found_and_what_is_allowed() {
        for (config, expected) in [
            (r#"{"tll":1}"#, "tll: not an option; the options here are url, token, prefix, ttl,"),
            (
                r#"{"l1":{"maxByte":1}}"#,
                "l1.maxByte: not an option; the options here are maxBytes, maxEntries, maxEntryBytes, maxAge",
            ),
            (r#"{"ttl":-1}"#, "ttl: found -1; expected a number of seconds above 0"),
            (r#"{"ttl":"soon"}"#, "ttl: found 'soon'; expected"),
            (r#"{"rateLimit":{"limit":0}}"#, "rateLimit.limit: found 0; expected a whole number from 1"),
            (r#"{"rateLimit":{"limit":"many"}}"#, "rateLimit.limit: found 'many'; expected"),
            (r#"{"cache":{"enabled":"yes"}}"#, "cache.enabled: found 'yes'; expected true or false"),
            (r#"{"cache":true}"#, "cache: found true; expected an object"),
            (r#"{"cache":{"jitter":2}}"#, "cache.jitter: found 2; expected a number from 0 to 1"),
            (
                r#"{"cache":{"authenticated":"yes"}}"#,
                "cache.authenticated: found 'yes'; expected 'bypass' or 'per-credential'",
            ),
            (r#"{"cache":{"tagHeader":"a b"}}"#, "cache.tagHeader: found 'a b'; expected the name of a header"),
            (r#"{"contentTypes":{"article":{}}}"#, "contentTypes: found 'article'; expected names such as"),
            (
                r#"{"contentTypes":{"api::a.a":{"tll":1}}}"#,
                "contentTypes.api::a.a.tll: not an option; the options here are ttl, invalidate, swr,",
            ),
            (r#"{"contentTypes":{"api::a.a":{"swr":"x"}}}"#, "contentTypes.api::a.a.swr: found 'x'; expected"),
            (r#"{"prefix":"a b"}"#, "prefix: found 'a b'; expected 1 to 64"),
            (r#"{"url":"https://a.b"}"#, "token: missing while url is set"),
            (r#"{"token":"secret"}"#, "url: missing while token is set"),
            (r#"{"url":"ftp://a.b/c","token":"t"}"#, "url: found 'ftp://a.b'; expected the REST URL"),
            (r#"{"url":"a.b","token":"t"}"#, "url: found something that is no URL; expected the REST URL"),
            (r#"{"revalidate":{"url":"https://a.b"}}"#, "revalidate.secret: missing while revalidate.url is set"),
            (
                r#"{"revalidate":{"secret":"0123456789abcdef"}}"#,
                "revalidate.url: missing while revalidate.secret is set",
            ),
            (
                r#"{"revalidate":{"url":"a.b","secret":"0123456789abcdef"}}"#,
                "revalidate.url: found something that is no URL",
            ),
            (r#"{"revalidate":{"url":"https://a.b","secret":"short"}}"#, "revalidate.secret: too short; expected 16"),
            (
                r#"{"revalidate":{"urls":[]}}"#,
                "revalidate.urls: not an option; the options here are url, secret, timeout",
            ),
            (r#"{"revalidate":"https://a.b"}"#, "revalidate: found 'https://a.b'; expected an object"),
            (r#"[]"#, "config: found []; expected an object"),
        ] {
            let text = refused(config);
            assert!(text.starts_with(expected), "{config}: {text}");
        }
    }

    #[test]
    fn a_secret_is_never_repeated() {
        for config in [
            r#"{"url":"https://a.b","token":"my secret"}"#,
            r#"{"token":"secret"}"#,
            r#"{"url":"https://u:secret@a.b","token":"t"}"#,
            r#"{"url":"https://a.b","token":["secret"]}"#,
            r#"{"url":["secret"],"token":"t"}"#,
            r#"{"url":"redis://default:secret@a.b:6379","token":"t"}"#,
            r#"{"url":"https://a.b?_token=secret","token":"t"}"#,
            r#"{"url":"secret","token":"t"}"#,
        ] {
            assert!(!refused(config).contains("secret"), "{}", refused(config));
        }
    }

    #[test]
    fn the_secret_of_a_front_end_is_never_repeated() {
        for section in [
            r#"{"url":"https://u:hidden@a.b","secret":"0123456789abcdef"}"#,
            r#"{"url":"https://a.b","secret":"hidden"}"#,
            r#"{"url":"https://a.b","secret":["hidden"]}"#,
        ] {
            let text = refused(&format!(r#"{{"revalidate":{section}}}"#));
            assert!(text.starts_with("revalidate.") && !text.contains("hidden"), "{text}");
        }
    }

    #[test]
    fn nobody_is_told_of_changes_where_nobody_is_named() {
        assert_eq!(resolved("{}").expect("valid")["revalidate"], Value::Null);
        assert_eq!(resolved(r#"{"revalidate":{"url":"","secret":null}}"#).expect("valid")["revalidate"], Value::Null);
        let found =
            resolved(r#"{"revalidate":{"url":"https://a.b/c?d=e","secret":"0123456789abcdef","timeout":"2 s"}}"#);
        let wanted = json!({ "url": "https://a.b/c?d=e", "secret": "0123456789abcdef", "timeoutMs": 2_000 });
        assert_eq!(found.expect("valid")["revalidate"], wanted);
    }

    #[test]
    fn what_is_turned_off_is_0() {
        let found =
            resolved(r#"{"cache":{"swr":false,"staleIfError":0,"fillLock":false,"browser":"5 m"}}"#).expect("valid");
        let cache = &found["cache"];
        assert_eq!((&cache["rule"]["staleMs"], &cache["fillLockMs"]), (&json!(0), &json!(0)));
        assert_eq!(cache["rule"]["browserMs"], 300_000);
    }

    #[test]
    fn a_content_type_says_only_what_it_changes() {
        let found = resolved(r#"{"contentTypes":{"api::a.a":{"ttl":"2h","invalidate":false}}}"#).expect("valid");
        assert_eq!(found["contentTypes"], json!({ "api::a.a": { "ttlMs": 7_200_000, "invalidate": false } }));
    }

    #[test]
    fn the_profile_for_koa_that_is_explicit_has_no_ttl_of_its_own() {
        assert_eq!(resolve_koa(r#"{"profile":"explicit","defaultTtl":60}"#).expect("valid")["ttlMs"], 0);
        assert_eq!(resolve_koa(r#"{"defaultTtl":60}"#).expect("valid")["cache"]["rule"]["ttlMs"], 60_000);
        assert!(resolve_koa(r#"{"profile":"both"}"#).is_err());
    }

    #[test]
    fn a_middlewares_own_options_are_checked_as_well() {
        let plugin = resolved("{}").expect("valid").to_string();
        let own = |kind: &str, config: &str| resolve_middleware(kind, config, &plugin);
        assert_eq!(own("cache", r#"{"ttl":"10 m"}"#), Ok(json!({ "ttlMs": 600_000 })));
        assert!(own("cache", r#"{"limit":5}"#).is_err());
    }
}
