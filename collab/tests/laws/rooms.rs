//! Peers of one room, over connections that break at any moment, and a service that is killed at any moment: in the
//! end all hold the same, and nothing is lost that anybody still has or that was acknowledged.

use std::collections::VecDeque;

use flowforge_collab::document::{Texts, seed};
use flowforge_collab::project::project;
use flowforge_collab::room::{Heard, Member, Out, PeerId, Room};
use flowforge_collab::wire::{self, Message};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{ReadTxn, StateVector, Transact};

use crate::chance::Chance;
use crate::edits::edit;
use crate::mapping::texts;
use crate::peer::Peer;
use crate::workflow::any_workflow;

const SEED: u64 = 20_261_122;
const GAMES: u64 = 100;
/// Together 10,000.
const ROUNDS: usize = 100;

/// A peer, and its connection while it has one.
struct Client {
    peer: Peer,
    connection: Option<PeerId>,
    /// What it has sent, and the service has not read.
    going: Vec<Vec<u8>>,
    /// Of each question that is not answered: what was sent before it, if that is all there was to send.
    asked: VecDeque<Option<StateVector>>,
    /// What an answer has said to be durable.
    acknowledged: StateVector,
}

/// The service: a room, and what is durable of it.
struct Service {
    room: Room,
    kept: Vec<Vec<u8>>,
    connections: u64,
    now: u64,
}

struct Game {
    service: Service,
    clients: Vec<Client>,
    chance: Chance,
    about: String,
}

impl Game {
    fn new(number: u64, texts: &Texts) -> Self {
        let about = format!("seed {SEED}, game {number}");
        let mut chance = Chance::new(SEED + number);
        let first = seed(&any_workflow(&mut chance), texts);
        let clients = 2 + chance.below(3) as u64;
        Self {
            service: Service {
                room: opened(std::slice::from_ref(&first), &about),
                kept: vec![first],
                connections: 0,
                now: 0,
            },
            clients: (0..clients).map(|n| Client::new(n + 1)).collect(),
            chance,
            about,
        }
    }

    fn round(&mut self) {
        let who = self.chance.below(self.clients.len());
        match self.chance.below(100) {
            0..40 => self.edit(who),
            40..60 => self.serve(who),
            60..84 => self.read(who),
            84..90 => self.break_off(who),
            90..98 => self.connect(who),
            _ => self.kill(),
        }
    }

    fn edit(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let mut workflow = project(&client.peer.doc).workflow;
        edit(&mut workflow, &mut self.chance);
        let update = client.peer.make(&workflow, &self.about);
        if client.connection.is_some() {
            client.going.push(wire::update(&update));
        }
    }

    /// The service reads some of what a client has sent.
    fn serve(&mut self, who: usize) {
        let Some(from) = self.clients[who].connection else {
            return;
        };
        for _ in 0..=self.chance.below(4).min(self.clients[who].going.len()) {
            if self.clients[who].going.is_empty() {
                return;
            }
            let message = self.clients[who].going.remove(0);
            // Nobody is sent away for haste.
            self.service.now += 1_000;
            let heard = self.service.room.receive(from, &message, self.service.now);
            self.settle(heard);
        }
    }

    /// What came of a message is durable first, and goes out then.
    fn settle(&mut self, heard: Heard) {
        for kept in heard.keep {
            self.service.kept.push(kept.update);
        }
        for out in heard.out {
            match out {
                Out::To(to, message) => self.tell(|connection| connection == to, &message),
                Out::ToOthers(but, message) => {
                    self.tell(|connection| Some(connection) != but, &message);
                }
                Out::Away(_, why) => panic!("{}: {why}", self.about),
            }
        }
    }

    fn tell(&mut self, is_told: impl Fn(PeerId) -> bool, message: &[u8]) {
        for client in &mut self.clients {
            if client.connection.is_some_and(&is_told) {
                client.peer.coming.push(message.to_vec());
            }
        }
    }

    /// A client reads some of what is on its way to it.
    fn read(&mut self, who: usize) {
        let client = &mut self.clients[who];
        for _ in 0..self.chance.below(6).min(client.peer.coming.len()) {
            let message = client.peer.coming.remove(0);
            client.hear(&message, &self.about);
        }
    }

    fn break_off(&mut self, who: usize) {
        let client = &mut self.clients[who];
        client.going.clear();
        client.asked.clear();
        client.peer.coming.clear();
        if let Some(connection) = client.connection.take() {
            let heard = self.service.room.leave(connection);
            self.settle(heard);
        }
    }

