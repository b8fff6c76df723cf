//! What stands before a document: an update passes when it fits, and waits while it comes too early.

use super::ledger::{Ledger, Unfit};
use super::outline::Outline;
use super::update::outline_of_kept;
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
            Ok(()) => Ok(self.passed(update)),
            Err(early @ Unfit::Early { .. }) => self.wait(outline, update, early),
            Err(forged @ Unfit::Forged { .. }) => Err(forged.into()),
        }
    }

    /// The same of an update that was kept: it passed or waited before, so however large, it does so again.
    ///
    /// # Errors
    /// When it is no update, or can never fit.
    pub fn pass_kept(&mut self, update: &[u8]) -> Result<Vec<Vec<u8>>, Stopped> {
        let outline = outline_of_kept(update)?;
        match self.ledger.admit(&outline) {
            Ok(()) => Ok(self.passed(update)),
            Err(Unfit::Early { .. }) => {
                self.keep_waiting(outline, update);
                Ok(Vec::new())
            }
            Err(forged @ Unfit::Forged { .. }) => Err(forged.into()),
        }
    }

    /// This one, and those that waited for it.
    fn passed(&mut self, update: &[u8]) -> Vec<Vec<u8>> {
        let mut passed = vec![update.to_vec()];
        while let Some(at) = self.next_that_fits() {
            let (_, update) = self.waiting.remove(at);
            self.waiting_bytes -= update.len();
            passed.push(update);
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
        self.keep_waiting(outline, update);
        Ok(Vec::new())
    }

    fn keep_waiting(&mut self, outline: Outline, update: &[u8]) {
        self.waiting_bytes += update.len();
        self.waiting.push((outline, update.to_vec()));
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
