//! What a command says when it cannot do what was asked, and the exit code that goes with it.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::models::ModelsError;
use flowforge_engine::{Problem, RunId};
use flowforge_runtime::RuntimeError;
use flowforge_snapshots::{ExportError, ImportError, OpenError, ReadError, WriteError};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok = 0,
    Error = 1,
    Usage = 2,
    RunFailed = 3,
    NotAllowed = 4,
    NotFound = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error("this platform names no data folder; give one with --data-dir")]
    NoDataDir,
    #[error("cannot start: {0}")]
    Start(std::io::Error),
    #[error("cannot read {}: {error}", path.display())]
    ReadFile {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("cannot write {}: {error}", path.display())]
    WriteFile {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{} is not a configuration: {reason}", path.display())]
    Config { path: PathBuf, reason: String },
    #[error("{message}")]
    Source {
        name: String,
        text: String,
        message: String,
        hint: Option<String>,
        line: u32,
        column: u32,
    },
    #[error("the workflow has problems")]
    Problems {
        name: String,
        text: String,
        problems: Vec<(Problem, Option<(u32, u32)>)>,
    },
    #[error("there is no workflow `{0}`: neither a file nor an id of a workflow that ran before")]
    NoWorkflow(String),
    #[error("there is no run {0}")]
    NoRun(RunId),
    #[error("there is no node type `{0}`")]
    NoNodeType(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{0}")]
    Search(String),
    #[error("{0}")]
    Access(String),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error("cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("{message}")]
    Refused {
        status: u16,
        code: String,
        message: String,
    },
    #[error("the service at {address} cannot be reached: {reason}")]
    Unreachable { address: String, reason: String },
    #[error("cannot listen on {address}: {error}; name another address with --listen")]
    Listen {
        address: std::net::SocketAddr,
        error: std::io::Error,
    },
}

impl CliError {
    /// The exit code that goes with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Refused { status: 404, .. } => Exit::NotFound,
            Self::Refused { status: 400, .. } => Exit::Usage,
            Self::Refused {
                status: 401 | 403, ..
            }
            | Self::Unreachable { .. } => Exit::NotAllowed,
            Self::Open(OpenError::Held { .. }) => Exit::NotAllowed,
            Self::NoWorkflow(_) | Self::NoRun(_) | Self::NoNodeType(_) => Exit::NotFound,
            Self::Runtime(
                RuntimeError::NoRun(_) | RuntimeError::NoMoment { .. } | RuntimeError::NoNode(_),
            ) => Exit::NotFound,
            Self::Read(error) | Self::Runtime(RuntimeError::Read(error)) if is_absent(error) => {
                Exit::NotFound
            }
            Self::ReadFile { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
                Exit::NotFound
            }
            _ => Exit::Error,
        }
    }
}

fn is_absent(error: &ReadError) -> bool {
    matches!(
        error,
        ReadError::NoSuchRun(_) | ReadError::NoSuchEvent { .. }
    )
}
