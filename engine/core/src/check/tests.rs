//! Every complaint, each with the smallest workflow that earns it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::check as check_workflow;
use crate::failure::Failure;
use crate::node_type::{Activation, Answer, Catalogue, NodeSpec, NodeType, Port, Role};
use crate::problem::Problem;
use crate::value::Value;
use crate::workflow::{Edge, Extra, Workflow, file};

/// A node type that is only looked at.
struct Kind(NodeSpec);

impl NodeType for Kind {
    fn spec(&self) -> &NodeSpec {
        &self.0
    }

    fn outputs(&self, params: &BTreeMap<String, Value>) -> Vec<Port> {
        match params.get("cases").and_then(Value::as_list) {
            Some(cases) => cases.iter().filter_map(Value::as_str).map(port).collect(),
            None => self.0.outputs.clone(),
        }
    }

    fn evaluate(&self, _: &dyn Activation) -> Result<Answer, Failure> {
        unreachable!("checks evaluate nothing")
    }
}

fn port(name: &str) -> Port {
    Port {
        name: name.into(),
        kind: "any".into(),
        about: String::new(),
    }
}

fn kind(name: &'static str, role: Role, params: Json) -> NodeSpec {
    NodeSpec {
        name,
        title: "",
        summary: "",
        docs: "",
        icon: "",
        words: &[],
        role,
        inputs: if role == Role::Trigger {
            Vec::new()
        } else {
            vec![port("in")]
        },
        outputs: vec![port("out")],
        params,
        lazy: &[],
        code: &[],
        errors: &[],
        examples: Vec::new(),
        definition: None,
    }
}

fn record(properties: &Json, required: &[&str]) -> Json {
    json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn catalogue() -> Catalogue {
    let call = record(
        &json!({
            "url": { "type": "string", "minLength": 1, "description": "where to" },
            "method": { "enum": ["GET", "POST"] },
            "tries": { "type": "integer", "minimum": 1 },
            "headers": { "type": "object", "additionalProperties": { "type": "string" } },
            "body": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "integer" } }] },
        }),
        &["url"],
    );
    let code = record(&json!({ "code": { "type": "string" } }), &["code"]);
    let mut catalogue = Catalogue::built_in();
    for spec in [
        kind("test.start", Role::Trigger, json!({})),
        kind("test.any", Role::Action, json!({})),
        NodeSpec {
            words: &["fetch"],
            ..kind("test.http", Role::Action, call)
        },
        NodeSpec {
            code: &["code"],
            ..kind("test.code", Role::Action, code)
        },
        NodeSpec {
            lazy: &["condition"],
            ..kind("test.loop", Role::Loop, json!({}))
        },
        kind("test.call", Role::Call, json!({})),
        kind("test.broken", Role::Action, json!({ "type": 7 })),
    ] {
        catalogue.add(Arc::new(Kind(spec)));
    }
    catalogue
}

