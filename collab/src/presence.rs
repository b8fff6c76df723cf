//! Who is where: the awareness part of the protocol. Nothing here is kept.
//!
//! An entry is a client id, a clock and a JSON text that the peers understand among themselves. Each peer
//! speaks for one client id; the public clients also repeat what they heard of others, which is passed over.

use std::collections::BTreeMap;

use crate::guard::bytes::Bytes;
use crate::guard::{Refused, Why};
use crate::room::PeerId;
use crate::wire::{put_bytes, put_number};

/// Longest state, in bytes.
pub const STATE_BYTES_MAX: usize = 4 << 10;
/// Most entries that one message may claim.
const ENTRIES_MAX: u32 = 10_000;

/// A client id, as the document's updates name it.
pub type ClientId = u64;

/// What is known of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    clock: u32,
    state: String,
    /// Who speaks for it; nobody for the service's own.
    peer: Option<PeerId>,
}

/// Everybody who shows that they are here.
#[derive(Debug, Default)]
pub struct Presence {
    entries: BTreeMap<ClientId, Entry>,
}

/// One entry of a message.
struct Said<'a> {
    client: ClientId,
    clock: u32,
    state: &'a str,
}

const GONE: &str = "null";

impl Presence {
    /// Takes in what a peer says; the entries to pass on, if there are any. `same_person` tells whether another peer is
    /// the same person: their new connection takes over from the one that broke off.
    ///
    /// # Errors
    /// When the bytes are no entries.
    pub fn hear(
        &mut self,
        peer: PeerId,
        entries: &[u8],
        same_person: impl Fn(PeerId) -> bool,
    ) -> Result<Option<Vec<u8>>, Refused> {
        let mut heard = Vec::new();
        for said in said(entries)? {
            if self.takes(peer, &said, &same_person) {
                let entry = Entry {
                    clock: said.clock,
                    state: said.state.to_owned(),
                    peer: Some(peer),
                };
                self.entries.insert(said.client, entry);
                heard.push(said.client);
            }
        }
        let passed_on = (!heard.is_empty()).then(|| self.told(&heard));
        self.forget_gone(&heard);
        Ok(passed_on)
    }

    fn takes(&self, peer: PeerId, said: &Said<'_>, same_person: impl Fn(PeerId) -> bool) -> bool {
        if said.state.len() > STATE_BYTES_MAX {
            return false;
        }
        match self.entries.get(&said.client) {
            Some(known) if known.peer == Some(peer) => said.clock >= known.clock,
            Some(known) => said.clock > known.clock && known.peer.is_some_and(same_person),
            None => said.state != GONE && self.client_of(peer).is_none(),
        }
    }

    /// The client id that a peer speaks for.
    #[must_use]
    pub fn client_of(&self, peer: PeerId) -> Option<ClientId> {
        let mut entries = self.entries.iter();
        entries.find_map(|(client, entry)| (entry.peer == Some(peer)).then_some(*client))
    }

    /// Shows a collaborator that has no connection, such as the AI; the entries to tell.
    pub fn show(&mut self, client: ClientId, state: &str) -> Vec<u8> {
        let clock = self.entries.get(&client).map_or(1, |entry| entry.clock + 1);
        let entry = Entry {
            clock,
            state: state.to_owned(),
            peer: None,
        };
        self.entries.insert(client, entry);
        let told = self.told(&[client]);
        self.forget_gone(&[client]);
        told
    }

    /// A peer has left: the entries to tell, if it had shown itself. Its clock stays what it was: with a higher one the
    /// others would pass over what it says when it is back.
    pub fn leave(&mut self, peer: PeerId) -> Option<Vec<u8>> {
        let client = self.client_of(peer)?;
        GONE.clone_into(&mut self.entries.get_mut(&client)?.state);
        let told = self.told(&[client]);
        self.forget_gone(&[client]);
        Some(told)
    }

    /// Everybody; nothing when nobody is here.
    #[must_use]
    pub fn all(&self) -> Option<Vec<u8>> {
        let clients: Vec<_> = self.entries.keys().copied().collect();
        (!clients.is_empty()).then(|| self.told(&clients))
    }

    fn told(&self, clients: &[ClientId]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, clients.len() as u64);
        for (client, entry) in clients
            .iter()
            .filter_map(|id| Some((id, self.entries.get(id)?)))
        {
            put_number(&mut bytes, *client);
            put_number(&mut bytes, entry.clock.into());
            put_bytes(&mut bytes, entry.state.as_bytes());
        }
        bytes
    }

    fn forget_gone(&mut self, clients: &[ClientId]) {
        for client in clients {
            if self
                .entries
                .get(client)
                .is_some_and(|entry| entry.state == GONE)
            {
                self.entries.remove(client);
            }
        }
    }
}

