//! The shapes of what other crates define, for the description only: those crates know nothing of HTTP.

#![expect(dead_code, reason = "they are described, never made")]
#![expect(clippy::large_enum_variant, reason = "they are described, never made")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// Where a frame, a node or a run is in its life.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Pending,
    Running,
    Waiting,
    Completed,
    Failed,
    Skipped,
    Cancelled,
    Interrupted,
}

/// Whether effects are performed or answered from recordings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mode {
    Live,
    Dry,
}

/// Which exact workflow a run executes.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkflowRef {
    id: String,
    version: u64,
    /// The content address of the whole document, in hexadecimal.
    hash: String,
}

/// Who made a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Author {
    /// Who it is for the service.
    id: String,
    /// How they are called.
    name: String,
    /// `person`, `ai`, `import`, `restore` or `service`.
    kind: String,
}

/// Where a fork came from.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForkOf {
    run: String,
    /// The last event that is shared.
    at: u64,
}

/// Where something is in a workflow. Lines and columns count from 1.
#[derive(Serialize, ToSchema)]
pub(crate) struct Place {
    node: Option<String>,
    /// A JSON pointer below the node's `params`.
    param: Option<String>,
    /// The position of an edge, from 0.
    edge: Option<u32>,
    /// A JSON pointer from the top of the document.
    field: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

/// How bad a problem is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Severity {
    Warning,
    Error,
}

/// A static complaint about a workflow.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    severity: Severity,
    code: String,
    message: String,
    hint: Option<String>,
    place: Place,
}

/// Why something failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    kind: String,
    message: String,
    hint: Option<String>,
    place: Option<Place>,
    details: Json,
}

/// One effect of a frame.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FrameEffect {
    /// Counted from 0 inside the frame.
    ordinal: u32,
    kind: String,
    request: Json,
    idempotent: bool,
    /// `{"ok": value}`, `{"error": failure}`, or null while it is awaited.
    outcome: Json,
    took_ms: Option<u64>,
}

/// A line that a node wrote.
#[derive(Serialize, ToSchema)]
pub(crate) struct LogLine {
    level: String,
    text: String,
}

/// What a frame cost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metrics {
    duration_ms: u64,
    queued_ms: u64,
    memory_usage: u64,
    operations: u64,
}

/// One activation of one node in one run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionFrame {
    /// `run/openedSeq`.
    id: String,
    run: String,
    node_id: String,
    node_type: Option<String>,
    /// The loops and sub-workflows around it: `["each", 3]`.
    #[schema(value_type = Vec<Json>)]
    path: Vec<Json>,
    attempt: u32,
    opened_seq: u64,
    closed_seq: Option<u64>,
    #[schema(format = DateTime)]
    timestamp: String,
    input: Json,
    /// The value of the port `out`, or a record by port when others were used.
    output: Json,
    status: Status,
    error: Option<Failure>,
    effects: Vec<FrameEffect>,
    logs: Vec<LogLine>,
    metrics: Metrics,
    memo: bool,
    workflow_version: String,
    code_hash: Option<String>,
}

/// A node at one moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodeMoment {
    status: Status,
    frame: Option<ExecutionFrame>,
    opened: u64,
    completed: u64,
    failed: u64,
    skipped: u64,
}

/// A run folded up to one event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    run: String,
    seq: u64,
    #[schema(format = DateTime)]
    at: String,
    status: Status,
    workflow: WorkflowRef,
    mode: Mode,
    input: Json,
    output: Json,
    error: Option<Failure>,
    nodes: BTreeMap<String, NodeMoment>,
}

/// The saved, versioned document. Fields that are not named here are kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Workflow {
    id: String,
    #[schema(required = false)]
    name: Option<String>,
    #[schema(required = false)]
    version: Option<u64>,
    #[schema(value_type = Option<Object>)]
    config: Option<Json>,
    graph: Graph,
    /// Fields that are kept as they are.
    #[serde(flatten)]
    extra: BTreeMap<String, Json>,
}

/// Nodes and edges.
#[derive(Serialize, ToSchema)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    #[schema(required = false)]
    edges: Vec<Edge>,
    /// Fields that are kept as they are.
    #[serde(flatten)]
    extra: BTreeMap<String, Json>,
}

