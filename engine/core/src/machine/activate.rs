//! Asking a node, and acting on its answer.

use super::Request;
use super::plan::PlannedNode;
use super::run::{Body, Open, Outstanding, Run};
use super::scope::Scope;
use super::settle::Turn;
use crate::check::check;
use crate::effect::{Effect, Outcome};
use crate::event::{Ending, Event, LogLine};
use crate::failure::{Failure, FailureKind};
use crate::id::FrameId;
use crate::node_type::{Activation, Answer, Arrival, Role};
use crate::problem::Severity;
use crate::script::{
    EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, Resolved, WALL_MS_DEFAULT,
};
use crate::time::Timestamp;
use crate::value::{DEPTH_MAX, List, Record, Value};
use crate::workflow::Workflow;

/// Most effects that one frame may ask for.
pub(super) const FRAME_EFFECTS_MAX: usize = 1_000;
/// Most iterations of one loop that may run at once.
pub(super) const PARALLELISM_MAX: u32 = 1_000;

impl Turn<'_> {
    /// Asks a frame's node what it wants now, and does it.
    pub(super) fn evaluate(&mut self, frame: FrameId) {
        match self.run.body_of(frame) {
            Some(Body::Each { .. }) => return self.iterate(frame),
            Some(Body::Call { is_open: true, .. } | Body::Repeat { is_open: true, .. }) => return,
            Some(Body::Call { outputs, .. }) if self.run.only_calls(frame) => {
                let output = outputs.last().cloned().unwrap_or_default();
                return self.complete(frame, vec![("out".into(), output)], Vec::new());
            }
            Some(Body::Call { .. } | Body::Repeat { .. }) | None => {}
        }
        if !self.run.frames.contains_key(&frame) {
            return;
        }
        match self.run.ask(frame) {
            Ok(answer) => self.act(frame, answer),
            Err(failure) => self.fail(frame, failure),
        }
    }

    fn act(&mut self, frame: FrameId, answer: Answer) {
        match answer {
            Answer::Done { outputs, logs } => self.complete(frame, outputs, logs),
            Answer::Await(effect) => self.await_effect(frame, effect),
            Answer::Evaluate(request) => self.await_evaluation(frame, request),
            Answer::Each { items, parallelism } => self.start_loop(frame, items, parallelism),
            Answer::Repeat { input } => self.repeat(frame, input),
            Answer::Enter { workflow, input } => self.enter(frame, &workflow, input),
        }
    }

    fn complete(&mut self, frame: FrameId, outputs: Vec<(String, Value)>, logs: Vec<LogLine>) {
        if let Err(failure) = outputs
            .iter()
            .try_for_each(|(_, value)| self.check_size(value))
        {
            return self.fail(frame, failure);
        }
        if let Some(open) = self.run.frames.get_mut(&frame)
            && !logs.is_empty()
        {
            open.logs = logs;
        }
        self.close(frame, Ending::Completed { outputs });
    }

    fn check_size(&self, value: &Value) -> Result<(), Failure> {
        let bytes_max = self.run.plan.config().limits.max_value_bytes;
        if value.depth() > DEPTH_MAX {
            return Err(Failure::new(
                FailureKind::Limit,
                format!(
                    "a value is nested {} levels deep, at most {DEPTH_MAX} are allowed",
                    value.depth()
                ),
            ));
        }
        if value.size_bytes() > bytes_max {
            return Err(Failure::new(
                FailureKind::Limit,
                format!(
                    "a value has {} bytes, at most {bytes_max} are allowed",
                    value.size_bytes()
                ),
            )
            .with_hint("keep less of it, or raise config.limits.maxValueBytes"));
        }
        Ok(())
    }

    fn await_effect(&mut self, frame: FrameId, effect: Effect) {
        let Some(open) = self.run.frames.get(&frame) else {
            return;
        };
        if open.answers.len() >= FRAME_EFFECTS_MAX {
            let message = format!("one frame may ask for at most {FRAME_EFFECTS_MAX} effects");
            return self.fail(
                frame,
                Failure::new(FailureKind::Limit, message).with_hint("use a flow.for_each loop"),
            );
        }
        if let Err(failure) = self.check_size(&effect.request) {
            return self.fail(frame, failure);
        }
        let ordinal = u32::try_from(open.answers.len()).expect("bounded by FRAME_EFFECTS_MAX");
        if self.run.recall(frame, &effect) {
            self.run.queues.awake.insert(frame);
            return;
        }
        self.record(Event::EffectRequested {
            frame,
            ordinal,
            effect: effect.clone(),
        });
        self.request(Request::Perform(Outstanding::new(frame, ordinal, effect)));
    }

    fn await_evaluation(&mut self, frame: FrameId, request: EvaluateRequest) {
        let Some(open) = self.run.frames.get(&frame) else {
            return;
        };
        let Some(scope) = self.run.scopes.get(&open.scope) else {
            return;
        };
        let memo = scope
            .node(open.cell)
            .node
            .memo
            .unwrap_or(scope.plan.config().memo);
        self.request(Request::Evaluate {
            frame,
            request: Box::new(request),
            memo,
        });
    }

    /// Takes in a reply; a frame that has ended meanwhile does not care.
    pub(super) fn evaluated(
        &mut self,
        frame: FrameId,
        request: &EvaluateRequest,
        reply: EvaluateReply,
        memo: bool,
    ) {
        let Some(open) = self.run.frames.get_mut(&frame) else {
            return;
        };
        open.usage.operations = open.usage.operations.saturating_add(reply.usage.operations);
        open.usage.memory_bytes = open.usage.memory_bytes.max(reply.usage.memory_bytes);
        open.logs.clone_from(&reply.logs);
        open.memo = memo;
        open.evaluated.insert(request.address(), reply);
        self.run.queues.awake.insert(frame);
    }

    fn start_loop(&mut self, frame: FrameId, items: List, parallelism: u32) {
        if let Err(failure) = self.run.check_body(frame) {
            return self.fail(frame, failure);
        }
        let parallelism = parallelism.clamp(1, PARALLELISM_MAX);
        self.record(Event::LoopStarted {
            frame,
            items: Value::List(items),
            parallelism,
        });
        self.run.queues.awake.insert(frame);
    }

    /// Opens as many iterations as may run at once, or ends the loop when all have ended.
    fn iterate(&mut self, frame: FrameId) {
        while let Some((index, input)) = self.run.next_item(frame) {
            self.record(Event::ScopeOpened {
                frame,
                index,
                input,
            });
        }
        self.run.queues.awake.remove(&frame);
        if let Some(results) = self.run.collected(frame) {
            self.complete(frame, vec![("out".into(), results)], Vec::new());
        }
    }

    fn repeat(&mut self, frame: FrameId, input: Value) {
        if let Err(failure) = self.run.check_body(frame) {
            return self.fail(frame, failure);
        }
        let index = match self.run.body_of(frame) {
            Some(Body::Repeat { rounds, .. }) => *rounds,
            _ => 0,
        };
        self.record(Event::ScopeOpened {
            frame,
            index,
            input,
        });
    }

    fn enter(&mut self, frame: FrameId, workflow: &Workflow, input: Value) {
        if let Err(failure) = self.run.check_call(frame, workflow) {
            return self.fail(frame, failure);
        }
        let index = match self.run.body_of(frame) {
            Some(Body::Call { outputs, .. }) => outputs.len() as u64,
            _ => 0,
        };
        self.record(Event::ScopeOpened {
            frame,
            index,
            input,
        });
    }
}

