//! The frames in which calls and replies cross between JavaScript and the engine: bytes, no objects.
//!
//! All integers are little-endian. A frame of calls is a run of
//!
//! ```text
//! call     := kind u8, mode u8, slot u32, commands u32, command…
//! command  := arguments u32, argument…
//! argument := type u8 (0 text, 1 JSON literal, 2 bytes), length u32, bytes
//! ```
//!
//! and a frame of completions is a run of
//!
//! ```text
//! completion := length u32 (of the rest), slot u32, outcome u8, payload
//! payload    := reply                                    outcome 0, one command
//!             | count u32, reply…                        outcome 1, a pipeline or a transaction
//!             | code u8 + text, status u16, text         outcome 2, the request failed
//!             | event u8, text                           outcome 3, a subscription
//! reply      := tag u8, then what the tag says (see the constants)
//! ```
//!
//! A slot is JavaScript's number for who waits. `redis/wire.js` is the other side.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{ErrorKind, Result};

/// How a call wants to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One command, together with others where that changes nothing.
    Together,
    /// One command in a request of its own.
    Alone,
    /// Commands in one request, in order.
    Pipeline,
    /// Commands in one request, atomically.
    Transaction,
}

/// What shall become of strings in the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Marked as JSON, numeral or text, so that JavaScript parses only what can be parsed.
    Parsed,
    Text,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument<'f> {
    Text(&'f str),
    /// A number, `true`, `false` or `null`, as JSON writes it.
    Literal(&'f str),
    Bytes(&'f [u8]),
}

impl<'f> Argument<'f> {
    pub fn bytes(&self) -> &'f [u8] {
        match self {
            Self::Text(text) | Self::Literal(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'f> {
    pub kind: Kind,
    pub mode: Mode,
    pub slot: u32,
    pub commands: Vec<Vec<Argument<'f>>>,
}

/// Reads a frame of calls.
///
/// # Errors
/// [`ErrorKind::Protocol`] where it is none: a mistake of ours, not of the user's.
pub fn calls(frame: &[u8]) -> Result<Vec<Call<'_>>> {
    let mut reader = Reader(frame);
    let mut calls = Vec::new();
    while !reader.0.is_empty() {
        calls.push(reader.call().ok_or_else(|| ErrorKind::Protocol("a malformed frame of calls".to_owned()))?);
    }
    Ok(calls)
}

struct Reader<'f>(&'f [u8]);

impl<'f> Reader<'f> {
    fn take(&mut self, length: usize) -> Option<&'f [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn call(&mut self) -> Option<Call<'f>> {
        let kind = match self.byte()? {
            0 => Kind::Together,
            1 => Kind::Alone,
            2 => Kind::Pipeline,
            3 => Kind::Transaction,
            _ => return None,
        };
        let mode = match self.byte()? {
            0 => Mode::Parsed,
            1 => Mode::Text,
            2 => Mode::Bytes,
            _ => return None,
        };
        let slot = self.number()?;
        let count = self.number()?;
        let commands = (0..count).map(|_| self.command()).collect::<Option<_>>()?;
        Some(Call { kind, mode, slot, commands })
    }

    fn command(&mut self) -> Option<Vec<Argument<'f>>> {
        let count = self.number()?;
        (0..count).map(|_| self.argument()).collect()
    }

    fn argument(&mut self) -> Option<Argument<'f>> {
        let kind = self.byte()?;
        let length = self.number()?;
        let bytes = self.take(length as usize)?;
        match kind {
            0 => std::str::from_utf8(bytes).ok().map(Argument::Text),
            1 => std::str::from_utf8(bytes).ok().map(Argument::Literal),
            2 => Some(Argument::Bytes(bytes)),
            _ => None,
        }
    }
}

