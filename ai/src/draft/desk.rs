//! What the tools do. Everything they can reach is here: one workflow, its own runs, the catalogue, the lab.

pub(super) mod opening;

use std::collections::BTreeSet;

use flowforge_engine::check::check;
use flowforge_engine::edit::{DocumentField, Edit, Patch};
use flowforge_engine::frame::ExecutionFrame;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::problem::Problem;
use flowforge_engine::{RunId, Seq, Value, Workflow};
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::search::NodeIndex;
use flowforge_snapshots::{Journal, RunFilter};
use serde_json::Value as Json;

use crate::Proposal;
use crate::context::{self, Redaction, cut, entry, fence, plain, shape};
use crate::lab::{DryRun, Lab, Tried, evaluate};
use crate::model::ToolCall;
use crate::proposal::Origin;

use super::tools::{self, Tool};
use super::{Question, ToolUse, Turn};

/// Most tokens of one tool's answer.
const TOOL_TOKENS_MAX: usize = 2_000;
/// Most edits of one proposal.
const EDITS_MAX: usize = 400;
/// Most problems that the model is told at once.
const PROBLEMS_MAX: usize = 12;
/// Most frames that are looked through for those of a node.
const FRAMES_MAX: usize = 50;

/// The answer of a tool, or why it did not do what was asked; both are told to the model.
type Answer = Result<String, String>;

