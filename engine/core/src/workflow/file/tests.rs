//! What is read comes back, and what is not a workflow is told with its place.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::problem::Place;
use crate::value::Record;
use crate::workflow::{Config, ErrorHandling, Graph, Healing, Limits, OnError, Retry, Spot};

/// Checks what is said about a wrong file: place, message, and hint after a bar.
#[track_caller]
fn check(text: &str, expected: &str) {
    let error = parse(text).expect_err(text);
    let hint = error
        .hint
        .map(|hint| format!(" | {hint}"))
        .unwrap_or_default();
    let found = format!("{}:{} {}{hint}", error.line, error.column, error.message);
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn node(fields: &str) -> Node {
    let text = format!("id: w\ngraph: {{ nodes: [{{ id: a, type: t, {fields} }}] }}");
    parse(&text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .graph
        .nodes
        .remove(0)
}

const EXAMPLE: &str = include_str!("example.yaml");

#[test]
fn a_file_is_read() {
    let workflow = parse(EXAMPLE).unwrap();
    assert_eq!(workflow.config.max_parallel, 8);
    assert_eq!(
        workflow.graph.nodes[1].retry.as_ref().unwrap().delay_ms,
        200
    );
    assert_eq!(
        workflow.graph.nodes[2].params["fields"].get("checked"),
        Some(&Value::Bool(true))
    );
    assert_eq!(workflow.graph.edges[0].target_port, "in");
}

#[test]
fn json_and_yaml_have_the_same_fields() {
    let workflow = parse(EXAMPLE).unwrap();
    assert_eq!(parse(&to_json(&workflow).unwrap()).unwrap(), workflow);
    assert_eq!(parse(&to_yaml(&workflow).unwrap()).unwrap(), workflow);
}

#[test]
fn fields_are_written_in_the_order_of_the_design() {
    let workflow = parse(
        "graph: { edges: [{ target: a, source: a }], nodes: [{ onError: stop, params: { b: 1, a: \"x\\ny\\n\" }, type: t, id: a, x: 1 }] }
config: { maxParallel: 3 }\nversion: 4\nname: Fine\nid: w\n",
    );
    let expected = "\
id: w
name: Fine
version: 4
config:
  maxParallel: 3
  errorHandling: stop
  memo: true
  limits:
    maxFrames: 500000
    maxDepth: 16
    maxValueBytes: 67108864
graph:
  nodes:
    - id: a
      type: t
      params:
        a: |
          x
          y
        b: 1
      onError: stop
      x: 1
  edges:
    - source: a
      target: a
";
    assert_eq!(to_yaml(&workflow.unwrap()).unwrap(), expected);
}

#[test]
fn unknown_fields_are_kept_at_every_level() {
    let text = "id: w\nowner: me\nconfig: { a: 1, retry: { b: 2 }, limits: { c: 3 } }\ngraph: { d: 4, nodes: [{ id: n, type: t, position: { x: 1.0 }, retry: { e: 5 } }], edges: [{ source: n, target: n, f: 6 }] }";
    let workflow = parse(text).unwrap();
    let json = serde_json::to_value(&workflow).unwrap();
    for (pointer, value) in [
        ("/owner", "\"me\""),
        ("/config/a", "1"),
        ("/config/retry/b", "2"),
        ("/config/limits/c", "3"),
        ("/graph/d", "4"),
        ("/graph/nodes/0/position/x", "1.0"),
        ("/graph/nodes/0/retry/e", "5"),
        ("/graph/edges/0/f", "6"),
    ] {
        assert_eq!(
            json.pointer(pointer).map(ToString::to_string).as_deref(),
            Some(value),
            "{pointer}"
        );
    }
}

#[test]
fn lenient_forms() {
    assert_eq!(
        node("retry: { jitter: true, backoffMultiplier: 3 }")
            .retry
            .unwrap()
            .jitter,
        1.0
    );
    assert_eq!(node("retry: { jitter: false }").retry.unwrap().jitter, 0.0);
    assert_eq!(node("retry: { jitter: 1 }").retry.unwrap().jitter, 1.0);
    assert_eq!(
        node("retry: { backoffMultiplier: 3 }")
            .retry
            .unwrap()
            .backoff_multiplier,
        3.0
    );
    assert_eq!(node("params:").params, BTreeMap::new());
    assert_eq!(
        parse("id: 12\ngraph: { nodes: [], edges: }")
            .unwrap()
            .id
            .as_str(),
        "12"
    );
    assert_eq!(
        parse("\u{feff}id: w\ngraph: { nodes: [] }")
            .unwrap()
            .id
            .as_str(),
        "w"
    );
}

#[test]
fn numbers_keep_their_kind() {
    let params = node("params: { a: 1, b: 1.0, c: 9007199254740993, d: -9223372036854775808, e: 1e3, f: 0x10, g: -0.0 }").params;
    assert_eq!(params["a"], Value::Int(1));
    assert_eq!(params["b"], Value::Float(1.0));
    assert_eq!(params["c"], Value::Int(9_007_199_254_740_993));
    assert_eq!(params["d"], Value::Int(i64::MIN));
    assert_eq!(params["e"], Value::Float(1000.0));
    assert_eq!(params["f"], Value::Int(16));
    assert_eq!(params["g"], Value::Float(-0.0));
}

#[test]
fn words_that_other_yaml_readers_take_for_something_else_are_texts() {
    let params = node("params: { a: no, b: on, c: 2001-01-01, d: 12:30, e: NO, y: yes }").params;
    assert!(
        params.values().all(|value| value.as_str().is_some()),
        "{params:?}"
    );
}

#[test]
fn merge_keys_and_anchors_are_written_out() {
    let text = "id: w\ndefaults: &d { maxAttempts: 5 }\ngraph: { nodes: [{ id: a, type: t, retry: { <<: *d, delayMs: 1 } }, { id: b, type: t, retry: *d }] }";
    let workflow = parse(text).unwrap();
    assert_eq!(
        workflow.graph.nodes[0].retry.as_ref().unwrap().max_attempts,
        5
    );
    assert_eq!(
        workflow.graph.nodes[1].retry.as_ref().unwrap().max_attempts,
        5
    );
}

#[test]
fn yaml_errors_have_their_place() {
    check("", "1:1 the file is empty");
    check(
        "id: a",
        "1:1 the field `graph` is missing | put `nodes` and `edges` under `graph`",
    );
    check("- a", "1:1 expected a record, found a list");
    check("just text", "1:1 expected a record, found `just text`");
    check(
        "id: a\ngraph:\n  nodes:\n    - {id: a}\n",
        "4:7 the field `type` is missing | say what kind of node it is: `type: http.request`",
    );
    check(
        "id: a\ngraph:\n  nodes:\n    - id: a\n      typ: x\n",
        "4:7 the field `type` is missing | did you mean `type` where you wrote `typ`?",
    );
    check(
        "id: a\nid: b\ngraph: {nodes: []}",
        "2:1 the field `id` is there twice | keep one of them",
    );
    check(
        "id: a\ngraph: {nodes: []}\nconfig: {maxParallel: many}",
        "3:23 expected a whole number, 0 or greater, found `many`",
    );
    check(
        "id: a\ngraph: {nodes: []}\nconfig: {maxParallel: -3}",
        "3:23 expected a whole number, 0 or greater, found `-3`",
    );
    check(
        "id: a\ngraph: {nodes: [{id: a, type: x, onError: prot}]}",
        "2:43 expected one of stop, continue, port, pause, found `prot` | did you mean `port`?",
    );
    check(
        "id: a\ngraph: {nodes: {a: b}}",
        "2:16 expected a list, found a record",
    );
    check(
        "id: a\ngraph: {nodes: [x]}",
        "2:17 expected a record, found `x`",
    );
    check("id: [a]", "1:5 expected a text, found a list");
    check(
        "id: w\nname:\ngraph: {nodes: []}",
        "2:5 expected a text, found nothing",
    );
    check(
        "id: w\ngraph: {nodes: [{id: a, type: x, params: {é: {a: 1, a: 2}}}]}",
        "2:53 the field `a` is there twice | keep one of them",
    );
    check(
        "id: w\ngraph: {nodes: [{id: a, type: x, params: {a: .nan}}]}",
        "2:46 `.nan` is not a number that can be kept | put it in quotes to make it a text; not-a-number is `{ $float: NaN }`",
    );
    check(
        "id: w\ngraph: {nodes: []}\n---\nid: b",
        "4:1 the file holds more than one YAML document | remove what follows `---`, or make it a file of its own",
    );
    check(
        "id: a: b",
        "1:6 mapping values are not allowed in this context",
    );
}

#[test]
fn json_errors_have_their_place() {
    check(
        "{\"id\": \"a\",\n \"version\": \"x\", \"graph\": {\"nodes\": []}}",
        "2:13 expected a whole number, 0 or greater, found the text \"x\"",
    );
    check(
        "{\"id\": \"a\", \"graph\": {\"nodes\": [{\"id\": \"é\", \"type\": 7}]}}",
        "1:53 expected a text, found the number `7`",
    );
    check("{\"id\": \"é\"", "1:10 EOF while parsing an object");
    check("{\"id\": 1e999}", "1:12 number out of range");
    check(
        "[]",
        "1:1 expected a workflow: a record with the fields `id` and `graph`, found a list",
    );
    check(
        "{\"id\": \"a\",\n\"id\": \"a\", \"graph\": {\"nodes\": []}}",
        "2:1 the field `id` is there twice | keep one of them",
    );
    check(
        "{\"id\": \"a\", \"x\": {\"y\": 1, \"y\": 2}, \"graph\": {\"nodes\": []}}",
        "1:27 the field `y` is there twice | keep one of them",
    );
    check(
        "{\"id\": \"a\", // no\n \"graph\": {\"nodes\": []}}",
        "1:13 key must be a string",
    );
    check(
        "{\"id\": \"a\"}",
        "1:1 the field `graph` is missing | put `nodes` and `edges` under `graph`",
    );
}

#[test]
fn empty_names_are_refused() {
    let hint = "give it a text of at least one character";
    check(
        "id: ''\ngraph: {nodes: []}",
        &format!("1:5 the field `id` is empty | {hint}"),
    );
    check(
        "id: w\ngraph:\n  nodes:\n    - id: a\n      type: ''\n",
        &format!("5:13 the field `type` is empty | {hint}"),
    );
    check(
        "{\"id\": \"w\", \"graph\": {\"nodes\": [], \"edges\": [{\"source\": \"\", \"target\": \"x\"}]}}",
        &format!("1:57 the field `source` is empty | {hint}"),
    );
}

/// Checks that a hostile text is refused, and quickly. The time is ten times what it takes on a slow
/// machine without optimisation.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "the time it takes is what is tested"
)]
fn check_bomb(name: &str, text: &str) {
    let start = Instant::now();
    let error = parse(text).expect_err(name);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{name}: {:?}",
        start.elapsed()
    );
    assert!(error.message.len() < 400, "{name}: {}", error.message);
}

