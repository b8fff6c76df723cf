//! What must hold for every patch, tested on random workflows and edits; and examples of each edit.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::workflow::{Config, ErrorHandling, Extra, Healing, Limits, OnError, Retry};

fn name() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "d", "e~/f", ""]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_i64..4).prop_map(Value::from),
        (0_i64..4).prop_map(|float| Value::Float(float as f64)),
        "[x-z]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..4)
                .prop_map(|fields| Value::Record(fields.into_iter().collect())),
        ]
    })
}

fn extra() -> impl Strategy<Value = Extra> {
    proptest::collection::btree_map(
        select(vec!["x", "y"]).prop_map(str::to_owned),
        value(),
        0..2,
    )
}

fn retry() -> impl Strategy<Value = Option<Retry>> {
    let retry = (0_u32..3, extra()).prop_map(|(max_attempts, extra)| Retry {
        max_attempts,
        extra,
        ..Retry::default()
    });
    proptest::option::weighted(0.2, retry)
}

fn node_id() -> impl Strategy<Value = NodeId> {
    (0_u8..12).prop_map(|number| format!("n{number}").into())
}

fn node() -> impl Strategy<Value = Node> {
    let params = proptest::collection::btree_map(name(), value(), 0..3);
    let head = (
        node_id(),
        select(vec!["t.one", "t.two"]),
        proptest::option::of(name()),
    );
    let policy = (
        proptest::option::of(0_u64..3),
        proptest::option::of(any::<bool>()),
        any::<bool>(),
        retry(),
        pinned(),
    );
    let on_error = proptest::option::of(select(vec![OnError::Stop, OnError::Pause]));
    (
        head,
        params,
        policy,
        on_error,
        proptest::option::of(node_id()),
        extra(),
    )
        .prop_map(
            |(
                (id, kind, name),
                params,
                (timeout_ms, memo, disabled, retry, pinned),
                on_error,
                parent,
                extra,
            )| Node {
                id,
                kind: kind.into(),
                name,
                params,
                parent,
                disabled,
                retry,
                timeout_ms,
                on_error,
                memo,
                pinned,
                extra,
            },
        )
}

fn edge() -> impl Strategy<Value = Edge> {
    let port = || select(vec!["out", "in", "error"]).prop_map(str::to_owned);
    (node_id(), port(), node_id(), port(), extra()).prop_map(
        |(source, source_port, target, target_port, extra)| Edge {
            source,
            source_port,
            target,
            target_port,
            extra,
        },
    )
}

fn config() -> impl Strategy<Value = Config> {
    let vars = proptest::collection::btree_map(name(), value(), 0..3);
    let handling = select(vec![ErrorHandling::Stop, ErrorHandling::Retry]);
    (
        1_u32..3,
        handling,
        retry(),
        any::<bool>(),
        vars,
        1_u32..3,
        extra(),
    )
        .prop_map(
            |(max_parallel, error_handling, retry, memo, vars, max_depth, extra)| Config {
                max_parallel,
                error_handling,
                retry,
                memo,
                vars,
                healing: if max_depth > 1 {
                    Healing::Propose
                } else {
                    Healing::Off
                },
                limits: Limits {
                    max_depth,
                    ..Limits::default()
                },
                extra,
            },
        )
}

/// Nodes and edges, sometimes with twins that ids cannot tell apart.
fn graph() -> impl Strategy<Value = Graph> {
    let nodes = proptest::collection::vec(node(), 0..12);
    let edges = proptest::collection::vec(edge(), 0..12);
    (nodes, edges, extra(), 0..8).prop_map(|(mut nodes, mut edges, extra, twins)| {
        if twins > 0 {
            let mut ids = std::collections::HashSet::new();
            nodes.retain(|node| ids.insert(node.id.clone()));
            let mut seen = std::collections::HashSet::new();
            edges.retain(|edge| seen.insert(ends(edge)));
        }
        Graph {
            nodes,
            edges,
            extra,
        }
    })
}

