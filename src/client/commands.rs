//! What the client must know of a command to send it together with others: whether it writes, and whether it is
//! better alone. It comes from the table of commands that JavaScript, its types and its documentation come from too.

use std::collections::HashMap;

use once_cell::sync::Lazy;
use serde::Deserialize;

use super::frame::Argument;

/// The table, `redis/commands/*.json`. The names of JSON's and of functions' commands are those under `redis.json` and
/// `redis.functions`; the others are methods of the client.
const TABLES: [&str; 13] = [
    include_str!("../../redis/commands/array.json"),
    include_str!("../../redis/commands/functions.json"),
    include_str!("../../redis/commands/geo.json"),
    include_str!("../../redis/commands/hash.json"),
    include_str!("../../redis/commands/hyperloglog.json"),
    include_str!("../../redis/commands/json.json"),
    include_str!("../../redis/commands/keys.json"),
    include_str!("../../redis/commands/list.json"),
    include_str!("../../redis/commands/script.json"),
    include_str!("../../redis/commands/set.json"),
    include_str!("../../redis/commands/stream.json"),
    include_str!("../../redis/commands/string.json"),
    include_str!("../../redis/commands/zset.json"),
];

/// Commands whose first argument is a part of their name.
const FAMILIES: [&str; 6] = ["SCRIPT", "FUNCTION", "XGROUP", "XINFO", "CLIENT", "BITFIELD"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Whether it can change data, so that what follows has to wait for it.
    pub writes: bool,
    /// Whether it gets a request of its own: its reply may be large, or late.
    pub alone: bool,
    /// Whether the primary has to answer it: it writes, or goes on from what the same server answered before.
    pub primary: bool,
}

/// What holds for a command that the table does not know.
pub const UNKNOWN: Traits = Traits { writes: true, alone: false, primary: true };

#[derive(Deserialize)]
struct Entry {
    /// How it is sent; its first words are its name.
    send: Option<String>,
    /// Its name, where `send` can't say it.
    wire: Option<String>,
    #[serde(default)]
    write: bool,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    primary: bool,
}

static TRAITS: Lazy<HashMap<String, Traits>> = Lazy::new(|| {
    let tables = TABLES.iter().filter_map(|table| serde_json::from_str::<HashMap<String, Entry>>(table).ok());
    let mut traits = HashMap::new();
    for (method, entry) in tables.flatten() {
        let name = entry.wire.or_else(|| entry.send.as_deref().map(name_in)).unwrap_or(method).to_uppercase();
        let primary = entry.write || entry.primary;
        traits.insert(name, Traits { writes: entry.write, alone: entry.alone, primary });
    }
    traits
});

fn name_in(send: &str) -> String {
    let mut words = send.split(' ');
    let first = words.next().unwrap_or_default().to_uppercase();
    match words.next() {
        Some(second) if FAMILIES.contains(&first.as_str()) => format!("{first} {second}"),
        _ => first,
    }
}

/// What holds for a command, given as it is sent.
pub fn traits(command: &[Argument<'_>]) -> Traits {
    let word = |at: usize| {
        let bytes = command.get(at).map(Argument::bytes).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default().to_ascii_uppercase()
    };
    let mut name = word(0);
    let known = if FAMILIES.contains(&name.as_str()) {
        TRAITS.get(&format!("{name} {}", word(1))).or_else(|| TRAITS.get(&name))
    } else {
        TRAITS.get(&name)
    };
    let mut found = known.copied().unwrap_or(UNKNOWN);
    name.truncate(5);
    if name == "XREAD" {
        let waits = command.iter().any(|argument| argument.bytes().eq_ignore_ascii_case(b"BLOCK"));
        found.alone |= waits;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str) -> Traits {
        let words: Vec<_> = command.split(' ').map(Argument::Text).collect();
        traits(&words)
    }

    const READ: Traits = Traits { writes: false, alone: false, primary: false };
    const WRITE: Traits = Traits { writes: true, alone: false, primary: true };
    const LARGE: Traits = Traits { writes: false, alone: true, primary: false };
    const SCAN: Traits = Traits { writes: false, alone: true, primary: true };

    #[test]
    fn every_table_is_read() {
        for table in TABLES {
            let entries: HashMap<String, Entry> = serde_json::from_str(table).expect("a table");
            assert!(!entries.is_empty());
        }
        assert!(TRAITS.len() > 200, "{} commands", TRAITS.len());
    }

    #[test]
    fn a_command_is_known_by_its_name_on_the_wire_in_any_case() {
        assert_eq!(of("get k"), READ);
        assert_eq!(of("GeT k"), READ);
        assert_eq!(of("set k v"), WRITE);
        assert_eq!(of("JSON.SET k $ 1"), WRITE);
        assert_eq!(of("JSON.GET k"), READ);
        assert_eq!(of("eval_ro return 0"), READ);
        assert_eq!(of("script exists abc"), READ);
        assert_eq!(of("SCRIPT LOAD abc"), WRITE);
        assert_eq!(of("function list"), READ);
        assert_eq!(of("function flush"), WRITE);
        assert_eq!(of("xgroup create k g 0"), WRITE);
        assert_eq!(of("xinfo groups k"), READ);
        assert_eq!(of("keys *"), LARGE);
        assert_eq!(of("scan 0"), SCAN);
        assert_eq!(of("hscan k 0"), SCAN);
        assert_eq!(of("zadd k 1 m"), WRITE);
        assert_eq!(of("fcall_ro f 0"), READ);
        assert_eq!(of("fcall f 0"), WRITE);
    }

    #[test]
    fn what_may_wait_for_data_is_alone_and_what_is_unknown_counts_as_a_write() {
        assert_eq!(of("xread STREAMS s 0"), READ);
        assert_eq!(of("XREAD block 5 STREAMS s 0"), LARGE);
        assert_eq!(of("FUTURE k"), WRITE);
        assert_eq!(traits(&[]), WRITE);
    }
}
