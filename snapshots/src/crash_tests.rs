//! What is kept when the disk fails, the power goes, or bits rot.

use std::collections::HashMap;
use std::sync::mpsc::channel;

use flowforge_engine::event::Recorded;
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq, Value};

use crate::append::Append;
use crate::error::WriteError;
use crate::faults::{Chance, Faults, FaultyDisk};
use crate::fixtures::{assert_sound, fork, more, on, run, start, text, wide};
use crate::journal::{Journal, Options};
use crate::read::RunFilter;
use crate::retain::Retention;

/// What a client knows: the appends that were acknowledged, and those it never heard of again.
#[derive(Default)]
struct Client {
    acknowledged: HashMap<RunId, Vec<Recorded>>,
    in_doubt: HashMap<RunId, Vec<Recorded>>,
}

impl Client {
    /// Some appends at once, of several runs; whether all were acknowledged.
    fn append(&mut self, journal: &Journal, appends: Vec<Append>) -> Result<(), WriteError> {
        let (done, told) = channel();
        for append in appends {
            let (run, events, done) = (append.run, append.events.clone(), done.clone());
            self.in_doubt.insert(run, events);
            journal.append(
                append,
                Box::new(move |result| done.send((run, result)).unwrap()),
            );
        }
        drop(done);
        let mut worst = Ok(());
        for (run, result) in told {
            match result {
                Ok(()) => {
                    let events = self.in_doubt.remove(&run).unwrap();
                    self.acknowledged.entry(run).or_default().extend(events);
                }
                Err(error) => worst = Err(error),
            }
        }
        worst
    }

    /// Everything acknowledged is there, and of the rest each append wholly or not at all.
    fn assert_kept(&self, journal: &Journal) {
        let listed = journal
            .runs(&RunFilter::default(), None, 10_000)
            .unwrap()
            .rows;
        for row in &listed {
            let known =
                self.acknowledged.contains_key(&row.run) || self.in_doubt.contains_key(&row.run);
            assert!(known, "{} was never appended", row.run);
        }
        for (run, events) in &self.acknowledged {
            let found = journal.read(*run, Seq(0), None).unwrap();
            let more = self.in_doubt.get(run).map_or(&[][..], Vec::as_slice);
            let whole = [events.as_slice(), more].concat();
            assert!(
                found == *events || found == whole,
                "{run}: {} events of {}",
                found.len(),
                events.len()
            );
        }
    }
}

fn values(chance: &mut Chance) -> Vec<Value> {
    (0..=chance.below(3))
        .map(|_| match chance.below(3) {
            0 => text(chance.below(50), 100),
            1 => text(chance.below(10), 6000),
            _ => wide(chance.below(6), 4),
        })
        .collect()
}

/// Appends until something fails, or for `rounds`; with retention and compaction in between.
fn work(
    journal: &Journal,
    client: &mut Client,
    chance: &mut Chance,
    rounds: u64,
) -> Result<(), WriteError> {
    for round in 1..=rounds {
        let mut appends = Vec::new();
        for number in 0..=chance.below(4) {
            appends.push(start(
                u128::from(round * 10 + number),
                &values(chance),
                Status::Running,
            ));
        }
        client.append(journal, appends)?;
        let goes_on = u128::from(round * 10);
        let last = client.acknowledged[&run(goes_on)].len() as u64;
        client.append(
            journal,
            vec![more(goes_on, last, &values(chance), Status::Running)],
        )?;
        if round % 5 == 0 {
            journal.compact()?;
        }
    }
    Ok(())
}

fn soundly_reopened(disk: &FaultyDisk, client: &Client, seed: u64) {
    let journal = on(disk);
    client.assert_kept(&journal);
    let verified = journal.verify().unwrap();
    assert_eq!(verified.complaints, Vec::<String>::new(), "seed {seed}");
    journal
        .append_wait(start(1_000_000, &[wide(1, 4)], Status::Completed))
        .unwrap();
}

