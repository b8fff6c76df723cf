//! A sentence and a sample become a script node: written, compiled, run in the sandbox, compared, at most five rounds.

pub mod reusable;

use std::collections::BTreeMap;

use flowforge_engine::edit::{Edit, Patch, Pointer};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::script::FUNCTIONS;
use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{NodeId, Timestamp, Value, Workflow};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::Proposal;
use crate::context::{Redaction, fence, shape};
use crate::draft::{Bounds, Conversation, Drafted, Hear, Told, ToolUse, Trouble};
use crate::lab::{Lab, evaluate};
use crate::model::{ChatModel, ChatRequest, Task};
use crate::planner;
use crate::prompt::Prompt;
use crate::proposal::Origin;

/// Most scripts that are tried.
pub const ROUNDS_MAX: u32 = 5;
/// Most recorded inputs that a script is run on.
const INPUTS_MAX: usize = 10;
const KIND: &str = "code.rhai";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The workflow as the person sees it.
    pub workflow: &'a Workflow,
    /// The script node to rewrite; a new one when absent.
    pub node: Option<&'a NodeId>,
    /// The node behind which a new one goes; the only end of the graph when absent.
    pub after: Option<&'a NodeId>,
    /// What the script should do.
    pub sentence: &'a str,
    /// What came in, in this run or others; the first is the sample.
    pub inputs: &'a [Value],
    /// What must come out.
    pub expect: Option<Expect>,
    /// The conversation.
    pub chat: Option<&'a str>,
    /// The id that the proposal gets.
    pub id: String,
    /// When it is.
    pub now: Timestamp,
}

/// What must come out of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// This, for the first input.
    Output(Value),
    /// Something that fits this JSON Schema, for every input.
    Shape(Json),
}

impl Expect {
    /// A JSON Schema when the value reads like one (a record with `type` and nothing that schemas do not have), else the output itself.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        const TYPES: [&str; 7] = [
            "object", "array", "string", "number", "integer", "boolean", "null",
        ];
        const KEYWORDS: [&str; 8] = [
            "type",
            "properties",
            "items",
            "required",
            "enum",
            "additionalProperties",
            "minItems",
            "maxItems",
        ];
        let is_schema = value.as_record().is_some_and(|record| {
            let kind = record.get("type").and_then(Value::as_str);
            kind.is_some_and(|kind| TYPES.contains(&kind))
                && record.keys().all(|key| KEYWORDS.contains(&key))
        });
        if is_schema {
            Self::Shape(value.to_json())
        } else {
            Self::Output(value.clone())
        }
    }

    fn told(&self, redaction: &Redaction) -> String {
        match self {
            Self::Output(value) => redaction.value(value).to_json_text(),
            Self::Shape(schema) => format!("anything that fits the JSON Schema {schema}"),
        }
    }
}

#[derive(Deserialize)]
struct Written {
    code: String,
    #[serde(default)]
    about: String,
}

/// Writes the script. Without a model: what the planner has a template for, else it says that a model is needed.
pub async fn turn(
    order: &Order<'_>,
    model: Option<&dyn ChatModel>,
    lab: &dyn Lab,
    catalogue: &Catalogue,
    hear: Hear<'_>,
) -> Drafted {
    let mut drafted = match model {
        Some(model) => by_model(order, model, lab, catalogue, hear).await,
        None => by_template(order, lab, catalogue).await,
    };
    if let Some(proposal) = &mut drafted.proposal {
        proposal.chat = order.chat.map(str::to_owned);
        proposal.receipts.clone_from(&drafted.receipts);
        hear(Told::Proposal(proposal));
    }
    drafted
}

async fn by_template(order: &Order<'_>, lab: &dyn Lab, catalogue: &Catalogue) -> Drafted {
    let tried = match planner::script(order.sentence) {
        Some(code) => attempt(order, &code, lab).await.map(|()| code),
        None => {
            Err("no model is configured, and the built-in planner has no script for this".into())
        }
    };
    let proposed = tried.and_then(|code| propose(order, &code, "", Origin::Planner, catalogue));
    let mut drafted = match proposed {
        Ok(proposal) => Drafted {
            answer: format!(
                "Built-in planner (no model is configured): {}",
                proposal.title
            ),
            proposal: Some(proposal),
            ..Drafted::default()
        },
        Err(why) => Drafted {
            answer: why.clone(),
            problem: Some(Trouble::new(
                "needs-model",
                why,
                Some("configure a model, or write the script by hand"),
            )),
            ..Drafted::default()
        },
    };
    drafted.by = "planner".into();
    drafted
}

