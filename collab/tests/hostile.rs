//! Messages of strangers: mutated from real ones, and made to hurt. Each goes to a fresh document and to a live one.
//! What the guard lets through must neither panic nor take much memory, and must leave the live document such that
//! it still projects. Alone in its process, because it looks at the memory of the whole process.

#![expect(
    clippy::print_stdout,
    reason = "the seed and what became of the messages"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use flowforge_collab::document::{Texts, open, seed};
use flowforge_collab::project::project;
use flowforge_collab::room::{Member, Out, PeerId, Room};
use flowforge_collab::wire;
use flowforge_engine::node_type::Catalogue;
use yrs::encoding::write::Write;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, ReadTxn, StateVector, Transact, Update};

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

/// How long this thread has run; a busy machine does not count.
fn busy() -> Duration {
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the thread tells");
    let nanos = ran.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
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

fn apply(doc: &Doc, update: &[u8]) -> Result<(), String> {
    let update = Update::decode_v1(update).map_err(|error| error.to_string())?;
    let mut txn = doc.transact_mut();
    txn.apply_update(update).map_err(|error| error.to_string())
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

/// An update that is well formed, and makes no sense: parents that are their own children, neighbours in other
/// lists, the same clock again, deletions of what is not there.
fn forged(chance: &mut Chance, clients: &[(u64, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut senders: Vec<(u64, u32)> = clients.to_vec();
    senders.retain(|_| chance.percent(40));
    bytes.write_var(senders.len() as u64);
    for (sender, clock) in &senders {
        let structs = 1 + chance.below(6);
        bytes.write_var(structs as u64);
        bytes.write_var(*sender);
        bytes.write_var(forged_clock(chance, *clock, 95));
        for _ in 0..structs {
            forge(chance, &mut bytes, clients);
        }
    }
    let mut deleters: Vec<(u64, u32)> = clients.to_vec();
    deleters.retain(|_| chance.percent(20));
    bytes.write_var(deleters.len() as u64);
    for (client, clock) in deleters {
        bytes.write_var(client);
        bytes.write_var(1_u64);
        bytes.write_var(forged_clock(chance, clock, 5));
        bytes.write_var(chance.below(40) as u64);
    }
    bytes
}

/// The next clock of a client, or mostly one that it has.
fn forged_clock(chance: &mut Chance, clock: u32, next: usize) -> u64 {
    if chance.percent(next) {
        u64::from(clock)
    } else {
        chance.below(clock as usize + 2) as u64
    }
}

fn forge(chance: &mut Chance, bytes: &mut Vec<u8>, clients: &[(u64, u32)]) {
    if chance.percent(8) {
        bytes.write_u8(*chance.pick(&[0, 10]));
        bytes.write_var(1 + chance.below(5) as u64);
        return;
    }
    let position = *chance.pick(&[0x80_u8, 0x40, 0xc0, 0x20, 0x20, 0x20, 0]);
    // A format is refused at sight, and the whole message with it.
    let kind = if chance.percent(1) {
        6
    } else {
        *chance.pick(&[1_u8, 3, 4, 4, 5, 7, 7, 7, 8, 8])
    };
    bytes.write_u8(position | kind);
    let id = |chance: &mut Chance, bytes: &mut Vec<u8>| {
        let (client, clock) = *chance.pick(clients);
        bytes.write_var(client);
        bytes.write_var(forged_clock(chance, clock, 10));
    };
    if position & 0x80 != 0 {
        id(chance, bytes);
    }
    if position & 0x40 != 0 {
        id(chance, bytes);
    }
    if position & 0xc0 == 0 {
        if chance.percent(50) {
            bytes.write_var(1_u64);
            bytes.write_string(word(chance, &["nodes", "edges", "meta", "comments", ""]));
        } else {
            bytes.write_var(0_u64);
            id(chance, bytes);
        }
        if position & 0x20 != 0 {
            bytes.write_string(word(
                chance,
                &[
                    "a", "b", "params", "id", "$order", "notes", "groups", "nodes", "config", "",
                ],
            ));
        }
    }
    forge_content(chance, bytes, kind);
}

fn forge_content(chance: &mut Chance, bytes: &mut Vec<u8>, kind: u8) {
    match kind {
        1 => bytes.write_var(1 + chance.below(4) as u64),
        3 => bytes.write_buf([1, 2, 3]),
        4 if chance.percent(2) => bytes.write_string(""),
        4 => bytes.write_string(word(chance, &["a", "😀", "some text"])),
        5 if chance.percent(5) => bytes.write_string(word(chance, &["1e999", "no"])),
        5 => bytes.write_string(word(chance, &["{}", "[1,2]"])),
        6 => {
            bytes.write_string("bold");
            bytes.write_string(word(chance, &["true", "null"]));
        }
        7 => {
            let kind = *chance.pick(&[0_u8, 1, 1, 1, 1, 2, 2, 3, 4, 6]);
            bytes.write_u8(kind);
            if kind == 3 {
                bytes.write_string("p");
            }
        }
        _ => {
            let values = if chance.percent(2) {
                0
            } else {
                1 + chance.below(3)
            };
            bytes.write_var(values as u64);
            for _ in 0..values {
                let odd = [
                    Any::Undefined,
                    Any::Null,
                    Any::from(f64::NEG_INFINITY),
                    Any::from("a"),
                    Any::from(7),
                ];
                if chance.percent(1) {
                    Any::from(f64::NAN).encode(bytes);
                } else {
                    chance.pick(&odd).encode(bytes);
                }
            }
        }
    }
}

fn word(chance: &mut Chance, words: &[&'static str]) -> &'static str {
    chance.pick::<&str>(words)
}

/// What happened to the messages of one test.
#[derive(Debug, Default)]
struct Tally {
    taken: usize,
    passed_over: usize,
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
        let update = make(&mut chance, &real, live.room.doc());
        let began = busy();
        let met = catch_unwind(AssertUnwindSafe(|| {
            [Live::default().take(&update), live.take(&update)]
        }));
        let Ok([_, met]) = met else {
            panic!("{name}, seed {SEED}, message {n}: panicked on {update:?}");
        };
        match met {
            Ok(true) => tally.taken += 1,
            Ok(false) => tally.passed_over += 1,
            Err(_) => tally.refused += 1,
        }
        let took = busy() - began;
        assert!(took < SLOW, "{name}, seed {SEED}, message {n}: {took:?}");
        if n % 100 == 0 {
            is_whole(live.room.doc());
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

/// A room with one peer in it, who is let in again whenever it was sent away.
struct Live {
    room: Room,
    now: u64,
}

const MALLORY: PeerId = PeerId(1);

impl Default for Live {
    fn default() -> Self {
        let room = Room::open(99, []).expect("an empty room");
        let mut live = Self { room, now: 0 };
        live.let_in();
        live
    }
}

impl Live {
    fn let_in(&mut self) {
        let member = Member {
            person: "Mallory".into(),
            can_write: true,
        };
        self.room.join(MALLORY, member, self.now);
    }

    /// Whether the update was new; why its sender was sent away, if so.
    fn take(&mut self, update: &[u8]) -> Result<bool, String> {
        // Nobody is sent away for haste.
        self.now += 1_000;
        let heard = self.room.receive(MALLORY, &wire::update(update), self.now);
        let _ = project(self.room.doc());
        if let Some(Out::Away(_, why)) = heard.out.last() {
            let why = why.to_string();
            self.let_in();
            return Err(why);
        }
        Ok(!heard.keep.is_empty())
    }
}

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

#[test]
fn forged_messages_are_refused_or_harmless() {
    send("forged", |chance, _, live| {
        let state = live.transact().state_vector();
        let mut known: Vec<(u64, u32)> = state
            .iter()
            .map(|(client, clock)| (client.get(), *clock))
            .collect();
        known.sort_unstable();
        for client in [5, 6] {
            if !known.iter().any(|(known, _)| *known == client) {
                known.push((client, 0));
            }
        }
        forged(chance, &known)
    });
}

/// Maps in maps: what is deleted is walked through as deep, on the stack.
#[test]
fn shared_types_are_not_nested_deeper_than_the_stack() {
    for (depth, is_taken) in [(90_u32, true), (50_000, false)] {
        let mut update = vec![1];
        update.write_var(depth);
        update.extend([1, 0, 0x27, 1, 5]);
        update.extend(*b"nodes");
        update.extend([1, b'a', 1]);
        for holder in 0..depth - 1 {
            update.extend([0x27, 0, 1]);
            update.write_var(holder);
            update.extend([1, b'a', 1]);
        }
        update.push(0);
        let mut live = Live::default();
        assert_eq!(live.take(&update).is_ok(), is_taken, "{depth} levels");
        live.take(&[0, 1, 1, 1, 0, 1]).expect("all is deleted");
    }
}
