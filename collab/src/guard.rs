//! Looks at bytes of strangers before anything is built from them.
//!
//! A message of a few bytes can claim a billion entries, and nest values deeper than the stack. So every count is
//! checked against the bytes that are left, every length against its end, every depth against a bound, and what
//! the whole would take in memory is added up, before the first byte is decoded. Nothing is allocated here for
//! what is only claimed.
//!
//! Only version 1 of the encoding is spoken, as the public clients do. Parts of the format that no client of a
//! workflow writes (subdocuments, weak links, the JSON content of old versions) are refused.

mod awareness;
mod bytes;
mod gate;
mod ledger;
mod outline;
mod update;

pub use awareness::{AWARENESS_STATE_BYTES_MAX, check_awareness};
pub use gate::{Gate, Stopped, WAITING_BYTES_MAX, WAITING_MAX};
pub use ledger::{Ledger, Unfit};
pub use outline::Outline;
pub use update::{CLIENTS_MAX, MEMORY_BYTES_MAX, check_state_vector, check_update, outline};

use bytes::Bytes;

/// Why bytes are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct Refused {
    /// How many bytes were looked at before.
    pub at: usize,
    /// What is wrong there.
    pub why: Why,
}

/// What is wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is less than was promised.
    #[error("{what}: {claimed} are claimed, and {left} bytes are left")]
    Claim {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        claimed: u64,
        /// How many bytes are left.
        left: usize,
    },
    /// The bytes end inside something.
    #[error("the bytes end inside {0}")]
    Ends(&'static str),
    /// A number is larger than it may be.
    #[error("{0} is larger than it may be")]
    Number(&'static str),
    /// A part of the format that is not spoken here.
    #[error("{what} of the kind {found} is not taken; expected version 1 of the update encoding")]
    Kind {
        /// Of what.
        what: &'static str,
        /// The kind.
        found: u64,
    },
    /// Text that is no UTF-8.
    #[error("{0} is not UTF-8")]
    Text(&'static str),
    /// Values are nested deeper than they may be.
    #[error("values are nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// What is described is larger than it may be.
    #[error("what this describes would take more than {MEMORY_BYTES_MAX} bytes of memory")]
    TooHeavy,
    /// The same is described twice, or not in its order.
    #[error("{0} is there twice, or not in order")]
    Twice(&'static str),
    /// Something that must not be empty is empty.
    #[error("{0} is empty")]
    Nothing(&'static str),
    /// Bytes follow the end.
    #[error("{0} bytes follow the end")]
    Follows(usize),
}

/// Deepest nesting of a plain value.
pub const DEPTH_MAX: usize = 100;

/// A message of the y-websocket protocol, taken apart and looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'m> {
    /// What the other side has: a state vector, to be answered with what it lacks.
    SyncStep1(&'m [u8]),
    /// What we lack: an update.
    SyncStep2(&'m [u8]),
    /// A change: an update.
    Update(&'m [u8]),
    /// Who is where: an awareness update.
    Awareness(&'m [u8]),
    /// The other side wants to know who is where.
    AwarenessQuery,
    /// An answer about rights; nothing that a client tells a service.
    Auth,
}

/// Takes a message apart. What is inside has been looked at too.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_message(message: &[u8]) -> Result<Message<'_>, Refused> {
    let mut bytes = Bytes::new(message);
    let found = match bytes.u32("the kind of message")? {
        0 => sync(&mut bytes)?,
        1 => {
            let awareness = bytes.buffer("the awareness update")?;
            check_awareness(awareness).map_err(|refused| bytes.inside(awareness, refused))?;
            Message::Awareness(awareness)
        }
        2 => {
            bytes.all();
            Message::Auth
        }
        3 => Message::AwarenessQuery,
        found => return Err(bytes.kind("a message", found)),
    };
    bytes.end()?;
    Ok(found)
}

fn sync<'m>(bytes: &mut Bytes<'m>) -> Result<Message<'m>, Refused> {
    let kind = bytes.u32("the kind of sync message")?;
    let inside = bytes.buffer("the sync message")?;
    let (message, checked) = match kind {
        0 => (Message::SyncStep1(inside), check_state_vector(inside)),
        1 => (Message::SyncStep2(inside), check_update(inside)),
        2 => (Message::Update(inside), check_update(inside)),
        found => return Err(bytes.kind("a sync message", found)),
    };
    checked.map_err(|refused| bytes.inside(inside, refused))?;
    Ok(message)
}

#[cfg(test)]
mod tests;