fn workflow() -> impl Strategy<Value = Workflow> {
    (name(), 0_u64..3, config(), graph(), extra()).prop_map(
        |(name, version, config, graph, extra)| Workflow {
            id: "w".into(),
            name,
            version,
            config,
            graph,
            extra,
        },
    )
}

/// A workflow, and one that came from it by moving, dropping and replacing parts.
fn related() -> impl Strategy<Value = (Workflow, Workflow)> {
    let moves = || proptest::collection::vec((any::<Index>(), any::<Index>()), 0..4);
    let drops = proptest::collection::vec(any::<Index>(), 0..3);
    (workflow(), workflow(), moves(), moves(), drops).prop_map(
        |(old, other, nodes, edges, drops)| {
            let mut new = old.clone();
            shuffle(&mut new.graph.nodes, &nodes);
            shuffle(&mut new.graph.edges, &edges);
            for drop in &drops {
                if !new.graph.nodes.is_empty() {
                    new.graph.nodes.remove(drop.index(new.graph.nodes.len()));
                }
            }
            for node in other.graph.nodes.into_iter().take(2) {
                match new.graph.nodes.iter_mut().find(|old| old.id == node.id) {
                    Some(old) => *old = node,
                    None => new.graph.nodes.insert(new.graph.nodes.len() / 2, node),
                }
            }
            (old, new)
        },
    )
}

fn shuffle<T>(row: &mut Vec<T>, moves: &[(Index, Index)]) {
    for (from, to) in moves.iter().filter(|_| row.len() > 1).collect::<Vec<_>>() {
        let moved = row.remove(from.index(row.len()));
        row.insert(to.index(row.len() + 1), moved);
    }
}

fn pointer() -> impl Strategy<Value = Pointer> {
    let part = prop_oneof![name(), select(vec!["0", "1", "-"]).prop_map(str::to_owned)];
    (name(), proptest::collection::vec(part, 0..3)).prop_map(|(param, parts)| {
        parts
            .iter()
            .fold(Pointer::param(param), |pointer, part| pointer.join(part))
    })
}

/// A pinned `null` is the same as none.
fn pinned() -> impl Strategy<Value = Option<Value>> {
    proptest::option::of(value().prop_filter("not null", |value| *value != Value::Null))
}

fn node_field() -> impl Strategy<Value = NodeField> {
    prop_oneof![
        name().prop_map(NodeField::Kind),
        proptest::option::of(name()).prop_map(NodeField::Name),
        proptest::option::of(node_id()).prop_map(NodeField::Parent),
        any::<bool>().prop_map(NodeField::Disabled),
        retry().prop_map(NodeField::Retry),
        pinned().prop_map(NodeField::Pinned),
        Just(NodeField::OnError(Some(OnError::Port))),
        proptest::option::of(value()).prop_map(|value| NodeField::Extra("x".into(), value)),
    ]
}

fn other_change() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (1_u32..4).prop_map(|max| Edit::SetConfig {
            change: ConfigField::MaxParallel(max)
        }),
        proptest::option::of(value()).prop_map(|value| Edit::SetConfig {
            change: ConfigField::Extra("x".into(), value)
        }),
        (name(), value()).prop_map(|(name, value)| Edit::SetVar { name, value }),
        name().prop_map(|name| Edit::RemoveVar { name }),
        name().prop_map(|name| Edit::SetDocument {
            change: DocumentField::Name(name)
        }),
        proptest::option::of(value()).prop_map(|value| Edit::SetDocument {
            change: DocumentField::GraphExtra("x".into(), value)
        }),
        graph().prop_map(|graph| Edit::SetGraph {
            graph: Box::new(graph)
        }),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || proptest::option::of(0_usize..8);
    prop_oneof![
        2 => (node(), at()).prop_map(|(node, at)| Edit::AddNode { node: Box::new(node), at }),
        2 => node_id().prop_map(|node| Edit::RemoveNode { node }),
        2 => (node_id(), 0_usize..8).prop_map(|(node, at)| Edit::MoveNode { node, at }),
        4 => (node_id(), pointer(), value())
            .prop_map(|(node, pointer, value)| Edit::SetParam { node, pointer, value }),
        4 => (node_id(), pointer()).prop_map(|(node, pointer)| Edit::RemoveParam { node, pointer }),
        3 => (node_id(), node_field()).prop_map(|(node, change)| Edit::SetField { node, change }),
        2 => (edge(), at()).prop_map(|(edge, at)| Edit::Connect { edge, at }),
        2 => edge().prop_map(|edge| Edit::Disconnect { edge }),
        2 => other_change(),
    ]
}

