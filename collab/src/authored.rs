//! A change under a client id of its own, so that one browser can take back exactly that change.
//!
//! Yjs tells authors apart by client id. A browser that asks the service for a change names the id beforehand; the
//! transaction that brings that id is then one step of its undo, whoever carried it there.

use flowforge_engine::edit::{EditError, Patch};
use yrs::updates::decoder::Decode;
use yrs::{Doc, Map, ReadTxn, StateVector, Transact, Update};

use crate::document::{self, PROPOSALS, Texts, apply_patch};

/// Names the client id of the proposal that was applied last.
pub const LAST: &str = "$last";

/// Applies a patch as one transaction of this client.
///
/// # Errors
/// The first edit that has nothing to act on; then nothing is changed.
pub fn apply_patch_as(
    doc: &Doc,
    patch: &Patch,
    texts: &Texts,
    client: u64,
) -> Result<(), EditError> {
    let aside = document::open(client);
    let state = doc
        .transact()
        .encode_state_as_update_v1(&StateVector::default());
    bring(&aside, &state, "aside");
    let before = aside.transact().state_vector();
    apply_patch(&aside, patch, texts, "proposal")?;
    mark(&aside, client);
    let change = aside.transact().encode_state_as_update_v1(&before);
    bring(doc, &change, "proposal");
    Ok(())
}

/// Writes something under the client id, beside the workflow: a patch that only takes away would bring none.
fn mark(doc: &Doc, client: u64) {
    let proposals = doc.get_or_insert_map(PROPOSALS);
    let mut transaction = doc.transact_mut_with("proposal");
    proposals.insert(&mut transaction, LAST, client as f64);
}

/// Both updates were made by this process a moment ago.
fn bring(doc: &Doc, update: &[u8], origin: &str) {
    let update = Update::decode_v1(update).expect("made here");
    let mut transaction = doc.transact_mut_with(origin);
    transaction.apply_update(update).expect("made here");
}

#[cfg(test)]
mod tests {
    use flowforge_engine::node_type::Catalogue;
    use flowforge_engine::workflow::file;
    use yrs::block::ClientID;

    use super::*;
    use crate::project::project;

    #[test]
    fn the_change_is_of_that_client_alone() {
        let workflow = file::parse(
            "id: a\ngraph:\n  nodes:\n    - { id: t, type: code.rhai, params: { code: \"1\" } }\n  edges: []\n",
        );
        let workflow = workflow.unwrap();
        let texts = Texts::from(&Catalogue::built_in());
        let doc = document::open(1);
        bring(&doc, &document::seed(&workflow, &texts), "seed");
        let before = doc.transact().state_vector();
        let mut wanted = workflow.clone();
        wanted.graph.nodes[0]
            .params
            .insert("code".into(), "1 + 1".into());
        let patch = Patch::diff(&workflow, &wanted);
        apply_patch_as(&doc, &patch, &texts, 77).unwrap();
        assert_eq!(project(&doc).workflow, wanted);
        let after = doc.transact().state_vector();
        let changed: Vec<_> = after
            .iter()
            .filter(|(client, clock)| before.get(client) != **clock)
            .map(|(client, _)| *client)
            .collect();
        assert_eq!(changed, vec![ClientID::new(77)]);
    }
}
