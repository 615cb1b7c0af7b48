//! The user's options: read, checked and completed. What is wrong is said in one sentence, at boot.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::error::{ErrorKind, Result};

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

    let mut l1 = root.section("l1")?;
    let max_bytes = l1.integer("maxBytes", 1 << 20, 1 << 40)?.unwrap_or(64 << 20);
    let max_entry_bytes = l1.integer("maxEntryBytes", 1 << 10, 1 << 26)?.unwrap_or(1 << 20);
    let max_age = l1.duration("maxAge")?.unwrap_or(1_000);
    l1.end()?;
    let mut cache = root.section("cache")?;
    let cache_enabled = cache.flag("enabled")?.unwrap_or(true);
    cache.end()?;
    let mut limit = root.section("rateLimit")?;
    let limit_enabled = limit.flag("enabled")?.unwrap_or(true);
    let (requests, window) = rule(&mut limit, (100, 60_000))?;
    limit.end()?;
    let deadline = root.duration("deadline")?.unwrap_or(150);
    let purge_on_start = root.flag("purgeOnStart")?.unwrap_or(false);
    root.end()?;

    Ok(json!({
        "url": url,
        "token": token,
        "prefix": checked_prefix(prefix)?,
        "ttlMs": ttl,
        "deadlineMs": deadline,
        "l1": { "maxBytes": max_bytes, "maxEntryBytes": max_entry_bytes.min(max_bytes), "maxAgeMs": max_age },
        "cache": { "enabled": cache_enabled },
        "rateLimit": { "enabled": limit_enabled, "limit": requests, "windowMs": window },
        "purgeOnStart": purge_on_start,
    }))
}

/// Checks the options given to one middleware, over the plugin's resolved ones.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_middleware(kind: &str, config: &str, resolved: &str) -> Result<Value> {
    let plugin: Value = serde_json::from_str(resolved)
        .map_err(|error| ErrorKind::Config(format!("the resolved options are not JSON: {error}")))?;
    let mut options = Reader::parse(config)?;
    let found = match kind {
        "cache" => json!({ "ttlMs": options.duration("ttl")? }),
        "rate-limit" => {
            let defaults = &plugin["rateLimit"];
            let default = (defaults["limit"].as_u64().unwrap_or(100), defaults["windowMs"].as_u64().unwrap_or(60_000));
            let (limit, window) = rule(&mut options, default)?;
            json!({ "limit": limit, "windowMs": window })
        }
        other => {
            return Err(ErrorKind::Config(format!("middleware: found '{other}'; expected 'cache' or 'rate-limit'")));
        }
    };
    options.end()?;
    Ok(found)
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

fn rule(options: &mut Reader, (limit, window): (u64, u64)) -> Result<(u64, u64)> {
    let limit = options.integer("limit", 1, 1 << 40)?.unwrap_or(limit);
    let window = options.duration("window")?.unwrap_or(window);
    Ok((limit, window))
}

fn checked_prefix(prefix: Option<String>) -> Result<String> {
    let prefix = prefix.unwrap_or_else(|| "strapi".to_owned());
    let plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
    if prefix.is_empty() || prefix.len() > 64 || !plain {
        return Err(wrong("prefix", &json!(prefix), "1 to 64 letters, digits, '-', '_', '.' or ':'"));
    }
    Ok(prefix)
}

/// Milliseconds of `90`, `1.5 h`, `150ms`: a bare number is seconds.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let amount: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1.0,
        "" | "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        "w" => 604_800_000.0,
        _ => return None,
    };
    let total = amount * unit;
    // A hundred years are a mistake, and so is less than a millisecond.
    (1.0..=3.2e12).contains(&total).then_some(total as u64)
}

fn wrong(option: &str, found: &Value, allowed: &str) -> ErrorKind {
    let found = found.to_string().replace('"', "'");
    ErrorKind::Config(format!("{option}: found {}; expected {allowed}", found.chars().take(80).collect::<String>()))
}

