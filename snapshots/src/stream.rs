//! The packed bytes of all blobs, one after the other, in pages that are full.
//!
//! Blobs have all lengths. As rows of a table they would leave a third of it empty: redb gives a row that is
//! longer than a page a power of two of them, and rows of half a page and more waste what is left. So
//! the table of blobs only says where a blob's bytes are, and these make one long stream, cut so that each
//! piece fills a page of the file. A page says how many of its bytes are in use, and goes when that is none;
//! compaction moves what is left of others to the end.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use flowforge_engine::Address;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, WriteTransaction};

use crate::pack::{Codec, HEAD_BYTES as ROW_HEAD_BYTES};
use crate::tables;

/// Bytes of the stream in one page: what a page of 4096 has beside redb's numbers, the key and the head.
/// Part of the format.
pub(crate) const ROOM: u64 = 4096 - 4 - 4 - 8 - PAGE_HEAD_BYTES as u64;
/// How many bytes are in use, and a check of that.
const PAGE_HEAD_BYTES: usize = 4;
/// Stands for a number of used bytes that is not known: such a page stays for ever.
const UNKNOWN: u16 = u16::MAX;
/// The bytes of a place.
pub(crate) const PLACE_BYTES: usize = 20;
/// Pages of which less than this is in use are emptied by compaction.
const SPARSE_PERCENT: u64 = 75;

type Bytes = &'static [u8];

/// Where a blob's packed bytes are, and how they were packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    codec: Codec,
    offset: u64,
    packed: u32,
    len: u32,
}

impl Place {
    fn row(self, address: &Address) -> [u8; PLACE_BYTES] {
        let mut row = [0; PLACE_BYTES];
        row[..8].copy_from_slice(&self.offset.to_le_bytes());
        row[7] = self.codec as u8;
        row[8..12].copy_from_slice(&self.packed.to_le_bytes());
        row[12..16].copy_from_slice(&self.len.to_le_bytes());
        let check = place_check(address, &row);
        row[16..].copy_from_slice(&check);
        row
    }

    /// The place in a row; nothing when the row is damaged.
    fn of(address: &Address, row: &[u8; PLACE_BYTES]) -> Option<Self> {
        if place_check(address, row) != row[16..] {
            return None;
        }
        let number =
            |range: Range<usize>| u32::from_le_bytes(row[range].try_into().expect("four bytes"));
        let mut offset: [u8; 8] = row[..8].try_into().expect("eight bytes");
        offset[7] = 0;
        Some(Self {
            codec: Codec::from_byte(row[7])?,
            offset: u64::from_le_bytes(offset),
            packed: number(8..12),
            len: number(12..16),
        })
    }

    /// The pages that it lies in, each with the part of it there.
    fn pages(self) -> impl Iterator<Item = (u64, Range<usize>)> {
        let end = self.offset + u64::from(self.packed);
        let pages = self.offset / ROOM..end.div_ceil(ROOM);
        pages.map(move |page| {
            let start = page * ROOM;
            let inside = |at: u64| {
                usize::try_from(at.clamp(start, start + ROOM) - start).expect("less than a page")
            };
            (page, inside(self.offset)..inside(end))
        })
    }
}

fn place_check(address: &Address, row: &[u8; PLACE_BYTES]) -> [u8; 4] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&address.0).update(&row[..16]);
    hasher.finalize().as_bytes()[..4]
        .try_into()
        .expect("four of 32 bytes")
}

/// A page with the number of its bytes that are in use, if that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Page {
    used: Option<u16>,
    bytes: Vec<u8>,
}

impl Page {
    fn of(number: u64, row: &[u8]) -> Self {
        let Some((head, bytes)) = row.split_at_checked(PAGE_HEAD_BYTES) else {
            return Self::default();
        };
        let used = u16::from_le_bytes([head[0], head[1]]);
        let is_known = page_check(number, used) == head[2..] && used != UNKNOWN;
        Self {
            used: is_known.then_some(used),
            bytes: bytes.to_vec(),
        }
    }

