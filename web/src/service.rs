//! The service: what every route can reach, the routes together, and serving them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use flowforge_collab::document::Texts;
use flowforge_runtime::Runtime;
use flowforge_snapshots::Journal;
use flowforge_snapshots::search::Search;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tower_http::catch_panic::CatchPanicLayer;

use crate::access::{self, Access, Hosts};
use crate::desk::Desk;
use crate::hub::Hub;
use crate::metrics::{self, Requests};
use crate::models::Models;
use crate::plans::Plans;
use crate::problem::HttpProblem;
use crate::rooms::{Around, Rooms};
use crate::shelf::Shelf;
use crate::{connections, headers, routes};

/// What a service is made of.
pub(crate) struct Parts {
    /// Drives runs, over the journal.
    pub(crate) runtime: Runtime,
    /// Finds values.
    pub(crate) search: Search,
    /// Tokens and sessions.
    pub(crate) access: Access,
    /// Language models, as far as there are some.
    pub(crate) models: Arc<Models>,
    /// The address it listens on.
    pub(crate) address: SocketAddr,
    /// The URL under which others reach it.
    pub(crate) public_url: Option<Uri>,
}

/// What every route can reach.
pub(crate) struct App {
    runtime: Runtime,
    search: Search,
    access: Access,
    hosts: Hosts,
    address: SocketAddr,
    public_url: Option<Uri>,
    hub: Arc<Hub>,
    plans: Arc<Plans>,
    rooms: Rooms,
    shelf: Arc<Shelf>,
    desk: Desk,
    requests: Requests,
    stopping: watch::Sender<bool>,
}

/// The state of the routes.
pub(crate) type AppState = Arc<App>;

impl App {
    /// A service of these parts.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn new(parts: Parts) -> std::io::Result<AppState> {
        let Parts {
            runtime,
            search,
            access,
            address,
            public_url,
            models,
        } = parts;
        let shelf = Arc::new(Shelf::new(runtime.clone()));
        let hub = Arc::new(Hub::start(runtime.journal().clone())?);
        let plans = Arc::new(Plans::new(runtime.clone()));
        let rooms = Rooms::new(Around {
            texts: Texts::from(&*runtime.catalogue()),
            runtime: runtime.clone(),
            hub: Arc::clone(&hub),
            plans: Arc::clone(&plans),
        });
        Ok(Arc::new(Self {
            desk: Desk::new(runtime.clone(), Arc::clone(&shelf), models),
            hosts: Hosts::new(address, public_url.as_ref()),
            hub,
            plans,
            rooms,
            shelf,
            requests: Requests::default(),
            stopping: watch::channel(false).0,
            runtime,
            search,
            access,
            address,
            public_url,
        }))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn journal(&self) -> &Journal {
        self.runtime.journal()
    }

    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(crate) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The URL of this service, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        match &self.public_url {
            Some(url) => url.to_string().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.address),
        }
    }

    /// Whether browsers reach it by TLS only.
    pub(crate) fn is_secure(&self) -> bool {
        let scheme = self.public_url.as_ref().and_then(Uri::scheme_str);
        scheme == Some("https")
    }

    /// Tells when the service begins to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Takes no more runs, ends event streams, and suspends every run at its next boundary.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        self.rooms.stop().await;
        self.runtime.stop().await;
    }
}

/// All routes, behind the checks of host and page.
pub(crate) fn app(state: AppState) -> Router {
    routes::all(&state)
        .layer(from_fn_with_state(Arc::clone(&state), metrics::count))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(headers::compression())
        .layer(from_fn_with_state(Arc::clone(&state), access::guard))
        .layer(from_fn(headers::always))
        .with_state(state)
}

/// A panic in a route is a bug; the others go on.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    HttpProblem::internal("a route panicked").into_response()
}

/// Serves connections until `shutdown`, then lets the requests under way finish.
pub(crate) async fn serve(listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) {
    connections::serve(listener, app, shutdown).await;
}

/// Does what blocks, such as reading the journal, away from the reactor.
pub(crate) async fn off_reactor<T: Send + 'static>(
    what: impl FnOnce() -> Result<T, HttpProblem> + Send + 'static,
) -> Result<T, HttpProblem> {
    tokio::task::spawn_blocking(what)
        .await
        .unwrap_or_else(|error| Err(HttpProblem::internal(error)))
}

/// Does what waits for others and blocks in between, such as a conversation that reads the journal, away from the
/// reactor. Dropping the future stops it: who leaves does not keep a model at work.
pub(crate) async fn apart<T: Send + 'static, F: Future<Output = Result<T, HttpProblem>>>(
    what: impl FnOnce() -> F + Send + 'static,
) -> Result<T, HttpProblem> {
    let handle = tokio::runtime::Handle::current();
    let (waiting, left) = oneshot::channel::<Infallible>();
    let while_somebody_waits = move || {
        handle.block_on(async move {
            tokio::select! {
                done = what() => done,
                _ = left => Err(HttpProblem::internal("nobody waits for this any more")),
            }
        })
    };
    let done = off_reactor(while_somebody_waits).await;
    drop(waiting);
    done
}
