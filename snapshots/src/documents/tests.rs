//! What was appended comes back, through compaction, faults and losses of power.

use std::sync::mpsc::channel;

use flowforge_engine::frame::Status;

use super::*;
use crate::faults::{Chance, Faults, FaultyDisk};
use crate::fixtures::{assert_sound, journal, on, start, text};

fn author(name: &str) -> Author {
    Author {
        id: format!("session-{name}"),
        name: name.into(),
        kind: "person".into(),
    }
}

/// An update of `who` at `place`, `at_ms` after the beginning.
fn update_of(who: &str, place: &str, at_ms: i64, bytes: &[u8]) -> DocumentUpdate {
    DocumentUpdate {
        at: Timestamp(1_000_000 + at_ms),
        author: author(who),
        bytes: bytes.to_vec(),
        touched: vec![place.into()],
    }
}

fn changes(journal: &Journal, after: u64, limit: usize) -> Vec<(u64, u64, u64, String)> {
    let found = journal
        .document_changes(&"flow".into(), after, limit)
        .unwrap();
    let line = |change: Change| {
        let what = format!("{} {}", change.author.name, change.touched.join("+"));
        (change.from_seq, change.seq, change.updates, what)
    };
    found.into_iter().map(line).collect()
}

#[test]
fn what_was_appended_comes_back_in_order() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    assert_eq!(journal.document(&id).unwrap(), None);
    let first = [
        update_of("ann", "a", 0, b"1"),
        update_of("ann", "a", 1, b"2"),
    ];
    assert_eq!(journal.append_updates(&id, &first).unwrap(), 2);
    let other = [update_of("bob", "a", 2, b"other")];
    assert_eq!(journal.append_updates(&"flows".into(), &other).unwrap(), 1);
    assert_eq!(
        journal
            .append_updates(&id, &[update_of("bob", "b", 3, b"3")])
            .unwrap(),
        3
    );
    let kept = journal.document(&id).unwrap().unwrap();
    assert_eq!((kept.state, kept.seq), (None, 3));
    assert_eq!(kept.updates, [b"1", b"2", b"3"]);
    assert_sound(&journal);
}

#[test]
fn a_state_takes_the_place_of_the_updates_it_holds() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    let updates: Vec<_> = (0..5)
        .map(|n| update_of("ann", "a", n, &[n as u8]))
        .collect();
    journal.append_updates(&id, &updates).unwrap();
    // More than one page, and nothing that compresses.
    let state: Vec<u8> = text(1, 20_000).as_str().unwrap().into();
    journal.compact_document(&id, 3, &state).unwrap();
    let kept = journal.document(&id).unwrap().unwrap();
    assert_eq!(kept.state.as_deref(), Some(&state[..]));
    assert_eq!((kept.updates, kept.seq), (vec![vec![3], vec![4]], 5));

    journal.compact_document(&id, 2, b"older").unwrap();
    assert_eq!(journal.document(&id).unwrap().unwrap().state, Some(state));
    journal.compact_document(&id, 5, b"all").unwrap();
    let kept = journal.document(&id).unwrap().unwrap();
    assert_eq!(
        (kept.state, kept.updates, kept.seq),
        (Some(b"all".to_vec()), vec![], 5)
    );
    assert_eq!(journal.append_updates(&id, &updates[..1]).unwrap(), 6);
    assert_eq!(
        journal.compact_document(&id, 7, b"too new"),
        Err(WriteError::NoSuchUpdate {
            document: id,
            last: 6,
            found: 7
        })
    );
    assert_sound(&journal);
}

#[test]
fn what_one_author_did_at_a_place_within_a_minute_is_one_change() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    let updates = [
        update_of("ann", "code", 0, b"h"),
        update_of("ann", "code", 500, b"e"),
        update_of("bob", "url", 900, b"x"),
        update_of("ann", "code", 1000, b"y"),
        update_of("bob", "code", 1200, b"!"),
        update_of("ann", "code", 61_000, b"later"),
    ];
    let expected = [
        (3, 3, 1, "bob url".to_owned()),
        (1, 4, 3, "ann code".to_owned()),
        (5, 5, 1, "bob code".to_owned()),
        (6, 6, 1, "ann code".to_owned()),
    ];
    journal.append_updates(&id, &updates).unwrap();
    assert_eq!(changes(&journal, 0, 9), expected);
    // Two compactions make what one would have made.
    journal.compact_document(&id, 2, b"state").unwrap();
    journal.compact_document(&id, 6, b"state").unwrap();
    assert_eq!(changes(&journal, 0, 9), expected);
    assert_eq!(changes(&journal, 3, 1), expected[1..2]);
    assert_eq!(changes(&journal, 6, 9), []);
    let all = journal.document_changes(&id, 0, 9).unwrap();
    assert_eq!(
        (all[1].first_at, all[1].last_at),
        (Timestamp(1_000_000), Timestamp(1_001_000))
    );
    assert_eq!(all[0].author, author("bob"));
    assert_sound(&journal);
}