    fn row(&self, number: u64) -> Vec<u8> {
        let used = self.used.unwrap_or(UNKNOWN);
        let mut row = Vec::with_capacity(PAGE_HEAD_BYTES + self.bytes.len());
        row.extend_from_slice(&used.to_le_bytes());
        row.extend_from_slice(&page_check(number, used));
        row.extend_from_slice(&self.bytes);
        row
    }

    fn is_sparse(&self) -> bool {
        self.used
            .is_some_and(|used| u64::from(used) * 100 < ROOM * SPARSE_PERCENT)
    }
}

fn page_check(number: u64, used: u16) -> [u8; 2] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&number.to_le_bytes())
        .update(&used.to_le_bytes());
    hasher.finalize().as_bytes()[..2]
        .try_into()
        .expect("two of 32 bytes")
}

/// Blobs: where each is, and the pages of the stream.
pub(crate) struct Blobs<P, B> {
    places: P,
    pages: B,
}

/// The blobs at one moment.
pub(crate) type StoredBlobs =
    Blobs<ReadOnlyTable<&'static [u8; 32], &'static [u8; PLACE_BYTES]>, ReadOnlyTable<u64, Bytes>>;

type OpenTables<'t> =
    Blobs<Table<'t, &'static [u8; 32], &'static [u8; PLACE_BYTES]>, Table<'t, u64, Bytes>>;

/// The blobs in a transaction that changes them.
pub(crate) struct OpenBlobs<'t> {
    tables: OpenTables<'t>,
    /// Where the stream ends.
    end: u64,
    /// Pages that were changed and not yet written.
    changed: BTreeMap<u64, Page>,
}

impl StoredBlobs {
    pub(crate) fn open(transaction: &ReadTransaction) -> Result<Self, redb::TableError> {
        let places = transaction.open_table(tables::BLOBS)?;
        Ok(Self {
            places,
            pages: transaction.open_table(tables::PAGES)?,
        })
    }
}

impl<P, B> Blobs<P, B>
where
    P: ReadableTable<&'static [u8; 32], &'static [u8; PLACE_BYTES]>,
    B: ReadableTable<u64, Bytes>,
{
    /// The row of a blob, as [`pack`](crate::pack) makes it. What is damaged gives a row that does not unpack.
    pub(crate) fn row(&self, address: &Address) -> Result<Option<Vec<u8>>, redb::StorageError> {
        let Some(place) = self.places.get(&address.0)? else {
            return Ok(None);
        };
        let place = Place::of(address, place.value());
        Ok(Some(
            place.map_or(Ok(Vec::new()), |place| self.row_at(place))?,
        ))
    }

    fn row_at(&self, place: Place) -> Result<Vec<u8>, redb::StorageError> {
        // The place was checked, so its length is what was once written.
        let mut row = Vec::with_capacity(ROW_HEAD_BYTES + place.packed as usize);
        row.push(place.codec as u8);
        row.extend_from_slice(&place.len.to_le_bytes());
        for (number, part) in place.pages() {
            let page = self.pages.get(number)?;
            let bytes = page
                .as_ref()
                .and_then(|page| page.value().get(PAGE_HEAD_BYTES..)?.get(part));
            row.extend_from_slice(bytes.unwrap_or_default());
        }
        Ok(row)
    }

    /// All addresses, in order.
    pub(crate) fn addresses(
        &self,
    ) -> Result<impl Iterator<Item = Result<Address, redb::StorageError>>, redb::StorageError> {
        Ok(self
            .places
            .iter()?
            .map(|entry| Ok(Address(*entry?.0.value()))))
    }

    /// What is wrong with how much of each page is said to be in use.
    pub(crate) fn complaints(&self) -> Result<Vec<String>, redb::StorageError> {
        let mut used: BTreeMap<u64, usize> = BTreeMap::new();
        for entry in self.places.iter()? {
            let (address, row) = entry?;
            let place = Place::of(&Address(*address.value()), row.value());
            for (number, part) in place.into_iter().flat_map(Place::pages) {
                *used.entry(number).or_default() += part.len();
            }
        }
        let mut complaints = Vec::new();
        for entry in self.pages.iter()? {
            let (number, row) = entry?;
            let (said, found) = (
                Page::of(number.value(), row.value()).used,
                used.remove(&number.value()),
            );
            if said.map(usize::from) != found {
                complaints.push(format!(
                    "page {} says {said:?} bytes are in use, {found:?} are",
                    number.value()
                ));
            }
        }
        complaints.extend(
            used.keys()
                .map(|number| format!("page {number} is missing")),
        );
        Ok(complaints)
    }
}

