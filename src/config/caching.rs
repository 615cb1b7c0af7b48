//! The options of the cache: what holds for all answers, for those of a content type, and for those of a route.

use serde_json::{Map, Value, json};

use super::reader::{Reader, wrong};
use crate::error::Result;

/// How long one process waits for another that makes the same answer, in ms, unless it is said.
const FILL_LOCK_MS: u64 = 1_000;
/// The share of a TTL that is left out by chance, unless it is said: enough to part what was stored in one second.
const JITTER: f64 = 0.05;

const AUTHENTICATED: [&str; 3] = ["bypass", "per-credential", "per-role"];
const DIRECTIVES: [&str; 2] = ["ignore", "honor"];

/// What holds for one answer; what was not given is left out.
fn rule(options: &mut Reader) -> Result<Map<String, Value>> {
    let mut rule = Map::new();
    let mut note = |name: &str, value: Option<Value>| _ = value.map(|value| rule.insert(name.to_owned(), value));
    note("staleMs", options.duration_or_off("swr")?.map(Value::from));
    note("errorMs", options.duration_or_off("staleIfError")?.map(Value::from));
    note("browserMs", options.duration_or_off("browser")?.map(Value::from));
    note("cdnMs", options.duration_or_off("cdn")?.map(Value::from));
    note("authenticated", options.word("authenticated", &AUTHENTICATED)?.map(Value::from));
    note("enabled", options.flag("enabled")?.map(Value::from));
    Ok(rule)
}

/// As [`rule`], with what only a content type or a route can say.
fn own_rule(options: &mut Reader) -> Result<Map<String, Value>> {
    let ttl = options.duration("ttl")?;
    let invalidate = options.flag("invalidate")?;
    let mut rule = rule(options)?;
    rule.extend(ttl.map(|ttl| ("ttlMs".to_owned(), ttl.into())));
    rule.extend(invalidate.map(|invalidate| ("invalidate".to_owned(), invalidate.into())));
    Ok(rule)
}

/// The section `cache`.
pub fn section(mut options: Reader, ttl_ms: u64) -> Result<Value> {
    let given = rule(&mut options)?;
    let mut defaults = json!({
        "ttlMs": ttl_ms, "staleMs": 0, "errorMs": 0, "browserMs": 0, "cdnMs": 0, "authenticated": "bypass", "enabled": true,
        "invalidate": true,
    });
    for (name, value) in given {
        defaults[name] = value;
    }
    let found = json!({
        "enabled": defaults["enabled"],
        "untagged": options.flag("untagged")?.unwrap_or(false),
        "jitter": options.share("jitter")?.unwrap_or(JITTER),
        "earlyRefresh": options.flag("earlyRefresh")?.unwrap_or(true),
        "requestDirectives": options.word("requestDirectives", &DIRECTIVES)?.unwrap_or("ignore"),
        "compression": options.flag("compression")?.unwrap_or(true),
        "tagHeader": tag_header(&mut options)?,
        "fillLockMs": options.duration_or_off("fillLock")?.unwrap_or(FILL_LOCK_MS),
        "graphql": options.flag("graphql")?.unwrap_or(true),
        "anyStatus": false,
        "rule": defaults,
    });
    options.end()?;
    Ok(found)
}

/// `contentTypes`: what each says over the defaults.
pub fn content_types(options: &mut Reader) -> Result<Value> {
    let mut found = Map::new();
    for (uid, given) in options.entries("contentTypes", "an object of options by content type")? {
        let is_uid = uid.contains("::") && uid.contains('.');
        if !is_uid {
            return Err(wrong("contentTypes", &json!(uid), "names such as 'api::article.article'"));
        }
        let mut own = Reader::of(format!("contentTypes.{uid}."), given)?;
        let rule = own_rule(&mut own)?;
        own.end()?;
        found.insert(uid, Value::Object(rule));
    }
    Ok(Value::Object(found))
}

/// The options of one cache middleware.
pub fn middleware(mut options: Reader) -> Result<Value> {
    let rule = own_rule(&mut options)?;
    options.end()?;
    Ok(Value::Object(rule))
}

/// The options of the middleware for Koa without Strapi: what [`super::resolve`] gives, as far as it is about a cache.
pub fn koa(mut options: Reader) -> Result<Value> {
    let url = options.text("url")?;
    let token = options.text("token")?;
    let (url, token) = super::credentials(url, token)?;
    let prefix = super::checked_prefix(options.text("prefix")?.or_else(|| Some("cache".to_owned())))?;
    let explicit = options.word("profile", &["operator", "explicit"])? == Some("explicit");
    let ttl = options.duration("defaultTtl")?.filter(|_| !explicit).unwrap_or(0);
    let memory = super::memory(&mut options)?;
    let bus = super::bus(&mut options)?;
    let deadline = options.duration("deadline")?.unwrap_or(super::DEADLINE_MS);
    let stale = options.duration_or_off("swr")?.unwrap_or(0);
    let error = options.duration_or_off("staleIfError")?.unwrap_or(0);
    let found = json!({
        "url": url, "token": token, "prefix": prefix, "ttlMs": ttl, "deadlineMs": deadline, "l1": memory, "bus": bus,
        "cache": {
            "enabled": true, "untagged": false, "anyStatus": true, "graphql": false, "tagHeader": null,
            "jitter": options.share("jitter")?.unwrap_or(JITTER),
            "earlyRefresh": options.flag("earlyRefresh")?.unwrap_or(true),
            "requestDirectives": options.word("requestDirectives", &DIRECTIVES)?.unwrap_or("ignore"),
            "compression": options.flag("compression")?.unwrap_or(true),
            "fillLockMs": options.duration_or_off("fillLock")?.unwrap_or(FILL_LOCK_MS),
            "rule": {
                "ttlMs": ttl, "staleMs": stale, "errorMs": error, "browserMs": 0, "cdnMs": 0, "authenticated": "bypass",
                "enabled": true, "invalidate": false,
            },
        },
    });
    options.end()?;
    Ok(found)
}

/// The name of a header (RFC 9110 §5.6.2).
fn tag_header(options: &mut Reader) -> Result<Option<String>> {
    let Some(name) = options.text("tagHeader")? else { return Ok(None) };
    let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte));
    if is_token {
        Ok(Some(name))
    } else {
        Err(options.wrong("tagHeader", &json!(name), "the name of a header, such as 'Cache-Tag'"))
    }
}
