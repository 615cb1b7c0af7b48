//! `revalidate`: the front end that is told of changes of published content.

use serde_json::{Value, json};

use super::reader::Reader;
use crate::error::{ErrorKind, Result};

/// How long one request may take, in ms, unless it is said: a front end that sleeps has to wake up.
const TIMEOUT_MS: u64 = 5_000;
/// Shorter secrets can be guessed from one request.
const MIN_SECRET: usize = 16;

/// The section, or null where nobody is told.
pub fn section(mut options: Reader) -> Result<Value> {
    let url = options.text("url")?;
    let secret = options.text("secret")?;
    let timeout = options.duration("timeout")?.unwrap_or(TIMEOUT_MS);
    options.end()?;
    let mistake = |text: &str| Err(ErrorKind::Config(text.to_owned()));
    let (url, secret) = match (url, secret) {
        (None, None) => return Ok(Value::Null),
        (Some(_), None) => {
            return mistake("revalidate.secret: missing while revalidate.url is set; set both or neither");
        }
        (None, Some(_)) => {
            return mistake("revalidate.url: missing while revalidate.secret is set; set both or neither");
        }
        (Some(url), Some(secret)) => (url, secret),
    };
    let is_http = reqwest::Url::parse(&url).is_ok_and(|parsed| {
        matches!(parsed.scheme(), "http" | "https") && parsed.has_host() && parsed.username().is_empty()
    });
    if !is_http {
        return Err(ErrorKind::Config(format!(
            "revalidate.url: found {}; expected the address of a route of the front end, such as \
             'https://example.com/api/revalidate', without a user",
            super::without_secrets(&url)
        )));
    }
    if secret.len() < MIN_SECRET {
        return Err(ErrorKind::Config(format!(
            "revalidate.secret: too short; expected {MIN_SECRET} characters or more"
        )));
    }
    Ok(json!({ "url": url, "secret": secret, "timeoutMs": timeout }))
}
