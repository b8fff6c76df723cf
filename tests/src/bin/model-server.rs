//! The scripted model as a program: `model-server SCRIPT [--port PORT] [--set NAME=VALUE]...`.
//!
//! Prints one line of JSON, `{"baseUrl":"http://127.0.0.1:PORT/v1"}`, and stays until it is ended.
//! `tests/models/README.md` describes scripts.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use flowforge_tests::model_server::{ModelServer, Script};

const USAGE: &str = "usage: model-server SCRIPT [--port PORT] [--set NAME=VALUE]...";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With nobody to read it, the exit code says it.
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<()> {
    let given = Given::read(env::args().skip(1)).ok_or_else(|| io::Error::other(USAGE))?;
    let script = Script::read(&given.script, &given.values).map_err(io::Error::other)?;
    let server = ModelServer::serve(given.port, script)?;
    let line = serde_json::json!({"baseUrl": server.base_url()});
    writeln!(io::stdout(), "{line}")?;
    io::stdout().flush()?;
    server.wait();
    Ok(())
}

struct Given {
    script: PathBuf,
    port: u16,
    values: BTreeMap<String, String>,
}

impl Given {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut given = Self {
            script: arguments.next()?.into(),
            port: 0,
            values: BTreeMap::new(),
        };
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match argument.as_str() {
                "--port" => given.port = value.parse().ok()?,
                "--set" => {
                    let (name, value) = value.split_once('=')?;
                    given.values.insert(name.to_owned(), value.to_owned());
                }
                _ => return None,
            }
        }
        Some(given)
    }
}