const NIL: u8 = 0;
/// An f64 follows.
const NUMBER: u8 = 1;
/// An integer that a double can't hold: length u32, decimal digits.
const BIG: u8 = 2;
/// Length u32, ASCII; text that is no JSON.
const ASCII: u8 = 3;
/// Length u32, UTF-8; text that is no JSON.
const UTF8: u8 = 4;
/// Length u32, ASCII; text that JSON.parse takes.
const ASCII_JSON: u8 = 5;
/// Length u32, UTF-8; text that JSON.parse takes.
const UTF8_JSON: u8 = 6;
/// Length u32, ASCII; a number as JSON writes it.
const NUMERAL: u8 = 7;
/// Length u32, bytes.
const BYTES: u8 = 8;
/// Count u32, replies.
const ARRAY: u8 = 9;
/// Length u32, UTF-8.
const ERROR: u8 = 10;

const REPLY: u8 = 0;
const LIST: u8 = 1;
const FAILURE: u8 = 2;
const EVENT: u8 = 3;

/// What happened to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Redis sent something: the text is the event's data.
    Data = 0,
    /// The connection broke and is tried again: the text says why.
    Broken = 1,
    /// It is over: the text says why.
    Over = 2,
}

/// How the answer to a request is told to those who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// The answer is one reply.
    One { slot: u32, mode: Mode },
    /// The answer is a list, one reply for each of these.
    Each(Vec<(u32, Mode)>),
    /// The answer is a list, all of it for one.
    List { slot: u32, mode: Mode, count: usize },
}

impl Recipients {
    pub fn slots(&self) -> Vec<u32> {
        match self {
            Self::One { slot, .. } | Self::List { slot, .. } => vec![*slot],
            Self::Each(slots) => slots.iter().map(|(slot, _)| *slot).collect(),
        }
    }
}

/// How strings come in an answer, and what must not be repeated from it.
#[derive(Debug, Clone, Copy)]
pub struct Decoding<'a> {
    pub base64: bool,
    pub secret: Option<&'a str>,
}

/// Appends the completions that an answer's body holds.
///
/// # Errors
/// [`ErrorKind::Redis`] where the whole request was refused, [`ErrorKind::Status`] or [`ErrorKind::Protocol`] where
/// the body is not the protocol's; what was appended is to be cut off then.
pub fn complete(
    out: &mut Vec<u8>,
    recipients: &Recipients,
    status: u16,
    body: &[u8],
    decoding: Decoding<'_>,
) -> Result<()> {
    let decoded = match recipients {
        // A command's own error comes with status 400.
        Recipients::One { slot, mode } if (200..300).contains(&status) || status == 400 => {
            let item = Item { mode: *mode, decoding };
            completion(out, *slot, REPLY, |out| read(body, item.into_seed(out)))
        }
        Recipients::Each(slots) if (200..300).contains(&status) => read(body, Each { out, slots, decoding }),
        Recipients::List { slot, mode, count } if (200..300).contains(&status) => {
            let item = Item { mode: *mode, decoding };
            completion(out, *slot, LIST, |out| {
                out.extend_from_slice(&(*count as u32).to_le_bytes());
                read(body, List { out, item, count: *count })
            })
        }
        _ => Err(serde_json::Error::custom("")),
    };
    decoded.map_err(|error| whole_error(status, body, &error))
}

/// The error of a request as a whole.
fn whole_error(status: u16, body: &[u8], cause: &serde_json::Error) -> ErrorKind {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error }) => ErrorKind::Redis(error),
        Err(_) if !(200..300).contains(&status) => ErrorKind::Status { status, body: excerpt(body) },
        Err(_) if cause.is_data() => ErrorKind::Protocol(format!("{cause}: {}", excerpt(body))),
        Err(_) => ErrorKind::Protocol(excerpt(body)),
    }
}

/// The first 200 characters: enough to recognise a proxy's error page.
pub fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(800)]);
    text.chars().take(200).collect::<String>().trim().to_owned()
}

