//! What a workflow does, what a frame did, how two runs differ: in sentences, each linked to what it is about.
//!
//! Rules make the sentences; a model, where there is one, may put them in better words, and each of its sentences still
//! names the one it rests on.

use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::node_type::{Catalogue, Role};
use flowforge_engine::workflow::graph::Topology;
use flowforge_engine::workflow::{Node, OnError};
use flowforge_engine::{NodeId, RunId, Seq, Value, Workflow};
use flowforge_snapshots::diff::{Change, FrameDiff, Op, RunDiff};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::context::{Redaction, fence, shape};
use crate::draft::{Hear, Told, Trouble};
use crate::model::cassette::{Exchange, Outcome};
use crate::model::{ChatModel, ChatRequest, Task};
use crate::prompt::Prompt;
use crate::proposal::{Receipt, visible};

/// Most sentences of one explanation.
const SENTENCES_MAX: usize = 60;
/// Most differing frames that are told of two runs.
const FRAMES_MAX: usize = 12;

/// One sentence and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// Plain text.
    pub text: String,
    /// Where to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// A place that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The frame, by the event that opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Seq>,
}

/// An explanation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// In reading order.
    pub sentences: Vec<Sentence>,
    /// `rules`, or the model as it names itself.
    pub by: String,
    /// The model's call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// The call itself, to play it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// Why the model's words are not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Trouble>,
}

fn by_rules(mut sentences: Vec<Sentence>) -> Explained {
    let more = sentences.len().saturating_sub(SENTENCES_MAX);
    sentences.truncate(SENTENCES_MAX);
    if more > 0 {
        sentences.push(Sentence {
            text: format!("And {more} more."),
            about: None,
        });
    }
    Explained {
        sentences,
        by: "rules".into(),
        ..Explained::default()
    }
}

fn at_node(node: &NodeId, text: String) -> Sentence {
    Sentence {
        text,
        about: Some(About {
            node: Some(node.clone()),
            ..About::default()
        }),
    }
}

fn at_frame(run: RunId, node: &NodeId, frame: Seq, text: String) -> Sentence {
    Sentence {
        text,
        about: Some(About {
            node: Some(node.clone()),
            run: Some(run),
            frame: Some(frame),
        }),
    }
}

/// A workflow, node by node in the order in which they run.
#[must_use]
pub fn workflow(workflow: &Workflow, catalogue: &Catalogue) -> Explained {
    let graph = &workflow.graph;
    let redaction = Redaction::new(workflow);
    if graph.nodes.is_empty() {
        return by_rules(vec![Sentence {
            text: "The workflow has no steps yet.".into(),
            about: None,
        }]);
    }
    let topology = Topology::new(graph);
    let order = topology
        .order()
        .unwrap_or_else(|| (0..graph.nodes.len()).collect());
    let sentences = order.into_iter().map(|at| {
        let node = &graph.nodes[at];
        at_node(
            &node.id,
            node_sentence(workflow, node, catalogue, &redaction),
        )
    });
    by_rules(sentences.collect())
}

fn node_sentence(
    workflow: &Workflow,
    node: &Node,
    catalogue: &Catalogue,
    redaction: &Redaction,
) -> String {
    let id = visible(node.id.as_str());
    let spec = catalogue.get(&node.kind).map(|node_type| node_type.spec());
    let does = match (node.kind.as_str(), spec) {
        ("trigger.manual", _) => "starts the workflow by hand, by command or by a call".to_owned(),
        ("http.request", _) => {
            let param = |name: &str| {
                node.params
                    .get(name)
                    .and_then(Value::as_str)
                    .map(|text| visible(&redaction.text(text)))
            };
            format!(
                "calls {} {}",
                param("method").unwrap_or_else(|| "GET".into()),
                param("url").unwrap_or_else(|| "an address that is not set".into())
            )
        }
        (_, Some(spec)) => {
            let summary = spec.summary.trim_end_matches('.');
            let mut chars = summary.chars();
            let small: String = chars
                .next()
                .into_iter()
                .flat_map(char::to_lowercase)
                .chain(chars)
                .collect();
            format!("{small}{}", most_telling(node, spec.role, redaction))
        }
        (kind, None) => format!("is of the unknown type {}", visible(kind)),
    };
    let label = node
        .name
        .as_deref()
        .map(|name| format!(" ({})", visible(name)))
        .unwrap_or_default();
    let within = node
        .parent
        .as_ref()
        .map(|parent| format!(", for each round of `{}`", visible(parent.as_str())))
        .unwrap_or_default();
    let from: Vec<String> = workflow
        .graph
        .edges
        .iter()
        .filter(|edge| edge.target == node.id && edge.source_port != "out")
        .map(|edge| {
            format!(
                "by the way `{}` of `{}`",
                visible(&edge.source_port),
                visible(edge.source.as_str())
            )
        })
        .collect();
    let from = if from.is_empty() {
        String::new()
    } else {
        format!(", reached {}", from.join(" or "))
    };
    format!("`{id}`{label} {does}{within}{from}{}.", policies(node))
}

