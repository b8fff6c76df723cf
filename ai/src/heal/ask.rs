//! When the rules find nothing, a model is asked. What it says is a candidate like any other: checked, replayed, and
//! shown only with its proof.
//!
//! It sees shapes, never the values that flowed; and an edit that reaches for an address, a credential or another
//! kind of change than code, retry and time limit is refused before it is tried.

use flowforge_engine::edit::{Edit, NodeField, Patch};
use flowforge_engine::workflow::Node;
use flowforge_engine::{RunId, Seq, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Diagnosis;
use super::case::Case;
use super::shape::{Shape, shape};
use crate::context::{Redaction, fence};
use crate::model::{ChatModel, ChatRequest, Message, ModelError, Task};
use crate::proposal::Receipt;

/// Most fixes of one answer.
const FIXES_MAX: usize = 3;
/// Most tokens of an answer.
const TOKENS_MAX: u32 = 2_000;
/// Longest text of a failure that is told, in characters.
const FAILURE_CHARS_MAX: usize = 600;
/// Most good frames whose shapes are told.
const GOOD_MAX: usize = 3;
/// Parameters that no healer may change: where a call goes, who makes it, and whether it may be made twice.
const KEPT: [&str; 7] = [
    "url",
    "method",
    "headers",
    "credential",
    "credentials",
    "idempotent",
    "idempotencyKey",
];

/// What the prompt `fix` is filled with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixInputs {
    /// What went wrong, in a sentence.
    pub diagnosis: String,
    /// The node that failed, as it is written.
    pub graph: String,
    /// The shape of what its expressions saw.
    pub frame: String,
    /// The failure's kind and message, cut.
    pub failure: String,
    /// The shapes of what they saw in good frames.
    pub good: String,
    /// What was tried in vain.
    pub tried: String,
}

/// A model, and the prompt that it is asked with.
#[derive(Clone, Copy)]
pub struct Adviser<'a> {
    /// Whom to ask.
    pub model: &'a dyn ChatModel,
    /// Makes the messages of the prompt `fix`.
    pub fill: &'a (dyn Fn(&FixInputs) -> Result<Vec<Message>, String> + Sync),
    /// The prompt's name and version, for the receipt.
    pub prompt: &'a str,
}

/// A change that a model proposes.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    pub(super) reason: String,
    pub(super) patch: Patch,
    pub(super) receipt: Receipt,
}

#[derive(Deserialize)]
struct Answer {
    fixes: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    reason: String,
    /// Each read by itself, so that one that cannot be read takes nothing else with it.
    edits: Vec<Json>,
}

impl Written {
    /// The change, or why it may not even be tried.
    fn patch(&self, failing: &Node) -> Result<Patch, String> {
        let read = |edit: &Json| {
            let edit: Edit = serde_json::from_value(edit.clone())
                .map_err(|error| format!("it cannot be read: {error}"))?;
            match forbidden(&edit, failing) {
                Some(why) => Err(why),
                None => Ok(edit),
            }
        };
        let edits: Result<Vec<Edit>, String> = self.edits.iter().map(read).collect();
        edits.map(Patch::from)
    }
}

/// What to ask about a case: shapes, and the words of the failure and the node without what is secret in them.
pub(super) fn inputs(case: &Case<'_>, diagnosis: &Diagnosis, tried: &str) -> FixInputs {
    let redaction = redaction(case);
    let good: Vec<String> = case.good.iter().take(GOOD_MAX).map(shown_shape).collect();
    let message = redaction.text(&case.failure.message);
    let message: String = message.chars().take(FAILURE_CHARS_MAX).collect();
    let failure = format!("{:?}: {message}", case.failure.kind);
    let node = serde_json::to_value(case.node).unwrap_or_default();
    let node = redaction.value(&Value::from_json(&node)).to_json();
    FixInputs {
        diagnosis: diagnosis.sentence.clone(),
        graph: fence("node", &node.to_string()),
        frame: fence("frame", &shown_shape(&case.scope)),
        failure: fence("failure", &failure),
        good: fence("good frames", &good.join("\n")),
        tried: match tried {
            "" => String::new(),
            tried => fence("tried", &redaction.text(tried)),
        },
    }
}

