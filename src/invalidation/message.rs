//! A purge as the processes of a site tell each other of it.

use serde::Deserialize;

use super::{Pattern, Purge};

/// One purge of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number: each purge takes the next one.
    pub sequence: u64,
    /// By what the process signs that made it.
    pub origin: String,
    pub purge: Purge,
    /// When it was made, in µs by the clock of the database. None from a version that did not say.
    pub at_us: Option<u64>,
}

/// The same as it is written, see `src/store/scripts/purge.lua`. Numbers are text: Redis' JSON rounds large ones.
#[derive(Deserialize)]
struct Told {
    s: String,
    o: String,
    k: String,
    #[serde(default)]
    n: Vec<String>,
    t: Option<String>,
}

/// A sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The number of the last purge.
    pub sequence: u64,
    /// As a [`Message`] has it.
    pub at_us: Option<u64>,
}

#[derive(Deserialize)]
struct ToldBeat {
    b: String,
    t: Option<String>,
}

impl Beat {
    /// None for what is none.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let told: ToldBeat = serde_json::from_slice(json).ok()?;
        Some(Self { sequence: told.b.parse().ok()?, at_us: number(told.t) })
    }
}

fn number(text: Option<String>) -> Option<u64> {
    text?.parse().ok()
}

impl Message {
    /// None for what is no purge.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let told: Told = serde_json::from_slice(json).ok()?;
        let purge = match (told.k.as_str(), told.n.first()) {
            ("tags", _) => Purge::Tags(told.n),
            ("pattern", Some(pattern)) => Purge::Pattern(Pattern::new(pattern)),
            _ => Purge::All,
        };
        Some(Self { sequence: told.s.parse().ok()?, origin: told.o, purge, at_us: number(told.t) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_was_purged() {
        let parse = |json: &str| Message::parse(json.as_bytes()).map(|message| (message.sequence, message.purge));
        let tags = Purge::Tags(vec!["t:a".to_owned(), "t:b".to_owned()]);
        assert_eq!(
            parse(r#"{"s":"1790000000000001","o":"x","k":"tags","n":["t:a","t:b"]}"#),
            Some((1_790_000_000_000_001, tags))
        );
        let pattern = Purge::Pattern(Pattern::new("strapi:/api/a*"));
        assert_eq!(parse(r#"{"s":"2","o":"x","k":"pattern","n":["strapi:/api/a*"]}"#), Some((2, pattern)));
        assert_eq!(parse(r#"{"s":"3","o":"x","k":"all"}"#), Some((3, Purge::All)));
        // Better too much than too little, should a newer version tell of something else.
        assert_eq!(parse(r#"{"s":"4","o":"x","k":"sorcery","n":["a"]}"#), Some((4, Purge::All)));
        for json in ["{}", "", "null", r#"{"s":"x","o":"","k":"all"}"#] {
            assert_eq!(parse(json), None, "{json}");
            assert_eq!(Beat::parse(json.as_bytes()), None, "{json}");
        }
        let beat = |at_us| Some(Beat { sequence: 1_790_000_000_000_001, at_us });
        assert_eq!(Beat::parse(br#"{"b":"1790000000000001"}"#), beat(None));
        assert_eq!(Beat::parse(br#"{"b":"1790000000000001","t":"17"}"#), beat(Some(17)));
    }
}
