//! Calls to requests: what is sent together, and in which order.

use std::borrow::Cow;

use bytes::Bytes;

use super::commands::{self, Traits};
use super::frame::{Argument, Call, Kind, Mode, Recipients};
use crate::error::{ErrorKind, Result};

/// The most commands in one request that the client puts together by itself, as @upstash/redis has it.
const MAX_COMMANDS: usize = 1_000;
/// The most bytes in one such request. Beyond this a round trip costs little against the bytes, and Upstash bounds
/// the size of a request.
const MAX_BYTES: usize = 512 * 1024;

/// One request and who waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub path: Cow<'static, str>,
    pub body: Bytes,
    /// Whether it can change data: nothing of the same moment is sent before it is answered, nor it before them.
    pub writes: bool,
    /// Whether the primary has to answer it, as it does whatever writes.
    pub primary: bool,
    /// Whether replies must come base64, whatever the client prefers.
    pub exact: bool,
    pub recipients: Recipients,
}

/// What becomes of the calls of one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the calls.
    pub batches: Vec<Batch>,
    /// Calls that can't be sent.
    pub refused: Vec<(u32, ErrorKind)>,
}

/// Puts calls together to requests; `together` false leaves each its own.
pub fn plan(calls: &[Call<'_>], together: bool) -> Plan {
    let mut plan = Plan::default();
    let mut group = Group::default();
    for call in calls {
        let traits = call.commands.first().map(|command| commands::traits(command));
        let alone =
            !together || call.kind != Kind::Together || traits.is_none_or(|traits| traits.alone) || holds_bytes(call);
        if alone {
            plan.batches.extend(group.take());
            match single(call) {
                Ok(batch) => plan.batches.push(batch),
                Err(error) => plan.refused.push((call.slot, error)),
            }
            continue;
        }
        let before = group.body.len();
        group.push(call, traits.unwrap_or(commands::UNKNOWN));
        if group.slots.len() > 1 && group.body.len() > MAX_BYTES {
            let last = group.pop(before);
            plan.batches.extend(group.take());
            group.push(call, last);
        }
        if group.slots.len() == MAX_COMMANDS {
            plan.batches.extend(group.take());
        }
    }
    plan.batches.extend(group.take());
    plan
}

/// Commands on their way into one request.
#[derive(Default)]
struct Group {
    body: Vec<u8>,
    slots: Vec<(u32, Mode)>,
    traits: Vec<Traits>,
}

impl Group {
    fn push(&mut self, call: &Call<'_>, traits: Traits) {
        self.body.push(if self.slots.is_empty() { b'[' } else { b',' });
        for command in &call.commands {
            encode(&mut self.body, command);
        }
        self.slots.push((call.slot, call.mode));
        self.traits.push(traits);
    }

    /// Takes the last one out again.
    fn pop(&mut self, length: usize) -> Traits {
        self.body.truncate(length);
        self.slots.pop();
        self.traits.pop().unwrap_or(commands::UNKNOWN)
    }

    fn take(&mut self) -> Option<Batch> {
        let Self { mut body, slots, traits } = std::mem::take(self);
        let exact = slots.iter().any(|(_, mode)| *mode == Mode::Bytes);
        let writes = traits.iter().any(|traits| traits.writes);
        let primary = traits.iter().any(|traits| traits.primary);
        let (path, body, recipients) = match slots.as_slice() {
            [] => return None,
            [(slot, mode)] => {
                body.remove(0);
                ("", body, Recipients::One { slot: *slot, mode: *mode })
            }
            _ => {
                body.push(b']');
                ("pipeline", body, Recipients::Each(slots))
            }
        };
        Some(Batch { path: Cow::Borrowed(path), body: body.into(), writes, primary, exact, recipients })
    }
}

fn holds_bytes(call: &Call<'_>) -> bool {
    call.commands.iter().flatten().any(|argument| is_binary(argument))
}

/// Whether JSON can't carry it.
fn is_binary(argument: &Argument<'_>) -> bool {
    matches!(argument, Argument::Bytes(bytes) if std::str::from_utf8(bytes).is_err())
}

/// The request of a call that is sent by itself.
fn single(call: &Call<'_>) -> Result<Batch> {
    let Call { kind, mode, slot, ref commands } = *call;
    let traits: Vec<_> = commands.iter().map(|command| commands::traits(command)).collect();
    let writes = traits.iter().any(|traits| traits.writes);
    let primary = traits.iter().any(|traits| traits.primary);
    let exact = mode == Mode::Bytes;
    let many = matches!(kind, Kind::Pipeline | Kind::Transaction);
    if many {
        if holds_bytes(call) {
            return Err(ErrorKind::Command(
                "a pipeline travels as JSON, which holds no bytes that are not UTF-8; send this command by itself"
                    .to_owned(),
            ));
        }
        let mut body = vec![b'['];
        for (index, command) in commands.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            encode(&mut body, command);
        }
        body.push(b']');
        let path = if kind == Kind::Pipeline { "pipeline" } else { "multi-exec" };
        let recipients = Recipients::List { slot, mode, count: commands.len() };
        return Ok(Batch { path: Cow::Borrowed(path), body: body.into(), writes, primary, exact, recipients });
    }
    let command = commands.first().map(Vec::as_slice).unwrap_or_default();
    let recipients = Recipients::One { slot, mode };
    let (path, body) = if holds_bytes(call) {
        path_form(command)
    } else {
        let mut body = Vec::new();
        encode(&mut body, command);
        (Cow::Borrowed(""), body)
    };
    Ok(Batch { path, body: body.into(), writes, primary, exact, recipients })
}

