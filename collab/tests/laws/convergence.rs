//! Peers that edit at once, over a network that drops, delays, doubles and reorders, come to hold the same.

use flowforge_collab::document::seed;
use flowforge_collab::project::project;

use crate::chance::Chance;
use crate::edits::edit;
use crate::mapping::{state, texts};
use crate::peer::Peer;
use crate::workflow::any_workflow;

const SEED: u64 = 20_261_121;
const GAMES: u64 = 200;
/// Together 10,000.
const ROUNDS: usize = 50;

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
