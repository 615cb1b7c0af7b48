//! Goes through the parameters of reads: populate, filter and sort trees, and the types they lead to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ANY_TYPE, Attribute, MAX_DEPTH, Schema};

/// Whether a condition lets no draft through: `publishedAt` is asked for, and not in one of several alternatives.
fn asks_for_published(condition: &Value) -> bool {
    let Value::Object(fields) = condition else { return false };
    fields.iter().any(|(name, value)| match name.as_str() {
        "publishedAt" => value.get("$notNull") == Some(&Value::Bool(true)),
        "$and" => value.as_array().is_some_and(|all| all.iter().any(asks_for_published)),
        _ => false,
    })
}

/// What queries read, as far as their parameters tell.
pub struct Walk<'a> {
    schema: &'a Schema,
    /// Types of which any row may be read.
    pub types: BTreeSet<&'a str>,
    /// Types of which no row is read but published ones.
    pub published: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    pub fn new(schema: &'a Schema) -> Self {
        Self { schema, types: BTreeSet::new(), published: BTreeSet::new() }
    }

    /// One query. Its own rows are published ones where it says so; what it joins to them may be any row.
    pub fn root(&mut self, uid: &'a str, params: &'a Value) {
        let says_so = ["where", "filters"].iter().any(|name| params.get(name).is_some_and(asks_for_published));
        if says_so {
            self.published.insert(uid);
            self.parts(uid, params, 0);
        } else {
            self.read(uid, params, 0);
        }
    }

    fn read(&mut self, uid: &'a str, params: &'a Value, depth: usize) {
        self.types.insert(uid);
        self.parts(uid, params, depth);
    }

    fn parts(&mut self, uid: &'a str, params: &'a Value, depth: usize) {
        let Value::Object(params) = params else { return };
        if depth > MAX_DEPTH {
            self.types.insert(ANY_TYPE);
            return;
        }
        for (name, value) in params {
            match name.as_str() {
                "filters" | "where" => self.condition(uid, value, depth + 1),
                "sort" | "orderBy" => self.order(uid, value, depth + 1),
                "populate" => self.populate(uid, value, depth + 1),
                _ => {}
            }
        }
    }

    fn attribute(&self, uid: &str, name: &str) -> Option<&'a Attribute> {
        self.schema.types.get(uid)?.attributes.get(name)
    }

    fn condition(&mut self, uid: &'a str, value: &'a Value, depth: usize) {
        if depth > MAX_DEPTH {
            self.types.insert(ANY_TYPE);
            return;
        }
        match value {
            Value::Array(all) => all.iter().for_each(|one| self.condition(uid, one, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    if name.starts_with('$') {
                        self.condition(uid, inner, depth + 1);
                    } else if let Some(attribute) = self.attribute(uid, name) {
                        for target in attribute.targets() {
                            self.types.insert(target);
                            self.condition(target, inner, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn order(&mut self, uid: &'a str, value: &'a Value, depth: usize) {
        if depth > MAX_DEPTH {
            self.types.insert(ANY_TYPE);
            return;
        }
        match value {
            Value::String(list) => {
                for path in list.split(',') {
                    let path = path.split(':').next().unwrap_or(path);
                    self.path(uid, path.trim().split('.'));
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.order(uid, one, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    if let Some(attribute) = self.attribute(uid, name) {
                        for target in attribute.targets() {
                            self.types.insert(target);
                            self.order(target, inner, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn populate(&mut self, uid: &'a str, value: &'a Value, depth: usize) {
        if depth > MAX_DEPTH {
            self.types.insert(ANY_TYPE);
            return;
        }
        match value {
            Value::Bool(true) => self.everything(uid),
            Value::String(list) => {
                for path in list.split(',').map(str::trim).filter(|path| !path.is_empty()) {
                    if path == "*" { self.everything(uid) } else { self.path(uid, path.split('.')) }
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.populate(uid, one, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    self.populate_one(uid, name, inner, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn populate_one(&mut self, uid: &'a str, name: &str, inner: &'a Value, depth: usize) {
        if matches!(inner, Value::Bool(false) | Value::Null) {
            return;
        }
        if name == "*" {
            return self.everything(uid);
        }
        let Some(attribute) = self.attribute(uid, name) else {
            // Something we do not know is populated: better purged too often.
            self.types.insert(ANY_TYPE);
            return;
        };
        for target in attribute.targets() {
            self.read(target, inner, depth);
            if inner.is_string() {
                self.populate(target, inner, depth);
            }
        }
        // A dynamic zone, or a morph relation, says per type what it wants.
        if let Some(Value::Object(by_type)) = inner.get("on") {
            for (target, params) in by_type {
                self.read(target, params, depth);
            }
        }
    }

    fn everything(&mut self, uid: &str) {
        let schema = self.schema;
        if let Some(known) = schema.types.get(uid) {
            self.types.extend(known.attributes.values().flat_map(Attribute::targets));
        } else {
            self.types.insert(ANY_TYPE);
        }
    }

    /// Follows `category.author` from `uid`.
    fn path<'p>(&mut self, uid: &'a str, names: impl Iterator<Item = &'p str>) {
        let mut at = vec![uid];
        for name in names {
            let mut next = Vec::new();
            for uid in at {
                if name == "*" {
                    self.everything(uid);
                } else if let Some(attribute) = self.attribute(uid, name) {
                    next.extend(attribute.targets());
                }
            }
            self.types.extend(&next);
            at = next;
        }
    }
}
