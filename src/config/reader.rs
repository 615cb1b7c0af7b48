//! Reads options one by one, says what is wrong with one, and finds what is none.

use serde_json::{Map, Value, json};

use crate::error::{ErrorKind, Result};

/// Milliseconds of `90`, `1.5 h`, `150ms`: a bare number is seconds.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let amount: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1.0,
        "" | "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        "w" => 604_800_000.0,
        _ => return None,
    };
    let total = amount * unit;
    // A hundred years are a mistake, and so is less than a millisecond.
    (1.0..=3.2e12).contains(&total).then_some(total as u64)
}

pub fn wrong(option: &str, found: &Value, allowed: &str) -> ErrorKind {
    let found = found.to_string().replace('"', "'");
    ErrorKind::Config(format!("{option}: found {}; expected {allowed}", found.chars().take(80).collect::<String>()))
}

/// How JavaScript shows a function in JSON.
pub const FUNCTION: &str = "[function]";

/// Reads one object of options and knows what was asked for, so that the rest is unknown.
pub struct Reader {
    path: String,
    fields: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Reader {
    pub fn parse(json: &str) -> Result<Self> {
        let value = serde_json::from_str(json).unwrap_or(Value::Null);
        Self::of(String::new(), value)
    }

    pub fn of(path: String, value: Value) -> Result<Self> {
        match value {
            Value::Object(fields) => Ok(Self { path, fields, known: Vec::new() }),
            other => {
                let name = if path.is_empty() { "config" } else { path.trim_end_matches('.') };
                Err(wrong(name, &other, "an object of options"))
            }
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether nothing was given at all.
    pub fn is_empty(&self) -> bool {
        self.fields.values().all(Value::is_null)
    }

    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    pub fn wrong(&self, name: &str, found: &Value, allowed: &str) -> ErrorKind {
        wrong(&format!("{}{name}", self.path), found, allowed)
    }

    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            // env('…') of an unset variable is undefined or an empty string.
            Some(Value::String(_)) => Ok(None),
            Some(_) if matches!(name, "token" | "url" | "secret") => {
                let path = &self.path;
                Err(ErrorKind::Config(format!("{path}{name}: found something that is not text; expected a string")))
            }
            Some(other) => Err(self.wrong(name, &other, "a string")),
        }
    }

    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(name, &other, "true or false")),
        }
    }

    pub fn integer(&mut self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        match found.as_u64().or_else(|| found.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64)) {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(self.wrong(name, &found, &format!("a whole number from {least} to {most}"))),
        }
    }

    pub fn duration(&mut self, name: &'static str) -> Result<Option<u64>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        let text = match &found {
            Value::Number(seconds) => seconds.to_string(),
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        match milliseconds(&text) {
            Some(ms) => Ok(Some(ms)),
            None => Err(self.wrong(
                name,
                &found,
                "a number of seconds above 0 or a duration such as '150 ms', '30 s', '10 m', '2 h', '1 d'",
            )),
        }
    }

    /// A duration, or 0 for what is turned off by `0` or `false`.
    pub fn duration_or_off(&mut self, name: &'static str) -> Result<Option<u64>> {
        let is_off = self.fields.get(name).is_some_and(|found| *found == json!(false) || found.as_f64() == Some(0.0));
        if is_off {
            self.take(name);
            return Ok(Some(0));
        }
        self.duration(name)
    }

    /// A number from 0 to 1.
    pub fn share(&mut self, name: &'static str) -> Result<Option<f64>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        match found.as_f64().filter(|share| (0.0..=1.0).contains(share)) {
            Some(share) => Ok(Some(share)),
            None => Err(self.wrong(name, &found, "a number from 0 to 1")),
        }
    }

    /// One of a few words.
    pub fn word(&mut self, name: &'static str, words: &[&'static str]) -> Result<Option<&'static str>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        match words.iter().find(|word| found == **word) {
            Some(word) => Ok(Some(word)),
            None => Err(self.wrong(name, &found, &format!("'{}'", words.join("' or '")))),
        }
    }

    /// The names and values of an object whose names are the user's.
    pub fn entries(&mut self, name: &'static str, allowed: &str) -> Result<Vec<(String, Value)>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Object(fields)) => Ok(fields.into_iter().collect()),
            Some(other) => Err(self.wrong(name, &other, allowed)),
        }
    }

    pub fn section(&mut self, name: &'static str) -> Result<Self> {
        let path = format!("{}{name}.", self.path);
        Self::of(path, self.take(name).unwrap_or_else(|| json!({})))
    }

    /// Each item of a list, or the one value that stands alone, as `read` makes it.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        let items = if let Value::Array(items) = &found { items.as_slice() } else { std::slice::from_ref(&found) };
        if items.is_empty() {
            return Err(self.wrong(name, &found, allowed));
        }
        let each =
            items.iter().map(|item| item.as_str().and_then(&read).ok_or_else(|| self.wrong(name, item, allowed)));
        each.collect::<Result<Vec<T>>>().map(Some)
    }

    /// Whether a function is there, and nothing else.
    pub fn function(&mut self, name: &'static str, allowed: &str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::String(text)) if text == FUNCTION => Ok(true),
            Some(other) => Err(self.wrong(name, &other, allowed)),
        }
    }

    /// Whether a function is there; anything else is left.
    pub fn is_function(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| value == FUNCTION)
    }

    /// Nothing may be left over.
    pub fn end(self) -> Result<()> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(name) => Err(ErrorKind::Config(format!(
                "{}{name}: not an option; the options here are {}",
                self.path,
                self.known.join(", ")
            ))),
        }
    }
}