/// One turn's desk.
pub(super) struct Desk<'a> {
    turn: &'a Turn<'a>,
    lab: &'a dyn Lab,
    journal: &'a Journal,
    index: &'a NodeIndex,
    catalogue: &'a Catalogue,
    redaction: Redaction,
    read: BTreeSet<(RunId, Seq)>,
    pub(super) tools: Vec<ToolUse>,
    pub(super) proposal: Option<Proposal>,
    pub(super) question: Option<Question>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        turn: &'a Turn<'a>,
        lab: &'a dyn Lab,
        journal: &'a Journal,
        index: &'a NodeIndex,
        catalogue: &'a Catalogue,
    ) -> Self {
        Self {
            turn,
            lab,
            journal,
            index,
            catalogue,
            redaction: Redaction::new(turn.workflow),
            read: BTreeSet::new(),
            tools: Vec::new(),
            proposal: None,
            question: None,
        }
    }

    /// Whether there is something for the person.
    pub(super) fn is_done(&self) -> bool {
        self.proposal.is_some() || self.question.is_some()
    }

    /// The frames that were read.
    pub(super) fn read(&self) -> Vec<(RunId, Seq)> {
        self.read.iter().copied().collect()
    }

    /// Does what a call asks for, as far as it may; what the model is told.
    pub(super) async fn call(&mut self, call: &ToolCall) -> String {
        let answer = match tools::read(call) {
            Ok(tool) => self.perform(tool).await,
            Err(why) => Err(why),
        };
        let about = match &answer {
            Ok(_) => about(call),
            Err(why) => why
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(160)
                .collect(),
        };
        self.tools.push(ToolUse {
            name: plain(&call.name.chars().take(60).collect::<String>()),
            about: plain(&self.redaction.text(&about)),
            ok: answer.is_ok(),
        });
        let text = answer.unwrap_or_else(|why| format!("error: {why}"));
        cut(&text, TOOL_TOKENS_MAX)
    }

    async fn perform(&mut self, tool: Tool) -> Answer {
        match tool {
            Tool::SearchNodes { query } => {
                let found = self.index.find(&query, 6);
                let entries: String = found
                    .iter()
                    .map(|(_, node_type)| entry(node_type.spec()))
                    .collect();
                if entries.is_empty() {
                    Err(format!("no node type fits `{query}`"))
                } else {
                    Ok(fence("nodes", &entries))
                }
            }
            Tool::ReadNodePage { r#type } => self.page(&r#type),
            Tool::ReadGraph { nodes } => Ok(self.graph(&nodes)),
            Tool::ListRuns {} => self.runs().await,
            Tool::ReadFrame { run, node } => {
                let frame = self.frame_of(&run, &node).await?;
                Ok(fence("frame", &self.frame(&frame)))
            }
            Tool::Check { edits } => self.problems(&edits),
            Tool::TryScript {
                code,
                input,
                run,
                node,
            } => self.script(code, input, run, node).await,
            Tool::DryRun { edits, input, run } => self.dry_run(&edits, &input, run).await,
            Tool::ProposeEdits { reason, edits } => self.propose(&reason, &edits),
            Tool::Ask { question, choices } => {
                self.question = Some(Question {
                    text: question.chars().take(500).collect(),
                    choices: choices
                        .into_iter()
                        .take(6)
                        .map(|choice| choice.chars().take(120).collect())
                        .collect(),
                });
                Ok("the person is asked".into())
            }
        }
    }

    fn page(&self, name: &str) -> Answer {
        let found = self.catalogue.get(name);
        let found =
            found.ok_or_else(|| format!("there is no node type `{name}`; use search_nodes"))?;
        Ok(fence("page", found.spec().docs))
    }

    fn graph(&self, nodes: &[String]) -> String {
        let focus: Vec<_> = if nodes.is_empty() {
            self.turn
                .workflow
                .graph
                .nodes
                .iter()
                .map(|node| node.id.clone())
                .collect()
        } else {
            nodes.iter().map(|id| id.as_str().into()).collect()
        };
        fence(
            "graph",
            &context::graph(
                self.turn.workflow,
                &focus,
                &self.redaction,
                TOOL_TOKENS_MAX - 200,
            ),
        )
    }

    async fn runs(&self) -> Answer {
        let journal = self.journal.clone();
        let filter = RunFilter {
            workflow: Some(self.turn.workflow.id.clone()),
            ..RunFilter::default()
        };
        let page = blocking(move || journal.runs(&filter, None, 10))
            .await
            .map_err(|error| error.to_string())?;
        if page.rows.is_empty() {
            return Err("this workflow has no runs yet".into());
        }
        let rows: Vec<String> = page
            .rows
            .iter()
            .map(|row| format!("run {} {:?}", row.run, row.status))
            .collect();
        Ok(fence("runs", &rows.join("\n")))
    }

    /// A run of this workflow. One of another workflow is not found, like one that is not there.
    async fn own_run(&self, run: &str) -> Result<RunId, String> {
        let missing = || format!("there is no run `{run}` of this workflow; use list_runs");
        let id: RunId = run.parse().map_err(|_| missing())?;
        let journal = self.journal.clone();
        let row = blocking(move || journal.run(id))
            .await
            .map_err(|_| missing())?
            .ok_or_else(missing)?;
        if row.workflow.id == self.turn.workflow.id {
            Ok(id)
        } else {
            Err(missing())
        }
    }

    /// The last frame of a node in a run.
    async fn frame_of(&mut self, run: &str, node: &str) -> Result<ExecutionFrame, String> {
        let run = self.own_run(run).await?;
        let journal = self.journal.clone();
        let filter = FrameFilter {
            node: Some(node.into()),
            ..FrameFilter::default()
        };
        let page = blocking(move || journal.frames(run, &filter, None, FRAMES_MAX))
            .await
            .map_err(|error| error.to_string())?;
        page.frames
            .into_iter()
            .next_back()
            .ok_or_else(|| format!("the node `{node}` has no frame in that run"))
    }

    /// A frame as shape and samples, and noted as read.
    fn frame(&mut self, frame: &ExecutionFrame) -> String {
        self.read.insert((frame.run, frame.opened_seq));
        for value in frame.input.iter().chain(
            frame
                .output
                .as_ref()
                .map(flowforge_engine::frame::Output::to_value)
                .iter(),
        ) {
            self.redaction.learn(value);
        }
        let shown = |value: &Value| shape(&self.redaction.value(value));
        let mut text = format!(
            "node {} {:?} attempt {}",
            frame.node_id, frame.status, frame.attempt
        );
        if let Some(input) = &frame.input {
            text += &format!("\ninput: {}", shown(input));
        }
        if let Some(output) = &frame.output {
            text += &format!("\noutput: {}", shown(&output.to_value()));
        }
        if let Some(error) = &frame.error {
            text += &format!(
                "\nfailed {:?}: {}",
                error.kind,
                self.redaction.text(&error.message)
            );
        }
        text
    }

    /// The edits as a patch. Each is read by itself, so that a complaint names the one that is wrong.
    fn patch(&self, edits: &[Json]) -> Result<Patch, String> {
        if edits.is_empty() {
            return Err("`edits` is empty".into());
        }
        if edits.len() > EDITS_MAX {
            return Err(format!(
                "{} edits are too many; at most {EDITS_MAX}",
                edits.len()
            ));
        }
        let mut patch = Patch::default();
        for (at, json) in edits.iter().enumerate() {
            let kind = json["edit"].as_str().unwrap_or("?");
            let wrong = |why: String| format!("edit {} ({}): {why}", at + 1, plain(kind));
            let edit: Edit =
                serde_json::from_value(json.clone()).map_err(|error| wrong(error.to_string()))?;
            match &edit {
                Edit::SetGraph { .. } => {
                    return Err(wrong(
                        "the graph is never replaced; use addNode, connect, setParam".into(),
                    ));
                }
                Edit::SetDocument {
                    change: DocumentField::Id(_),
                } => return Err(wrong("the id of a workflow stays".into())),
                _ => {}
            }
            patch.edits.push(edit);
        }
        Ok(patch)
    }

    fn result(&self, edits: &[Json]) -> Result<(Patch, Workflow), String> {
        let patch = self.patch(edits)?;
        let (result, _) = patch
            .apply(self.turn.workflow)
            .map_err(|error| error.to_string())?;
        Ok((patch, result))
    }

    fn problems(&self, edits: &[Json]) -> Answer {
        let (_, result) = self.result(edits)?;
        Ok(told(&check(&result, self.catalogue)).unwrap_or_else(|| "no problems".into()))
    }

    fn propose(&mut self, reason: &str, edits: &[Json]) -> Answer {
        let (patch, _) = self.result(edits)?;
        let origin = Origin::Model {
            model: String::new(),
        };
        let reason: String = reason.chars().take(1_000).collect();
        let proposal = Proposal::make(
            self.turn.workflow,
            patch,
            self.catalogue,
            origin,
            reason,
            self.turn.now,
            self.turn.id.clone(),
        )
        .map_err(|error| error.to_string())?;
        let before: BTreeSet<String> = check(self.turn.workflow, self.catalogue)
            .iter()
            .map(ToString::to_string)
            .collect();
        let new: Vec<Problem> = proposal
            .problems
            .iter()
            .filter(|problem| problem.is_error() && !before.contains(&problem.to_string()))
            .cloned()
            .collect();
        if let Some(problems) = told(&new) {
            return Err(format!(
                "not shown to the person: the workflow would have these problems. Mend them and call propose_edits again with all edits.\n{problems}"
            ));
        }
        self.proposal = Some(proposal);
        Ok("shown to the person".into())
    }

    async fn script(
        &mut self,
        code: String,
        input: Option<Json>,
        run: Option<String>,
        node: Option<String>,
    ) -> Answer {
        let input = match (input, run, node) {
            (Some(input), _, _) => Value::from_json(&input),
            (None, Some(run), Some(node)) => {
                let frame = self.frame_of(&run, &node).await?;
                self.read.insert((frame.run, frame.opened_seq));
                frame.input.unwrap_or_default()
            }
            _ => return Err("give `input`, or `run` and `node` for a recorded input".into()),
        };
        self.redaction.learn(&input);
        let output = evaluate(self.lab, &code, &input, self.turn.workflow).await?;
        Ok(fence("result", &shape(&self.redaction.value(&output))))
    }

    async fn dry_run(&mut self, edits: &[Json], input: &Json, run: Option<String>) -> Answer {
        let (_, workflow) = self.result(edits)?;
        let recordings = match run {
            Some(run) => Some(self.own_run(&run).await?),
            None => None,
        };
        let run = DryRun {
            workflow,
            input: Value::from_json(input),
            recordings,
        };
        let tried = self
            .lab
            .dry_run(run)
            .await
            .map_err(|error| error.to_string())?;
        Ok(fence("dry run", &self.tried(&tried)))
    }

    fn tried(&mut self, tried: &Tried) -> String {
        let mut lines = vec![match tried.ended {
            Some(status) => format!("the run ended: {status:?}"),
            None => {
                "the run did not end: something it asks of the world has no recording".to_owned()
            }
        }];
        for frame in tried.frames.iter().take(FRAMES_MAX) {
            let output = frame
                .output
                .as_ref()
                .map(flowforge_engine::frame::Output::to_value);
            output
                .iter()
                .for_each(|output| self.redaction.learn(output));
            let gave = output
                .map(|output| format!(" gave {}", shape(&self.redaction.value(&output))))
                .unwrap_or_default();
            let failed = frame
                .error
                .as_ref()
                .map(|error| format!(" failed: {}", self.redaction.text(&error.message)))
                .unwrap_or_default();
            lines.push(format!(
                "{} {:?}{gave}{failed}",
                frame.node_id, frame.status
            ));
        }
        let asked = tried.asked.iter().filter(|asked| !asked.recorded);
        lines.extend(asked.map(|asked| {
            format!(
                "{} would ask the world: {:?}",
                asked.node_id, asked.effect.kind
            )
        }));
        lines.join("\n")
    }
}

