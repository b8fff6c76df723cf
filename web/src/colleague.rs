//! The AI as one more collaborator: seen in the room while it works, its proposals there for everybody.

use std::sync::Arc;

use flowforge_ai::Proposal;
use flowforge_ai::proposal::State;
use flowforge_collab::document::Doc;
use flowforge_collab::proposals::{self, Fields};
use flowforge_engine::WorkflowId;
use flowforge_snapshots::Author;
use serde_json::json;

use crate::desk::kept;
use crate::history::Made;
use crate::rooms::RoomError;
use crate::service::{AppState, off_reactor};

/// How it is called, everywhere.
const NAME: &str = "FlowForge AI";
/// Its colours; no person is given them.
const COLOR: &str = "#7c3aed";
const COLOR_LIGHT: &str = "#7c3aed33";
const GONE: &str = "null";

/// The AI as an author.
pub(crate) fn author() -> Author {
    Author {
        id: "ai".into(),
        name: NAME.into(),
        kind: "ai".into(),
    }
}

/// It is seen in the room of a workflow as long as this lives.
pub(crate) struct AtWork {
    app: AppState,
    workflow: WorkflowId,
    client: u64,
}

impl AtWork {
    /// Shows it in a room that is open; `doing` says at what it works.
    pub(crate) async fn begin(app: &AppState, workflow: &WorkflowId, doing: &str) -> Self {
        let at_work = Self {
            app: Arc::clone(app),
            workflow: workflow.clone(),
            client: u64::from(getrandom::u32().unwrap_or(1).max(1)),
        };
        let state = json!({
            "user": { "name": NAME, "color": COLOR, "colorLight": COLOR_LIGHT, "kind": "ai" },
            "place": { "view": "canvas" },
            "doing": doing,
        });
        let rooms = app.rooms();
        rooms
            .show(workflow, at_work.client, state.to_string())
            .await;
        at_work
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let (app, workflow, client) = (Arc::clone(&self.app), self.workflow.clone(), self.client);
        // Without a reactor the service is stopping, and every room closes.
        if let Ok(reactor) = tokio::runtime::Handle::try_current() {
            reactor.spawn(async move { app.rooms().show(&workflow, client, GONE.into()).await });
        }
    }
}

/// Puts a proposal into the document of its workflow, as it stands now, so that everybody there sees it. What went
/// wrong is only logged: the proposal is kept, and its author has it.
pub(crate) async fn share(app: &AppState, proposal: &Proposal) {
    if let Err(error) = put(app, proposal).await {
        tracing::warn!(proposal = proposal.id, %error, "a proposal was not shown to the others");
    }
}

/// The same for one that is known by its id.
pub(crate) async fn share_kept(app: &AppState, id: &str) {
    let (asked, wanted) = (Arc::clone(app), id.to_owned());
    let found = off_reactor(move || Ok(asked.desk().proposal(&wanted)?)).await;
    match found {
        Ok(Some(proposal)) => share(app, &proposal).await,
        Ok(None) => {}
        Err(problem) => {
            tracing::warn!(
                proposal = id,
                ?problem,
                "a proposal was not shown to the others"
            );
        }
    }
}

/// A workflow that nobody ever opened in an editor has no document, and nobody there to see it.
async fn put(app: &AppState, proposal: &Proposal) -> Result<(), RoomError> {
    if !app.rooms().has(&proposal.workflow)? {
        return Ok(());
    }
    let (id, fields) = (proposal.id.clone(), fields(proposal));
    let put = move |doc: &Doc, _: &_| {
        proposals::put(doc, &id, &fields);
        Ok(())
    };
    app.rooms()
        .change(&proposal.workflow, Made::shown_by(author()), put)
        .await?;
    Ok(())
}

fn fields(proposal: &Proposal) -> Fields {
    let (by, by_name) = match &proposal.state {
        State::Open => Default::default(),
        State::Accepted { by, by_name, .. } | State::Rejected { by, by_name, .. } => {
            (by.clone(), by_name.clone())
        }
    };
    Fields::from([
        ("title", proposal.title.clone()),
        ("hash", proposal.hash.to_string()),
        ("state", kept::name_of(&proposal.state).to_owned()),
        ("by", by),
        ("byName", by_name),
        ("chat", proposal.chat.clone().unwrap_or_default()),
        ("at", proposal.made.to_string()),
    ])
}
