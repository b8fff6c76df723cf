//! The build benchmark: sentences become workflows, the workflows run in a scripted world, and what they did is checked.
//!
//! A task is a few rounds of instructions, each proposal being accepted whole; then the node types that must be there, the
//! variables, and runs with an input, the answers of the world, and what must come out or be sent.

use std::collections::BTreeMap;

use flowforge_ai::draft::{self, Bounds, Drafted, Said, Turn};
use flowforge_ai::lab::{DryRun, Lab, LabError, Trial, Tried};
use flowforge_ai::model::ChatModel;
use flowforge_ai::{planner, proposal};
use flowforge_engine::check::check;
use flowforge_engine::effect::EffectKind;
use flowforge_engine::frame::Status;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::script::{EvaluateReply, EvaluateRequest, Evaluator};
use flowforge_engine::value::Record;
use flowforge_engine::{Timestamp, Value, Workflow};
use flowforge_snapshots::Journal;
use flowforge_snapshots::search::NodeIndex;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::play::{Answer, Played, World, play};

/// Most turns of one task, replies to questions included.
const TURNS_MAX: usize = 12;
/// How often one node is answered.
const ANSWERS_MAX: usize = 50;

/// One task.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What it is about.
    pub name: String,
    /// The workflow to begin with; an empty one when absent.
    #[serde(default)]
    pub start: Option<Workflow>,
    /// What is said, one proposal each.
    pub rounds: Vec<String>,
    /// What is answered to a question.
    #[serde(default)]
    pub replies: Vec<String>,
    /// Node types that must be there.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// Node types that must not be there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Variables that must be there.
    #[serde(default)]
    pub vars: BTreeMap<String, Value>,
    /// Texts that must stand somewhere in the document.
    #[serde(default)]
    pub says: Vec<String>,
    /// What it must do.
    #[serde(default)]
    pub runs: Vec<Trying>,
}

/// One run of what was built.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trying {
    /// The run's input.
    pub input: Value,
    /// What the world answers, by method and URL.
    pub world: Vec<Answered>,
    /// The run's output.
    pub output: Option<Value>,
    /// What was sent by other methods than GET, in order.
    pub sent: Option<Vec<Sent>>,
    /// At least so long must it take, in milliseconds.
    pub takes_ms: u64,
    /// Whether the run must wait for a person.
    pub waits: bool,
}

/// An answer of the world.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The address.
    pub url: String,
    /// The body of the answer.
    #[serde(default)]
    pub body: Value,
}

/// Something that was sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The address.
    pub url: String,
    /// The body.
    pub body: Value,
}

/// Who builds.
#[derive(Clone, Copy)]
pub enum Builder<'a> {
    /// The built-in planner.
    Planner,
    /// A model.
    Model(&'a dyn ChatModel),
}

/// The tasks of a file.
///
/// # Errors
/// Why the text is no list of tasks.
pub fn tasks(text: &str) -> Result<Vec<Task>, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// Builds and checks; why it did not pass.
///
/// # Errors
/// The first thing that is not as the task wants it.
pub async fn attempt(task: &Task, builder: Builder<'_>, journal: &Journal) -> Result<(), String> {
    let catalogue = Catalogue::built_in();
    let workflow = build(task, builder, journal, &catalogue).await?;
    let errors: Vec<String> = check(&workflow, &catalogue)
        .iter()
        .filter(|problem| problem.is_error())
        .map(ToString::to_string)
        .collect();
    if !errors.is_empty() {
        return Err(format!("does not check clean: {}", errors.join("; ")));
    }
    looks_right(task, &workflow)?;
    task.runs
        .iter()
        .try_for_each(|trying| runs_right(trying, &workflow))
}

async fn build(
    task: &Task,
    builder: Builder<'_>,
    journal: &Journal,
    catalogue: &Catalogue,
) -> Result<Workflow, String> {
    let empty = || {
        Workflow::from_value(&Value::from_json(
            &serde_json::json!({ "id": "built", "graph": { "nodes": [] } }),
        ))
    };
    let mut workflow = task
        .start
        .clone()
        .map_or_else(empty, Ok)
        .map_err(|error| error.to_string())?;
    let index = NodeIndex::new(catalogue);
    let mut history: Vec<Said> = Vec::new();
    let mut replies = task.replies.iter();
    let mut rounds = task.rounds.iter();
    let mut text = rounds.next().cloned();
    for number in 0..TURNS_MAX {
        let Some(said) = text.take() else {
            return Ok(workflow);
        };
        let turn = Turn {
            workflow: &workflow,
            text: &said,
            history: &history,
            selection: &[],
            run: None,
            frame: None,
            chat: None,
            id: format!("p{number}"),
            now: Timestamp(0),
            bounds: Bounds::default(),
        };
        let drafted = match builder {
            Builder::Planner => planner::turn(&turn, &index, catalogue, &mut |_| {}),
            Builder::Model(model) => {
                draft::turn(
                    &turn,
                    model,
                    &Bench,
                    journal,
                    &index,
                    catalogue,
                    &mut |_| {},
                )
                .await
            }
        };
        let Drafted {
            answer,
            question,
            proposal,
            ..
        } = drafted;
        let mut applied = Vec::new();
        if let Some(proposal) = proposal {
            let accepted =
                proposal::accept(&proposal, &workflow, &[]).map_err(|stale| stale.to_string())?;
            workflow = accepted.workflow;
            applied = accepted.sentences;
            text = rounds.next().cloned();
        } else if question.is_some() {
            text = Some(
                replies
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("asked: {answer}"))?,
            );
        } else {
            return Err(format!("no proposal: {answer}"));
        }
        history.push(Said {
            text: said,
            answer,
            question,
            applied,
        });
    }
    Err("too many turns".into())
}