#[test]
fn yaml_bombs_are_refused() {
    let laughs: String = ('b'..='i')
        .map(|c| {
            format!(
                "{c}: &{c} [{}]\n",
                vec![format!("*{}", (c as u8 - 1) as char); 9].join(",")
            )
        })
        .collect();
    check_bomb(
        "aliases",
        &format!("a: &a [\"lol\"]\n{laughs}id: w\ngraph: {{ nodes: [] }}"),
    );
    check(
        "a: &a [*a]\nid: w\ngraph: {nodes: []}",
        "1:8 an alias stands inside what it refers to | write the value out instead of the alias",
    );
    check_bomb("flow depth", &format!("a: {}", "[".repeat(10_000)));
    check_bomb("flow records", &format!("a: {}", "{a: ".repeat(10_000)));
    let deep: String = (0..10_000)
        .map(|i| format!("{}a:\n", " ".repeat(i % 300)))
        .collect();
    check_bomb("block depth", &deep);
    let deep: String = (0..2_000)
        .map(|i| format!("{}a:\n", " ".repeat(i)))
        .collect();
    check_bomb("stairs", &deep);
    check_bomb("dashes", &"- ".repeat(100_000));
    check_bomb("questions", &"? ".repeat(100_000));
    check(
        "id: w\ngraph: {nodes: []}\nx: !!python/object:os.system [ls]",
        "3:30 the tag `!!python/object:os.system` is not allowed | remove the tag: only plain values are read",
    );
    check_bomb("anchors", &format!("a: [{}", "&a 1, ".repeat(500_000)));
    check_bomb(
        "keys",
        &(0..400_000)
            .map(|i| format!("k{i}: 1\n"))
            .collect::<String>(),
    );
    check_bomb("documents", &"---\na\n".repeat(200_000));
    check_bomb("long key", &format!("{}: 1", "k".repeat(4_000_000)));
    check_bomb("quotes", &format!("a: \"{}", "\\".repeat(4_000_000)));
    check_bomb(
        "merges",
        &format!("a: &a {{x: 1}}\n{}", "<<: *a\n".repeat(100_000)),
    );
}

