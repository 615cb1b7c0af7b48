//! Subscriptions: a stream of server-sent events that is opened again whenever it breaks.
//!
//! Source: the Upstash REST API (`POST /subscribe/<channel>`, `/psubscribe/<pattern>`) and the WHATWG HTML standard,
//! section 9.2 "Server-sent events".

use std::sync::Arc;

use super::batch::percent_encode;
use super::frame::{self, Event};
use super::retry::Policy;
use super::session::Sink;
use super::transport::{HttpTransport, Transport};
use crate::error::{ErrorKind, Result};

/// The pauses before a stream is opened again, in ms; the last one is repeated.
const PAUSES_MS: [f64; 7] = [100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];
/// The longest event that is read, in bytes.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Listens to a channel, or a pattern of channels, until it is aborted or refused. What it hears goes to `slot`.
pub async fn subscribe(transport: Arc<HttpTransport>, pattern: bool, channel: String, slot: u32, sink: Arc<dyn Sink>) {
    let path = path_of(if pattern { "psubscribe/" } else { "subscribe/" }, &channel);
    let tell = |event, text: &[u8]| sink.complete(frame::event(slot, event, text));
    let policy = Policy { pauses_ms: PAUSES_MS.to_vec(), jitter: true, unsent_only: false };
    let mut failures = 0;
    loop {
        let mut heard = false;
        let error = listen(&transport, path.clone(), |data| {
            heard = true;
            tell(Event::Data, data);
        })
        .await;
        let error = match transport.secret() {
            Some(secret) => error.map_text(|text| super::hide(text, secret)),
            None => error,
        };
        // What Upstash refuses it will refuse again.
        if matches!(error, ErrorKind::Redis(_)) {
            return tell(Event::Over, error.to_string().as_bytes());
        }
        tell(Event::Broken, error.to_string().as_bytes());
        failures = if heard { 0 } else { failures + 1 };
        let pause = policy.pause(failures.min(PAUSES_MS.len() - 1)).unwrap_or_default();
        tokio::time::sleep(pause).await;
    }
}

/// The path of a channel's stream.
pub fn path_of(kind: &str, channel: &str) -> String {
    let mut path = kind.to_owned();
    percent_encode(&mut path, channel.as_bytes());
    path
}

/// Reads one stream to its end; the error is why it ended.
pub async fn listen(transport: &HttpTransport, path: String, mut data: impl FnMut(&[u8])) -> ErrorKind {
    let mut events = match transport.open(path).await {
        Ok(events) => events,
        Err(error) => return error,
    };
    let status = events.status();
    let mut parser = Parser::default();
    loop {
        let chunk = match events.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) if status != 200 => return refusal(status, &parser.bytes),
            Ok(None) => return ErrorKind::Network("the stream ended".to_owned()),
            Err(error) => return error,
        };
        parser.bytes.extend_from_slice(&chunk);
        if status == 200 {
            parser.read(&mut data);
        }
        if parser.bytes.len() + parser.data.len() > MAX_EVENT_BYTES {
            return ErrorKind::Protocol(format!("an event larger than {MAX_EVENT_BYTES} bytes"));
        }
    }
}

/// A status that is no stream: an error of Upstash's, or of something on the way.
fn refusal(status: u16, body: &[u8]) -> ErrorKind {
    let found: Result<_> = super::codec::decode_command(if status < 500 { 400 } else { status }, body);
    match found {
        Err(error @ ErrorKind::Redis(_)) => error,
        _ => ErrorKind::Status { status, body: frame::excerpt(body) },
    }
}

/// Bytes to events.
#[derive(Default)]
struct Parser {
    /// What has come and is not a whole line yet.
    bytes: Vec<u8>,
    /// The data lines of the event that is being read.
    data: Vec<u8>,
    has_data: bool,
}

impl Parser {
    /// Takes the whole lines out of `bytes`.
    fn read(&mut self, data: &mut impl FnMut(&[u8])) {
        let mut start = 0;
        while let Some(end) = self.bytes[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = start + end;
            let next = match (self.bytes[end], self.bytes.get(end + 1)) {
                (b'\r', Some(b'\n')) => end + 2,
                // Whether a line feed follows is not known yet.
                (b'\r', None) => break,
                _ => end + 1,
            };
            match self.bytes[start..end].strip_prefix(b"data:") {
                Some(line) => {
                    if self.has_data {
                        self.data.push(b'\n');
                    }
                    self.has_data = true;
                    self.data.extend_from_slice(line.strip_prefix(b" ").unwrap_or(line));
                }
                // An empty line ends an event; comments and other fields mean nothing here.
                None if start == end && self.has_data => {
                    data(&self.data);
                    self.data.clear();
                    self.has_data = false;
                }
                None => {}
            }
            start = next;
        }
        self.bytes.drain(..start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut heard = Vec::new();
        for chunk in chunks {
            parser.bytes.extend_from_slice(chunk.as_bytes());
            parser.read(&mut |data| heard.push(String::from_utf8_lossy(data).into_owned()));
        }
        heard
    }

    #[test]
    fn events_are_found_however_they_are_cut() {
        let stream = ": hello\ndata: subscribe,a,1\n\ndata:message,a,x\r\ndata: y\r\n\r\nid: 7\ndata: \n\n\ndata: z\n";
        let whole = ["subscribe,a,1", "message,a,x\ny", ""];
        assert_eq!(events(&[stream]), whole);
        for cut in 1..stream.len() {
            assert_eq!(events(&[&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_upstash_refuses_is_told_from_what_a_proxy_says() {
        assert_eq!(refusal(401, br#"{"error":"WRONGPASS"}"#), ErrorKind::Redis("WRONGPASS".to_owned()));
        assert!(matches!(refusal(503, b"busy"), ErrorKind::Status { status: 503, .. }));
        assert!(matches!(refusal(404, b"<html>"), ErrorKind::Status { status: 404, .. }));
    }
}