fn looks_right(task: &Task, workflow: &Workflow) -> Result<(), String> {
    let has = |kind: &String| workflow.graph.nodes.iter().any(|node| node.kind == *kind);
    if let Some(missing) = task.nodes.iter().find(|kind| !has(kind)) {
        return Err(format!("has no {missing}"));
    }
    if let Some(surplus) = task.without.iter().find(|kind| has(kind)) {
        return Err(format!("still has {surplus}"));
    }
    for (name, value) in &task.vars {
        if workflow.config.vars.get(name) != Some(value) {
            return Err(format!(
                "the variable {name} is not {}",
                value.to_json_text()
            ));
        }
    }
    let text = workflow.to_value().to_json_text();
    match task.says.iter().find(|said| !text.contains(said.as_str())) {
        Some(missing) => Err(format!("`{missing}` stands nowhere")),
        None => Ok(()),
    }
}

fn runs_right(trying: &Trying, workflow: &Workflow) -> Result<(), String> {
    let played = play(workflow.clone(), world(trying, workflow));
    let expected = if trying.waits {
        Status::Waiting
    } else {
        Status::Completed
    };
    if played.end.status != expected {
        let why = played
            .end
            .error
            .as_ref()
            .map_or("", |error| error.message.as_str());
        return Err(format!("the run is {:?}: {why}", played.end.status));
    }
    if played.elapsed_ms < trying.takes_ms {
        return Err(format!(
            "took {} ms, expected at least {}",
            played.elapsed_ms, trying.takes_ms
        ));
    }
    if let Some(output) = &trying.output
        && *output != played.end.output
    {
        return Err(format!(
            "gave {}, expected {}",
            played.end.output.to_json_text(),
            output.to_json_text()
        ));
    }
    let sent = sent(&played);
    match &trying.sent {
        Some(expected) if *expected != sent => Err(format!("sent {sent:?}, expected {expected:?}")),
        _ => Ok(()),
    }
}

/// The world of a run: each node that calls is answered by the address that it names.
fn world(trying: &Trying, workflow: &Workflow) -> World {
    let mut answers = Vec::new();
    for node in &workflow.graph.nodes {
        let url = node
            .params
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let found = trying.world.iter().find(|answered| answered.url == url);
        let body = found.map_or(Value::Null, |answered| answered.body.clone());
        let response: Record = [
            ("status", Value::Int(200)),
            ("headers", Record::default().into()),
            ("body", body),
            ("url", url.into()),
        ]
        .into_iter()
        .collect();
        let answer = Answer {
            node: node.id.clone(),
            after: 1,
            answer: response.into(),
            fail: None,
            never: false,
        };
        if node.kind == "http.request" {
            answers.extend(std::iter::repeat_n(answer, ANSWERS_MAX));
        }
    }
    World {
        input: trying.input.clone(),
        answers,
        ..World::default()
    }
}

fn sent(played: &Played) -> Vec<Sent> {
    let effects = played.frames.iter().flat_map(|frame| &frame.effects);
    let calls = effects.filter(|effect| effect.effect.kind == EffectKind::Http);
    calls
        .filter(|call| call.effect.request.get("method").and_then(Value::as_str) != Some("GET"))
        .map(|call| Sent {
            url: call
                .effect
                .request
                .get("url")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            body: body(call.effect.request.get("body")),
        })
        .collect()
}

/// What was sent, read as JSON when it is.
fn body(sent: Option<&Value>) -> Value {
    let text = sent.and_then(Value::as_str);
    text.and_then(|text| Value::parse_json(text).ok())
        .or_else(|| sent.cloned())
        .unwrap_or_default()
}

/// A lab without processes: scripts are evaluated here, runs are not tried.
struct Bench;

impl Lab for Bench {
    fn evaluate(&self, request: EvaluateRequest) -> BoxFuture<'_, EvaluateReply> {
        let reply = Evaluator::new().evaluate(&request);
        Box::pin(async { reply })
    }

    fn try_again(&self, _: Trial) -> BoxFuture<'_, Result<Tried, LabError>> {
        Box::pin(async { Err(LabError("there are no runs in the benchmark".into())) })
    }

    fn dry_run(&self, _: DryRun) -> BoxFuture<'_, Result<Tried, LabError>> {
        Box::pin(async {
            Err(LabError(
                "there are no dry runs in the benchmark; use check".into(),
            ))
        })
    }
}