/// Appends the failure of a request for all who wait for it.
pub fn fail(out: &mut Vec<u8>, slots: &[u32], error: &ErrorKind) {
    let (status, text) = match error {
        ErrorKind::Status { status, body } => (*status, body.clone()),
        ErrorKind::Protocol(body) => (200, body.clone()),
        other => (0, other.to_string()),
    };
    for slot in slots {
        let _: std::result::Result<(), ()> = completion(out, *slot, FAILURE, |out| {
            let code = error.code().as_bytes();
            out.push(code.len() as u8);
            out.extend_from_slice(code);
            out.extend_from_slice(&status.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
            Ok(())
        });
    }
}

/// The completion that tells of a subscription.
pub fn event(slot: u32, event: Event, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(10 + text.len());
    let _: std::result::Result<(), ()> = completion(&mut out, slot, EVENT, |out| {
        out.push(event as u8);
        out.extend_from_slice(text);
        Ok(())
    });
    out
}

fn completion<E>(
    out: &mut Vec<u8>,
    slot: u32,
    outcome: u8,
    payload: impl FnOnce(&mut Vec<u8>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&slot.to_le_bytes());
    out.push(outcome);
    payload(out)?;
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

fn read<'de, S: DeserializeSeed<'de, Value = ()>>(body: &'de [u8], seed: S) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    seed.deserialize(&mut deserializer)?;
    deserializer.end()
}

fn push_text(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Whether JavaScript's `JSON.parse` takes a text, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Numeral,
}

fn form(text: &[u8]) -> Form {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let Some(first) = text.iter().find(|byte| !space(byte)) else { return Form::Text };
    match first {
        b'{' | b'[' | b'"' | b't' | b'f' | b'n' if serde_json::from_slice::<IgnoredAny>(text).is_ok() => Form::Json,
        // A numeral with spaces around it does not print as itself, so it stays text.
        b'-' | b'0'..=b'9' if is_numeral(text) => Form::Numeral,
        _ => Form::Text,
    }
}

/// `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?` (RFC 8259, section 6).
fn is_numeral(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> Option<&[u8]> {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then(|| &text[count..])
    }
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = match text.first() {
        Some(b'0') => Some(&text[1..]),
        _ => digits(text),
    };
    let Some(mut rest) = whole else { return false };
    if let Some(fraction) = rest.strip_prefix(b".") {
        let Some(after) = digits(fraction) else { return false };
        rest = after;
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let unsigned = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let Some(after) = digits(unsigned) else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[derive(Clone, Copy)]
struct Item<'a> {
    mode: Mode,
    decoding: Decoding<'a>,
}

impl<'a> Item<'a> {
    fn into_seed<'o>(self, out: &'o mut Vec<u8>) -> ItemSeed<'o, 'a> {
        ItemSeed { out, item: self }
    }
}

/// `{"result": …}` or `{"error": "…"}`.
struct ItemSeed<'o, 'a> {
    out: &'o mut Vec<u8>,
    item: Item<'a>,
}

impl<'de> DeserializeSeed<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a result or an error")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let start = self.out.len();
        let (mut error, mut found) = (None::<String>, false);
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match key.as_ref() {
                "result" => {
                    self.out.truncate(start);
                    map.next_value_seed(ReplySeed { out: self.out, item: self.item })?;
                    found = true;
                }
                "error" => error = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match error {
            Some(error) => {
                self.out.truncate(start);
                let error = self.item.decoding.secret.map_or(error.clone(), |secret| super::hide(&error, secret));
                push_text(self.out, ERROR, error.as_bytes());
                Ok(())
            }
            None if found => Ok(()),
            None => Err(A::Error::custom("neither a result nor an error")),
        }
    }
}

struct ReplySeed<'o, 'a> {
    out: &'o mut Vec<u8>,
    item: Item<'a>,
}

impl ReplySeed<'_, '_> {
    fn push_string(&mut self, text: &str) -> std::result::Result<(), &'static str> {
        let Item { mode, decoding } = self.item;
        if !decoding.base64 || text == "OK" {
            push_bytes(self.out, mode, text.as_bytes());
            return Ok(());
        }
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 5]);
        BASE64.decode_vec(text, self.out).map_err(|_| "not base64")?;
        let bytes = &self.out[start + 5..];
        let (tag, length) = (tag_of(mode, bytes), bytes.len() as u32);
        self.out[start] = tag;
        self.out[start + 1..start + 5].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }
}

