//! Messages of strangers: mutated from real ones, and made to hurt. Each goes to a fresh document and to a live one.
//! What the guard lets through must neither panic nor take much memory, and must leave the live document such that
//! it still projects. Alone in its process, because it looks at the memory of the whole process.

#![expect(
    clippy::print_stdout,
    reason = "the seed and what became of the messages"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use flowforge_collab::document::{Texts, open, seed};
use flowforge_collab::guard::{Message, check_message, outline};
use flowforge_collab::project::project;
use flowforge_engine::node_type::Catalogue;
use yrs::encoding::write::Write;
use yrs::updates::decoder::Decode;
use yrs::{Doc, ReadTxn, StateVector, Transact, Update};

#[path = "laws/chance.rs"]
mod chance;
#[path = "laws/workflow.rs"]
mod workflow;

use chance::Chance;
use workflow::any_workflow;

const SEED: u64 = 20_260_731;
const MESSAGES: usize = 100_000;
const SLOW: Duration = Duration::from_millis(200);
const MEMORY_BYTES_MAX: u64 = 50 << 20;

/// What the process has in memory, at most since it began.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process tells");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("a peak");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    kib * 1024
}

fn update_message(update: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 2];
    message.write_buf(update);
    message
}

fn state(doc: &Doc) -> Vec<u8> {
    doc.transact()
        .encode_state_as_update_v1(&StateVector::default())
}

/// Real updates: seeds, and the changes that two people make.
fn real(chance: &mut Chance) -> Vec<Vec<u8>> {
    let texts = Texts::from(&Catalogue::built_in());
    let mut updates = Vec::new();
    for n in 0..40 {
        let (first, second) = (any_workflow(chance), any_workflow(chance));
        let doc = open(n + 1);
        apply(&doc, &seed(&first, &texts)).expect("a seed");
        let before = doc.transact().state_vector();
        flowforge_collab::document::reconcile(&doc, &second, &texts, "test");
        updates.push(state(&doc));
        updates.push(doc.transact().encode_state_as_update_v1(&before));
    }
    updates
}

/// As a room does: what comes too early, cannot be decoded or cannot be applied is an error.
fn apply(doc: &Doc, update: &[u8]) -> Result<(), String> {
    let outline = outline(update).map_err(|error| error.to_string())?;
    let state = doc.transact().state_vector();
    outline
        .stands_on(&state)
        .map_err(|missing| missing.to_string())?;
    let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
    let mut txn = doc.transact_mut();
    txn.apply_update(update).map_err(|_| HALF.to_owned())
}

fn mutated(chance: &mut Chance, real: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = chance.pick(real).clone();
    for _ in 0..=chance.below(4) {
        mutate(chance, &mut bytes, real);
    }
    bytes
}

fn mutate(chance: &mut Chance, bytes: &mut Vec<u8>, real: &[Vec<u8>]) {
    let at = chance.below(bytes.len() + 1);
    let odd = *chance.pick(&[0, 1, 2, 7, 10, 0x20, 0x28, 0x27, 0x7f, 0x80, 0xc8, 0xff]);
    match chance.below(7) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, odd),
        2 => drop((at < bytes.len()).then(|| bytes.remove(at))),
        3 => bytes
            .splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x0f])
            .for_each(drop),
        4 => {
            let other = chance.pick(real);
            let from = chance.below(other.len());
            let to = (from + chance.below(40)).min(other.len());
            bytes
                .splice(at..at, other[from..to].iter().copied())
                .for_each(drop);
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = if chance.percent(50) {
                    odd
                } else {
                    *byte ^ (1 << chance.below(8))
                };
            }
        }
    }
}

/// What happened to the messages of one test.
#[derive(Debug, Default)]
struct Tally {
    taken: usize,
    failed: usize,
    refused: usize,
}

/// Sends messages, each to a fresh document and to a live one that is renewed now and then.
fn send(name: &str, mut make: impl FnMut(&mut Chance, &[Vec<u8>], &Doc) -> Vec<u8>) {
    let mut chance = Chance::new(SEED);
    let real = real(&mut chance);
    let before = peak_bytes();
    let mut tally = Tally::default();
    let mut live = Live::default();
    for n in 0..MESSAGES {
        if n % 500 == 0 {
            live = Live::default();
            live.take(&real[2 * chance.below(real.len() / 2)])
                .expect("a real update");
        }
        let message = update_message(&make(&mut chance, &real, &live.doc));
        let began = Instant::now();
        let Ok(Message::Update(update)) = check_message(&message) else {
            tally.refused += 1;
            continue;
        };
        let met = catch_unwind(AssertUnwindSafe(|| {
            [Live::default().take(update), live.take(update)]
        }));
        let Ok(met) = met else {
            panic!("{name}, seed {SEED}, message {n}: panicked on {update:?}");
        };
        if met.iter().all(Result::is_ok) {
            tally.taken += 1;
        } else {
            tally.failed += 1;
        }
        assert!(
            began.elapsed() < SLOW,
            "{name}, seed {SEED}, message {n}: {:?}",
            began.elapsed()
        );
        if n % 100 == 0 {
            is_whole(&live.doc);
        }
    }
    let memory = peak_bytes() - before;
    println!("{name}, seed {SEED}: {tally:?}, {memory} bytes more");
    assert!(
        memory < MEMORY_BYTES_MAX,
        "{name}, seed {SEED}: {memory} bytes"
    );
    assert!(
        tally.taken > MESSAGES / 100,
        "{name}, seed {SEED}: {tally:?}"
    );
}

/// A document as a room holds it: what could not be applied whole is not in it.
struct Live {
    doc: Doc,
    kept: Vec<Vec<u8>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            doc: open(99),
            kept: Vec::new(),
        }
    }
}

impl Live {
    fn take(&mut self, update: &[u8]) -> Result<(), String> {
        let applied = apply(&self.doc, update);
        if applied == Err(HALF.to_owned()) {
            // The document may hold half of it, so it is made again from what was kept.
            self.doc = open(99);
            for update in &self.kept {
                apply(&self.doc, update).expect("what was applied before");
            }
        } else if applied.is_ok() {
            self.kept.push(update.to_vec());
        }
        let _ = project(&self.doc);
        applied
    }
}

const HALF: &str = "applied in part";

/// The document can be kept and read again. Neighbours that were forged may come to stand elsewhere then, and what
/// comes out is a document all the same.
fn is_whole(live: &Doc) {
    let again = open(3);
    let kept = Update::decode_v1(&state(live)).expect("what a document says of itself");
    again
        .transact_mut()
        .apply_update(kept)
        .expect("what it says of itself");
    let _ = project(&again);
}

#[test]
fn mutated_messages_are_refused_or_harmless() {
    send("mutated", |chance, real, _| mutated(chance, real));
}
