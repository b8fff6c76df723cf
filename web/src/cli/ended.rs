//! How a run stands, told: by the process that drove it, or by the service that did.

use flowforge_engine::{Failure, Workflow};
use serde_json::Value as Json;

use super::error::Exit;
use super::output::{Output, items, path, pretty, read, script_report, word};

/// Prints how a run stands, `{runId, status, output, frames, error?, waits?}`, and gives the exit code.
pub(crate) fn report(end: &Json, output: &Output) -> Exit {
    if !output.is_json() {
        output.note(&summary(end));
    }
    output.result(end, |end| pretty(&end["output"]));
    exit_of(end)
}

/// A run that failed, was cancelled, or was interrupted has not done what was asked.
pub(crate) fn exit_of(end: &Json) -> Exit {
    match word(&end["status"]) {
        "FAILED" | "CANCELLED" | "INTERRUPTED" => Exit::RunFailed,
        _ => Exit::Ok,
    }
}

/// What people read under the progress.
pub(crate) fn summary(end: &Json) -> String {
    let (run, status) = (word(&end["runId"]), word(&end["status"]));
    let mut lines = vec![format!(
        "run {run} {} ({} frames)",
        in_words(status),
        end["frames"]
    )];
    let error = &end["error"];
    lines.extend(error["message"].as_str().map(|text| format!("  {text}")));
    lines.extend(error["hint"].as_str().map(|text| format!("  hint: {text}")));
    lines.extend(items(&end["waits"]).iter().map(|wait| waits(run, wait)));
    let has_failed = |wait: &&Json| word(&wait["reason"]) == "retry";
    if status == "FAILED" || items(&end["waits"]).iter().any(|wait| has_failed(&wait)) {
        lines.push(format!("  look for a fix with: flowforge heal {run}"));
    }
    if status == "RUNNING" {
        lines.push(format!("  suspended; go on with: flowforge resume {run}"));
    }
    lines.join("\n")
}

fn in_words(status: &str) -> &'static str {
    match status {
        "COMPLETED" => "completed",
        "FAILED" => "failed",
        "CANCELLED" => "cancelled",
        "INTERRUPTED" => "was interrupted and asks what to do",
        "WAITING" => "waits",
        _ => "is not finished",
    }
}

fn waits(run: &str, wait: &Json) -> String {
    let node = word(&wait["nodeId"]);
    let place = match path(&wait["path"]) {
        path if path.is_empty() => path,
        path => format!(" in {path}"),
    };
    let how = match word(&wait["reason"]) {
        "signal" => format!("flowforge signal {run} --node {node} '{{\"approved\": true}}'"),
        _ => format!("flowforge resume {run} --retry"),
    };
    format!("  `{node}`{place} waits; go on with: {how}")
}

/// Where in the workflow a run's failure comes from, when it comes from a script or an expression.
pub(crate) fn is_in_script(end: &Json) -> bool {
    let place = &end["error"]["place"];
    ["node", "param", "line", "column"]
        .iter()
        .all(|part| !place[part].is_null())
}

/// Draws a run's failure at its place in the script or expression that it comes from.
pub(crate) fn draw(end: &Json, workflow: &Workflow, output: &Output) {
    if let Some(report) = read(&end["error"]).and_then(|error| drawn(&error, workflow)) {
        output.note(&format!("{report:?}"));
    }
}

fn drawn(error: &Failure, workflow: &Workflow) -> Option<miette::Report> {
    let place = error.place.as_ref()?;
    let (node, line, column) = (place.node.as_ref()?, place.line?, place.column?);
    let params = &workflow.graph.node(node.as_str())?.params;
    let mut steps = place.param.as_deref()?.trim_start_matches('/').split('/');
    let first = params.get(steps.next()?)?;
    let text = steps
        .try_fold(first, |value, step| value.get(step))?
        .as_str()?;
    let name = format!("{node}{}", place.param.as_deref()?);
    Some(script_report(&name, text, error, (line, column)))
}
