//! One shared document and the peers in it: bytes in, bytes out.
//!
//! A room answers with what is to go out, and with what must be kept first: nothing of [`Heard::out`] may be sent
//! before all of [`Heard::keep`] is durable. That makes the protocol's own answer to a *step 1* the word that
//! everything the peer sent before it is kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use yrs::error::UpdateError;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, ReadTxn, StateVector, Transact, TransactionMut, Update};

use crate::document;
use crate::guard::{self, Gate, Refused};
use crate::pace::{Millis, Pace};
use crate::presence::{ClientId, Presence};
use crate::touched::{self, Watch};
use crate::wire::{self, Message};

/// Largest message, in bytes; sockets refuse larger ones before they are read.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Largest document, in bytes of its full state.
pub const DOCUMENT_BYTES_MAX: usize = 50 << 20;
/// Messages that a peer may send in a second, and at once.
const MESSAGES_PER_SECOND: u64 = 500;
const MESSAGES_AT_ONCE: u64 = 1000;
/// Bytes that a peer may send in a second, and at once.
const BYTES_PER_SECOND: u64 = 4 << 20;
const BYTES_AT_ONCE: u64 = 32 << 20;

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// Who is behind a connection.
#[derive(Clone, Debug)]
pub struct Member {
    /// The person; several connections may be of one.
    pub person: String,
    /// Whether what they change is taken.
    pub can_write: bool,
}

/// What goes out. Bytes are one message each, and one frame of a socket each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// To one peer.
    To(PeerId, Vec<u8>),
    /// To everybody but one peer; to everybody without one.
    ToOthers(Option<PeerId>, Vec<u8>),
    /// The peer is sent away, and no longer in the room.
    Away(PeerId, Why),
}

/// Why a peer is sent away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It sent bytes that are no message or no update.
    #[error("{0}")]
    Malformed(String),
    /// It sends faster than is allowed.
    #[error("more than {MESSAGES_PER_SECOND} messages or {BYTES_PER_SECOND} bytes a second")]
    TooFast,
    /// The document would be larger than is allowed.
    #[error("the document would be larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooBig,
}

/// A change that must be durable before anything goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The update.
    pub update: Vec<u8>,
    /// The places that it changed.
    pub touched: Vec<String>,
}

/// What came of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What to keep, in order.
    pub keep: Vec<Kept>,
    /// What to send once that is durable, in order.
    pub out: Vec<Out>,
    /// Changes of someone who may only read were passed over.
    pub refused: bool,
}

/// A document could not be made from what was kept.
#[derive(Debug, thiserror::Error)]
#[error("update {at} of the document cannot be read: {why}")]
pub struct Damaged {
    /// Which of the updates, from 0.
    pub at: usize,
    /// What is wrong with it.
    pub why: String,
}

struct Peer {
    member: Member,
    messages: Pace,
    bytes: Pace,
}

/// One shared document and the peers in it.
pub struct Room {
    doc: Doc,
    /// Only what passes goes into the document.
    gate: Gate,
    touched: Watch,
    peers: BTreeMap<PeerId, Peer>,
    presence: Presence,
    /// At least as many bytes as its full state has.
    size: usize,
}

impl Room {
    /// A room with the document that these updates make. What the service itself changes there is under this client id, which
    /// nobody else has.
    ///
    /// # Errors
    /// When one of them is damaged.
    pub fn open<'a>(
        client_id: u64,
        updates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Damaged> {
        let doc = document::open(client_id);
        let mut size = 0;
        let mut gate = Gate::default();
        {
            let mut transaction = doc.transact_mut_with("kept");
            for (at, bytes) in updates.into_iter().enumerate() {
                size += bytes.len();
                let damaged = |why: String| Damaged { at, why };
                let passed = gate
                    .pass_kept(bytes)
                    .map_err(|why| damaged(why.to_string()))?;
                apply(&mut transaction, passed).map_err(|why| damaged(why.to_string()))?;
            }
        }
        Ok(Self {
            touched: touched::watch(&doc),
            doc,
            gate,
            peers: BTreeMap::new(),
            presence: Presence::default(),
            size,
        })
    }

