//! What the editor draws at every moment of a run is what a snapshot of that moment says.
//!
//! The editor moves through a run by the columns of its timeline and by its event stream, without asking for
//! snapshots. So one run with everything in it that waits is kept beside the editor's tests: its columns, its events
//! and the statuses at every event. Here they are held against the folds; there the editor is held against them.

use std::collections::BTreeMap;
use std::path::Path;

use flowforge_engine::RunId;
use flowforge_engine::event::Recorded;
use flowforge_engine::fold::{Fold, Timeline, TimelineFold};
use flowforge_engine::frame::Status;
use flowforge_tests::case;
use serde::Serialize;

const CASE: &str = "cases/engine/every-kind-of-wait.md";
const KEPT: &str = "../web/editor/src/run/moments.json";

#[derive(Serialize)]
struct Kept<'a> {
    columns: Timeline,
    events: &'a [Recorded],
    /// After each event, from the first on.
    moments: Vec<BTreeMap<String, Moment>>,
}

/// A node at a moment: its status, and how many frames of it were opened or passed over, and how many failed.
type Moment = (Status, u64, u64);

/// `UPDATE_CASES=1` writes the file anew.
#[test]
fn the_editor_is_given_what_snapshots_say_of_every_moment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let played = case::played(&root.join(CASE)).expect("the case is played");
    let kept = Kept {
        columns: columns(&played.events),
        moments: moments(&played.events),
        events: &played.events,
    };
    let waits = &kept.columns.wait_of;
    assert!(waits.len() >= 6, "{waits:?} are not every kind of wait");
    let text = serde_json::to_string(&kept).expect("it is JSON") + "\n";
    let path = root.join(KEPT);
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "what is kept for the editor is old: run with UPDATE_CASES=1, then the editor's tests"
    );
}

fn columns(events: &[Recorded]) -> Timeline {
    let mut fold = TimelineFold::new(RunId::default());
    for event in events {
        fold.apply(event).expect("a played event fits");
    }
    fold.finish()
}

fn moments(events: &[Recorded]) -> Vec<BTreeMap<String, Moment>> {
    let mut fold = Fold::new(RunId::default());
    let mut moment = |event: &Recorded| {
        fold.apply(event).expect("a played event fits");
        let snapshot = fold.snapshot().expect("the run has started");
        let nodes = snapshot.nodes.into_iter();
        nodes
            .map(|(name, node)| (name, (node.status, node.opened + node.skipped, node.failed)))
            .collect()
    };
    events.iter().map(&mut moment).collect()
}
