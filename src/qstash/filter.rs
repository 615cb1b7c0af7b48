//! The query of a call: filters, counts, cursors.

use serde_json::{Map, Value};

use super::options::Options;
use crate::error::{ErrorKind, Result};

/// What a call that changes all that match may filter by. A name that QStash does not know would leave nothing but all.
const KNOWN: [&str; 13] = [
    "fromDate",
    "toDate",
    "callerIp",
    "label",
    "flowControlKey",
    "url",
    "urlGroup",
    "scheduleId",
    "queueName",
    "host",
    "path",
    "responseStatus",
    "messageId",
];
/// Names that QStash has besides, and one that is not heeded any more.
const TOLERATED: [&str; 3] = ["topicName", "api", "state"];

/// How much of what is there is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It is only read.
    Read,
    /// It is changed, so that a filter which filters nothing is a mistake.
    Change,
}

/// The query that `query` and the filters make. Of one name that is in both, the filter's counts.
pub fn query(
    query: Map<String, Value>,
    filter: Option<Map<String, Value>>,
    scope: Scope,
) -> Result<Vec<(String, String)>> {
    let mut all = query;
    if let Some(filter) = filter {
        if scope == Scope::Change {
            check(&filter)?;
        }
        let (groups, mut rest): (Map<_, _>, Map<_, _>) = filter.into_iter().partition(|(name, _)| name == "urlGroup");
        if let Some(group) = groups.into_iter().map(|(_, group)| group).find(|group| !group.is_null()) {
            rest.insert("topicName".to_owned(), group);
        }
        if scope == Scope::Change {
            // How many is said beside the filter.
            rest.remove("count");
        }
        all.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
    }
    let options = Options::default();
    let mut pairs = Vec::new();
    for (name, value) in all {
        match value {
            Value::Null => {}
            Value::Array(items) if items.is_empty() => return Err(ErrorKind::QstashEmptyArray(name)),
            Value::Array(items) => {
                for item in items {
                    let text = text(&item).ok_or_else(|| options.wrong(&name, &item, "text or a number"))?;
                    pairs.push((name.clone(), text));
                }
            }
            one => {
                let text = text(&one).ok_or_else(|| options.wrong(&name, &one, "text, a number or a list of these"))?;
                pairs.push((name, text));
            }
        }
    }
    Ok(pairs)
}

fn check(filter: &Map<String, Value>) -> Result<()> {
    let mut filters = 0;
    for (name, value) in filter.iter().filter(|(_, value)| !value.is_null()) {
        if name == "count" {
            continue;
        }
        if !KNOWN.contains(&name.as_str()) && !TOLERATED.contains(&name.as_str()) {
            let known = KNOWN.join(", ");
            return Err(ErrorKind::QstashCall(format!("filter.{name}: not a filter; expected one of {known}")));
        }
        let is_empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        if is_empty(value) || value.as_array().is_some_and(|items| items.iter().any(is_empty)) {
            return Err(ErrorKind::QstashCall(format!("filter.{name}: found ''; expected what to filter by")));
        }
        filters += usize::from(name != "api");
    }
    if filters == 0 {
        let text = "filter: found none, which would be all of them; expected a filter, or all: true";
        return Err(ErrorKind::QstashCall(text.to_owned()));
    }
    Ok(())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(query_of: Value, filter: Value, scope: Scope) -> Result<String> {
        let object = |value: Value| value.as_object().cloned();
        let pairs = query(object(query_of).unwrap_or_default(), object(filter), scope)?;
        Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn filters_may_have_several_values_and_groups_are_topics() {
        let found = of(json!({ "count": 5 }), json!({ "label": ["a", "b"], "urlGroup": "g", "count": 7 }), Scope::Read);
        assert_eq!(found.as_deref(), Ok("count=7&label=a&label=b&topicName=g"));
        let found = of(json!({ "count": 5 }), json!({ "label": "a", "count": 7 }), Scope::Change);
        assert_eq!(found.as_deref(), Ok("count=5&label=a"));
    }

    #[test]
    fn an_empty_list_is_no_filter() {
        for scope in [Scope::Read, Scope::Change] {
            let found = of(json!({}), json!({ "label": [] }), scope);
            assert_eq!(found, Err(ErrorKind::QstashEmptyArray("label".to_owned())));
        }
    }

    #[test]
    fn what_would_change_everything_by_mistake_is_refused() {
        for filter in [
            json!({}),
            json!({ "label": null }),
            json!({ "label": "" }),
            json!({ "label": ["a", ""] }),
            json!({ "lable": "a" }),
            json!({ "count": 5 }),
            json!({ "api": "x" }),
        ] {
            let found = of(json!({}), filter.clone(), Scope::Change);
            assert!(matches!(found, Err(ErrorKind::QstashCall(_))), "{filter}: {found:?}");
        }
        assert_eq!(of(json!({}), json!({ "lable": "a" }), Scope::Read).as_deref(), Ok("lable=a"));
    }
}
