//! Workflows that tests of several kinds play: small, and each with another way to be cut in half.

use flowforge_engine::workflow::file;
use flowforge_engine::{Value, Workflow};
use serde_json::json;

/// A workflow, what it starts with, and what it calls.
#[derive(Clone, Debug)]
pub struct Story {
    /// What it shows.
    pub name: &'static str,
    /// What runs.
    pub workflow: Workflow,
    /// What it calls.
    pub called: Vec<Workflow>,
    /// What it starts with.
    pub input: Value,
    /// Whether every effect may be performed again.
    pub is_repeatable: bool,
}

impl Story {
    fn new(name: &'static str, text: &str) -> Self {
        Self {
            name,
            workflow: parse(text),
            called: Vec::new(),
            input: Value::from_json(&json!({ "x": 1 })),
            is_repeatable: true,
        }
    }

    /// The workflow that a call asks for.
    ///
    /// # Panics
    /// When the story has no such workflow.
    #[must_use]
    pub fn called(&self, request: &Value) -> &Workflow {
        let id = request
            .get("workflow")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let found = self
            .called
            .iter()
            .find(|workflow| workflow.id.as_str() == id);
        found.expect("a story brings along what it calls")
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

/// Every story.
#[must_use]
pub fn stories() -> Vec<Story> {
    vec![
        chain(),
        fan(),
        each(),
        flaky(),
        call(),
        big(),
        script(),
        payment(),
    ]
}

fn chain() -> Story {
    Story::new("chain", "
id: chain
graph:
  nodes:
    - { id: a, type: http.request, params: { url: 'http://shop.test/a' } }
    - { id: b, type: data.set, params: { fields: { n: '{{ input.body.n + 1 }}' } } }
    - { id: c, type: http.request, params: { method: POST, url: 'http://shop.test/{{ input.n }}', idempotencyKey: true } }
    - { id: d, type: code.rhai, params: { code: 'print(`got ${input.body.n}`); input.body.n * 2' } }
    - { id: e, type: http.request, params: { method: PUT, url: 'http://shop.test/{{ input }}', idempotent: true } }
  edges:
    - { source: a, target: b }
    - { source: b, target: c }
    - { source: c, target: d }
    - { source: d, target: e }
")
}

fn fan() -> Story {
    Story::new("fan", "
id: fan
config: { maxParallel: 3 }
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: a, type: http.request, params: { url: 'http://shop.test/a' } }
    - { id: b, type: http.request, params: { url: 'http://shop.test/b' } }
    - { id: c, type: code.rhai, params: { code: 'let t = 0; for i in 0..20 { t += i }; t + input.x' } }
    - { id: d, type: http.request, params: { url: 'http://shop.test/d' } }
    - { id: odd, type: flow.if, params: { condition: '{{ input.x > 1 }}' } }
    - { id: never, type: http.request, params: { url: 'http://shop.test/never' } }
    - { id: join, type: flow.join }
    - { id: sum, type: code.rhai, params: { code: 'input.a.body.n + input.b.body.n + input.c + input.d.body.n' } }
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
")
}

fn each() -> Story {
    Story::new("each", "
id: each
graph:
  nodes:
    - { id: each, type: flow.for_each, params: { items: [1, 2, 3, 4], parallelism: 2 } }
    - { id: get, type: http.request, parent: each, params: { url: 'http://shop.test/{{ item }}' } }
    - { id: keep, type: data.set, parent: each, params: { fields: { n: '{{ input.body.n + index }}' } } }
    - { id: more, type: flow.while, params: { condition: '{{ input.len < 6 }}' } }
    - { id: grow, type: code.rhai, parent: more, params: { code: 'input + [http(`GET`, `http://shop.test/m${input.len}`).body.n]' } }
  edges:
    - { source: get, target: keep }
    - { source: each, target: more }
")
}

fn flaky() -> Story {
    Story::new("flaky", "
id: flaky
config: { errorHandling: continue }
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: a, type: http.request, params: { url: 'http://flaky.test/a' }, retry: { maxAttempts: 3, delayMs: 0 } }
    - { id: b, type: http.request, params: { url: 'http://flaky.test/b' }, onError: port }
    - { id: c, type: http.request, params: { url: 'http://shop.test/c' } }
    - { id: d, type: http.request, params: { url: 'http://flaky.test/d' }, onError: continue }
    - { id: end, type: flow.join }
  edges:
    - { source: start, target: a }
    - { source: start, target: b }
    - { source: start, target: d }
    - { source: b, sourcePort: error, target: c }
    - { source: a, target: end }
    - { source: c, target: end }
    - { source: d, target: end }
")
}

fn call() -> Story {
    let mut story = Story::new(
        "call",
        "
id: call
graph:
  nodes:
    - { id: first, type: http.request, params: { url: 'http://shop.test/first' } }
    - { id: twice, type: flow.for_each, params: { items: [1, 2], parallelism: 2 } }
    - { id: sub, type: flow.call, parent: twice, params: { workflow: child } }
  edges:
    - { source: first, target: twice }
",
    );
    story.called = vec![parse("
id: child
graph:
  nodes:
    - { id: get, type: http.request, params: { url: 'http://shop.test/{{ input }}' } }
    - { id: when, type: code.rhai, params: { code: '#{ n: input.body.n, at: now(), by: random() }' } }
    - { id: put, type: http.request, params: { method: PUT, url: 'http://shop.test/{{ input.n }}', idempotent: true } }
  edges:
    - { source: get, target: when }
    - { source: when, target: put }
")];
    story
}

fn big() -> Story {
    Story::new("big", "
id: big
graph:
  nodes:
    - { id: get, type: http.request, params: { url: 'http://shop.test/big' } }
    - { id: mark, type: data.set, params: { fields: { x: 1 }, keep: true } }
    - { id: again, type: http.request, params: { method: POST, url: 'http://shop.test/big2', body: '{{ input.body.text }}', idempotencyKey: true } }
    - { id: join, type: data.set, params: { fields: { y: '{{ nodes.mark.output.x }}' }, keep: true } }
  edges:
    - { source: get, target: mark }
    - { source: mark, target: again }
    - { source: again, target: join }
")
}

fn script() -> Story {
    Story::new(
        "script",
        "
id: script
graph:
  nodes:
    - id: talk
      type: code.rhai
      params:
        code: |
          let first = http(`GET`, `http://shop.test/1`).body.n;
          let second = http(`GET`, `http://shop.test/${first}`).body.n;
          print(`${first} and ${second}`);
          #{ sum: first + second, at: now(), by: random() }
    - { id: wait, type: flow.wait, params: { durationMs: 0 } }
    - { id: log, type: log, params: { message: 'sum {{ input.sum }}' } }
  edges:
    - { source: talk, target: wait }
    - { source: wait, target: log }
",
    )
}

/// Effects that must not be performed twice: a crash interrupts them, and somebody asks for another attempt.
fn payment() -> Story {
    let mut story = Story::new(
        "payment",
        "
id: payment
graph:
  nodes:
    - { id: look, type: http.request, params: { url: 'http://bank.test/look' } }
    - { id: pay, type: http.request, params: { method: POST, url: 'http://bank.test/pay' } }
    - { id: other, type: http.request, params: { method: POST, url: 'http://bank.test/other' } }
    - { id: both, type: flow.join }
    - { id: done, type: http.request, params: { method: PATCH, url: 'http://bank.test/done' } }
  edges:
    - { source: look, target: pay }
    - { source: look, target: other }
    - { source: pay, target: both }
    - { source: other, target: both }
    - { source: both, target: done }
",
    );
    story.is_repeatable = false;
    story
}