/// A placed node type.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    params: Option<Json>,
    parent: Option<String>,
    disabled: Option<bool>,
    #[schema(value_type = Option<Object>)]
    retry: Option<Json>,
    timeout_ms: Option<u64>,
    on_error: Option<String>,
    memo: Option<bool>,
    /// The output that it gives without being evaluated.
    #[schema(required = false)]
    pinned: Json,
    /// Fields that are kept as they are.
    #[serde(flatten)]
    extra: BTreeMap<String, Json>,
}

/// Joins an output port to an input port.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Edge {
    source: String,
    /// `out` when absent.
    source_port: Option<String>,
    target: String,
    /// `in` when absent.
    target_port: Option<String>,
    /// Fields that are kept as they are.
    #[serde(flatten)]
    extra: BTreeMap<String, Json>,
}

/// Where edges begin or end.
#[derive(Serialize, ToSchema)]
pub(crate) struct Port {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    about: String,
}

/// A worked example of a node type.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Example {
    title: String,
    params: Json,
    input: Json,
    output: Json,
    port: String,
    by_source: bool,
}

/// Everything about a node type.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodeSpec {
    #[serde(rename = "type")]
    name: String,
    title: String,
    summary: String,
    /// Markdown.
    docs: String,
    icon: String,
    words: Vec<String>,
    /// `trigger`, `action`, `loop` or `call`.
    role: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// A JSON Schema.
    #[schema(value_type = Object)]
    params: Json,
    lazy: Vec<String>,
    code: Vec<String>,
    /// The kind of failure, and when.
    errors: Vec<Vec<String>>,
    examples: Vec<Example>,
    /// Of a node type of the workspace, what a workflow that uses it holds under `nodeTypes`.
    definition: Option<Definition>,
}

/// What a node type of the workspace runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Definition {
    /// Counted from 1; a version never changes.
    version: u64,
    title: String,
    /// A Rhai script.
    code: String,
}

/// Something a run waits for from outside, when it comes to rest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wait {
    frame: u64,
    node_id: String,
    path: Vec<Json>,
    /// `signal` or `retry`.
    reason: String,
}

/// How much room the journal takes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreSize {
    /// The file.
    file_bytes: u64,
    /// Of these, those in pages that nothing uses now.
    free_bytes: u64,
    /// Runs, with those that were removed and of which forks share a part.
    runs: u64,
    /// Rows of events, compressed.
    segment_bytes: u64,
    /// Values that are stored by address, each once, compressed.
    value_bytes: u64,
    /// The sizes of the same values, counted as often as events refer to them.
    logical_value_bytes: u64,
    /// Each table.
    tables: Vec<StoreTable>,
}

/// How much room one table takes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreTable {
    name: String,
    rows: u64,
    /// Bytes of keys and values.
    stored_bytes: u64,
    /// Bytes of whole pages, with what is unused in them.
    page_bytes: u64,
}

/// What a fork answers: a plan, or how it ended.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ForkAnswer {
    Plan(ForkPlan),
    Ended(crate::routes::RunResult),
}

/// What a live fork would send.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForkPlan {
    /// The effects that can be noticed outside, in order.
    effects: Vec<PlannedEffect>,
    /// Whether the plan reaches the end of the run.
    complete: bool,
}

/// An effect that a live fork would perform.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedEffect {
    node_id: String,
    path: Vec<Json>,
    attempt: u32,
    ordinal: u32,
    kind: String,
    request: Json,
    idempotent: bool,
    /// Whether a recording tells how the other side answered then.
    recorded: bool,
}

/// What a replay found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replayed {
    identical: bool,
    frames: u64,
    /// None, ever.
    effects_performed: u64,
    divergence: Option<ReplayDivergence>,
}

/// The first difference between a recording and its replay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayDivergence {
    seq: u64,
    node_id: String,
    path: Vec<Json>,
    attempt: u32,
    /// `input`, `effects`, `ending` or `missing`.
    what: String,
    recorded: Json,
    replayed: Json,
}

/// How a place differs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Op {
    Added,
    Removed,
    Changed,
}

/// One place where two values differ.
#[derive(Serialize, ToSchema)]
pub(crate) struct Change {
    /// A JSON pointer.
    path: String,
    /// Where it was in the first value, when list items before it moved it.
    from: Option<String>,
    op: Op,
    before: Json,
    after: Json,
    /// A unified diff, for texts of several lines.
    lines: Option<String>,
}