/// The edits that can be applied to `workflow` one after the other.
fn applicable(workflow: &Workflow, edits: Vec<Edit>) -> Patch {
    let mut now = workflow.clone();
    let fits = |edit: &Edit| {
        let applied = Patch::from(vec![edit.clone()]).apply(&now);
        applied.map(|(next, _)| now = next).is_ok()
    };
    edits.into_iter().filter(fits).collect::<Vec<_>>().into()
}

/// A workflow, and edits on what is really in it.
fn edited() -> impl Strategy<Value = (Workflow, Patch)> {
    (workflow(), proptest::collection::vec(edit(), 0..60)).prop_map(|(workflow, edits)| {
        let disconnects = workflow.graph.edges.iter().step_by(3);
        let disconnects = disconnects.map(|edge| Edit::Disconnect { edge: edge.clone() });
        let edits = edits.into_iter().chain(disconnects).collect();
        let patch = applicable(&workflow, edits);
        (workflow, patch)
    })
}

proptest! {
    #[test]
    fn the_inverse_takes_a_patch_back_exactly((workflow, patch) in edited()) {
        let (changed, inverse) = patch.apply(&workflow).unwrap();
        let (back, again) = inverse.apply(&changed).unwrap();
        prop_assert_eq!(&back, &workflow);
        prop_assert_eq!(again.apply(&back).unwrap().0, changed);
    }

    #[test]
    fn composed_patches_do_what_they_do_one_after_the_other((workflow, first) in edited(), more in proptest::collection::vec(edit(), 0..20)) {
        let (between, first_inverse) = first.apply(&workflow).unwrap();
        let second = applicable(&between, more);
        let (end, second_inverse) = second.apply(&between).unwrap();
        let inverses = second_inverse.compose(&first_inverse);
        let (composed, inverse) = first.compose(&second).apply(&workflow).unwrap();
        prop_assert_eq!(&composed, &end);
        prop_assert_eq!(&inverses.apply(&end).unwrap().0, &workflow);
        prop_assert_eq!(&inverse.apply(&end).unwrap().0, &workflow);
    }

    #[test]
    fn a_diff_leads_from_one_to_the_other((old, new) in related(), other in workflow()) {
        for (old, new) in [(&old, &new), (&new, &old), (&old, &other)] {
            let patch = Patch::diff(old, new);
            let (changed, inverse) = patch.apply(old).unwrap();
            prop_assert_eq!(&changed, new);
            prop_assert_eq!(&inverse.apply(new).unwrap().0, old);
            prop_assert!(Patch::diff(new, new).is_empty());
        }
    }

    #[test]
    fn a_diff_is_no_longer_than_what_was_done(workflow in workflow(), node: Index, at: Index, value in value()) {
        prop_assume!(diff::is_told_apart(&workflow.graph) && workflow.graph.nodes.len() > 1);
        let node = workflow.graph.nodes[node.index(workflow.graph.nodes.len())].id.clone();
        let one = |edit| Patch::from(vec![edit]).apply(&workflow).unwrap().0;
        let at = at.index(workflow.graph.nodes.len());
        for changed in [
            one(Edit::MoveNode { node: node.clone(), at }),
            one(Edit::SetParam { node: node.clone(), pointer: Pointer::param("new"), value: value.clone() }),
            one(Edit::SetField { node: node.clone(), change: NodeField::Extra("new".into(), Some(value.clone())) }),
            one(Edit::RemoveNode { node }),
        ] {
            prop_assert!(Patch::diff(&workflow, &changed).edits.len() <= 1);
        }
    }

    #[test]
    fn patches_are_read_back_from_json((_, patch) in edited()) {
        let text = serde_json::to_string(&patch).unwrap();
        let read: Patch = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.hash(), patch.hash());
        prop_assert_eq!(read, patch);
    }
}

