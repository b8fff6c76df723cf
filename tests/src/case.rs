//! A case: a Markdown file that tells in prose what must happen, and in fenced blocks with what.
//!
//! ````text
//! # A failed call is attempted again
//! Prose for people.
//! ```yaml workflow
//! ...
//! ```
//! ```yaml world
//! input: { url: "http://shop.test" }
//! answers:
//!   - { node: fetch, fail: { kind: connection, message: refused } }
//!   - { node: fetch, after: 20, answer: { status: 200, headers: {}, body: 1, url: "" } }
//! ```
//! ```text expected
//! ...
//! ```
//! ````
//!
//! With `UPDATE_CASES=1` the expected block is rewritten, for review.

use std::fmt::Write as _;
use std::path::Path;

use flowforge_engine::event::LogLine;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::file;
use flowforge_engine::{Failure, Problem, Severity, Value, Workflow, check};

use crate::play::{Played, World, play};

/// What is wrong with a case, or with what it shows.
pub type CaseError = Box<dyn std::error::Error>;

/// Plays the case in this file and compares what happens with what is expected.
///
/// # Errors
/// When the file is no case, or something else happens than it expects.
pub fn run(path: &Path) -> Result<(), CaseError> {
    let text = std::fs::read_to_string(path)?;
    let actual = actual(&text)?;
    let expected = block(&text, "expected").ok_or("the case has no ```text expected block")?;
    if expected == actual {
        return Ok(());
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(path, text.replacen(&fenced(expected), &fenced(&actual), 1))?;
        return Ok(());
    }
    Err(format!(
        "expected\n{expected}\nhappened\n{actual}\n(UPDATE_CASES=1 rewrites the expected block)"
    )
    .into())
}

fn fenced(expected: &str) -> String {
    format!("```text expected\n{expected}```")
}

/// The content of the fenced block whose info string ends with `name`.
fn block<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("```")?;
        let (info, after) = after.split_once('\n')?;
        let (content, after) = after.split_once("```")?;
        if info.split_whitespace().last() == Some(name) {
            return Some(content);
        }
        rest = after;
    }
}

/// What happened in the case in this file, whatever it expects.
///
/// # Errors
/// When the file is no case.
pub fn played(path: &Path) -> Result<Played, CaseError> {
    let text = std::fs::read_to_string(path)?;
    let (workflow, world) = parts(&text)?;
    Ok(play(workflow, world))
}

fn parts(text: &str) -> Result<(Workflow, World), CaseError> {
    let workflow = block(text, "workflow").ok_or("the case has no ```yaml workflow block")?;
    let workflow = file::parse(workflow).map_err(|error| format!("{error:?}"))?;
    let world = block(text, "world").unwrap_or("{}");
    let world = serde_saphyr::from_str(world).map_err(|error| format!("the world: {error}"))?;
    Ok((workflow, world))
}

/// What happens: the problems of the workflow, and unless one is an error, every frame and how the run ends.
fn actual(text: &str) -> Result<String, CaseError> {
    let (workflow, world) = parts(text)?;
    let problems = check::check(&workflow, &Catalogue::built_in());
    let lines = problem_lines(&problems);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Ok(lines);
    }
    Ok(format!("{lines}{}", report(&play(workflow, world))))
}

fn problem_lines(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let node = problem.place.node.as_ref().map_or("", |node| node.as_str());
        let severity = format!("{:?}", problem.severity).to_lowercase();
        let _ = writeln!(
            text,
            "{severity} {} {node}: {}",
            problem.code, problem.message
        );
        text
    })
}

fn report(played: &Played) -> String {
    let mut text = String::new();
    for frame in &played.frames {
        frame_lines(&mut text, frame);
    }
    let end = match (&played.end.error, played.end.status) {
        (Some(error), _) => error_text(error),
        (None, Status::Completed) => played.end.output.to_json_text(),
        (None, _) => String::new(),
    };
    let _ = writeln!(text, "run {} {end}", status_text(played.end.status));
    for wait in &played.waits {
        let _ = writeln!(text, "  waits: {wait}");
    }
    if played.elapsed_ms > 0 {
        let _ = writeln!(text, "  after {} ms", played.elapsed_ms);
    }
    text.lines().fold(String::new(), |text, line| {
        format!("{text}{}\n", line.trim_end())
    })
}

fn frame_lines(text: &mut String, frame: &ExecutionFrame) {
    let path = if frame.path.0.is_empty() {
        String::new()
    } else {
        format!("{}/", frame.path)
    };
    let attempt = if frame.attempt > 1 {
        format!(" #{}", frame.attempt)
    } else {
        String::new()
    };
    let memo = if frame.memo { " (memo)" } else { "" };
    let _ = write!(
        text,
        "{path}{}{attempt} {}{memo}",
        frame.node_id,
        status_text(frame.status)
    );
    if frame.status == Status::Skipped {
        text.push('\n');
        return;
    }
    let _ = write!(
        text,
        " {}",
        frame.input.as_ref().unwrap_or(&Value::Null).to_json_text()
    );
    match (&frame.error, &frame.output) {
        (Some(error), _) => drop(writeln!(text, " -> {}", error_text(error))),
        (None, Some(output)) => drop(writeln!(text, " -> {}", output.to_value().to_json_text())),
        (None, None) => text.push('\n'),
    }
    for effect in &frame.effects {
        let kind = format!("{:?}", effect.effect.kind).to_lowercase();
        let answer = effect
            .outcome
            .as_ref()
            .map_or_else(|| "…".into(), outcome_text);
        let _ = writeln!(
            text,
            "    {kind} {} => {answer}",
            effect.effect.request.to_json_text()
        );
    }
    for LogLine { level, text: line } in &frame.logs {
        let _ = writeln!(text, "    {level}: {line}");
    }
}

fn outcome_text(outcome: &Result<Value, Failure>) -> String {
    match outcome {
        Ok(value) => value.to_json_text(),
        Err(failure) => error_text(failure),
    }
}

fn error_text(failure: &Failure) -> String {
    let kind = serde_json::to_value(failure.kind).unwrap_or_default();
    format!(
        "!{}: {}",
        kind.as_str().unwrap_or_default(),
        failure.message
    )
}

fn status_text(status: Status) -> String {
    serde_json::to_value(status)
        .ok()
        .and_then(|json| json.as_str().map(str::to_owned))
        .unwrap_or_default()
}