#[test]
fn changes_are_paged_across_blocks() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    let place = |n: u64| format!("nodes/n{n}");
    let at = |n: u64| i64::try_from(n).unwrap() * 10;
    let updates: Vec<_> = (0..5000)
        .map(|n| update_of("ann", &place(n), at(n), b"u"))
        .collect();
    journal.append_updates(&id, &updates).unwrap();
    journal.compact_document(&id, 4000, b"state").unwrap();
    let mut seen = Vec::new();
    while let Some(page) =
        Some(changes(&journal, seen.len() as u64, 700)).filter(|page| !page.is_empty())
    {
        seen.extend(page);
    }
    let expected = (1..=5000).map(|seq| (seq, seq, 1, format!("ann {}", place(seq - 1))));
    assert_eq!(seen, expected.collect::<Vec<_>>());
    assert_sound(&journal);
}

#[test]
fn a_removed_document_is_gone_and_its_neighbours_stay() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    for document in ["flo", "flow", "flow2"] {
        let updates = [
            update_of("ann", "a", 0, b"1"),
            update_of("ann", "a", 0, b"2"),
        ];
        journal.append_updates(&document.into(), &updates).unwrap();
        journal
            .compact_document(&document.into(), 1, b"state")
            .unwrap();
    }
    assert!(journal.remove_document(&id).unwrap());
    assert!(!journal.remove_document(&id).unwrap());
    assert_eq!(journal.document(&id).unwrap(), None);
    assert_eq!(journal.document_changes(&id, 0, 9).unwrap(), []);
    for document in ["flo", "flow2"] {
        assert_eq!(journal.document(&document.into()).unwrap().unwrap().seq, 2);
    }
    assert_sound(&journal);
}

#[test]
fn many_documents_and_runs_share_a_commit() {
    let journal = journal();
    let (done, told) = channel();
    // The writer is held by a callback until everything waits.
    let (holding, held) = channel();
    let (let_go, wait) = channel();
    let hold = move |_| {
        holding.send(()).unwrap();
        wait.recv().unwrap();
    };
    journal.append_updates_then(&id_of(0), vec![update_of("ann", "a", 0, b"1")], hold);
    held.recv().unwrap();
    let before = journal.syncs();
    for number in 1..50 {
        let (done, updates) = (done.clone(), vec![update_of("ann", "a", 0, b"1")]);
        let told = move |result| done.send(result).unwrap();
        journal.append_updates_then(&id_of(number), updates, told);
    }
    let run = start(1, &[], Status::Running);
    journal.append(run, Box::new(|result| assert_eq!(result, Ok(()))));
    let_go.send(()).unwrap();
    drop(done);
    assert_eq!(told.iter().filter(|result| *result == Ok(1)).count(), 49);
    let syncs = journal.syncs() - before;
    assert!(syncs <= 2, "{syncs} syncs");
}

/// Documents as their writers know them: what was acknowledged, and what they never heard of again.
#[derive(Default)]
struct Known {
    acknowledged: Vec<Vec<u8>>,
    in_doubt: Vec<Vec<u8>>,
}

/// All updates of a document, when its states are its updates put behind each other.
fn whole(journal: &Journal, id: &WorkflowId) -> Vec<u8> {
    let kept = journal.document(id).unwrap();
    let Some(kept) = kept else { return Vec::new() };
    [kept.state.unwrap_or_default(), kept.updates.concat()].concat()
}

fn id_of(number: usize) -> WorkflowId {
    format!("flow{number}").as_str().into()
}

/// Appends to three documents until something fails, with compactions in between.
fn work(journal: &Journal, known: &mut [Known; 3], chance: &mut Chance) -> Result<(), WriteError> {
    for round in 0..40_i64 {
        let number = chance.below(3) as usize;
        let bytes = vec![round as u8; 1 + chance.below(3000) as usize];
        known[number].in_doubt = vec![bytes.clone()];
        let update = update_of("ann", "a", round * 30_000, &bytes);
        let seq = journal.append_updates(&id_of(number), &[update])?;
        known[number].in_doubt.clear();
        known[number].acknowledged.push(bytes);
        if chance.below(4) == 0 {
            let state = known[number].acknowledged.concat();
            journal.compact_document(&id_of(number), seq, &state)?;
        }
    }
    Ok(())
}

fn assert_kept(journal: &Journal, known: &[Known; 3], seed: u64) {
    for (number, known) in known.iter().enumerate() {
        let (found, acknowledged) = (whole(journal, &id_of(number)), known.acknowledged.concat());
        let with_doubt = [acknowledged.clone(), known.in_doubt.concat()].concat();
        assert!(found == acknowledged || found == with_doubt, "seed {seed}");
        let changes = journal.document_changes(&id_of(number), 0, 1000).unwrap();
        let told: u64 = changes.iter().map(|change| change.updates).sum();
        let seq = journal
            .document(&id_of(number))
            .unwrap()
            .map_or(0, |kept| kept.seq);
        assert_eq!(told, seq, "seed {seed}: who and when");
    }
    assert_sound(journal);
}

