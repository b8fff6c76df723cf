//! What stands before a document: an update passes when it fits, and waits while it comes too early.

use super::ledger::{Ledger, Unfit};
use super::outline::Outline;
use super::{Refused, outline};

/// Most updates that may wait, and most bytes of them.
pub const WAITING_MAX: usize = 1_000;
/// Most bytes of updates that may wait.
pub const WAITING_BYTES_MAX: usize = 8 << 20;

/// Why an update neither passes nor waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// It is no update.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It will not fit, or too many wait already.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// Keeps the ledger of a document, and what came too early for it.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    ledger: Ledger,
    waiting: Vec<(Outline, Vec<u8>)>,
    waiting_bytes: usize,
}

impl Gate {
    /// The updates that go into the document now, in order: this one and those that waited for it, or none
    /// while it waits itself. Each that passes must be applied.
    ///
    /// # Errors
    /// When it is no update, can never fit, or would wait and too many do already.
    pub fn pass(&mut self, update: &[u8]) -> Result<Vec<Vec<u8>>, Stopped> {
        let outline = outline(update)?;
        match self.ledger.admit(&outline) {
            Ok(()) => {}
            Err(early @ Unfit::Early { .. }) => return self.wait(outline, update, early),
            Err(forged @ Unfit::Forged { .. }) => return Err(forged.into()),
        }
        let mut passed = vec![update.to_vec()];
        while let Some(at) = self.next_that_fits() {
            let (_, update) = self.waiting.remove(at);
            self.waiting_bytes -= update.len();
            passed.push(update);
        }
        Ok(passed)
    }

    /// Whether an update waits for something.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn wait(
        &mut self,
        outline: Outline,
        update: &[u8],
        early: Unfit,
    ) -> Result<Vec<Vec<u8>>, Stopped> {
        if self.waiting.iter().any(|(_, waiting)| waiting == update) {
            return Ok(Vec::new());
        }
        let bytes = self.waiting_bytes + update.len();
        if self.waiting.len() >= WAITING_MAX || bytes > WAITING_BYTES_MAX {
            return Err(early.into());
        }
        self.waiting_bytes = bytes;
        self.waiting.push((outline, update.to_vec()));
        Ok(Vec::new())
    }

    /// The first that waits and fits; its items are in the ledger then. What turns out forged waits no more.
    fn next_that_fits(&mut self) -> Option<usize> {
        let mut at = 0;
        while at < self.waiting.len() {
            match self.ledger.admit(&self.waiting[at].0) {
                Ok(()) => return Some(at),
                Err(Unfit::Early { .. }) => at += 1,
                Err(Unfit::Forged { .. }) => {
                    self.waiting_bytes -= self.waiting.remove(at).1.len();
                }
            }
        }
        None
    }
}
