//! Values and moments on the command line: `JSON`, `@FILE`, `-`, `NODE=JSON`, `RUN@SEQ`.

use std::io::Read;
use std::path::Path;

use flowforge_engine::{NodeId, RunId, Seq, Value};

use super::error::CliError;

/// A value given as JSON text, as `@FILE`, or as `-` for standard input.
pub(crate) fn value(text: &str) -> Result<Value, CliError> {
    let (name, json) = match text.strip_prefix('@') {
        Some(file) => (file, read_file(Path::new(file))?),
        None if text == "-" => ("standard input", read_stdin()?),
        None => ("the command line", text.to_owned()),
    };
    Value::parse_json(&json)
        .map_err(|error| CliError::Usage(format!("the value from {name} is {error}")))
}

/// `NODE=JSON`. A value that is not JSON is taken as text, so that quotes can be left out.
pub(crate) fn assignment(text: &str) -> Result<(String, Value), CliError> {
    let (name, json) = text
        .split_once('=')
        .ok_or_else(|| CliError::Usage(format!("expected NAME=JSON, found `{text}`")))?;
    let value = Value::parse_json(json).unwrap_or_else(|_| Value::from(json));
    Ok((name.to_owned(), value))
}

/// `NODE.PARAM=JSON`; the parameter may go on with dots.
pub(crate) fn param(text: &str) -> Result<(NodeId, String, Value), CliError> {
    let (place, value) = assignment(text)?;
    let (node, param) = place
        .split_once('.')
        .ok_or_else(|| CliError::Usage(format!("expected NODE.PARAM=JSON, found `{text}`")))?;
    Ok((node.into(), param.to_owned(), value))
}

/// A run, and a moment of it when one is named: `RUN` or `RUN@SEQ`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) run: RunId,
    pub(crate) seq: Option<Seq>,
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (run, seq) = match text.split_once('@') {
            None => (text, None),
            Some((run, seq)) => (run, Some(seq)),
        };
        let seq = seq
            .map(str::parse)
            .transpose()
            .map_err(|_| format!("`{text}`: expected RUN@SEQ with a number"))?;
        Ok(Self {
            run: run
                .parse()
                .map_err(|_| format!("`{run}` is not a run's id"))?,
            seq: seq.map(Seq),
        })
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "{}@{seq}", self.run),
            None => self.run.fmt(f),
        }
    }
}

/// The number of an event.
pub(crate) fn seq(text: &str) -> Result<Seq, String> {
    text.parse()
        .map(Seq)
        .map_err(|_| format!("`{text}` is not the number of an event"))
}

/// How many at most: nobody asks for none.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a number from 1 on")),
        Ok(count) => Ok(count),
    }
}

/// The text of a file.
pub(crate) fn read_file(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| CliError::ReadFile {
        path: path.to_owned(),
        error,
    })
}

fn read_stdin() -> Result<String, CliError> {
    let mut text = String::new();
    match std::io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(CliError::ReadFile {
            path: "standard input".into(),
            error,
        }),
    }
}