/// What is secret in the workflow and in what flowed.
fn redaction(case: &Case<'_>) -> Redaction {
    let mut redaction = Redaction::new(case.workflow);
    redaction.learn(&case.scope);
    case.good.iter().for_each(|scope| redaction.learn(scope));
    if let Some(details) = &case.failure.details {
        redaction.learn(details);
    }
    redaction
}

/// Asks once; gives the changes that may be tried, and why others may not.
///
/// # Errors
/// When there is no usable answer.
pub(super) async fn ask(
    adviser: &Adviser<'_>,
    inputs: &FixInputs,
    node: &Node,
    read: (RunId, Seq),
) -> Result<(Vec<Advice>, Vec<String>), ModelError> {
    let request = ChatRequest {
        task: Task::Heal,
        model: None,
        messages: (adviser.fill)(inputs).map_err(ModelError::BadAnswer)?,
        tools: Vec::new(),
        shape: Some(answer_shape()),
        max_tokens: TOKENS_MAX,
    };
    let answer = adviser.model.complete(&request, &mut |_| {}).await?;
    let receipt = Receipt {
        prompt: adviser.prompt.to_owned(),
        model: answer.model.clone(),
        usage: answer.usage,
        read: vec![read],
    };
    let written: Answer = serde_json::from_str(bare(&answer.text))
        .map_err(|error| ModelError::BadAnswer(error.to_string()))?;
    let (mut advice, mut refused) = (Vec::new(), Vec::new());
    for fix in written.fixes.into_iter().take(FIXES_MAX) {
        match fix.patch(node) {
            Err(why) => refused.push(why),
            Ok(patch) => advice.push(Advice {
                reason: fix.reason,
                patch,
                receipt: receipt.clone(),
            }),
        }
    }
    Ok((advice, refused))
}

/// Why this edit may not even be tried.
fn forbidden(edit: &Edit, failing: &Node) -> Option<String> {
    match edit {
        Edit::SetParam { pointer, .. } | Edit::RemoveParam { pointer, .. }
            if KEPT.contains(&pointer.parts()[0].as_str()) =>
        {
            Some(format!(
                "it would change `{}`, which healing never does",
                pointer.parts()[0]
            ))
        }
        Edit::SetParam { .. } | Edit::RemoveParam { .. } => None,
        Edit::SetField {
            node,
            change: NodeField::Retry(_) | NodeField::TimeoutMs(_),
        } if *node == failing.id => None,
        other => Some(format!("`{other}` is no change that healing makes")),
    }
}

/// The JSON of an answer that may stand in a fence.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inside = text
        .strip_prefix("```json")
        .or_else(|| text.strip_prefix("```"));
    inside
        .and_then(|text| text.strip_suffix("```"))
        .unwrap_or(text)
        .trim()
}

fn answer_shape() -> Json {
    let edit = json!({
        "type": "object",
        "required": ["edit", "node"],
        "properties": {
            "edit": { "enum": ["setParam", "removeParam", "setField"] },
            "node": { "type": "string" },
        },
    });
    let fix = json!({
        "type": "object",
        "required": ["reason", "edits"],
        "properties": {
            "reason": { "type": "string" },
            "edits": { "type": "array", "items": edit },
        },
    });
    json!({
        "type": "object",
        "required": ["fixes"],
        "properties": { "fixes": { "type": "array", "items": fix } },
    })
}

/// What a value is made of, on one line: `{orders: [{price: number}]}`.
fn shown_shape(value: &Value) -> String {
    told(&shape(value))
}

fn told(shape: &Shape) -> String {
    match shape {
        Shape::Null => "null".into(),
        Shape::Bool => "true or false".into(),
        Shape::Number => "number".into(),
        Shape::Text { numeric: true } => "text with a number in it".into(),
        Shape::Text { .. } => "text".into(),
        Shape::Bytes => "bytes".into(),
        Shape::List(None) => "[]".into(),
        Shape::List(Some(item)) => format!("[{}]", told(item)),
        Shape::Record(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, shape)| format!("{name}: {}", told(shape)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}