const FLOW: &str = r#"{
    "id": "w", "graph": {
        "nodes": [
            {"id": "start", "type": "trigger.manual"},
            {"id": "total", "type": "data.set", "params": {"fields": {"a": 1}, "rows": [1, 2, 3]}, "x": 1}
        ],
        "edges": [{"source": "start", "target": "total"}]
    }
}"#;

/// Applies a patch to [`FLOW`]; the result as the patch that would lead there, or the error.
fn check(patch: &str, expected: &str) {
    let flow: Workflow = serde_json::from_str(FLOW).unwrap();
    let found = match serde_json::from_str::<Patch>(patch) {
        Err(error) => error
            .to_string()
            .split(" at line")
            .next()
            .unwrap()
            .to_owned(),
        Ok(patch) => match patch.apply(&flow) {
            Ok((changed, inverse)) => {
                assert_eq!(inverse.apply(&changed).unwrap().0, flow);
                serde_json::to_string(&Patch::diff(&flow, &changed)).unwrap()
            }
            Err(error) => error.to_string(),
        },
    };
    assert_eq!(found, expected);
}

#[test]
fn edits_are_written_as_people_would() {
    for patch in [
        r#"[{"edit":"setParam","node":"total","pointer":"/fields/a","value":2}]"#,
        r#"[{"edit":"setParam","node":"total","pointer":"/rows/1","value":null}]"#,
        r#"[{"edit":"removeParam","node":"total","pointer":"/fields/a"}]"#,
        r#"[{"edit":"setField","node":"total","field":"timeoutMs","value":2000}]"#,
        r#"[{"edit":"setField","node":"total","field":"x"}]"#,
        r#"[{"edit":"setField","node":"total","field":"x","value":null}]"#,
        r#"[{"edit":"setField","node":"total","field":"onError","value":"pause"}]"#,
        r#"[{"edit":"disconnect","edge":{"source":"start","target":"total"}}]"#,
        r#"[{"edit":"connect","edge":{"source":"total","sourcePort":"error","target":"start"}}]"#,
        r#"[{"edit":"removeNode","node":"start"}]"#,
        r#"[{"edit":"moveNode","node":"start","at":1}]"#,
        r#"[{"edit":"setConfig","field":"maxParallel","value":2}]"#,
        r#"[{"edit":"setVar","name":"rate","value":0.5}]"#,
        r#"[{"edit":"setDocument","field":"name","value":"N"}]"#,
        r#"[{"edit":"setDocument","field":"graph/layout","value":[1]}]"#,
        r#"[{"edit":"addNode","node":{"id":"end","type":"log"}},{"edit":"connect","edge":{"source":"total","target":"end"}}]"#,
    ] {
        check(patch, patch);
    }
}