    /// The document, to look at.
    #[must_use]
    pub fn doc(&self) -> &Doc {
        &self.doc
    }

    /// The whole document as one update.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        let transaction = self.doc.transact();
        transaction.encode_state_as_update_v1(&StateVector::default())
    }

    /// Whether an update waits for something that has not come; it is kept, and not in [`state`](Self::state).
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.gate.is_waiting()
    }

    /// Who is behind a connection.
    #[must_use]
    pub fn member(&self, peer: PeerId) -> Option<&Member> {
        self.peers.get(&peer).map(|peer| &peer.member)
    }

    /// A peer comes in: it is asked what it has, and told who is here.
    pub fn join(&mut self, peer: PeerId, member: Member, now: Millis) -> Heard {
        let newcomer = Peer {
            member,
            messages: Pace::new(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, now),
            bytes: Pace::new(BYTES_PER_SECOND, BYTES_AT_ONCE, now),
        };
        self.peers.insert(peer, newcomer);
        let has = self.doc.transact().state_vector().encode_v1();
        let mut heard = Heard::default();
        heard.tell(peer, wire::step_1(&has));
        if let Some(everybody) = self.presence.all() {
            heard.tell(peer, wire::awareness(&everybody));
        }
        heard
    }

    /// A peer goes.
    pub fn leave(&mut self, peer: PeerId) -> Heard {
        let mut heard = Heard::default();
        self.peers.remove(&peer);
        if let Some(gone) = self.presence.leave(peer) {
            heard.tell_others(None, wire::awareness(&gone));
        }
        heard
    }

    /// A message of a peer. What it sends after it was sent away, or before it came, is passed over.
    pub fn receive(&mut self, peer: PeerId, message: &[u8], now: Millis) -> Heard {
        let mut heard = Heard::default();
        if let Err(why) = self.hear(peer, message, now, &mut heard) {
            let mut gone = self.leave(peer);
            heard.out.append(&mut gone.out);
            heard.out.push(Out::Away(peer, why));
        }
        heard
    }

    fn hear(
        &mut self,
        peer: PeerId,
        message: &[u8],
        now: Millis,
        heard: &mut Heard,
    ) -> Result<(), Why> {
        let Some(sender) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        if !sender.messages.take(1, now) || !sender.bytes.take(message.len() as u64, now) {
            return Err(Why::TooFast);
        }
        let mut rest = message;
        while !rest.is_empty() {
            let (message, after) = wire::read(rest)?;
            rest = after;
            match message {
                Message::Step1(has) => self.answer(peer, has, heard)?,
                Message::Step2(update) | Message::Update(update) => {
                    self.update(peer, update, heard)?;
                }
                Message::Awareness(entries) => self.see(peer, entries, heard)?,
                Message::QueryAwareness => {
                    if let Some(everybody) = self.presence.all() {
                        heard.tell(peer, wire::awareness(&everybody));
                    }
                }
                Message::Other(_) => {}
            }
        }
        Ok(())
    }

    /// Gives a peer what it does not have.
    fn answer(&self, peer: PeerId, has: &[u8], heard: &mut Heard) -> Result<(), Why> {
        guard::check_state_vector(has).map_err(malformed)?;
        let has = StateVector::decode_v1(has).map_err(malformed)?;
        let missing = self.doc.transact().encode_state_as_update_v1(&has);
        heard.tell(peer, wire::step_2(&missing));
        Ok(())
    }

    fn update(&mut self, peer: PeerId, bytes: &[u8], heard: &mut Heard) -> Result<(), Why> {
        if bytes == NOTHING {
            return Ok(());
        }
        let can_write = self.member(peer).is_some_and(|member| member.can_write);
        if !can_write {
            heard.refused = true;
            return Ok(());
        }
        self.make_room_for(bytes.len())?;
        let passed = self.gate.pass(bytes).map_err(malformed)?;
        // What waits for something that has not come yet changes nothing, and must not be lost.
        let is_new = passed.is_empty() || {
            let mut transaction = self.doc.transact_mut_with("peer");
            apply(&mut transaction, passed).expect("the gate passes what fits");
            transaction.has_changes()
        };
        if is_new {
            self.size += bytes.len();
            heard.keep.push(Kept {
                update: bytes.to_vec(),
                touched: self.touched.take(),
            });
            heard.tell_others(Some(peer), wire::update(bytes));
        }
        Ok(())
    }

    fn make_room_for(&mut self, bytes: usize) -> Result<(), Why> {
        if self.size + bytes <= DOCUMENT_BYTES_MAX {
            return Ok(());
        }
        // What was deleted is counted until somebody looks.
        self.size = self.state().len();
        if self.size + bytes <= DOCUMENT_BYTES_MAX {
            return Ok(());
        }
        Err(Why::TooBig)
    }

    fn see(&mut self, peer: PeerId, entries: &[u8], heard: &mut Heard) -> Result<(), Why> {
        let peers = &self.peers;
        let person = peers.get(&peer).map(|peer| peer.member.person.as_str());
        let is_same = |other: PeerId| {
            let other = peers.get(&other);
            other.is_some_and(|other| Some(other.member.person.as_str()) == person)
        };
        if let Some(seen) = self.presence.hear(peer, entries, is_same)? {
            // The sender too: public clients hold a connection for dead on which they hear nothing, not even themselves.
            heard.tell_others(None, wire::awareness(&seen));
        }
        Ok(())
    }

    /// Shows a collaborator that has no connection, such as the AI; `null` takes it away.
    pub fn show(&mut self, client: ClientId, state: &str) -> Heard {
        let mut heard = Heard::default();
        let seen = self.presence.show(client, state);
        heard.tell_others(None, wire::awareness(&seen));
        heard
    }

    /// Changes the document from inside, and says what came of it. The change may take several transactions.
    pub fn change<T>(&mut self, change: impl FnOnce(&Doc) -> T) -> (T, Heard) {
        const WATCHER: &str = "room";
        let made: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let making = Arc::clone(&made);
        let watched = self.doc.observe_update_v1(WATCHER, move |_, event| {
            let mut made = making.lock().unwrap_or_else(PoisonError::into_inner);
            made.push(event.update.clone());
        });
        watched.expect("no transaction is open between two calls");
        let done = change(&self.doc);
        let unwatched = self.doc.unobserve_update_v1(WATCHER);
        unwatched.expect("the change has ended its transactions");
        let mut heard = Heard::default();
        let made = std::mem::take(&mut *made.lock().unwrap_or_else(PoisonError::into_inner));
        // Several transactions of one change are told together: what it touched is not told apart.
        let mut touched = self.touched.take();
        for update in made.into_iter().filter(|update| update != NOTHING) {
            self.size += update.len();
            let noted = self.gate.note_own(&update);
            noted.expect("what the service writes stands on what is there");
            heard.tell_others(None, wire::update(&update));
            heard.keep.push(Kept {
                update,
                touched: std::mem::take(&mut touched),
            });
        }
        (done, heard)
    }
}

/// An update that changes nothing: the usual answer to a step 1.
const NOTHING: &[u8] = &[0, 0];

/// # Errors
/// When the gate has passed what does not fit: gate and document must not be used then, for they disagree.
fn apply(transaction: &mut TransactionMut<'_>, updates: Vec<Update>) -> Result<(), UpdateError> {
    updates
        .into_iter()
        .try_for_each(|update| transaction.apply_update(update))
}

fn malformed(why: impl std::fmt::Display) -> Why {
    Why::Malformed(why.to_string())
}

impl From<Refused> for Why {
    fn from(why: Refused) -> Self {
        malformed(why)
    }
}

impl Heard {
    fn tell(&mut self, peer: PeerId, message: Vec<u8>) {
        self.out.push(Out::To(peer, message));
    }

    fn tell_others(&mut self, but: Option<PeerId>, message: Vec<u8>) {
        self.out.push(Out::ToOthers(but, message));
    }
}

#[cfg(test)]
mod tests;