#[test]
fn after_a_power_loss_every_acknowledged_update_is_there() {
    for seed in 0..200 {
        let (disk, mut known, mut chance) = (FaultyDisk::new(), Default::default(), Chance(seed));
        let journal = on(&disk);
        disk.plan(Faults {
            death: Some(chance.below(400)),
            ..Faults::default()
        });
        // The death of the disk ends the work, sooner or later.
        let _ = work(&journal, &mut known, &mut chance);
        drop(journal);
        assert_kept(&on(&disk.after_power_loss(seed)), &known, seed);
    }
}

#[test]
fn a_failed_write_or_sync_undoes_the_updates_it_was_for() {
    for seed in 1..80 {
        let (disk, mut known, mut chance) = (FaultyDisk::new(), Default::default(), Chance(seed));
        let journal = on(&disk);
        let (write, sync) = if seed % 2 == 0 {
            (Some(seed), None)
        } else {
            (None, Some(seed / 2 + 1))
        };
        disk.plan(Faults {
            write,
            sync,
            ..Faults::default()
        });
        let worked = work(&journal, &mut known, &mut chance);
        assert!(worked.is_ok() || worked.is_err_and(|error| error.is_storage()));
        disk.plan(Faults::default());
        for known in &mut known {
            known.in_doubt.clear();
        }
        assert_kept(&journal, &known, seed);
        work(&journal, &mut known, &mut chance).unwrap();
        assert_kept(&journal, &known, seed);
    }
}

#[test]
fn a_damaged_row_is_told_and_never_given_out() {
    let (disk, id) = (FaultyDisk::new(), WorkflowId::from("flow"));
    let journal = on(&disk);
    let updates: Vec<_> = (0..4)
        .map(|n| update_of("ann", "a", n, &[n as u8; 40]))
        .collect();
    journal.append_updates(&id, &updates).unwrap();
    let good = journal.document(&id).unwrap();
    drop(journal);
    let image = disk.image();
    let at = image
        .windows(40)
        .position(|bytes| bytes == [2; 40])
        .unwrap() as u64;
    let mut told = 0;
    for bit in at * 8..at * 8 + 64 {
        let rotten = FaultyDisk::with_image(image.clone());
        rotten.flip_bit(bit);
        let Ok(journal) = Journal::with_backend(rotten, crate::Options::default()) else {
            told += 1;
            continue;
        };
        let found = journal.document(&id);
        assert!(found.is_err() || found == Ok(good.clone()), "bit {bit}");
        told += u32::from(found.is_err());
    }
    assert!(told > 0, "no flipped bit was ever noticed");
}

/// Bytes that a table's rows take in the file, with what is unused in their pages.
fn page_bytes(journal: &Journal, tables: &[&str]) -> u64 {
    let sizes = journal.size().unwrap().tables.into_iter();
    sizes
        .filter(|size| tables.contains(&size.name.as_str()))
        .map(|size| size.page_bytes)
        .sum()
}

/// Two people type for three hours: what is kept of who and when is little beside the text itself.
#[test]
fn who_and_when_take_few_bytes() {
    let (journal, id, edits) = (journal(), WorkflowId::from("flow"), 50_000_u64);
    let mut chance = Chance(7);
    let updates: Vec<_> = (0..edits)
        .map(|n| {
            let who = if chance.below(5) == 0 { "bob" } else { "ann" };
            update_of(
                who,
                "nodes/write/params/code",
                i64::try_from(n).unwrap() * 200,
                b"0123456789abcdef",
            )
        })
        .collect();
    let seq = journal.append_updates(&id, &updates).unwrap();
    journal.compact_document(&id, seq, b"").unwrap();
    let bytes = page_bytes(&journal, &["documents", "states", "updates", "changes"]);
    assert!(bytes * 10 < edits * 3, "{bytes} bytes for {edits} edits");
    let told = journal.document_changes(&id, 0, 10_000).unwrap();
    assert_eq!(told.iter().map(|change| change.updates).sum::<u64>(), edits);
    assert!((330..350).contains(&told.len()), "{} changes", told.len());
}

#[test]
fn a_state_takes_hardly_more_room_than_its_bytes() {
    let (journal, id) = (journal(), WorkflowId::from("flow"));
    let mut chance = Chance(3);
    let state: Vec<u8> = std::iter::repeat_with(|| chance.below(256) as u8)
        .take(300_000)
        .collect();
    journal
        .append_updates(&id, &[update_of("ann", "a", 0, b"1")])
        .unwrap();
    journal.compact_document(&id, 1, &state).unwrap();
    let bytes = page_bytes(&journal, &["states"]);
    assert!(bytes * 100 < state.len() as u64 * 104, "{bytes} bytes");
    assert_eq!(journal.document(&id).unwrap().unwrap().state, Some(state));
}