impl Run {
    /// Asks the node of an open frame, with everything that is known.
    fn ask(&mut self, frame: FrameId) -> Result<Answer, Failure> {
        let params = match self.params_of(frame)? {
            Params::Known(params) => params,
            Params::Evaluate(request) => return Ok(Answer::Evaluate(request)),
        };
        let open = self.frames.get(&frame).expect("only open frames are asked");
        let scope = self
            .scopes
            .get(&open.scope)
            .expect("an open frame's scope is open");
        let node = scope.node(open.cell);
        if node.node.is_passed_over() {
            return Ok(pass_over(node, &open.input));
        }
        let kind = node
            .kind
            .as_ref()
            .ok_or_else(|| unknown_type(&node.node.kind))?;
        let asking = Asking {
            run: self,
            frame,
            open,
            scope,
            node,
            params: &params,
            arrivals: scope.arrivals(open.cell),
        };
        let answer = kind.evaluate(&asking);
        if let Some(open) = self.frames.get_mut(&frame) {
            open.params = Some(params);
        }
        answer
    }

    /// Whether calling a workflow is all that the node of an open frame does.
    fn only_calls(&self, frame: FrameId) -> bool {
        self.frames.get(&frame).is_some_and(|open| {
            let scope = self.scopes.get(&open.scope);
            scope.is_some_and(|scope| scope.node(open.cell).role == Role::Call)
        })
    }