    /// As the public client does it: both ask for what they lack.
    fn connect(&mut self, who: usize) {
        if self.clients[who].connection.is_some() {
            return;
        }
        self.service.connections += 1;
        let connection = PeerId(self.service.connections);
        let member = Member {
            person: format!("person {who}"),
            can_write: true,
        };
        let client = &mut self.clients[who];
        client.connection = Some(connection);
        client.ask(None);
        let heard = self.service.room.join(connection, member, self.service.now);
        self.settle(heard);
    }

    /// The service dies and comes back: of its room is left what was durable, and no connection.
    fn kill(&mut self) {
        self.service.room = opened(&self.service.kept, &self.about);
        for who in 0..self.clients.len() {
            self.clients[who].connection = None;
            self.break_off(who);
        }
    }

    /// Everybody comes back, and all that is on its way arrives.
    fn end(&mut self) {
        for who in 0..self.clients.len() {
            self.connect(who);
        }
        while self.is_busy() {
            for who in 0..self.clients.len() {
                self.serve(who);
                self.read(who);
            }
        }
    }

    fn is_busy(&self) -> bool {
        let busy = |client: &Client| !client.going.is_empty() || !client.peer.coming.is_empty();
        self.clients.iter().any(busy)
    }

    fn all_hold_the_same(&self) {
        let about = &self.about;
        let shown = project(self.service.room.doc());
        assert_eq!(shown.problems, [], "{about}");
        assert!(!self.service.room.is_waiting(), "{about}");
        let has = self.service.room.doc().transact().state_vector();
        for client in &self.clients {
            assert_eq!(project(&client.peer.doc), shown, "{about}");
            assert_eq!(client.peer.doc.transact().state_vector(), has, "{about}");
        }
        let again = opened(&self.service.kept, about);
        assert_eq!(project(again.doc()), shown, "{about}: from what is durable");
    }

    /// What was acknowledged is among what is durable.
    fn nothing_acknowledged_is_lost(&self) {
        let durable = opened(&self.service.kept, &self.about);
        let durable = durable.doc().transact().state_vector();
        for client in &self.clients {
            for (id, clock) in client.acknowledged.iter() {
                let has = durable.get(id);
                assert!(has >= *clock, "{}: {has} of {clock}", self.about);
            }
        }
    }
}

impl Client {
    fn new(id: u64) -> Self {
        Self {
            peer: Peer::new(id),
            connection: None,
            going: Vec::new(),
            asked: VecDeque::new(),
            acknowledged: StateVector::default(),
        }
    }

    fn has(&self) -> StateVector {
        self.peer.doc.transact().state_vector()
    }

    fn ask(&mut self, sent: Option<StateVector>) {
        self.going.push(wire::step_1(&self.has().encode_v1()));
        self.asked.push_back(sent);
    }

    fn hear(&mut self, message: &[u8], about: &str) {
        let (message, rest) = wire::read(message).expect("a message of the service");
        assert_eq!(rest, [0_u8; 0], "{about}");
        match message {
            Message::Step1(has) => {
                let has = StateVector::decode_v1(has).expect("a state vector");
                let missing = self.peer.doc.transact().encode_state_as_update_v1(&has);
                self.going.push(wire::step_2(&missing));
                // What was done without a connection is sent by now.
                self.ask(Some(self.has()));
            }
            Message::Step2(update) => {
                self.peer.take(update, about);
                if let Some(sent) = self.asked.pop_front().expect("a question") {
                    self.acknowledged = sent;
                }
            }
            Message::Update(update) => self.peer.take(update, about),
            Message::Awareness(_) | Message::QueryAwareness | Message::Other(_) => {}
        }
    }
}

fn opened(kept: &[Vec<u8>], about: &str) -> Room {
    let room = Room::open(1_000, kept.iter().map(Vec::as_slice));
    room.unwrap_or_else(|damaged| panic!("{about}: {damaged}"))
}

#[test]
fn peers_of_a_room_come_to_hold_the_same() {
    let texts = texts();
    for number in 0..GAMES {
        let mut game = Game::new(number, &texts);
        for _ in 0..ROUNDS {
            game.round();
        }
        game.nothing_acknowledged_is_lost();
        game.end();
        game.all_hold_the_same();
    }
}
