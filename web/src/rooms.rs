//! The shared documents that somebody has open: one thread each, which hears, keeps, and then tells.
//!
//! The service owns every document. What people type comes through sockets, what the API, the command line and the
//! AI save comes as a change of the same document, so that nobody replaces what another is typing. A moment after
//! each change the document is projected into a workflow and saved as a version; runs, checks and the rest of the
//! service know only those.
//!
//! Reading order: this file (who may ask what of a room), `live` (one room and its thread), `version` (from a
//! document to a saved version, and back when somebody saved past it), `compaction` (many updates become one state).

mod compaction;
mod live;
mod version;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use flowforge_collab::document::{Doc, Texts};
use flowforge_collab::room::{Member, PeerId};
use flowforge_engine::{Workflow, WorkflowId};
use flowforge_runtime::Runtime;
use flowforge_snapshots::{Author, Journal, ReadError, WriteError};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::history::Made;
use crate::hub::Hub;
use crate::plans::Plans;

/// Most rooms that are open at once.
const ROOMS_MAX: usize = 1000;
/// Most messages that wait for a room; senders wait then.
const ASKS_MAX: usize = 1024;
/// Most messages that wait for a peer; one that reads slower is sent away and comes back for the rest.
const WAITING_MAX: usize = 1024;

/// How many who come in are looked after at once.
const DOOR_MAX: usize = 4;

/// Why a room cannot serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoomError {
    /// There is no such workflow.
    #[error("there is no workflow `{0}`")]
    NoWorkflow(WorkflowId),
    /// Too many are open.
    #[error("{ROOMS_MAX} documents are open already")]
    Full,
    /// The change does not fit the document.
    #[error("{0}")]
    Change(String),
    /// What was kept cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was changed cannot be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What was kept is no document.
    #[error(transparent)]
    Damaged(#[from] flowforge_collab::room::Damaged),
    /// The room broke; it opens anew with what was kept.
    #[error("the room of this document had to close")]
    Broken,
}

/// What a peer's socket is told.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// Bytes to send as one frame.
    Bytes(Bytes),
    /// The socket is to close, for this reason.
    Close {
        /// The code of the close frame.
        code: u16,
        /// What went wrong.
        reason: String,
    },
}

/// A change of a document that comes from inside the service.
type Make = Box<dyn FnOnce(&Doc, &Texts) -> Result<(), String> + Send>;

/// What is asked of a room.
enum Ask {
    Join {
        peer: PeerId,
        member: Member,
        author: Author,
        to: mpsc::Sender<Told>,
    },
    Leave(PeerId),
    Message(PeerId, Bytes),
    Change {
        made: Made,
        make: Make,
        done: oneshot::Sender<Result<Workflow, RoomError>>,
    },
    /// Saves what is not saved.
    Settle(oneshot::Sender<Result<(), RoomError>>),
    Show {
        client: u64,
        state: String,
    },
    /// Sends everybody away and closes the room.
    Close {
        closing: Closing,
        done: oneshot::Sender<()>,
    },
}

/// Why a room is to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// The service stops; what was typed is saved.
    Stopping,
    /// The workflow is removed; nothing of it is saved any more.
    Removed,
}

impl Closing {
    /// What the peers are told.
    fn told(self) -> Told {
        let (code, reason) = match self {
            Self::Stopping => (RESTART, "the service stops"),
            Self::Removed => (NO_WORKFLOW, "this workflow was removed"),
        };
        Told::Close {
            code,
            reason: reason.into(),
        }
    }
}

/// What a room needs of the rest of the service.
pub(crate) struct Around {
    pub(crate) runtime: Runtime,
    pub(crate) texts: Texts,
    pub(crate) hub: Arc<Hub>,
    pub(crate) plans: Arc<Plans>,
}

impl Around {
    fn journal(&self) -> &Journal {
        self.runtime.journal()
    }
}

/// The rooms.
pub(crate) struct Rooms {
    inside: Arc<Inside>,
}

struct Inside {
    around: Around,
    open: Mutex<HashMap<WorkflowId, mpsc::Sender<Ask>>>,
    door: Semaphore,
    peers: AtomicU64,
    began: Instant,
}

/// A place in a room.
pub(crate) struct Seat {
    peer: PeerId,
    asks: mpsc::Sender<Ask>,
}

impl Rooms {
    pub(crate) fn new(around: Around) -> Self {
        Self {
            inside: Arc::new(Inside {
                around,
                open: Mutex::default(),
                door: Semaphore::new(DOOR_MAX),
                peers: AtomicU64::new(1),
                began: Instant::now(),
            }),
        }
    }

    /// Takes a place in the room of a workflow, and tells what comes out of it. The workflow must be there.
    pub(crate) async fn join(
        &self,
        id: &WorkflowId,
        member: Member,
        author: Author,
    ) -> Result<(Seat, mpsc::Receiver<Told>), RoomError> {
        let peer = PeerId(self.inside.peers.fetch_add(1, Ordering::Relaxed));
        let (to, told) = mpsc::channel(WAITING_MAX);
        let ask = Ask::Join {
            peer,
            member,
            author,
            to,
        };
        let asks = self.ask(id, ask).await?;
        Ok((Seat { peer, asks }, told))
    }

    /// Changes the document of a workflow from inside, as one author; the version that came of it, which is of this
    /// change alone. `made` tells its history how it came about.
    pub(crate) async fn change(
        &self,
        id: &WorkflowId,
        made: Made,
        make: impl FnOnce(&Doc, &Texts) -> Result<(), String> + Send + 'static,
    ) -> Result<Workflow, RoomError> {
        let (done, answer) = oneshot::channel();
        let make = Box::new(make);
        let ask = Ask::Change { made, make, done };
        self.ask(id, ask).await?;
        answer.await.unwrap_or(Err(RoomError::Broken))
    }