/// The journal blocks, so it is asked beside the reactor.
async fn blocking<T: Send + 'static, E: std::error::Error + Send + 'static>(
    ask: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(ask).await {
        Ok(found) => found.map_err(|error| error.to_string()),
        Err(_) => Err("the journal could not be read".into()),
    }
}

fn told(problems: &[Problem]) -> Option<String> {
    if problems.is_empty() {
        return None;
    }
    let lines: Vec<String> = problems
        .iter()
        .take(PROBLEMS_MAX)
        .map(|problem| match &problem.hint {
            Some(hint) => format!("- {problem}; {hint}"),
            None => format!("- {problem}"),
        })
        .collect();
    Some(fence("problems", &lines.join("\n")))
}

/// What was used on what, in a few words.
fn about(call: &ToolCall) -> String {
    let arguments: Json = serde_json::from_str(&call.arguments).unwrap_or_default();
    let first = [
        "query", "type", "node", "nodes", "reason", "question", "code",
    ]
    .iter()
    .find_map(|name| match &arguments[*name] {
        Json::String(text) => Some(text.clone()),
        Json::Array(list) if !list.is_empty() => Some(arguments[*name].to_string()),
        _ => None,
    });
    let edits = arguments["edits"]
        .as_array()
        .map(|edits| format!("{} edits", edits.len()));
    first
        .or(edits)
        .unwrap_or_default()
        .chars()
        .take(120)
        .collect()
}
