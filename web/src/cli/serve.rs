//! `flowforge serve`.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use flowforge_snapshots::search::{Indexer, Search};
use serde::Serialize;
use tokio::net::TcpListener;

use super::error::{CliError, Exit};
use super::output::Output;
use super::workspace::{Workspace, stop_signal};
use crate::access::{Access, AccessError};
use crate::beacon::Beacon;
use crate::examples;
use crate::healer;
use crate::service::{self, App, AppState, Parts};
use crate::{pieces, retention};

/// How long a command that has the data folder is waited for; another service has it for long.
const HELD_WAIT: Duration = Duration::from_secs(1);
/// Longest wait for runs to come to a boundary, so that the process has ended within ten seconds.
const STOP_WAIT: Duration = Duration::from_secs(8);
/// Where it listens when nobody says.
const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7700);

/// Serve the editor and the API, and go on with unfinished runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = LISTEN_DEFAULT)]
    listen: SocketAddr,
    /// The URL under which others reach the service, when it is behind a proxy.
    #[arg(long, value_name = "URL", env = "FLOWFORGE_PUBLIC_URL")]
    public_url: Option<Uri>,
    /// Leave a new data folder empty, instead of filling it with examples.
    #[arg(long)]
    no_examples: bool,
}

/// What is printed when the service is ready, for programs.
#[derive(Serialize)]
struct Ready {
    address: String,
    link: String,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: LISTEN_DEFAULT,
            public_url: None,
            no_examples: false,
        }
    }
}

impl Serve {
    pub(crate) async fn run(
        self,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        raise_file_limit();
        let stop = stop_signal();
        let listener = self.listen().await?;
        let (app, indexer, is_new) = self.open(workspace, &listener)?;
        let beacon = Beacon::light(
            workspace.folder(),
            &app.url(),
            app.access().command_line_token(),
        )
        .map_err(|error| CliError::WriteFile {
            path: workspace.folder().join(crate::beacon::FILE),
            error,
        })?;
        resume(&app).await?;
        retention::spawn(Arc::clone(&app), workspace.config().retention());
        look_for_models(&app);
        healer::spawn(Arc::clone(&app));
        pieces::spawn(Arc::clone(&app));
        announce(&app, output)?;
        if is_new {
            run_examples(&app);
        }
        let router = service::app(Arc::clone(&app));
        service::serve(listener, router, stopped(stop, &app)).await;
        drop(beacon);
        // The index and the journal are closed by whoever held them last; what was read is kept first.
        drop(tokio::task::spawn_blocking(move || indexer.stop()).await);
        Ok(Exit::Ok)
    }

    async fn listen(&self) -> Result<TcpListener, CliError> {
        TcpListener::bind(self.listen)
            .await
            .map_err(|error| CliError::Listen {
                address: self.listen,
                error,
            })
    }

    /// Opens the data folder and everything over it.
    fn open(
        &self,
        workspace: &Workspace,
        listener: &TcpListener,
    ) -> Result<(AppState, Indexer, bool), CliError> {
        let address = listener.local_addr().map_err(CliError::Start)?;
        let journal = workspace.journal_within(HELD_WAIT)?;
        let is_new = !self.no_examples && examples::is_new(&journal)?;
        if is_new {
            examples::save(&journal, address)
                .map_err(|error| CliError::Usage(error.detail().into()))?;
        }
        // The example that calls this service's demo route is let through by name, and only where it is.
        let demo = examples::calls_demo(&journal)?.then(|| address.to_string().parse());
        let (runtime, models) = workspace
            .over(journal, demo.and_then(Result::ok))?
            .into_parts();
        let search = Search::open(&workspace.folder().join("search"))?;
        let indexer = Indexer::spawn(search.clone(), runtime.journal().clone());
        let parts = Parts {
            models,
            access: Access::open(workspace.folder())?,
            address,
            public_url: self.public_url.clone(),
            search,
            runtime,
        };
        let app = App::new(parts).map_err(CliError::Start)?;
        Ok((app, indexer.map_err(CliError::Start)?, is_new))
    }
}

/// Goes on with what a stop or a crash left unfinished.
async fn resume(app: &AppState) -> Result<(), CliError> {
    let app = Arc::clone(app);
    let resumed = tokio::task::spawn_blocking(move || app.runtime().resume_all())
        .await
        .map_err(|error| CliError::Start(std::io::Error::other(error)))??;
    if !resumed.is_empty() {
        tracing::info!(runs = resumed.len(), "unfinished runs go on");
    }
    Ok(())
}

/// Looks for a model server on this machine, where that was asked for; the service is there already.
fn look_for_models(app: &AppState) {
    let models = Arc::clone(app.desk().models());
    tokio::spawn(async move {
        if let Err(error) = models.look_around().await {
            tracing::warn!(%error, "no model server was looked for");
        }
    });
}

/// Records runs of the examples, in the background: the service is there already.
fn run_examples(app: &AppState) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if let Err(error) = examples::run(&app).await {
            tracing::warn!(%error, "the examples were not all run");
        }
    });
}

/// Tells where the service is, and the link that lets one browser in.
fn announce(app: &AppState, output: &Output) -> Result<(), CliError> {
    let address = app.url();
    let link = app.access().new_link()?;
    let link = format!("{address}/?link={}", link.text());
    output.result(&Ready { address, link }, |ready| {
        format!(
            "FlowForge serves {}\nOpen this link once in your browser:\n  {}\nCtrl-C stops; unfinished runs go on at the next start.",
            ready.address, ready.link
        )
    });
    Ok(())
}

/// Completes when the service has been asked to stop and its runs are suspended.
async fn stopped(stop: impl Future<Output = ()>, app: &AppState) {
    stop.await;
    if tokio::time::timeout(STOP_WAIT, app.stop()).await.is_err() {
        tracing::warn!("some runs did not come to a boundary; they go on at the next start");
    }
}

/// Every connection takes a file handle; the default of many systems is for a handful.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files stays");
        }
    }
}

impl From<AccessError> for CliError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Name => Self::Usage(error.to_string()),
            other => Self::Access(other.to_string()),
        }
    }
}
