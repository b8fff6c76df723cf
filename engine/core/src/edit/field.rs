//! Fields of a node, of the configuration and of the document, with their types.
//!
//! As JSON a change of a field is `{"field": "timeoutMs", "value": 2000}`; without `value` the field is
//! taken away. Names that this version does not know are kept as they are, as in files.

use std::mem::replace;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::{NodeId, WorkflowId};
use crate::value::Value;
use crate::workflow::{
    Config, ErrorHandling, Extra, Healing, Limits, Node, OnError, Retry, Workflow,
};

/// A field of a node that is not its id and not a parameter, and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Change", into = "Change")]
pub enum NodeField {
    /// `type`: what kind of node it is.
    Kind(String),
    /// `name`: its label.
    Name(Option<String>),
    /// `parent`: the loop it is in.
    Parent(Option<NodeId>),
    /// `disabled`: whether it is passed over.
    Disabled(bool),
    /// `retry`: how it is attempted again.
    Retry(Option<Retry>),
    /// `timeoutMs`: longest time of one attempt.
    TimeoutMs(Option<u64>),
    /// `onError`: what follows when its last attempt failed.
    OnError(Option<OnError>),
    /// `memo`: whether an equal earlier result may answer it.
    Memo(Option<bool>),
    /// `pinned`: an output given by hand, used instead of evaluating it.
    Pinned(Option<Value>),
    /// A field that this version does not know.
    Extra(String, Option<Value>),
}

/// A field of `config` other than `vars`, and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Change", into = "Change")]
pub enum ConfigField {
    /// `maxParallel`: how many frames may be running at once.
    MaxParallel(u32),
    /// `errorHandling`: what nodes without `onError` do.
    ErrorHandling(ErrorHandling),
    /// `retry`: how the whole workflow is attempted again.
    Retry(Option<Retry>),
    /// `memo`: whether equal pure work may be answered from an earlier frame.
    Memo(bool),
    /// `healing`: what happens by itself when a run fails.
    Healing(Healing),
    /// `limits`: bounds on a run.
    Limits(Limits),
    /// A field that this version does not know.
    Extra(String, Option<Value>),
}

/// A field of the document other than `graph` and `config`, and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Change", into = "Change")]
pub enum DocumentField {
    /// `id`: which workflow it is. For copies; a saved workflow keeps its id.
    Id(WorkflowId),
    /// `name`: what people call it.
    Name(String),
    /// `version`: its author's version number.
    Version(u64),
    /// A field of the document that this version does not know.
    Extra(String, Option<Value>),
    /// A field of `graph` that this version does not know: `graph/name`.
    GraphExtra(String, Option<Value>),
}

/// How a change of a field is written.
#[derive(Serialize, Deserialize)]
struct Change {
    field: String,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    value: Option<Value>,
}

/// Null is a value, too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Change {
    fn new(field: &str, value: &impl Serialize) -> Self {
        let value = serde_json::to_value(value)
            .ok()
            .filter(|json| !json.is_null());
        Self {
            field: field.into(),
            value: value.as_ref().map(Value::from_json),
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, String> {
        let Some(value) = &self.value else {
            return Ok(None);
        };
        serde_json::from_value(value.to_json())
            .map_err(|error| format!("the field `{}`: {error}", self.field))
    }

    fn required<T: DeserializeOwned>(&self) -> Result<T, String> {
        self.read()?
            .ok_or_else(|| format!("the field `{}` cannot be taken away", self.field))
    }

    fn refused(&self, instead: &str) -> String {
        format!("the field `{}` is not changed so: {instead}", self.field)
    }
}

impl NodeField {
    /// The field's name in files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Kind(_) => "type",
            Self::Name(_) => "name",
            Self::Parent(_) => "parent",
            Self::Disabled(_) => "disabled",
            Self::Retry(_) => "retry",
            Self::TimeoutMs(_) => "timeoutMs",
            Self::OnError(_) => "onError",
            Self::Memo(_) => "memo",
            Self::Pinned(_) => "pinned",
            Self::Extra(name, _) => name,
        }
    }

    /// Sets the field; the same field with its old value.
    pub(super) fn swap(&self, node: &mut Node) -> Self {
        match self.clone() {
            Self::Kind(new) => Self::Kind(replace(&mut node.kind, new)),
            Self::Name(new) => Self::Name(replace(&mut node.name, new)),
            Self::Parent(new) => Self::Parent(replace(&mut node.parent, new)),
            Self::Disabled(new) => Self::Disabled(replace(&mut node.disabled, new)),
            Self::Retry(new) => Self::Retry(replace(&mut node.retry, new)),
            Self::TimeoutMs(new) => Self::TimeoutMs(replace(&mut node.timeout_ms, new)),
            Self::OnError(new) => Self::OnError(replace(&mut node.on_error, new)),
            Self::Memo(new) => Self::Memo(replace(&mut node.memo, new)),
            Self::Pinned(new) => Self::Pinned(replace(&mut node.pinned, new)),
            Self::Extra(name, new) => swap_extra(&mut node.extra, name, new, Self::Extra),
        }
    }

    /// Every field of a node.
    pub(super) fn all(node: &Node) -> Vec<Self> {
        let known = [
            Self::Kind(node.kind.clone()),
            Self::Name(node.name.clone()),
            Self::Parent(node.parent.clone()),
            Self::Disabled(node.disabled),
            Self::Retry(node.retry.clone()),
            Self::TimeoutMs(node.timeout_ms),
            Self::OnError(node.on_error),
            Self::Memo(node.memo),
            Self::Pinned(node.pinned.clone()),
        ];
        known
            .into_iter()
            .chain(extras(&node.extra, Self::Extra))
            .collect()
    }
}

