//! The calls there are, and the request of each.

use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::{self, Scope};
use super::headers::{CONTENT_TYPE, Headers};
use super::message::{Common, Given};
use super::path::{self, Request};
use crate::error::{ErrorKind, Result};

/// A call, as `qstash/` gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "call", rename_all = "camelCase")]
pub enum Call {
    /// One message, into a queue if one is named. Its body comes beside the call.
    Publish {
        message: Given,
        queue: Option<String>,
    },
    Batch {
        messages: Vec<Given>,
    },
    Schedule {
        message: Given,
    },
    /// Everything else.
    Plain(Plain),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Plain {
    method: String,
    path: Vec<String>,
    query: Map<String, Value>,
    filter: Option<Map<String, Value>>,
    /// Whether it changes all that the filter lets through.
    changes: bool,
    /// The body.
    json: Option<Value>,
    /// Whether the answer says nothing that anybody wants to know.
    quiet: bool,
}

impl Call {
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| ErrorKind::QstashCall(format!("not a call: {error}")))
    }

    /// Whether its answer is read.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Plain(plain) if plain.quiet)
    }

    /// The request that makes the call. `body`: that of a message.
    pub fn request(&self, base: &str, common: &Common, body: Bytes) -> Result<Request> {
        match self {
            Self::Publish { message, queue } => {
                let (destination, headers) = message.published(common, "")?;
                let url = match queue {
                    Some(queue) => path::url(base, &["enqueue", queue], Some(&destination))?,
                    None => path::url(base, &["publish"], Some(&destination))?,
                };
                Ok(Request { method: Method::POST, url, headers, body })
            }
            Self::Batch { messages } => {
                let item = |(index, message): (usize, &Given)| message.batched(common, &format!("[{index}]."));
                let items = messages.iter().enumerate().map(item).collect::<Result<Value>>()?;
                let url = path::url(base, &["batch"], None)?;
                Ok(Request { method: Method::POST, url, headers: of_json()?, body: items.to_string().into() })
            }
            Self::Schedule { message } => {
                let (destination, headers) = message.scheduled(common)?;
                let url = path::url(base, &["schedules"], Some(&destination))?;
                Ok(Request { method: Method::POST, url, headers, body })
            }
            Self::Plain(plain) => plain.request(base),
        }
    }
}

impl Plain {
    fn request(&self, base: &str) -> Result<Request> {
        let mut url = path::url(base, &self.path, None)?;
        let scope = if self.changes { Scope::Change } else { Scope::Read };
        let query = filter::query(self.query.clone(), self.filter.clone(), scope)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| ErrorKind::QstashCall(format!("{}: no method of HTTP", self.method)))?;
        match &self.json {
            None => Ok(Request { method, url, headers: Headers::default(), body: Bytes::new() }),
            Some(json) => Ok(Request { method, url, headers: of_json()?, body: json.to_string().into() }),
        }
    }
}

fn of_json() -> Result<Headers> {
    let mut headers = Headers::default();
    headers.set(CONTENT_TYPE, "application/json")?;
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://q/v2";

    fn request(call: &str) -> Result<Request> {
        Call::parse(call)?.request(BASE, &Common::default(), Bytes::from_static(b"body"))
    }

    #[test]
    fn a_message_is_published_or_put_into_a_queue() {
        let sent = request(r#"{"call":"publish","message":{"options":{"url":"https://a"}}}"#).expect("a request");
        assert_eq!((sent.url.as_str(), sent.body.as_ref()), ("https://q/v2/publish/https://a", b"body".as_slice()));
        let queued = r#"{"call":"publish","queue":"q/1","message":{"options":{"urlGroup":"a b"}}}"#;
        assert_eq!(request(queued).expect("a request").url.as_str(), "https://q/v2/enqueue/q%2F1/a%20b");
    }

    #[test]
    fn a_batch_is_a_list_and_an_error_in_it_has_its_place() {
        let sent = request(
            r#"{"call":"batch","messages":[{"options":{"url":"https://a","queueName":"q"},"body":"x"},
               {"options":{"urlGroup":"g"},"json":true}]}"#,
        );
        let expected = r#"[{"body":"x","destination":"https://a","headers":{"upstash-method":"POST"},"queue":"q"},
                           {"destination":"g","headers":{"content-type":"application/json","upstash-method":"POST"}}]"#;
        let sent: Value = serde_json::from_slice(&sent.expect("a request").body).expect("JSON");
        assert_eq!(sent, serde_json::from_str::<Value>(expected).expect("JSON"));
        let error =
            request(r#"{"call":"batch","messages":[{"options":{"url":"u","retries":true}}]}"#).expect_err("an error");
        assert!(error.to_string().starts_with("[0].retries: found true"), "{error}");
    }

    #[test]
    fn everything_else_is_a_method_and_a_path() {
        let sent = request(
            r#"{"call":"plain","method":"DELETE","path":["messages"],"changes":true,"query":{"count":100},
               "filter":{"label":["a","b c"]}}"#,
        );
        let sent = sent.expect("a request");
        assert_eq!(
            (sent.method, sent.url.as_str()),
            (Method::DELETE, "https://q/v2/messages?count=100&label=a&label=b+c")
        );
        assert!(sent.body.is_empty());
    }
}