/// The one parameter that says most, for types without a sentence of their own.
fn most_telling(node: &Node, role: Role, redaction: &Redaction) -> String {
    let names = [
        "cron",
        "condition",
        "durationMs",
        "until",
        "count",
        "fields",
        "by",
        "message",
        "workflow",
        "text",
    ];
    let found = names
        .iter()
        .find_map(|name| Some((name, node.params.get(*name)?)));
    match found {
        Some((name, value)) => {
            let value = visible(&redaction.value(value).to_json_text());
            let cut: String = value.chars().take(80).collect();
            let more = if cut.len() < value.len() { "…" } else { "" };
            format!(" ({name}: {cut}{more})")
        }
        None if role == Role::Loop => " for the nodes inside it".into(),
        None => String::new(),
    }
}

fn policies(node: &Node) -> String {
    let mut text = String::new();
    if let Some(retry) = &node.retry {
        text += &format!("; it is tried up to {} times", retry.max_attempts);
    }
    text += match node.on_error {
        Some(OnError::Continue) => "; when it fails the run goes on",
        Some(OnError::Port) => "; when it fails the run goes on by its error port",
        Some(OnError::Pause) => "; when it fails the run waits for a person",
        _ => "",
    };
    if node.disabled {
        text += "; it is switched off and passes its input on";
    }
    if node.pinned.is_some() {
        text += "; its output is pinned and it is not run";
    }
    text
}

/// One frame: what came in, what it asked, what it gave or why it failed. `redaction` is that of its workflow.
#[must_use]
pub fn frame(frame: &ExecutionFrame, redaction: &Redaction) -> Explained {
    let mut redaction = redaction.clone();
    frame.input.iter().for_each(|input| redaction.learn(input));
    let say = |text: String| at_frame(frame.run, &frame.node_id, frame.opened_seq, text);
    let shown = |value: &Value| shape(&redaction.value(value));
    let node = visible(frame.node_id.as_str());
    let mut sentences = Vec::new();
    let attempt = if frame.attempt > 1 {
        format!(", attempt {}", frame.attempt)
    } else {
        String::new()
    };
    let took = if frame.closed_seq.is_some() {
        format!(" after {} ms", frame.metrics.duration_ms)
    } else {
        String::new()
    };
    sentences.push(say(format!(
        "`{node}`{attempt} {}{took}.",
        status(frame.status)
    )));
    sentences.extend(
        frame
            .input
            .as_ref()
            .map(|input| say(format!("It got {}.", shown(input)))),
    );
    for effect in &frame.effects {
        let came = match &effect.outcome {
            None => "there is no answer yet".to_owned(),
            Some(Ok(value)) => format!("the answer was {}", shown(value)),
            Some(Err(failure)) => format!("it failed: {}", redaction.text(&failure.message)),
        };
        sentences.push(say(format!(
            "It asked the world ({:?}): {came}.",
            effect.effect.kind
        )));
    }
    if frame.memo {
        sentences.push(say(
            "The result was taken from an earlier equal step.".into()
        ));
    }
    sentences.extend(
        frame
            .output
            .as_ref()
            .map(|output| say(format!("It gave {}.", shown(&output.to_value())))),
    );
    if let Some(error) = &frame.error {
        sentences.push(say(format!(
            "It failed with {:?}: {}.",
            error.kind,
            visible(&redaction.text(&error.message)).trim_end_matches('.')
        )));
        sentences.extend(
            error
                .hint
                .as_ref()
                .map(|hint| say(format!("Advice: {hint}."))),
        );
    }
    by_rules(sentences)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "has not started",
        Status::Running => "is running",
        Status::Waiting => "is waiting",
        Status::Completed => "completed",
        Status::Failed => "failed",
        Status::Skipped => "was passed over",
        Status::Cancelled => "was cancelled",
        Status::Interrupted => "was interrupted, and it is unknown whether its call arrived",
    }
}

