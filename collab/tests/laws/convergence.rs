//! Peers that edit at once, over a network that drops, delays, doubles and reorders, come to hold the same.

use flowforge_collab::document::{open, reconcile, seed};
use flowforge_collab::guard::Gate;
use flowforge_collab::project::project;
use flowforge_engine::Workflow;
use yrs::updates::decoder::Decode;
use yrs::{Doc, ReadTxn, Transact, Update};

use crate::chance::Chance;
use crate::edits::edit;
use crate::mapping::{state, texts};
use crate::workflow::any_workflow;

const SEED: u64 = 20_261_121;
const GAMES: u64 = 200;
/// Together 10,000.
const ROUNDS: usize = 50;

/// A copy of the document behind its gate, and what is on its way to it.
struct Peer {
    doc: Doc,
    gate: Gate,
    coming: Vec<Vec<u8>>,
}

impl Peer {
    fn new(client_id: u64) -> Self {
        Self {
            doc: open(client_id),
            gate: Gate::default(),
            coming: Vec::new(),
        }
    }

    fn take(&mut self, update: &[u8], about: &str) {
        let passed = self.gate.pass(update);
        for update in passed.unwrap_or_else(|stopped| panic!("{about}: {stopped}")) {
            let update = Update::decode_v1(&update).expect("what a peer wrote");
            let applied = self.doc.transact_mut().apply_update(update);
            applied.unwrap_or_else(|error| panic!("{about}: {error}"));
        }
        let is_whole = !self.doc.transact().has_missing_updates();
        assert!(is_whole, "{about}: nothing comes too early through a gate");
    }

    /// Makes the document show a workflow; the change as it goes to the others.
    fn make(&mut self, workflow: &Workflow, about: &str) -> Vec<u8> {
        let before = self.doc.transact().state_vector();
        reconcile(&self.doc, workflow, &texts(), "peer");
        let update = self.doc.transact().encode_state_as_update_v1(&before);
        let passed = self.gate.pass(&update);
        passed.unwrap_or_else(|stopped| panic!("{about}: {stopped}"));
        update
    }

    /// What another lacks.
    fn missing(&self, other: &Self) -> Vec<u8> {
        let has = other.doc.transact().state_vector();
        self.doc.transact().encode_state_as_update_v1(&has)
    }
}

/// One round of a game: somebody edits, and the network does something.
fn round(peers: &mut [Peer], chance: &mut Chance, about: &str) {
    let who = chance.below(peers.len());
    let mut workflow = project(&peers[who].doc).workflow;
    edit(&mut workflow, chance);
    let update = peers[who].make(&workflow, about);
    for (n, peer) in peers.iter_mut().enumerate() {
        // One in ten is lost, and one in ten comes twice.
        let copies = if n == who {
            0
        } else {
            [0, 1, 1, 1, 1, 1, 1, 1, 1, 2][chance.below(10)]
        };
        for _ in 0..copies {
            let at = chance.below(peer.coming.len() + 1);
            peer.coming.insert(at, update.clone());
        }
    }
    let hearer = chance.below(peers.len());
    for _ in 0..chance.below(4).min(peers[hearer].coming.len()) {
        let update = peers[hearer].coming.remove(0);
        peers[hearer].take(&update, about);
    }
    if chance.percent(5) {
        let (a, b) = (chance.below(peers.len()), chance.below(peers.len()));
        reconnect(peers, a, b, about);
    }
}

/// Both tell what they have, and get what they lack.
fn reconnect(peers: &mut [Peer], a: usize, b: usize, about: &str) {
    for (from, to) in [(a, b), (b, a)] {
        let missing = peers[from].missing(&peers[to]);
        peers[to].take(&missing, about);
    }
}

#[test]
fn peers_come_to_hold_the_same() {
    for game in 0..GAMES {
        let about = format!("seed {SEED}, game {game}");
        let mut chance = Chance::new(SEED + game);
        let first = seed(&any_workflow(&mut chance), &texts());
        let mut peers: Vec<Peer> = (0..2 + chance.below(4) as u64)
            .map(|n| Peer::new(n + 1))
            .collect();
        for peer in &mut peers {
            peer.take(&first, &about);
        }
        for _ in 0..ROUNDS {
            round(&mut peers, &mut chance, &about);
        }
        for n in (1..peers.len()).chain(1..peers.len()) {
            reconnect(&mut peers, 0, n, &about);
        }
        let shown = project(&peers[0].doc);
        assert_eq!(shown.problems, [], "{about}");
        for peer in &peers {
            assert_eq!(project(&peer.doc), shown, "{about}");
            let mut again = Peer::new(99);
            again.take(&state(&peer.doc), &about);
            assert_eq!(project(&again.doc), shown, "{about}");
        }
    }
}