#[test]
fn json_bombs_are_refused() {
    check_bomb("lists", &"[".repeat(100_000));
    check_bomb("records", &"{\"a\":".repeat(100_000));
    check_bomb("digits", &format!("{{\"id\": {}", "1".repeat(1_000_000)));
    let head = "{\"id\": \"w\", \"graph\": {\"nodes\": []}, \"x\": ";
    check_bomb("values", &format!("{head}[{}1]}}", "1,".repeat(1_900_000)));
    let keys: String = (0..400_000).map(|i| format!("\"{i}\":1,")).collect();
    check_bomb("keys", &format!("{head}{{{keys}"));
    check_bomb(
        "depth",
        &format!("{head}{}{}}}", "[".repeat(200), "]".repeat(200)),
    );
}

#[test]
fn large_files_are_refused() {
    let large = format!("id: {}", "x".repeat(5 << 20));
    assert!(
        parse(&large)
            .unwrap_err()
            .message
            .starts_with("the file has 5242884 bytes")
    );
    let nodes = "{id: a, type: t},".repeat(NODES_MAX + 1);
    let error = parse(&format!("id: w\ngraph: {{ nodes: [{nodes}] }}")).unwrap_err();
    assert_eq!(error.message, "the file holds 20001 nodes, more than 20000");
    let edges = "{\"source\":\"a\",\"target\":\"b\"},".repeat(EDGES_MAX);
    let text = format!(
        "{{\"id\":\"w\",\"graph\":{{\"nodes\":[],\"edges\":[{edges}{{\"source\":\"a\",\"target\":\"b\"}}]}}}}"
    );
    assert_eq!(
        parse(&text).unwrap_err().message,
        "the file holds 100001 edges, more than 100000"
    );
}

