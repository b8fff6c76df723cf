//! The state of a document, packed, in parts that fill a page each.

use flowforge_engine::WorkflowId;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::{all, last_seq, sealed_key};
use crate::error::{ReadError, WriteError};
use crate::pack::{Codec, PACK_BYTES_MAX, pack, unpack};
use crate::row::{seal, unseal};
use crate::tables;

const DOCUMENTS: &str = "documents";
const STATES: &str = "states";
/// What a page of the file holds of a row alone in it: its 4096 bytes less redb's 21 and the row's own 11.
const PAGE_ROOM: usize = 4064;
/// A part is no shorter than this, whatever the length of the document's id.
const PART_BYTES_MIN: usize = 1024;

/// What is said of a document's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heading {
    /// The last update that the state holds.
    pub(super) upto: u64,
    /// How the bytes lie in the parts.
    codec: u8,
    /// How many bytes the parts have together.
    packed_bytes: u64,
    /// How many bytes the state has.
    bytes: u64,
}

/// A state that is ready to be stored.
pub(super) struct Packed {
    heading: Heading,
    bytes: Vec<u8>,
}

/// Packs a state, on the caller's thread.
pub(super) fn pack_state(upto: u64, state: &[u8]) -> Result<Packed, WriteError> {
    if state.len() > PACK_BYTES_MAX {
        return Err(WriteError::TooLarge {
            bytes: state.len(),
            bytes_max: PACK_BYTES_MAX,
        });
    }
    let mut bytes = Vec::with_capacity(state.len() / 2);
    let codec = pack(state, &mut bytes) as u8;
    let heading = Heading {
        upto,
        codec,
        packed_bytes: bytes.len() as u64,
        bytes: state.len() as u64,
    };
    Ok(Packed { heading, bytes })
}

/// Replaces a document's state, unless it has a newer one.
pub(super) fn put(
    transaction: &WriteTransaction,
    document: &WorkflowId,
    packed: &Packed,
) -> Result<(), WriteError> {
    let id = document.as_str();
    let (upto, last) = (packed.heading.upto, last_seq(transaction, id)?);
    if upto == 0 || upto > last {
        return Err(WriteError::NoSuchUpdate {
            document: document.clone(),
            last,
            found: upto,
        });
    }
    let mut documents = transaction.open_table(tables::DOCUMENTS)?;
    if heading(&documents, id)?.is_some_and(|kept| kept.upto >= upto) {
        return Ok(());
    }
    documents.insert(
        id,
        seal(DOCUMENTS, id.as_bytes(), &packed.heading).as_slice(),
    )?;
    put_parts(transaction, id, &packed.bytes)
}

fn put_parts(transaction: &WriteTransaction, id: &str, packed: &[u8]) -> Result<(), WriteError> {
    let mut parts = transaction.open_table(tables::STATES)?;
    parts.retain_in(all(id), |_, _| false)?;
    let part_bytes = PAGE_ROOM.saturating_sub(id.len()).max(PART_BYTES_MIN);
    for (number, part) in (0_u64..).zip(packed.chunks(part_bytes)) {
        let row = seal(STATES, &sealed_key(id, number), &part);
        parts.insert((id, number), row.as_slice())?;
    }
    Ok(())
}

/// What is said of a document's state, if it has one.
pub(super) fn heading(
    documents: &impl ReadableTable<&'static str, &'static [u8]>,
    id: &str,
) -> Result<Option<Heading>, ReadError> {
    let row = documents.get(id)?;
    row.map(|row| unseal(DOCUMENTS, id.as_bytes(), row.value()))
        .transpose()
}

/// The state.
pub(super) fn read(
    transaction: &ReadTransaction,
    id: &str,
    heading: &Heading,
) -> Result<Vec<u8>, ReadError> {
    let damaged = |why| ReadError::damaged(format!("the state of document {id}"), why);
    let mut packed = Vec::new();
    for entry in transaction.open_table(tables::STATES)?.range(all(id))? {
        let (key, row) = entry?;
        let part: Vec<u8> = unseal(STATES, &sealed_key(id, key.value().1), row.value())?;
        packed.extend_from_slice(&part);
    }
    if packed.len() as u64 != heading.packed_bytes {
        return Err(damaged("a part is missing"));
    }
    let codec = Codec::from_byte(heading.codec).ok_or_else(|| damaged("its codec is unknown"))?;
    let bytes = usize::try_from(heading.bytes).unwrap_or(usize::MAX);
    unpack(codec, &packed, bytes).map_err(damaged)
}
