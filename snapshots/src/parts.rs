//! Long blob rows, cut so that each piece but the last fills one page of the file.
//!
//! redb gives a row that is longer than a page pages of a power of two: a row of 5 KB takes 8. Values that do
//! not compress, images for example, have many such rows, and would take half as much room again as
//! they have bytes. So the front of a long row goes into whole pages of its own, and only the rest
//! stands in the table of blobs, where short rows share pages.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use flowforge_engine::Address;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, WriteTransaction};

use crate::tables;

/// What fits a page of 4096 bytes beside the page's own numbers and one key. Part of the format.
const PART_BYTES: usize = 4096 - 4 - 4 - KEY_BYTES;
/// Rows up to this length share or fill one page as they are.
const ROW_BYTES_MAX: usize = 4096 - 4 - 4 - 32;
/// A row's codec and length, which stay in front of its rest.
const HEAD_BYTES: usize = 5;
/// Most parts: six bits of the head's first byte say how many there are.
const PARTS_MAX: usize = 63;
/// Of the same byte, the bits that name the codec.
const CODEC_BITS: u8 = 3;
const KEY_BYTES: usize = 33;

type Bytes = &'static [u8];

/// Blob rows by address, with the parts of the long ones.
pub(crate) struct BlobRows<B, P> {
    blobs: B,
    parts: P,
}

/// Blob rows at one moment.
pub(crate) type StoredBlobs = BlobRows<
    ReadOnlyTable<&'static [u8; 32], Bytes>,
    ReadOnlyTable<&'static [u8; KEY_BYTES], Bytes>,
>;
/// Blob rows in a transaction that changes them.
pub(crate) type OpenBlobs<'t> =
    BlobRows<Table<'t, &'static [u8; 32], Bytes>, Table<'t, &'static [u8; KEY_BYTES], Bytes>>;

impl StoredBlobs {
    pub(crate) fn open(transaction: &ReadTransaction) -> Result<Self, redb::TableError> {
        let blobs = transaction.open_table(tables::BLOBS)?;
        Ok(Self {
            blobs,
            parts: transaction.open_table(tables::PARTS)?,
        })
    }
}

impl<B, P> BlobRows<B, P>
where
    B: ReadableTable<&'static [u8; 32], Bytes>,
    P: ReadableTable<&'static [u8; KEY_BYTES], Bytes>,
{
    /// Whether there is a blob with this address.
    pub(crate) fn contains(&self, address: &Address) -> Result<bool, redb::StorageError> {
        Ok(self.blobs.get(&address.0)?.is_some())
    }

    /// The whole row of a blob. A part that is missing leaves it too short, which its reader notices.
    pub(crate) fn row(&self, address: &Address) -> Result<Option<Vec<u8>>, redb::StorageError> {
        let Some(rest) = self.blobs.get(&address.0)? else {
            return Ok(None);
        };
        let (rest, count) = (rest.value(), count(rest.value()));
        let Some((head, tail)) = rest.split_at_checked(HEAD_BYTES).filter(|_| count > 0) else {
            return Ok(Some(rest.to_vec()));
        };
        let mut row = Vec::with_capacity(rest.len() + usize::from(count) * PART_BYTES);
        row.extend_from_slice(head);
        row[0] &= CODEC_BITS;
        for number in 0..count {
            if let Some(part) = self.parts.get(&key(address, number))? {
                row.extend_from_slice(part.value());
            }
        }
        row.extend_from_slice(tail);
        Ok(Some(row))
    }

    /// All addresses, in order.
    pub(crate) fn addresses(
        &self,
    ) -> Result<impl Iterator<Item = Result<Address, redb::StorageError>>, redb::StorageError> {
        Ok(self
            .blobs
            .iter()?
            .map(|entry| Ok(Address(*entry?.0.value()))))
    }
}

impl<'t> OpenBlobs<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::TableError> {
        let blobs = transaction.open_table(tables::BLOBS)?;
        Ok(Self {
            blobs,
            parts: transaction.open_table(tables::PARTS)?,
        })
    }

    /// Stores rows that are not there.
    pub(crate) fn put_all(&mut self, rows: &BTreeMap<Address, Vec<u8>>) -> Result<(), redb::Error> {
        let mut rests: Vec<(&[u8; 32], Cow<'_, [u8]>)> = Vec::with_capacity(rows.len());
        for (address, row) in rows {
            let (front, rest) = split(row);
            for (number, part) in (0..).zip(front) {
                self.parts.insert(&key(address, number), part)?;
            }
            rests.push((&address.0, rest));
        }
        put_in_order(&mut self.blobs, &rests)
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, address: &Address) -> Result<Option<Vec<u8>>, redb::Error> {
        let row = self.row(address)?;
        let count = self
            .blobs
            .remove(&address.0)?
            .map_or(0, |rest| count(rest.value()));
        for number in 0..count {
            self.parts.remove(&key(address, number))?;
        }
        Ok(row)
    }
}

