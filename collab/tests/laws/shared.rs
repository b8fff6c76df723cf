//! Documents that both languages read alike: `tests/cases/document`.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flowforge_collab::document::{apply_patch, reconcile, seed};
use flowforge_collab::project::project;
use flowforge_engine::Workflow;
use flowforge_engine::edit::Patch;
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
            flowforge_collab::guard::check_update(&update).expect("what a client writes");
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
