//! What is published, enqueued, sent in a batch or on a schedule: its options as headers.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::headers::{CONTENT_TYPE, Headers, Pairs};
use super::options::Options;
use super::path::Destination;
use crate::error::{ErrorKind, Result};

const JSON: &str = "application/json";

/// A message as the caller gave it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Given {
    pub options: Map<String, Value>,
    pub headers: Pairs,
    /// Whether the body was made JSON for the caller: its type is known then.
    pub json: bool,
    /// The type that the body has by itself.
    pub content_type: Option<String>,
    /// The body, in a batch.
    pub body: Option<String>,
}

/// What the client adds to every message.
#[derive(Debug, Clone, Default)]
pub struct Common {
    pub headers: Headers,
    pub telemetry: Pairs,
}

impl Given {
    fn options(&self, path: &str) -> Options {
        Options::new(path, self.options.clone())
    }

    /// What is sent to publish or to enqueue it.
    pub fn published(&self, common: &Common, path: &str) -> Result<(Destination, Headers)> {
        let options = self.options(path);
        let destination = destination(&options)?;
        let mut headers = common.headers.clone().under(Headers::of_message(&self.headers)?);
        if self.json {
            headers.set(CONTENT_TYPE, JSON)?;
        } else if let Some(by_itself) = self.content_type.as_ref().filter(|_| !headers.contains(CONTENT_TYPE)) {
            headers.set(CONTENT_TYPE, by_itself)?;
        }
        set_shared(&mut headers, &options)?;
        headers.set("upstash-method", options.text("method")?.as_deref().unwrap_or("POST"))?;
        set(&mut headers, "upstash-not-before", options.whole("notBefore")?)?;
        set(&mut headers, "upstash-deduplication-id", options.text("deduplicationId")?)?;
        if options.flag("contentBasedDeduplication")? {
            headers.set("upstash-content-based-deduplication", "true")?;
        }
        with_telemetry(&mut headers, common)?;
        Ok((destination, headers))
    }

    /// As an item of a batch.
    pub fn batched(&self, common: &Common, path: &str) -> Result<Value> {
        let (destination, headers) = self.published(common, path)?;
        let mut item = json!({ "destination": destination.text(), "headers": headers.to_json() });
        if let Some(body) = &self.body {
            item["body"] = body.as_str().into();
        }
        if let Some(queue) = self.options(path).text("queueName")?.filter(|name| !name.is_empty()) {
            item["queue"] = queue.into();
        }
        Ok(item)
    }

    /// What is sent to put it on a schedule.
    pub fn scheduled(&self, common: &Common) -> Result<(Destination, Headers)> {
        let options = self.options("");
        let given = |name: &str| {
            let missing =
                || ErrorKind::QstashCall(format!("{name}: missing; a schedule needs a destination and a cron"));
            options.text(name)?.filter(|text| !text.trim().is_empty()).ok_or_else(missing)
        };
        let (destination, cron) = (Destination::either(given("destination")?), given("cron")?);
        let mut own = Headers::of_message(&self.headers)?;
        if !own.contains(CONTENT_TYPE) {
            own.set(CONTENT_TYPE, JSON)?;
        }
        let mut headers = common.headers.clone().under(own);
        set_shared(&mut headers, &options)?;
        headers.set("upstash-cron", &cron)?;
        set(&mut headers, "upstash-method", options.text("method")?)?;
        set(&mut headers, "upstash-schedule-id", options.text("scheduleId")?)?;
        set(&mut headers, "upstash-queue-name", options.text("queueName")?)?;
        with_telemetry(&mut headers, common)?;
        Ok((destination, headers))
    }
}

fn destination(options: &Options) -> Result<Destination> {
    if options.get("api").is_some() {
        let text =
            "api: not supported; expected url, or urlGroup. Calls of language models and of mail are not made here";
        return Err(ErrorKind::QstashCall(text.to_owned()));
    }
    let given = |name: &str| options.text(name).map(|text| text.filter(|text| !text.is_empty()));
    if let Some(url) = given("url")? {
        return Ok(Destination::Url(url));
    }
    let group = given("urlGroup")?.map_or_else(|| given("topic"), |group| Ok(Some(group)))?;
    group
        .map(Destination::Group)
        .ok_or_else(|| ErrorKind::QstashCall(format!("Failed to infer request path for {}", options.shown())))
}

/// The options that messages and schedules have in common.
fn set_shared(headers: &mut Headers, options: &Options) -> Result<()> {
    set(headers, "upstash-delay", options.duration("delay", true)?)?;
    set(headers, "upstash-timeout", options.duration("timeout", false)?)?;
    set(headers, "upstash-retries", options.whole("retries")?)?;
    set(headers, "upstash-retry-delay", options.text("retryDelay")?)?;
    set(headers, "upstash-callback", options.text("callback")?)?;
    set(headers, "upstash-failure-callback", options.text("failureCallback")?)?;
    set(headers, "upstash-label", options.texts("label")?.map(|labels| labels.join(",")))?;
    if let Some(control) = options.section("flowControl")? {
        let key = control.text("key")?.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| ErrorKind::QstashCall("flowControl.key: missing; expected a name".to_owned()))?;
        headers.set("upstash-flow-control-key", &key)?;
        headers.set("upstash-flow-control-value", &flow_control(&control)?)?;
    }
    if let Some(redact) = options.section("redact")? {
        set(headers, "upstash-redact-fields", redacted(&redact)?)?;
    }
    Ok(())
}

