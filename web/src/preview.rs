//! Values cut to what a canvas or a list can show: whole when small, else their kind, size and beginning.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flowforge_engine::effect::Outcome;
use flowforge_engine::event::Recorded;
use flowforge_engine::frame::{ExecutionFrame, FrameEffect, NodeMoment, Output, Snapshot};
use flowforge_engine::{Address, Value};
use flowforge_snapshots::{Journal, Kept, ReadError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Longest JSON of a value that is shown whole, in bytes.
pub(crate) const WHOLE_BYTES_MAX: usize = 4096;
/// How much of a longer one is shown, in characters.
const TEXT_CHARS_MAX: usize = 1024;
/// Previews of stored values that are kept, of a kilobyte or two each.
const KEPT_MAX: usize = 1024;

/// A value as it is shown.
pub(crate) type Shown = Arc<serde_json::Value>;

/// How values are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Values {
    /// Whole.
    #[default]
    Full,
    /// Cut when their JSON is larger than 4,096 bytes.
    Preview,
}

/// Makes previews, and remembers those of stored values.
pub(crate) struct Previews {
    journal: Journal,
    known: Mutex<HashMap<Address, Shown>>,
}

impl Previews {
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            journal,
            known: Mutex::default(),
        }
    }

    /// A value as it is shown.
    pub(crate) fn show(&self, kept: &Kept) -> Result<Shown, ReadError> {
        let Some(address) = kept.stored() else {
            return Ok(Arc::new(preview(&self.journal.value(kept)?)));
        };
        if let Some(shown) = self.known().get(&address) {
            return Ok(Arc::clone(shown));
        }
        let shown = Arc::new(preview(&self.journal.value(kept)?));
        let mut known = self.known();
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(address, Arc::clone(&shown));
        Ok(shown)
    }

    /// An event with its values as they are shown.
    pub(crate) fn event(&self, recorded: Recorded<Kept>) -> Result<Recorded<Shown>, ReadError> {
        recorded.try_map(&mut |kept| self.show(&kept))
    }

    /// A frame with its values as they are shown.
    pub(crate) fn frame(
        &self,
        frame: ExecutionFrame<Kept>,
    ) -> Result<ExecutionFrame<Shown>, ReadError> {
        let show = &mut |kept: Kept| self.show(&kept);
        Ok(ExecutionFrame {
            id: frame.id,
            run: frame.run,
            node_id: frame.node_id,
            node_type: frame.node_type,
            path: frame.path,
            attempt: frame.attempt,
            opened_seq: frame.opened_seq,
            closed_seq: frame.closed_seq,
            timestamp: frame.timestamp,
            input: frame.input.map(&mut *show).transpose()?,
            output: frame.output.map(|out| output(out, show)).transpose()?,
            status: frame.status,
            error: frame.error.map(|error| error.try_map(show)).transpose()?,
            effects: effects(frame.effects, show)?,
            logs: frame.logs,
            metrics: frame.metrics,
            memo: frame.memo,
            workflow_version: frame.workflow_version,
            code_hash: frame.code_hash,
        })
    }

    /// A snapshot with its values as they are shown.
    pub(crate) fn snapshot(&self, moment: Snapshot<Kept>) -> Result<Snapshot<Shown>, ReadError> {
        let show = &mut |kept: Kept| self.show(&kept);
        let nodes = moment.nodes.into_iter();
        let nodes = nodes.map(|(node, at)| Ok((node, self.node(at)?)));
        Ok(Snapshot {
            run: moment.run,
            seq: moment.seq,
            at: moment.at,
            status: moment.status,
            workflow: moment.workflow,
            mode: moment.mode,
            input: show(moment.input)?,
            output: moment.output.map(&mut *show).transpose()?,
            error: moment.error.map(|error| error.try_map(show)).transpose()?,
            nodes: nodes.collect::<Result<_, ReadError>>()?,
        })
    }

    fn node(&self, at: NodeMoment<Kept>) -> Result<NodeMoment<Shown>, ReadError> {
        Ok(NodeMoment {
            status: at.status,
            frame: at
                .frame
                .map(|frame| self.frame(*frame).map(Box::new))
                .transpose()?,
            opened: at.opened,
            completed: at.completed,
            failed: at.failed,
            skipped: at.skipped,
        })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Address, Shown>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Show<'a> = dyn FnMut(Kept) -> Result<Shown, ReadError> + 'a;

fn output(output: Output<Kept>, show: &mut Show<'_>) -> Result<Output<Shown>, ReadError> {
    Ok(match output {
        Output::Out(value) => Output::Out(show(value)?),
        Output::Ports(ports) => {
            let ports = ports.into_iter();
            let ports = ports.map(|(port, value)| Ok((port, show(value)?)));
            Output::Ports(ports.collect::<Result<_, ReadError>>()?)
        }
    })
}

fn effects(
    effects: Vec<FrameEffect<Kept>>,
    show: &mut Show<'_>,
) -> Result<Vec<FrameEffect<Shown>>, ReadError> {
    let effects = effects.into_iter().map(|effect| {
        Ok(FrameEffect {
            ordinal: effect.ordinal,
            effect: effect.effect.try_map(&mut |kept| show(kept))?,
            outcome: effect.outcome.map(|came| outcome(came, show)).transpose()?,
            took_ms: effect.took_ms,
        })
    });
    effects.collect()
}

fn outcome(outcome: Outcome<Kept>, show: &mut Show<'_>) -> Result<Outcome<Shown>, ReadError> {
    Ok(match outcome {
        Ok(value) => Ok(show(value)?),
        Err(error) => Err(error.try_map(&mut |kept| show(kept))?),
    })
}

/// The value as JSON when that is small, else `{"$preview": {type, bytes, count, text}}`.
pub(crate) fn preview(value: &Value) -> serde_json::Value {
    let text = value.to_json_text();
    if text.len() <= WHOLE_BYTES_MAX {
        return value.to_json();
    }
    let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
    json!({ "$preview": {
        "type": value.kind(), "bytes": text.len(), "count": count(value), "text": cut,
    }})
}

/// How many items, fields, characters or bytes it has.
pub(crate) fn count(value: &Value) -> Option<usize> {
    match value {
        Value::List(list) => Some(list.len()),
        Value::Record(record) => Some(record.len()),
        Value::Text(text) => Some(text.chars().count()),
        Value::Bytes(bytes) => Some(bytes.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_are_shown_whole() {
        let value = Value::from_json(&json!({ "id": 1 }));
        assert_eq!(preview(&value), json!({ "id": 1 }));
    }

    #[test]
    fn large_values_are_cut() {
        let value = Value::from_json(&json!(vec!["word"; 1000]));
        let shown = &preview(&value)["$preview"];
        assert_eq!(shown["type"], "list");
        assert_eq!(shown["count"], 1000);
        assert_eq!(shown["bytes"], 7001);
        assert_eq!(shown["text"].as_str().unwrap().len(), 1024);
    }
}
