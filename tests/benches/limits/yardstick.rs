//! What the machine itself can do, measured in the same run as the figures it explains.

use std::io::{Seek, Write};
use std::time::Instant;

use super::bench::Times;

/// One append of 4 KiB and a sync of it, on the disk that the journals of these benches are on.
pub(crate) fn fsync() -> Times {
    let folder = tempfile::tempdir().expect("a folder for the yardstick");
    let mut file =
        std::fs::File::create(folder.path().join("yardstick")).expect("a file for the yardstick");
    file.write_all(&vec![0; 1 << 20])
        .expect("room for a megabyte");
    Times::of(100, || {
        file.seek(std::io::SeekFrom::Start(0)).expect("a seek");
        file.write_all(&[1; 4096]).expect("a write");
        file.sync_data().expect("a sync");
    })
}

/// One redb transaction with `rows` rows of 300 bytes.
pub(crate) fn redb_rows(rows: u64) -> Times {
    const TABLE: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("rows");
    let folder = tempfile::tempdir().expect("a folder for the yardstick");
    let database =
        redb::Database::create(folder.path().join("yardstick.redb")).expect("a database");
    let mut next = 0;
    Times::of(30, || {
        let transaction = database.begin_write().expect("a transaction");
        {
            let mut table = transaction.open_table(TABLE).expect("a table");
            for _ in 0..rows {
                table
                    .insert(next, [7_u8; 300].as_slice())
                    .expect("an insert");
                next += 1;
            }
        }
        transaction.commit().expect("a commit");
    })
}

/// One blake3 pass over this many bytes.
pub(crate) fn blake3_pass(bytes: usize) -> Times {
    let data = vec![3_u8; bytes];
    Times::of(50, || {
        std::hint::black_box(blake3::hash(&data));
    })
}

/// A chain of `nodes` plain function calls that add 1 to `x` and keep a payload, in milliseconds.
pub(crate) fn bare_calls(nodes: usize) -> f64 {
    let payload = "p".repeat(200);
    let started = Instant::now();
    let rounds = 200;
    for _ in 0..rounds {
        let mut record = serde_json::json!({ "x": 0, "payload": payload });
        for _ in 0..nodes {
            record = std::hint::black_box(add_one(&record));
        }
    }
    started.elapsed().as_secs_f64() * 1e3 / f64::from(rounds)
}

fn add_one(record: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "x": record["x"].as_i64().unwrap_or(0) + 1, "payload": record["payload"] })
}