/// What was compared.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunSide {
    run: String,
    seq: u64,
    status: Status,
    mode: Mode,
    workflow: WorkflowRef,
    frames: u64,
}

/// Which frame.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FrameRef {
    id: String,
    node_id: String,
    path: Vec<Json>,
    attempt: u32,
    opened_seq: u64,
    status: Status,
}

/// Where two runs first part.
#[derive(Serialize, ToSchema)]
pub(crate) struct Divergence {
    op: Op,
    a: Option<FrameRef>,
    b: Option<FrameRef>,
}

/// Two statuses.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusChange {
    before: Status,
    after: Status,
}

/// How one frame differs between two runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrameDiff {
    a: FrameRef,
    b: FrameRef,
    status: Option<StatusChange>,
    input: Vec<Change>,
    output: Vec<Change>,
    error: Vec<Change>,
    effects: Vec<Change>,
}

/// How a node differs.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodeDiff {
    id: String,
    op: Op,
    changes: Vec<Change>,
}

/// How two workflows differ.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowDiff {
    nodes: Vec<NodeDiff>,
    edges_added: Vec<Json>,
    edges_removed: Vec<Json>,
    rest: Vec<Change>,
}

/// How two runs differ.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunDiff {
    a: RunSide,
    b: RunSide,
    identical: bool,
    first_divergence: Option<Divergence>,
    workflow: Option<WorkflowDiff>,
    input: Vec<Change>,
    output: Vec<Change>,
    error: Vec<Change>,
    /// How many frames are the same.
    same: u64,
    changed: Vec<FrameDiff>,
    only_in_a: Vec<FrameRef>,
    only_in_b: Vec<FrameRef>,
}

/// A piece of a snippet.
#[derive(Serialize, ToSchema)]
pub(crate) struct SnippetPart {
    text: String,
    /// Whether it is what was looked for.
    found: bool,
}

/// The part of a value in which something was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snippet {
    path: String,
    parts: Vec<SnippetPart>,
    cut: bool,
}

/// A frame in which a value flowed that matches.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hit {
    run: String,
    workflow: String,
    /// The event that opened the frame.
    frame: u64,
    /// The event that recorded the value.
    seq: u64,
    node: String,
    /// `input`, `output`, `effectRequest`, `effectOutcome` or `error`.
    role: String,
    port: Option<String>,
    address: String,
    #[schema(format = DateTime)]
    at: String,
    snippet: Snippet,
    score: f32,
    times: u64,
}

/// What `POST /execute` takes: a workflow, or one with its input.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Execute {
    WithInput(crate::routes::WithInput),
    Workflow(Workflow),
}

/// Every frame of a run as columns of equal length, in the order they were opened, and when frames waited.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timeline {
    run: String,
    run_status: Status,
    #[schema(format = DateTime)]
    started_at: String,
    last_seq: u64,
    /// Every frame that was opened by this event or before has closed, and will not change.
    closed_up_to: u64,
    /// The names of nodes; a sub-workflow's are `call/inner`.
    nodes: Vec<String>,
    statuses: Vec<Status>,
    /// The node, as a place in `nodes`.
    node: Vec<u32>,
    /// The loop's or call's frame around it, as a place among all frames of the run; -1 for none.
    parent: Vec<i64>,
    /// The iteration of the loop right around it, from 0; -1 for none.
    iteration: Vec<i64>,
    /// Counted from 1.
    attempt: Vec<u32>,
    /// The event that opened it.
    opened: Vec<u64>,
    /// The event that closed it; 0 while it is open.
    closed: Vec<u64>,
    /// Milliseconds from the run's start.
    opened_ms: Vec<u64>,
    /// Milliseconds from the run's start; -1 while it is open.
    closed_ms: Vec<i64>,
    /// The status, as a place in `statuses`.
    status: Vec<u8>,
    /// The stretches in which frames waited for a person or a moment, in the order in which they began, in
    /// columns of their own. This is the event that opened the frame.
    wait_of: Vec<u64>,
    /// The event from which on it waited.
    wait_from: Vec<u64>,
    /// The event that ended the wait; 0 while it waits.
    wait_to: Vec<u64>,
    /// Milliseconds from the run's start to the beginning of the wait.
    wait_from_ms: Vec<u64>,
    /// Milliseconds from the run's start to its end; -1 while the frame waits.
    wait_to_ms: Vec<i64>,
}
