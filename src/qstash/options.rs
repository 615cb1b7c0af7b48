//! Reads the options of a call one by one.

use serde_json::{Map, Number, Value};

use crate::error::{ErrorKind, Result};

/// An object of options. What is `null` is not given.
#[derive(Debug, Clone, Default)]
pub struct Options {
    path: String,
    fields: Map<String, Value>,
}

impl Options {
    /// `path`: where they stand, for errors, with a dot at its end.
    pub fn new(path: &str, fields: Map<String, Value>) -> Self {
        Self { path: path.to_owned(), fields }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn wrong(&self, name: &str, found: &Value, expected: &str) -> ErrorKind {
        let shown = match found {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            other => other.to_string().replace('"', "'").chars().take(80).collect(),
        };
        ErrorKind::QstashCall(format!("{}{name}: found {shown}; expected {expected}", self.path))
    }

    /// Text; a number stands for its digits.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.wrong(name, other, "text")),
        }
    }

    /// A number from 0.
    pub fn number(&self, name: &str) -> Result<Option<Number>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) if number.as_f64().is_some_and(|value| value >= 0.0) => {
                Ok(Some(number.clone()))
            }
            Some(other) => Err(self.wrong(name, other, "a number from 0")),
        }
    }

    /// A number from 0, rounded.
    pub fn whole(&self, name: &str) -> Result<Option<String>> {
        let number = self.number(name)?;
        // Halves go up, as `toFixed` has it.
        Ok(number.and_then(|number| number.as_f64()).map(|value| format!("{:.0}", value.round())))
    }

    /// A number of seconds, or text such as `10s`, `5m`, as QStash takes it.
    pub fn duration(&self, name: &str, rounded: bool) -> Result<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) if number.as_f64().is_some_and(|value| value >= 0.0) => {
                let seconds = if rounded { self.whole(name)?.unwrap_or_default() } else { number.to_string() };
                Ok(Some(format!("{seconds}s")))
            }
            Some(other) => {
                Err(self.wrong(name, other, "a number of seconds from 0, or text such as '10s', '5m', '1h'"))
            }
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(name, other, "true or false")),
        }
    }

    pub fn section(&self, name: &str) -> Result<Option<Self>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self::new(&format!("{}{name}.", self.path), fields.clone()))),
            Some(other) => Err(self.wrong(name, other, "an object")),
        }
    }

    /// Texts: a list, or one that stands alone.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.wrong(name, other, "text or a list of texts")),
        };
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => items.iter().map(text).collect::<Result<_>>().map(Some),
            Some(one) => text(one).map(|text| Some(vec![text])),
        }
    }

    /// All of it as JSON.
    pub fn shown(&self) -> String {
        Value::from(self.fields.clone()).to_string()
    }
}
