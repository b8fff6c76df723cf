//! What a kind of node is: its ports, parameters, documentation and evaluation.
//!
//! A node type never does I/O. It is asked once, answers [`Answer::Done`], or names effects to await
//! and is asked again with their outcomes, from the start. The catalogue, the palette, the forms, the
//! docs and the AI's tool list are all derived from [`NodeSpec`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::effect::{Effect, Outcome};
use crate::event::LogLine;
use crate::failure::{Failure, FailureKind};
use crate::script::{EvaluateReply, EvaluateRequest};
use crate::time::Timestamp;
use crate::value::{List, Value};
use crate::workflow::{Definition, Workflow};

/// A place where edges begin or end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// Its name in edges.
    pub name: String,
    /// What flows there: `any`, `text`, `number`, `bool`, `bytes`, `list` or `record`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line for people.
    pub about: String,
}

/// What a node type is for the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Starts a run; has no input.
    Trigger,
    /// Turns input into output.
    Action,
    /// Runs the nodes whose `parent` it is.
    Loop,
    /// Runs another workflow.
    Call,
}

/// A worked example: parameters and input in, output out. Each is run by the tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// What it shows, in a few words.
    pub title: &'static str,
    /// The node's `params`.
    pub params: serde_json::Value,
    /// What comes in.
    pub input: serde_json::Value,
    /// What leaves; absent when the result depends on the world.
    pub output: Option<serde_json::Value>,
    /// The port by which it leaves; mostly `out`.
    pub port: &'static str,
    /// Whether several edges enter, so that `input` holds one value for each, by the node it comes from.
    pub by_source: bool,
}

impl Example {
    /// An example whose result depends on the world.
    #[must_use]
    pub fn new(title: &'static str, params: serde_json::Value, input: serde_json::Value) -> Self {
        Self {
            title,
            params,
            input,
            output: None,
            port: "out",
            by_source: false,
        }
    }

    /// The same example with what leaves by the port `out`.
    #[must_use]
    pub fn gives(self, output: serde_json::Value) -> Self {
        self.gives_at("out", output)
    }

    /// The same example with what leaves by another port.
    #[must_use]
    pub fn gives_at(self, port: &'static str, output: serde_json::Value) -> Self {
        Self {
            port,
            output: Some(output),
            ..self
        }
    }

    /// The same example, its input being one value for each edge, by the node it comes from.
    #[must_use]
    pub fn by_source(self) -> Self {
        Self {
            by_source: true,
            ..self
        }
    }
}

/// Everything about a node type that can be told without running it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeSpec {
    /// Its name in workflow files: `http.request`.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// A page in Markdown.
    pub docs: &'static str,
    /// The name of an icon.
    pub icon: &'static str,
    /// Other words people use for it, for search.
    pub words: &'static [&'static str],
    /// What it is for the machine.
    pub role: Role,
    /// Where edges end; most have one, `in`.
    pub inputs: Vec<Port>,
    /// Where edges begin; most have one, `out`. Every node also has `error`.
    pub outputs: Vec<Port>,
    /// A JSON Schema for `params`. A text where the schema wants another type is allowed when it holds an expression.
    pub params: serde_json::Value,
    /// Parameters that are handed over as written, their `{{ }}` not replaced.
    pub lazy: &'static [&'static str],
    /// Parameters that hold Rhai scripts. They are lazy too.
    pub code: &'static [&'static str],
    /// How it fails: the kind, and when.
    pub errors: &'static [(FailureKind, &'static str)],
    /// Worked examples.
    pub examples: Vec<Example>,
    /// Of a node type of the workspace, what it stands for; a workflow that uses it holds a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
}