/// Reads a workflow of one line for each node (`a: test.any { params: ... }`), each edge
/// (`a.port -> b.port`), and each other field of the document.
fn workflow(text: &str) -> Workflow {
    let (mut nodes, mut edges, mut rest) = (String::new(), String::new(), String::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((source, target)) = line.split_once(" -> ") {
            let end = |end: &str, name: &str| match end.split_once('.') {
                Some((node, port)) => format!("{name}: {node}, {name}Port: {port}"),
                None => format!("{name}: {end}"),
            };
            edges += &format!(
                "    - {{ {}, {} }}\n",
                end(source, "source"),
                end(target, "target")
            );
        } else if let Some((id, kind)) = line.split_once(": test.") {
            let (kind, fields) = kind.split_once(' ').unwrap_or((kind, "{ }"));
            let fields = fields
                .strip_prefix('{')
                .and_then(|fields| fields.strip_suffix('}'))
                .unwrap();
            nodes += &format!("    - {{ id: {id}, type: test.{kind}, {fields} }}\n");
        } else {
            rest += &format!("{line}\n");
        }
    }
    let text = format!("id: w\n{rest}graph:\n  nodes:\n{nodes}  edges:\n{edges}");
    file::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn problems(text: &str) -> Vec<Problem> {
    check_workflow(&workflow(text), &catalogue())
}

/// Checks that a workflow has exactly these problems, a line for each.
#[track_caller]
fn check(text: &str, expected: &str) {
    let found: Vec<String> = problems(text).iter().map(Problem::to_string).collect();
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(found, expected, "{text}");
}

/// Checks the advice of the only problem.
#[track_caller]
fn check_hint(text: &str, expected: &str) {
    let hints: Vec<_> = problems(text)
        .into_iter()
        .map(|problem| problem.hint)
        .collect();
    assert_eq!(hints, [Some(expected.to_owned())], "{text}");
}

#[test]
fn a_good_workflow_has_no_problems() {
    check(
        r#"
        start: test.start
        fetch: test.http { params: { url: "{{ input.url }}", tries: 2 } }
        each: test.loop { params: { condition: "{{ index < 3 }}" } }
        one: test.code { parent: each, params: { code: "let y = item + index; y" } }
        two: test.any { parent: each, params: { x: "{{ nodes.fetch.output + nodes.one.output }}" } }
        oops: test.any { onError: port }
        after: test.any { notes: "mine" }
        start -> fetch
        fetch -> each
        each -> one
        one -> two
        each -> oops
        oops.error -> after
        "#,
        "",
    );
}

#[test]
fn a_workflow_without_nodes_cannot_run() {
    check("", "error no-nodes /graph/nodes: the workflow has no nodes");
}

#[test]
fn ids_that_are_empty_are_told_even_when_no_file_was_read() {
    let mut workflow = workflow("a: test.any");
    workflow.id = "".into();
    workflow.graph.nodes[0].id = "".into();
    let found: Vec<String> = check_workflow(&workflow, &catalogue())
        .iter()
        .map(Problem::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "error empty-id /id: the workflow's id is empty",
            "error empty-id  /graph/nodes/0/id: the node's id is empty"
        ]
    );
}

#[test]
fn two_nodes_with_one_id() {
    check(
        "a: test.any\n b: test.any\n a: test.any",
        "error duplicate-node a /graph/nodes/2/id: two nodes have the id `a`, number 0 and number 2",
    );
}

#[test]
fn an_unknown_type() {
    check(
        "a: test.htp",
        "error unknown-type a /graph/nodes/0/type: there is no node type `test.htp`",
    );
    check_hint("a: test.htp", "did you mean `test.http`?");
}

#[test]
fn an_unknown_type_by_what_people_call_it() {
    for name in ["fetch", "http"] {
        let mut workflow = workflow("a: test.any");
        workflow.graph.nodes[0].kind = name.into();
        let problems = check_workflow(&workflow, &catalogue());
        assert_eq!(problems[0].code, "unknown-type");
        assert!(
            problems[0].hint.as_ref().unwrap().contains("http"),
            "{problems:?}"
        );
    }
}

#[test]
fn edges_to_and_from_missing_nodes() {
    check(
        "fetch: test.any\n fetch -> b\n fetsh -> fetch",
        "error dangling-edge edge 0 /graph/edges/0/target: the edge's target `b` does not exist
         error dangling-edge edge 1 /graph/edges/1/source: the edge's source `fetsh` does not exist",
    );
    check_hint("fetch: test.any\n fetsh -> fetch", "did you mean `fetch`?");
    check_hint(
        "fetch: test.any\n fetch -> b",
        "add the node, or remove the edge",
    );
}

#[test]
fn unknown_ports() {
    check(
        "a: test.any\n b: test.any\n a.uot -> b\n a -> b.left",
        "error unknown-port edge 0 /graph/edges/0/sourcePort: `a` has no output port `uot`
         error unknown-port edge 1 /graph/edges/1/targetPort: `b` has no input port `left`",
    );
    check_hint(
        "a: test.any\n b: test.any\n a.uot -> b",
        "did you mean `out`?",
    );
    check_hint("a: test.any\n b: test.any\n a -> b.left", "it has `in`");
}