#[test]
fn after_a_power_loss_all_that_was_acknowledged_is_there() {
    for seed in 0..300 {
        let disk = FaultyDisk::new();
        let mut client = Client::default();
        let mut chance = Chance(seed);
        let journal = on(&disk);
        disk.plan(Faults {
            death: Some(chance.below(400)),
            ..Faults::default()
        });
        // The death of the disk ends the work, sooner or later.
        let _ = work(&journal, &mut client, &mut chance, 6);
        drop(journal);
        soundly_reopened(&disk.after_power_loss(seed), &client, seed);
    }
}

#[test]
fn a_second_power_loss_while_it_opens_loses_nothing_more() {
    for seed in 0..100 {
        let disk = FaultyDisk::new();
        let mut client = Client::default();
        let mut chance = Chance(seed);
        let journal = on(&disk);
        disk.plan(Faults {
            death: Some(20 + chance.below(200)),
            ..Faults::default()
        });
        let _ = work(&journal, &mut client, &mut chance, 6);
        drop(journal);
        let first = disk.after_power_loss(seed);
        first.plan(Faults {
            death: Some(chance.below(12)),
            ..Faults::default()
        });
        drop(Journal::with_backend(first.clone(), Options::default()));
        soundly_reopened(&first.after_power_loss(seed + 1), &client, seed);
    }
}

/// One planned fault; what failed is not there, the rest is, and the journal works on without a restart.
fn survives(faults: Faults, seed: u64) {
    let disk = FaultyDisk::new();
    let mut client = Client::default();
    let journal = on(&disk);
    work(&journal, &mut client, &mut Chance(seed), 1).unwrap();
    disk.plan(faults);
    let mut chance = Chance(seed);
    for round in 100..106 {
        let append = start(round, &values(&mut chance), Status::Running);
        if client.append(&journal, vec![append]).is_err() {
            assert_eq!(
                journal.run(run(round)).unwrap(),
                None,
                "{faults:?}: a failed append is there"
            );
            client.in_doubt.clear();
        }
    }
    client.assert_kept(&journal);
    disk.plan(Faults::default());
    client
        .append(&journal, vec![start(200, &[wide(1, 4)], Status::Running)])
        .unwrap();
    soundly_reopened(&disk.after_power_loss(seed), &client, seed);
    drop(journal);
    soundly_reopened(&disk, &client, seed);
}

#[test]
fn a_failed_write_is_an_error_and_undone() {
    for nth in 1..120 {
        survives(
            Faults {
                write: Some(nth),
                ..Faults::default()
            },
            nth,
        );
    }
}

#[test]
fn a_failed_sync_is_an_error_and_undone() {
    for nth in 1..12 {
        survives(
            Faults {
                sync: Some(nth),
                ..Faults::default()
            },
            nth,
        );
    }
}

#[test]
fn a_full_disk_says_so_and_work_goes_on_when_there_is_room() {
    let disk = FaultyDisk::new();
    let mut client = Client::default();
    let journal = on(&disk);
    disk.plan(Faults {
        capacity_bytes: Some(400 << 10),
        ..Faults::default()
    });
    let full = (1..500).find_map(|number| {
        let append = start(
            number,
            &[wide(100 * u64::try_from(number).unwrap(), 4)],
            Status::Running,
        );
        client.append(&journal, vec![append]).err()
    });
    assert_eq!(full, Some(WriteError::StorageFull));
    client.in_doubt.clear();
    client.assert_kept(&journal);
    disk.plan(Faults::default());
    client
        .append(&journal, vec![start(1000, &[wide(1, 4)], Status::Running)])
        .unwrap();
    soundly_reopened(&disk, &client, 0);
}

/// A journal with runs that are old, small, shared and unfinished, and what two that stay have to say.
fn assorted(disk: &FaultyDisk, chance: &mut Chance) -> (Journal, Vec<Vec<Recorded>>) {
    let journal = on(disk);
    for number in 1..=8 {
        journal
            .append_wait(start(number, &values(chance), Status::Running))
            .unwrap();
        for _ in 0..4 {
            let last = journal.run(run(number)).unwrap().unwrap().last_seq.0;
            journal
                .append_wait(more(number, last, &values(chance), Status::Completed))
                .unwrap();
        }
    }
    journal
        .append_wait(fork(9, 3, 3, &values(chance), Status::Running))
        .unwrap();
    let kept = [8, 9].map(|number| journal.read(run(number), Seq(0), None).unwrap());
    (journal, kept.into())
}

