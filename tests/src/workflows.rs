//! Workflows that the crash simulator plays: small, and each with another way to be cut in half.

use flowforge_engine::workflow::file;
use flowforge_engine::{Value, Workflow};
use serde_json::json;

use crate::TestServer;

/// A workflow, what it starts with, and what it calls.
#[derive(Clone, Debug)]
pub struct Story {
    /// What it shows.
    pub name: &'static str,
    /// What runs.
    pub workflow: Workflow,
    /// What it goes on with when it waits.
    pub mend: Option<Workflow>,
    /// What it calls.
    pub called: Vec<Workflow>,
    /// What it starts with.
    pub input: Value,
    /// Whether one thing happens after the other, so that the order of events is decided too.
    pub is_ordered: bool,
    /// Whether every effect may be performed again.
    pub is_repeatable: bool,
}

impl Story {
    /// A story whose calls to `SHOP` go to this server.
    fn new(name: &'static str, server: &TestServer, text: &str) -> Self {
        Self {
            name,
            workflow: parse(&text.replace("SHOP", &server.url(""))),
            mend: None,
            called: Vec::new(),
            input: Value::from_json(&json!({ "x": 1 })),
            is_ordered: true,
            is_repeatable: true,
        }
    }
}

/// A workflow from its text.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn parse(text: &str) -> Workflow {
    file::parse(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// Every story, with the calls going to this server.
#[must_use]
pub fn stories(server: &TestServer) -> Vec<Story> {
    let tellers = [
        chain, fan, each, rounds, flaky, call, big, script, payment, mended,
    ];
    tellers.map(|teller| teller(server)).into()
}

fn chain(server: &TestServer) -> Story {
    Story::new("chain", server, "
id: chain
graph:
  nodes:
    - { id: a, type: http.request, params: { url: 'SHOP/json?a' } }
    - { id: b, type: data.set, params: { fields: { n: '{{ input.body.number + 1 }}' } } }
    - { id: c, type: http.request, params: { method: POST, url: 'SHOP/echo?n={{ input.n }}', idempotencyKey: true } }
    - { id: d, type: flow.wait, params: { durationMs: 1 } }
    - { id: e, type: http.request, params: { method: PUT, url: 'SHOP/echo?e', body: '{{ input.body.query }}', idempotent: true } }
    - { id: f, type: log, params: { message: 'sent {{ input.body.body }}' } }
  edges:
    - { source: a, target: b }
    - { source: b, target: c }
    - { source: c, target: d }
    - { source: d, target: e }
    - { source: e, target: f }
")
}

fn fan(server: &TestServer) -> Story {
    let story = Story::new("fan", server, "
id: fan
config: { maxParallel: 3 }
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: a, type: http.request, params: { url: 'SHOP/json?a' } }
    - { id: b, type: http.request, params: { method: POST, url: 'SHOP/echo?b', idempotencyKey: true } }
    - { id: c, type: data.set, params: { fields: { c: '{{ input.x + 2 }}' } } }
    - { id: d, type: http.request, params: { url: 'SHOP/orders?d' } }
    - { id: odd, type: flow.if, params: { condition: '{{ input.x > 1 }}' } }
    - { id: never, type: http.request, params: { url: 'SHOP/json?never' } }
    - { id: join, type: flow.join }
    - { id: sum, type: data.set, params: { fields: { n: '{{ input.a.body.number + input.c.c }}', query: '{{ input.b.body.query }}' } } }
  edges:
    - { source: start, target: a }
    - { source: start, target: b }
    - { source: start, target: c }
    - { source: start, target: d }
    - { source: start, target: odd }
    - { source: odd, sourcePort: 'true', target: never }
    - { source: a, target: join }
    - { source: b, target: join }
    - { source: c, target: join }
    - { source: d, target: join }
    - { source: never, target: join }
    - { source: join, target: sum }
");
    Story {
        is_ordered: false,
        ..story
    }
}

fn each(server: &TestServer) -> Story {
    let story = Story::new("each", server, "
id: each
graph:
  nodes:
    - { id: each, type: flow.for_each, params: { items: [1, 2, 3, 4], parallelism: 2 } }
    - { id: get, type: http.request, parent: each, params: { url: 'SHOP/json?{{ item }}' } }
    - { id: keep, type: data.set, parent: each, params: { fields: { n: '{{ input.body.number + index }}' } } }
    - { id: put, type: http.request, parent: each, params: { method: PUT, url: 'SHOP/echo?{{ input.n }}', idempotencyKey: true } }
  edges:
    - { source: get, target: keep }
    - { source: keep, target: put }
");
    Story {
        is_ordered: false,
        ..story
    }
}

fn rounds(server: &TestServer) -> Story {
    Story::new("rounds", server, "
id: rounds
graph:
  nodes:
    - { id: start, type: data.set, params: { fields: { n: 0 } } }
    - { id: more, type: flow.while, params: { condition: '{{ input.n < 3 }}' } }
    - { id: send, type: http.request, parent: more, params: { method: POST, url: 'SHOP/echo?{{ input.n }}', idempotencyKey: true } }
    - { id: grow, type: data.set, parent: more, params: { fields: { n: '{{ index + 1 }}', key: '{{ input.body.headers }}' } } }
  edges:
    - { source: start, target: more }
    - { source: send, target: grow }
")
}

fn flaky(server: &TestServer) -> Story {
    Story::new("flaky", server, "
id: flaky
graph:
  nodes:
    - { id: a, type: http.request, params: { url: 'SHOP/status/503?a' }, retry: { maxAttempts: 3, delayMs: 1 }, onError: port }
    - { id: b, type: http.request, params: { url: 'SHOP/json?b' } }
    - { id: c, type: http.request, params: { url: 'SHOP/status/500?c' }, onError: continue }
    - { id: d, type: data.set, params: { fields: { kind: '{{ input.error.kind }}' } } }
  edges:
    - { source: a, sourcePort: error, target: b }
    - { source: b, target: c }
    - { source: c, target: d }
")
}

fn call(server: &TestServer) -> Story {
    let story = Story::new("call", server, "
id: call
graph:
  nodes:
    - { id: first, type: http.request, params: { url: 'SHOP/json?first' } }
    - { id: sub, type: flow.call, params: { workflow: child } }
    - { id: last, type: http.request, params: { method: POST, url: 'SHOP/echo?last', body: '{{ input.status }}', idempotencyKey: true } }
  edges:
    - { source: first, target: sub }
    - { source: sub, target: last }
");
    let child = Story::new("child", server, "
id: child
graph:
  nodes:
    - { id: get, type: http.request, params: { url: 'SHOP/json?{{ input.body.number }}' } }
    - { id: put, type: http.request, params: { method: PUT, url: 'SHOP/echo?{{ input.status }}', idempotent: true } }
  edges:
    - { source: get, target: put }
");
    Story {
        called: vec![child.workflow],
        ..story
    }
}

fn big(server: &TestServer) -> Story {
    Story::new("big", server, "
id: big
graph:
  nodes:
    - { id: get, type: http.request, params: { url: 'SHOP/bytes/9000' } }
    - { id: mark, type: data.set, params: { fields: { x: 1 }, keep: true } }
    - { id: again, type: http.request, params: { method: POST, url: 'SHOP/bytes/12000', body: '{{ input.body }}', idempotencyKey: true } }
    - { id: end, type: data.set, params: { fields: { y: '{{ nodes.mark.output.x }}' }, keep: true } }
  edges:
    - { source: get, target: mark }
    - { source: mark, target: again }
    - { source: again, target: end }
")
}

/// A script that is evaluated anew after each of its effects, in a sandbox process.
fn script(server: &TestServer) -> Story {
    Story::new(
        "script",
        server,
        "
id: script
graph:
  nodes:
    - id: talk
      type: code.rhai
      params:
        code: |
          let first = http(`GET`, `SHOP/json?first`).body.number;
          let second = http(`GET`, `SHOP/json?${first}`).body.number;
          print(`${first} and ${second}`);
          #{ sum: first + second }
    - { id: log, type: log, params: { message: 'sum {{ input.sum }}' } }
  edges:
    - { source: talk, target: log }
",
    )
}

/// Effects that must not be performed twice: a crash interrupts them, and somebody asks for another attempt.
fn payment(server: &TestServer) -> Story {
    let story = Story::new(
        "payment",
        server,
        "
id: payment
graph:
  nodes:
    - { id: look, type: http.request, params: { url: 'SHOP/json?look' } }
    - { id: pay, type: http.request, params: { method: POST, url: 'SHOP/echo?pay' } }
    - { id: other, type: http.request, params: { method: POST, url: 'SHOP/echo?other' } }
    - { id: both, type: flow.join }
    - { id: done, type: http.request, params: { method: PATCH, url: 'SHOP/echo?done' } }
  edges:
    - { source: look, target: pay }
    - { source: look, target: other }
    - { source: pay, target: both }
    - { source: other, target: both }
    - { source: both, target: done }
",
    );
    Story {
        is_ordered: false,
        is_repeatable: false,
        ..story
    }
}

/// A call is made, the next node fails and waits, and the run goes on with a workflow that knows better.
fn mended(server: &TestServer) -> Story {
    let text = "
id: mended
graph:
  nodes:
    - { id: pay, type: http.request, params: { method: POST, url: 'SHOP/echo?pay', idempotencyKey: true } }
    - { id: count, type: code.rhai, onError: pause, params: { code: 'input.body.path.lenn()' } }
    - { id: tell, type: http.request, params: { method: POST, url: 'SHOP/echo?n={{ input }}', idempotencyKey: true } }
  edges:
    - { source: pay, target: count }
    - { source: count, target: tell }
";
    let story = Story::new("mended", server, text);
    let right = text
        .replace("lenn()", "len()")
        .replace("SHOP", &server.url(""));
    Story {
        mend: Some(parse(&right)),
        ..story
    }
}
