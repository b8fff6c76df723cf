//! From a document to a saved version, and back when somebody saved past the document.
//!
//! A workflow may be saved without its document: by a command line that no service serves, by an import. A version that
//! was made from the document has the number of its last update noted beside it; one that has not is brought into the
//! document when its room opens.

use flowforge_collab::document::{Doc, apply_patch, reconcile, seed};
use flowforge_collab::project::project;
use flowforge_collab::room::Room;
use flowforge_engine::edit::Patch;
use flowforge_engine::{Address, Clock, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::{
    Author, DocumentUpdate, KeptDocument, NotedVersion, ReadError, VersionNote,
};

use super::{Around, RoomError};

/// How many versions are looked through at a time.
const PAGE: usize = 50;

/// The workflow as it was saved last, and who changed the document since.
pub(super) struct Version {
    workflow: Workflow,
    hash: Address,
    authors: Vec<Author>,
    touched: Vec<String>,
}

/// An open document.
pub(super) struct Opened {
    pub(super) room: Room,
    pub(super) version: Version,
    /// The number of its last update.
    pub(super) seq: u64,
    /// How many of its updates are not put together into one state.
    pub(super) loose: usize,
    /// Whether it may hold more than was saved.
    pub(super) is_ahead: bool,
}

impl Version {
    /// Opens the document of a workflow; one that has none gets one.
    pub(super) fn open(around: &Around, id: &WorkflowId) -> Result<Opened, RoomError> {
        let newest = newest(around, id)?;
        let newest = newest.ok_or_else(|| RoomError::NoWorkflow(id.clone()))?;
        let saved = around.journal().workflow(newest.saved.hash)?;
        let saved = saved.ok_or_else(|| RoomError::NoWorkflow(id.clone()))?;
        let version = Self::of(saved, newest.saved.hash);
        match around.journal().document(id)? {
            None => version.plant(around, id),
            Some(kept) => version.reopen(around, id, &newest.note, &kept),
        }
    }

    fn plant(self, around: &Around, id: &WorkflowId) -> Result<Opened, RoomError> {
        let first = seed(&self.workflow, &around.texts);
        let room = Room::open(client_id(), [first.as_slice()])?;
        let seq = around.journal().append_updates(id, &[by_service(first)])?;
        self.note_in_document(around, seq)?;
        Ok(Opened {
            room,
            version: self,
            seq,
            loose: 1,
            is_ahead: false,
        })
    }

    fn reopen(
        self,
        around: &Around,
        id: &WorkflowId,
        note: &VersionNote,
        kept: &KeptDocument,
    ) -> Result<Opened, RoomError> {
        let updates = kept.state.iter().chain(&kept.updates);
        let mut room = Room::open(client_id(), updates.map(Vec::as_slice))?;
        let mut seq = kept.seq;
        if note.seq.is_none() {
            let base = newest_from_document(around, id)?;
            // Without newer updates the document holds what was saved from it, and takes over what was saved past it.
            let base = base.filter(|base| base.note.seq != Some(seq));
            let base = base.map(|base| around.journal().workflow(base.saved.hash));
            let base = base.transpose()?.flatten();
            let texts = &around.texts;
            let ((), heard) = room.change(|doc| match &base {
                Some(base) => bring_in(doc, base, &self.workflow, around),
                None => reconcile(doc, &self.workflow, texts, "saved past it"),
            });
            let updates: Vec<_> = heard
                .keep
                .into_iter()
                .map(|kept| by_service(kept.update))
                .collect();
            if !updates.is_empty() {
                seq = around.journal().append_updates(id, &updates)?;
            }
            self.note_in_document(around, seq)?;
        }
        Ok(Opened {
            room,
            version: self,
            seq,
            loose: kept.updates.len(),
            is_ahead: true,
        })
    }

    fn of(workflow: Workflow, hash: Address) -> Self {
        Self {
            hash,
            workflow,
            authors: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// Notes that the document holds this version, as of this update: it is not brought in again, over what is typed from
    /// now on.
    fn note_in_document(&self, around: &Around, seq: u64) -> Result<(), RoomError> {
        let id = &self.workflow.id;
        let note = newest(around, id)?.map(|newest| newest.note);
        let note = VersionNote {
            seq: Some(seq),
            ..note.unwrap_or_default()
        };
        around.journal().note_version(id, self.hash, note)?;
        Ok(())
    }

    /// The workflow as it was saved last.
    pub(super) fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// Somebody changed the document.
    pub(super) fn note(&mut self, updates: &[DocumentUpdate]) {
        for update in updates.iter().filter(|update| is_of_workflow(update)) {
            self.note_authors(std::slice::from_ref(&update.author));
            for place in &update.touched {
                if !self.touched.contains(place) {
                    self.touched.push(place.clone());
                }
            }
        }
    }

    /// These had a hand in the version that is saved next.
    pub(super) fn note_authors(&mut self, authors: &[Author]) {
        for author in authors {
            if !self.authors.contains(author) {
                self.authors.push(author.clone());
            }
        }
    }

    /// Saves what the document shows, when that is another workflow than the last one.
    pub(super) fn save(
        &mut self,
        around: &Around,
        doc: &Doc,
        seq: u64,
        origin: &str,
    ) -> Result<(), RoomError> {
        let mut shown = project(doc).workflow;
        // The room is of one workflow, whatever its members write there.
        shown.id.clone_from(&self.workflow.id);
        let shown = shown.sealed(&around.runtime.catalogue());
        let hash = shown.hash();
        if hash == self.hash {
            return Ok(());
        }
        let note = VersionNote {
            origin: origin.to_owned(),
            authors: std::mem::take(&mut self.authors),
            touched: std::mem::take(&mut self.touched),
            name: None,
            seq: Some(seq),
        };
        around
            .journal()
            .put_version(&shown, SystemClock.now(), note)?;
        (self.workflow, self.hash) = (shown, hash);
        around.plans.forget(&self.workflow.id);
        let id = self.workflow.id.as_str();
        around.hub.tell_workflow(id, Some(&hash.to_string()));
        Ok(())
    }
}

/// Whether an update may change the workflow: comments and proposals lie beside it.
pub(super) fn is_of_workflow(update: &DocumentUpdate) -> bool {
    let beside = |place: &String| BESIDE.iter().any(|root| place.starts_with(root));
    update.touched.is_empty() || !update.touched.iter().all(beside)
}

const BESIDE: [&str; 2] = ["comments/", "proposals/"];

fn newest(around: &Around, id: &WorkflowId) -> Result<Option<NotedVersion>, ReadError> {
    Ok(around.journal().workflow_history(id, None, 1)?.pop())
}

/// The newest version that was made from the document.
fn newest_from_document(
    around: &Around,
    id: &WorkflowId,
) -> Result<Option<NotedVersion>, ReadError> {
    let mut before = None;
    loop {
        let page = around.journal().workflow_history(id, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        before = Some(last.order);
        if let Some(found) = page.into_iter().find(|version| version.note.seq.is_some()) {
            return Ok(Some(found));
        }
    }
}

/// Both were changed since `base`: what was saved is a change of that, and is made to the document as it is.
fn bring_in(doc: &Doc, base: &Workflow, saved: &Workflow, around: &Around) {
    let change = Patch::diff(base, saved);
    let applied = apply_patch(doc, &change, &around.texts, "saved past it");
    if let Err(error) = applied {
        tracing::warn!(workflow = %saved.id, %error, "a version that was saved past its document replaces it");
        reconcile(doc, saved, &around.texts, "saved past it");
    }
}

fn by_service(bytes: Vec<u8>) -> DocumentUpdate {
    DocumentUpdate {
        at: SystemClock.now(),
        author: Author {
            id: "service".into(),
            name: "FlowForge".into(),
            kind: "service".into(),
        },
        bytes,
        touched: Vec::new(),
    }
}

/// A client id that no other author of a document has: 32 random bits, as browsers choose theirs.
fn client_id() -> u64 {
    let bits = getrandom::u32().unwrap_or_else(|_| std::process::id());
    u64::from(bits.max(1))
}
