//! Each node's parameters against the JSON Schema of its type.
//!
//! A text that holds `{{` is allowed in place of anything: what it gives is known only in a run.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::Value as Json;

use crate::node_type::NodeSpec;
use crate::problem::{Problem, Severity};

use super::schema::{self, Finding};
use super::{Report, Subject, short};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut validators: BTreeMap<&str, Option<Validator>> = BTreeMap::new();
    for (position, node) in subject.nodes() {
        let Some(spec) = subject.spec(position) else {
            continue;
        };
        let validator = validators
            .entry(spec.name)
            .or_insert_with(|| validator(subject, report, position, spec));
        let Some(validator) = validator else { continue };
        let params: Json = node
            .params
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect();
        if validator.is_valid(&params) {
            continue;
        }
        for error in validator.iter_errors(&params) {
            for finding in schema::findings(&error, &spec.params) {
                report_finding(subject, report, position, finding);
            }
        }
    }
}

/// The compiled schema of a node type; a problem at its first node when it is no schema.
fn validator(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    position: usize,
    spec: &NodeSpec,
) -> Option<Validator> {
    match jsonschema::validator_for(&spec.params) {
        Ok(validator) => Some(validator),
        Err(error) => {
            let message = format!(
                "the parameters of `{}` cannot be checked: its schema is wrong: {}",
                spec.name,
                short(&error.to_string())
            );
            report.add(Problem::warning("broken-schema", message).at(subject.place(position)));
            None
        }
    }
}

fn report_finding(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    position: usize,
    finding: Finding,
) {
    let Finding {
        code,
        severity,
        pointer,
        message,
        hint,
        meant,
    } = finding;
    let hint = meant
        .and_then(|(name, names)| report.did_you_mean(&name, names.iter().map(String::as_str)))
        .or(hint);
    let problem = Problem {
        severity,
        ..Problem::error(code, message)
    };
    let problem = problem
        .at(subject.place(position).in_param(pointer))
        .with_hint(hint);
    report.add_in(subject.node(position).is_passed_over(), problem);
}

impl Finding {
    pub(super) fn error(code: &'static str, pointer: String, message: String) -> Self {
        Self {
            code,
            severity: Severity::Error,
            pointer,
            message,
            hint: None,
            meant: None,
        }
    }
}
