//! The options of jobs: which events of content become messages, and how QStash is reached.

use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::reader::{FUNCTION, Reader, wrong};
use super::{NAME, is_name};
use crate::error::{ErrorKind, Result};

const QSTASH: &str = "https://qstash.upstash.io";
const EVENTS: [&str; 5] = ["create", "update", "delete", "publish", "unpublish"];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const ON: &str = "'create', 'update', 'delete', 'publish', 'unpublish', or a list of these";
const TYPES: &str = "the uid of a content type such as 'api::article.article', a list of uids, or '*'";
const ADDRESS: &str = "an address such as 'https://example.com/hooks/newsletter'";
/// Far beyond what any plan of QStash allows.
const MOST_RETRIES: u64 = 1_000;

/// `qstash` of the plugin's options: `{ enabled, token, baseUrl }`. `needed`: whether there are jobs to send.
pub fn qstash<'a>(mut options: Reader, variable: impl Fn(&str) -> Option<&'a str>, needed: bool) -> Result<Value> {
    let enabled = options.flag("enabled")?.unwrap_or(true);
    let token = options.text("token")?.or_else(|| variable("QSTASH_TOKEN").map(str::to_owned));
    let base = match options.take("baseUrl") {
        Some(Value::String(text)) if text.is_empty() => None,
        other => other,
    };
    let base = base.or_else(|| variable("QSTASH_URL").map(Value::from)).unwrap_or_else(|| json!(QSTASH));
    let base = address(&format!("{}baseUrl", options.path()), &base)?;
    if token.as_deref().is_some_and(|token| !token.bytes().all(|byte| (0x21..=0x7e).contains(&byte))) {
        return Err(ErrorKind::Config(
            "qstash.token: found spaces or characters outside ASCII; expected the token as Upstash shows it".to_owned(),
        ));
    }
    if needed && enabled && token.is_none() {
        return Err(ErrorKind::Config(
            "qstash.token: missing while there are jobs; set QSTASH_TOKEN (or qstash.token), or qstash.enabled to false \
             where no jobs shall be sent"
                .to_owned(),
        ));
    }
    options.end()?;
    Ok(json!({ "enabled": enabled, "token": token, "baseUrl": base }))
}

/// `jobs` of the plugin's options. A body that is a function is null here, and JavaScript has it.
pub fn list(root: &mut Reader) -> Result<Vec<Value>> {
    let items = match root.take("jobs") {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(root.wrong("jobs", &other, "a list of jobs")),
    };
    let mut jobs: Vec<Value> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let job = job(Reader::of(format!("jobs[{index}]."), item)?)?;
        if let Some(other) = jobs.iter().position(|other| other["name"] == job["name"]) {
            return Err(ErrorKind::Config(format!(
                "jobs[{index}].name: found the name of jobs[{other}]; expected names that differ, which have to be given \
                 where event, type and url are the same"
            )));
        }
        jobs.push(job);
    }
    Ok(jobs)
}

fn job(mut options: Reader) -> Result<Value> {
    let name = options.text("name")?;
    if let Some(name) = &name
        && !is_name(name)
    {
        return Err(options.wrong("name", &json!(name), NAME));
    }
    let event = |text: &str| EVENTS.contains(&text).then(|| text.to_owned());
    let on = options.list("on", ON, event)?.ok_or_else(|| options.wrong("on", &Value::Null, ON))?;
    let is_type = |text: &str| (text == "*" || (text.contains("::") && text.contains('.'))).then(|| text.to_owned());
    let types = options
        .list("contentType", TYPES, is_type)?
        .ok_or_else(|| options.wrong("contentType", &Value::Null, TYPES))?;
    let url = optional_address(&mut options, "url")?.ok_or_else(|| options.wrong("url", &Value::Null, ADDRESS))?;
    let body = options.take("body").filter(|body| body != FUNCTION);
    let found = json!({
        "name": name.unwrap_or_else(|| name_of(&on, &types, &url)),
        "on": on,
        "contentTypes": types,
        "url": url,
        "delayS": options.duration_or_off("delay")?.map(seconds),
        "retries": options.integer("retries", 0, MOST_RETRIES)?,
        "method": options.word("method", &METHODS)?,
        "timeoutS": options.duration("timeout")?.map(seconds),
        "callback": optional_address(&mut options, "callback")?,
        "failureCallback": optional_address(&mut options, "failureCallback")?,
        "headers": headers(&mut options)?,
        "body": body,
    });
    options.end()?;
    Ok(found)
}

/// What jobs that wait are known by, whatever else of the options changes meanwhile.
fn name_of(on: &[String], types: &[String], url: &str) -> String {
    let digest = Sha256::digest(json!([on, types, url]).to_string());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// QStash counts whole seconds.
fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}

/// Values may be secrets: none is repeated.
fn headers(options: &mut Reader) -> Result<Map<String, Value>> {
    let mut found = Map::new();
    for (name, value) in options.entries("headers", "an object of headers")? {
        let option = format!("{}headers", options.path());
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(wrong(&option, &json!(name), "names of headers"));
        }
        let Value::String(text) = value else {
            return Err(ErrorKind::Config(format!(
                "{option}.{name}: found something that is not text; expected a string"
            )));
        };
        if !text.chars().all(|found| matches!(found, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')) {
            return Err(ErrorKind::Config(format!(
                "{option}.{name}: found characters that no HTTP header may hold; expected Latin-1 without control characters"
            )));
        }
        found.insert(name, text.into());
    }
    Ok(found)
}

fn optional_address(options: &mut Reader, name: &'static str) -> Result<Option<String>> {
    let option = format!("{}{name}", options.path());
    options.take(name).map(|found| address(&option, &found)).transpose()
}

