//! Commands to JSON, JSON to replies: the REST protocol's two directions.
//!
//! Source: the Upstash REST API (`POST /` with a JSON array, `/pipeline` with an array of arrays) and its
//! `Upstash-Encoding: base64` response encoding, under which every string but `OK` comes base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::frame::excerpt;
use crate::error::{ErrorKind, Result};

/// A command is data: its name and its arguments, in order.
pub type Command = Vec<String>;

/// Builds a command from anything that can be read as text.
#[macro_export]
macro_rules! command {
    ($($argument:expr),+ $(,)?) => { vec![$($argument.to_string()),+] };
}

/// What Redis answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Nil,
    Integer(i64),
    /// A number that is not an integer; the REST API sends some replies so.
    Double(f64),
    Bytes(Vec<u8>),
    Array(Vec<Reply>),
}

impl Reply {
    /// The reply as text, if it is text or an integer.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
            Self::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The reply as an unsigned integer, if it is one or its decimal digits.
    pub fn unsigned(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The reply's items, if it is an array.
    pub fn items(self) -> Option<Vec<Reply>> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// The request body of one command.
pub fn encode_command(command: &Command) -> Vec<u8> {
    serde_json::to_vec(command).unwrap_or_default()
}

/// The request body of a pipeline.
pub fn encode_pipeline(commands: &[Command]) -> Vec<u8> {
    serde_json::to_vec(commands).unwrap_or_default()
}

/// Reads the answer to one command. `status` is the HTTP status that came with it.
pub fn decode_command(status: u16, body: &[u8]) -> Result<Reply> {
    decode_item(parse(status, body)?, status, body)
}

/// Reads the answer to a pipeline of `count` commands: one result each, errors among them.
pub fn decode_pipeline(status: u16, body: &[u8], count: usize) -> Result<Vec<Result<Reply>>> {
    match parse(status, body)? {
        Value::Array(items) if items.len() == count => {
            Ok(items.into_iter().map(|item| decode_item(item, status, body)).collect())
        }
        Value::Array(items) => Err(ErrorKind::Protocol(format!("{} replies to {count} commands", items.len()))),
        whole => decode_item(whole, status, body)
            .and_then(|_| Err(ErrorKind::Protocol("one reply to a pipeline".to_owned()))),
    }
}

fn parse(status: u16, body: &[u8]) -> Result<Value> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    match parsed {
        Some(value) if status == 200 || status == 400 => Ok(value),
        _ if status != 200 => Err(ErrorKind::Status { status, body: excerpt(body) }),
        _ => Err(ErrorKind::Protocol(excerpt(body))),
    }
}

fn decode_item(item: Value, status: u16, body: &[u8]) -> Result<Reply> {
    let Value::Object(mut fields) = item else {
        return Err(ErrorKind::Protocol(excerpt(body)));
    };
    if let Some(Value::String(message)) = fields.remove("error") {
        return Err(ErrorKind::Redis(message));
    }
    match fields.remove("result") {
        Some(result) if status == 200 => decode_result(result),
        _ => Err(ErrorKind::Protocol(excerpt(body))),
    }
}

fn decode_result(result: Value) -> Result<Reply> {
    Ok(match result {
        Value::Null => Reply::Nil,
        Value::Bool(flag) => Reply::Integer(flag.into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Reply::Integer(integer),
            (None, double) => Reply::Double(double.unwrap_or(f64::NAN)),
        },
        Value::String(text) if text == "OK" => Reply::Bytes(b"OK".to_vec()),
        Value::String(text) => Reply::Bytes(
            BASE64
                .decode(&text)
                .map_err(|_| ErrorKind::Protocol(format!("not base64: {}", excerpt(text.as_bytes()))))?,
        ),
        Value::Array(items) => Reply::Array(items.into_iter().map(decode_result).collect::<Result<_>>()?),
        Value::Object(_) => return Err(ErrorKind::Protocol("an object as result".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_base64_except_ok() {
        assert_eq!(decode_command(200, br#"{"result":"OK"}"#), Ok(Reply::Bytes(b"OK".to_vec())));
        assert_eq!(
            decode_command(200, br#"{"result":["aGk=",null,7]}"#),
            Ok(Reply::Array(vec![Reply::Bytes(b"hi".to_vec()), Reply::Nil, Reply::Integer(7)]))
        );
    }

    #[test]
    fn a_commands_error_is_redis_own_words() {
        let refused = decode_command(400, br#"{"error":"NOSCRIPT No matching script."}"#);
        assert_eq!(refused, Err(ErrorKind::Redis("NOSCRIPT No matching script.".to_owned())));
    }

    #[test]
    fn a_proxys_page_is_a_protocol_error_with_an_excerpt() {
        let page = format!("<html>{}</html>", "x".repeat(900));
        let Err(ErrorKind::Protocol(text)) = decode_command(200, page.as_bytes()) else { panic!("accepted") };
        assert_eq!(text.chars().count(), 200);
        assert!(matches!(decode_command(502, page.as_bytes()), Err(ErrorKind::Status { status: 502, .. })));
    }

    #[test]
    fn a_pipeline_keeps_each_commands_own_error() {
        let body = br#"[{"result":1},{"error":"ERR no"}]"#;
        assert_eq!(
            decode_pipeline(200, body, 2),
            Ok(vec![Ok(Reply::Integer(1)), Err(ErrorKind::Redis("ERR no".to_owned()))])
        );
        assert!(decode_pipeline(200, body, 3).is_err(), "a reply short of a command went unnoticed");
    }

    #[test]
    fn a_401_with_json_is_a_status_error() {
        let refused = decode_command(401, br#"{"error":"Unauthorized"}"#);
        assert!(matches!(refused, Err(ErrorKind::Status { status: 401, .. })));
    }
}
