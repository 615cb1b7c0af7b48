//! The names of what a response depends on, and of what a write changes: the same, so that they meet.
//!
//! | tag | on a response when | purged by |
//! |---|---|---|
//! | `t:<uid>` | the type has any part in it | a write of which no more than the type is known |
//! | `w:<uid>` | it may show any document of the type, or all of them count | any write to one |
//! | `s:<uid>` | it lists or counts the type | a document that appears or goes |
//! | `f:<uid>.<field>` | it filters by the field, or shows the first so many in its order | a write that changes it |
//! | `d:<documentId>` | it shows the document | any write to it |
//! | `r:<edge>` | it filters or sorts through the relation | a link of the relation that comes or goes |
//! | `l:<edge>:<documentId>` | it shows what the document is related to | such a link of this document |
//! | `l:<uid>` | somebody says so: it shows documents of the type and what they are related to | a link of any of them |
//!
//! An edge is the join table of a relation, the same from both of its sides. After each tag may stand `~`: that of drafts,
//! which what shows published documents alone does not carry; and `@` with a locale, where all rows have that one.

use std::collections::BTreeSet;

use super::{ANY_TYPE, Schema};

/// Which rows of a type are meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// No drafts are among them.
    pub published: bool,
    /// All are of this locale.
    pub locale: Option<&'a str>,
}

impl Scope<'_> {
    pub const ALL: Scope<'static> = Scope { published: false, locale: None };
}

/// Tags that a response carries.
pub(super) struct Tags<'a> {
    schema: &'a Schema,
    pub names: BTreeSet<String>,
}

impl<'a> Tags<'a> {
    pub fn new(schema: &'a Schema) -> Self {
        Self { schema, names: BTreeSet::new() }
    }

    pub fn any(&mut self, uid: &str, scope: Scope<'_>) {
        self.of_type(uid, &format!("w:{uid}"), Scope { locale: None, ..scope });
    }

    pub fn set(&mut self, uid: &str, scope: Scope<'_>) {
        self.of_type(uid, &format!("s:{uid}"), scope);
    }

    pub fn field(&mut self, uid: &str, field: &str, scope: Scope<'_>) {
        if self.schema.is_component(uid) {
            return self.any(uid, scope);
        }
        // That it is published, in this locale, is said by the set that is listed; and no document becomes another.
        let is_told = field == "documentId"
            || (field == "publishedAt" && scope.published)
            || (field == "locale" && scope.locale.is_some());
        if !is_told {
            self.of_type(uid, &format!("f:{uid}.{field}"), scope);
        }
    }

    pub fn document(&mut self, uid: &str, document: &str, scope: Scope<'_>) {
        self.of_type(uid, &format!("d:{document}"), scope);
    }

    pub fn edge(&mut self, edge: &str, scope: Scope<'_>) {
        self.add(&format!("r:{edge}"), true, scope);
    }

    pub fn link(&mut self, edge: &str, document: &str, scope: Scope<'_>) {
        self.add(&format!("l:{edge}:{document}"), true, scope);
    }

    /// Of a type whose writes are told by type alone, the type's tag says it all.
    fn of_type(&mut self, uid: &str, name: &str, scope: Scope<'_>) {
        if uid == ANY_TYPE || self.schema.is_precise(uid) {
            let has_drafts = uid == ANY_TYPE || self.schema.is_component(uid) || self.schema.is_draftable(uid);
            self.add(name, has_drafts, scope);
        }
    }

    fn add(&mut self, name: &str, has_drafts: bool, scope: Scope<'_>) {
        let locale = scope.locale.map(|locale| format!("@{locale}")).unwrap_or_default();
        self.names.insert(format!("{name}{locale}"));
        if has_drafts && !scope.published {
            self.names.insert(format!("{name}~{locale}"));
        }
    }
}

/// Adds the tags that a change of one row purges: of what may show it, whatever is known of its locale.
pub(super) fn purge(names: &mut BTreeSet<String>, name: &str, public: bool, locale: Option<&str>) {
    let name = if public { name.to_owned() } else { format!("{name}~") };
    if let Some(locale) = locale {
        names.insert(format!("{name}@{locale}"));
    }
    names.insert(name);
}
