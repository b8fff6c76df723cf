//! A workflow as a shared document, and back: the same shape as the editor's `document/shape.ts`.
//!
//! - `nodes`: key -> map of the node's fields; `params` is a map of its own, records in it are maps too, and code
//!   in it is shared text.
//! - `edges`: key -> map of the edge's fields.
//! - `meta`: the workflow's own fields; `config`, `notes`, `groups`, `extra` and `graphExtra` are maps of their own.
//!
//! A shared map has no order, a workflow's lists do: every entry carries `$order`. What a document may hold beside
//! a workflow (`proposals`, `comments`) is not looked at here.
//!
//! Every change, a whole workflow that was saved or a patch, is made by [`layout`]: what the document shows now
//! and what it should show are laid out side by side, and only where these differ is anything written. So a save
//! merges with what others type meanwhile, and what cannot be shown is left where it is.

mod align;
mod layout;
mod number;
mod order;
pub(crate) mod read;
mod splice;
mod texts;
mod write;

use flowforge_engine::Workflow;
use flowforge_engine::edit::{EditError, Patch};
use yrs::block::ClientID;
use yrs::{MapRef, OffsetKind, Options, ReadTxn, StateVector, Transact, TransactionMut, WriteTxn};

pub use texts::Texts;
pub use yrs::Doc;

use crate::project::{Shown, show};

/// The root that holds the nodes.
pub const NODES: &str = "nodes";
/// The root that holds the edges.
pub const EDGES: &str = "edges";
/// The root that holds the workflow's own fields.
pub const META: &str = "meta";
/// The root that holds proposals; no part of the workflow.
pub const PROPOSALS: &str = "proposals";
/// The root that holds comments; no part of the workflow.
pub const COMMENTS: &str = "comments";

/// Where in its list an entry stands. Ties are broken by key, so every copy of a document sorts alike.
pub(crate) const ORDER: &str = "$order";
/// Set when a record was written although it was empty.
pub(crate) const EMPTY: &str = "$empty";
/// The workflow's fields that lie in `meta` under their own names; all others lie in `extra`.
pub(crate) const META_FIELDS: [&str; 5] = ["id", "name", "description", "version", "tags"];

/// The three roots that a workflow lies in.
pub(crate) struct Roots {
    pub(crate) nodes: MapRef,
    pub(crate) edges: MapRef,
    pub(crate) meta: MapRef,
}

impl Roots {
    fn made(txn: &mut TransactionMut<'_>) -> Self {
        Self {
            nodes: txn.get_or_insert_map(NODES),
            edges: txn.get_or_insert_map(EDGES),
            meta: txn.get_or_insert_map(META),
        }
    }
}

/// An empty document that counts text as browsers do, in UTF-16 units. Only the lower 53 bits of the client id count.
#[must_use]
pub fn open(client_id: u64) -> Doc {
    let mut options = Options::with_client_id(ClientID::new(client_id & ((1 << 53) - 1)));
    options.offset_kind = OffsetKind::Utf16;
    // A forged update can leave a part alive in a parent that is gone. Collected, that parent would be freed memory.
    options.skip_gc = true;
    Doc::with_options(options)
}

/// The first update of a document that holds this workflow. The same workflow gives the same bytes: its author is
/// made from the workflow's hash, so a document that was seeded twice is one document.
#[must_use]
pub fn seed(workflow: &Workflow, texts: &Texts) -> Vec<u8> {
    let doc = open(seeder(workflow));
    {
        let mut txn = doc.transact_mut();
        let roots = Roots::made(&mut txn);
        let want = layout::lay(workflow, texts);
        align::align(&mut txn, &roots, &layout::Layout::default(), &want, None);
    }
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

/// The client id that a workflow is seeded with: the first 32 bits of its hash, and never 0.
fn seeder(workflow: &Workflow) -> u64 {
    let hash = workflow.hash().to_string();
    let id = u64::from_str_radix(hash.get(..8).unwrap_or_default(), 16);
    id.ok().filter(|id| *id > 0).unwrap_or(1)
}

/// Makes the document hold this workflow by the smallest change, in one transaction.
pub fn reconcile(doc: &Doc, workflow: &Workflow, texts: &Texts, origin: &str) {
    let mut txn = doc.transact_mut_with(origin);
    reconcile_in(&mut txn, workflow, texts);
}

/// The same in a transaction that is open already.
pub(crate) fn reconcile_in(txn: &mut TransactionMut<'_>, workflow: &Workflow, texts: &Texts) {
    let shown = show(txn);
    put(txn, &shown, workflow, texts);
}

/// Applies a patch to what the document shows, as one transaction.
///
/// # Errors
/// The first edit that has nothing to act on; then nothing is changed.
pub fn apply_patch(doc: &Doc, patch: &Patch, texts: &Texts, origin: &str) -> Result<(), EditError> {
    let mut txn = doc.transact_mut_with(origin);
    let shown = show(&txn);
    let (workflow, _) = patch.apply(&shown.projected.workflow)?;
    put(&mut txn, &shown, &workflow, texts);
    Ok(())
}

fn put(txn: &mut TransactionMut<'_>, shown: &Shown, workflow: &Workflow, texts: &Texts) {
    let roots = Roots::made(txn);
    let have = if shown.is_blank {
        layout::Layout::default()
    } else {
        layout::lay(&shown.projected.workflow, texts)
    };
    let want = layout::lay(workflow, texts);
    align::align(txn, &roots, &have, &want, Some(&shown.keys));
}