fn push_number(out: &mut Vec<u8>, number: f64) {
    out.push(NUMBER);
    out.extend_from_slice(&number.to_le_bytes());
}

fn push_bytes(out: &mut Vec<u8>, mode: Mode, bytes: &[u8]) {
    push_text(out, tag_of(mode, bytes), bytes);
}

fn tag_of(mode: Mode, bytes: &[u8]) -> u8 {
    let form = match mode {
        Mode::Bytes => return BYTES,
        Mode::Text => Form::Text,
        Mode::Parsed => form(bytes),
    };
    match (form, bytes.is_ascii()) {
        (Form::Numeral, _) => NUMERAL,
        (Form::Json, true) => ASCII_JSON,
        (Form::Json, false) => UTF8_JSON,
        (Form::Text, true) => ASCII,
        (Form::Text, false) => UTF8,
    }
}

/// The integers beyond which doubles have gaps (`Number.MAX_SAFE_INTEGER`).
const MAX_SAFE: u64 = (1 << 53) - 1;

impl<'de> DeserializeSeed<'de> for ReplySeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReplySeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a reply")
    }

    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        self.out.push(NIL);
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> std::result::Result<(), E> {
        push_number(self.out, f64::from(u8::from(flag)));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> std::result::Result<(), E> {
        push_number(self.out, number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<(), E> {
        if number <= MAX_SAFE {
            push_number(self.out, number as f64);
        } else {
            push_text(self.out, BIG, number.to_string().as_bytes());
        }
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<(), E> {
        if number.unsigned_abs() <= MAX_SAFE {
            push_number(self.out, number as f64);
        } else {
            push_text(self.out, BIG, number.to_string().as_bytes());
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> std::result::Result<(), E> {
        self.push_string(text).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        self.out.push(ARRAY);
        let at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        let mut count = 0u32;
        while items.next_element_seed(ReplySeed { out: &mut *self.out, item: self.item })?.is_some() {
            count += 1;
        }
        self.out[at..at + 4].copy_from_slice(&count.to_le_bytes());
        Ok(())
    }

    /// RESP3 maps have no place in the protocol; what they would hold is not guessed.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.visit_unit()
    }
}

/// A list of items, each for a slot of its own.
struct Each<'o, 'a> {
    out: &'o mut Vec<u8>,
    slots: &'a [(u32, Mode)],
    decoding: Decoding<'a>,
}

/// A list of items for one slot.
struct List<'o, 'a> {
    out: &'o mut Vec<u8>,
    item: Item<'a>,
    count: usize,
}

impl<'de> DeserializeSeed<'de> for Each<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Each<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of {} replies", self.slots.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        for (index, (slot, mode)) in self.slots.iter().enumerate() {
            let item = Item { mode: *mode, decoding: self.decoding };
            completion(&mut *self.out, *slot, REPLY, |out| {
                items
                    .next_element_seed(item.into_seed(out))?
                    .ok_or_else(|| A::Error::custom(format!("{index} replies to {} commands", self.slots.len())))
            })?;
        }
        end_of(items, self.slots.len())
    }
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of {} replies", self.count)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        for index in 0..self.count {
            items
                .next_element_seed(self.item.into_seed(&mut *self.out))?
                .ok_or_else(|| A::Error::custom(format!("{index} replies to {} commands", self.count)))?;
        }
        end_of(items, self.count)
    }
}

