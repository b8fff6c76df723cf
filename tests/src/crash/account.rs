//! What there is to tell of a run, so that two runs of one story can be compared byte by byte.
//!
//! *The same* means: the same frames, with their node, path, attempt, status, input, output, error, logs and effects
//! with requests and outcomes; the same output of the run; and, in a story where one thing happens after the
//! other, the same events in the same order, with the same numbers. What may differ, and is left out:
//!
//! - time: moments, durations, and moments that were computed from the present one ([`TIMES`]),
//! - what the work cost and whether an earlier equal result was at hand ([`COSTS`]): a crash costs pure work,
//! - the run's id, wherever it is part of a text: chance makes it, and here it is called `RUN`,
//! - in a story with parallel branches, the numbers of the events: whose answer comes first is nobody's promise,
//! - in a story whose effects must not be repeated, the attempts that a crash interrupted, and how many they were.

use flowforge_engine::{RunId, Seq};
use flowforge_snapshots::Journal;
use flowforge_snapshots::moment::FrameFilter;
use serde_json::{Value as JsonValue, json};

use crate::workflows::Story;

/// Fields that tell a time.
const TIMES: [&str; 10] = [
    "at",
    "timestamp",
    "date",
    "untilMs",
    "tookMs",
    "took_ms",
    "queuedMs",
    "queued_ms",
    "durationMs",
    "duration_ms",
];
/// Fields that tell what something cost.
const COSTS: [&str; 5] = [
    "memo",
    "operations",
    "memoryUsage",
    "memoryBytes",
    "memory_bytes",
];
/// Fields that tell an event's number.
const NUMBERS: [&str; 3] = ["id", "openedSeq", "closedSeq"];

/// The account of a finished run.
pub(super) fn of(journal: &Journal, run: RunId, story: &Story) -> String {
    let snapshot = journal.snapshot(run, None).expect("readable");
    let told = json!({
        "status": snapshot.status,
        "output": snapshot.output,
        "frames": frames(journal, run, story),
        "events": events(journal, run, story),
    });
    let told = without(told, &[&TIMES[..], &COSTS].concat());
    let text = serde_json::to_string_pretty(&told).expect("JSON");
    text.replace(&run.to_string(), "RUN")
}

/// Every frame, by its place in the graph.
fn frames(journal: &Journal, run: RunId, story: &Story) -> Vec<JsonValue> {
    let page = journal.frames(run, &FrameFilter::default(), None, usize::MAX);
    let frames = page.expect("readable").frames;
    let json = |frame| serde_json::to_value(frame).expect("JSON");
    let mut frames: Vec<JsonValue> = frames.iter().map(json).collect();
    frames.sort_by_key(|frame| {
        let place = format!("{} {}", frame["path"], frame["nodeId"]);
        (place, frame["attempt"].as_u64())
    });
    if !story.is_repeatable {
        frames.retain(|frame| frame["status"] != "INTERRUPTED");
    }
    let mut unsure = Vec::new();
    if !story.is_ordered {
        unsure.extend(NUMBERS);
    }
    if !story.is_repeatable {
        unsure.push("attempt");
    }
    frames
        .into_iter()
        .map(|frame| without(frame, &unsure))
        .collect()
}

/// Every event, when their order is decided.
fn events(journal: &Journal, run: RunId, story: &Story) -> JsonValue {
    if !story.is_ordered {
        return JsonValue::Null;
    }
    let events = journal.read(run, Seq(0), None).expect("readable");
    serde_json::to_value(events).expect("JSON")
}

/// The same without the fields of these names.
fn without(json: JsonValue, names: &[&str]) -> JsonValue {
    match json {
        JsonValue::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .map(|(name, value)| (name, without(value, names)))
            .collect(),
        JsonValue::Array(items) => items.into_iter().map(|item| without(item, names)).collect(),
        other => other,
    }
}
