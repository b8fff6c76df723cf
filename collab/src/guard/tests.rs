//! What is refused, and that what clients write is not.

use yrs::{Any, Doc, Map, MapPrelim, ReadTxn, StateVector, Text, TextPrelim, Transact};

use super::*;
use crate::presence::Presence;
use crate::room::PeerId;
use crate::wire::{self, Message};

fn check_update(update: &[u8]) -> Result<(), Refused> {
    update::outline(update).map(drop)
}

fn refused(bytes: &[u8]) -> String {
    match look(bytes) {
        Ok(message) => format!("{message:?}"),
        Err(refused) => refused.to_string(),
    }
}

/// A message, and what is inside of it.
fn look(bytes: &[u8]) -> Result<Message<'_>, Refused> {
    let (message, _) = wire::read(bytes)?;
    match message {
        Message::Step1(vector) => check_state_vector(vector)?,
        Message::Step2(update) | Message::Update(update) => check_update(update)?,
        Message::Awareness(entries) => {
            Presence::default().hear(PeerId(1), entries, |_| false)?;
        }
        Message::QueryAwareness | Message::Other(_) => {}
    }
    Ok(message)
}

#[test]
fn a_claim_is_held_against_the_bytes_that_are_left() {
    let claims: [(&[u8], &str); 8] = [
        // A state vector, an update, an awareness update that claim more than there is.
        (
            &[0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x0f],
            "byte 5: the clients of a state vector: 4294967295 are claimed, and 0 bytes are left",
        ),
        (
            &[0, 2, 6, 1, 0xff, 0xff, 0xff, 0x3f, 1, 0],
            "byte 5: the structs of a client: 134217727 are claimed, and 1 bytes are left",
        ),
        (
            &[0, 2, 4, 0xff, 0xff, 0xff, 0x3f],
            "the clients of an update: 134217727 are claimed",
        ),
        (
            &[1, 4, 0xff, 0xff, 0xff, 0x3f],
            "134217727 are claimed, and 0 bytes are left",
        ),
        (
            &[1, 4, 0xff, 0xff, 0xff, 0x3f, 0],
            "134217727 are claimed, and 0 bytes are left",
        ),
        (
            &[0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f],
            "the sync message: 4294967295 are claimed",
        ),
        (&[0, 9], "a sync message of the kind 9 is not taken"),
        (&[], "the bytes end inside the kind of message"),
    ];
    for (bytes, expected) in claims {
        let found = refused(bytes);
        assert!(found.contains(expected), "{bytes:x?}: {found}");
    }
}

#[test]
fn the_second_encoding_is_refused() {
    let hex = "00010000000001000100010200001602000001fdffffffff7f0000";
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
        .collect();
    assert!(check_update(&bytes).is_err());
    let doc = filled();
    let second = doc
        .transact()
        .encode_state_as_update_v2(&StateVector::default());
    assert!(check_update(&second).is_err());
}

#[test]
fn values_are_not_nested_deeper_than_the_stack() {
    // One client, one struct at clock 0, in the map `m` under the key `k`: a list in a list in a list.
    let mut update = vec![1, 1, 1, 0, 0x28, 1, 1, b'm', 1, b'k', 1];
    update.extend([117, 1].repeat(500_000));
    update.extend([126, 0]);
    let found = check_update(&update).expect_err("too deep");
    assert_eq!(found.why, Why::TooDeep);
}

#[test]
fn many_small_things_are_weighed() {
    let values = 1_100_000_u32;
    let mut update = vec![1, 1, 1, 0, 0x28, 1, 1, b'm', 1, b'k'];
    yrs::encoding::write::Write::write_var(&mut update, values);
    update.extend(vec![126; values as usize]);
    update.push(0);
    let found = check_update(&update).expect_err("too heavy");
    assert_eq!(found.why, Why::TooHeavy);
}

#[test]
fn what_a_key_holds_is_a_value() {
    // In the map `m` under the key `k`: a format, an empty text, no values at all, nothing that was deleted.
    let contents: [(u8, &[u8]); 4] = [
        (6, &[1, b'b', 4, b't', b'r', b'u', b'e']),
        (4, &[0]),
        (8, &[0]),
        (1, &[0]),
    ];
    for (kind, content) in contents {
        let mut update = vec![1, 1, 1, 0, 0x20 | kind, 1, 1, b'm', 1, b'k'];
        update.extend(content);
        update.push(0);
        check_update(&update).expect_err("no value");
    }
}

fn filled() -> Doc {
    let doc = Doc::with_client_id((1 << 53) - 1);
    let map = doc.get_or_insert_map("m");
    let text = doc.get_or_insert_text("t");
    let mut txn = doc.transact_mut();
    let inner = map.insert(&mut txn, "inner", MapPrelim::default());
    let list: Vec<Any> = vec![
        Any::from(i64::MAX),
        Any::from(0.1),
        Any::from(0.5),
        Any::from("ä"),
        Any::Undefined,
    ];
    inner.insert(&mut txn, "list", list);
    inner.insert(
        &mut txn,
        "record",
        Any::from_json(r#"{"a":{"b":[null,true,-5,1e300]}}"#).expect("JSON"),
    );
    let code = inner.insert(&mut txn, "code", TextPrelim::new("x😀y"));
    code.remove_range(&mut txn, 0, 1);
    text.insert(&mut txn, 0, "some text");
    text.remove_range(&mut txn, 2, 3);
    map.insert(&mut txn, "gone", 1);
    map.remove(&mut txn, "gone");
    drop(txn);
    doc
}

#[test]
fn what_clients_write_is_taken() {
    let doc = filled();
    let update = doc
        .transact()
        .encode_state_as_update_v1(&StateVector::default());
    check_update(&update).expect("an update");
    let vector = yrs::updates::encoder::Encode::encode_v1(&doc.transact().state_vector());
    check_state_vector(&vector).expect("a state vector");
    check_update(&[0, 0]).expect("an empty update");
    look(&[1, 8, 1, 7, 1, 4, b'n', b'u', b'l', b'l']).expect("an awareness update");
    assert_eq!(look(&[3]), Ok(Message::QueryAwareness));
    for end in 0..update.len() {
        assert!(check_update(&update[..end]).is_err(), "cut at {end}");
    }
}