    /// A turn to look for what somebody wants to come into.
    pub(crate) async fn door(&self) -> Option<SemaphorePermit<'_>> {
        // The door is never closed.
        self.inside.door.acquire().await.ok()
    }

    /// Whether the room of a workflow is open; the workflow is there then.
    pub(crate) fn is_open(&self, id: &WorkflowId) -> bool {
        let open = self.inside.open();
        open.get(id).is_some_and(|asks| !asks.is_closed())
    }

    /// Whether a workflow has a shared document; one that was never opened in an editor has none.
    pub(crate) fn has(&self, id: &WorkflowId) -> Result<bool, RoomError> {
        if self.inside.open().contains_key(id) {
            return Ok(true);
        }
        Ok(self.inside.around.journal().document(id)?.is_some())
    }

    /// Saves what people typed into this document and is no version yet.
    pub(crate) async fn settle(&self, id: &WorkflowId) -> Result<(), RoomError> {
        let Some(asks) = self.inside.open().get(id).cloned() else {
            return Ok(());
        };
        let (done, answer) = oneshot::channel();
        if asks.send(Ask::Settle(done)).await.is_err() {
            return Ok(());
        }
        // A room that closed meanwhile has saved.
        answer.await.unwrap_or(Ok(()))
    }

    /// Shows a collaborator that has no connection to whoever is there; `null` takes it away.
    pub(crate) async fn show(&self, id: &WorkflowId, client: u64, state: String) {
        let asks = self.inside.open().get(id).cloned();
        if let Some(asks) = asks {
            // A closed room shows nobody.
            let _ = asks.send(Ask::Show { client, state }).await;
        }
    }

    /// Closes the room of a workflow that is removed, without saving what was typed there.
    pub(crate) async fn remove(&self, id: &WorkflowId) {
        let asks = self.inside.open().get(id).cloned();
        if let Some(asks) = asks {
            close(asks, Closing::Removed).await;
        }
    }

    /// Saves everything and closes every room.
    pub(crate) async fn stop(&self) {
        let rooms: Vec<_> = self.inside.open().values().cloned().collect();
        for asks in rooms {
            close(asks, Closing::Stopping).await;
        }
    }

    /// Asks a room, which is opened when it is not open. A room that closes at that moment is opened anew.
    async fn ask(&self, id: &WorkflowId, mut ask: Ask) -> Result<mpsc::Sender<Ask>, RoomError> {
        for _ in 0..3 {
            let asks = self.inside.room(id)?;
            match asks.send(ask).await {
                Ok(()) => return Ok(asks),
                Err(unsent) => ask = unsent.0,
            }
        }
        Err(RoomError::Broken)
    }
}

/// Close codes of the protocol, and our own from 4000.
pub(crate) const RESTART: u16 = 1012;
pub(crate) const TRY_AGAIN: u16 = 1013;
pub(crate) const POLICY: u16 = 1008;
pub(crate) const MALFORMED: u16 = 1007;
pub(crate) const TOO_BIG: u16 = 1009;
pub(crate) const BROKEN: u16 = 1011;
pub(crate) const NO_RIGHT: u16 = 4403;
pub(crate) const NO_WORKFLOW: u16 = 4404;

async fn close(asks: mpsc::Sender<Ask>, closing: Closing) {
    let (done, closed) = oneshot::channel();
    let ask = Ask::Close { closing, done };
    if asks.send(ask).await.is_ok() {
        // It answers, or it is gone: both is closed.
        let _ = closed.await;
    }
}

impl Inside {
    fn open(&self) -> MutexGuard<'_, HashMap<WorkflowId, mpsc::Sender<Ask>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room of a workflow; its thread is started when there is none.
    fn room(self: &Arc<Self>, id: &WorkflowId) -> Result<mpsc::Sender<Ask>, RoomError> {
        let mut open = self.open();
        if let Some(asks) = open.get(id).filter(|asks| !asks.is_closed()) {
            return Ok(asks.clone());
        }
        if open.len() >= ROOMS_MAX {
            return Err(RoomError::Full);
        }
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let (inside, workflow) = (Arc::clone(self), id.clone());
        let reactor = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("room".into())
            .spawn(move || live::serve(&inside, &workflow, asked, &reactor))
            .map_err(|_| RoomError::Full)?;
        open.insert(id.clone(), asks.clone());
        Ok(asks)
    }

    /// Takes a room off the list, unless somebody asked it something meanwhile.
    fn let_go(&self, id: &WorkflowId, asked: &mut mpsc::Receiver<Ask>) -> bool {
        let mut open = self.open();
        if !asked.is_empty() {
            return false;
        }
        asked.close();
        open.remove(id);
        true
    }

    /// Takes a room off the list, whoever asks it. Closed and taken off at once, so that the list never names two.
    fn give_up(&self, id: &WorkflowId, asked: &mut mpsc::Receiver<Ask>) {
        let mut open = self.open();
        asked.close();
        open.remove(id);
    }

    fn since_began(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Seat {
    /// A message of this peer. Waits while the room is busy; false when the room is gone.
    pub(crate) async fn say(&self, message: Bytes) -> bool {
        self.asks
            .send(Ask::Message(self.peer, message))
            .await
            .is_ok()
    }

    /// Leaves.
    pub(crate) async fn leave(self) {
        // A room that is gone has nobody in it.
        let _ = self.asks.send(Ask::Leave(self.peer)).await;
    }
}