impl TryFrom<Change> for NodeField {
    type Error = String;

    fn try_from(change: Change) -> Result<Self, String> {
        Ok(match change.field.as_str() {
            "id" => return Err(change.refused("ids are stable; add a node with another id")),
            "params" => return Err(change.refused("use setParam")),
            "type" => Self::Kind(change.required()?),
            "name" => Self::Name(change.read()?),
            "parent" => Self::Parent(change.read()?),
            "disabled" => Self::Disabled(change.read()?.unwrap_or(false)),
            "retry" => Self::Retry(change.read()?),
            "timeoutMs" => Self::TimeoutMs(change.read()?),
            "onError" => Self::OnError(change.read()?),
            "memo" => Self::Memo(change.read()?),
            "pinned" => Self::Pinned(change.read()?),
            _ => Self::Extra(change.field, change.value),
        })
    }
}

impl From<NodeField> for Change {
    fn from(field: NodeField) -> Self {
        let name = field.name().to_owned();
        match field {
            NodeField::Kind(value) => Self::new(&name, &value),
            NodeField::Name(value) => Self::new(&name, &value),
            NodeField::Parent(value) => Self::new(&name, &value),
            NodeField::Disabled(value) => Self::new(&name, &value.then_some(true)),
            NodeField::Retry(value) => Self::new(&name, &value),
            NodeField::TimeoutMs(value) => Self::new(&name, &value),
            NodeField::OnError(value) => Self::new(&name, &value),
            NodeField::Memo(value) => Self::new(&name, &value),
            NodeField::Pinned(value) => Self::new(&name, &value),
            NodeField::Extra(field, value) => Self { field, value },
        }
    }
}

impl ConfigField {
    /// The field's name in files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::MaxParallel(_) => "maxParallel",
            Self::ErrorHandling(_) => "errorHandling",
            Self::Retry(_) => "retry",
            Self::Memo(_) => "memo",
            Self::Healing(_) => "healing",
            Self::Limits(_) => "limits",
            Self::Extra(name, _) => name,
        }
    }

    /// Sets the field; the same field with its old value.
    pub(super) fn swap(&self, config: &mut Config) -> Self {
        match self.clone() {
            Self::MaxParallel(new) => Self::MaxParallel(replace(&mut config.max_parallel, new)),
            Self::ErrorHandling(new) => {
                Self::ErrorHandling(replace(&mut config.error_handling, new))
            }
            Self::Retry(new) => Self::Retry(replace(&mut config.retry, new)),
            Self::Memo(new) => Self::Memo(replace(&mut config.memo, new)),
            Self::Healing(new) => Self::Healing(replace(&mut config.healing, new)),
            Self::Limits(new) => Self::Limits(replace(&mut config.limits, new)),
            Self::Extra(name, new) => swap_extra(&mut config.extra, name, new, Self::Extra),
        }
    }

    /// Every field of a configuration but `vars`.
    pub(super) fn all(config: &Config) -> Vec<Self> {
        let known = [
            Self::MaxParallel(config.max_parallel),
            Self::ErrorHandling(config.error_handling),
            Self::Retry(config.retry.clone()),
            Self::Memo(config.memo),
            Self::Healing(config.healing),
            Self::Limits(config.limits.clone()),
        ];
        known
            .into_iter()
            .chain(extras(&config.extra, Self::Extra))
            .collect()
    }
}

impl TryFrom<Change> for ConfigField {
    type Error = String;

