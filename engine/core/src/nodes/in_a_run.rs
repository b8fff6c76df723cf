//! Node types at work: whole workflows on the machine, their scripts evaluated, the world scripted.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::testing::{value, word};
use crate::effect::Outcome;
use crate::event::{Mode, RunEnding};
use crate::failure::{Failure, FailureKind};
use crate::id::RunId;
use crate::machine::{Arrival, Outstanding, Plan, Request, Run, step};
use crate::node_type::Catalogue;
use crate::script::Evaluator;
use crate::time::Timestamp;
use crate::workflow::file::parse;

/// Most turns of one run.
const TURNS_MAX: usize = 1_000;

/// Checks how a run of this graph ends: `completed OUTPUT` or `failed KIND: MESSAGE`. The outcomes answer
/// the run's effects in the order in which they are asked for; all must be used.
fn check(graph: &str, input: Json, outcomes: Vec<Outcome>, expected: &str) {
    let text = format!("id: w\ngraph:\n{graph}");
    let workflow = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let catalogue = Arc::new(Catalogue::built_in());
    let plan = Arc::new(Plan::new(workflow, &catalogue));
    let mut world = World {
        run: Run::new(RunId(uuid::Uuid::nil()), plan, catalogue),
        arrivals: VecDeque::from([Arrival::Start {
            input: value(input),
            mode: Mode::Live,
        }]),
        outcomes: outcomes.into(),
    };
    assert_eq!(world.play(), expected);
    assert_eq!(world.outcomes, [], "outcomes that nobody asked for");
}

struct World {
    run: Run,
    arrivals: VecDeque<Arrival>,
    outcomes: VecDeque<Outcome>,
}

impl World {
    fn play(&mut self) -> String {
        for _ in 0..TURNS_MAX {
            if let Some(ending) = self.run.ending() {
                return told(ending);
            }
            let arrival = self
                .arrivals
                .pop_front()
                .expect("the run waits for nothing");
            let step = step(&mut self.run, arrival, &Timestamp(1_000_000));
            self.arrivals.extend(step.more.then_some(Arrival::Continue));
            for request in step.requests {
                let arrival = self.answer(request);
                self.arrivals.push_back(arrival);
            }
        }
        panic!("the run does not end in {TURNS_MAX} turns");
    }

    fn answer(&mut self, request: Request) -> Arrival {
        match request {
            Request::Perform(Outstanding {
                frame,
                ordinal,
                effect,
            }) => {
                let outcome = self.outcomes.pop_front();
                let outcome = outcome.unwrap_or_else(|| panic!("nothing answers {effect:?}"));
                Arrival::Answered {
                    frame,
                    ordinal,
                    outcome,
                    took_ms: 1,
                }
            }
            Request::Evaluate { frame, request, .. } => {
                let reply = Evaluator::new().evaluate(&request);
                Arrival::Evaluated {
                    frame,
                    request,
                    reply,
                    memo: false,
                }
            }
        }
    }
}

fn told(ending: &RunEnding) -> String {
    match ending {
        RunEnding::Completed { output } => format!("completed {}", output.to_json()),
        RunEnding::Failed { error } => format!("failed {}: {}", word(&error.kind), error.message),
        RunEnding::Cancelled => "cancelled".into(),
    }
}

#[test]
fn for_each_collects_what_the_body_gives() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: each, type: flow.for_each, params: { items: "{{ input.names }}", parallelism: 2 } }
    - { id: first, type: data.template, parent: each, params: { text: "{{ index }}: {{ item }}", as: text } }
    - { id: second, type: data.set, parent: each, params: { fields: { line: "{{ input }}", loud: "{{ item.to_upper() }}" } } }
  edges:
    - { source: start, target: each }
    - { source: first, target: second }
"#;
    let expected = r#"completed [{"line":"0: ada","loud":"ADA"},{"line":"1: bob","loud":"BOB"}]"#;
    check(graph, json!({ "names": ["ada", "bob"] }), vec![], expected);
    check(graph, json!({ "names": [] }), vec![], "completed []");
}

#[test]
fn while_carries_a_value_from_round_to_round() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: more, type: flow.while, params: { condition: "{{ input.n < 3 }}" } }
    - { id: step, type: data.set, parent: more, params: { fields: { n: "{{ input.n + 1 }}", was: "{{ item.n }}", at: "{{ index }}" } } }
  edges:
    - { source: start, target: more }
"#;
    check(
        graph,
        json!({ "n": 0 }),
        vec![],
        r#"completed {"at":2,"n":3,"was":2}"#,
    );
    check(graph, json!({ "n": 9 }), vec![], r#"completed {"n":9}"#);
    let limited = graph.replace("< 3 }}\"", "< 3 }}\", maxIterations: 2");
    check(
        &limited,
        json!({ "n": 0 }),
        vec![],
        "failed limit: the condition still holds after 2 rounds",
    );
}

#[test]
fn ways_that_part_come_together_in_a_join() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: large, type: flow.if, params: { condition: "{{ input.total > 100 }}" } }
    - { id: yes, type: data.set, params: { fields: { way: yes } } }
    - { id: no, type: data.set, params: { fields: { way: no } } }
    - { id: end, type: flow.join, params: { mode: first } }
  edges:
    - { source: start, target: large }
    - { source: large, sourcePort: "true", target: yes }
    - { source: large, sourcePort: "false", target: no }
    - { source: yes, target: end }
    - { source: no, target: end }