#[test]
fn items_of_lists_come_and_go() {
    let set = |rows: &str| {
        format!(r#"[{{"edit":"setParam","node":"total","pointer":"/rows","value":{rows}}}]"#)
    };
    check(
        r#"[{"edit":"removeParam","node":"total","pointer":"/rows/0"}]"#,
        &set("[2,3]"),
    );
    check(
        r#"[{"edit":"setParam","node":"total","pointer":"/rows/-","value":4}]"#,
        &set("[1,2,3,4]"),
    );
    check(
        r#"[{"edit":"setParam","node":"total","pointer":"/rows/3","value":4}]"#,
        &set("[1,2,3,4]"),
    );
}

#[test]
fn errors_say_what_was_expected_and_found() {
    for (patch, expected) in [
        (
            r#"[{"edit":"setVar","name":"x","value":1},{"edit":"removeNode","node":"totl"}]"#,
            "edit 2 of 2 (remove node totl): there is no node `totl`; did you mean `total`?",
        ),
        (
            r#"[{"edit":"addNode","node":{"id":"start","type":"log"}}]"#,
            "edit 1 of 1 (add node start (log)): there is a node `start` already; choose another id",
        ),
        (
            r#"[{"edit":"setParam","node":"total","pointer":"/field/a","value":1}]"#,
            "edit 1 of 1 (set total /field/a): the node `total` has no parameter `/field`; did you mean `fields`?",
        ),
        (
            r#"[{"edit":"removeParam","node":"total","pointer":"/fields/b"}]"#,
            "edit 1 of 1 (remove total /fields/b): the node `total` has no parameter `/fields/b`",
        ),
        (
            r#"[{"edit":"setParam","node":"total","pointer":"/fields/a/b","value":1}]"#,
            "edit 1 of 1 (set total /fields/a/b): the parameter `/fields/a` of the node `total` is integer; only lists and records have parts",
        ),
        (
            r#"[{"edit":"setParam","node":"total","pointer":"/rows/01","value":1}]"#,
            "edit 1 of 1 (set total /rows/01): the parameter `/rows` of the node `total` is a list of 3; expected a position in it, found `01`",
        ),
        (
            r#"[{"edit":"connect","edge":{"source":"start","target":"total"}}]"#,
            "edit 1 of 1 (connect start.out -> total.in): the edge start.out -> total.in is there already",
        ),
        (
            r#"[{"edit":"disconnect","edge":{"source":"total","target":"start"}}]"#,
            "edit 1 of 1 (disconnect total.out -> start.in): there is no edge total.out -> start.in",
        ),
        (
            r#"[{"edit":"moveNode","node":"start","at":2}]"#,
            "edit 1 of 1 (move node start to 2): position 2 is past the end; expected at most 1",
        ),
        (
            r#"[{"edit":"removeVar","name":"x"}]"#,
            "edit 1 of 1 (remove variable x): there is no variable `x`",
        ),
        (
            r#"[{"edit":"setField","node":"start","field":"id","value":"x"}]"#,
            "the field `id` is not changed so: ids are stable; add a node with another id",
        ),
        (
            r#"[{"edit":"setField","node":"start","field":"timeoutMs","value":"2s"}]"#,
            "the field `timeoutMs`: invalid type: string \"2s\", expected u64",
        ),
        (
            r#"[{"edit":"setParam","node":"start","pointer":"url","value":1}]"#,
            "expected a path that begins with `/`, like `/url`, found `url`",
        ),
    ] {
        check(patch, expected);
    }
}

#[test]
fn a_patch_that_fails_changes_nothing() {
    let flow: Workflow = serde_json::from_str(FLOW).unwrap();
    let patch = r#"[{"edit":"removeNode","node":"total"},{"edit":"removeNode","node":"total"}]"#;
    assert_eq!(
        serde_json::from_str::<Patch>(patch)
            .unwrap()
            .apply(&flow)
            .unwrap_err()
            .position,
        2
    );
}

#[test]
fn a_parameter_cannot_grow_too_deep() {
    let mut flow: Workflow = serde_json::from_str(FLOW).unwrap();
    let deepest = (0..100).fold(Value::Null, |value, _| vec![value].into());
    flow.graph.nodes[0]
        .params
        .insert("p".into(), Value::from(vec![Value::Null]));
    let edit = Edit::SetParam {
        node: "start".into(),
        pointer: Pointer::param("p").join("0"),
        value: deepest,
    };
    let error = Patch::from(vec![edit]).apply(&flow).unwrap_err();
    assert!(matches!(error.reason, EditProblem::TooDeep { .. }));
}

#[test]
fn large_graphs_are_compared_in_time() {
    let mut old: Workflow = serde_json::from_str(FLOW).unwrap();
    let node = old.graph.nodes[1].clone();
    let numbered = |at: usize| Node {
        id: format!("n{at}").into(),
        ..node.clone()
    };
    old.graph.nodes = (0..1_000).map(numbered).collect();
    let mut new = old.clone();
    new.graph.nodes.rotate_left(1);
    assert_eq!(
        Patch::diff(&old, &new).edits,
        [Edit::MoveNode {
            node: "n0".into(),
            at: 999
        }]
    );
    new.graph.nodes.reverse();
    let patch = Patch::diff(&old, &new);
    assert_eq!(patch.apply(&old).unwrap().0, new);
    assert_eq!(patch.edits.len(), 998);
}