/// How the second run differs from the first.
#[must_use]
pub fn difference(diff: &RunDiff, redaction: &Redaction) -> Explained {
    if diff.identical {
        return by_rules(vec![Sentence {
            text: format!("The runs are the same in all {} steps.", diff.same),
            about: None,
        }]);
    }
    let plain = |text: String| Sentence { text, about: None };
    let mut sentences = vec![plain(format!(
        "The first run {}, the second {}; {} steps are the same, {} differ.",
        status(diff.a.status),
        status(diff.b.status),
        diff.same,
        diff.changed.len()
    ))];
    if let Some(first) = diff
        .first_divergence
        .as_ref()
        .and_then(|divergence| divergence.b.as_ref().or(divergence.a.as_ref()))
    {
        sentences.push(at_frame(
            diff.b.run,
            &first.node_id,
            first.opened_seq,
            format!("They first part at `{}`.", visible(first.node_id.as_str())),
        ));
    }
    if let Some(workflow) = diff
        .workflow
        .as_ref()
        .filter(|workflow| !workflow.is_empty())
    {
        let _ = workflow;
        sentences.push(plain("They ran different versions of the workflow.".into()));
    }
    let of_run = [
        ("The input", &diff.input),
        ("The output", &diff.output),
        ("The error", &diff.error),
    ];
    sentences.extend(
        of_run
            .into_iter()
            .filter(|(_, changes)| !changes.is_empty())
            .map(|(what, changes)| {
                plain(format!("{what} differs: {}.", changed(changes, redaction)))
            }),
    );
    for frame in diff.changed.iter().take(FRAMES_MAX) {
        sentences.push(at_frame(
            diff.b.run,
            &frame.b.node_id,
            frame.b.opened_seq,
            frame_difference(frame, redaction),
        ));
    }
    for (run, which, frames) in [
        (diff.a.run, "first", &diff.only_in_a),
        (diff.b.run, "second", &diff.only_in_b),
    ] {
        for frame in frames.iter().take(FRAMES_MAX) {
            sentences.push(at_frame(
                run,
                &frame.node_id,
                frame.opened_seq,
                format!(
                    "Only the {which} run has `{}`.",
                    visible(frame.node_id.as_str())
                ),
            ));
        }
    }
    by_rules(sentences)
}

fn frame_difference(frame: &FrameDiff, redaction: &Redaction) -> String {
    let mut parts = Vec::new();
    if let Some(change) = &frame.status {
        parts.push(format!(
            "it {} in the first and {} in the second",
            status(change.before),
            status(change.after)
        ));
    }
    for (what, changes) in [
        ("input", &frame.input),
        ("output", &frame.output),
        ("error", &frame.error),
        ("calls", &frame.effects),
    ] {
        if !changes.is_empty() {
            parts.push(format!("{what}: {}", changed(changes, redaction)));
        }
    }
    format!(
        "`{}` differs: {}.",
        visible(frame.b.node_id.as_str()),
        parts.join("; ")
    )
}

