//! How often each blob is referred to, so that removing takes exactly what nobody shares.
//!
//! A segment counts once for each value that it refers to, a blob once for each blob that it refers to, a
//! workflow document once. Most blobs are referred to once, so only other counts are stored. A stored
//! count carries a check; one that does not fit is taken as *for ever*: keeping too much is harmless.

use std::collections::HashMap;

use flowforge_engine::Address;
use redb::{ReadableTable, Table};

/// A count that is never lowered.
const FOR_EVER: u32 = u32::MAX;

type Refs<'t> = Table<'t, &'static [u8; 32], u64>;

/// References gained in one transaction.
#[derive(Debug, Default)]
pub(crate) struct Gained(HashMap<Address, u32>);

impl Gained {
    /// One more reference to `address`.
    pub(crate) fn add(&mut self, address: Address) {
        let count = self.0.entry(address).or_default();
        *count = count.saturating_add(1);
    }

    /// Stores the counts. `is_new` tells the blobs that had no reference before.
    pub(crate) fn store(
        self,
        refs: &mut Refs<'_>,
        is_new: impl Fn(&Address) -> bool,
    ) -> Result<(), redb::Error> {
        let mut gained: Vec<(Address, u32)> = self.0.into_iter().collect();
        gained.sort_unstable();
        for (address, gained) in gained {
            let before = if is_new(&address) {
                0
            } else {
                count(refs, &address)?
            };
            put(refs, &address, before.saturating_add(gained))?;
        }
        Ok(())
    }
}

/// Takes one reference away, and says whether it was the last.
pub(crate) fn lose(refs: &mut Refs<'_>, address: &Address) -> Result<bool, redb::Error> {
    match count(refs, address)? {
        FOR_EVER => Ok(false),
        0 | 1 => Ok(true),
        count => {
            put(refs, address, count - 1)?;
            Ok(false)
        }
    }
}

/// How often a stored blob is referred to.
pub(crate) fn count(
    refs: &impl ReadableTable<&'static [u8; 32], u64>,
    address: &Address,
) -> Result<u32, redb::Error> {
    let Some(row) = refs.get(&address.0)? else {
        return Ok(1);
    };
    let count = count_of(row.value());
    Ok(if row.value() == row_of(address, count) {
        count
    } else {
        FOR_EVER
    })
}

fn put(refs: &mut Refs<'_>, address: &Address, count: u32) -> Result<(), redb::Error> {
    if count <= 1 {
        refs.remove(&address.0)?;
    } else {
        refs.insert(&address.0, row_of(address, count))?;
    }
    Ok(())
}

/// The count in the low half of a row.
fn count_of(row: u64) -> u32 {
    u32::try_from(row & u64::from(u32::MAX)).expect("the high half was masked")
}

/// The count with its check in the high half.
fn row_of(address: &Address, count: u32) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&address.0).update(&count.to_le_bytes());
    let check: [u8; 4] = hasher.finalize().as_bytes()[..4]
        .try_into()
        .expect("four of 32 bytes");
    u64::from(u32::from_le_bytes(check)) << 32 | u64::from(count)
}