#[test]
fn the_largest_allowed_files_are_read() {
    let nodes: String = (0..NODES_MAX)
        .map(|i| format!("    - {{ id: n{i}, type: t, params: {{ x: {i} }} }}\n"))
        .collect();
    let edges: String = (0..60_000)
        .map(|i| format!("    - {{ source: n{}, target: n{} }}\n", i % 20_000, i % 77))
        .collect();
    let workflow = parse(&format!(
        "id: w\ngraph:\n  nodes:\n{nodes}  edges:\n{edges}"
    ))
    .unwrap();
    assert_eq!(
        (workflow.graph.nodes.len(), workflow.graph.edges.len()),
        (NODES_MAX, 60_000)
    );
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, _| vec![inner].into())
}

#[test]
fn values_are_written_as_deep_as_they_can_be_read() {
    let deep = |depth: usize| {
        let mut workflow = parse("id: w\ngraph: { nodes: [{ id: a, type: t }] }").unwrap();
        workflow.graph.nodes[0]
            .params
            .insert("deep".into(), nested(depth));
        (workflow.clone(), to_yaml(&workflow), to_json(&workflow))
    };
    let (workflow, yaml, json) = deep(FILE_DEPTH_MAX - 5);
    for text in [yaml.unwrap(), json.unwrap()] {
        let (read, places) = parse_with_places(&text).unwrap();
        assert_eq!(read, workflow);
        assert!(
            places
                .find(&Place::node("a").in_param("/deep/0/0"))
                .unwrap()
                .line
                > 5
        );
    }
    let (_, yaml, json) = deep(FILE_DEPTH_MAX - 4);
    assert_eq!((yaml, json), (Err(TooDeep), Err(TooDeep)));
}

/// The line and column at which a place stands in a file.
fn find(text: &str, place: &Place) -> Option<(u32, u32)> {
    let (_, places) = parse_with_places(text).unwrap();
    places
        .find(place)
        .map(|Spot { line, column, .. }| (line, column))
}

