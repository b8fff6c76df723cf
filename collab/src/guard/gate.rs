//! What stands before a document: an update passes when it fits, and waits while it comes too early.

use yrs::Update;
use yrs::updates::decoder::Decode;

use super::Refused;
use super::ledger::{Ledger, Unfit};
use super::outline::Outline;
use super::update::{outline, outline_of_kept};

/// Most updates that may wait, and most bytes of them.
const WAITING_MAX: usize = 1_000;
/// Most bytes of updates that may wait.
const WAITING_BYTES_MAX: usize = 8 << 20;

/// Why an update neither passes nor waits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// It is no update.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A value in it cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It will not fit, or too many wait already.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// Keeps the ledger of a document, and what came too early for it.
///
/// What an update is made of is read here and nowhere else, before the ledger hears of it: so ledger and document
/// never disagree on what is there.
#[derive(Debug, Default)]
pub struct Gate {
    ledger: Ledger,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    outline: Outline,
    bytes: Vec<u8>,
    update: Update,
}

impl Gate {
    /// The updates that go into the document now, in order: this one and those that waited for it, or none
    /// while it waits itself. Each that passes must be applied.
    ///
    /// # Errors
    /// When it is no update, can never fit, or would wait and too many do already.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<Vec<Update>, Stopped> {
        let outline = outline(bytes)?;
        let update = read(bytes)?;
        match self.ledger.admit(&outline) {
            Ok(()) => Ok(self.passed(update)),
            Err(early @ Unfit::Early { .. }) => self.wait(outline, bytes, update, early),
            Err(forged @ Unfit::Forged { .. }) => Err(forged.into()),
        }
    }

    /// The same of an update that was kept: it passed or waited before, so however large, it does so again.
    ///
    /// # Errors
    /// When it is no update, or can never fit.
    pub fn pass_kept(&mut self, bytes: &[u8]) -> Result<Vec<Update>, Stopped> {
        let outline = outline_of_kept(bytes)?;
        let update = read(bytes)?;
        match self.ledger.admit(&outline) {
            Ok(()) => Ok(self.passed(update)),
            Err(Unfit::Early { .. }) => {
                self.keep_waiting(outline, bytes, update);
                Ok(Vec::new())
            }
            Err(forged @ Unfit::Forged { .. }) => Err(forged.into()),
        }
    }

    /// The same of an update that the document made itself: from now on its items are there.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn note_own(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        let outline = outline_of_kept(bytes)?;
        Ok(self.ledger.admit(&outline)?)
    }

    /// This one, and those that waited for it.
    fn passed(&mut self, update: Update) -> Vec<Update> {
        let mut passed = vec![update];
        while let Some(at) = self.next_that_fits() {
            passed.push(self.stop_waiting(at));
        }
        passed
    }

    /// Whether an update waits for something.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn wait(
        &mut self,
        outline: Outline,
        bytes: &[u8],
        update: Update,
        early: Unfit,
    ) -> Result<Vec<Update>, Stopped> {
        if self.waiting.iter().any(|waiting| waiting.bytes == bytes) {
            return Ok(Vec::new());
        }
        let waiting_bytes = self.waiting_bytes + bytes.len();
        if self.waiting.len() >= WAITING_MAX || waiting_bytes > WAITING_BYTES_MAX {
            return Err(early.into());
        }
        self.keep_waiting(outline, bytes, update);
        Ok(Vec::new())
    }

    fn keep_waiting(&mut self, outline: Outline, bytes: &[u8], update: Update) {
        self.waiting_bytes += bytes.len();
        self.waiting.push(Waiting {
            outline,
            bytes: bytes.to_vec(),
            update,
        });
    }

    fn stop_waiting(&mut self, at: usize) -> Update {
        let waiting = self.waiting.remove(at);
        self.waiting_bytes -= waiting.bytes.len();
        waiting.update
    }

    /// The first that waits and fits; its items are in the ledger then. What turns out forged waits no more.
    fn next_that_fits(&mut self) -> Option<usize> {
        let mut at = 0;
        while at < self.waiting.len() {
            match self.ledger.admit(&self.waiting[at].outline) {
                Ok(()) => return Some(at),
                Err(Unfit::Early { .. }) => at += 1,
                Err(Unfit::Forged { .. }) => drop(self.stop_waiting(at)),
            }
        }
        None
    }
}

/// Reads an update that was looked at.
fn read(bytes: &[u8]) -> Result<Update, Stopped> {
    Update::decode_v1(bytes).map_err(|why| Stopped::Unreadable(why.to_string()))
}
