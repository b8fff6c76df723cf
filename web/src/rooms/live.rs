//! One room and its thread.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use flowforge_collab::room::{Heard, Kept, Out, PeerId, Room, Why};
use flowforge_engine::{Clock, Workflow, WorkflowId};
use flowforge_runtime::SystemClock;
use flowforge_snapshots::{Author, DocumentUpdate};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::compaction::Compaction;
use super::version::{Version, is_of_workflow};
use super::{
    Ask, BROKEN, Closing, Inside, MALFORMED, Make, NO_WORKFLOW, POLICY, RoomError, TOO_BIG,
    TRY_AGAIN, Told,
};
use crate::history::Made;

/// Most connections in one room.
const PEERS_MAX: usize = 500;
/// Most messages that share one commit.
const BATCH_MAX: usize = 256;
/// How long nobody types before the document is saved as a version, and how long typing may put that off.
const PAUSE: Duration = Duration::from_millis(400);
const PUT_OFF_MAX: Duration = Duration::from_secs(2);
/// How long an empty room stays open.
const IDLE: Duration = Duration::from_secs(30);
/// How a version came about that people typed.
const TYPING: &str = "typing";
/// After so many updates they are put together into one state.
const COMPACT_AFTER: usize = 1000;

/// Serves a room until it has been empty for a while. A panic closes this room and no other.
pub(super) fn serve(
    inside: &Arc<Inside>,
    id: &WorkflowId,
    mut asked: mpsc::Receiver<Ask>,
    reactor: &Handle,
) {
    let served = catch_unwind(AssertUnwindSafe(|| {
        let mut live = Live::open(inside, id)?;
        live.serve(&mut asked, reactor)
    }));
    let failed = match served {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error),
        Err(_) => Some(RoomError::Broken),
    };
    if let Some(error) = failed {
        if !matches!(error, RoomError::NoWorkflow(_)) {
            tracing::error!(workflow = %id, %error, "a shared document had to close");
        }
        inside.give_up(id, &mut asked);
        let code = match error {
            RoomError::NoWorkflow(_) => NO_WORKFLOW,
            _ => BROKEN,
        };
        while let Ok(ask) = asked.try_recv() {
            refuse(ask, code, &error, id);
        }
    }
}

/// Tells whoever asked a room that cannot serve.
fn refuse(ask: Ask, code: u16, error: &RoomError, id: &WorkflowId) {
    let reason = error.to_string();
    let again = || match code {
        NO_WORKFLOW => RoomError::NoWorkflow(id.clone()),
        _ => RoomError::Broken,
    };
    // Whoever asked may have gone.
    match ask {
        Ask::Join { to, .. } => drop(to.try_send(Told::Close { code, reason })),
        Ask::Change { done, .. } => drop(done.send(Err(again()))),
        Ask::Settle(done) => drop(done.send(Err(again()))),
        Ask::Leave(_) | Ask::Message(..) | Ask::Show { .. } | Ask::Close { .. } => {}
    }
}

struct Live<'a> {
    inside: &'a Inside,
    id: &'a WorkflowId,
    room: Room,
    seats: HashMap<PeerId, Seated>,
    version: Version,
    /// The number of the last update that was kept.
    seq: u64,
    /// How many updates were kept since they were put together.
    loose: usize,
    compaction: Compaction,
    /// Since when something is unsaved, and since when nothing came after it.
    unsaved: Option<(Instant, Instant)>,
    emptied: Instant,
}

/// A peer, and how to tell it something.
struct Seated {
    author: Author,
    to: mpsc::Sender<Told>,
    was_refused: bool,
}

/// What a batch has come to: kept first, told then.
#[derive(Default)]
struct Batch {
    keep: Vec<DocumentUpdate>,
    out: Vec<Out>,
    /// Told when it is kept.
    after: Vec<After>,
}

/// Why a room is to close, and whom to tell when it has.
type ToClose = (Closing, oneshot::Sender<()>);