#[test]
fn ports_follow_from_parameters() {
    check(
        "a: test.any { params: { cases: [big, small] } }\n b: test.any\n a.big -> b\n a.out -> b",
        "error unknown-port edge 1 /graph/edges/1/sourcePort: `a` has no output port `out`",
    );
}

#[test]
fn ports_of_unknown_types_are_not_guessed() {
    check(
        "a: test.any\n b: test.nothing\n a -> b.x\n b.y -> a",
        "error cycle a: these nodes wait for each other: a -> b -> a
         error unknown-type b /graph/nodes/1/type: there is no node type `test.nothing`",
    );
}

#[test]
fn an_error_edge_needs_a_node_that_uses_it() {
    check(
        "a: test.any\n b: test.any\n a.error -> b",
        "warning dead-error-port edge 0 /graph/edges/0/sourcePort: nothing ever leaves `a` by its port `error`",
    );
    check_hint(
        "a: test.any\n b: test.any\n a.error -> b",
        "give `a` the field `onError: port`",
    );
}

#[test]
fn an_error_port_needs_an_edge() {
    check(
        "a: test.any { onError: port }",
        "warning open-error-port a /graph/nodes/0/onError: its failure leaves by the port `error`, but no edge begins there",
    );
}

#[test]
fn a_cycle_is_named() {
    check(
        "a: test.any\n b: test.any\n c: test.any\n a -> b\n b -> c\n c -> a",
        "error cycle a: these nodes wait for each other: a -> b -> c -> a",
    );
}

#[test]
fn a_self_edge_is_a_cycle() {
    check(
        "a: test.any\n a -> a",
        "error cycle a: these nodes wait for each other: a -> a",
    );
}

#[test]
fn two_cycles_are_two_problems() {
    check(
        "a: test.any\n b: test.any\n c: test.any\n a -> b\n b -> a\n c -> c\n b -> c",
        "error cycle a: these nodes wait for each other: a -> b -> a
         error cycle c: these nodes wait for each other: c -> c",
    );
}

#[test]
fn a_long_cycle_is_cut() {
    let nodes: String = (0..30).map(|i| format!("n{i}: test.any\n")).collect();
    let edges: String = (0..30)
        .map(|i| format!("n{i} -> n{}\n", (i + 1) % 30))
        .collect();
    let found = problems(&format!("{nodes}{edges}"));
    assert!(
        found[0].message.ends_with("n9 -> (20 more) -> n0"),
        "{found:?}"
    );
}

#[test]
fn a_cycle_inside_a_loop_is_one_too() {
    check(
        "l: test.loop\n a: test.any { parent: l }\n b: test.any { parent: l }\n a -> b\n b -> a",
        "error cycle a: these nodes wait for each other: a -> b -> a",
    );
}

#[test]
fn edges_do_not_cross_the_border_of_a_loop() {
    check(
        "a: test.any\n l: test.loop\n x: test.any { parent: l }\n a -> x\n x -> a\n x -> l\n l -> x",
        "error edge-crosses-loop edge 0: the edge from `a` to `x` crosses the border of a loop
         error edge-crosses-loop edge 1: the edge from `x` to `a` crosses the border of a loop
         error edge-crosses-loop edge 2: the edge from `x` to `l` crosses the border of a loop",
    );
    check_hint(
        "l: test.loop\n x: test.any { parent: l }\n x -> l",
        "remove the edge: a loop collects what the last nodes of its body give",
    );
}

#[test]
fn an_edge_between_two_loops_crosses() {
    check(
        "l: test.loop\n m: test.loop\n x: test.any { parent: l }\n y: test.any { parent: m }\n x -> y",
        "error edge-crosses-loop edge 0: the edge from `x` to `y` crosses the border of a loop",
    );
}

#[test]
fn a_parent_that_is_not_there() {
    check(
        "each: test.loop\n x: test.any { parent: each }\n y: test.any { parent: eahc }",
        "error unknown-parent y /graph/nodes/2/parent: its parent `eahc` does not exist",
    );
    check_hint(
        "each: test.loop\n x: test.any { parent: each }\n y: test.any { parent: eahc }",
        "did you mean `each`?",
    );
}

