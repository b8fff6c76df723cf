//! `flowforge check`.

use std::path::Path;

use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::{Places, file};
use flowforge_engine::{Problem, Severity, Workflow, check as engine_check};
use serde::Serialize;

use super::error::{CliError, Exit};
use super::input::read_file;
use super::output::{Output, problem_report};
use super::remote::Remote;
use super::run::{no_workflow, path_step};
use super::workspace::Workspace;

/// Find every problem of a workflow, without running it.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A workflow file, or the id of a workflow that ran before.
    #[arg(value_name = "FILE|ID")]
    workflow: String,
}

/// A problem, and where it stands in the file, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(flatten)]
    problem: Problem,
    file_line: Option<u32>,
    file_column: Option<u32>,
}

/// A workflow's text, and where its parts stand in it.
struct Text {
    name: String,
    text: String,
    places: Places,
}

impl Check {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let path = Path::new(&self.workflow);
        if path.exists() || path.extension().is_some() {
            let (workflow, source) = read(path)?;
            return Ok(report(&workflow, &source, &workspace.catalogue()?, output));
        }
        let (workflow, source) = saved(workspace, &self.workflow)?;
        Ok(report(&workflow, &source, &workspace.catalogue()?, output))
    }

    /// Checks what the service has saved.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let path = Path::new(&self.workflow);
        let (workflow, source) = if path.exists() || path.extension().is_some() {
            read(path)?
        } else {
            let path = format!("/workflows/{}", path_step(&self.workflow));
            let text = remote.text(&path, "application/yaml").await;
            let text = text.map_err(no_workflow(&self.workflow))?;
            of_text(&self.workflow, text)?
        };
        let catalogue = remote.catalogue().await?;
        Ok(report(&workflow, &source, &catalogue, output))
    }
}

fn report(workflow: &Workflow, source: &Text, catalogue: &Catalogue, output: &Output) -> Exit {
    let problems = engine_check::check(workflow, catalogue);
    let ok = problems
        .iter()
        .all(|problem| problem.severity != Severity::Error);
    if !output.is_json() {
        for problem in &problems {
            let report = problem_report(
                &source.name,
                &source.text,
                problem.clone(),
                source.find(problem),
            );
            output.note(&format!("{report:?}"));
        }
    }
    let problems: Vec<Found> = problems
        .into_iter()
        .map(|problem| found(source, problem))
        .collect();
    output.result(&problems, |problems| summary(problems));
    if ok { Exit::Ok } else { Exit::Error }
}

fn found(source: &Text, problem: Problem) -> Found {
    let at = source.find(&problem);
    Found {
        problem,
        file_line: at.map(|(line, _)| line),
        file_column: at.map(|(_, column)| column),
    }
}

fn summary(problems: &[Found]) -> String {
    let errors = problems
        .iter()
        .filter(|found| found.problem.severity == Severity::Error)
        .count();
    match (errors, problems.len() - errors) {
        (0, 0) => "no problems".into(),
        (errors, warnings) => format!("{errors} errors, {warnings} warnings"),
    }
}

impl Text {
    fn find(&self, problem: &Problem) -> Option<(u32, u32)> {
        self.places
            .find(&problem.place)
            .map(|spot| (spot.line, spot.column))
    }
}

fn read(path: &Path) -> Result<(Workflow, Text), CliError> {
    let text = read_file(path)?;
    let name = path.display().to_string();
    let (workflow, places) = parse(&name, &text)?;
    Ok((workflow, Text { name, text, places }))
}

fn saved(workspace: &Workspace, id: &str) -> Result<(Workflow, Text), CliError> {
    let workflow = workspace.journal()?.latest_workflow(&id.into())?;
    let workflow = workflow.ok_or_else(|| CliError::NoWorkflow(id.to_owned()))?;
    let text = file::to_yaml(&workflow).map_err(|error| CliError::Usage(error.to_string()))?;
    of_text(id, text)
}

fn of_text(name: &str, text: String) -> Result<(Workflow, Text), CliError> {
    let (workflow, places) = parse(name, &text)?;
    let name = name.to_owned();
    Ok((workflow, Text { name, text, places }))
}

fn parse(name: &str, text: &str) -> Result<(Workflow, Places), CliError> {
    file::parse_with_places(text).map_err(|error| CliError::Source {
        name: name.to_owned(),
        text: text.to_owned(),
        message: error.message,
        hint: error.hint,
        line: error.line,
        column: error.column,
    })
}

/// A workflow from a file, with whatever problems it has.
pub(crate) fn parsed(path: &Path) -> Result<Workflow, CliError> {
    read(path).map(|(workflow, _)| workflow)
}

/// A workflow from a file, without errors.
pub(crate) fn checked(path: &Path, catalogue: &Catalogue) -> Result<Workflow, CliError> {
    let (workflow, source) = read(path)?;
    let problems = engine_check::check(&workflow, catalogue);
    if problems
        .iter()
        .all(|problem| problem.severity != Severity::Error)
    {
        return Ok(workflow);
    }
    let problems = problems.into_iter().map(|problem| {
        let at = source.find(&problem);
        (problem, at)
    });
    Err(CliError::Problems {
        problems: problems.collect(),
        name: source.name,
        text: source.text,
    })
}