const PLACED: &str = "id: w
graph:
  nodes:
    - id: a
      type: t
      retry: { jitter: 2 }
      params:
        code: |

          let x = 1;
            x +
        folded: >
          one
          two
        plain: é {{ x }}
        quoted: \"é {{ x }}\"
        escaped: \"\\n {{ x }}\"
        list: [1, { deep: {{ }} }]
    - { id: b, type: t, params: { 'a/b': 1 } }
  edges:
    - { source: a, target: b }
";

#[test]
fn places_are_found_in_the_file() {
    let text = PLACED.replace("{{ }}", "2");
    let param = |pointer: &str| Place::node("a").in_param(pointer);
    let at = |place: Place, line, column| Place {
        line: Some(line),
        column: Some(column),
        ..place
    };
    for (place, expected) in [
        (Place::default(), (1, 1)),
        (Place::node("a"), (4, 7)),
        (Place::node("b"), (19, 7)),
        (Place::node("nobody"), (1, 1)),
        (Place::edge(0), (21, 7)),
        (Place::field("/graph/nodes/0/retry/jitter"), (6, 24)),
        (Place::field("/graph/nodes/0/nothing"), (4, 7)),
        (param("/code"), (10, 11)),
        (at(param("/code"), 2, 5), (10, 15)),
        (at(param("/code"), 3, 3), (11, 13)),
        (at(param("/folded"), 2, 1), (13, 11)),
        (at(param("/plain"), 1, 6), (15, 21)),
        (at(param("/quoted"), 1, 6), (16, 23)),
        (at(param("/escaped"), 2, 2), (17, 18)),
        (param("/list/1/deep"), (18, 27)),
        (param("/list/7"), (18, 15)),
        (Place::node("b").in_param("/a~1b"), (19, 42)),
    ] {
        assert_eq!(find(&text, &place), Some(expected), "{place}");
    }
}

#[test]
fn places_are_found_in_json() {
    let text = to_json(&parse(&PLACED.replace("{{ }}", "2")).unwrap()).unwrap();
    let place = Place::node("b").in_param("/a~1b");
    let (line, column) = find(&text, &place).unwrap();
    assert_eq!(
        text.lines().nth(line as usize - 1).unwrap().trim(),
        "\"a/b\": 1"
    );
    assert_eq!(&text[offset(&text, line, column)..][..1], "1");
}

#[test]
fn offsets_count_bytes() {
    assert_eq!(offset("é\nbé c", 2, 4), 7);
    assert_eq!(offset("é\nbé c", 1, 1), 0);
    assert_eq!(offset("a", 9, 9), 1);
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "x[a-d]{0,3}",
        1 => r"\$\$?(bytes|float)",
        1 => Just("<<".to_owned()),
        1 => prop::sample::select(vec!["", ".", "a.b", "__proto__", "null", "~", "true", "12", "1.5", "- a", "a: b", "#", "y", "é\n"]).prop_map(str::to_owned),
        2 => ".{0,8}".prop_map(|text| format!("x{text}")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ".{0,12}",
        2 => "([ -~\n]{0,10}\n){0,4}",
        1 => any::<String>(),
        1 => prop::sample::select(vec!["", " ", "\n", "\t", "a\n", "\na", " a\n b", "a\r\nb", "yes", "null", "~", "0x1f", "1e5", "12:30", "---", "...", "- a", "? a", "*a", "&a", "!!str a", "{{ input.x }}", "a #b", "a: b", "\u{85}", "\u{2028}", "\u{feff}x", "\u{0}", "\u{7f}", "\u{1f600}"]).prop_map(str::to_owned),
        1 => "[a-z ]{100,300}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![f64::NAN, f64::INFINITY, -0.0, 1e300, 5e-324, 1e16])
            .prop_map(Value::from),
        text().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|fields| Value::Record(fields.into_iter().collect::<Record>())),
        ]
    })
}

fn values() -> impl Strategy<Value = Extra> {
    prop::collection::btree_map(key(), value(), 0..3)
}

/// Unknown fields never have the names of known ones.
fn extra() -> impl Strategy<Value = Extra> {
    prop::collection::btree_map(key().prop_map(|key| format!("x{key}")), value(), 0..2)
}

fn name() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("x{text}"))
}