type After = Box<dyn FnOnce(&mut Live<'_>) + Send>;

impl<'a> Live<'a> {
    fn open(inside: &'a Inside, id: &'a WorkflowId) -> Result<Self, RoomError> {
        let opened = Version::open(&inside.around, id)?;
        Ok(Self {
            inside,
            id,
            room: opened.room,
            seats: HashMap::new(),
            version: opened.version,
            seq: opened.seq,
            loose: opened.loose,
            compaction: Compaction::default(),
            unsaved: opened.is_ahead.then(|| (Instant::now(), Instant::now())),
            emptied: Instant::now(),
        })
    }

    fn serve(
        &mut self,
        asked: &mut mpsc::Receiver<Ask>,
        reactor: &Handle,
    ) -> Result<(), RoomError> {
        loop {
            let mut asks = Vec::with_capacity(BATCH_MAX);
            let wait = self.wait();
            let many = asked.recv_many(&mut asks, BATCH_MAX);
            // Nothing came in time, which is as well.
            let _ = reactor.block_on(async { timeout(wait, many).await });
            if let Some((closing, done)) = self.batch(asks)? {
                self.close(closing)?;
                self.inside.give_up(self.id, asked);
                // Whoever asked may have gone.
                let _ = done.send(());
                return Ok(());
            }
            if self.unsaved.is_some() && self.wait().is_zero() {
                self.save(TYPING)?;
            }
            let is_idle = self.seats.is_empty() && self.unsaved.is_none();
            if is_idle && self.emptied.elapsed() >= IDLE {
                self.compact_to_the_end()?;
                if self.inside.let_go(self.id, asked) {
                    return Ok(());
                }
            }
        }
    }

    /// How long nothing needs to be done.
    fn wait(&self) -> Duration {
        if let Some((first, last)) = self.unsaved {
            let due = (last + PAUSE).min(first + PUT_OFF_MAX);
            return due.saturating_duration_since(Instant::now());
        }
        if self.seats.is_empty() {
            return IDLE.saturating_sub(self.emptied.elapsed());
        }
        IDLE
    }

    /// Hears everything that was asked, keeps what came of it in one commit, and tells it. Whether the room is to close:
    /// what comes after that is not heard.
    fn batch(&mut self, asks: Vec<Ask>) -> Result<Option<ToClose>, RoomError> {
        let mut batch = Batch::default();
        let mut to_close = None;
        for ask in asks {
            to_close = self.hear(ask, &mut batch)?;
            if to_close.is_some() {
                break;
            }
        }
        self.settle(batch)?;
        Ok(to_close)
    }

    fn close(&mut self, closing: Closing) -> Result<(), RoomError> {
        for (_, seat) in self.seats.drain() {
            // A full channel closes with the seat.
            let _ = seat.to.try_send(closing.told());
        }
        if closing == Closing::Stopping {
            self.save(TYPING)?;
            self.compact_to_the_end()?;
        }
        // A workflow that is made again under this name begins with nothing.
        self.compaction.finish()?;
        Ok(())
    }

    /// Keeps what is to be kept, and then tells what is to be told.
    fn settle(&mut self, batch: Batch) -> Result<(), RoomError> {
        if !batch.keep.is_empty() {
            let journal = self.inside.around.journal();
            self.seq = journal.append_updates(self.id, &batch.keep)?;
            self.loose += batch.keep.len();
            let now = Instant::now();
            let first = self.unsaved.map_or(now, |(first, _)| first);
            self.unsaved = Some((first, now));
            self.version.note(&batch.keep);
        }
        for out in batch.out {
            self.tell(out);
        }
        for after in batch.after {
            after(self);
        }
        Ok(())
    }

    fn hear(&mut self, ask: Ask, batch: &mut Batch) -> Result<Option<ToClose>, RoomError> {
        let now = u64::try_from(self.inside.since_began().as_millis()).unwrap_or(u64::MAX);
        match ask {
            Ask::Join {
                peer,
                member,
                author,
                to,
            } => {
                if self.seats.len() >= PEERS_MAX {
                    let reason = format!("{PEERS_MAX} are in this room already");
                    // Whoever came may have gone.
                    drop(to.try_send(Told::Close {
                        code: TRY_AGAIN,
                        reason,
                    }));
                    return Ok(None);
                }
                self.seats.insert(peer, Seated::new(author, to));
                let heard = self.room.join(peer, member, now);
                batch.out.extend(heard.out);
            }
            Ask::Leave(peer) => {
                let heard = self.room.leave(peer);
                batch.out.extend(heard.out);
                self.forget(peer);
            }
            Ask::Message(peer, bytes) => {
                let heard = self.room.receive(peer, &bytes, now);
                self.note_refused(peer, &heard);
                let author = self.seats.get(&peer).map(|seat| seat.author.clone());
                batch.take(heard, author.as_ref());
            }
            Ask::Change { made, make, done } => {
                // What was typed until now is a version of those who typed.
                self.settle(std::mem::take(batch))?;
                self.save(TYPING)?;
                self.change(&made, make, done)?;
            }
            Ask::Settle(done) => batch.after.push(Box::new(move |live| {
                // Whoever asked may have gone.
                let _ = done.send(live.save(TYPING));
            })),
            Ask::Show { client, state } => {
                let heard = self.room.show(client, &state);
                batch.out.extend(heard.out);
            }
            Ask::Close { closing, done } => return Ok(Some((closing, done))),
        }
        Ok(None)
    }

    fn change(
        &mut self,
        by: &Made,
        make: Make,
        done: oneshot::Sender<Result<Workflow, RoomError>>,
    ) -> Result<(), RoomError> {
        let texts = &self.inside.around.texts;
        let (made, heard) = self.room.change(|doc| make(doc, texts));
        let mut batch = Batch::default();
        batch.take(heard, by.authors().first());
        if batch.keep.iter().any(is_of_workflow) {
            self.version.note_authors(by.authors());
        }
        self.settle(batch)?;
        let answer = match made {
            Ok(()) => {
                self.save(by.origin())?;
                Ok(self.version.workflow().clone())
            }
            Err(why) => Err(RoomError::Change(why)),
        };
        // Whoever asked may have gone; the change stays.
        let _ = done.send(answer);
        Ok(())
    }

    /// Somebody who may only read tries to write: said once for each connection.
    fn note_refused(&mut self, peer: PeerId, heard: &Heard) {
        let seat = self.seats.get_mut(&peer).filter(|_| heard.refused);
        if let Some(seat) = seat.filter(|seat| !seat.was_refused) {
            seat.was_refused = true;
            tracing::warn!(
                target: "audit", workflow = %self.id, person = seat.author.id, name = seat.author.name,
                "changes of somebody who may only read were passed over"
            );
        }
    }

    fn tell(&mut self, out: Out) {
        match out {
            Out::To(peer, bytes) => self.send(peer, Told::Bytes(bytes.into())),
            Out::ToOthers(but, bytes) => {
                let bytes = Bytes::from(bytes);
                let others: Vec<_> = self.seats.keys().copied().collect();
                for peer in others.into_iter().filter(|peer| Some(*peer) != but) {
                    self.send(peer, Told::Bytes(bytes.clone()));
                }
            }
            Out::Away(peer, why) => {
                let code = match why {
                    Why::Malformed(_) => MALFORMED,
                    Why::TooFast => POLICY,
                    Why::TooBig => TOO_BIG,
                };
                let reason = why.to_string();
                self.send(peer, Told::Close { code, reason });
                self.forget(peer);
            }
        }
    }

    /// A peer that does not read as fast as it is told is sent away; it comes back and asks for what it missed.
    fn send(&mut self, peer: PeerId, told: Told) {
        let Some(seat) = self.seats.get(&peer) else {
            return;
        };
        if seat.to.try_send(told).is_err() {
            tracing::debug!(workflow = %self.id, code = TRY_AGAIN, "a slow peer was sent away");
            self.forget(peer);
            let heard = self.room.leave(peer);
            for out in heard.out {
                self.tell(out);
            }
        }
    }

    fn forget(&mut self, peer: PeerId) {
        self.seats.remove(&peer);
        self.emptied = Instant::now();
    }

    /// Saves the document as a version, when it is another workflow than the last one saved.
    fn save(&mut self, origin: &str) -> Result<(), RoomError> {
        self.unsaved = None;
        self.version
            .save(&self.inside.around, self.room.doc(), self.seq, origin)?;
        if self.loose >= COMPACT_AFTER {
            self.compact()?;
        }
        Ok(())
    }

    /// Begins to put the updates together, unless that is under way.
    fn compact(&mut self) -> Result<(), RoomError> {
        // What waits for something else is in no state of the document, so its updates stay.
        if self.loose > 1 && !self.room.is_waiting() && !self.compaction.is_busy() {
            let journal = self.inside.around.journal();
            let state = self.room.state();
            self.compaction.begin(journal, self.id, self.seq, state)?;
            self.loose = 0;
        }
        Ok(())
    }

    fn compact_to_the_end(&mut self) -> Result<(), RoomError> {
        self.compaction.finish()?;
        self.compact()?;
        self.compaction.finish()?;
        Ok(())
    }
}

impl Seated {
    fn new(author: Author, to: mpsc::Sender<Told>) -> Self {
        Self {
            author,
            to,
            was_refused: false,
        }
    }
}

impl Batch {
    fn take(&mut self, heard: Heard, author: Option<&Author>) {
        let now = SystemClock.now();
        let updates = heard
            .keep
            .into_iter()
            .map(|Kept { update, touched }| DocumentUpdate {
                at: now,
                author: author.cloned().unwrap_or_default(),
                bytes: update,
                touched,
            });
        self.keep.extend(updates);
        self.out.extend(heard.out);
    }
}
