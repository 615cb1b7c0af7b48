//! The headers of a message: those for QStash itself, and those that it hands on.

use std::collections::BTreeMap;

use crate::error::{ErrorKind, Result};

/// Names and values as JavaScript's `Headers` lists them: a value's characters stand for its bytes.
pub type Pairs = Vec<(String, String)>;

pub const CONTENT_TYPE: &str = "content-type";

/// By lower-case name; a later value replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(BTreeMap<String, String>);

impl Headers {
    /// What the caller's headers become: QStash keeps those that are meant for it, and forwards what is marked so.
    pub fn of_message(pairs: &[(String, String)]) -> Result<Self> {
        let mut headers = Self::default();
        for (name, value) in pairs {
            let name = name.to_ascii_lowercase();
            if name == CONTENT_TYPE || name.starts_with("upstash-") {
                headers.set(&name, value)?;
            } else {
                headers.set(&format!("upstash-forward-{name}"), value)?;
            }
        }
        Ok(headers)
    }

    /// # Errors
    /// [`ErrorKind::QstashCall`] for what no HTTP header may hold.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        // The whitespace of HTTP (RFC 9110, section 5.6.3), and line ends at the ends as `Headers` takes them off.
        let value = value.trim_matches([' ', '\t', '\r', '\n']);
        if let Some(found) = value.chars().find(|found| !may_stand(*found)) {
            let code = u32::from(found);
            return Err(ErrorKind::QstashCall(format!(
                "{name}: found the character U+{code:04X}, which no HTTP header may hold; expected Latin-1 without control \
                 characters"
            )));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// These, where `other` has no header of that name.
    pub fn under(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As an object of JSON.
    pub fn to_json(&self) -> serde_json::Value {
        self.iter().map(|(name, value)| (name.to_owned(), serde_json::Value::from(value))).collect()
    }
}

/// The characters of a field value (RFC 9110, section 5.5), one byte each.
fn may_stand(found: char) -> bool {
    matches!(found, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Headers {
        let pairs: Pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Headers::of_message(&pairs).expect("headers")
    }

    #[test]
    fn what_is_not_for_qstash_is_forwarded() {
        let headers = of(&[
            ("X-Foo", " bar "),
            ("Content-Type", "text/plain"),
            ("Upstash-Delay", "3s"),
            ("Authorization", "Bearer x"),
            ("upstash-forward-y", "z"),
        ]);
        let found: Vec<_> = headers.iter().collect();
        let expected = [
            ("content-type", "text/plain"),
            ("upstash-delay", "3s"),
            ("upstash-forward-authorization", "Bearer x"),
            ("upstash-forward-x-foo", "bar"),
            ("upstash-forward-y", "z"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_can_not_be_smuggled_in() {
        for value in ["a\nb", "a\r\nX: y", "a\0b", "日"] {
            assert!(matches!(Headers::default().set("x", value), Err(ErrorKind::QstashCall(_))), "{value:?}");
        }
        assert_eq!(Headers::default().set("x", "é\n"), Ok(()));
    }

    #[test]
    fn the_headers_of_a_message_win_over_those_of_the_client() {
        let both = of(&[("a", "1"), ("b", "1")]).under(of(&[("b", "2"), ("c", "2")]));
        let found: Vec<_> = both.iter().map(|(_, value)| value).collect();
        assert_eq!(found, ["1", "2", "2"]);
    }
}
