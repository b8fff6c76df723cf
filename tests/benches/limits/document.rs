//! The shared document against bare yrs, on a long sequential typing history.
//!
//! The history is generated, and named so: it has the size and the kinds of edit of the public `automerge-paper` trace
//! (182,315 single-character insertions and 77,463 single-character deletions, one after the other, most of them beside
//! the one before), and not its text.

use std::time::{Duration, Instant};

use flowforge_collab::document::{Texts, open, seed};
use flowforge_collab::pace::Millis;
use flowforge_collab::room::{Member, PeerId, Room};
use flowforge_collab::{project, wire};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::workflow::file::parse;
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, Map, Out, ReadTxn, StateVector, Text, TextRef, Transact, Update};

use super::bench::Report;

const INSERTIONS: u32 = 182_315;
const DELETIONS: u32 = 77_463;
const EDITS: u32 = INSERTIONS + DELETIONS;
const SEED: u64 = 259_778;

/// Chance from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(bound.max(1))).expect("below a u32")
    }
}

/// A typing history: what each edit changes in a text of this length, in order.
fn generated(mut each: impl FnMut(u32, Option<&str>)) {
    let mut chance = Chance(SEED);
    let (mut insertions, mut deletions, mut len, mut cursor) =
        (INSERTIONS, DELETIONS, 0_u32, 0_u32);
    let mut is_deleting = false;
    while insertions + deletions > 0 {
        // The cursor goes elsewhere now and then, and typing turns into deleting and back.
        if chance.below(60) == 0 {
            cursor = chance.below(len + 1);
        }
        if chance.below(8) == 0 {
            is_deleting = chance.below(insertions + deletions) < deletions;
        }
        let can_delete = deletions > 0 && cursor > 0;
        if can_delete && (is_deleting || insertions == 0) {
            (deletions, len, cursor) = (deletions - 1, len - 1, cursor - 1);
            each(cursor, None);
        } else if insertions > 0 {
            each(
                cursor,
                Some(["e", "t", "a", " ", "n"][chance.below(5) as usize]),
            );
            (insertions, len, cursor) = (insertions - 1, len + 1, cursor + 1);
        } else {
            cursor = len;
        }
    }
}

/// The shared text of the one node's code.
fn code_of(doc: &Doc) -> TextRef {
    let txn = doc.transact();
    let found = |found: Option<Out>| match found {
        Some(Out::YMap(map)) => map,
        _ => panic!("the seed has a node with parameters"),
    };
    let node = found(txn.get_map("nodes").and_then(|nodes| nodes.get(&txn, "a")));
    match found(node.get(&txn, "params")).get(&txn, "code") {
        Some(Out::YText(code)) => code,
        _ => panic!("the seed has shared code"),
    }
}

/// What a browser sends while somebody types that history, and the text that comes of it.
fn typed(first: &[u8]) -> (Vec<Vec<u8>>, String) {
    let doc = open(7);
    apply(&doc, first);
    let code = code_of(&doc);
    let mut updates = Vec::new();
    generated(|at, typed| {
        let mut txn = doc.transact_mut();
        match typed {
            Some(typed) => code.insert(&mut txn, at, typed),
            None => code.remove_range(&mut txn, at, 1),
        }
        updates.push(txn.encode_update_v1());
    });
    let text = code.get_string(&doc.transact());
    (updates, text)
}

fn apply(doc: &Doc, update: &[u8]) {
    let update = Update::decode_v1(update).expect("an update");
    doc.transact_mut().apply_update(update).expect("applies");
}

fn in_bare_yrs(first: &[u8], updates: &[Vec<u8>]) -> (Duration, usize) {
    let doc = Doc::new();
    apply(&doc, first);
    let began = Instant::now();
    for update in updates {
        apply(&doc, update);
    }
    let took = began.elapsed();
    let state = doc
        .transact()
        .encode_state_as_update_v1(&StateVector::default());
    (took, state.len())
}

fn in_a_room(first: &[u8], updates: &[Vec<u8>]) -> (Duration, usize, Room) {
    let mut room = Room::open(1, [first]).expect("a room");
    let (peer, person) = (PeerId(1), "p".to_owned());
    room.join(
        peer,
        Member {
            person,
            can_write: true,
        },
        0,
    );
    let messages: Vec<Vec<u8>> = updates.iter().map(|update| wire::update(update)).collect();
    let began = Instant::now();
    let mut now: Millis = 0;
    for message in &messages {
        now += 10;
        let heard = room.receive(peer, message, now);
        assert_eq!(heard.keep.len(), 1, "every edit is kept");
    }
    let took = began.elapsed();
    (took, room.state().len(), room)
}

/// The typing history through a room and through bare yrs, and what is kept of it.
pub(crate) fn typing_history(report: &mut Report) {
    let text = "id: w\ngraph: { nodes: [{ id: a, type: code.rhai, params: { code: '' } }] }\n";
    let workflow = parse(text).expect("a workflow");
    let first = seed(&workflow, &Texts::from(&Catalogue::built_in()));
    let (updates, typed) = typed(&first);
    let (bare, full) = in_bare_yrs(&first, &updates);
    let (ours, kept, room) = in_a_room(&first, &updates);
    let shown = project::project(room.doc()).workflow;
    let code = shown.graph.nodes[0]
        .params
        .get("code")
        .and_then(|code| code.as_str());
    assert_eq!(code, Some(typed.as_str()), "what was typed is there");
    report.note(
        "a generated typing history",
        &format!("{EDITS} edits, {} characters", typed.len()),
    );
    report.note(
        "bare yrs",
        &format!("{:.2} s, {full} bytes", bare.as_secs_f64()),
    );
    report.note(
        "a room",
        &format!("{:.2} s, {kept} bytes", ours.as_secs_f64()),
    );
    let times = ours.as_secs_f64() / bare.as_secs_f64();
    report.at_most("a room, against bare yrs", times, 2.0, "times");
    let bytes = |state: usize| state as f64 / f64::from(EDITS);
    report.at_most(
        "bytes kept per edit",
        bytes(kept),
        1.5 * bytes(full),
        "bytes",
    );
}