    fn try_from(change: Change) -> Result<Self, String> {
        let absent = Config::default();
        Ok(match change.field.as_str() {
            "vars" => return Err(change.refused("use setVar")),
            "maxParallel" => Self::MaxParallel(change.read()?.unwrap_or(absent.max_parallel)),
            "errorHandling" => Self::ErrorHandling(change.read()?.unwrap_or_default()),
            "retry" => Self::Retry(change.read()?),
            "memo" => Self::Memo(change.read()?.unwrap_or(absent.memo)),
            "healing" => Self::Healing(change.read()?.unwrap_or_default()),
            "limits" => Self::Limits(change.read()?.unwrap_or_default()),
            _ => Self::Extra(change.field, change.value),
        })
    }
}

impl From<ConfigField> for Change {
    fn from(field: ConfigField) -> Self {
        let name = field.name().to_owned();
        match field {
            ConfigField::MaxParallel(value) => Self::new(&name, &value),
            ConfigField::ErrorHandling(value) => Self::new(&name, &value),
            ConfigField::Retry(value) => Self::new(&name, &value),
            ConfigField::Memo(value) => Self::new(&name, &value),
            ConfigField::Healing(value) => Self::new(&name, &value),
            ConfigField::Limits(value) => Self::new(&name, &value),
            ConfigField::Extra(field, value) => Self { field, value },
        }
    }
}

/// How fields of `graph` begin in changes.
const GRAPH: &str = "graph/";

impl DocumentField {
    /// The field's name in files.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Id(_) => "id",
            Self::Name(_) => "name",
            Self::Version(_) => "version",
            Self::Extra(name, _) | Self::GraphExtra(name, _) => name,
        }
    }

    /// Sets the field; the same field with its old value.
    pub(super) fn swap(&self, workflow: &mut Workflow) -> Self {
        match self.clone() {
            Self::Id(new) => Self::Id(replace(&mut workflow.id, new)),
            Self::Name(new) => Self::Name(replace(&mut workflow.name, new)),
            Self::Version(new) => Self::Version(replace(&mut workflow.version, new)),
            Self::Extra(name, new) => swap_extra(&mut workflow.extra, name, new, Self::Extra),
            Self::GraphExtra(name, new) => {
                swap_extra(&mut workflow.graph.extra, name, new, Self::GraphExtra)
            }
        }
    }

    /// Every field of a document but `config`, the nodes and the edges.
    pub(super) fn all(workflow: &Workflow) -> Vec<Self> {
        let known = [
            Self::Id(workflow.id.clone()),
            Self::Name(workflow.name.clone()),
            Self::Version(workflow.version),
        ];
        let extra = extras(&workflow.extra, Self::Extra);
        let graph = extras(&workflow.graph.extra, Self::GraphExtra);
        known.into_iter().chain(extra).chain(graph).collect()
    }
}

impl TryFrom<Change> for DocumentField {
    type Error = String;

    fn try_from(change: Change) -> Result<Self, String> {
        Ok(match change.field.as_str() {
            "graph" => return Err(change.refused("use the edits for nodes and edges, or setGraph")),
            "config" => return Err(change.refused("use setConfig")),
            "graph/nodes" | "graph/edges" => return Err(change.refused("use setGraph")),
            "id" => Self::Id(change.required()?),
            "name" => Self::Name(change.read()?.unwrap_or_default()),
            "version" => Self::Version(change.read()?.unwrap_or(1)),
            field => match field.strip_prefix(GRAPH) {
                Some(name) => Self::GraphExtra(name.into(), change.value),
                None => Self::Extra(change.field, change.value),
            },
        })
    }
}

impl From<DocumentField> for Change {
    fn from(field: DocumentField) -> Self {
        match field {
            DocumentField::Id(value) => Self::new("id", &value),
            DocumentField::Name(value) => Self::new("name", &value),
            DocumentField::Version(value) => Self::new("version", &value),
            DocumentField::Extra(field, value) => Self { field, value },
            DocumentField::GraphExtra(name, value) => Self {
                field: format!("{GRAPH}{name}"),
                value,
            },
        }
    }
}

fn swap_extra<F>(
    extra: &mut Extra,
    name: String,
    new: Option<Value>,
    field: impl Fn(String, Option<Value>) -> F,
) -> F {
    let old = match new {
        Some(new) => extra.insert(name.clone(), new),
        None => extra.remove(&name),
    };
    field(name, old)
}

fn extras<F>(extra: &Extra, field: impl Fn(String, Option<Value>) -> F) -> impl Iterator<Item = F> {
    extra
        .iter()
        .map(move |(name, value)| field(name.clone(), Some(value.clone())))
}
