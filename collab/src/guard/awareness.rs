//! Awareness: who is where, a few kilobytes for each client.

use super::bytes::Bytes;
use super::{Refused, Why};

/// Largest state of one client, in bytes of its JSON.
pub const AWARENESS_STATE_BYTES_MAX: usize = 4 << 10;

/// Looks at an awareness update.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_awareness(update: &[u8]) -> Result<(), Refused> {
    let mut bytes = Bytes::new(update);
    // A client id, a clock, and the state with its length.
    let clients = bytes.count(4, "the clients of an awareness update")?;
    for _ in 0..clients {
        bytes.client()?;
        bytes.u32("the clock of an awareness state")?;
        let state = bytes.text("an awareness state")?;
        if state.len() > AWARENESS_STATE_BYTES_MAX {
            return Err(bytes.refused(Why::Number("an awareness state")));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(state).is_err() {
            return Err(bytes.refused(Why::Text("the JSON of an awareness state")));
        }
    }
    bytes.end()
}