fn retry() -> impl Strategy<Value = Retry> {
    (
        any::<u32>(),
        any::<u64>(),
        0.0..9.0,
        0.0..=1.0,
        any::<u64>(),
        extra(),
    )
        .prop_map(
            |(max_attempts, delay_ms, backoff_multiplier, jitter, max_delay_ms, extra)| Retry {
                max_attempts,
                delay_ms,
                backoff_multiplier,
                jitter,
                max_delay_ms,
                extra,
            },
        )
}

fn config() -> impl Strategy<Value = Config> {
    let limits = (any::<u64>(), any::<u32>(), any::<u64>(), extra()).prop_map(
        |(max_frames, max_depth, max_value_bytes, extra)| Limits {
            max_frames,
            max_depth,
            max_value_bytes,
            extra,
        },
    );
    let handling = prop::sample::select(vec![
        ErrorHandling::Stop,
        ErrorHandling::Continue,
        ErrorHandling::Retry,
    ]);
    (
        any::<u32>(),
        handling,
        prop::option::of(retry()),
        any::<bool>(),
        values(),
        limits,
        extra(),
    )
        .prop_map(
            |(max_parallel, error_handling, retry, memo, vars, limits, extra)| Config {
                max_parallel,
                error_handling,
                retry,
                memo,
                vars,
                healing: if memo {
                    Healing::AutoSafe
                } else {
                    Healing::Off
                },
                limits,
                extra,
            },
        )
}

fn any_node() -> impl Strategy<Value = Node> {
    let on_error = prop::sample::select(vec![
        OnError::Stop,
        OnError::Continue,
        OnError::Port,
        OnError::Pause,
    ]);
    let policy = (
        prop::option::of(retry()),
        prop::option::of(any::<u64>()),
        prop::option::of(on_error),
        prop::option::of(any::<bool>()),
    );
    (
        name(),
        name(),
        prop::option::of(text()),
        values(),
        prop::option::of(name()),
        any::<bool>(),
        policy,
        prop::option::of(value().prop_filter("not null", |value| *value != Value::Null)),
        extra(),
    )
        .prop_map(
            |(
                id,
                kind,
                name,
                params,
                parent,
                disabled,
                (retry, timeout_ms, on_error, memo),
                pinned,
                extra,
            )| Node {
                id: id.into(),
                kind,
                name,
                params,
                parent: parent.map(Into::into),
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

fn any_edge() -> impl Strategy<Value = Edge> {
    (name(), name(), name(), name(), extra()).prop_map(
        |(source, source_port, target, target_port, extra)| Edge {
            source: source.into(),
            source_port,
            target: target.into(),
            target_port,
            extra,
        },
    )
}

fn any_workflow() -> impl Strategy<Value = Workflow> {
    let graph = (
        prop::collection::vec(any_node(), 0..4),
        prop::collection::vec(any_edge(), 0..4),
        extra(),
    )
        .prop_map(|(nodes, edges, extra)| Graph {
            nodes,
            edges,
            extra,
        });
    (
        name(),
        text(),
        any::<u64>(),
        prop_oneof![Just(Config::default()), config()],
        graph,
        extra(),
    )
        .prop_map(|(id, name, version, config, graph, extra)| Workflow {
            id: id.into(),
            name,
            version,
            config,
            graph,
            extra,
        })
}

proptest! {
    #[test]
    fn yaml_is_read_back(workflow in any_workflow()) {
        let text = to_yaml(&workflow).unwrap();
        let read = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(read, workflow, "{}", text);
    }

    #[test]
    fn json_is_read_back(workflow in any_workflow()) {
        let text = to_json(&workflow).unwrap();
        let read = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(read, workflow, "{}", text);
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse_with_places(&text);
    }

    #[test]
    fn no_change_of_a_file_panics(at: prop::sample::Index, length in 0..20_usize, put in "[ -~\n]{0,3}") {
        let at = EXAMPLE.floor_char_boundary(at.index(EXAMPLE.len()));
        let end = EXAMPLE.floor_char_boundary((at + length).min(EXAMPLE.len()));
        let text = format!("{}{put}{}", &EXAMPLE[..at], &EXAMPLE[end..]);
        if let Err(error) = parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1 && !error.message.is_empty());
        }
    }
}