async fn by_model(
    order: &Order<'_>,
    model: &dyn ChatModel,
    lab: &dyn Lab,
    catalogue: &Catalogue,
    hear: Hear<'_>,
) -> Drafted {
    let request = match request(order) {
        Ok(request) => request,
        Err(problem) => {
            return Drafted {
                answer: problem.detail.clone(),
                problem: Some(problem),
                ..Drafted::default()
            };
        }
    };
    let bounds = Bounds {
        steps: ROUNDS_MAX,
        ..Bounds::default()
    };
    let mut conversation = Conversation::new(request, Prompt::Code, bounds);
    let mut tools = Vec::new();
    let mut last = String::new();
    let ended = loop {
        let answer = match conversation
            .step(model, &mut |token| hear(Told::Token(token)))
            .await
        {
            Ok(answer) => answer,
            Err(problem) => break Err(problem),
        };
        let tried = match written(&answer.text) {
            Ok(written) => attempt(order, &written.code, lab).await.map(|()| written),
            Err(why) => Err(why),
        };
        let tool = ToolUse {
            name: "try_script".into(),
            about: tried.as_ref().err().map_or_else(
                || "does what it should".into(),
                |why| why.chars().take(160).collect(),
            ),
            ok: tried.is_ok(),
        };
        hear(Told::Tool(&tool));
        tools.push(tool);
        match tried {
            Ok(written) => break Ok(written),
            Err(why) => {
                conversation.say(format!("That script did not do it:\n{}\nAnswer with JSON only, with the whole corrected script.", fence("complaint", &why)));
                last = why;
            }
        }
    };
    let origin = Origin::Model {
        model: conversation.model(),
    };
    let (proposal, problem) = match ended {
        Ok(written) => match propose(order, &written.code, &written.about, origin, catalogue) {
            Ok(proposal) => (Some(proposal), None),
            Err(why) => (None, Some(Trouble::new("no-place", why, None))),
        },
        Err(problem) if problem.code == "too-many-steps" => {
            let detail =
                format!("no script passed after {ROUNDS_MAX} rounds; the last complaint: {last}");
            (
                None,
                Some(Trouble::new(
                    "script-not-found",
                    detail,
                    Some("say more about the input or the result"),
                )),
            )
        }
        Err(problem) => (None, Some(problem)),
    };
    Drafted {
        by: conversation.model(),
        answer: proposal.as_ref().map_or_else(
            || {
                problem
                    .as_ref()
                    .map(|problem| problem.detail.clone())
                    .unwrap_or_default()
            },
            |proposal| proposal.reason.clone(),
        ),
        proposal,
        problem,
        tools,
        receipts: conversation.receipts(&[]),
        exchanges: conversation.exchanges,
        question: None,
    }
}

fn request(order: &Order<'_>) -> Result<ChatRequest, Trouble> {
    let mut redaction = Redaction::new(order.workflow);
    order.inputs.iter().for_each(|input| redaction.learn(input));
    let inputs: Vec<String> = order
        .inputs
        .iter()
        .take(3)
        .map(|input| shape(&redaction.value(input)))
        .collect();
    let functions: Vec<String> = FUNCTIONS
        .iter()
        .filter(|function| !function.is_effect())
        .map(|function| format!("{}: {}", function.signature, function.about))
        .collect();
    let old = order
        .node
        .and_then(|id| order.workflow.graph.node(id.as_str()));
    let old = old
        .and_then(|node| node.params.get("code"))
        .and_then(Value::as_str);
    let complaint = old
        .map(|code| fence("script as it is now", &redaction.text(code)))
        .unwrap_or_default();
    let messages = Prompt::Code
        .fill(&json!({
            "request": order.sentence.chars().take(4_000).collect::<String>(),
            "functions": functions.join("\n"),
            "input": fence("input", &if inputs.is_empty() { "not known".into() } else { inputs.join("\n") }),
            "expect": order.expect.as_ref().map(|expect| fence("expected", &expect.told(&redaction))).unwrap_or_default(),
            "complaint": complaint,
        }))
        .map_err(|error| Trouble::new("prompt", error.to_string(), None))?;
    Ok(ChatRequest {
        task: Task::Code,
        model: None,
        messages,
        tools: Vec::new(),
        shape: Some(
            json!({ "type": "object", "required": ["code", "about"], "additionalProperties": false, "properties": { "code": { "type": "string" }, "about": { "type": "string" } } }),
        ),
        max_tokens: Prompt::Code.tokens(),
    })
}

/// The script in an answer: JSON, perhaps with words around it, or a fenced block of code.
fn written(text: &str) -> Result<Written, String> {
    for (at, _) in text.match_indices('{').take(20) {
        let mut stream = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Written>();
        if let Some(Ok(written)) = stream.next() {
            return Ok(written);
        }
    }
    let block = text.split("```").nth(1);
    match block.and_then(|block| block.split_once('\n')) {
        Some((_, code)) => Ok(Written {
            code: code.trim().into(),
            about: String::new(),
        }),
        None => Err("the answer is not JSON with `code`".into()),
    }
}

