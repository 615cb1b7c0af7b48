//! Goes through the parameters of reads: populate, filter and sort trees, and what they make an answer depend on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::tags::{Scope, Tags};
use super::{ANY_TYPE, Attribute, Found, MAX_DEPTH, Read, Schema};

/// Parameters of a populate that show some of the related documents and not others, or what no document shows.
const PARTIAL: [&str; 9] = ["limit", "offset", "start", "page", "pageSize", "pagination", "count", "_q", "groupBy"];

/// What a condition demands of each row: its own parts, and those of `$and`.
fn demands<'v>(condition: &'v Value, found: &mut impl FnMut(&'v str, &'v Value)) {
    match condition {
        Value::Array(all) => all.iter().for_each(|one| demands(one, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "$and" { demands(value, found) } else { found(name, value) }
            }
        }
        _ => {}
    }
}

/// The text that a value has to equal.
fn equal_to(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(operators) if operators.len() == 1 => operators.get("$eq")?.as_str(),
        _ => None,
    }
}

/// What a query says of all rows it gives.
#[derive(Default)]
struct Restriction<'v> {
    published: bool,
    document: Option<&'v str>,
    locale: Option<&'v str>,
}

impl<'v> Restriction<'v> {
    fn of(params: &'v Value) -> Self {
        let mut found = Self::default();
        for condition in ["where", "filters"].iter().filter_map(|name| params.get(name)) {
            demands(condition, &mut |name, value| match name {
                "publishedAt" => found.published |= value.get("$notNull") == Some(&Value::Bool(true)),
                "documentId" => found.document = found.document.or(equal_to(value)),
                "locale" => found.locale = found.locale.or(equal_to(value)),
                _ => {}
            });
        }
        found
    }
}

/// What queries read.
pub(super) struct Walk<'a> {
    schema: &'a Schema,
    /// Every type that has a part in it.
    pub types: BTreeSet<&'a str>,
    tags: Tags<'a>,
    /// Documents of these types show, or miss, the other end of a relation.
    shown: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Whether each document stands for all its locales.
    every_locale: bool,
    /// What depends on single documents is told by type instead: there are too many.
    coarse: bool,
}

impl<'a> Walk<'a> {
    pub fn new(schema: &'a Schema, coarse: bool) -> Self {
        Self {
            schema,
            types: BTreeSet::new(),
            tags: Tags::new(schema),
            shown: BTreeMap::new(),
            every_locale: false,
            coarse,
        }
    }

    pub fn into_tags(self) -> BTreeSet<String> {
        self.tags.names
    }

    pub fn root(&mut self, Read(uid, params, found): &'a Read) {
        self.types.insert(uid);
        let Some(found) = found else {
            // Nothing is known of the rows.
            self.tags.any(uid, Scope::ALL);
            self.parts(uid, params, Scope::ALL, false, 0);
            return;
        };
        let restriction = Restriction::of(params);
        let published = restriction.published || !self.schema.is_draftable(uid);
        let scope = Scope { published, locale: restriction.locale.filter(|_| self.schema.is_localized(uid)) };
        if found.whole {
            self.tags.any(uid, Scope { locale: None, ..scope });
        }
        match restriction.document {
            Some(document) if !found.whole => self.tags.document(uid, document, scope),
            _ => {
                self.tags.set(uid, scope);
                self.conditions(uid, params, scope, 0);
                if !found.complete {
                    self.tags.field(uid, "id", scope);
                }
            }
        }
        // Joins of a single document count as well.
        if restriction.document.is_some() {
            self.conditions(uid, params, scope, 0);
        }
        let inner = Scope { published: found.published, locale: None };
        self.orders(uid, params, scope, found.complete, 0);
        if let Some(value) = params.get("populate") {
            self.populate(uid, value, inner, 1);
        }
        self.documents(found, Scope { published: published && found.published, locale: None });
        self.shown.clear();
    }

    /// The documents that were found, in which the answer may show any field.
    fn documents(&mut self, found: &'a Found, scope: Scope<'a>) {
        for (uid, document, locale) in &found.documents {
            self.types.insert(uid);
            let Some(document) = document.as_deref().filter(|_| !self.coarse) else {
                self.tags.any(uid, scope);
                for (edge, _) in self.shown.iter().filter(|(_, types)| types.contains(uid.as_str())) {
                    self.tags.edge(edge, scope);
                }
                continue;
            };
            let locale = locale.as_deref().filter(|_| !self.every_locale && self.schema.is_localized(uid));
            self.tags.document(uid, document, Scope { locale, ..scope });
            for (edge, _) in self.shown.iter().filter(|(_, types)| types.contains(uid.as_str())) {
                self.tags.link(edge, document, scope);
            }
        }
    }

