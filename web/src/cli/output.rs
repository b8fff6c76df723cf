//! The one place that prints: results to stdout, everything else to stderr.

use std::io::Write;

use comfy_table::presets;
use comfy_table::{ContentArrangement, Table};
use flowforge_engine::Path;
use flowforge_engine::{Failure, Problem, Severity};
use flowforge_runtime::RuntimeError;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report, SourceOffset};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::{CliError, Exit};

/// Prints for people or, with `--json`, for programs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

/// An error, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorJson<'a> {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<&'a Problem>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read along.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a result: as JSON, or as `text` makes it for people.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) {
        if self.json {
            print_json(value);
        } else {
            print(&text(value));
        }
    }

    /// Tells people something that is not the result.
    pub(crate) fn note(&self, text: &str) {
        // A closed stderr is nobody's loss.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Tells why nothing came of it, and gives the exit code.
    pub(crate) fn error(&self, error: CliError) -> Exit {
        let exit = error.exit();
        if self.json {
            print_json(&ErrorJson {
                error: error.to_string(),
                problems: problems_in(&error),
            });
        }
        for report in reports(error) {
            self.note(&format!("{report:?}"));
        }
        exit
    }
}

fn problems_in(error: &CliError) -> Option<Vec<&Problem>> {
    match error {
        CliError::Problems { problems, .. } => {
            Some(problems.iter().map(|(problem, _)| problem).collect())
        }
        CliError::Runtime(RuntimeError::Problems(problems)) => Some(problems.iter().collect()),
        _ => None,
    }
}

/// What miette draws for an error: one report, or one for each problem.
fn reports(error: CliError) -> Vec<Report> {
    match error {
        CliError::Source {
            name,
            text,
            message,
            hint,
            line,
            column,
        } => {
            let diagnostic = labelled(
                &text,
                MietteDiagnostic::new(message),
                Some((line, column)),
                hint,
            );
            vec![Report::new(diagnostic).with_source_code(NamedSource::new(name, text))]
        }
        CliError::Problems {
            name,
            text,
            problems,
        } => {
            let report = |(problem, at): (Problem, Option<(u32, u32)>)| {
                problem_report(&name, &text, problem, at)
            };
            problems.into_iter().map(report).collect()
        }
        CliError::Runtime(RuntimeError::Problems(problems)) => problems
            .into_iter()
            .map(|problem| problem_report("", "", problem, None))
            .collect(),
        other => vec![Report::msg(other)],
    }
}

/// One problem, drawn at its place in the file.
pub(crate) fn problem_report(
    name: &str,
    text: &str,
    problem: Problem,
    at: Option<(u32, u32)>,
) -> Report {
    let severity = match problem.severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
    };
    let diagnostic = MietteDiagnostic::new(problem.message)
        .with_code(problem.code)
        .with_severity(severity);
    let report = Report::new(labelled(text, diagnostic, at, problem.hint));
    if at.is_some() {
        report.with_source_code(NamedSource::new(name, text.to_owned()))
    } else {
        report
    }
}

/// A failure, drawn at its place in a script.
pub(crate) fn script_report(name: &str, text: &str, error: &Failure, at: (u32, u32)) -> Report {
    let diagnostic = MietteDiagnostic::new(error.message.clone());
    Report::new(labelled(text, diagnostic, Some(at), error.hint.clone()))
        .with_source_code(NamedSource::new(name, text.to_owned()))
}

fn labelled(
    text: &str,
    diagnostic: MietteDiagnostic,
    at: Option<(u32, u32)>,
    hint: Option<String>,
) -> MietteDiagnostic {
    let diagnostic = match hint {
        Some(hint) => diagnostic.with_help(hint),
        None => diagnostic,
    };
    let Some((line, column)) = at else {
        return diagnostic;
    };
    let offset = SourceOffset::from_location(text, line as usize, column as usize);
    diagnostic.with_label(LabeledSpan::at(offset.offset()..offset.offset(), "here"))
}

fn print_json<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => print(&text),
        Err(error) => print(&format!(
            "{{\"error\":\"cannot be written as JSON: {error}\"}}"
        )),
    }
}

/// A reader that went away (`| head`) ends the printing, not the process.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A table without lines, as wide as the terminal.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// What a service would have sent: the shape that every command shows, whoever did the work.
pub(crate) fn json_of<T: Serialize>(value: &T) -> Result<Json, CliError> {
    let text = serde_json::to_string(value).map_err(CliError::Json)?;
    serde_json::from_str(&text).map_err(CliError::Json)
}

/// A value on one line, cut to `chars_max`; nothing for null.
pub(crate) fn one_line(value: &Json, chars_max: usize) -> String {
    if value.is_null() {
        return String::new();
    }
    let text = value.to_string();
    if text.chars().count() <= chars_max {
        return text;
    }
    let cut: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// A field that is a text; an empty one when it is something else.
pub(crate) fn word(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of a list; none when it is something else.
pub(crate) fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A path as people read it: `each[2]/inner`.
pub(crate) fn path(value: &Json) -> String {
    read::<Path>(value).unwrap_or_default().to_string()
}

/// A part of what is shown, as what it is.
pub(crate) fn read<T: DeserializeOwned>(value: &Json) -> Option<T> {
    T::deserialize(value).ok()
}

/// Pretty JSON for people.
pub(crate) fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("cannot be shown: {error}"))
}