"#;
    check(
        graph,
        json!({ "total": 101 }),
        vec![],
        r#"completed {"way":"yes"}"#,
    );
    check(
        graph,
        json!({ "total": 100 }),
        vec![],
        r#"completed {"way":"no"}"#,
    );
}

#[test]
fn a_switch_has_the_ports_that_its_parameters_name() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - id: way
      type: flow.switch
      params: { value: "{{ input }}", cases: [{ port: one, equals: 1 }, { port: two, equals: 2 }] }
    - { id: a, type: data.template, params: { text: "a", as: text } }
    - { id: b, type: data.template, params: { text: "b", as: text } }
    - { id: c, type: data.template, params: { text: "c", as: text } }
  edges:
    - { source: start, target: way }
    - { source: way, sourcePort: one, target: a }
    - { source: way, sourcePort: two, target: b }
    - { source: way, sourcePort: default, target: c }
"#;
    let end = |input: Json| match input.as_i64() {
        Some(1) => r#"{"a":"a"}"#,
        Some(2) => r#"{"b":"b"}"#,
        _ => r#"{"c":"c"}"#,
    };
    for input in [json!(1), json!(2), json!("1")] {
        check(
            graph,
            input.clone(),
            vec![],
            &format!("completed {}", end(input)),
        );
    }
}

#[test]
fn merging_follows_the_order_of_the_edges() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: a, type: data.set, params: { fields: { from: a, a: 1 } } }
    - { id: b, type: data.set, params: { fields: { from: b, b: 2 } } }
    - { id: all, type: data.merge }
  edges:
    - { source: start, target: a }
    - { source: start, target: b }
    - { source: b, target: all }
    - { source: a, target: all }
"#;
    check(
        graph,
        json!(null),
        vec![],
        r#"completed {"a":1,"b":2,"from":"a"}"#,
    );
}

#[test]
fn a_called_workflow_gives_its_output() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: call, type: flow.call, params: { workflow: double, input: { n: "{{ input }}" } } }
    - { id: end, type: data.set, params: { fields: { got: "{{ input }}" } } }
  edges:
    - { source: start, target: call }
    - { source: call, target: end }
"#;
    let called = json!({
        "id": "double",
        "graph": {
            "nodes": [
                { "id": "start", "type": "trigger.manual" },
                { "id": "twice", "type": "code.rhai", "params": { "code": "input.n * 2" } },
            ],
            "edges": [{ "source": "start", "target": "twice" }],
        },
    });
    check(
        graph,
        json!(21),
        vec![Ok(value(called))],
        r#"completed {"got":42}"#,
    );
    let missing = Failure::new(FailureKind::NotFound, "there is no workflow `double`");
    check(
        graph,
        json!(21),
        vec![Err(missing)],
        "failed notFound: there is no workflow `double`",
    );
}

#[test]
fn waits_approvals_and_calls_go_on_with_their_answers() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: wait, type: flow.wait, params: { durationMs: 1000 } }
    - { id: ask, type: flow.approve, params: { message: "Go on with {{ input.id }}?" } }
    - { id: call, type: http.request, params: { url: "https://example.com/{{ input.id }}" } }
    - { id: refused, type: flow.fail, params: { message: "{{ input.approval.by }} said no" } }
  edges:
    - { source: start, target: wait }
    - { source: wait, target: ask }
    - { source: ask, sourcePort: approved, target: call }
    - { source: ask, sourcePort: rejected, target: refused }
"#;
    let slept = || Ok(value(json!(null)));
    let decision = |approved: bool| Ok(value(json!({ "approved": approved, "by": "kim" })));
    let response =
        json!({ "body": "hi", "headers": {}, "status": 200, "url": "https://example.com/7" });
    let all = vec![slept(), decision(true), Ok(value(response.clone()))];
    check(
        graph,
        json!({ "id": 7 }),
        all,
        &format!(r#"completed {{"call":{response}}}"#),
    );
    check(
        graph,
        json!({ "id": 7 }),
        vec![slept(), decision(false)],
        "failed raised: kim said no",
    );
}

#[test]
fn an_error_status_leaves_by_the_error_port() {
    let graph = r#"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: call, type: http.request, params: { url: "{{ input.url }}" }, onError: port }
    - { id: note, type: data.set, params: { fields: { status: "{{ input.error.details.status }}" } } }
  edges:
    - { source: start, target: call }
    - { source: call, sourcePort: error, target: note }
"#;
    let response =
        json!({ "status": 503, "headers": {}, "body": null, "url": "https://example.com/" });
    let input = json!({ "url": "https://example.com/" });
    check(
        graph,
        input,
        vec![Ok(value(response))],
        r#"completed {"status":503}"#,
    );
}

#[test]
fn a_script_goes_on_after_its_effects() {
    let graph = r##"
  nodes:
    - { id: start, type: trigger.manual }
    - { id: code, type: code.rhai, params: { code: "let a = now(); let b = random(); #{ a: a, b: b, input: input }" } }
    - { id: log, type: log, params: { message: "{{ input.a }}" } }
  edges:
    - { source: start, target: code }
    - { source: code, target: log }
"##;
    let outcomes = vec![Ok(5.into()), Ok(0.5.into())];
    check(
        graph,
        json!([1]),
        outcomes,
        r#"completed {"a":5,"b":0.5,"input":[1]}"#,
    );
}