#[test]
fn a_parent_that_is_no_loop() {
    check(
        "a: test.any\n x: test.any { parent: a }",
        "error parent-not-loop x /graph/nodes/1/parent: its parent `a` is a `test.any`, not a loop",
    );
}

#[test]
fn parents_that_go_round() {
    check(
        "l: test.loop { parent: m }\n m: test.loop { parent: l }\n x: test.any { parent: l }",
        "error parent-cycle l /graph/nodes/0/parent: a loop cannot stand inside itself: `l`, `m`",
    );
    check(
        "l: test.loop { parent: l }",
        "error parent-cycle l /graph/nodes/0/parent: a loop cannot stand inside itself: `l`",
    );
}

#[test]
fn loops_nested_too_deep() {
    let loops: String = (1..=66)
        .map(|i| format!("l{i}: test.loop {{ parent: l{} }}\n", i - 1))
        .collect();
    check(
        &format!("l0: test.loop\n{loops}x: test.any {{ parent: l66 }}"),
        "error too-deep l65 /graph/nodes/65/parent: loops are nested deeper than 64",
    );
}

#[test]
fn a_loop_without_a_body() {
    check(
        "l: test.loop",
        "error empty-loop l: the loop `l` has no body",
    );
}

#[test]
fn a_trigger_inside_a_loop() {
    check(
        "l: test.loop\n s: test.start { parent: l }",
        "error trigger-in-loop s /graph/nodes/1/parent: a trigger starts a run, so it cannot be inside a loop",
    );
}

#[test]
fn nodes_that_no_trigger_reaches() {
    check(
        "s: test.start\n a: test.any\n b: test.any\n c: test.any\n s -> a\n b -> c",
        "warning unreachable b: no trigger leads to this node, so it never runs
         warning unreachable c: no trigger leads to this node, so it never runs",
    );
}

#[test]
fn without_a_trigger_everything_starts() {
    check("a: test.any\n b: test.any", "");
}

#[test]
fn an_edge_into_a_trigger() {
    check(
        "a: test.any\n s: test.start\n s -> a\n t: test.start\n a -> t",
        "error edge-into-trigger edge 1 /graph/edges/1/target: `t` is a trigger: nothing comes before it",
    );
}

#[test]
fn edges_that_are_there_twice() {
    check(
        "a: test.any\n b: test.any\n a -> b\n a.out -> b.in",
        "warning duplicate-edge edge 1: the edge is there twice: it is the same as edge 0",
    );
}

#[test]
fn a_missing_parameter() {
    check(
        "a: test.http",
        "error missing-param a /url: the parameter `url` is missing",
    );
    check_hint("a: test.http", "where to");
}

#[test]
fn mistyped_parameters_all_at_once() {
    check(
        "a: test.http { params: { url: 7, tries: 0, method: PSOT, headers: { x: [1] } } }",
        "error wrong-param a /headers/x: expected a text, found a list of 1
         error wrong-param a /method: expected one of `GET`, `POST`, found the text `PSOT`
         error wrong-param a /tries: expected 1 or more, found `0`
         error wrong-param a /url: expected a text, found `7`",
    );
    check_hint(
        "a: test.http { params: { url: x, method: PSOT } }",
        "did you mean `POST`?",
    );
}

#[test]
fn an_unknown_parameter() {
    check(
        "a: test.http { params: { url: x, metod: GET } }",
        "warning unknown-param a /metod: there is no parameter `metod`",
    );
    check_hint(
        "a: test.http { params: { url: x, metod: GET } }",
        "did you mean `method`?",
    );
    check_hint(
        "a: test.http { params: { url: x, colour: red } }",
        "it knows `body`, `headers`, `method`, `tries`, `url`",
    );
}

#[test]
fn an_expression_may_stand_for_anything() {
    check(
        r#"a: test.http { params: { url: x, tries: "{{ 1 }}", headers: "{{ input }}", method: "{{ input.m }}", body: ["{{ 1 }}"] } }"#,
        "",
    );
}