    fn anything(&mut self) {
        self.types.insert(ANY_TYPE);
        self.tags.any(ANY_TYPE, Scope::ALL);
    }

    fn attribute(&self, uid: &str, name: &str) -> Option<&'a Attribute> {
        self.schema.types.get(uid)?.attributes.get(name)
    }

    /// The parts of a query, of one that is nested as well.
    fn parts(&mut self, uid: &'a str, params: &'a Value, scope: Scope<'a>, complete: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return self.anything();
        }
        self.conditions(uid, params, scope, depth + 1);
        self.orders(uid, params, scope, complete, depth + 1);
        if let Some(value) = params.get("populate") {
            self.populate(uid, value, scope, depth + 1);
        }
    }

    fn conditions(&mut self, uid: &'a str, params: &'a Value, scope: Scope<'a>, depth: usize) {
        for condition in ["where", "filters"].iter().filter_map(|name| params.get(name)) {
            self.condition(uid, condition, scope, depth);
        }
    }

    fn orders(&mut self, uid: &'a str, params: &'a Value, scope: Scope<'a>, complete: bool, depth: usize) {
        for order in ["sort", "orderBy"].iter().filter_map(|name| params.get(name)) {
            self.order(uid, order, scope, complete, depth);
        }
    }

    fn condition(&mut self, uid: &'a str, value: &'a Value, scope: Scope<'a>, depth: usize) {
        if depth > MAX_DEPTH {
            return self.anything();
        }
        match value {
            Value::Array(all) => all.iter().for_each(|one| self.condition(uid, one, scope, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    if name.starts_with('$') {
                        self.condition(uid, inner, scope, depth + 1);
                    } else if let Some(attribute) = self.attribute(uid, name) {
                        self.join(uid, attribute, scope);
                        for target in attribute.targets() {
                            let scope = self.joined(target, scope);
                            // `{ category: 5 }` is short for its id.
                            if !inner.is_object() {
                                self.tags.field(target, "id", scope);
                            }
                            self.condition(target, inner, scope, depth + 1);
                        }
                    } else {
                        self.tags.field(uid, name, scope);
                    }
                }
            }
            _ => {}
        }
    }

    /// The rows that a join leads to: of whatever status, where the type has drafts, and locale.
    fn joined(&self, target: &str, scope: Scope<'a>) -> Scope<'a> {
        Scope { published: scope.published && !self.schema.is_draftable(target), locale: None }
    }

    /// A query goes through a relation. A link counts as one of drafts where either end is a draft.
    fn join(&mut self, uid: &'a str, attribute: &'a Attribute, scope: Scope<'a>) {
        self.types.extend(attribute.targets());
        match attribute.edge() {
            Some(edge) => {
                let targets = attribute.targets();
                let drafts = targets.iter().any(|target| !self.joined(target, scope).published);
                self.tags.edge(edge, Scope { published: !drafts, locale: None });
            }
            None => {
                // A component is written with its document, and is a draft where that is one.
                let is_part = matches!(attribute, Attribute::Component(_) | Attribute::Zone(_) | Attribute::Media(_));
                let scope = if is_part { scope } else { Scope::ALL };
                self.tags.any(uid, scope);
                for target in attribute.targets() {
                    self.tags.any(target, scope);
                }
            }
        }
    }

    fn order(&mut self, uid: &'a str, value: &'a Value, scope: Scope<'a>, complete: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return self.anything();
        }
        match value {
            Value::String(list) => {
                for path in list.split(',') {
                    let path = path.split(':').next().unwrap_or(path);
                    self.order_path(uid, path.trim().split('.'), scope, complete);
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.order(uid, one, scope, complete, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    match self.attribute(uid, name) {
                        Some(attribute) => {
                            self.join(uid, attribute, scope);
                            for target in attribute.targets() {
                                self.order(target, inner, self.joined(target, scope), false, depth + 1);
                            }
                        }
                        // The order of all there is depends on what is shown.
                        None if complete => {}
                        None => self.tags.field(uid, name, scope),
                    }
                }
            }
            _ => {}
        }
    }

    /// `category.name`, from `uid`.
    fn order_path<'p>(&mut self, uid: &'a str, names: impl Iterator<Item = &'p str>, scope: Scope<'a>, complete: bool) {
        let mut at = vec![(uid, scope)];
        let mut is_told = complete;
        for name in names {
            let mut next = Vec::new();
            for (uid, scope) in at {
                match self.attribute(uid, name) {
                    Some(attribute) => {
                        self.join(uid, attribute, scope);
                        next.extend(attribute.targets().into_iter().map(|target| (target, self.joined(target, scope))));
                    }
                    None if is_told => {}
                    None => self.tags.field(uid, name, scope),
                }
            }
            (at, is_told) = (next, false);
        }
    }

    fn populate(&mut self, uid: &'a str, value: &'a Value, scope: Scope<'a>, depth: usize) {
        if depth > MAX_DEPTH {
            return self.anything();
        }
        match value {
            Value::Bool(true) => self.everything(uid, scope),
            Value::String(list) => {
                for path in list.split(',').map(str::trim).filter(|path| !path.is_empty()) {
                    self.populate_path(uid, path.split('.'), scope);
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.populate(uid, one, scope, depth + 1)),
            Value::Object(fields) => {
                for (name, inner) in fields {
                    self.populate_one(uid, name, inner, scope, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn populate_one(&mut self, uid: &'a str, name: &str, inner: &'a Value, scope: Scope<'a>, depth: usize) {
        if matches!(inner, Value::Bool(false) | Value::Null) {
            return;
        }
        if name == "*" {
            return self.everything(uid, scope);
        }
        let Some(attribute) = self.attribute(uid, name) else {
            // Something we do not know is populated: better purged too often.
            return self.anything();
        };
        self.show(uid, attribute, scope);
        let partial = PARTIAL.iter().any(|name| inner.get(name).is_some_and(|value| !value.is_null()));
        for target in attribute.targets() {
            if partial {
                self.tags.any(target, scope);
                if let Some(edge) = attribute.edge() {
                    self.tags.edge(edge, scope);
                }
            }
            self.parts(target, inner, scope, !partial, depth);
            if inner.is_string() {
                self.populate(target, inner, scope, depth);
            }
        }
        // A dynamic zone, or a morph relation, says per type what it wants.
        if let Some(Value::Object(by_type)) = inner.get("on") {
            for (target, params) in by_type {
                self.types.insert(target);
                self.parts(target, params, scope, false, depth);
            }
        }
    }

    /// Documents of a type show what a relation of theirs leads to.
    fn show(&mut self, uid: &'a str, attribute: &'a Attribute, scope: Scope<'a>) {
        self.types.extend(attribute.targets());
        match attribute {
            Attribute::Relation(relation) => match relation.edge() {
                Some(edge) if self.schema.is_component(uid) => self.tags.edge(edge, scope),
                Some(edge) => {
                    let types = self.shown.entry(edge).or_default();
                    types.insert(uid);
                    // Another document may take it away.
                    if relation.takes() {
                        types.insert(relation.to());
                    }
                }
                None => {
                    self.tags.any(uid, scope);
                    self.tags.any(relation.to(), scope);
                }
            },
            Attribute::Morph(target) if target == ANY_TYPE => self.anything(),
            Attribute::Morph(target) => self.tags.any(target, scope),
            Attribute::Localizations(_) => self.every_locale = true,
            Attribute::Component(_) | Attribute::Zone(_) | Attribute::Media(_) => {}
        }
    }

    fn everything(&mut self, uid: &'a str, scope: Scope<'a>) {
        match self.schema.types.get(uid) {
            Some(known) => known.attributes.values().for_each(|attribute| self.show(uid, attribute, scope)),
            None => self.anything(),
        }
    }

    /// Follows `category.author` from `uid`.
    fn populate_path<'p>(&mut self, uid: &'a str, names: impl Iterator<Item = &'p str>, scope: Scope<'a>) {
        let mut at = vec![uid];
        for name in names {
            let mut next = Vec::new();
            for uid in at {
                if name == "*" {
                    self.everything(uid, scope);
                } else if let Some(attribute) = self.attribute(uid, name) {
                    self.show(uid, attribute, scope);
                    next.extend(attribute.targets());
                }
            }
            at = next;
        }
    }
}
