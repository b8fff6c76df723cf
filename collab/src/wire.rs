//! The messages of the y-websocket protocol, read from bytes that strangers send and written as bytes.
//!
//! Numbers are variable-length: seven bits a byte, the lowest first. A text or a list of bytes begins with its
//! length, which is checked against the bytes that are left before anything of that length is made.

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// They end in the middle.
    #[error("the message ends before its end: expected {expected} more bytes, found {found}")]
    Short {
        /// How many the message claims.
        expected: u64,
        /// How many are left.
        found: usize,
    },
    /// A number does not fit in 64 bits.
    #[error("a number in the message is longer than 64 bits")]
    Number,
    /// A text is not UTF-8.
    #[error("a text in the message is not UTF-8")]
    Text,
    /// No message of this kind is known.
    #[error("{0} is no kind of synchronisation message")]
    Kind(u64),
}

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;

const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;

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
    Other(u64),
}

/// The first message of these bytes, and the bytes after it.
///
/// # Errors
/// When they are no message.
pub fn read(bytes: &[u8]) -> Result<(Message<'_>, &[u8]), Malformed> {
    let mut reader = Reader::new(bytes);
    let message = match reader.number()? {
        SYNC => match reader.number()? {
            STEP_1 => Message::Step1(reader.bytes()?),
            STEP_2 => Message::Step2(reader.bytes()?),
            UPDATE => Message::Update(reader.bytes()?),
            kind => return Err(Malformed::Kind(kind)),
        },
        AWARENESS => Message::Awareness(reader.bytes()?),
        QUERY_AWARENESS => Message::QueryAwareness,
        AUTH => {
            // A reason follows a refusal; a room asks nobody for rights.
            reader.rest = &[];
            Message::Other(AUTH)
        }
        kind => {
            reader.rest = &[];
            Message::Other(kind)
        }
    };
    Ok((message, reader.rest))
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

fn framed(kinds: &[u64], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(kinds.len() + 10 + body.len());
    for kind in kinds {
        put_number(&mut bytes, *kind);
    }
    put_bytes(&mut bytes, body);
    bytes
}

/// Writes a number.
pub fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a list of bytes, after its length.
pub fn put_bytes(bytes: &mut Vec<u8>, body: &[u8]) {
    put_number(bytes, body.len() as u64);
    bytes.extend_from_slice(body);
}

/// Reads from the front of bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads these.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// A byte.
    ///
    /// # Errors
    /// When none is left.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed::Short {
            expected: 1,
            found: 0,
        })?;
        self.rest = rest;
        Ok(*first)
    }

    /// A number.
    ///
    /// # Errors
    /// When it does not end, or is longer than 64 bits.
    pub fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed::Number)
    }

    /// A list of bytes.
    ///
    /// # Errors
    /// When fewer are left than it claims to have.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let expected = self.number()?;
        let found = self.rest.len();
        let length = usize::try_from(expected)
            .ok()
            .filter(|length| *length <= found);
        let length = length.ok_or(Malformed::Short { expected, found })?;
        let (body, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(body)
    }

    /// A text.
    ///
    /// # Errors
    /// When fewer bytes are left than it claims to have, or they are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed::Text)
    }
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
        let bytes = [0, 0, 5, 0xff, 0xff, 0xff, 0xff];
        let short = Malformed::Short {
            expected: 5,
            found: 4,
        };
        assert_eq!(read(&bytes), Err(short));
        let bytes = [1, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert!(matches!(
            read(&bytes),
            Err(Malformed::Short { found: 0, .. })
        ));
    }

    #[test]
    fn a_number_has_at_most_64_bits() {
        let mut bytes = Vec::new();
        put_number(&mut bytes, u64::MAX);
        assert_eq!(Reader::new(&bytes).number(), Ok(u64::MAX));
        assert_eq!(Reader::new(&[0xff; 11]).number(), Err(Malformed::Number));
    }
}