/// An address of the web. It may hold a secret, in its path for one: it is not repeated.
fn address(option: &str, found: &Value) -> Result<String> {
    let text = found.as_str().unwrap_or_default();
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match parsed {
        Some(_) => Ok(text.to_owned()),
        None => Err(ErrorKind::Config(format!(
            "{option}: found something that is no URL of http or https; expected {ADDRESS}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.com/hook";

    fn jobs(json: Value) -> Result<Vec<Value>> {
        list(&mut Reader::of(String::new(), json!({ "jobs": json }))?)
    }

    fn refused(json: Value) -> String {
        match jobs(json) {
            Err(ErrorKind::Config(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_job_says_when_what_and_where_to() {
        let found = jobs(json!([
            { "on": "publish", "contentType": "api::a.a", "url": URL, "delay": "5m", "retries": 3, "body": FUNCTION },
            {
                "name": "all", "on": ["create", "delete"], "contentType": "*", "url": URL, "method": "PUT", "timeout": 1.5,
                "headers": { "X-A": "b" }, "callback": URL, "failureCallback": URL, "body": { "a": 1 },
            },
        ]))
        .expect("valid");
        assert_eq!(found[0]["name"].as_str().map(str::len), Some(12));
        assert_eq!((&found[0]["on"], &found[0]["contentTypes"]), (&json!(["publish"]), &json!(["api::a.a"])));
        assert_eq!(
            (&found[0]["delayS"], &found[0]["retries"], &found[0]["body"]),
            (&json!(300), &json!(3), &Value::Null)
        );
        assert_eq!(
            (&found[1]["name"], &found[1]["timeoutS"], &found[1]["body"]),
            (&json!("all"), &json!(2), &json!({ "a": 1 }))
        );
        assert_eq!(found[1]["headers"], json!({ "X-A": "b" }));
    }

    #[test]
    fn the_name_a_job_gets_does_not_depend_on_its_place() {
        let job = |kind: &str| json!({ "on": "publish", "contentType": kind, "url": URL });
        let both = jobs(json!([job("api::a.a"), job("api::b.b")])).expect("valid");
        let one = jobs(json!([job("api::b.b")])).expect("valid");
        assert_eq!(both[1]["name"], one[0]["name"]);
        assert_ne!(both[0]["name"], both[1]["name"]);
        assert!(
            refused(json!([job("api::a.a"), job("api::a.a")])).starts_with("jobs[1].name: found the name of jobs[0]")
        );
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let with = |name: &str, value: Value| {
            let mut job = json!({ "on": "publish", "contentType": "api::a.a", "url": URL });
            job[name] = value;
            refused(json!([job]))
        };
        for (name, value, expected) in [
            ("on", json!("save"), "jobs[0].on: found 'save'; expected 'create'"),
            ("on", json!([]), "jobs[0].on: found []; expected"),
            ("on", Value::Null, "jobs[0].on: found null; expected"),
            ("contentType", json!("article"), "jobs[0].contentType: found 'article'; expected the uid"),
            ("contentType", Value::Null, "jobs[0].contentType: found null; expected the uid"),
            ("url", Value::Null, "jobs[0].url: found null; expected an address"),
            ("url", json!("example.com"), "jobs[0].url: found something that is no URL"),
            ("callback", json!("ftp://a/b"), "jobs[0].callback: found something that is no URL"),
            ("delay", json!("soon"), "jobs[0].delay: found 'soon'; expected"),
            ("retries", json!(-1), "jobs[0].retries: found -1; expected a whole number"),
            ("method", json!("GRAB"), "jobs[0].method: found 'GRAB'; expected 'GET'"),
            ("headers", json!({ "a b": "c" }), "jobs[0].headers: found 'a b'; expected names"),
            ("headers", json!({ "a": "c\nd" }), "jobs[0].headers.a: found characters"),
            ("headers", json!({ "a": 5 }), "jobs[0].headers.a: found something that is not text"),
            ("name", json!("a b"), "jobs[0].name: found 'a b'; expected 1 to 64"),
            ("dealy", json!(5), "jobs[0].dealy: not an option; the options here are name, on, contentType, url"),
        ] {
            let text = with(name, value);
            assert!(text.starts_with(expected), "{name}: {text}");
        }
        assert!(refused(json!({})).starts_with("jobs: found {}; expected a list of jobs"));
        for secret in [with("url", json!("secret")), with("headers", json!({ "a": ["secret"] }))] {
            assert!(!secret.contains("secret"), "{secret}");
        }
    }

    #[test]
    fn qstash_is_needed_only_where_there_are_jobs() {
        let read = |json: Value, needed: bool| {
            qstash(Reader::of("qstash.".to_owned(), json)?, |name| (name == "QSTASH_URL").then_some("http://q"), needed)
        };
        assert_eq!(read(json!({}), false), Ok(json!({ "enabled": true, "token": null, "baseUrl": "http://q" })));
        assert_eq!(read(json!({ "enabled": false }), true).expect("valid")["enabled"], false);
        assert_eq!(read(json!({ "token": "t", "baseUrl": "http://r" }), true).expect("valid")["baseUrl"], "http://r");
        for (json, expected) in [
            (json!({}), "qstash.token: missing while there are jobs; set QSTASH_TOKEN"),
            (json!({ "token": "a b" }), "qstash.token: found spaces"),
            (json!({ "token": 5 }), "qstash.token: found something that is not text"),
            (json!({ "token": "t", "baseUrl": "q" }), "qstash.baseUrl: found something that is no URL"),
            (
                json!({ "token": "t", "url": "q" }),
                "qstash.url: not an option; the options here are enabled, token, baseUrl",
            ),
        ] {
            let text = read(json, true).expect_err("refused").to_string();
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