fn end_of<'de, A: SeqAccess<'de>>(mut items: A, count: usize) -> std::result::Result<(), A::Error> {
    match items.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom(format!("more than {count} replies to {count} commands"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Decoding<'static> = Decoding { base64: false, secret: None };

    fn reply_to(mode: Mode, result: &str) -> Vec<u8> {
        let body = format!("{{\"result\":{result}}}");
        let mut out = Vec::new();
        complete(&mut out, &Recipients::One { slot: 7, mode }, 200, body.as_bytes(), PLAIN).expect(result);
        assert_eq!(out[..4], ((out.len() - 4) as u32).to_le_bytes());
        assert_eq!(out[4..9], [7, 0, 0, 0, REPLY]);
        out.split_off(9)
    }

    #[test]
    fn text_is_marked_by_what_javascript_would_make_of_it() {
        for (text, tag) in [
            ("plain", ASCII),
            ("größe", UTF8),
            ("", ASCII),
            ("  ", ASCII),
            ("12", NUMERAL),
            ("-1.5e+3", NUMERAL),
            (" 12", ASCII),
            ("007", ASCII),
            ("1.", ASCII),
            ("-", ASCII),
            ("1e", ASCII),
            ("0x10", ASCII),
            ("true", ASCII_JSON),
            ("truer", ASCII),
            (" null ", ASCII_JSON),
            ("{\"a\":[1,2]}", ASCII_JSON),
            ("{\"ä\":1}", UTF8_JSON),
            ("{a:1}", ASCII),
            ("[1,]", ASCII),
            ("\"x\"", ASCII_JSON),
            ("\u{feff}1", UTF8),
            ("NaN", ASCII),
        ] {
            assert_eq!(tag_of(Mode::Parsed, text.as_bytes()), tag, "{text:?}");
        }
    }

    #[test]
    fn nesting_of_any_depth_is_json() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(form(deep.as_bytes()), Form::Json);
    }

    #[test]
    fn integers_keep_every_digit() {
        assert_eq!(reply_to(Mode::Parsed, "9007199254740991")[0], NUMBER);
        let mut big = vec![BIG, 16, 0, 0, 0];
        big.extend_from_slice(b"9007199254740993");
        assert_eq!(reply_to(Mode::Parsed, "9007199254740993"), big);
        assert_eq!(reply_to(Mode::Parsed, "-9223372036854775808")[0], BIG);
    }

    #[test]
    fn a_list_too_short_or_too_long_is_an_error() {
        let slots = Recipients::Each(vec![(1, Mode::Text), (2, Mode::Text)]);
        for body in ["[{\"result\":1}]", "[{\"result\":1},{\"result\":2},{\"result\":3}]", "{\"result\":1}"] {
            let found = complete(&mut Vec::new(), &slots, 200, body.as_bytes(), PLAIN);
            assert!(matches!(found, Err(ErrorKind::Protocol(_))), "{body}: {found:?}");
        }
    }

    #[test]
    fn an_error_wins_over_a_result_wherever_it_stands() {
        for body in [r#"{"error":"ERR x","result":null}"#, r#"{"result":[1],"error":"ERR x"}"#] {
            let mut out = Vec::new();
            complete(&mut out, &Recipients::One { slot: 0, mode: Mode::Text }, 200, body.as_bytes(), PLAIN)
                .expect(body);
            assert_eq!(out[9], ERROR);
        }
    }

    #[test]
    fn what_refuses_a_whole_request_is_told_apart() {
        let list = Recipients::List { slot: 0, mode: Mode::Text, count: 1 };
        let failure = |status, body: &[u8]| complete(&mut Vec::new(), &list, status, body, PLAIN);
        assert_eq!(failure(401, br#"{"error":"WRONGPASS"}"#), Err(ErrorKind::Redis("WRONGPASS".to_owned())));
        assert_eq!(failure(400, br#"{"error":"EXECABORT"}"#), Err(ErrorKind::Redis("EXECABORT".to_owned())));
        assert!(matches!(failure(502, b"<html>"), Err(ErrorKind::Status { status: 502, .. })));
        assert_eq!(failure(200, b"<html>"), Err(ErrorKind::Protocol("<html>".to_owned())));
    }
}