/// A command as JSON.
fn encode(out: &mut Vec<u8>, command: &[Argument<'_>]) {
    out.push(b'[');
    for (index, argument) in command.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match argument {
            Argument::Literal(literal) => out.extend_from_slice(literal.as_bytes()),
            Argument::Text(text) => write_string(out, text),
            // Only what is UTF-8 comes here.
            Argument::Bytes(bytes) => write_string(out, &String::from_utf8_lossy(bytes)),
        }
    }
    out.push(b']');
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// A command as `POST /NAME/argument…` with its longest argument as the body, which takes any byte: what precedes it
/// stands in the path, what follows it in the query.
fn path_form(command: &[Argument<'_>]) -> (Cow<'static, str>, Vec<u8>) {
    let longest = (1..command.len()).rev().max_by_key(|at| command[*at].bytes().len()).unwrap_or(0);
    let mut path = String::new();
    let mut body = Vec::new();
    for (at, argument) in command.iter().enumerate() {
        if at == longest && at > 0 {
            body.extend_from_slice(argument.bytes());
            continue;
        }
        if at > 0 {
            path.push(match at {
                _ if at < longest => '/',
                _ if at == longest + 1 => '?',
                // `?EX=10&NX`: how the protocol writes what follows, two by two.
                _ if (at - longest).is_multiple_of(2) => '=',
                _ => '&',
            });
        }
        percent_encode(&mut path, argument.bytes());
    }
    (Cow::Owned(path), body)
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
pub fn percent_encode(out: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'f>(kind: Kind, slot: u32, commands: &[&'f str]) -> Call<'f> {
        let commands = commands.iter().map(|command| command.split(' ').map(Argument::Text).collect()).collect();
        Call { kind, mode: Mode::Parsed, slot, commands }
    }

    fn shape(plan: &Plan) -> Vec<(String, bool, Vec<u32>)> {
        let of = |batch: &Batch| {
            let body = String::from_utf8_lossy(&batch.body).into_owned();
            (format!("{} {body}", batch.path), batch.writes, batch.recipients.slots())
        };
        plan.batches.iter().map(of).collect()
    }

    #[test]
    fn calls_of_a_moment_are_one_request_in_their_order() {
        let calls = [
            call(Kind::Together, 4, &["set a 1"]),
            call(Kind::Together, 2, &["get a"]),
            call(Kind::Together, 9, &["get \"b"]),
        ];
        let plan = plan(&calls, true);
        let body = r#"pipeline [["set","a","1"],["get","a"],["get","\"b"]]"#;
        assert_eq!(shape(&plan), [(body.to_owned(), true, vec![4, 2, 9])]);
    }

    #[test]
    fn one_call_is_no_pipeline() {
        assert_eq!(
            shape(&plan(&[call(Kind::Together, 0, &["get a"])], true)),
            [(r#" ["get","a"]"#.to_owned(), false, vec![0])]
        );
    }

    #[test]
    fn what_is_better_alone_keeps_its_place() {
        let calls = [
            call(Kind::Together, 0, &["set a 1"]),
            call(Kind::Together, 1, &["keys *"]),
            call(Kind::Pipeline, 2, &["get a", "get b"]),
            call(Kind::Transaction, 3, &["incr a"]),
            call(Kind::Together, 4, &["get a"]),
            call(Kind::Together, 5, &["get b"]),
        ];
        let found = shape(&plan(&calls, true));
        let expected = [
            (r#" ["set","a","1"]"#, true, vec![0]),
            (r#" ["keys","*"]"#, false, vec![1]),
            (r#"pipeline [["get","a"],["get","b"]]"#, false, vec![2]),
            (r#"multi-exec [["incr","a"]]"#, true, vec![3]),
            (r#"pipeline [["get","a"],["get","b"]]"#, false, vec![4, 5]),
        ];
        assert_eq!(found, expected.map(|(body, writes, slots)| (body.to_owned(), writes, slots)));
    }

    #[test]
    fn a_request_is_bounded_by_count_and_by_bytes() {
        let many: Vec<_> = (0..2_500).map(|slot| call(Kind::Together, slot, &["get a"])).collect();
        let sizes: Vec<_> = plan(&many, true).batches.iter().map(|batch| batch.recipients.slots().len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);

        let value = format!("set a {}", "x".repeat(200 * 1024));
        let big = format!("set a {}", "x".repeat(2 * MAX_BYTES));
        let large: Vec<_> = [&value, &value, &value, &big, &value]
            .into_iter()
            .zip(0..)
            .map(|(command, slot)| call(Kind::Together, slot, &[command]))
            .collect();
        let slots: Vec<_> = plan(&large, true).batches.iter().map(|batch| batch.recipients.slots()).collect();
        assert_eq!(slots, [vec![0, 1], vec![2], vec![3], vec![4]]);
    }

    #[test]
    fn bytes_that_json_can_not_hold_travel_as_a_body() {
        let command = vec![
            Argument::Text("SET"),
            Argument::Bytes(b"k/\xff"),
            Argument::Bytes(b"\x00\xff\xfe\x00\x01"),
            Argument::Text("EX"),
            Argument::Literal("10"),
            Argument::Text("NX"),
        ];
        let call = Call { kind: Kind::Together, mode: Mode::Bytes, slot: 1, commands: vec![command] };
        let plan = plan(std::slice::from_ref(&call), true);
        assert_eq!(plan.batches[0].path, "SET/k%2F%FF?EX=10&NX");
        assert_eq!(plan.batches[0].body.as_ref(), b"\x00\xff\xfe\x00\x01");
        assert!(plan.batches[0].exact);

        let refused = super::plan(&[Call { kind: Kind::Pipeline, ..call }], true);
        assert!(matches!(refused.refused.as_slice(), [(1, ErrorKind::Command(_))]), "{refused:?}");
    }
}