/// Inserts rows, which are in order and not there. Neighbours go in together, which fills pages.
pub(crate) fn put_in_order<const N: usize>(
    table: &mut Table<'_, &'static [u8; N], Bytes>,
    mut rows: &[(&[u8; N], Cow<'_, [u8]>)],
) -> Result<(), redb::Error> {
    while let Some(((first, row), others)) = rows.split_first() {
        let behind = table
            .range::<&[u8; N]>((Bound::Excluded(first), Bound::Unbounded))?
            .next()
            .transpose()?;
        let behind = behind.map(|(key, _)| *key.value());
        let together =
            others.partition_point(|(key, _)| behind.is_none_or(|behind| **key < behind));
        if together == 0 {
            table.insert(first, row.as_ref())?;
        } else {
            let mut cursor = table.lower_bound_mut(Bound::Included(*first))?;
            for (key, row) in &rows[..=together] {
                cursor.insert_before(key, row.as_ref())?;
            }
            cursor.close()?;
        }
        rows = &rows[together + 1..];
    }
    Ok(())
}

/// A row's parts, and what stays in the table of blobs.
fn split(row: &[u8]) -> (Vec<&[u8]>, Cow<'_, [u8]>) {
    if row.len() <= ROW_BYTES_MAX {
        return (Vec::new(), row.into());
    }
    let (head, body) = row.split_at(HEAD_BYTES);
    let count = (body.len() / PART_BYTES).min(PARTS_MAX);
    let (front, tail) = body.split_at(count * PART_BYTES);
    let mut rest = Vec::with_capacity(HEAD_BYTES + tail.len());
    rest.extend_from_slice(head);
    rest[0] |= u8::try_from(count << 2).expect("at most 63 parts fit six bits");
    rest.extend_from_slice(tail);
    (front.chunks(PART_BYTES).collect(), rest.into())
}

/// How many parts a row has in front of this rest.
fn count(rest: &[u8]) -> u8 {
    rest.first().map_or(0, |first| first >> 2)
}

/// The key of a part.
fn key(address: &Address, number: u8) -> [u8; KEY_BYTES] {
    let mut key = [number; KEY_BYTES];
    key[..32].copy_from_slice(&address.0);
    key
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableDatabase, ReadableTableMetadata};

    use super::*;

    fn row(len: u32) -> Vec<u8> {
        (0..len)
            .map(|at| {
                if at == 0 {
                    1
                } else {
                    at.wrapping_mul(len).to_le_bytes()[1]
                }
            })
            .collect()
    }

    #[test]
    fn rows_of_any_length_come_back_and_fill_their_pages() {
        let lengths = (0_u32..200)
            .map(|number| 5 + number * 97)
            .chain([4056, 4057, 4060, 4061, 300_000]);
        let rows: BTreeMap<Address, Vec<u8>> = lengths
            .map(|len| (Address::of(&len.to_le_bytes()), row(len)))
            .collect();
        let database = Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .unwrap();
        let transaction = database.begin_write().unwrap();
        OpenBlobs::open(&transaction)
            .unwrap()
            .put_all(&rows)
            .unwrap();
        transaction.commit().unwrap();
        let transaction = database.begin_read().unwrap();
        let stored = StoredBlobs::open(&transaction).unwrap();
        for (address, row) in &rows {
            assert_eq!(stored.row(address).unwrap().as_ref(), Some(row));
        }
        let (blobs, parts) = (stored.blobs.stats().unwrap(), stored.parts.stats().unwrap());
        let bytes: usize = rows.values().map(Vec::len).sum();
        let pages = 4096 * (blobs.leaf_pages() + parts.leaf_pages()) + 16 * 4096;
        assert!(
            pages < bytes as u64 * 12 / 10,
            "{pages} bytes of pages for {bytes}"
        );
        let transaction = database.begin_write().unwrap();
        let mut open = OpenBlobs::open(&transaction).unwrap();
        for (address, row) in &rows {
            assert_eq!(open.remove(address).unwrap().as_ref(), Some(row));
        }
        assert_eq!(
            (open.blobs.len().unwrap(), open.parts.len().unwrap()),
            (0, 0)
        );
    }
}
