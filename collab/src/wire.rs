//! The messages of the y-websocket protocol, read from bytes that strangers send and written as bytes.
//!
//! Numbers are variable-length: seven bits a byte, the lowest first. A text or a list of bytes begins with its
//! length; [`guard`](crate::guard) reads both.

use crate::guard::Refused;
use crate::guard::bytes::Bytes;

const SYNC: u32 = 0;
const AWARENESS: u32 = 1;
const QUERY_AWARENESS: u32 = 3;

const STEP_1: u32 = 0;
const STEP_2: u32 = 1;
const UPDATE: u32 = 2;

/// One message; its bytes are still unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// What the sender has, as a state vector: it asks for the rest.
    Step1(&'a [u8]),
    /// The rest, as an update: the answer to a step 1.
    Step2(&'a [u8]),
    /// A change.
    Update(&'a [u8]),
    /// Who is where.
    Awareness(&'a [u8]),
    /// The sender asks who is where.
    QueryAwareness,
    /// One that this room has no use for.
    Other(u32),
}

/// The first message of these bytes, and the bytes after it.
///
/// # Errors
/// When they are no message.
pub fn read(bytes: &[u8]) -> Result<(Message<'_>, &[u8]), Refused> {
    let mut bytes = Bytes::new(bytes);
    let message = match bytes.u32("the kind of message")? {
        SYNC => sync(&mut bytes)?,
        AWARENESS => Message::Awareness(bytes.buffer("the awareness update")?),
        QUERY_AWARENESS => Message::QueryAwareness,
        kind => {
            // A room asks nobody for rights, and how long what it does not know is, it does not know either.
            bytes.all();
            Message::Other(kind)
        }
    };
    Ok((message, bytes.rest()))
}

fn sync<'a>(bytes: &mut Bytes<'a>) -> Result<Message<'a>, Refused> {
    let kind = bytes.u32("the kind of sync message")?;
    let what = match kind {
        STEP_1 => Message::Step1,
        STEP_2 => Message::Step2,
        UPDATE => Message::Update,
        found => return Err(bytes.kind("a sync message", found)),
    };
    Ok(what(bytes.buffer("the sync message")?))
}

/// `Step1` with this state vector.
#[must_use]
pub fn step_1(state_vector: &[u8]) -> Vec<u8> {
    framed(&[SYNC, STEP_1], state_vector)
}

/// `Step2` with this update.
#[must_use]
pub fn step_2(update: &[u8]) -> Vec<u8> {
    framed(&[SYNC, STEP_2], update)
}

/// `Update` with this update.
#[must_use]
pub fn update(update: &[u8]) -> Vec<u8> {
    framed(&[SYNC, UPDATE], update)
}

/// `Awareness` with these entries.
#[must_use]
pub fn awareness(entries: &[u8]) -> Vec<u8> {
    framed(&[AWARENESS], entries)
}

fn framed(kinds: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(kinds.len() + 10 + body.len());
    for kind in kinds {
        put_number(&mut bytes, u64::from(*kind));
    }
    put_bytes(&mut bytes, body);
    bytes
}

/// Writes a number.
pub(crate) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a list of bytes, after its length.
pub(crate) fn put_bytes(bytes: &mut Vec<u8>, body: &[u8]) {
    put_number(bytes, body.len() as u64);
    bytes.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let body = [7; 300];
        let bytes = step_1(&body);
        assert_eq!(read(&bytes), Ok((Message::Step1(&body[..]), &[][..])));
        let bytes = [step_2(&[1]), update(&[2]), awareness(&[3])].concat();
        let (first, rest) = read(&bytes).unwrap();
        let (second, rest) = read(rest).unwrap();
        let (third, rest) = read(rest).unwrap();
        assert_eq!(first, Message::Step2(&[1]));
        assert_eq!(second, Message::Update(&[2]));
        assert_eq!(third, Message::Awareness(&[3]));
        assert!(rest.is_empty());
    }

    /// A length of four billion in a message of seven bytes makes nothing of that size.
    #[test]
    fn a_claimed_length_is_checked_against_the_bytes_left() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        let found = refused(&[0, 0, 5, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(
            found,
            "byte 3: the sync message: 5 are claimed, and 4 bytes are left"
        );
        let found = refused(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(
            found.contains("4294967295 are claimed, and 0 bytes are left"),
            "{found}"
        );
        let found = refused(&[0, 9]);
        assert!(
            found.contains("a sync message of the kind 9 is not taken"),
            "{found}"
        );
    }

    #[test]
    fn a_number_has_at_most_32_bits() {
        assert_eq!(
            read(&[0xff, 0xff, 0xff, 0xff, 0x0f]).map(|read| read.0),
            Ok(Message::Other(u32::MAX))
        );
        assert!(read(&[0xff; 11]).is_err());
    }
}