fn said(entries: &[u8]) -> Result<Vec<Said<'_>>, Refused> {
    let mut bytes = Bytes::new(entries);
    // A client id, a clock, and the state with its length.
    let count = bytes.count(3, "the clients of an awareness update")?;
    if count > ENTRIES_MAX {
        return Err(bytes.refused(Why::Number("the clients of an awareness update")));
    }
    let mut all = Vec::new();
    for _ in 0..count {
        let client = bytes.client()?;
        let clock = bytes.u32("the clock of an awareness state")?;
        let state = bytes.text("an awareness state")?;
        // The clients of others would stop at what is no JSON.
        if serde_json::from_str::<serde::de::IgnoredAny>(state).is_err() {
            return Err(bytes.refused(Why::Text("the JSON of an awareness state")));
        }
        all.push(Said {
            client,
            clock,
            state,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: PeerId = PeerId(1);
    const BEN: PeerId = PeerId(2);

    fn entries(list: &[(u64, u32, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, list.len() as u64);
        for (client, clock, state) in list {
            put_number(&mut bytes, *client);
            put_number(&mut bytes, (*clock).into());
            put_bytes(&mut bytes, state.as_bytes());
        }
        bytes
    }

    fn hear(presence: &mut Presence, peer: PeerId, list: &[(u64, u32, &str)]) -> Option<Vec<u8>> {
        presence.hear(peer, &entries(list), |_| false).unwrap()
    }

    #[test]
    fn what_a_peer_shows_is_passed_on_and_told_to_who_comes() {
        let mut presence = Presence::default();
        let shown = [(10, 1, r#"{"user":{"name":"Ann"}}"#)];
        assert_eq!(hear(&mut presence, ANN, &shown), Some(entries(&shown)));
        assert_eq!(presence.all(), Some(entries(&shown)));
    }

    #[test]
    fn a_peer_speaks_for_one_client_id_and_never_for_others() {
        let mut presence = Presence::default();
        hear(&mut presence, ANN, &[(10, 1, "{}")]);
        assert_eq!(
            hear(&mut presence, ANN, &[(11, 1, "{}")]),
            None,
            "a second id"
        );
        assert_eq!(
            hear(&mut presence, BEN, &[(10, 9, r#"{"x":1}"#)]),
            None,
            "another's"
        );
        assert_eq!(
            hear(&mut presence, BEN, &[(10, 1, "null")]),
            None,
            "an end told by another"
        );
        assert_eq!(presence.all(), Some(entries(&[(10, 1, "{}")])));
    }

    #[test]
    fn a_person_who_comes_back_takes_over_from_the_connection_that_broke_off() {
        let mut presence = Presence::default();
        hear(&mut presence, ANN, &[(10, 1, "{}")]);
        let again = presence.hear(BEN, &entries(&[(10, 2, "{}")]), |peer| peer == ANN);
        assert_eq!(again, Ok(Some(entries(&[(10, 2, "{}")]))));
        assert_eq!(presence.leave(ANN), None, "it speaks for nobody any more");
        assert_eq!(presence.client_of(BEN), Some(10));
    }

    #[test]
    fn who_leaves_is_told_with_the_clock_they_had() {
        let mut presence = Presence::default();
        hear(&mut presence, ANN, &[(10, 7, "{}")]);
        assert_eq!(presence.leave(ANN), Some(entries(&[(10, 7, "null")])));
        assert_eq!(presence.all(), None);
        assert!(
            hear(&mut presence, BEN, &[(10, 7, "{}")]).is_some(),
            "and may come back"
        );
    }

    #[test]
    fn a_state_is_not_longer_than_four_kilobytes() {
        let mut presence = Presence::default();
        let long = format!("\"{}\"", "x".repeat(STATE_BYTES_MAX));
        assert_eq!(hear(&mut presence, ANN, &[(10, 1, &long)]), None);
    }

    #[test]
    fn a_claimed_count_is_checked() {
        let mut presence = Presence::default();
        let heard = presence.hear(ANN, &[0xff, 0xff, 0xff, 0x3f], |_| false);
        assert!(matches!(heard.unwrap_err().why, Why::Claim { left: 0, .. }));
        let heard = presence.hear(ANN, &[1, 5, 1, 0xff, 0xff, 0xff, 0xff, 0x0f], |_| false);
        assert!(matches!(heard.unwrap_err().why, Why::Claim { left: 0, .. }));
    }

    #[test]
    fn what_is_no_json_is_passed_on_to_nobody() {
        let mut presence = Presence::default();
        let heard = presence.hear(ANN, &entries(&[(10, 1, "{oops")]), |_| false);
        assert!(heard.is_err());
        assert_eq!(presence.all(), None);
    }
}