    /// The parameters of an open frame, or the evaluation that gives them.
    fn params_of(&self, frame: FrameId) -> Result<Params, Failure> {
        let open = self.frames.get(&frame).expect("only open frames are asked");
        if let Some(params) = &open.params {
            return Ok(Params::Known(params.clone()));
        }
        let scope = self
            .scopes
            .get(&open.scope)
            .expect("an open frame's scope is open");
        let node = scope.node(open.cell);
        if node.node.is_passed_over() {
            return Ok(Params::Known(Value::Null));
        }
        let template = node.template.as_ref().map_err(Clone::clone)?;
        let values = self.script_scope(open, scope, node);
        let sources = match template.resolve(&values)? {
            Resolved::Value(params) => return Ok(Params::Known(with_lazy(params, &node.lazy))),
            Resolved::Needs(sources) => sources,
        };
        let request = EvaluateRequest {
            sources,
            scope: values,
            answers: open.answers.clone(),
            limits: limits(node),
        };
        let Some(reply) = open.evaluated.get(&request.address()) else {
            return Ok(Params::Evaluate(request));
        };
        match &reply.result {
            Evaluated::Done(filled) => Ok(Params::Known(with_lazy(
                template.fill(&request.scope, filled),
                &node.lazy,
            ))),
            Evaluated::Failed(failure) => Err(failure.clone()),
            Evaluated::Needs(_) => Err(effect_in_expression()),
        }
    }

    /// What a script or expression of this frame sees. Only what it names of other nodes is there.
    fn script_scope(&self, open: &Open, scope: &Scope, node: &PlannedNode) -> Value {
        let named = &node.references;
        let mut fields: Vec<(&str, Value)> = vec![
            ("input", open.input.clone()),
            ("vars", scope.plan.vars.clone()),
        ];
        if let Some(iteration) = self.iteration_around(scope) {
            fields.push(("item", iteration.input.clone()));
            fields.push(("index", Value::from(iteration.index)));
        }
        if named.names("run") {
            fields.push(("run", self.about()));
        }
        if named.all || !named.nodes.is_empty() {
            fields.push(("nodes", self.outputs_for(scope, node)));
        }
        Value::Record(fields.into_iter().collect::<Record>())
    }

    fn about(&self) -> Value {
        Value::Record(Record::from_iter([
            ("id", Value::from(self.id.to_string())),
            ("workflow", Value::from(self.plan.workflow.id.as_str())),
            ("version", Value::from(self.plan.workflow.version)),
            ("input", self.input.clone()),
        ]))
    }

    fn outputs_for(&self, scope: &Scope, node: &PlannedNode) -> Value {
        let found = |id: &str| Some((id.to_owned(), self.output_seen(scope, id)?));
        let outputs: Record = if node.references.all {
            let ids = scope.plan.nodes.iter().map(|node| node.id.as_str());
            ids.filter_map(found).map(as_output).collect()
        } else {
            node.references
                .nodes
                .iter()
                .filter_map(|id| found(id))
                .map(as_output)
                .collect()
        };
        Value::Record(outputs)
    }