impl<'t> OpenBlobs<'t> {
    /// Opens the blobs; the stream ends at `end`.
    pub(crate) fn open(
        transaction: &'t WriteTransaction,
        end: u64,
    ) -> Result<Self, redb::TableError> {
        let places = transaction.open_table(tables::BLOBS)?;
        let tables = Blobs {
            places,
            pages: transaction.open_table(tables::PAGES)?,
        };
        Ok(Self {
            tables,
            end,
            changed: BTreeMap::new(),
        })
    }

    /// Whether there is a blob with this address.
    pub(crate) fn contains(&self, address: &Address) -> Result<bool, redb::StorageError> {
        Ok(self.tables.places.get(&address.0)?.is_some())
    }

    /// Stores the rows of blobs that are not there.
    pub(crate) fn put_all(&mut self, rows: &[(Address, Vec<u8>)]) -> Result<(), redb::Error> {
        let mut places = Vec::with_capacity(rows.len());
        for (address, row) in rows {
            places.push((address.0, self.place(row)?.row(address)));
        }
        places.sort_unstable();
        let places: Vec<_> = places
            .iter()
            .map(|(address, place)| (address, place))
            .collect();
        put_in_order(&mut self.tables.places, &places)
    }

    /// Takes a blob out, and gives its row.
    pub(crate) fn remove(&mut self, address: &Address) -> Result<Option<Vec<u8>>, redb::Error> {
        let row = self.tables.row(address)?;
        let place = self.tables.places.remove(&address.0)?;
        let place = place.and_then(|place| Place::of(address, place.value()));
        if let Some(place) = place {
            self.free(place)?;
        }
        Ok(row)
    }

    /// Moves a blob to the end of the stream, if a page that it lies in is hardly used. Its bytes, if so.
    pub(crate) fn move_from_sparse(
        &mut self,
        address: &Address,
    ) -> Result<Option<u32>, redb::Error> {
        let place = self.tables.places.get(&address.0)?;
        let Some(place) = place.and_then(|place| Place::of(address, place.value())) else {
            return Ok(None);
        };
        if !self.lies_in_sparse(place)? {
            return Ok(None);
        }
        let row = self.tables.row_at(place)?;
        if row.len() != ROW_HEAD_BYTES + place.packed as usize {
            return Ok(None);
        }
        self.free(place)?;
        let moved = self.place(&row)?;
        self.tables.places.insert(&address.0, &moved.row(address))?;
        Ok(Some(place.packed))
    }

