//! The stage on which node types are tested: an activation made by hand, and its answer as text.

use serde_json::{Value as Json, json};

use crate::effect::{Effect, Outcome};
use crate::failure::Failure;
use crate::node_type::{Activation, Answer, Arrival, Catalogue, Example, NodeSpec};
use crate::script::{
    EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, Evaluator, Resolved, Source,
    Template, WALL_MS_DEFAULT,
};
use crate::time::Timestamp;
use crate::value::{Record, Value};

/// Checks what a node with these parameters and this input answers; see [`Scene::told`]. Expressions in
/// the parameters, and scripts, are evaluated.
pub(super) fn check_node(name: &str, params: Json, input: Json, expected: &str) {
    assert_eq!(Scene::new(name, params, input).told(), expected);
}

/// The value that this JSON stands for.
pub(super) fn value(json: Json) -> Value {
    serde_json::from_value(json).expect("any JSON is a value")
}

/// One activation, made by hand.
pub(super) struct Scene {
    name: String,
    params: Value,
    input: Value,
    arrivals: Vec<Arrival>,
    answers: Vec<Outcome>,
    evaluated: Vec<(EvaluateRequest, EvaluateReply)>,
    last: Option<Value>,
    iterations: u64,
}

impl Scene {
    /// A node that was just entered. It opened at 1,000,000 ms.
    pub(super) fn new(name: &str, params: Json, input: Json) -> Self {
        Self {
            name: name.into(),
            params: value(params),
            input: value(input),
            arrivals: Vec::new(),
            answers: Vec::new(),
            evaluated: Vec::new(),
            last: None,
            iterations: 0,
        }
    }

    /// An example as the first activation of a node.
    pub(super) fn of(name: &str, example: &Example) -> Self {
        let scene = Self::new(name, example.params.clone(), example.input.clone());
        match example.input.as_object().filter(|_| example.by_source) {
            Some(sources) => {
                let arrivals: Vec<_> = sources
                    .iter()
                    .map(|(node, value)| (node.as_str(), value.clone()))
                    .collect();
                scene.arrivals(&arrivals)
            }
            None => scene,
        }
    }

    /// With a value that JSON cannot say.
    pub(super) fn input(self, input: Value) -> Self {
        Self { input, ..self }
    }

    /// With several edges: the node each comes from, and its value. The input follows from them.
    pub(super) fn arrivals(self, arrivals: &[(&str, Json)]) -> Self {
        let arrival = |(source, value): &(&str, Json)| Arrival {
            port: "in".into(),
            source: (*source).into(),
            value: Value::from_json(value),
        };
        let arrivals: Vec<_> = arrivals.iter().map(arrival).collect();
        let input = match &arrivals[..] {
            [] => Value::Null,
            [only] => only.value.clone(),
            several => several
                .iter()
                .map(|one| (one.source.as_str(), one.value.clone()))
                .collect::<Record>()
                .into(),
        };
        Self {
            arrivals,
            input,
            ..self
        }
    }

    /// With the outcomes of the effects it asked for.
    pub(super) fn answers(self, answers: impl IntoIterator<Item = Outcome>) -> Self {
        Self {
            answers: answers.into_iter().collect(),
            ..self
        }
    }

    /// With what the last iteration of its body gave.
    pub(super) fn last(self, last: Json) -> Self {
        Self {
            last: Some(value(last)),
            ..self
        }
    }

    /// With so many iterations of its body behind it.
    pub(super) fn iterations(self, iterations: u64) -> Self {
        Self { iterations, ..self }
    }

    /// The node's answer, its parameters and scripts evaluated as the machine and the sandbox do it.
    pub(super) fn evaluate(mut self) -> Result<Answer, Failure> {
        let node_type = Catalogue::built_in().get(&self.name).cloned();
        let node_type = node_type.unwrap_or_else(|| panic!("no node type {}", self.name));
        self.params = self.resolved(node_type.spec())?;
        loop {
            match node_type.evaluate(&self)? {
                Answer::Evaluate(request) => {
                    let reply = Evaluator::new().evaluate(&request);
                    assert!(
                        self.evaluated(&request).is_none(),
                        "asked for the same evaluation twice"
                    );
                    self.evaluated.push((request, reply));
                }
                answer => return Ok(answer),
            }
        }
    }

