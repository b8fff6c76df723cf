//! Documents that both languages read alike: `tests/cases/document`.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flowforge_collab::document::{apply_patch, reconcile, seed};
use flowforge_collab::guard::Gate;
use flowforge_collab::project::project;
use flowforge_engine::edit::Patch;
use flowforge_engine::{Problem, Workflow};
use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::mapping::{opened, state, texts};
use crate::workflow::any_workflow;

/// One line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Case {
    seed: u64,
    update: String,
    workflow: Workflow,
}

const CASES: u64 = 40;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/cases/document")
        .join(name)
}

fn made(seed_number: u64) -> Case {
    let mut chance = Chance::new(seed_number);
    let first = any_workflow(&mut chance);
    let doc = opened(9, &[seed(&first, &texts())]);
    let second = any_workflow(&mut chance);
    if chance.percent(60) {
        apply_patch(&doc, &Patch::diff(&first, &second), &texts(), "test")
            .expect("a patch of the workflow");
    }
    if chance.percent(60) {
        reconcile(&doc, &any_workflow(&mut chance), &texts(), "test");
    }
    Case {
        seed: seed_number,
        update: BASE64.encode(state(&doc)),
        workflow: project(&doc).workflow,
    }
}

/// One line of the file of odd documents.
#[derive(Debug, Deserialize)]
struct Odd {
    name: String,
    update: String,
    workflow: Workflow,
    problems: Vec<Problem>,
}

/// What the editor wrote of documents that no editor makes: what is shown of them, and the problems.
fn odd_documents() -> Vec<(Odd, Vec<u8>)> {
    let text = std::fs::read_to_string(path("odd.jsonl")).expect("the cases");
    let odd = text.lines().map(|line| {
        let odd: Odd = serde_json::from_str(line).expect("a case");
        let update = BASE64.decode(&odd.update).expect("base64");
        (odd, update)
    });
    odd.collect()
}

/// As texts in their order: the two sides come upon the problems in other orders.
fn told(problems: &[Problem]) -> Vec<String> {
    let mut told: Vec<String> = problems
        .iter()
        .map(|problem| {
            let Problem {
                severity,
                code,
                message,
                hint,
                place,
            } = problem;
            format!("{severity:?} {code} at {place:?}: {message} ({hint:?})")
        })
        .collect();
    told.sort();
    told
}

#[test]
fn odd_documents_show_the_same_and_have_the_same_problems() {
    for (odd, update) in odd_documents() {
        let projected = project(&opened(9, &[update]));
        assert_eq!(
            told(&projected.problems),
            told(&odd.problems),
            "{}",
            odd.name
        );
        assert_eq!(
            projected.workflow.to_value().to_json_pretty(),
            odd.workflow.to_value().to_json_pretty(),
            "{}",
            odd.name
        );
    }
}

#[test]
fn what_is_odd_stays_when_something_else_is_changed() {
    for (odd, update) in odd_documents() {
        let doc = opened(9, &[update]);
        let mut wanted = project(&doc).workflow;
        let fresh = serde_json::json!({"id": "fresh", "type": "log"});
        wanted
            .graph
            .nodes
            .push(serde_json::from_value(fresh).expect("a node"));
        reconcile(&doc, &wanted, &texts(), "test");
        let after = project(&doc);
        assert!(after.workflow == wanted, "{}", odd.name);
        assert_eq!(told(&after.problems), told(&odd.problems), "{}", odd.name);
    }
}

#[test]
fn shared_documents_are_read_alike() {
    if std::env::var_os("UPDATE_CASES").is_some() {
        let lines = (0..CASES).map(|n| serde_json::to_string(&made(n)).expect("JSON") + "\n");
        std::fs::write(path("rust.jsonl"), lines.collect::<String>()).expect("writes the cases");
    }
    for name in ["rust.jsonl", "editor.jsonl"] {
        let text = std::fs::read_to_string(path(name)).expect("the cases");
        assert!(text.lines().count() >= 20, "{name}");
        for line in text.lines() {
            let case: Case = serde_json::from_str(line).expect("a case");
            let update = BASE64.decode(&case.update).expect("base64");
            Gate::default().pass(&update).expect("what a client writes");
            let projected = project(&opened(9, &[update]));
            assert_eq!(projected.problems, [], "{name}, seed {}", case.seed);
            assert_eq!(
                projected.workflow.to_value().to_json_pretty(),
                case.workflow.to_value().to_json_pretty(),
                "{name}, seed {}",
                case.seed
            );
        }
    }
}