    fn lies_in_sparse(&mut self, place: Place) -> Result<bool, redb::Error> {
        let last = self.end / ROOM;
        for (number, _) in place.pages() {
            // The last page is not full because it is the last.
            if number < last && self.page(number)?.is_sparse() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the pages that were changed; where the stream ends now.
    pub(crate) fn finish(mut self) -> Result<u64, redb::Error> {
        for (number, page) in std::mem::take(&mut self.changed) {
            self.write(number, &page)?;
        }
        Ok(self.end)
    }

    fn write(&mut self, number: u64, page: &Page) -> Result<(), redb::Error> {
        if page.used == Some(0) {
            self.tables.pages.remove(number)?;
        } else {
            self.tables
                .pages
                .insert(number, page.row(number).as_slice())?;
        }
        Ok(())
    }

    /// Adds the bytes of a row to the stream.
    fn place(&mut self, row: &[u8]) -> Result<Place, redb::Error> {
        let (head, mut rest) = row.split_at(ROW_HEAD_BYTES);
        let place = Place {
            codec: Codec::from_byte(head[0]).expect("rows are made by pack"),
            offset: self.end,
            packed: u32::try_from(rest.len()).expect("blobs are small"),
            len: u32::from_le_bytes(head[1..].try_into().expect("four bytes")),
        };
        while !rest.is_empty() {
            let number = self.end / ROOM;
            let at = usize::try_from(self.end % ROOM).expect("less than a page");
            let page = self.page(number)?;
            page.bytes.resize(at, 0);
            let (now, later) = rest.split_at(rest.len().min(ROOM as usize - at));
            page.bytes.extend_from_slice(now);
            page.used = page
                .used
                .map(|used| used + u16::try_from(now.len()).expect("less than a page"));
            let is_full = page.bytes.len() == ROOM as usize;
            self.end += now.len() as u64;
            rest = later;
            if is_full && let Some(page) = self.changed.remove(&number) {
                self.write(number, &page)?;
            }
        }
        Ok(place)
    }

    fn free(&mut self, place: Place) -> Result<(), redb::Error> {
        for (number, part) in place.pages() {
            let page = self.page(number)?;
            let len = u16::try_from(part.len()).expect("less than a page");
            page.used = page.used.map(|used| used.saturating_sub(len));
        }
        Ok(())
    }

    /// A page that will be written.
    fn page(&mut self, number: u64) -> Result<&mut Page, redb::Error> {
        use std::collections::btree_map::Entry;
        match self.changed.entry(number) {
            Entry::Occupied(page) => Ok(page.into_mut()),
            Entry::Vacant(slot) => {
                let row = self.tables.pages.get(number)?;
                let empty = Page {
                    used: Some(0),
                    bytes: Vec::new(),
                };
                Ok(slot.insert(row.map_or(empty, |row| Page::of(number, row.value()))))
            }
        }
    }
}

/// Inserts rows, which are in order and not there. Neighbours go in together, which fills pages.
pub(crate) fn put_in_order<const N: usize, V: redb::Value + 'static>(
    table: &mut Table<'_, &'static [u8; N], V>,
    mut rows: &[(&[u8; N], V::SelfType<'_>)],
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
            table.insert(first, row)?;
        } else {
            let mut cursor = table.lower_bound_mut(Bound::Included(*first))?;
            for (key, row) in &rows[..=together] {
                cursor.insert_before(key, row)?;
            }
            cursor.close()?;
        }
        rows = &rows[together + 1..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableDatabase, ReadableTableMetadata};

    use super::*;
    use crate::faults::Chance;
    use crate::pack::blob_row;

    /// A stream on its own.
    struct Alone {
        database: Database,
        end: u64,
    }

    impl Alone {
        fn new() -> Self {
            let backend = redb::backends::InMemoryBackend::new();
            let alone = Self {
                database: Database::builder().create_with_backend(backend).unwrap(),
                end: 0,
            };
            alone.change(|_| ()).1
        }

        fn change<T>(mut self, what: impl FnOnce(&mut OpenBlobs) -> T) -> (T, Self) {
            let transaction = self.database.begin_write().unwrap();
            let mut blobs = OpenBlobs::open(&transaction, self.end).unwrap();
            let result = what(&mut blobs);
            self.end = blobs.finish().unwrap();
            transaction.commit().unwrap();
            (result, self)
        }

        fn stored(&self) -> StoredBlobs {
            StoredBlobs::open(&self.database.begin_read().unwrap()).unwrap()
        }

        fn assert_holds(&self, rows: &BTreeMap<Address, Vec<u8>>) {
            let stored = self.stored();
            assert_eq!(stored.complaints().unwrap(), Vec::<String>::new());
            let found: Vec<_> = stored.addresses().unwrap().map(Result::unwrap).collect();
            assert!(found.iter().eq(rows.keys()));
            for (address, row) in rows {
                assert_eq!(stored.row(address).unwrap().as_ref(), Some(row));
            }
        }
    }

    fn noise(chance: &mut Chance, bytes: u64) -> (Address, Vec<u8>) {
        let bytes: Vec<u8> = (0..bytes)
            .map(|_| chance.next_number().to_le_bytes()[0])
            .collect();
        (Address::of(&bytes), blob_row(&bytes))
    }

    #[test]
    fn pages_are_full_whatever_the_lengths() {
        let mut chance = Chance(1);
        let rows: Vec<_> = (0..400)
            .map(|_| {
                let len = chance.below(12_000);
                noise(&mut chance, len)
            })
            .collect();
        let (half, other) = rows.split_at(200);
        let alone = Alone::new();
        let ((), alone) = alone.change(|blobs| blobs.put_all(half).unwrap());
        let ((), alone) = alone.change(|blobs| blobs.put_all(other).unwrap());
        alone.assert_holds(&rows.iter().cloned().collect());
        let stats = alone.stored().pages.stats().unwrap();
        let bytes: usize = rows.iter().map(|(_, row)| row.len()).sum();
        assert!(
            stats.leaf_pages() * 4096 < bytes as u64 * 102 / 100,
            "{} pages",
            stats.leaf_pages()
        );
    }

    #[test]
    fn what_is_removed_frees_its_pages_and_compaction_the_rest() {
        for seed in 0..20 {
            let mut chance = Chance(seed);
            let mut alone = Alone::new();
            let mut rows = BTreeMap::new();
            for _ in 0..30 {
                let new: Vec<_> = (0..chance.below(20))
                    .map(|_| {
                        let len = chance.below(9000);
                        noise(&mut chance, len)
                    })
                    .collect();
                let old: Vec<Address> = rows
                    .keys()
                    .filter(|_| chance.below(3) == 0)
                    .copied()
                    .collect();
                ((), alone) = alone.change(|blobs| {
                    for address in &old {
                        assert_eq!(blobs.remove(address).unwrap(), rows.remove(address));
                    }
                    blobs.put_all(&new).unwrap();
                });
                rows.extend(new);
                alone.assert_holds(&rows);
            }
            ((), alone) = alone.change(|blobs| {
                for address in rows.keys() {
                    blobs.move_from_sparse(address).unwrap();
                }
            });
            alone.assert_holds(&rows);
            let bytes: usize = rows.values().map(Vec::len).sum();
            let pages = alone.stored().pages.len().unwrap();
            assert!(
                pages * ROOM * SPARSE_PERCENT / 100 < bytes as u64 + 2 * ROOM,
                "{pages} pages, {bytes} bytes"
            );
            ((), alone) = alone.change(|blobs| {
                for address in rows.keys() {
                    blobs.remove(address).unwrap();
                }
            });
            assert_eq!(alone.stored().pages.len().unwrap(), 0);
        }
    }

    #[test]
    fn a_damaged_place_or_count_removes_nothing_else() {
        let mut chance = Chance(3);
        let rows: Vec<_> = (0..6).map(|_| noise(&mut chance, 1000)).collect();
        let ((), alone) = Alone::new().change(|blobs| blobs.put_all(&rows).unwrap());
        let ((), alone) = alone.change(|blobs| {
            let mut place = *blobs
                .tables
                .places
                .get(&rows[0].0.0)
                .unwrap()
                .unwrap()
                .value();
            place[0] ^= 64;
            blobs.tables.places.insert(&rows[0].0.0, &place).unwrap();
            let mut page = blobs.tables.pages.get(0).unwrap().unwrap().value().to_vec();
            page[0] ^= 1;
            blobs.tables.pages.insert(0, page.as_slice()).unwrap();
        });
        assert_eq!(alone.stored().row(&rows[0].0).unwrap(), Some(Vec::new()));
        let ((), alone) = alone.change(|blobs| {
            for (address, _) in &rows[..5] {
                blobs.remove(address).unwrap();
            }
        });
        assert_eq!(
            alone.stored().row(&rows[5].0).unwrap().as_ref(),
            Some(&rows[5].1)
        );
        assert!(alone.stored().pages.get(0).unwrap().is_some());
    }
}