#[test]
fn a_template_does_not_hide_what_is_wrong_around_it() {
    check(
        r#"a: test.http { params: { tries: { x: "{{ 1 }}" } } }"#,
        "error wrong-param a /tries: expected a whole number, found a record
         error missing-param a /url: the parameter `url` is missing",
    );
}

#[test]
fn of_several_forms_the_meant_one_is_complained_about() {
    check(
        "a: test.http { params: { url: x, body: [1, b] } }",
        "error wrong-param a /body/1: expected a whole number, found the text `b`",
    );
    check(
        "a: test.http { params: { url: x, body: true } }",
        "error wrong-param a /body: expected a text, or a list, found `true`",
    );
}

#[test]
fn pointers_into_parameters_are_escaped() {
    check(
        "a: test.http { params: { url: x, headers: { 'a/b~c': 1 } } }",
        "error wrong-param a /headers/a~1b~0c: expected a text, found `1`",
    );
}

#[test]
fn a_node_type_whose_schema_is_wrong_is_told_once() {
    let found = problems("a: test.broken\n b: test.broken");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "broken-schema");
}

#[test]
fn a_disabled_node_is_only_warned_about() {
    check(
        r#"a: test.http { disabled: true, params: { tries: "{{ 1 + }}" } }"#,
        "warning expression-syntax a /tries 1:7: the expression does not parse: script is incomplete
         warning missing-param a /url: the parameter `url` is missing",
    );
}

#[test]
fn a_script_that_does_not_parse() {
    let found = problems("a: test.code { params: { code: \"let x = 1;\\nlet y = ;\" } }");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "script-syntax");
    assert_eq!(found[0].place.to_string(), "a /code 2:9");
}

#[test]
fn an_expression_that_does_not_parse_has_its_place_in_the_text() {
    let found =
        problems("a: test.any { params: { x: { y: [\"é: {{ 1 }}\\nand {{ 1 + * }}\"] } } }");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "expression-syntax");
    assert_eq!(found[0].place.to_string(), "a /x/y/0 2:12");
}

#[test]
fn more_expressions_than_a_node_may_have() {
    let text = |count| {
        format!(
            "a: test.any {{ params: {{ x: [{}] }} }}",
            "\"{{ 1 }}\",".repeat(count)
        )
    };
    check(&text(1_000), "");
    check(
        &text(1_001),
        "error too-many-expressions a: more than 1000 expressions",
    );
}

#[test]
fn scripts_hold_braces_of_their_own() {
    check(
        r#"a: test.code { params: { code: "let t = `{{ not an expression`; t" } }"#,
        "",
    );
}

#[test]
fn reading_a_node_that_does_not_exist() {
    check(
        r#"fetch: test.any
           b: test.any { params: { x: "{{ nodes[\"fetsh\"].output }}" } }
           fetch -> b"#,
        r#"error unknown-node b /x: `nodes["fetsh"]` is read here, but there is no such node"#,
    );
    check_hint(
        r#"fetch: test.any
           b: test.any { params: { x: "{{ nodes.fetsh.output }}" } }"#,
        "did you mean `fetch`?",
    );
}

#[test]
fn reading_a_node_that_comes_later_or_beside() {
    check(
        r#"a: test.any { params: { x: "{{ nodes.b.output }}" } }
           b: test.any { params: { x: "{{ nodes.c.output + nodes.a.output }}" } }
           c: test.any { params: { x: "{{ nodes.c.output }}" } }
           a -> b"#,
        r#"error not-upstream a /x: `nodes["b"]` is read here, but `b` does not come before `a`
           error not-upstream b /x: `nodes["c"]` is read here, but `c` does not come before `b`
           error not-upstream c /x: `nodes["c"]` is read here, but `c` does not come before `c`"#,
    );
}

#[test]
fn reading_a_node_far_upstream_is_fine() {
    check(
        r#"a: test.any
           b: test.any
           c: test.code { params: { code: "nodes[\"a\"].output" } }
           a -> b
           b -> c"#,
        "",
    );
}

