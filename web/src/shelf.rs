//! The node types of the workspace: kept in the journal, version by version, and in the catalogue of the runtime.
//!
//! A version never changes and is never lost: workflows hold the definitions that they use, and taking a type off the
//! shelf only means that nobody can place it any more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowforge_ai::code::reusable::{Refused, Reusable};
use flowforge_engine::node_type::Catalogue;
use flowforge_runtime::Runtime;
use flowforge_snapshots::search::NodeIndex;
use flowforge_snapshots::{Journal, ReadError, WriteError};
use serde::{Deserialize, Serialize};

use crate::record;

/// The kind of record that a node type is kept as.
const KIND: &str = "node-type";

/// A node type with all its versions.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Whether it can be placed.
    pub(crate) removed: bool,
    /// The oldest first; never empty.
    pub(crate) versions: Vec<Reusable>,
}

impl Kept {
    /// The newest version.
    pub(crate) fn newest(&self) -> Option<&Reusable> {
        self.versions.last()
    }
}

/// The catalogue of a workspace, and search in it.
pub(crate) struct Shelf {
    runtime: Runtime,
    /// Built when somebody searches: that takes several megabytes for a moment, which a service keeps.
    index: Mutex<Option<Arc<NodeIndex>>>,
    /// Two people who put something up at once do so one after the other.
    changing: Mutex<()>,
}

/// Why nothing was put up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The built-in node types and those that the journal keeps.
pub(crate) fn catalogue(journal: &Journal) -> Result<Catalogue, ReadError> {
    let mut catalogue = Catalogue::built_in();
    for kept in all(journal)? {
        if let Some(newest) = kept.newest() {
            catalogue.add(Arc::new(newest.node_type()));
        }
    }
    Ok(catalogue)
}

/// What can be placed, by name.
pub(crate) fn all(journal: &Journal) -> Result<Vec<Kept>, ReadError> {
    let mut found = Vec::new();
    record::for_each(journal, KIND, None, |kept: Kept| {
        if !kept.removed {
            found.push(kept);
        }
        true
    })?;
    found.reverse();
    Ok(found)
}

/// A node type, also one that cannot be placed any more.
pub(crate) fn find(journal: &Journal, name: &str) -> Result<Option<Kept>, ReadError> {
    record::find(journal, KIND, name)
}

impl Shelf {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self {
            index: Mutex::default(),
            changing: Mutex::new(()),
            runtime,
        }
    }

    /// Search over all node types, as they are now. May take a moment.
    pub(crate) fn index(&self) -> Arc<NodeIndex> {
        let mut built = self.built();
        let index =
            built.get_or_insert_with(|| Arc::new(NodeIndex::new(&self.runtime.catalogue())));
        Arc::clone(index)
    }

    fn built(&self) -> MutexGuard<'_, Option<Arc<NodeIndex>>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the next version of a node type; the same script under the same words is no new version.
    pub(crate) fn put(&self, mut new: Reusable) -> Result<Reusable, ShelfError> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let journal = self.runtime.journal();
        let mut kept = find(journal, &new.name)?.unwrap_or(Kept {
            removed: false,
            versions: Vec::new(),
        });
        if let Some(same) = kept.newest().filter(|old| says_the_same(old, &new)) {
            new = same.clone();
        } else {
            new.definition.version = kept.versions.len() as u64 + 1;
            new.hash = new.definition.hash();
            kept.versions.push(new.clone());
        }
        kept.removed = false;
        record::keep(journal, KIND, &new.name, &kept)?;
        let node_type = Arc::new(new.node_type());
        self.change(|catalogue| catalogue.add(node_type));
        Ok(new)
    }

    /// Takes a node type off; whether it was there.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, ShelfError> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let journal = self.runtime.journal();
        let Some(mut kept) = find(journal, name)?.filter(|kept| !kept.removed) else {
            return Ok(false);
        };
        kept.removed = true;
        record::keep(journal, KIND, name, &kept)?;
        self.change(|catalogue| catalogue.remove(name));
        Ok(true)
    }

    fn change(&self, change: impl FnOnce(&mut Catalogue)) {
        self.runtime.change_catalogue(change);
        *self.built() = None;
    }
}

fn says_the_same(old: &Reusable, new: &Reusable) -> bool {
    let of = |one: &Reusable| (one.definition.title.clone(), one.definition.code.clone());
    of(old) == of(new) && old.description == new.description && old.examples == new.examples
}