/// What a node is told when it is asked to evaluate.
pub trait Activation {
    /// The parameters with every expression evaluated, except the lazy ones.
    fn params(&self) -> &Value;
    /// What `input` is: the value of its one live edge; else a record by port, or by source node when several edges enter one port.
    fn input(&self) -> &Value;
    /// Every live edge into the node, in the file's order: target port, source node, value.
    fn arrivals(&self) -> &[Arrival];
    /// The record a script sees: `input`, `nodes`, `item`, `index`, `run`, `vars`. Of other nodes it holds those that the
    /// node's parameters name.
    fn scope(&self) -> Value;
    /// The outcomes of the effects it asked for, by ordinal.
    fn answers(&self) -> &[Outcome];
    /// The reply to an evaluation, when it was made before.
    fn evaluated(&self, request: &EvaluateRequest) -> Option<&EvaluateReply>;
    /// The time limit of its scripts, in milliseconds.
    fn wall_ms(&self) -> u64;
    /// When the frame opened.
    fn opened_at(&self) -> Timestamp;
    /// `run/node/path`, the same on every attempt: with an ordinal, an idempotency key.
    fn key(&self) -> String;
    /// For a loop: the outputs of the iterations that ended so far; only the last is kept for `Repeat`.
    fn last(&self) -> Option<&Value>;
    /// For a loop: how many iterations have ended.
    fn iterations(&self) -> u64;
    /// The outputs of the workflows that it entered and that have ended, in order.
    fn entered(&self) -> &[Value];
}

/// What came in by one edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The port it entered.
    pub port: Arc<str>,
    /// The node it came from.
    pub source: crate::id::NodeId,
    /// What it carried.
    pub value: Value,
}

/// What a node says when it is asked to evaluate.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is finished. A port that is not named stays dead.
    Done {
        /// Port and value.
        outputs: Vec<(String, Value)>,
        /// What it writes to the log.
        logs: Vec<LogLine>,
    },
    /// It needs this effect, the one after the last of its answers.
    Await(Effect),
    /// It needs this evaluation; it is not recorded, since it can be made again.
    Evaluate(EvaluateRequest),
    /// Its body is to run once for each item; the list of the results, in order, leaves by `out`.
    Each {
        /// The items.
        items: List,
        /// How many bodies may run at once.
        parallelism: u32,
    },
    /// Its body is to run once with this input; then it is asked again.
    Repeat {
        /// The body's input.
        input: Value,
    },
    /// This workflow, the one that its last `Call` effect answered with, is to run with this input. Of a node whose
    /// role is [`Role::Call`], the output leaves by `out`; any other is asked again.
    Enter {
        /// The workflow.
        workflow: Box<Workflow>,
        /// Its input.
        input: Value,
    },
}

impl Answer {
    /// Finished, with one value on the port `out`.
    #[must_use]
    pub fn out(value: Value) -> Self {
        Self::Done {
            outputs: vec![("out".into(), value)],
            logs: Vec::new(),
        }
    }
}

/// A kind of node.
pub trait NodeType: Send + Sync {
    /// Everything that can be told without running it.
    fn spec(&self) -> &NodeSpec;

    /// The output ports of a node with these (unevaluated) parameters.
    fn outputs(&self, params: &BTreeMap<String, Value>) -> Vec<Port> {
        let _ = params;
        self.spec().outputs.clone()
    }

    /// Answers, given what is known so far. Pure: the same activation gives the same answer.
    ///
    /// # Errors
    /// Why the frame fails.
    fn evaluate(&self, activation: &dyn Activation) -> Result<Answer, Failure>;
}

/// All node types, by name. Open: anything that implements [`NodeType`] can be added.
#[derive(Clone)]
pub struct Catalogue {
    types: BTreeMap<&'static str, Arc<dyn NodeType>>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.types.keys()).finish()
    }
}

impl Catalogue {
    /// The node types that come with FlowForge.
    #[must_use]
    pub fn built_in() -> Self {
        let mut catalogue = Self {
            types: BTreeMap::new(),
        };
        for node_type in crate::nodes::all() {
            catalogue.add(node_type);
        }
        catalogue
    }

    /// Adds a node type, in place of one with the same name.
    pub fn add(&mut self, node_type: Arc<dyn NodeType>) {
        self.types.insert(node_type.spec().name, node_type);
    }

    /// Takes a node type away.
    pub fn remove(&mut self, name: &str) {
        self.types.remove(name);
    }

    /// The node type with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn NodeType>> {
        self.types.get(name)
    }

    /// All node types, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn NodeType>> {
        self.types.values()
    }
}