#[test]
fn reading_into_a_loop_is_not_possible() {
    let text = r#"l: test.loop
           x: test.any { parent: l }
           b: test.any { params: { x: "{{ nodes.x.output }}" } }
           l -> b"#;
    check(
        text,
        r#"error not-upstream b /x: `nodes["x"]` is read here, but `x` does not come before `b`"#,
    );
    check_hint(
        text,
        "`x` is inside the loop `l`: read `nodes[\"l\"].output`",
    );
}

#[test]
fn reading_the_loop_from_inside_is_not_possible() {
    let text = r#"l: test.loop
           x: test.any { parent: l, params: { x: "{{ nodes.l.output }}" } }"#;
    check(
        text,
        r#"error not-upstream x /x: `nodes["l"]` is read here, but `l` does not come before `x`"#,
    );
    check_hint(text, "inside a loop read `item`, and `index`");
}

#[test]
fn reading_out_of_a_loop_is_fine() {
    check(
        r#"a: test.any
           l: test.loop
           m: test.loop { parent: l }
           x: test.any { parent: m, params: { x: "{{ nodes.a.output }}" } }
           a -> l"#,
        "",
    );
}

#[test]
fn item_and_index_belong_inside_loops() {
    check(
        r#"a: test.any { params: { x: "{{ item.price * index }}" } }"#,
        "warning outside-loop a /x: `index` is read here, but the node is not inside a loop
         warning outside-loop a /x: `item` is read here, but the node is not inside a loop",
    );
}

#[test]
fn an_item_of_ones_own_is_fine_everywhere() {
    check(
        r#"a: test.code { params: { code: "let t = 0; for item in input { t += item; } t" } }
           b: test.any { params: { x: "{{ input.rows.map(|item| item.price) }}" } }"#,
        "",
    );
}

#[test]
fn names_that_are_nearly_right() {
    check(
        r#"a: test.any { params: { x: "{{ inptu.price }}", y: "{{ input.rows.map(|itm| itm.price) }}" } }
           b: test.code { params: { code: "let items = input.rows; node[\"a\"].output + items" } }
           a -> b"#,
        "warning unknown-name a /x: `inptu` is not there; expressions read `input`, `nodes`, `item`, `index`, `run`, `vars`
         warning unknown-name b /code: `node` is not there; expressions read `input`, `nodes`, `item`, `index`, `run`, `vars`",
    );
    check_hint(
        r#"a: test.any { params: { x: "{{ inptu.price }}" } }"#,
        "did you mean `input`?",
    );
}

#[test]
fn credentials_are_not_there() {
    check(
        r#"a: test.any { params: { x: "Bearer {{ credentials.stripe }}" } }
           b: test.code { params: { code: "secrets[\"key\"]" } }
           c: test.code { params: { code: "let secrets = 1; secrets" } }
           a -> b
           b -> c"#,
        "error no-credentials a /x: `credentials` is read here, and there is no such thing
         error no-credentials b /code: `secrets` is read here, and there is no such thing",
    );
}

#[test]
fn numbers_out_of_range() {
    check(
        "a: test.any { timeoutMs: 0, retry: { maxAttempts: 0, jitter: -1, backoffMultiplier: -2 } }
         b: test.any { timeoutMs: 99999999999999, retry: { jitter: true, delayMs: 5, maxDelayMs: 2 } }
         config: { maxParallel: 0, limits: { maxFrames: 0, maxValueBytes: 0 } }",
        "error out-of-range /config/limits/maxFrames: expected 1 or more, found 0
         error out-of-range /config/limits/maxValueBytes: expected 1 or more, found 0
         error out-of-range /config/maxParallel: expected 1 or more, found 0
         error out-of-range a /graph/nodes/0/retry/backoffMultiplier: expected 0 or more, found -2
         error out-of-range a /graph/nodes/0/retry/jitter: expected a number from 0 to 1, found -1
         error out-of-range a /graph/nodes/0/retry/maxAttempts: expected 1 or more, found 0
         error out-of-range a /graph/nodes/0/timeoutMs: expected 1 or more, found 0
         warning delay-cut b /graph/nodes/1/retry/delayMs: `delayMs` is 5, but no wait is longer than `maxDelayMs`, 2
         error out-of-range b /graph/nodes/1/timeoutMs: expected at most 31622400000, a year, as `timeoutMs`, found 99999999999999",
    );
}

