//! Finished runs go when they are old enough or too many, while the service runs.

use std::time::Duration;

use flowforge_engine::Clock;
use flowforge_runtime::SystemClock;
use flowforge_snapshots::Retention;

use crate::problem::HttpProblem;
use crate::service::{App, AppState, off_reactor};

/// How often it is looked for runs that may go.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Looks now and every hour, until the service stops.
pub(crate) fn spawn(app: AppState, policy: Retention) {
    tokio::spawn(async move {
        let mut stopping = app.stopping();
        let mut hours = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = hours.tick() => {}
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
            let (app, policy) = (app.clone(), policy.clone());
            // Told by `apply`; the next hour tries again.
            let _ = off_reactor(move || apply(&app, &policy)).await;
        }
    });
}

fn apply(app: &App, policy: &Retention) -> Result<(), HttpProblem> {
    let done = app.journal().retain(policy, SystemClock.now())?;
    if done.runs > 0 {
        app.search().reconcile(app.journal())?;
        tracing::info!(
            runs = done.runs,
            bytes_before = done.bytes_before,
            bytes_after = done.bytes_after,
            "finished runs were removed, as the configuration says"
        );
    }
    Ok(())
}
