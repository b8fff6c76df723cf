//! The shapes of proposals and fixes, for the description only.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::shapes::Problem;

/// A change that nobody has accepted yet, or that somebody decided on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposal {
    /// Sorts by time.
    id: String,
    workflow: String,
    /// The version that the patch was made for.
    base: String,
    /// Edits, in order: `{"edit": "setParam", "node", "pointer", "value"}` and so on.
    patch: Vec<Json>,
    /// The content address of exactly this patch; accepting names it.
    hash: String,
    /// A few words, made from the patch.
    title: String,
    /// Why, in the words of whoever proposes: plain text.
    reason: String,
    /// `{"kind": "planner"}`, `{"kind": "rule", "name"}`, `{"kind": "model", "model"}` or `{"kind": "branch", "from"}`.
    origin: Json,
    summary: Summary,
    parts: Vec<Part>,
    /// What the checks say of the result.
    problems: Vec<Problem>,
    /// For a fix: the run and the event that opened the frame that failed.
    mends: Option<(String, u64)>,
    evidence: Option<Evidence>,
    receipts: Vec<Receipt>,
    /// The conversation it came from.
    chat: Option<String>,
    #[schema(format = DateTime)]
    made: String,
    /// `open`, `accepted` or `rejected`.
    state: String,
    /// Who decided: their id.
    by: Option<String>,
    /// What they were called then.
    by_name: Option<String>,
    /// When.
    at: Option<String>,
    /// The version that it made.
    version: Option<String>,
    /// The parts that were accepted; all when empty.
    accepted_parts: Option<Vec<usize>>,
}

/// What a patch does, computed from the patch and the graph.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// One sentence a change.
    lines: Vec<String>,
    /// Hosts that it contacts and that the base does not.
    new_hosts: Vec<String>,
    new_credentials: Vec<String>,
    triggers: Vec<String>,
    /// Nodes whose code or expressions change.
    code: Vec<String>,
    /// Nodes whose text holds characters that cannot be seen.
    hidden_text: Vec<String>,
}

/// A part of a patch that can be accepted without the rest.
#[derive(Serialize, ToSchema)]
pub(crate) struct Part {
    id: usize,
    title: String,
    /// The edits, by their position.
    edits: Vec<usize>,
    /// Parts that it cannot be without.
    needs: Vec<usize>,
}

/// What a fix was shown to do, on recordings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    /// Failing frames that it mends.
    fixes: Count,
    /// Good frames that keep their output.
    keeps: Count,
    /// Frames downstream that are as they were.
    downstream: Count,
    changes: Vec<ChangedOutput>,
    /// What it would send that no recording answers.
    would_send: Vec<Asked>,
    took_ms: u64,
}

/// So many of so many.
#[derive(Serialize, ToSchema)]
pub(crate) struct Count {
    did: u32,
    of: u32,
}

/// An output that a replay gave and the recording did not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedOutput {
    run: String,
    frame: u64,
    node_id: String,
    recorded: String,
    replayed: String,
}

/// An effect that a trial met.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    node_id: String,
    path: Vec<Json>,
    attempt: u32,
    kind: String,
    request: Json,
    idempotent: bool,
    recorded: bool,
}

/// One call of a model.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt {
    /// The prompt's name and version.
    prompt: String,
    model: String,
    usage: Usage,
    /// The frames that were read for it: run, and the event that opened the frame.
    read: Vec<(String, u64)>,
}

/// What a call used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    /// In US dollars, where the endpoint tells.
    cost_usd: Option<f64>,
}

/// A question to the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Question {
    text: String,
    /// Answers to choose from; any other will do too.
    choices: Vec<String>,
}

/// A tool that was used.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolUse {
    name: String,
    /// On what, in a few words.
    about: String,
    /// Whether it did what was asked.
    ok: bool,
}

/// Why a turn ended without doing what was asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// Stable, in kebab-case.
    code: String,
    detail: String,
    hint: Option<String>,
}

/// The models of the tasks; null: the default one.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskModels {
    draft: Option<String>,
    code: Option<String>,
    heal: Option<String>,
    explain: Option<String>,
    node: Option<String>,
}

/// The most that may be spent, in US dollars.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    run_usd: Option<f64>,
    day_usd: Option<f64>,
    workspace_usd: Option<f64>,
}

/// What was spent so far.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Spent {
    day_usd: f64,
    workspace_usd: f64,
    tokens: u64,
}

/// A model that an endpoint offers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelEntry {
    id: String,
    name: Option<String>,
    context_tokens: Option<u64>,
    prompt_usd: Option<f64>,
    completion_usd: Option<f64>,
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tested {
    ok: bool,
    model: String,
    ms: u64,
    message: Option<String>,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct Diagnosis {
    kind: String,
    sentence: String,
    /// What it rests on.
    evidence: Vec<String>,
    /// Whether it failed by policy, and is not healed away.
    policy: bool,
}

/// A candidate that is not shown as a fix.
#[derive(Serialize, ToSchema)]
pub(crate) struct Discarded {
    title: String,
    why: String,
}

/// An explanation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Explained {
    /// In reading order.
    sentences: Vec<Sentence>,
    /// `rules`, or the model as it names itself.
    by: String,
    receipt: Option<Receipt>,
    /// Why the model's words are not used.
    problem: Option<Trouble>,
}

/// A sentence, and where to look.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sentence {
    text: String,
    about: Option<About>,
}

/// A place that can be opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct About {
    node: Option<String>,
    run: Option<String>,
    /// The event that opened the frame.
    frame: Option<u64>,
}

/// A test of a node type of the workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestExample {
    input: Json,
    output: Json,
}

/// One version of a node type of the workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reusable {
    /// `workspace.parse-price`.
    #[serde(rename = "type")]
    name: String,
    /// Counted from 1.
    version: u64,
    title: String,
    /// A Rhai script.
    code: String,
    /// The content address of what runs.
    hash: String,
    description: String,
    /// A page in Markdown.
    docs: String,
    /// A JSON Schema of what it takes in.
    #[schema(value_type = Object)]
    input: Json,
    /// The tests, which passed.
    examples: Vec<TestExample>,
    #[schema(format = DateTime)]
    made: String,
}