#[test]
fn a_workflow_retry_that_is_never_used() {
    check(
        "a: test.any\n config: { retry: { maxAttempts: 2 } }",
        "warning unused-retry /config/retry: the workflow's `retry` is never used, because `errorHandling` is not `retry`",
    );
    check(
        "a: test.any\n config: { errorHandling: retry, retry: { maxAttempts: 2 } }",
        "",
    );
}

#[test]
fn fields_that_are_nearly_right() {
    check(
        "a: test.any { on_error: port, timeout: 5, position: { x: 1 }, note: hello, retry: { jiter: 1 } }
         b: test.any
         a -> b
         confg: { maxParallel: 2 }",
        "warning unknown-field /confg: the field `confg` is not known
         warning unknown-field a /graph/nodes/0/on_error: the field `on_error` is not known
         warning unknown-field a /graph/nodes/0/retry/jiter: the field `jiter` is not known
         warning unknown-field a /graph/nodes/0/timeout: the field `timeout` is not known",
    );
    check_hint("a: test.any { on_error: port }", "did you mean `onError`?");
    check_hint("a: test.any { timeout: 5 }", "did you mean `timeoutMs`?");
}

#[test]
fn a_call_names_its_workflow() {
    check(
        r#"a: test.call { params: { workflow: " " } }
           b: test.call { params: { workflow: "{{ input.id }}" } }
           c: test.call { params: { workflow: other } }"#,
        "error empty-call a /workflow: the id of the workflow to call is empty",
    );
}

#[test]
fn problems_stand_in_the_files_order() {
    check(
        "z: test.nothing\n a: test.nothing\n z -> q\n config: { maxParallel: 0 }",
        "error out-of-range /config/maxParallel: expected 1 or more, found 0
         error unknown-type z /graph/nodes/0/type: there is no node type `test.nothing`
         error unknown-type a /graph/nodes/1/type: there is no node type `test.nothing`
         error dangling-edge edge 0 /graph/edges/0/target: the edge's target `q` does not exist",
    );
}

#[test]
fn names_from_strangers_are_cut() {
    let mut workflow = workflow("a: test.any");
    workflow.graph.nodes[0].kind = format!("x\n{}", "y".repeat(1_000_000));
    let found = check_workflow(&workflow, &catalogue());
    assert!(
        found[0].message.len() < 200 && !found[0].message.contains('\n'),
        "{}",
        found[0].message.len()
    );
}

/// A workflow of so many nodes, made without a file.
fn large(
    nodes: usize,
    node: impl Fn(usize) -> Json,
    edges: impl Iterator<Item = (usize, usize)>,
) -> Workflow {
    let mut workflow = workflow("");
    let read = |i| serde_json::from_value(node(i)).unwrap();
    workflow.graph.nodes = (0..nodes).map(read).collect();
    let edge = |(source, target)| Edge {
        source: format!("n{source}").into(),
        source_port: "out".into(),
        target: format!("n{target}").into(),
        target_port: "in".into(),
        extra: Extra::new(),
    };
    workflow.graph.edges = edges.map(edge).collect();
    workflow
}

#[test]
fn many_problems_are_cut_and_counted() {
    let workflow = large(
        12_000,
        |i| json!({ "id": format!("n{i}"), "type": "no" }),
        std::iter::empty(),
    );
    let found = check_workflow(&workflow, &catalogue());
    assert_eq!(found.len(), super::PROBLEMS_MAX + 1);
    assert_eq!(
        found.last().unwrap().message,
        "2000 more problems were found"
    );
}

