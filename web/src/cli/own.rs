//! A service of a command's own: for what only a service can do, when none holds the data folder.
//!
//! Why not do it directly? What a service says and what a command says would be two programs. This one listens on
//! loopback, tells nobody where, and ends with the command.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use flowforge_snapshots::search::Search;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::CliError;
use super::remote::Remote;
use super::workspace::Workspace;
use crate::access::Access;
use crate::service::{self, App, AppState, Parts};

/// A service that ends with the command.
pub(crate) struct OwnService {
    app: AppState,
    remote: Remote,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl OwnService {
    /// Opens the data folder and serves it to this process.
    pub(crate) async fn start(workspace: &Workspace) -> Result<Self, CliError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any).await.map_err(CliError::Start)?;
        let address = listener.local_addr().map_err(CliError::Start)?;
        let app = open(workspace, address)?;
        app.desk().models().look_around().await?;
        let (stop, stopped) = oneshot::channel();
        let router = service::app(Arc::clone(&app));
        let serving = tokio::spawn(service::serve(listener, router, async {
            // A command that ends without a word has ended too.
            let _ = stopped.await;
        }));
        let remote = Remote::at(app.url(), app.access().command_line_token().to_owned())?;
        Ok(Self {
            app,
            remote,
            stop,
            serving,
        })
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Suspends what runs, and closes the data folder.
    pub(crate) async fn stop(self) {
        self.app.stop().await;
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

fn open(workspace: &Workspace, address: SocketAddr) -> Result<AppState, CliError> {
    let (runtime, models) = workspace.open()?.into_parts();
    let parts = Parts {
        search: Search::open(&workspace.folder().join("search"))?,
        access: Access::open(workspace.folder())?,
        models,
        public_url: None,
        address,
        runtime,
    };
    App::new(parts).map_err(CliError::Start)
}
