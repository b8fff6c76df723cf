//! The history of a workflow: its versions, who made what of it, and which edit broke a run.
//!
//! Reading order: [`Made`] (what is noted when something is saved), `places` (what a patch touches), `past` (the
//! versions), `who` (who did what between them), `published` (which version triggers run), `branch` (a copy that
//! remembers where it came from, and its way back), `judge` (what a recorded run comes to under a version), `search`
//! (which version is to be judged next), `bisect` (both together).

pub(crate) mod bisect;
pub(crate) mod branch;
pub(crate) mod judge;
pub(crate) mod past;
mod places;
pub(crate) mod published;
mod search;
pub(crate) mod who;

use flowforge_ai::proposal::Origin;
use flowforge_engine::Workflow;
use flowforge_engine::edit::Patch;
use flowforge_snapshots::{Author, VersionNote};

pub(crate) use places::{overlap, places};

use crate::access::Person;

/// How a version comes about, and who makes it; noted beside it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// `save`, `proposal`, `restore`, `import` or `seed`.
    origin: &'static str,
    /// The one who wrote it first.
    authors: Vec<Author>,
}

impl Made {
    /// A person saves a document.
    pub(crate) fn saved(person: &Person) -> Self {
        Self::by(person, "save")
    }

    /// Somebody saves without a service, who may read and write the data folder.
    pub(crate) fn at_the_command_line() -> Self {
        let author = Author {
            id: "owner".into(),
            name: "Command line".into(),
            kind: "person".into(),
        };
        Self {
            origin: "save",
            authors: vec![author],
        }
    }

    /// The AI shows something in the document that is no part of the workflow.
    pub(crate) fn shown_by(author: Author) -> Self {
        Self {
            origin: "proposal",
            authors: vec![author],
        }
    }

    /// How it came about.
    pub(crate) fn origin(&self) -> &'static str {
        self.origin
    }

    /// Who made it, the one who wrote it first.
    pub(crate) fn authors(&self) -> &[Author] {
        &self.authors
    }

    /// A person makes an old version the current one.
    pub(crate) fn restored(person: &Person) -> Self {
        Self::by(person, "restore")
    }

    /// A person makes a copy under another id.
    pub(crate) fn seeded(person: &Person) -> Self {
        Self::by(person, "seed")
    }

    fn by(person: &Person, origin: &'static str) -> Self {
        let authors = vec![author_of(person)];
        Self { origin, authors }
    }

    /// A proposal was accepted: by a person, or by a policy that a person set.
    pub(crate) fn accepted(writer: Option<Author>, accepted_by: Author) -> Self {
        Self {
            origin: "proposal",
            authors: writer.into_iter().chain([accepted_by]).collect(),
        }
    }

    /// What is noted beside the version that this makes of the one before.
    pub(crate) fn note(&self, before: Option<&Workflow>, after: &Workflow) -> VersionNote {
        let touched = before.map(|before| places(&Patch::diff(before, after)));
        VersionNote {
            origin: self.origin.into(),
            authors: self.authors.clone(),
            touched: touched.unwrap_or_default(),
            name: None,
            seq: None,
        }
    }
}

/// A person as an author.
pub(crate) fn author_of(person: &Person) -> Author {
    Author {
        id: person.id.clone(),
        name: person.name.clone(),
        kind: "person".into(),
    }
}

/// Who wrote a proposal, when that was no person.
pub(crate) fn writer(origin: &Origin) -> Option<Author> {
    let (id, name) = match origin {
        Origin::Planner => ("planner", "Planner"),
        Origin::Rule { name } => ("rule", name.as_str()),
        Origin::Model { model } => ("model", model.as_str()),
        Origin::Branch { .. } => return None,
    };
    Some(Author {
        id: id.into(),
        name: name.into(),
        kind: "ai".into(),
    })
}
