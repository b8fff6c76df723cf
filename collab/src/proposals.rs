//! Proposals in the document, so that everybody who is there sees the same ones: a map of small fields each. The patch
//! itself is not there; whoever looks at a proposal asks the service for it.

use std::collections::BTreeMap;

use yrs::{Any, Doc, Map, MapPrelim, Out, ReadTxn, Transact};

use crate::authored::LAST;
use crate::document::PROPOSALS;

/// Most closed proposals that a document remembers.
const CLOSED_MAX: usize = 20;

/// The fields that decide about an entry here; others are the caller's.
const STATE: &str = "state";
/// A proposal that nobody has decided on.
const OPEN: &str = "open";

/// The fields of a proposal; one of them is `state`.
pub type Fields = BTreeMap<&'static str, String>;

/// Puts a proposal into the document, or changes it there. Of those that were decided, the latest stay; ids sort by time.
pub fn put(doc: &Doc, id: &str, fields: &Fields) {
    let proposals = doc.get_or_insert_map(PROPOSALS);
    let mut txn = doc.transact_mut_with("proposals");
    match proposals.get(&txn, id) {
        Some(Out::YMap(found)) => {
            for (name, value) in fields {
                let is_same = found.get(&txn, name) == Some(Out::Any(Any::from(value.as_str())));
                if !is_same {
                    found.insert(&mut txn, *name, value.as_str());
                }
            }
        }
        _ => {
            let entry: MapPrelim = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            proposals.insert(&mut txn, id, entry);
        }
    }
    let mut closed: Vec<String> = proposals
        .iter(&txn)
        .filter(|(id, entry)| *id != LAST && !is_open(&txn, entry))
        .map(|(id, _)| id.to_owned())
        .collect();
    closed.sort_unstable();
    for id in closed.iter().rev().skip(CLOSED_MAX) {
        proposals.remove(&mut txn, id);
    }
}

fn is_open(txn: &impl ReadTxn, entry: &Out) -> bool {
    let Out::YMap(entry) = entry else {
        return false;
    };
    entry.get(txn, STATE) == Some(Out::Any(Any::from(OPEN)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    fn fields(state: &str) -> Fields {
        BTreeMap::from([
            ("title", "Add a step".to_owned()),
            (STATE, state.to_owned()),
        ])
    }

    fn ids(doc: &Doc) -> Vec<String> {
        let proposals = doc.get_or_insert_map(PROPOSALS);
        let txn = doc.transact();
        let mut ids: Vec<_> = proposals.keys(&txn).map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn a_proposal_is_changed_where_it_lies_and_only_where_it_differs() {
        let doc = document::open(1);
        put(&doc, "a", &fields(OPEN));
        let before = doc.transact().state_vector();
        put(&doc, "a", &fields(OPEN));
        assert_eq!(doc.transact().state_vector(), before);
        put(&doc, "a", &fields("accepted"));
        assert_eq!(ids(&doc), ["a"]);
    }

    #[test]
    fn open_ones_stay_and_of_the_others_the_latest() {
        let doc = document::open(1);
        put(&doc, "00", &fields(OPEN));
        for n in 1..=CLOSED_MAX + 5 {
            put(&doc, &format!("{n:02}"), &fields("rejected"));
        }
        let left = ids(&doc);
        assert_eq!(left.len(), CLOSED_MAX + 1);
        assert_eq!((left[0].as_str(), left[1].as_str()), ("00", "06"));
    }
}
