//! A node type that comes with FlowForge: its description and one function.

use std::collections::BTreeMap;

use serde_json::json;

use super::page;
use super::params::Params;
use crate::failure::Failure;
use crate::node_type::{Activation, Answer, NodeSpec, NodeType, Port, Role};
use crate::value::Value;

type Evaluate = fn(&dyn Activation, &Params<'_>) -> Result<Answer, Failure>;
type Outputs = fn(&BTreeMap<String, Value>) -> Vec<Port>;

/// A node type made of a description and one function.
pub(super) struct BuiltIn {
    spec: NodeSpec,
    outputs: Option<Outputs>,
    evaluate: Evaluate,
}

impl BuiltIn {
    /// A node type; the prose in `spec.docs` becomes a whole page.
    pub(super) fn new(mut spec: NodeSpec, evaluate: Evaluate) -> Self {
        spec.docs = page::page(&spec).leak();
        Self {
            spec,
            outputs: None,
            evaluate,
        }
    }

    /// The same node type with output ports that follow from its parameters.
    pub(super) fn with_outputs(self, outputs: Outputs) -> Self {
        Self {
            outputs: Some(outputs),
            ..self
        }
    }
}

impl NodeType for BuiltIn {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn outputs(&self, params: &BTreeMap<String, Value>) -> Vec<Port> {
        match self.outputs {
            Some(outputs) => outputs(params),
            None => self.spec.outputs.clone(),
        }
    }

    fn evaluate(&self, activation: &dyn Activation) -> Result<Answer, Failure> {
        (self.evaluate)(
            activation,
            &Params::new(activation.params(), &self.spec.params),
        )
    }
}

/// What most node types have: one port in, one port out, nothing lazy.
pub(super) fn plain(name: &'static str, title: &'static str, summary: &'static str) -> NodeSpec {
    NodeSpec {
        name,
        title,
        summary,
        docs: "",
        icon: "",
        words: &[],
        role: Role::Action,
        inputs: vec![port("in", "any", "What the node works on.")],
        outputs: vec![port("out", "any", "The result.")],
        params: json!({}),
        lazy: &[],
        code: &[],
        errors: &[],
        examples: Vec::new(),
        definition: None,
    }
}

/// A port, in one line.
pub(super) fn port(name: &str, kind: &str, about: &str) -> Port {
    Port {
        name: name.into(),
        kind: kind.into(),
        about: about.into(),
    }
}
