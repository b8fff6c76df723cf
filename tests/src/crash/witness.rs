//! What somebody outside saw over all lives of a run, and what the journal owes them for it.
//!
//! Calls are counted by method and URL. A life may make those that it recorded, and again those that it found open
//! and that may be repeated; a call beyond that was made before it was on disk, or after its
//! answer was. A request can reach the server a little after the life that sent it, so the count is over all
//! lives so far, never of one.

use std::collections::{BTreeMap, BTreeSet};

use flowforge_engine::effect::{Effect, EffectKind};
use flowforge_engine::event::{Event, Recorded};
use flowforge_engine::{FrameId, Value};

use crate::Seen;

/// The memory of the world.
#[derive(Default)]
pub(super) struct Witness {
    /// The events that were on disk when it was last looked at.
    found: Vec<Recorded>,
    /// How often each call may have been made by now.
    allowed: BTreeMap<String, usize>,
}

impl Witness {
    /// Compares a reopened journal with what was there and with what was sent.
    pub(super) fn compare(&mut self, found: Vec<Recorded>, seen: &[Seen]) {
        assert!(
            found.starts_with(&self.found),
            "what was on disk is gone or another: {} events before, {} now",
            self.found.len(),
            found.len()
        );
        let recorded = &found[self.found.len()..];
        let calls = open_calls(&self.found).chain(recorded.iter().filter_map(call));
        for name in calls {
            *self.allowed.entry(name).or_default() += 1;
        }
        self.found = found;
        self.judge(seen);
    }

    fn judge(&self, seen: &[Seen]) {
        let mut sent: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
        for seen in seen {
            sent.entry(sent_name(seen)).or_default().push(seen);
        }
        for (name, sent) in sent {
            let allowed = self.allowed.get(&name).copied().unwrap_or_default();
            assert!(
                sent.len() <= allowed,
                "{name} was made {} times, and {allowed} is what the journal accounts for",
                sent.len()
            );
            let keys: BTreeSet<_> = sent.iter().map(|seen| seen.idempotency_key()).collect();
            assert!(
                keys.len() == 1,
                "{name} was made with several keys: {keys:?}"
            );
        }
    }
}

/// The calls that were asked for and not answered, and that a new life makes again.
fn open_calls(events: &[Recorded]) -> impl Iterator<Item = String> {
    let mut open: BTreeMap<(FrameId, u32), &Effect> = BTreeMap::new();
    for recorded in events {
        match &recorded.event {
            Event::EffectRequested {
                frame,
                ordinal,
                effect,
            } => {
                open.insert((*frame, *ordinal), effect);
            }
            Event::EffectAnswered { frame, ordinal, .. } => {
                open.remove(&(*frame, *ordinal));
            }
            Event::FrameClosed { frame, .. } => open.retain(|(of, _), _| of != frame),
            _ => {}
        }
    }
    open.into_values()
        .filter(|effect| effect.idempotent)
        .filter_map(name)
}

fn call(recorded: &Recorded) -> Option<String> {
    match &recorded.event {
        Event::EffectRequested { effect, .. } => name(effect),
        _ => None,
    }
}

/// Method and URL of a call.
fn name(effect: &Effect) -> Option<String> {
    if effect.kind != EffectKind::Http {
        return None;
    }
    let field = |name| effect.request.get(name).and_then(Value::as_str);
    let method = field("method").unwrap_or("GET");
    let (_, place) = field("url")?.strip_prefix("http://")?.split_once('/')?;
    Some(format!("{method} /{place}"))
}

/// The same of a request that arrived.
fn sent_name(seen: &Seen) -> String {
    let Seen {
        method,
        path,
        query,
        ..
    } = seen;
    if query.is_empty() {
        format!("{method} {path}")
    } else {
        format!("{method} {path}?{query}")
    }
}
