//! Pieces of models' answers, from the runs that ask to whoever watches them.

use tokio::sync::broadcast::error::RecvError;

use crate::service::AppState;

/// Passes pieces on until the service stops. What is missed here is missed by watchers too: they find the
/// whole answer among the run's events.
pub(crate) fn spawn(app: AppState) {
    let mut pieces = app.runtime().pieces();
    let mut stopping = app.stopping();
    tokio::spawn(async move {
        loop {
            let piece = tokio::select! {
                piece = pieces.recv() => piece,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            match piece {
                Ok(piece) => app.hub().tell_piece(&piece),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
}
