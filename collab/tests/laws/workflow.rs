//! Any workflow: also those that no person would write, as long as a file may hold them.

use serde_json::{Map, Value as Json, json};

use flowforge_engine::workflow::{Edge, Extra, Graph, Node};
use flowforge_engine::{Value, Workflow};

use crate::chance::Chance;

const NAMES: [&str; 14] = [
    "a", "b", "url", "fields", "x/y", "~", "", "$order", "$$empty", "$number", "$bytes", "ä", "😀",
    "\u{e000}",
];
const TEXTS: [&str; 8] = [
    "",
    "a",
    "let x = 1;\nx + 1",
    "😀😁",
    "{{ input.x }}",
    "ß\u{0}",
    "line\r\n",
    "\u{fffd}",
];
const KINDS: [&str; 5] = [
    "code.rhai",
    "data.set",
    "http.request",
    "flow.if",
    "no.such",
];

pub(crate) fn any_workflow(chance: &mut Chance) -> Workflow {
    let ids: Vec<String> = (0..chance.below(7)).map(|_| any_id(chance)).collect();
    let mut workflow = Workflow {
        id: "w".into(),
        name: (*chance.pick(&["", "Orders", "Ö 😀"])).to_owned(),
        version: *chance.pick(&[1, 2, 5_000_000_000]),
        config: any_config(chance),
        graph: Graph {
            nodes: ids.iter().map(|id| any_node(chance, id, &ids)).collect(),
            edges: any_edges(chance, &ids),
            extra: any_extra(chance),
        },
        extra: any_extra(chance),
    };
    for (name, make) in [
        ("notes", any_note as fn(&mut Chance, &[String]) -> Json),
        ("groups", any_group),
    ] {
        if chance.percent(50) {
            let items: Vec<Json> = (0..chance.below(4)).map(|_| make(chance, &ids)).collect();
            let list = if chance.percent(90) {
                json!(items)
            } else {
                any_json(chance, 3)
            };
            workflow
                .graph
                .extra
                .insert(name.into(), Value::from_json(&list));
        }
    }
    if chance.percent(30) {
        workflow
            .extra
            .insert("tags".into(), Value::from_json(&any_json(chance, 2)));
    }
    workflow
}

fn any_id(chance: &mut Chance) -> String {
    // Seldom enough that there are two of one id, and one that looks like the second of another.
    chance
        .pick(&["a", "b", "c", "d", "e", "f", "g", "a2", "n 1", "😀"])
        .to_string()
}

fn any_node(chance: &mut Chance, id: &str, ids: &[String]) -> Node {
    let mut fields = json!({ "id": id, "type": chance.pick(&KINDS) });
    let put = |fields: &mut Json, name: &str, value: Json| fields[name] = value;
    for name in ["code", "url", "fields", "value"] {
        if chance.percent(50) {
            fields["params"][name] = any_json(chance, 4);
        }
    }
    if chance.percent(60) {
        fields["params"]["code"] = json!(chance.pick(&TEXTS));
    }
    if chance.percent(80) {
        put(
            &mut fields,
            "position",
            json!({ "x": chance.below(900), "y": chance.below(900) }),
        );
    }
    for (name, value) in [
        ("name", json!("A node")),
        ("parent", json!(chance.pick(ids))),
        ("disabled", json!(true)),
        (
            "retry",
            json!({ "maxAttempts": 2, "backoffMultiplier": 1.5, "more": any_json(chance, 2) }),
        ),
        ("timeoutMs", json!(30_000)),
        ("onError", json!("pause")),
        ("memo", json!(false)),
        ("pinned", any_json(chance, 3)),
        ("color", any_json(chance, 2)),
        ("$order", json!(7)),
    ] {
        if chance.percent(20) {
            put(&mut fields, name, value);
        }
    }
    serde_json::from_value(fields).expect("a node")
}

fn any_edges(chance: &mut Chance, ids: &[String]) -> Vec<Edge> {
    if ids.is_empty() {
        return Vec::new();
    }
    (0..chance.below(6))
        .map(|_| any_edge(chance, ids))
        .collect()
}

fn any_edge(chance: &mut Chance, ids: &[String]) -> Edge {
    let mut edge = json!({ "source": chance.pick(ids), "target": chance.pick(ids) });
    for (name, value) in [
        ("sourcePort", "then"),
        ("targetPort", "b"),
        ("id", "e1"),
        ("color", "red"),
    ] {
        if chance.percent(25) {
            edge[name] = json!(value);
        }
    }
    serde_json::from_value(edge).expect("an edge")
}

fn any_note(chance: &mut Chance, _: &[String]) -> Json {
    let mut note = json!({ "id": any_id(chance), "text": chance.pick(&TEXTS), "x": 1, "y": 8.0 });
    if chance.percent(20) {
        note["color"] = any_json(chance, 2);
    }
    note
}

fn any_group(chance: &mut Chance, ids: &[String]) -> Json {
    let mut members: Vec<&String> = ids.iter().filter(|_| chance.percent(40)).collect();
    if chance.percent(90) {
        members.sort();
        members.dedup();
        members.reverse();
    }
    json!({ "id": any_id(chance), "title": "Group", "nodes": members })
}

fn any_config(chance: &mut Chance) -> flowforge_engine::workflow::Config {
    if chance.percent(50) {
        return flowforge_engine::workflow::Config::default();
    }
    let config = json!({ "maxParallel": chance.below(9), "vars": any_record(chance, 3), "limits": { "maxFrames": 7, "x": 1 } });
    serde_json::from_value(config).expect("a configuration")
}

fn any_extra(chance: &mut Chance) -> Extra {
    let fields = (0..chance.below(3)).map(|_| {
        let name = format!("{}{}", ["$", "x-"][chance.below(2)], chance.pick(&NAMES));
        (name, Value::from_json(&any_json(chance, 3)))
    });
    fields.collect()
}

/// Any value that a file may hold.
pub(crate) fn any_json(chance: &mut Chance, deepest: usize) -> Json {
    match chance.below(if deepest == 0 { 5 } else { 8 }) {
        0 => Json::Null,
        1 => json!(chance.percent(50)),
        2 => any_int(chance),
        3 => any_float(chance),
        4 => json!(chance.pick(&TEXTS)),
        5 => (0..chance.below(4))
            .map(|_| any_json(chance, deepest - 1))
            .collect(),
        _ => any_record(chance, deepest - 1),
    }
}

fn any_record(chance: &mut Chance, deepest: usize) -> Json {
    let fields = (0..chance.below(4))
        .map(|_| ((*chance.pick(&NAMES)).to_owned(), any_json(chance, deepest)));
    Json::Object(fields.collect::<Map<_, _>>())
}

fn any_int(chance: &mut Chance) -> Json {
    let ints = [
        0,
        1,
        -1,
        8,
        42,
        1 << 31,
        -(1 << 31),
        1_700_000_000_000,
        1 << 53,
        (1 << 53) + 1,
        i64::MAX,
        i64::MIN,
    ];
    json!(chance.pick(&ints))
}

fn any_float(chance: &mut Chance) -> Json {
    let floats = [
        0.5,
        8.0,
        -0.0,
        0.1,
        1e10,
        3e9,
        1e300,
        9_007_199_254_740_992.0,
        1e19,
        f64::MIN_POSITIVE,
    ];
    json!(chance.pick(&floats))
}