/// Checks a large workflow: how many problems of which kinds it has, and that finding them is quick.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "the time it takes is what is tested"
)]
fn check_large(workflow: &Workflow, expected: &str) {
    let start = Instant::now();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for problem in check_workflow(workflow, &catalogue()) {
        *counts.entry(problem.code).or_default() += 1;
    }
    // Ten times what it takes without optimisation; what is not linear takes minutes.
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    let found: Vec<String> = counts
        .iter()
        .map(|(code, count)| format!("{count} {code}"))
        .collect();
    assert_eq!(found.join(", "), expected);
}

fn plain(i: usize) -> Json {
    json!({ "id": format!("n{i}"), "type": "test.any" })
}

/// A node that reads the output of another.
fn reading(i: usize, other: usize) -> Json {
    let x = format!("{{{{ nodes.n{other}.output + 1 }}}}");
    json!({ "id": format!("n{i}"), "type": "test.any", "params": { "x": x } })
}

fn chain(nodes: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..nodes).map(|i| (i - 1, i))
}

#[test]
fn a_chain_of_a_hundred_thousand_nodes_is_checked_without_recursion() {
    let node = |i: usize| if i == 0 { plain(0) } else { reading(i, i - 1) };
    check_large(&large(100_000, node, chain(100_000)), "");
}

#[test]
fn large_rings_and_knots_are_found() {
    let ring = chain(50_000).chain([(49_999, 0)]);
    check_large(&large(50_000, plain, ring), "1 cycle");
    let knots =
        (0..9_999).flat_map(|i| [(2 * i, 2 * i + 1), (2 * i + 1, 2 * i), (2 * i, 2 * i + 2)]);
    check_large(&large(20_000, plain, knots), "9999 cycle");
}

#[test]
fn a_million_edges_on_one_node() {
    let edges = (0..1_000_000).map(|_| (0, 1));
    check_large(
        &large(2, plain, edges),
        "10000 duplicate-edge, 1 more-problems",
    );
}

#[test]
fn many_reads_from_far_away() {
    let node = |i: usize| if i == 0 { plain(0) } else { reading(i, i / 2) };
    check_large(&large(20_000, node, chain(20_000)), "");
}

#[test]
fn many_loops_in_loops() {
    let node = |i: usize| {
        let parent = i.checked_sub(1).map(|outer| format!("n{outer}"));
        json!({ "id": format!("n{i}"), "type": "test.loop", "parent": parent, "params": { "x": "{{ nodes.n0 }}" } })
    };
    let workflow = large(9_000, node, std::iter::empty());
    check_large(&workflow, "1 empty-loop, 9000 not-upstream, 1 too-deep");
}

#[test]
fn many_wrong_names() {
    let strangers = |i: usize| json!({ "id": format!("n{i}"), "type": format!("test.hhtp{i}") });
    check_large(
        &large(9_000, strangers, std::iter::empty()),
        "9000 unknown-type",
    );
    let dangling = (0..9_000).map(|i| (i, i + 9_000));
    check_large(&large(9_000, plain, dangling), "9000 dangling-edge");
}

#[test]
fn the_example_of_the_design_has_no_problems() {
    let workflow = file::parse(include_str!("../workflow/file/example.yaml")).unwrap();
    let found = check_workflow(&workflow, &Catalogue::built_in());
    assert_eq!(found, []);
}

#[test]
fn the_examples_of_every_node_type_have_good_parameters() {
    let catalogue = Catalogue::built_in();
    for node_type in catalogue.iter() {
        for example in &node_type.spec().examples {
            let node = json!({ "id": "a", "type": node_type.spec().name, "params": example.params, "parent": "loop" });
            let around = json!({ "id": "loop", "type": "flow.for_each" });
            let json = json!({ "id": "w", "graph": { "nodes": [around, node] } });
            let workflow: Workflow = serde_json::from_value(json).unwrap();
            let problems = check_workflow(&workflow, &catalogue);
            let inside: Vec<_> = problems
                .iter()
                .filter(|problem| problem.place.param.is_some())
                .collect();
            assert!(
                inside.is_empty(),
                "{}, {}: {inside:?}",
                node_type.spec().name,
                example.title
            );
        }
    }
}