    /// The parameters with their expressions evaluated, but for the lazy ones.
    fn resolved(&self, spec: &NodeSpec) -> Result<Value, Failure> {
        let Value::Record(params) = &self.params else {
            return Ok(self.params.clone());
        };
        let is_lazy = |name: &str| spec.lazy.iter().chain(spec.code).any(|lazy| *lazy == name);
        let (lazy, eager): (Vec<_>, Vec<_>) =
            params.iter().cloned().partition(|(name, _)| is_lazy(name));
        let template = Template::parse(&Value::Record(eager.into_iter().collect()))?;
        let scope = self.scope();
        let resolved = match template.resolve(&scope)? {
            Resolved::Value(value) => value,
            Resolved::Needs(sources) => template.fill(&scope, &evaluate_all(sources, &scope)?),
        };
        Ok(resolved
            .as_record()
            .into_iter()
            .flatten()
            .cloned()
            .chain(lazy)
            .collect::<Record>()
            .into())
    }

    /// The node's answer as text: `PORT VALUE` and `log LEVEL: TEXT` lines, `await KIND REQUEST`,
    /// or `failed KIND POINTER LINE:COLUMN: MESSAGE (HINT)`.
    pub(super) fn told(self) -> String {
        match self.evaluate() {
            Ok(answer) => told(answer),
            Err(failure) => told_failure(&failure),
        }
    }
}

fn evaluate_all(sources: Vec<Source>, scope: &Value) -> Result<Vec<Value>, Failure> {
    let (answers, limits) = (Vec::new(), EvaluateLimits::default());
    let request = EvaluateRequest {
        sources,
        scope: scope.clone(),
        answers,
        limits,
    };
    match Evaluator::new().evaluate(&request).result {
        Evaluated::Done(values) => Ok(values),
        Evaluated::Failed(failure) => Err(failure),
        Evaluated::Needs(effect) => panic!("a parameter asks for {effect:?}"),
    }
}

fn told(answer: Answer) -> String {
    match answer {
        Answer::Done { outputs, logs } => {
            let outputs = outputs
                .iter()
                .map(|(port, value)| format!("{port} {}", value.to_json()));
            let logs = logs
                .iter()
                .map(|line| format!("log {}: {}", line.level, line.text));
            outputs.chain(logs).collect::<Vec<_>>().join("\n")
        }
        Answer::Await(Effect {
            kind,
            request,
            idempotent,
        }) => {
            let repeatable = if idempotent { ", idempotent" } else { "" };
            format!("await {} {}{repeatable}", word(&kind), request.to_json())
        }
        Answer::Evaluate(request) => format!("evaluate {:?}", request.sources),
        Answer::Each { items, parallelism } => format!(
            "each {}, {parallelism} at once",
            Value::List(items).to_json()
        ),
        Answer::Repeat { input } => format!("repeat {}", input.to_json()),
        Answer::Enter { workflow, input } => {
            format!("enter {} with {}", workflow.id, input.to_json())
        }
    }
}

fn told_failure(failure: &Failure) -> String {
    let mut text = format!("failed {}", word(&failure.kind));
    let place = failure.place.clone().unwrap_or_default();
    if let Some(param) = place.param {
        text = format!("{text} {param}");
    }
    if let (Some(line), Some(column)) = (place.line, place.column) {
        text = format!("{text} {line}:{column}");
    }
    text = format!("{text}: {}", failure.message);
    match &failure.hint {
        Some(hint) => format!("{text} ({hint})"),
        None => text,
    }
}

/// The name of an enum's variant as JSON has it.
pub(super) fn word(kind: &impl serde::Serialize) -> String {
    json!(kind).as_str().unwrap_or_default().to_owned()
}

impl Activation for Scene {
    fn params(&self) -> &Value {
        &self.params
    }

    fn input(&self) -> &Value {
        &self.input
    }

    fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }

    fn scope(&self) -> Value {
        [
            ("input", self.input.clone()),
            ("nodes", Record::default().into()),
        ]
        .into_iter()
        .collect::<Record>()
        .into()
    }

    fn answers(&self) -> &[Outcome] {
        &self.answers
    }

    fn evaluated(&self, request: &EvaluateRequest) -> Option<&EvaluateReply> {
        self.evaluated
            .iter()
            .find(|(known, _)| known == request)
            .map(|(_, reply)| reply)
    }

    fn wall_ms(&self) -> u64 {
        WALL_MS_DEFAULT
    }

    fn opened_at(&self) -> Timestamp {
        Timestamp(1_000_000)
    }

    fn key(&self) -> String {
        "run/node/".into()
    }

    fn last(&self) -> Option<&Value> {
        self.last.as_ref()
    }

    fn iterations(&self) -> u64 {
        self.iterations
    }

    fn entered(&self) -> &[Value] {
        &[]
    }
}
