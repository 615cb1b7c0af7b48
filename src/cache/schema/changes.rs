//! What a write changed, from what there was before it and after: the tags of all responses that can be another by it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::tags::purge;
use super::{ANY_TYPE, Schema, decides_access, is_incidental, not_understood};
use crate::error::Result;

/// The document JavaScript hands over at the end of a transaction.
#[derive(Debug, Deserialize)]
struct Changes {
    #[serde(default)]
    documents: Vec<Document>,
    #[serde(default)]
    components: Vec<Component>,
}

/// A document in all its rows.
#[derive(Debug, Deserialize)]
struct Document {
    uid: String,
    id: String,
    before: State,
    after: State,
    /// Fields that were written, whatever they were before: where another process may have written them meanwhile.
    #[serde(default)]
    fields: Vec<String>,
    /// Whether relations were, in the same manner.
    #[serde(default)]
    linked: bool,
}

#[derive(Debug, Default, Deserialize)]
struct State {
    rows: Vec<Row>,
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Row {
    public: bool,
    locale: Option<String>,
    values: Map<String, Value>,
}

/// Edge, whether both ends are public, the locale at this end, the other document (none for a component), what names the
/// other row, and its place in the order.
#[derive(Debug, Deserialize)]
struct Link(String, bool, Option<String>, Option<String>, String, f64);

/// A component that was written, and the documents that show it.
#[derive(Debug, Deserialize)]
struct Component {
    uid: String,
    owners: Vec<Owner>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    uid: String,
    id: String,
    public: bool,
    locale: Option<String>,
}

impl Schema {
    /// The tags of published content that a write to these types, and these changes (JSON, as below), make stale; without
    /// those of single locales, which have one for all beside them.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Config`] when one is not of that shape.
    pub fn public_tags(&self, types: &[String], changes: &[String]) -> Result<BTreeSet<String>> {
        let counts = |uid: &str| decides_access(uid) || !is_incidental(uid);
        let mut tags = self.touched_by_write(types.iter().map(String::as_str).filter(|uid| counts(uid)));
        for one in changes {
            let mut one: Changes = serde_json::from_str(one).map_err(not_understood)?;
            one.documents.retain(|document| counts(&document.uid));
            tags.extend(self.touched_by(&one));
        }
        tags.retain(|tag| !tag.contains(['~', '@', '*']));
        Ok(tags)
    }

    /// The tags that `changes` make stale.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Config`] when it is not of that shape.
    pub fn touched_by_changes(&self, changes: &str) -> Result<BTreeSet<String>> {
        let changes: Changes = serde_json::from_str(changes).map_err(not_understood)?;
        Ok(self.touched_by(&changes))
    }

    fn touched_by(&self, changes: &Changes) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        for document in &changes.documents {
            document.rows(&mut tags);
            document.links(self, &mut tags);
        }
        for component in &changes.components {
            component.tags(&mut tags);
        }
        tags
    }
}

/// By status and locale: rows that stand for each other before and after.
type Versions<'a> = BTreeMap<(bool, Option<&'a str>), Vec<&'a Map<String, Value>>>;

fn versions(rows: &[Row]) -> Versions<'_> {
    let mut versions = Versions::new();
    for row in rows {
        versions.entry((row.public, row.locale.as_deref())).or_default().push(&row.values);
    }
    versions
}

impl Document {
    fn rows(&self, tags: &mut BTreeSet<String>) {
        let (before, after) = (versions(&self.before.rows), versions(&self.after.rows));
        let places: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        for (public, locale) in places {
            let place = (public, locale);
            let before = before.get(&place).cloned().unwrap_or_default();
            let after = after.get(&place).cloned().unwrap_or_default();
            let mut add = |name: String| purge(tags, &name, public, locale);
            for field in &self.fields {
                add(format!("f:{}.{field}", self.uid));
            }
            if before == after && self.fields.is_empty() {
                continue;
            }
            add(format!("d:{}", self.id));
            add(format!("w:{}", self.uid));
            add(format!("w:{ANY_TYPE}"));
            if before.len() != after.len() {
                add(format!("s:{}", self.uid));
                continue;
            }
            for (before, after) in before.iter().zip(&after) {
                let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                for name in names.into_iter().filter(|name| before.get(*name) != after.get(*name)) {
                    add(format!("f:{}.{name}", self.uid));
                }
            }
        }
    }

    fn links(&self, schema: &Schema, tags: &mut BTreeSet<String>) {
        type Key<'a> = (&'a str, bool, Option<&'a str>, &'a str);
        fn keys(links: &[Link]) -> BTreeMap<Key<'_>, &Link> {
            links.iter().map(|link| ((link.0.as_str(), link.1, link.2.as_deref(), link.4.as_str()), link)).collect()
        }
        let (before, after) = (keys(&self.before.links), keys(&self.after.links));
        let all: BTreeSet<&Key<'_>> = before.keys().chain(after.keys()).collect();
        let mut moved = BTreeSet::new();
        let mut linked = BTreeSet::new();
        for key in all {
            let (edge, public, ..) = *key;
            match (before.get(key), after.get(key)) {
                (Some(before), Some(after)) if before.5 == after.5 && !self.linked => {}
                (Some(_), Some(_)) if !self.linked => {
                    moved.insert((edge, public));
                }
                (link, other) => {
                    // Also the draft of one document takes a target away from another that is published.
                    let takes = link.is_none() && schema.takes(&self.uid, edge);
                    for public in if takes { vec![true, false] } else { vec![public] } {
                        linked.insert((edge, public));
                        purge(tags, &format!("r:{edge}"), public, None);
                        purge(tags, &format!("l:{edge}:{}", self.id), public, None);
                        if let Some(Link(_, _, _, Some(document), ..)) = link.or(other) {
                            purge(tags, &format!("l:{edge}:{document}"), public, None);
                        }
                    }
                }
            }
        }
        for (edge, public) in &moved {
            purge(tags, &format!("l:{edge}:{}", self.id), *public, None);
        }
        for (edge, public) in moved.union(&linked) {
            for uid in schema.ends_of(edge) {
                purge(tags, &format!("l:{uid}"), *public, None);
            }
        }
    }
}

impl Component {
    fn tags(&self, tags: &mut BTreeSet<String>) {
        if self.owners.is_empty() {
            // Nobody shows it, but a query may go through it.
            for public in [true, false] {
                purge(tags, &format!("w:{}", self.uid), public, None);
                purge(tags, &format!("w:{ANY_TYPE}"), public, None);
            }
        }
        for Owner { uid, id, public, locale } in &self.owners {
            purge(tags, &format!("d:{id}"), *public, locale.as_deref());
            for name in [format!("w:{uid}"), format!("w:{}", self.uid), format!("w:{ANY_TYPE}")] {
                purge(tags, &name, *public, locale.as_deref());
            }
        }
    }
}
