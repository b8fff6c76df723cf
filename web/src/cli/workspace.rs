//! The data folder, opened: the journal, a runtime over it, and workflows by file or id.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{Clock, Workflow};
use flowforge_runtime::outbound::{AllowedHost, OutboundConfig};
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{Runtime, RuntimeConfig, SystemClock};
use flowforge_snapshots::{Journal, OpenError, Options};

use super::check;
use super::error::CliError;
use crate::config::Config;
use crate::history::Made;
use crate::models::{ModelPort, Models};
use crate::shelf;

/// Longest wait for another process that holds the data folder.
const HELD_WAIT: Duration = Duration::from_secs(10);
/// How often the folder is tried meanwhile.
const HELD_RETRY: Duration = Duration::from_millis(50);

/// A data folder that may be opened.
#[derive(Debug)]
pub(crate) struct Workspace {
    config: Config,
}

/// An open data folder.
pub(crate) struct Opened {
    runtime: Runtime,
    models: Arc<Models>,
}

impl Workspace {
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Opens the folder with everything that runs need.
    pub(crate) fn open(&self) -> Result<Opened, CliError> {
        self.over(self.journal()?, None)
    }

    /// What runs need over an open journal; `besides` names one more host that calls may go to.
    pub(crate) fn over(
        &self,
        journal: Journal,
        besides: Option<AllowedHost>,
    ) -> Result<Opened, CliError> {
        let mut allow = self.config.allowed()?;
        allow.extend(besides);
        let outbound = OutboundConfig {
            allow,
            ..OutboundConfig::default()
        };
        let command = std::env::current_exe().map_err(CliError::Start)?;
        let sandbox = PoolConfig {
            workers_max: self.config.workers_max.value,
            ..PoolConfig::new(command)
        };
        let catalogue = Arc::new(shelf::catalogue(&journal)?);
        let models = Arc::new(Models::open(self.config.operator()?, journal.clone())?);
        let config = RuntimeConfig {
            outbound,
            sandbox,
            models: Arc::new(ModelPort(Arc::clone(&models))),
        };
        Ok(Opened {
            runtime: Runtime::new(journal, catalogue, config),
            models,
        })
    }

    /// The node types: those that come with FlowForge, and those that the folder keeps, if there is one.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, CliError> {
        match self.folder().is_dir() {
            true => Ok(shelf::catalogue(&self.journal()?)?),
            false => Ok(Catalogue::built_in()),
        }
    }

    /// Opens the journal; waits a while for another command that has it.
    pub(crate) fn journal(&self) -> Result<Journal, CliError> {
        self.journal_within(HELD_WAIT)
    }

    /// Opens the journal; waits so long for another process that has it.
    pub(crate) fn journal_within(&self, wait: Duration) -> Result<Journal, CliError> {
        let options = Options {
            now: SystemClock.now(),
            ..Options::default()
        };
        let started = Instant::now();
        loop {
            match Journal::open(&self.config.data_dir.value, options) {
                Err(OpenError::Held { .. }) if started.elapsed() < wait => {
                    std::thread::sleep(HELD_RETRY);
                }
                other => return Ok(other?),
            }
        }
    }

    /// Makes the folder, its owner's only, when it is not there.
    pub(crate) fn make_folder(&self) -> Result<(), CliError> {
        let path = self.folder();
        if path.is_dir() {
            return Ok(());
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|error| CliError::WriteFile {
            path: path.to_owned(),
            error,
        })
    }

    /// The folder's path.
    pub(crate) fn folder(&self) -> &Path {
        &self.config.data_dir.value
    }
}

impl Opened {
    /// What drives runs, and whom they may ask.
    pub(crate) fn into_parts(self) -> (Runtime, Arc<Models>) {
        (self.runtime, self.models)
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn journal(&self) -> &Journal {
        self.runtime.journal()
    }

    /// A workflow from a file, checked, or the newest version of one that ran before.
    pub(crate) fn workflow(&self, name: &str) -> Result<Workflow, CliError> {
        let path = PathBuf::from(name);
        if path.exists() || path.extension().is_some() {
            return check::checked(&path, &self.runtime.catalogue());
        }
        self.journal()
            .latest_workflow(&name.into())?
            .ok_or_else(|| CliError::NoWorkflow(name.to_owned()))
    }

    /// Keeps a workflow, so that it can be run by its id and called by others.
    pub(crate) fn save(&self, workflow: &Workflow) -> Result<(), CliError> {
        let workflow = workflow.clone().sealed(&self.runtime.catalogue());
        let before = self.journal().latest_workflow(&workflow.id)?;
        if before.as_ref() != Some(&workflow) {
            let note = Made::at_the_command_line().note(before.as_ref(), &workflow);
            self.journal()
                .put_version(&workflow, SystemClock.now(), note)?;
        }
        Ok(())
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
