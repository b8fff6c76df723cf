//! Shared documents, held against the real service: peers on real sockets, saves beside them, a service that is killed.

use std::time::Duration;

use flowforge_collab::document::{self, NODES};
use flowforge_collab::wire;
use flowforge_tests::api::Service;
use flowforge_tests::peer::Peer;
use serde_json::Value as Json;
use tokio_tungstenite::tungstenite::Message as Frame;
use yrs::{Doc, GetString, Map, MapRef, Out, ReadTxn, Text, TextRef, Transact};

/// Adds up the prices of what comes in.
const WORKFLOW: &str = "id: sum\nname: Sum\ngraph:\n  nodes:\n    - { id: start, type: trigger.manual }\n    - { id: total, type: code.rhai, params: { code: \"input.x\" } }\n  edges:\n    - { source: start, target: total }\n";

fn service() -> Service {
    let service = Service::start(&[]).expect("a service");
    let saved = ask(
        &service,
        &format!("POST /api/v1/workflows\nContent-Type: application/yaml\n\n{WORKFLOW}"),
        201,
    );
    assert_eq!(saved["id"], "sum");
    service
}

fn ask(service: &Service, request: &str, status: u16) -> Json {
    let answer = service.send(request).expect("an answer");
    assert_eq!(answer.status, status, "{request}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap_or(Json::Null)
}

fn saved(service: &Service) -> Json {
    ask(service, "GET /api/v1/workflows/sum", 200)
}

fn node(doc: &Doc, id: &str) -> Option<MapRef> {
    let txn = doc.transact();
    match txn.get_map(NODES)?.get(&txn, id)? {
        Out::YMap(node) => Some(node),
        _ => None,
    }
}

fn code(doc: &Doc) -> TextRef {
    let node = node(doc, "total").expect("the node");
    let txn = doc.transact();
    let Some(Out::YMap(params)) = node.get(&txn, "params") else {
        panic!("the node has parameters");
    };
    let Some(Out::YText(code)) = params.get(&txn, "code") else {
        panic!("code is shared text");
    };
    code
}

fn code_of(doc: &Doc) -> String {
    code(doc).get_string(&doc.transact())
}

fn types(peer: &Peer, at: u32, text: &str) {
    code(&peer.doc).insert(&mut peer.doc.transact_mut(), at, text);
}

fn rename(peer: &Peer, name: &str) {
    let node = node(&peer.doc, "total").expect("the node");
    node.insert(&mut peer.doc.transact_mut(), "name", name);
}

fn name_of(doc: &Doc) -> Option<String> {
    let node = node(doc, "total")?;
    match node.get(&doc.transact(), "name") {
        Some(Out::Any(yrs::Any::String(name))) => Some(name.to_string()),
        _ => None,
    }
}

#[test]
fn what_one_types_another_sees_and_the_service_saves() {
    let service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    let mut ben = Peer::join(&service, "sum", 2).expect("Ben");
    types(&ann, 7, " * 2");
    rename(&ben, "Twice");
    ann.send_changes().expect("sent");
    ben.sync().expect("Ben is kept");
    ann.until(|doc| name_of(doc).as_deref() == Some("Twice"))
        .expect("Ann sees the name");
    ben.until(|doc| code_of(doc) == "input.x * 2")
        .expect("Ben sees the code");
    ann.sync().expect("Ann is kept");
    assert_eq!(ann.state(), ben.state());
    let saved = saved(&service);
    assert_eq!(saved["graph"]["nodes"][1]["params"]["code"], "input.x * 2");
    assert_eq!(saved["graph"]["nodes"][1]["name"], "Twice");
}

#[test]
fn a_save_meets_what_somebody_types() {
    let service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    let mut document = saved(&service);
    types(&ann, 7, " + 1");
    ann.sync().expect("kept");
    document["graph"]["nodes"][1]["name"] = "Total".into();
    document["graph"]["nodes"][1]["params"]["code"] = "1 + input.x".into();
    let put = format!("PUT /api/v1/workflows/sum\n\n{document}");
    ask(&service, &put, 200);
    ann.until(|doc| name_of(doc).is_some())
        .expect("Ann sees the save");
    assert_eq!(
        code_of(&ann.doc),
        "1 + input.x",
        "the save said what the code is"
    );
    types(&ann, 0, "// ");
    ann.sync().expect("kept");
    assert_eq!(
        saved(&service)["graph"]["nodes"][1]["params"]["code"],
        "// 1 + input.x"
    );
    let history = ask(&service, "GET /api/v1/workflows/sum/history", 200);
    let origins: Vec<_> = history["items"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|row| &row["origin"])
        .collect();
    assert_eq!(
        origins,
        ["typing", "save", "typing", "save"],
        "each is a version of its own"
    );
}

#[test]
fn a_killed_service_has_everything_that_it_said_it_keeps() {
    let mut service = service();
    for round in 0..5_u64 {
        let mut ann = Peer::join(&service, "sum", 10 + round).expect("Ann");
        for n in 0..40 {
            types(&ann, 0, &format!("/*{round}.{n}*/"));
            ann.send_changes().expect("sent");
        }
        ann.sync().expect("kept");
        let kept = code_of(&ann.doc);
        // This one may be lost: nobody said that it is kept.
        types(&ann, 0, "/*perhaps*/");
        ann.send_changes().expect("sent");
        service.restart_after_kill(&[]).expect("a service again");
        let mut doc = Peer::join(&service, "sum", 100 + round).expect("again");
        let found = code_of(&doc.doc);
        assert!(
            found == kept || found == format!("/*perhaps*/{kept}"),
            "round {round}: {found}"
        );
        doc.sync().expect("kept");
        assert_eq!(
            saved(&service)["graph"]["nodes"][1]["params"]["code"],
            *found
        );
    }
}

#[test]
fn who_was_away_brings_what_they_did_meanwhile() {
    let mut service = service();
    let ann = Peer::join(&service, "sum", 1).expect("Ann");
    let doc = ann.doc.clone();
    service.restart_after_kill(&[]).expect("a service again");
    // Ann goes on without a service, and others with it.
    let alone = code(&doc);
    alone.insert(&mut doc.transact_mut(), 0, "/* Ann */ ");
    let mut ben = Peer::join(&service, "sum", 2).expect("Ben");
    types(&ben, 7, " /* Ben */");
    ben.sync().expect("kept");
    let mut back = Peer::with(&service, &service.token, "sum", doc).expect("Ann again");
    back.sync().expect("kept");
    ben.until(|doc| code_of(doc).contains("Ann"))
        .expect("Ben hears of it");
    assert_eq!(code_of(&ben.doc), "/* Ann */ input.x /* Ben */");
    assert_eq!(back.state(), ben.state());
}

#[test]
fn a_viewer_sees_everything_and_changes_nothing() {
    let service = service();
    let made = ask(
        &service,
        "POST /api/v1/tokens\n\n{ \"name\": \"Vic\", \"right\": \"viewer\" }",
        201,
    );
    let token = made["token"].as_str().expect("a token");
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    let mut vic = Peer::with(&service, token, "sum", document::open(2)).expect("Vic");
    types(&vic, 0, "hostile ");
    vic.sync().expect("still there");
    types(&ann, 7, " * 3");
    ann.sync().expect("kept");
    vic.until(|doc| code_of(doc).contains("* 3"))
        .expect("Vic sees it");
    assert_eq!(code_of(&ann.doc), "input.x * 3");
    assert_eq!(
        saved(&service)["graph"]["nodes"][1]["params"]["code"],
        "input.x * 3"
    );
    let put = format!(
        "PUT /api/v1/workflows/sum\nAuthorization: Bearer {token}\n\n{}",
        saved(&service)
    );
    assert_eq!(ask(&service, &put, 403)["code"], "read-only");
    let look = format!("GET /api/v1/workflows/sum\nAuthorization: Bearer {token}");
    ask(&service, &look, 200);
    assert!(
        service.log().expect("a log").contains("may only read"),
        "the audit line"
    );
}

#[test]
fn a_token_that_is_taken_away_ends_its_sockets() {
    let service = service();
    let made = ask(
        &service,
        "POST /api/v1/tokens\n\n{ \"name\": \"Ben\" }",
        201,
    );
    let token = made["token"].as_str().expect("a token");
    let mut ben = Peer::with(&service, token, "sum", document::open(2)).expect("Ben");
    let id = made["id"].as_str().expect("an id");
    ask(&service, &format!("DELETE /api/v1/tokens/{id}"), 204);
    let frame = ben.closed().expect("closed").expect("with a reason");
    assert_eq!(u16::from(frame.code), 4403, "{frame:?}");
}

/// What is no message ends the connection that it came on, and nothing else.
#[test]
fn hostile_messages_end_their_own_connection() {
    let service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    let hostile: [(Frame, u16); 6] = [
        (
            Frame::Binary(vec![0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x0f].into()),
            1007,
        ),
        (
            Frame::Binary(vec![1, 4, 0xff, 0xff, 0xff, 0x3f].into()),
            1007,
        ),
        (
            Frame::Binary(wire::update(&[1, 0xff, 0xff, 0xff, 0x3f, 1, 0]).into()),
            1007,
        ),
        (
            Frame::Binary(wire::update(&[0xff, 0xff, 0xff, 0x3f]).into()),
            1007,
        ),
        (Frame::Text("hello".into()), 1003),
        (Frame::Binary(vec![0; (1 << 20) + 1].into()), 1009),
    ];
    for (at, (frame, code)) in hostile.into_iter().enumerate() {
        let mut mallory = Peer::join(&service, "sum", 100 + at as u64).expect("Mallory");
        mallory.send_frame(frame).expect("sent");
        // A frame that is too large may end the connection before it says why.
        if let Some(frame) = mallory.closed().expect("closed") {
            assert_eq!(u16::from(frame.code), code, "message {at}: {frame:?}");
        }
        types(&ann, 0, " ");
        ann.sync().expect("Ann goes on");
    }
}

#[test]
fn a_socket_is_opened_by_our_own_pages_and_by_tokens_only() {
    let service = service();
    let upgrade = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let join = |headers: &str| {
        let request = format!("GET /collab/sum\n{upgrade}\n{headers}");
        service.send(&request).expect("an answer").status
    };
    assert_eq!(join("Origin: https://evil.test"), 403);
    assert_eq!(join("Origin: null"), 403);
    assert_eq!(join("Authorization: none"), 401);
    assert_eq!(
        join("Authorization: none\nCookie: flowforge_session=x"),
        401
    );
    let gone = service
        .send(&format!("GET /collab/nothing\n{upgrade}"))
        .expect("an answer");
    assert_eq!(gone.status, 404, "{}", gone.body);
}

#[test]
fn what_is_saved_without_a_service_comes_into_the_document_later() {
    let mut service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    types(&ann, 7, " * 2");
    ann.sync().expect("kept");
    saved(&service);
    service.kill().expect("killed");
    let mut document = WORKFLOW.replace("name: Sum", "name: By file");
    document = document.replace("\"input.x\"", "\"input.x * 2\"");
    let file = service.home.file("sum.yaml", &document);
    let ran = service.home.ok(&["run", &file, "--input", "{\"x\": 1}"]);
    assert_eq!(ran["status"], "COMPLETED");
    service.restart_after_kill(&[]).expect("a service again");
    let ben = Peer::join(&service, "sum", 2).expect("Ben");
    let meta = ben.doc.get_or_insert_map(document::META);
    let name = meta.get(&ben.doc.transact(), "name");
    assert_eq!(name, Some(Out::Any("By file".into())));
    assert_eq!(code_of(&ben.doc), "input.x * 2");
}

/// What is typed after a version was brought in is newer than that version, also when nothing was saved since.
#[test]
fn a_version_that_was_brought_in_does_not_come_in_again() {
    let mut service = service();
    Peer::join(&service, "sum", 1).expect("Ann");
    service.kill().expect("killed");
    let document = WORKFLOW.replace("\"input.x\"", "\"input.x * 2\"");
    let file = service.home.file("sum.yaml", &document);
    let ran = service.home.ok(&["run", &file, "--input", "{\"x\": 1}"]);
    assert_eq!(ran["status"], "COMPLETED");
    service.restart_after_kill(&[]).expect("a service again");
    let mut ben = Peer::join(&service, "sum", 2).expect("Ben");
    types(&ben, 11, " + 1");
    ben.sync().expect("kept");
    // Killed before a moment without typing made a version of it.
    service.restart_after_kill(&[]).expect("a service again");
    let cy = Peer::join(&service, "sum", 3).expect("Cy");
    assert_eq!(code_of(&cy.doc), "input.x * 2 + 1");
}

#[test]
fn what_is_typed_while_a_workflow_is_removed_does_not_bring_it_back() {
    let service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    types(&ann, 7, " * 2");
    ann.sync().expect("kept");
    ask(&service, "DELETE /api/v1/workflows/sum", 204);
    std::thread::sleep(Duration::from_millis(600));
    ask(&service, "GET /api/v1/workflows/sum", 404);
    let saved = format!("POST /api/v1/workflows\nContent-Type: application/yaml\n\n{WORKFLOW}");
    ask(&service, &saved, 201);
    let ben = Peer::join(&service, "sum", 2).expect("Ben");
    assert_eq!(code_of(&ben.doc), "input.x", "a new document");
}

#[test]
fn a_removed_workflow_sends_everybody_away() {
    let service = service();
    let mut ann = Peer::join(&service, "sum", 1).expect("Ann");
    ask(&service, "DELETE /api/v1/workflows/sum", 204);
    let frame = ann.closed().expect("closed").expect("with a reason");
    assert_eq!(u16::from(frame.code), 4404, "{frame:?}");
    std::thread::sleep(Duration::from_millis(50));
    assert!(Peer::join(&service, "sum", 2).is_err());
}