fn flow_control(control: &Options) -> Result<String> {
    let shown = |name| control.number(name).map(|number| number.map(|number| number.to_string()));
    let rate = shown("rate")?.map_or_else(|| shown("ratePerSecond"), |rate| Ok(Some(rate)))?;
    let parts =
        [("parallelism", shown("parallelism")?), ("rate", rate), ("period", control.duration("period", false)?)];
    let parts: Vec<_> =
        parts.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}"))).collect();
    if parts.is_empty() {
        let text = "Provide at least one of parallelism or ratePerSecond for flowControl";
        return Err(ErrorKind::QstashCall(text.to_owned()));
    }
    Ok(parts.join(", "))
}

/// What logs shall not show.
fn redacted(redact: &Options) -> Result<Option<String>> {
    let mut fields = Vec::new();
    if redact.flag("body")? {
        fields.push("body".to_owned());
    }
    match redact.get("header") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => fields.push("header".to_owned()),
        Some(_) => {
            fields.extend(redact.texts("header")?.unwrap_or_default().iter().map(|name| format!("header[{name}]")))
        }
    }
    Ok((!fields.is_empty()).then(|| fields.join(",")))
}

fn set(headers: &mut Headers, name: &str, value: Option<String>) -> Result<()> {
    value.map_or(Ok(()), |value| headers.set(name, &value))
}

fn with_telemetry(headers: &mut Headers, common: &Common) -> Result<()> {
    common.telemetry.iter().try_for_each(|(name, value)| headers.set(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(options: Value) -> Given {
        let Value::Object(options) = options else { panic!("an object") };
        Given { options, ..Given::default() }
    }

    fn published(options: Value) -> Result<String> {
        let (_, headers) = given(options).published(&Common::default(), "")?;
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        Ok(lines.join("\n"))
    }

    #[test]
    fn every_option_is_a_header() {
        let sent = published(json!({
            "url": "https://a", "delay": 1.5, "notBefore": 1_700_000_000, "timeout": "30s", "retries": 2.5,
            "retryDelay": "pow(2, retried)", "method": "PUT", "callback": "https://c", "failureCallback": "https://f",
            "deduplicationId": 5, "contentBasedDeduplication": true, "label": ["a", "b"],
            "flowControl": { "key": "k", "parallelism": 1, "ratePerSecond": 2, "period": 1.5 },
            "redact": { "body": true, "header": ["X", "Y"] },
        }));
        let expected = "\
            upstash-callback: https://c\n\
            upstash-content-based-deduplication: true\n\
            upstash-deduplication-id: 5\n\
            upstash-delay: 2s\n\
            upstash-failure-callback: https://f\n\
            upstash-flow-control-key: k\n\
            upstash-flow-control-value: parallelism=1, rate=2, period=1.5s\n\
            upstash-label: a,b\n\
            upstash-method: PUT\n\
            upstash-not-before: 1700000000\n\
            upstash-redact-fields: body,header[X],header[Y]\n\
            upstash-retries: 3\n\
            upstash-retry-delay: pow(2, retried)\n\
            upstash-timeout: 30s";
        assert_eq!(sent.as_deref(), Ok(expected));
    }

    #[test]
    fn what_is_null_is_not_given() {
        let sent = published(json!({ "url": "https://a", "delay": null, "label": null, "flowControl": null }));
        assert_eq!(sent.as_deref(), Ok("upstash-method: POST"));
    }

    #[test]
    fn an_option_that_can_not_be_is_named() {
        for (options, name) in [
            (json!({ "retries": "3" }), "retries: found '3'; expected a number from 0"),
            (json!({ "delay": -1 }), "delay: found -1; expected a number of seconds"),
            (json!({ "label": [5] }), "label: found 5; expected text"),
            (json!({ "flowControl": { "rate": 1 } }), "flowControl.key: missing"),
            (json!({ "flowControl": { "key": "k" } }), "Provide at least one of parallelism"),
            (json!({ "contentBasedDeduplication": "yes" }), "contentBasedDeduplication: found 'yes'"),
            (json!({ "callback": {} }), "callback: found an object"),
        ] {
            let mut options = options;
            options["url"] = "https://a".into();
            let error = published(options).expect_err(name).to_string();
            assert!(error.starts_with(name), "{error}");
        }
        let nowhere = published(json!({ "url": "" })).expect_err("nowhere");
        assert_eq!(nowhere, ErrorKind::QstashCall(r#"Failed to infer request path for {"url":""}"#.to_owned()));
    }

    #[test]
    fn the_type_of_a_body_is_what_the_caller_says_or_what_it_has_by_itself() {
        let of = |headers: &[(&str, &str)], json: bool| {
            let message = Given {
                headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                json,
                content_type: Some("text/plain".to_owned()),
                ..given(json!({ "url": "https://a" }))
            };
            let (_, headers) = message.published(&Common::default(), "").expect("headers");
            headers.iter().next().map(|(_, value)| value.to_owned())
        };
        assert_eq!(of(&[], false).as_deref(), Some("text/plain"));
        assert_eq!(of(&[("content-type", "a/b")], false).as_deref(), Some("a/b"));
        assert_eq!(of(&[("content-type", "a/b")], true).as_deref(), Some("application/json"));
    }

    #[test]
    fn a_schedule_needs_a_cron() {
        let error = given(json!({ "destination": "https://a" })).scheduled(&Common::default()).expect_err("no cron");
        assert!(error.to_string().starts_with("cron: missing"), "{error}");
    }
}