/// The first changes, in words.
fn changed(changes: &[Change], redaction: &Redaction) -> String {
    let shown = |path: &str, value: &Option<Value>| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let record: flowforge_engine::value::Record = [(name, value.clone().unwrap_or_default())]
            .into_iter()
            .collect();
        let redacted = redaction.value(&record.into());
        shape(redacted.get(name).unwrap_or(&Value::Null))
    };
    let mut words: Vec<String> = changes
        .iter()
        .take(3)
        .map(|change| {
            let at = if change.path.is_empty() {
                "the whole value".to_owned()
            } else {
                format!("`{}`", visible(&change.path))
            };
            match change.op {
                Op::Added => format!("{at} is new ({})", shown(&change.path, &change.after)),
                Op::Removed => format!(
                    "{at} is gone (it was {})",
                    shown(&change.path, &change.before)
                ),
                Op::Changed => format!(
                    "{at} was {}, is {}",
                    shown(&change.path, &change.before),
                    shown(&change.path, &change.after)
                ),
            }
        })
        .collect();
    if changes.len() > words.len() {
        words.push(format!("and {} more", changes.len() - words.len()));
    }
    words.join(", ")
}

/// The same explanation in a model's words; the rules' own when it fails or names facts that are not there.
pub async fn in_words(
    explained: Explained,
    question: &str,
    model: &dyn ChatModel,
    hear: Hear<'_>,
) -> Explained {
    let facts: Vec<String> = explained
        .sentences
        .iter()
        .enumerate()
        .map(|(at, fact)| format!("{}. {}", at + 1, fact.text))
        .collect();
    let messages = match Prompt::Explain.fill(&json!({ "facts": fence("facts", &facts.join("\n")), "question": question.chars().take(1_000).collect::<String>() })) {
        Ok(messages) => messages,
        Err(error) => return Explained { problem: Some(Trouble::new("prompt", error.to_string(), None)), ..explained },
    };
    let request = ChatRequest {
        task: Task::Explain,
        model: None,
        messages,
        tools: Vec::new(),
        shape: Some(
            json!({ "type": "object", "required": ["sentences"], "properties": { "sentences": { "type": "array", "items": { "type": "object", "required": ["text", "fact"], "properties": { "text": { "type": "string" }, "fact": { "type": "integer" } } } } } }),
        ),
        max_tokens: Prompt::Explain.tokens(),
    };
    let answer = match model
        .complete(&request, &mut |token| hear(Told::Token(token)))
        .await
    {
        Ok(answer) => answer,
        Err(error) => {
            return Explained {
                problem: Some(error.into()),
                ..explained
            };
        }
    };
    let receipt = Receipt {
        prompt: Prompt::Explain.version(),
        model: answer.model.clone(),
        usage: answer.usage,
        read: Vec::new(),
    };
    let by = answer.model.clone();
    let sentences = linked(&answer.text, &explained.sentences);
    let exchange = Some(Exchange {
        request,
        outcome: Outcome::Answer(answer),
    });
    match sentences {
        Some(sentences) => Explained {
            sentences,
            by,
            receipt: Some(receipt),
            exchange,
            problem: None,
        },
        None => Explained {
            problem: Some(Trouble::new(
                "bad-answer",
                "the model's explanation does not rest on the facts; these are the facts themselves",
                None,
            )),
            receipt: Some(receipt),
            exchange,
            ..explained
        },
    }
}

#[derive(Deserialize)]
struct InWords {
    sentences: Vec<Linked>,
}

#[derive(Deserialize)]
struct Linked {
    text: String,
    fact: usize,
}

/// The model's sentences, each with the place of the fact that it names; nothing unless all name one.
fn linked(text: &str, facts: &[Sentence]) -> Option<Vec<Sentence>> {
    let start = text.find('{')?;
    let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<InWords>();
    let told = stream.next()?.ok()?;
    let sentences: Option<Vec<Sentence>> = told
        .sentences
        .into_iter()
        .take(SENTENCES_MAX)
        .map(|linked| {
            let fact = facts.get(linked.fact.checked_sub(1)?)?;
            Some(Sentence {
                text: visible(&linked.text),
                about: fact.about.clone(),
            })
        })
        .collect();
    sentences.filter(|sentences| !sentences.is_empty())
}

#[cfg(test)]
mod tests;
