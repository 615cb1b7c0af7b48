//! Where a request goes.

use bytes::Bytes;
use reqwest::{Method, Url};

use super::headers::Headers;
use crate::error::{ErrorKind, Result};

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Headers,
    pub body: Bytes,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Url(String),
    Group(String),
}

impl Destination {
    /// As it was given.
    pub fn text(&self) -> &str {
        match self {
            Self::Url(text) | Self::Group(text) => text,
        }
    }

    /// A URL where it begins like one, else a group of URLs.
    pub fn either(text: String) -> Self {
        let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if begins("http://") || begins("https://") { Self::Url(text) } else { Self::Group(text) }
    }
}

/// The URL of `segments` under `base`, each of them one segment whatever is in it. Then the destination: a URL stands
/// in the path as it is, with its query as the request's.
pub fn url<S: AsRef<str>>(base: &str, segments: &[S], destination: Option<&Destination>) -> Result<Url> {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(&encoded(segment.as_ref())?);
    }
    match destination {
        None => {}
        Some(Destination::Group(name)) => {
            path.push('/');
            path.push_str(&encoded(name)?);
        }
        Some(Destination::Url(url)) => {
            path.push('/');
            path.push_str(&without_dot_segments(url)?);
        }
    }
    let text = format!("{base}{path}");
    let mut url = Url::parse(&text).map_err(|_| ErrorKind::QstashCall(format!("{path}: makes no URL")))?;
    url.set_fragment(None);
    Ok(url)
}

/// One segment of a path. Nothing, and what a URL takes for a place relative to another, is no name.
fn encoded(segment: &str) -> Result<String> {
    if segment.is_empty() || is_dots(segment) {
        return Err(ErrorKind::QstashCall(format!("found '{segment}' where a name or an id is expected")));
    }
    // Any URL will do: its path takes the segment and encodes it.
    let mut url = Url::parse("http://segment/").map_err(|error| ErrorKind::QstashCall(error.to_string()))?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().push(segment);
    }
    Ok(url.path().trim_start_matches('/').to_owned())
}

/// A destination with `..` in it would be taken for a place relative to QStash's own paths, so those are resolved here.
fn without_dot_segments(destination: &str) -> Result<String> {
    // The URL standard drops these before it looks at anything.
    let destination = destination.replace(['\t', '\r', '\n'], "");
    let path = destination.split(['?', '#']).next().unwrap_or_default();
    if !path.split(['/', '\\']).any(is_dots) {
        return Ok(destination);
    }
    match Url::parse(&destination) {
        Ok(url) if url.has_host() => Ok(url.into()),
        _ => Err(ErrorKind::QstashCall("url: found one without scheme and host; expected https://…".to_owned())),
    }
}

/// Whether it is `.` or `..`, as the URL standard spells them.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://qstash.upstash.io/v2";

    fn to(destination: &str) -> Result<String> {
        url(BASE, &["publish"], Some(&Destination::Url(destination.to_owned()))).map(String::from)
    }

    #[test]
    fn a_destination_keeps_its_path_and_query() {
        assert_eq!(
            to("https://a.com/x?y=1").as_deref(),
            Ok("https://qstash.upstash.io/v2/publish/https://a.com/x?y=1")
        );
        assert_eq!(
            to("https://a.com//x//#z").as_deref(),
            Ok("https://qstash.upstash.io/v2/publish/https://a.com//x//")
        );
        assert_eq!(
            to("https://a.com/é x").as_deref(),
            Ok("https://qstash.upstash.io/v2/publish/https://a.com/%C3%A9%20x")
        );
    }

    #[test]
    fn dots_in_a_destination_do_not_leave_it() {
        for (given, sent) in [
            ("https://a.com/../b", "https://a.com/b"),
            ("https://a.com/x/%2E%2e/./b?../c", "https://a.com/b?../c"),
            ("https://a.com/x/.\n./b", "https://a.com/b"),
            ("https://a.com/..", "https://a.com/"),
        ] {
            assert_eq!(to(given), Ok(format!("https://qstash.upstash.io/v2/publish/{sent}")), "{given}");
        }
        for given in ["../queues/q", "a/../../messages", ".."] {
            assert!(matches!(to(given), Err(ErrorKind::QstashCall(_))), "{given}");
        }
    }

    #[test]
    fn an_id_is_one_segment() {
        let at = |segment: &str| url(BASE, &["messages", segment], None).map(String::from);
        assert_eq!(
            at("a/b?c#d%20 é\\").as_deref(),
            Ok("https://qstash.upstash.io/v2/messages/a%2Fb%3Fc%23d%2520%20%C3%A9%5C")
        );
        for segment in ["", ".", "..", "%2e%2E"] {
            assert!(matches!(at(segment), Err(ErrorKind::QstashCall(_))), "{segment:?}");
        }
    }

    #[test]
    fn a_base_may_have_a_path() {
        let found = url("http://127.0.0.1:8080/qstash/v2", &["logs"], None).map(String::from);
        assert_eq!(found.as_deref(), Ok("http://127.0.0.1:8080/qstash/v2/logs"));
    }

    #[test]
    fn a_schedule_goes_to_a_url_or_to_a_group() {
        assert_eq!(Destination::either("HTTPS://a".to_owned()), Destination::Url("HTTPS://a".to_owned()));
        assert_eq!(Destination::either("https".to_owned()), Destination::Group("https".to_owned()));
    }
}