fn keep_one() -> Retention {
    Retention {
        runs_max: Some(0),
        keep: [run(8)].into(),
        ..Retention::default()
    }
}

fn tidy(journal: &Journal) -> Result<(), WriteError> {
    journal.retain(&keep_one(), Default::default())?;
    journal.compact()?;
    Ok(())
}

fn assert_tidied(journal: &Journal, kept: &[Vec<Recorded>], seed: u64) {
    for (number, events) in [8, 9].into_iter().zip(kept) {
        assert_eq!(
            &journal.read(run(number), Seq(0), None).unwrap(),
            events,
            "seed {seed}"
        );
    }
    assert_sound(journal);
    tidy(journal).unwrap();
    assert_eq!(
        journal
            .runs(&RunFilter::default(), None, 100)
            .unwrap()
            .rows
            .len(),
        2
    );
    assert_sound(journal);
}

#[test]
fn a_crash_during_retention_or_compaction_leaves_a_sound_journal() {
    for seed in 0..100 {
        let disk = FaultyDisk::new();
        let mut chance = Chance(seed);
        let (journal, kept) = assorted(&disk, &mut chance);
        disk.plan(Faults {
            death: Some(chance.below(800)),
            ..Faults::default()
        });
        // The death of the disk ends the work, sooner or later.
        let _ = tidy(&journal);
        drop(journal);
        assert_tidied(&on(&disk.after_power_loss(seed)), &kept, seed);
    }
}

#[test]
fn an_error_during_retention_or_compaction_leaves_a_sound_journal() {
    for seed in 0..60 {
        let disk = FaultyDisk::new();
        let mut chance = Chance(seed);
        let (journal, kept) = assorted(&disk, &mut chance);
        let faults = if seed % 2 == 0 {
            Faults {
                sync: Some(1 + chance.below(40)),
                ..Faults::default()
            }
        } else {
            Faults {
                write: Some(1 + chance.below(700)),
                ..Faults::default()
            }
        };
        disk.plan(faults);
        // It may fail, or come through if the fault was planned for later.
        let _ = tidy(&journal);
        disk.plan(Faults::default());
        assert_tidied(&journal, &kept, seed);
        drop(journal);
        assert_tidied(&on(&disk.after_power_loss(seed)), &kept, seed);
    }
}

/// Every answer the journal can give about some runs, or that it cannot.
fn answers(journal: &Journal, numbers: std::ops::Range<u128>) -> Vec<Option<Vec<Recorded>>> {
    numbers
        .map(|number| journal.read(run(number), Seq(0), None).ok())
        .collect()
}

#[test]
fn a_flipped_bit_is_never_shown_as_good() {
    let disk = FaultyDisk::new();
    let mut chance = Chance(1);
    let journal = on(&disk);
    for number in 1..12 {
        journal
            .append_wait(start(number, &values(&mut chance), Status::Completed))
            .unwrap();
    }
    let good = answers(&journal, 1..12);
    drop(journal);
    let image = disk.image();
    let mut refused = 0;
    for _ in 0..600 {
        let rotten = FaultyDisk::with_image(image.clone());
        rotten.flip_bit(chance.below(image.len() as u64 * 8));
        let Ok(journal) = Journal::with_backend(rotten, Options::default()) else {
            refused += 1;
            continue;
        };
        for (found, good) in answers(&journal, 1..12).into_iter().zip(&good) {
            assert!(
                found.is_none() || found == *good,
                "a damaged run was shown as good"
            );
            refused += u32::from(found.is_none());
        }
        for row in journal
            .runs(&RunFilter::default(), None, 100)
            .map(|page| page.rows)
            .unwrap_or_default()
        {
            assert!(
                row.run.0.as_u128() < 12
                    && row.last_seq.0 as usize
                        == good[row.run.0.as_u128() as usize - 1]
                            .as_ref()
                            .unwrap()
                            .len()
            );
        }
    }
    assert!(refused > 0, "no flipped bit was ever noticed");
}