/// Runs a script on the inputs and compares; the complaint when it does not do what it should.
async fn attempt(order: &Order<'_>, code: &str, lab: &dyn Lab) -> Result<(), String> {
    if code.trim().is_empty() {
        return Err("the script is empty".into());
    }
    if order.inputs.is_empty() {
        return flowforge_engine::script::compile_script(code).map_err(|failure| failure.message);
    }
    let mut redaction = Redaction::new(order.workflow);
    for (number, input) in order.inputs.iter().take(INPUTS_MAX).enumerate() {
        redaction.learn(input);
        let output = evaluate(lab, code, input, order.workflow)
            .await
            .map_err(|why: String| {
                format!("with input {}: {}", number + 1, redaction.text(&why))
            })?;
        let shown = || shape(&redaction.value(&output));
        match &order.expect {
            Some(Expect::Output(expected)) if number == 0 && !alike(expected, &output) => {
                return Err(format!(
                    "expected {}, found {}",
                    redaction.value(expected).to_json_text(),
                    shown()
                ));
            }
            Some(Expect::Shape(schema)) => fits(schema, &output).map_err(|why: String| {
                format!("with input {}: {why}; found {}", number + 1, shown())
            })?,
            None if output.is_null() => {
                return Err("the script gave null; its last expression must be the result".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether two values are the same, a whole float being the same as its integer.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(a, b))
        }
        (Value::Record(a), Value::Record(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => a == b || (a.as_number().is_some() && a.as_number() == b.as_number()),
    }
}

fn fits(schema: &Json, output: &Value) -> Result<(), String> {
    let schema = jsonschema::validator_for(schema)
        .map_err(|error| format!("the expected shape is no JSON Schema: {error}"))?;
    match schema.iter_errors(&output.to_json()).next() {
        None => Ok(()),
        Some(misfit) => Err(format!(
            "the output does not fit the shape at `{}`",
            misfit.instance_path()
        )),
    }
}

fn propose(
    order: &Order<'_>,
    code: &str,
    about: &str,
    origin: Origin,
    catalogue: &Catalogue,
) -> Result<Proposal, String> {
    let patch = Patch::from(edits(order, code)?);
    let reason = if about.is_empty() {
        format!("As you asked: {}", order.sentence)
    } else {
        about.chars().take(500).collect()
    };
    Proposal::make(
        order.workflow,
        patch,
        catalogue,
        origin,
        reason,
        order.now,
        order.id.clone(),
    )
    .map_err(|error| error.to_string())
}

fn edits(order: &Order<'_>, code: &str) -> Result<Vec<Edit>, String> {
    let graph = &order.workflow.graph;
    if let Some(id) = order.node {
        let node = graph
            .node(id.as_str())
            .ok_or_else(|| format!("there is no node `{id}`"))?;
        if node.kind != KIND {
            return Err(format!("`{id}` is no script node but {}", node.kind));
        }
        return Ok(vec![Edit::SetParam {
            node: id.clone(),
            pointer: Pointer::param("code"),
            value: code.into(),
        }]);
    }
    let end = || {
        let leads = |node: &Node| graph.edges.iter().any(|edge| edge.source == node.id);
        let mut ends = graph
            .nodes
            .iter()
            .filter(|node| node.parent.is_none() && !leads(node));
        match (ends.next(), ends.next()) {
            (Some(end), None) => Some(end.id.clone()),
            _ => None,
        }
    };
    let after = order
        .after
        .cloned()
        .or_else(end)
        .ok_or("say after which node the script goes")?;
    let before = graph
        .node(after.as_str())
        .ok_or_else(|| format!("there is no node `{after}`"))?;
    let mut ids = std::iter::once("script".to_owned())
        .chain((2..).map(|number: u32| format!("script-{number}")));
    let id: NodeId = ids
        .find(|id| graph.node(id).is_none())
        .unwrap_or_default()
        .into();
    let node = Node {
        id: id.clone(),
        kind: KIND.into(),
        name: Some(order.sentence.chars().take(40).collect()),
        params: BTreeMap::from([("code".to_owned(), Value::from(code))]),
        parent: before.parent.clone(),
        disabled: false,
        retry: None,
        timeout_ms: None,
        on_error: None,
        memo: None,
        pinned: None,
        extra: BTreeMap::new(),
    };
    let old: Vec<Edge> = graph
        .edges
        .iter()
        .filter(|edge| edge.source == after && edge.source_port == "out")
        .cloned()
        .collect();
    let into = Edge {
        source: after,
        source_port: "out".into(),
        target: id.clone(),
        target_port: "in".into(),
        extra: BTreeMap::new(),
    };
    let mut edits = vec![Edit::AddNode {
        node: Box::new(node),
        at: None,
    }];
    edits.extend(
        old.iter()
            .map(|edge| Edit::Disconnect { edge: edge.clone() }),
    );
    edits.push(Edit::Connect {
        edge: into,
        at: None,
    });
    edits.extend(old.into_iter().map(|edge| Edit::Connect {
        edge: Edge {
            source: id.clone(),
            source_port: "out".into(),
            ..edge
        },
        at: None,
    }));
    Ok(edits)
}

#[cfg(test)]
mod tests;
