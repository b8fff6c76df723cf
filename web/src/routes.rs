//! Every route, one file per noun.

#![allow(
    unused_qualifications,
    reason = "what describes the routes is generated"
)]

/// The methods of one path, without the description that goes with them: only a test reads that, and a service that made
/// it at every start would hold megabytes for nothing.
#[cfg(not(test))]
macro_rules! routes {
    ($($noun:ident::$verb:ident),+) => {
        utoipa_axum::paste! {{
            use utoipa::Path;
            use utoipa_axum::PathItemExt;
            let mut paths = utoipa::openapi::path::Paths::new();
            let mut router = axum::routing::MethodRouter::new();
            $(
                let methods = $noun::[<__path_ $verb>]::methods();
                for method in &methods {
                    router = router.on(method.to_method_filter(), $noun::$verb);
                }
                let path = $noun::[<__path_ $verb>]::path();
                paths.add_path_operation(path, methods, utoipa::openapi::path::Operation::new());
            )+
            (Vec::new(), paths, router)
        }}
    };
}
#[cfg(test)]
use utoipa_axum::routes;

mod ai;
mod bisect;
mod branches;
mod bundles;
mod capabilities;
mod chat;
mod check;
mod collab;
mod demo;
mod diff;
mod docs;
mod events;
mod execute;
mod explain;
mod expressions;
mod forks;
mod frames;
mod functions;
mod heal;
mod health;
mod history;
mod list;
mod metrics;
mod node_types;
mod nodes;
mod proposals;
mod publish;
mod runs;
mod search;
mod session;
mod shown;
mod snapshot;
mod stats;
mod steer;
mod store;
#[cfg(test)]
mod tests;
mod timeline;
mod tokens;
mod values;
mod workflows;

pub(crate) use execute::WithInput;
pub(crate) use shown::{RunResult, RunRow};
pub(crate) use store::{Pruned, Pruning};

use std::sync::Arc;

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::access::require;
use crate::assets;
use crate::openapi::Description;
use crate::problem::HttpProblem;
use crate::service::AppState;

pub(crate) use workflows::apply_accepted;

/// Every route with its description; `app` closes those that are not for strangers.
fn described(app: Option<&AppState>) -> OpenApiRouter<AppState> {
    let open = OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready));
    let mut closed = OpenApiRouter::new()
        .nest("/api/v1", api())
        .routes(routes!(execute::execute))
        .routes(routes!(capabilities::show))
        .routes(routes!(metrics::show));
    if let Some(app) = app {
        closed = closed
            .route("/collab/{workflow}", get(collab::join))
            .route("/api/v1", any(nothing))
            .route("/api/v1/{*rest}", any(nothing))
            .layer(from_fn_with_state(Arc::clone(app), require));
    }
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(open)
        .merge(closed)
}

fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(session::show, session::end))
        .routes(routes!(session::invite))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(workflows::list, workflows::create))
        .routes(routes!(workflows::show, workflows::save, workflows::remove))
        .routes(routes!(workflows::versions))
        .routes(routes!(history::list))
        .routes(routes!(history::name))
        .routes(routes!(history::blame))
        .routes(routes!(history::changes))
        .routes(routes!(history::restore))
        .routes(routes!(branches::create))
        .routes(routes!(branches::merge))
        .routes(routes!(publish::publish))
        .routes(routes!(publish::show))
        .routes(routes!(publish::check))
        .routes(routes!(bisect::bisect))
        .routes(routes!(runs::start))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show, runs::rename))
        .routes(routes!(runs::ended))
        .routes(routes!(bundles::export))
        .routes(routes!(bundles::import))
        .routes(routes!(timeline::show))
        .routes(routes!(stats::show))
        .routes(routes!(store::size))
        .routes(routes!(store::compact))
        .routes(routes!(store::prune))
        .routes(routes!(runs::workflow))
        .routes(routes!(frames::list))
        .routes(routes!(frames::show))
        .routes(routes!(values::show))
        .routes(routes!(snapshot::show))
        .routes(routes!(forks::create))
        .routes(routes!(forks::replay))
        .routes(routes!(forks::tree))
        .routes(routes!(steer::cancel))
        .routes(routes!(steer::signal))
        .routes(routes!(steer::retry))
        .routes(routes!(diff::show))
        .routes(routes!(search::find))
        .routes(routes!(check::workflow))
        .routes(routes!(check::script))
        .routes(routes!(expressions::evaluate))
        .routes(routes!(functions::list))
        .routes(routes!(events::of_run))
        .routes(routes!(events::of_all))
        .routes(routes!(nodes::list))
        .routes(routes!(node_types::list, node_types::create))
        .routes(routes!(node_types::show, node_types::remove))
        .routes(routes!(ai::show, ai::change))
        .routes(routes!(ai::models))
        .routes(routes!(ai::test))
        .routes(routes!(chat::list, chat::say))
        .routes(routes!(chat::show, chat::remove))
        .routes(routes!(chat::recording))
        .routes(routes!(chat::code))
        .routes(routes!(explain::explain))
        .routes(routes!(proposals::list))
        .routes(routes!(proposals::show))
        .routes(routes!(proposals::accept))
        .routes(routes!(proposals::reject))
        .routes(routes!(heal::heal))
        .routes(routes!(heal::recover))
}

/// The description of every route.
#[cfg(test)]
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    let mut description = described(None).into_openapi();
    crate::openapi::whole::complete(&mut description);
    description
}

/// Every route, and the editor for every other path.
pub(crate) fn all(app: &AppState) -> Router<AppState> {
    let router: Router<AppState> = described(Some(app)).into();
    router
        .merge(docs::routes())
        .merge(demo::routes())
        .route("/", get(session::enter))
        .fallback(assets::serve)
        .method_not_allowed_fallback(wrong_method)
}

async fn nothing(OriginalUri(uri): OriginalUri) -> HttpProblem {
    HttpProblem::not_found(
        "no-such-route",
        format!("there is nothing at {}", uri.path()),
    )
    .with_hint("/api/docs lists the routes")
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> HttpProblem {
    HttpProblem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        format!("{} cannot be asked with {method}", uri.path()),
    )
}