/// Reads one object of options and knows what was asked for, so that the rest is unknown.
struct Reader {
    path: String,
    fields: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Reader {
    fn parse(json: &str) -> Result<Self> {
        let value = serde_json::from_str(json).unwrap_or(Value::Null);
        Self::of(String::new(), value)
    }

    fn of(path: String, value: Value) -> Result<Self> {
        match value {
            Value::Object(fields) => Ok(Self { path, fields, known: Vec::new() }),
            other => {
                let name = if path.is_empty() { "config" } else { path.trim_end_matches('.') };
                Err(wrong(name, &other, "an object of options"))
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, found: &Value, allowed: &str) -> ErrorKind {
        wrong(&format!("{}{name}", self.path), found, allowed)
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            // env('…') of an unset variable is undefined or an empty string.
            Some(Value::String(_)) => Ok(None),
            Some(_) if name == "token" || name == "url" => {
                Err(ErrorKind::Config(format!("{name}: found something that is not text; expected a string")))
            }
            Some(other) => Err(self.wrong(name, &other, "a string")),
        }
    }

    fn flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(name, &other, "true or false")),
        }
    }

    fn integer(&mut self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        match found.as_u64().or_else(|| found.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64)) {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(self.wrong(name, &found, &format!("a whole number from {least} to {most}"))),
        }
    }

    fn duration(&mut self, name: &'static str) -> Result<Option<u64>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        let text = match &found {
            Value::Number(seconds) => seconds.to_string(),
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        match milliseconds(&text) {
            Some(ms) => Ok(Some(ms)),
            None => Err(self.wrong(
                name,
                &found,
                "a number of seconds above 0 or a duration such as '150 ms', '30 s', '10 m', '2 h', '1 d'",
            )),
        }
    }

    fn section(&mut self, name: &'static str) -> Result<Self> {
        let path = format!("{}{name}.", self.path);
        Self::of(path, self.take(name).unwrap_or_else(|| json!({})))
    }

    /// Nothing may be left over.
    fn end(self) -> Result<()> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(name) => Err(ErrorKind::Config(format!(
                "{}{name}: not an option; the options here are {}",
                self.path,
                self.known.join(", ")
            ))),
        }
    }
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
        assert_eq!(found["rateLimit"], json!({ "enabled": true, "limit": 100, "windowMs": 60_000 }));
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
                "l1.maxByte: not an option; the options here are maxBytes, maxEntryBytes, maxAge",
            ),
            (r#"{"ttl":-1}"#, "ttl: found -1; expected a number of seconds above 0"),
            (r#"{"ttl":"soon"}"#, "ttl: found 'soon'; expected"),
            (r#"{"rateLimit":{"limit":0}}"#, "rateLimit.limit: found 0; expected a whole number from 1"),
            (r#"{"rateLimit":{"limit":"many"}}"#, "rateLimit.limit: found 'many'; expected"),
            (r#"{"cache":{"enabled":"yes"}}"#, "cache.enabled: found 'yes'; expected true or false"),
            (r#"{"cache":true}"#, "cache: found true; expected an object"),
            (r#"{"prefix":"a b"}"#, "prefix: found 'a b'; expected 1 to 64"),
            (r#"{"url":"https://a.b"}"#, "token: missing while url is set"),
            (r#"{"token":"secret"}"#, "url: missing while token is set"),
            (r#"{"url":"ftp://a.b/c","token":"t"}"#, "url: found 'ftp://a.b'; expected the REST URL"),
            (r#"{"url":"a.b","token":"t"}"#, "url: found something that is no URL; expected the REST URL"),
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
    fn a_middlewares_own_options_are_checked_as_well() {
        let plugin = resolved("{}").expect("valid").to_string();
        let own = |kind: &str, config: &str| resolve_middleware(kind, config, &plugin);
        assert_eq!(own("cache", r#"{"ttl":"10 m"}"#), Ok(json!({ "ttlMs": 600_000 })));
        assert_eq!(own("rate-limit", r#"{"limit":5}"#), Ok(json!({ "limit": 5, "windowMs": 60_000 })));
        assert!(own("cache", r#"{"limit":5}"#).is_err());
    }
}
