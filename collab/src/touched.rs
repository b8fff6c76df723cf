//! The places that a transaction changed: what authorship and blame are told by.
//!
//! A place is a path: `nodes/ID` when the whole node came or went, `nodes/ID/params/code` when only that did,
//! `edges/KEY`, `meta/name`, `comments/ID`. `/` inside a name is written `~1`, and `~` is written `~0`.

use std::sync::{Arc, Mutex, PoisonError};

use yrs::types::{Event, Events, PathSegment};
use yrs::{DeepObservable, Doc, TransactionMut};

use crate::document::{COMMENTS, EDGES, META, NODES, PROPOSALS};

/// How deep the places of a root go: a comment and a proposal are one place each.
const ROOTS: [(&str, usize); 5] = [
    (NODES, usize::MAX),
    (EDGES, usize::MAX),
    (META, usize::MAX),
    (PROPOSALS, 2),
    (COMMENTS, 2),
];

/// Listens to a document for as long as the document lives.
#[derive(Debug)]
pub struct Watch(Arc<Mutex<Vec<String>>>);

/// The name by which the document knows us; a second watch takes the place of the first.
const WATCH: &str = "touched";

/// Begins to listen. No transaction may be open.
#[must_use]
pub fn watch(doc: &Doc) -> Watch {
    let watch = Watch(Arc::new(Mutex::new(Vec::new())));
    for (root, deepest) in ROOTS {
        let touched = Arc::clone(&watch.0);
        let map = doc.get_or_insert_map(root);
        map.observe_deep(
            WATCH,
            move |txn: &TransactionMut<'_>, events: &Events<'_>| {
                let mut touched = touched.lock().unwrap_or_else(PoisonError::into_inner);
                for event in events.iter() {
                    note(txn, root, deepest, event, &mut touched);
                }
            },
        );
    }
    watch
}

impl Watch {
    /// What the transactions since the last call changed, sorted.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        let mut touched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = std::mem::take(&mut *touched);
        places.sort_unstable();
        places.dedup();
        places
    }
}

fn note(
    txn: &TransactionMut<'_>,
    root: &str,
    deepest: usize,
    event: &Event,
    touched: &mut Vec<String>,
) {
    let mut place = Place::root(root, deepest);
    for segment in event.path() {
        match segment {
            PathSegment::Key(key) => place.enter(&key),
            // What lies inside a list is part of the list.
            PathSegment::Index(_) => return touched.push(place.text),
        }
    }
    match event {
        Event::Map(event) => {
            for key in event.keys(txn).keys() {
                let mut place = place.clone();
                place.enter(key);
                touched.push(place.text);
            }
        }
        _ => touched.push(place.text),
    }
}

/// A path that ends where the places of its root do. Written in one go: it is made for every keystroke.
#[derive(Clone)]
struct Place {
    text: String,
    deeper: usize,
}

impl Place {
    fn root(root: &str, deepest: usize) -> Self {
        let mut text = String::with_capacity(PLACE_BYTES);
        text.push_str(root);
        Self {
            text,
            deeper: deepest - 1,
        }
    }

    fn enter(&mut self, name: &str) {
        if self.deeper == 0 {
            return;
        }
        self.deeper -= 1;
        self.text.push('/');
        let mut rest = name;
        while let Some(at) = rest.find(['~', '/']) {
            self.text.push_str(&rest[..at]);
            let escaped = if rest[at..].starts_with('~') {
                "~0"
            } else {
                "~1"
            };
            self.text.push_str(escaped);
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
    }
}

/// Room for most places.
const PLACE_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use flowforge_engine::Workflow;
    use flowforge_engine::node_type::Catalogue;
    use flowforge_engine::workflow::file::parse;

    use super::*;
    use crate::document::{Texts, open, reconcile};

    fn workflow(text: &str) -> Workflow {
        parse(text).expect("a workflow")
    }

    #[test]
    fn a_change_is_told_by_its_places() {
        let texts = Texts::from(&Catalogue::built_in());
        let doc = open(1);
        let watch = watch(&doc);
        let head = "id: w\nname: A\ngraph:\n  nodes:\n";
        let node = "    - { id: a/b, type: code.rhai, params: { code: 'x', limits: { steps: 1, size: 2 } } }\n";
        reconcile(&doc, &workflow(&format!("{head}{node}")), &texts, "test");
        assert!(watch.take().contains(&"nodes/a~1b".to_owned()));
        let (node, head) = (
            node.replace("'x'", "'xy'").replace("steps: 1", "steps: 3"),
            head.replace('A', "B"),
        );
        reconcile(&doc, &workflow(&format!("{head}{node}")), &texts, "test");
        assert_eq!(
            watch.take(),
            [
                "meta/name",
                "nodes/a~1b/params/code",
                "nodes/a~1b/params/limits/steps"
            ]
        );
        reconcile(
            &doc,
            &workflow("id: w\nname: B\ngraph: { nodes: [] }\n"),
            &texts,
            "test",
        );
        assert_eq!(watch.take(), ["nodes/a~1b"]);
        assert!(watch.take().is_empty());
    }
}
