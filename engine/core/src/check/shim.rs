//! Stands in for the script crate's compile functions until they are there.

use std::collections::BTreeSet;
use crate::failure::{Failure, FailureKind};
use crate::problem::Place;

pub(super) fn compile_script(source: &str) -> Result<(), Failure> {
    failure(rhai::Engine::new_raw().compile(source).err())
}

pub(super) fn compile_expression(source: &str) -> Result<(), Failure> {
    failure(rhai::Engine::new_raw().compile_expression(source).err())
}

fn failure(error: Option<rhai::ParseError>) -> Result<(), Failure> {
    let Some(error) = error else { return Ok(()) };
    let position = error.position();
    let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
    let place = Place { line: number(position.line()), column: number(position.position()), ..Place::default() };
    Err(Failure::new(FailureKind::Syntax, error.err_type().to_string()).with_place(place))
}

#[derive(Default)]
pub(super) struct References {
    pub(super) nodes: BTreeSet<String>,
    pub(super) names: BTreeSet<String>,
}

pub(super) fn references(source: &str) -> References {
    let mut found = References::default();
    for (at, _) in source.match_indices("nodes") {
        let rest = &source[at + 5..];
        if let Some(rest) = rest.strip_prefix("[\"") {
            found.nodes.extend(rest.split('"').next().map(str::to_owned));
        } else if let Some(rest) = rest.strip_prefix('.') {
            found.nodes.extend(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned));
        }
    }
    for word in source.split(|c: char| !c.is_alphanumeric() && c != '_') {
        found.names.insert(word.to_owned());
    }
    found
}

/// The expressions of a text, each with the byte at which it begins.
pub(super) fn expressions(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open + 2;
        let Some(close) = text[start..].find("}}") else { break };
        found.push((start, &text[start..start + close]));
        at = start + close + 2;
    }
    found
}
