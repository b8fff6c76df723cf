//! A room as its peers see it: messages in, messages out.

use yrs::{GetString, Text};

use super::*;

const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);

fn person(name: &str) -> Member {
    Member {
        person: name.into(),
        can_write: true,
    }
}

fn room() -> Room {
    let mut room = Room::open(1, []).unwrap();
    room.join(ANN, person("Ann"), 0);
    room.join(BEN, person("Ben"), 0);
    room
}

/// The update that writes this text into an empty document.
fn writes(client: u64, text: &str) -> Vec<u8> {
    let doc = Doc::with_client_id(client);
    let shared = doc.get_or_insert_text("t");
    let mut transaction = doc.transact_mut();
    shared.push(&mut transaction, text);
    transaction.encode_update_v1()
}

fn text(room: &Room) -> String {
    let shared = room.doc.get_or_insert_text("t");
    let transaction = room.doc.transact();
    shared.get_string(&transaction)
}

#[test]
fn a_change_is_kept_and_then_told_to_the_others() {
    let mut room = room();
    let update = writes(10, "hello");
    let heard = room.receive(ANN, &wire::update(&update), 0);
    assert_eq!(heard.keep.len(), 1);
    assert_eq!(heard.keep[0].update, update);
    let told = Out::ToOthers(Some(ANN), wire::update(&update));
    assert_eq!(heard.out, vec![told]);
    assert_eq!(text(&room), "hello");
}

#[test]
fn a_change_that_is_known_is_neither_kept_nor_told_again() {
    let mut room = room();
    let message = wire::update(&writes(10, "hello"));
    room.receive(ANN, &message, 0);
    assert_eq!(room.receive(BEN, &message, 0), Heard::default());
}

#[test]
fn who_comes_in_gets_what_it_does_not_have() {
    let mut room = room();
    room.receive(ANN, &wire::update(&writes(10, "hello")), 0);
    let cy = PeerId(3);
    let heard = room.join(cy, person("Cy"), 0);
    assert!(
        matches!(&heard.out[0], Out::To(to, _) if *to == cy),
        "asked what it has"
    );
    let nothing = StateVector::default().encode_v1();
    let heard = room.receive(cy, &wire::step_1(&nothing), 0);
    let Out::To(to, bytes) = &heard.out[0] else {
        panic!("expected an answer, found {heard:?}");
    };
    assert_eq!(*to, cy);
    let (message, _) = wire::read(bytes).unwrap();
    assert_eq!(message, Message::Step2(&room.state()));
}

#[test]
fn a_reader_changes_nothing_whatever_it_sends() {
    let mut room = room();
    let vic = PeerId(3);
    let member = Member {
        person: "Vic".into(),
        can_write: false,
    };
    room.join(vic, member, 0);
    for message in [wire::update, wire::step_2] {
        let heard = room.receive(vic, &message(&writes(10, "mine")), 0);
        assert!(heard.refused);
        assert!(heard.keep.is_empty() && heard.out.is_empty(), "{heard:?}");
    }
    assert_eq!(text(&room), "");
    let heard = room.receive(vic, &wire::step_2(NOTHING), 0);
    assert!(!heard.refused, "having nothing to tell is no change");
}

#[test]
fn what_is_no_message_sends_its_peer_away_and_nobody_else() {
    let mut room = room();
    for bytes in [
        &[0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x0f][..],
        &[0, 9],
        &[0, 2, 4, 0xff, 0xff, 0xff, 0x3f],
    ] {
        room.join(ANN, person("Ann"), 0);
        let heard = room.receive(ANN, bytes, 0);
        assert!(
            matches!(heard.out.last(), Some(Out::Away(peer, Why::Malformed(_))) if *peer == ANN),
            "{bytes:?}: {heard:?}"
        );
        assert!(room.member(ANN).is_none() && room.member(BEN).is_some());
    }
}

#[test]
fn who_sends_too_fast_is_sent_away() {
    let mut room = room();
    let message = wire::step_2(NOTHING);
    for _ in 0..MESSAGES_AT_ONCE {
        assert_eq!(room.receive(ANN, &message, 0), Heard::default());
    }
    let heard = room.receive(ANN, &message, 0);
    assert_eq!(heard.out, vec![Out::Away(ANN, Why::TooFast)]);
}

#[test]
fn what_waits_for_something_else_is_kept_too() {
    let mut room = room();
    let doc = Doc::with_client_id(10);
    let shared = doc.get_or_insert_text("t");
    let first = {
        let mut transaction = doc.transact_mut();
        shared.push(&mut transaction, "a");
        transaction.encode_update_v1()
    };
    let second = {
        let mut transaction = doc.transact_mut();
        shared.push(&mut transaction, "b");
        transaction.encode_update_v1()
    };
    let early = room.receive(ANN, &wire::update(&second), 0);
    assert_eq!(
        early.keep.len(),
        1,
        "it is acknowledged, so it must not be lost"
    );
    assert_eq!(text(&room), "");
    let again = Room::open(1, early.keep.iter().map(|kept| kept.update.as_slice())).unwrap();
    let mut again = again;
    again.join(BEN, person("Ben"), 0);
    again.receive(BEN, &wire::update(&first), 0);
    assert_eq!(text(&again), "ab");
}

#[test]
fn a_change_from_inside_is_kept_and_told_to_everybody() {
    let mut room = room();
    let shared = room.doc.get_or_insert_text("t");
    let ((), heard) = room.change(|doc| {
        shared.push(&mut doc.transact_mut(), "from ");
        shared.push(&mut doc.transact_mut(), "inside");
    });
    assert_eq!(heard.keep.len(), 2);
    assert!(
        heard
            .out
            .iter()
            .all(|out| matches!(out, Out::ToOthers(None, _)))
    );
    let again = Room::open(1, heard.keep.iter().map(|kept| kept.update.as_slice())).unwrap();
    assert_eq!(text(&again), "from inside");
    let ((), heard) = room.change(|_| ());
    assert_eq!(heard, Heard::default());
}