    /// The output of a node in this level or one around it, inside the same workflow.
    fn output_seen(&self, scope: &Scope, node: &str) -> Option<Value> {
        let mut scope = scope;
        loop {
            if let Some(output) = scope.output_of(node) {
                return Some(output);
            }
            scope = self.around(scope)?;
        }
    }

    fn iteration_around<'a>(&'a self, scope: &'a Scope) -> Option<&'a Scope> {
        let mut scope = scope;
        while !scope.is_iteration {
            scope = self.around(scope)?;
        }
        Some(scope)
    }

    /// The scope around an iteration; a sub-workflow sees nothing of its caller.
    fn around(&self, scope: &Scope) -> Option<&Scope> {
        let frame = scope.container.filter(|_| scope.is_iteration)?;
        self.scopes.get(&self.frames.get(&frame)?.scope)
    }

    fn next_item(&self, frame: FrameId) -> Option<(u64, Value)> {
        let Some(Body::Each {
            items,
            parallelism,
            opened,
            done,
            ..
        }) = self.body_of(frame)
        else {
            return None;
        };
        if opened - done >= u64::from(*parallelism) {
            return None;
        }
        let item = items.as_list()?.get(usize::try_from(*opened).ok()?)?;
        Some((*opened, item.clone()))
    }

    /// The results of a loop in order, once all iterations have ended.
    fn collected(&self, frame: FrameId) -> Option<Value> {
        let Some(Body::Each { results, done, .. }) = self.body_of(frame) else {
            return None;
        };
        if *done < results.len() as u64 {
            return None;
        }
        Some(Value::List(
            results
                .iter()
                .map(|result| result.clone().unwrap_or_default())
                .collect(),
        ))
    }

    fn check_body(&self, frame: FrameId) -> Result<(), Failure> {
        let open = self.frames.get(&frame).expect("only open frames are asked");
        let scope = self
            .scopes
            .get(&open.scope)
            .expect("an open frame's scope is open");
        if scope.node(open.cell).body < scope.plan.levels.len() {
            return Ok(());
        }
        let message = format!("the loop `{}` has no body", open.node);
        let hint = format!("give at least one node `parent: {}`", open.node);
        Err(Failure::new(FailureKind::InvalidParameter, message).with_hint(hint))
    }

    fn check_call(&self, frame: FrameId, workflow: &Workflow) -> Result<(), Failure> {
        let open = self.frames.get(&frame).expect("only open frames are asked");
        let scope = self
            .scopes
            .get(&open.scope)
            .expect("an open frame's scope is open");
        let depth_max = self.plan.config().limits.max_depth;
        if scope.calls >= depth_max {
            let message = format!("sub-workflows are nested deeper than {depth_max}");
            return Err(Failure::new(FailureKind::Limit, message).with_hint(
                "a workflow may not call itself without end; or raise config.limits.maxDepth",
            ));
        }
        // What was entered before in this run was checked then.
        let called = open.called().map(Value::address);
        if called.is_some_and(|called| self.sub_plans.contains_key(&called)) {
            return Ok(());
        }
        let problems = check(workflow, &self.catalogue);
        match problems
            .iter()
            .find(|problem| problem.severity == Severity::Error)
        {
            None => Ok(()),
            Some(problem) => {
                let message = format!(
                    "the workflow `{}` has an error: {}",
                    workflow.id, problem.message
                );
                Err(
                    Failure::new(FailureKind::InvalidParameter, message).with_hint(format!(
                        "`flowforge check {}` lists all of them",
                        workflow.id
                    )),
                )
            }
        }
    }

