//! A workflow into a document and back.

use flowforge_collab::document::{Texts, apply_patch, open, reconcile, seed};
use flowforge_collab::project::project;
use flowforge_engine::Workflow;
use flowforge_engine::edit::Patch;
use flowforge_engine::node_type::Catalogue;
use yrs::updates::decoder::Decode;
use yrs::{Doc, ReadTxn, StateVector, Transact, Update};

use crate::chance::Chance;
use crate::workflow::any_workflow;

pub(crate) fn texts() -> Texts {
    Texts::from(&Catalogue::built_in())
}

pub(crate) fn opened(client_id: u64, updates: &[Vec<u8>]) -> Doc {
    let doc = open(client_id);
    for update in updates {
        let update = Update::decode_v1(update).expect("an update");
        doc.transact_mut().apply_update(update).expect("applies");
    }
    doc
}

pub(crate) fn state(doc: &Doc) -> Vec<u8> {
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

#[track_caller]
fn shows(doc: &Doc, workflow: &Workflow, seed: u64) {
    let projected = project(doc);
    assert_eq!(projected.problems, [], "seed {seed}");
    let (found, wanted) = (
        projected.workflow.to_value().to_json_pretty(),
        workflow.to_value().to_json_pretty(),
    );
    assert_eq!(found, wanted, "seed {seed}");
    assert!(projected.workflow == *workflow, "seed {seed}");
}

#[test]
fn a_workflow_survives_the_document() {
    for n in 0..1500 {
        let workflow = any_workflow(&mut Chance::new(n));
        let update = seed(&workflow, &texts());
        shows(&opened(9, &[update]), &workflow, n);
    }
}

#[test]
fn a_document_can_be_made_to_hold_any_workflow() {
    for n in 0..1500 {
        let mut chance = Chance::new(n);
        let doc = opened(9, &[seed(&any_workflow(&mut chance), &texts())]);
        for _ in 0..3 {
            let wanted = any_workflow(&mut chance);
            reconcile(&doc, &wanted, &texts(), "test");
            shows(&doc, &wanted, n);
            shows(&opened(10, &[state(&doc)]), &wanted, n);
        }
    }
}

#[test]
fn an_equal_workflow_changes_nothing() {
    for n in 0..300 {
        let workflow = any_workflow(&mut Chance::new(n));
        let doc = opened(9, &[seed(&workflow, &texts())]);
        let before = state(&doc);
        reconcile(&doc, &workflow, &texts(), "test");
        assert_eq!(state(&doc), before, "seed {n}");
    }
}

#[test]
fn an_empty_document_takes_a_workflow() {
    for n in 0..300 {
        let workflow = any_workflow(&mut Chance::new(n));
        let doc = open(3);
        reconcile(&doc, &workflow, &texts(), "test");
        shows(&doc, &workflow, n);
    }
}

#[test]
fn a_patch_does_to_the_document_what_it_does_to_the_workflow() {
    for n in 0..600 {
        let mut chance = Chance::new(n);
        let (from, to) = (any_workflow(&mut chance), any_workflow(&mut chance));
        let doc = opened(9, &[seed(&from, &texts())]);
        apply_patch(&doc, &Patch::diff(&from, &to), &texts(), "test")
            .expect("a patch of the workflow");
        shows(&doc, &to, n);
    }
}