    /// Gives the answer that a fork's origin was given to this very question at this point of the frame,
    /// and says whether there is one.
    fn recall(&mut self, frame: FrameId, effect: &Effect) -> bool {
        let mut is_known = false;
        self.change(frame, |open| {
            let prior = open
                .prior
                .get(open.answers.len())
                .filter(|prior| prior.effect == *effect)
                .cloned();
            let Some((prior, outcome)) =
                prior.and_then(|prior| Some((prior.clone(), prior.outcome?)))
            else {
                return open.prior.clear();
            };
            is_known = true;
            open.answers.push(outcome);
            open.asked.push(prior);
        });
        is_known
    }
}

/// The parameters of a frame, as far as they are known.
enum Params {
    Known(Value),
    Evaluate(EvaluateRequest),
}

fn with_lazy(params: Value, lazy: &Value) -> Value {
    match (params, lazy) {
        (Value::Record(params), Value::Record(lazy)) if !lazy.is_empty() => Value::Record(
            params
                .iter()
                .chain(lazy.iter())
                .cloned()
                .collect::<Record>(),
        ),
        (params, _) => params,
    }
}

fn as_output((id, output): (String, Value)) -> (String, Value) {
    (id, Value::Record(Record::from_iter([("output", output)])))
}

fn limits(node: &PlannedNode) -> EvaluateLimits {
    EvaluateLimits {
        wall_ms: node.node.timeout_ms.unwrap_or(WALL_MS_DEFAULT),
        ..EvaluateLimits::default()
    }
}

/// Its pinned output if it has one, else its input, by its first port.
fn pass_over(node: &PlannedNode, input: &Value) -> Answer {
    let ports = node
        .kind
        .as_ref()
        .map(|kind| kind.outputs(&node.node.params))
        .unwrap_or_default();
    let port = ports
        .first()
        .map_or_else(|| "out".to_owned(), |port| port.name.clone());
    Answer::Done {
        outputs: vec![(port, node.node.pinned.as_ref().unwrap_or(input).clone())],
        logs: Vec::new(),
    }
}

fn unknown_type(name: &str) -> Failure {
    Failure::new(
        FailureKind::NotFound,
        format!("there is no node type `{name}`"),
    )
    .with_hint("`flowforge nodes` lists the node types")
}

fn effect_in_expression() -> Failure {
    Failure::new(
        FailureKind::Script,
        "an expression in a parameter asked for an effect",
    )
    .with_hint("call http(), model(), now() and random() in a code.rhai node")
}

/// An open frame, as its node sees it.
struct Asking<'a> {
    run: &'a Run,
    frame: FrameId,
    open: &'a Open,
    scope: &'a Scope,
    node: &'a PlannedNode,
    params: &'a Value,
    arrivals: Vec<Arrival>,
}

impl Activation for Asking<'_> {
    fn params(&self) -> &Value {
        self.params
    }

    fn input(&self) -> &Value {
        &self.open.input
    }

    fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }

    fn scope(&self) -> Value {
        self.run.script_scope(self.open, self.scope, self.node)
    }

    fn answers(&self) -> &[Outcome] {
        &self.open.answers
    }

    fn evaluated(&self, request: &EvaluateRequest) -> Option<&EvaluateReply> {
        self.open.evaluated.get(&request.address())
    }

    fn wall_ms(&self) -> u64 {
        limits(self.node).wall_ms
    }

    fn opened_at(&self) -> Timestamp {
        self.open.opened_at
    }

    fn key(&self) -> String {
        self.run.key_of(self.frame)
    }

    fn last(&self) -> Option<&Value> {
        match &self.open.body {
            Some(Body::Repeat { last, .. }) => last.as_ref(),
            _ => None,
        }
    }

    fn iterations(&self) -> u64 {
        match &self.open.body {
            Some(Body::Repeat { rounds, .. }) => *rounds,
            Some(Body::Each { done, .. }) => *done,
            _ => 0,
        }
    }

    fn entered(&self) -> &[Value] {
        match &self.open.body {
            Some(Body::Call { outputs, .. }) => outputs,
            _ => &[],
        }
    }
}
