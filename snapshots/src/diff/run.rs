//! Two runs, frame by frame.

use std::collections::{HashMap, VecDeque};

use flowforge_engine::event::{Mode, WorkflowRef};
use flowforge_engine::frame::{ExecutionFrame, FrameEffect, Output, Snapshot, Status};
use flowforge_engine::value::Record;
use flowforge_engine::{Failure, NodeId, Path, RunId, Seq, Value, Workflow};
use serde::Serialize;

use super::{Change, Op, WorkflowDiff, diff_values, diff_workflows};

/// A run up to one event, to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a, V> {
    /// The run at that moment; its nodes are not looked at.
    pub snapshot: &'a Snapshot<V>,
    /// All its frames, in the order they were opened.
    pub frames: &'a [ExecutionFrame<V>],
    /// Its workflow, when it is known.
    pub workflow: Option<&'a Workflow>,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSide {
    /// The run.
    pub run: RunId,
    /// The last event that was looked at.
    pub seq: Seq,
    /// The run's status there.
    pub status: Status,
    /// Live or dry.
    pub mode: Mode,
    /// What it executes.
    pub workflow: WorkflowRef,
    /// How many frames it had.
    pub frames: u64,
}

/// How two runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDiff {
    /// The first.
    pub a: RunSide,
    /// The second.
    pub b: RunSide,
    /// Whether nothing differs: frames, input, output, error, workflow.
    pub identical: bool,
    /// The first frame that differs, in the order of the first run; the first that only the second has
    /// when there is no such.
    pub first_divergence: Option<Divergence>,
    /// How the workflows differ; null when they are one, or one of them is not known.
    pub workflow: Option<WorkflowDiff>,
    /// How the runs' inputs differ.
    pub input: Vec<Change>,
    /// How the runs' outputs differ.
    pub output: Vec<Change>,
    /// How the runs' errors differ.
    pub error: Vec<Change>,
    /// How many frames are the same.
    pub same: u64,
    /// Frames that both have, and that differ, in the order of the first run.
    pub changed: Vec<FrameDiff>,
    /// Frames that only the first has.
    pub only_in_a: Vec<FrameRef>,
    /// Frames that only the second has.
    pub only_in_b: Vec<FrameRef>,
}

/// Which frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameRef {
    /// `run/openedSeq`.
    pub id: String,
    /// The node.
    pub node_id: NodeId,
    /// The loops and sub-workflows around it.
    pub path: Path,
    /// Counted from 1.
    pub attempt: u32,
    /// The event that opened it.
    pub opened_seq: Seq,
    /// Where it was in its life.
    pub status: Status,
}

/// Where two runs first part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Divergence {
    /// Whether the frame is in both and changed, only in the first, or only in the second.
    pub op: Op,
    /// The frame in the first run.
    pub a: Option<FrameRef>,
    /// The frame in the second run.
    pub b: Option<FrameRef>,
}

/// Two statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChange {
    /// In the first run.
    pub before: Status,
    /// In the second run.
    pub after: Status,
}

/// How one frame differs between two runs. Times and costs do not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameDiff {
    /// The frame in the first run.
    pub a: FrameRef,
    /// The frame in the second run.
    pub b: FrameRef,
    /// Its statuses, when they differ.
    pub status: Option<StatusChange>,
    /// How its inputs differ.
    pub input: Vec<Change>,
    /// How its outputs differ.
    pub output: Vec<Change>,
    /// How its errors differ.
    pub error: Vec<Change>,
    /// How its effects differ, as a list of `{kind, request, outcome}`.
    pub effects: Vec<Change>,
}

impl FrameDiff {
    fn is_empty(&self) -> bool {
        let changes = [&self.input, &self.output, &self.error, &self.effects];
        self.status.is_none() && changes.iter().all(|changes| changes.is_empty())
    }
}

/// How two runs differ. Frames are aligned by node, path and attempt, and among equal ones by order.
/// Values are loaded only where their stored forms differ.
///
/// # Errors
/// The first error of `load`.
pub fn diff_runs<V: PartialEq, E>(
    a: &Side<'_, V>,
    b: &Side<'_, V>,
    load: &mut dyn FnMut(&V) -> Result<Value, E>,
) -> Result<RunDiff, E> {
    let mut loader = Loader { load };
    let mut frames = Frames::default();
    let pairs = align(a.frames, b.frames);
    for (at, frame) in a.frames.iter().enumerate() {
        frames.add(
            frame,
            pairs.partner[at].map(|partner| &b.frames[partner]),
            &mut loader,
        )?;
    }
    for partnerless in &pairs.only_in_b {
        frames.add_second(&b.frames[*partnerless]);
    }
    let workflow = match (a.workflow, b.workflow) {
        (Some(first), Some(second)) if a.snapshot.workflow.hash != b.snapshot.workflow.hash => {
            Some(diff_workflows(first, second))
        }
        _ => None,
    };
    let mut diff = RunDiff {
        a: RunSide::of(a),
        b: RunSide::of(b),
        identical: false,
        first_divergence: frames.first,
        workflow,
        input: loader.values(Some(&a.snapshot.input), Some(&b.snapshot.input))?,
        output: loader.values(a.snapshot.output.as_ref(), b.snapshot.output.as_ref())?,
        error: loader.failures(a.snapshot.error.as_ref(), b.snapshot.error.as_ref())?,
        same: frames.same,
        changed: frames.changed,
        only_in_a: frames.only_in_a,
        only_in_b: frames.only_in_b,
    };
    diff.identical = diff.is_empty();
    Ok(diff)
}

impl RunDiff {
    fn is_empty(&self) -> bool {
        let values = [&self.input, &self.output, &self.error];
        self.first_divergence.is_none()
            && values.iter().all(|changes| changes.is_empty())
            && self.a.status == self.b.status
            && self.a.workflow.hash == self.b.workflow.hash
    }
}

impl RunSide {
    fn of<V>(side: &Side<'_, V>) -> Self {
        let snapshot = side.snapshot;
        Self {
            run: snapshot.run,
            seq: snapshot.seq,
            status: snapshot.status,
            mode: snapshot.mode,
            workflow: snapshot.workflow.clone(),
            frames: side.frames.len() as u64,
        }
    }
}

impl FrameRef {
    fn of<V>(frame: &ExecutionFrame<V>) -> Self {
        Self {
            id: frame.id.clone(),
            node_id: frame.node_id.clone(),
            path: frame.path.clone(),
            attempt: frame.attempt,
            opened_seq: frame.opened_seq,
            status: frame.status,
        }
    }
}

/// Which frames belong together, by position.
struct Pairs {
    /// For each frame of the first run, its partner in the second.
    partner: Vec<Option<usize>>,
    only_in_b: Vec<usize>,
}

fn align<V>(a: &[ExecutionFrame<V>], b: &[ExecutionFrame<V>]) -> Pairs {
    let mut waiting: HashMap<_, VecDeque<usize>> = HashMap::with_capacity(b.len());
    for (at, frame) in b.iter().enumerate() {
        waiting
            .entry((&frame.path, &frame.node_id, frame.attempt))
            .or_default()
            .push_back(at);
    }
    let partner = a.iter().map(|frame| {
        waiting
            .get_mut(&(&frame.path, &frame.node_id, frame.attempt))
            .and_then(VecDeque::pop_front)
    });
    let partner = partner.collect();
    let mut only_in_b: Vec<usize> = waiting.into_values().flatten().collect();
    only_in_b.sort_unstable();
    Pairs { partner, only_in_b }
}

#[derive(Default)]
struct Frames {
    first: Option<Divergence>,
    same: u64,
    changed: Vec<FrameDiff>,
    only_in_a: Vec<FrameRef>,
    only_in_b: Vec<FrameRef>,
}

impl Frames {
    fn add<V: PartialEq, E>(
        &mut self,
        a: &ExecutionFrame<V>,
        b: Option<&ExecutionFrame<V>>,
        loader: &mut Loader<'_, V, E>,
    ) -> Result<(), E> {
        let Some(b) = b else {
            self.diverge(Op::Removed, Some(a), None);
            self.only_in_a.push(FrameRef::of(a));
            return Ok(());
        };
        match loader.frames(a, b)? {
            None => self.same += 1,
            Some(diff) => {
                self.diverge(Op::Changed, Some(a), Some(b));
                self.changed.push(diff);
            }
        }
        Ok(())
    }

    fn add_second<V>(&mut self, b: &ExecutionFrame<V>) {
        self.diverge(Op::Added, None, Some(b));
        self.only_in_b.push(FrameRef::of(b));
    }

    fn diverge<V>(&mut self, op: Op, a: Option<&ExecutionFrame<V>>, b: Option<&ExecutionFrame<V>>) {
        self.first.get_or_insert_with(|| Divergence {
            op,
            a: a.map(FrameRef::of),
            b: b.map(FrameRef::of),
        });
    }
}

/// Compares what is stored, and loads only what differs.
struct Loader<'a, V, E> {
    load: &'a mut dyn FnMut(&V) -> Result<Value, E>,
}

impl<V: PartialEq, E> Loader<'_, V, E> {
    fn frames(
        &mut self,
        a: &ExecutionFrame<V>,
        b: &ExecutionFrame<V>,
    ) -> Result<Option<FrameDiff>, E> {
        let status = (a.status != b.status).then_some(StatusChange {
            before: a.status,
            after: b.status,
        });
        let diff = FrameDiff {
            a: FrameRef::of(a),
            b: FrameRef::of(b),
            status,
            input: self.values(a.input.as_ref(), b.input.as_ref())?,
            output: self.outputs(a.output.as_ref(), b.output.as_ref())?,
            error: self.failures(a.error.as_ref(), b.error.as_ref())?,
            effects: self.effects(&a.effects, &b.effects)?,
        };
        Ok((!diff.is_empty()).then_some(diff))
    }

    fn values(&mut self, a: Option<&V>, b: Option<&V>) -> Result<Vec<Change>, E> {
        if a == b {
            return Ok(Vec::new());
        }
        let (a, b) = (
            a.map(&mut *self.load).transpose()?,
            b.map(&mut *self.load).transpose()?,
        );
        Ok(diff_options(a, b))
    }

    fn outputs(&mut self, a: Option<&Output<V>>, b: Option<&Output<V>>) -> Result<Vec<Change>, E> {
        if a == b {
            return Ok(Vec::new());
        }
        let (a, b) = (self.output(a)?, self.output(b)?);
        Ok(diff_options(a, b))
    }

    fn output(&mut self, output: Option<&Output<V>>) -> Result<Option<Value>, E> {
        Ok(match output {
            None => None,
            Some(Output::Out(value)) => Some((self.load)(value)?),
            Some(Output::Ports(ports)) => {
                let ports = ports
                    .iter()
                    .map(|(port, value)| Ok((port.as_str(), (self.load)(value)?)));
                Some(ports.collect::<Result<Record, E>>()?.into())
            }
        })
    }

    fn failures(
        &mut self,
        a: Option<&Failure<V>>,
        b: Option<&Failure<V>>,
    ) -> Result<Vec<Change>, E> {
        if a == b {
            return Ok(Vec::new());
        }
        let a = a.map(|failure| self.failure(failure)).transpose()?;
        let b = b.map(|failure| self.failure(failure)).transpose()?;
        Ok(diff_options(a, b))
    }

    /// A failure as the record that people see.
    fn failure(&mut self, failure: &Failure<V>) -> Result<Value, E> {
        let shown = Failure {
            kind: failure.kind,
            message: failure.message.clone(),
            hint: failure.hint.clone(),
            place: failure.place.clone(),
            details: failure.details.as_ref().map(&mut *self.load).transpose()?,
        };
        Ok(in_json(&shown))
    }

    fn effects(&mut self, a: &[FrameEffect<V>], b: &[FrameEffect<V>]) -> Result<Vec<Change>, E> {
        let equal = |(a, b): (&FrameEffect<V>, &FrameEffect<V>)| {
            a.effect == b.effect && a.outcome == b.outcome
        };
        if a.len() == b.len() && a.iter().zip(b).all(equal) {
            return Ok(Vec::new());
        }
        let a = a
            .iter()
            .map(|effect| self.effect(effect))
            .collect::<Result<Vec<_>, E>>()?;
        let b = b
            .iter()
            .map(|effect| self.effect(effect))
            .collect::<Result<Vec<_>, E>>()?;
        Ok(diff_values(&a.into(), &b.into()))
    }

    fn effect(&mut self, effect: &FrameEffect<V>) -> Result<Value, E> {
        let outcome = match &effect.outcome {
            None => Value::Null,
            Some(Ok(value)) => Record::from_iter([("ok", (self.load)(value)?)]).into(),
            Some(Err(failure)) => Record::from_iter([("error", self.failure(failure)?)]).into(),
        };
        let fields = [
            ("kind", in_json(&effect.effect.kind)),
            ("outcome", outcome),
            ("request", (self.load)(&effect.effect.request)?),
        ];
        Ok(Record::from_iter(fields).into())
    }
}

fn diff_options(a: Option<Value>, b: Option<Value>) -> Vec<Change> {
    let op = match (&a, &b) {
        (Some(a), Some(b)) => return diff_values(a, b),
        (None, None) => return Vec::new(),
        (Some(_), None) => Op::Removed,
        (None, Some(_)) => Op::Added,
    };
    vec![Change {
        path: String::new(),
        from: None,
        op,
        before: a,
        after: b,
        lines: None,
    }]
}

/// The value that the JSON of `shown` stands for.
fn in_json(shown: &impl Serialize) -> Value {
    let json = serde_json::to_value(shown).expect("our own types have a JSON form");
    Value::from_json(&json)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::convert::Infallible;

    use flowforge_engine::event::{Disposition, Ending, Event, Recorded, RunEnding, Usage};
    use flowforge_engine::fold::Fold;
    use flowforge_engine::{Address, FailureKind, Timestamp};

    use super::*;

    /// A run told in words, each a frame of the level that is open: `a=1` gives 1, `a!why` fails,
    /// `a?` stays open, `each(` opens an iteration of a loop, `)` ends it, `|` goes on with the next one.
    fn run(words: &str) -> Fold {
        let id = uuid(words);
        let (mut events, mut levels) = (Vec::new(), vec![(Seq(0), Seq(0), 0)]);
        let workflow = WorkflowRef {
            id: "w".into(),
            version: 1,
            hash: Address::of(b"w"),
        };
        push(
            &mut events,
            Event::RunStarted {
                workflow,
                input: Value::from(0),
                mode: Mode::Live,
            },
        );
        for word in words.split_whitespace() {
            let (scope, frame, index) = *levels.last().unwrap();
            if let Some(node) = word.strip_suffix('(') {
                let frame = push(&mut events, opened(scope, node, Value::Null));
                let scope = push(
                    &mut events,
                    Event::ScopeOpened {
                        frame,
                        index: 0,
                        input: Value::Null,
                    },
                );
                levels.push((scope, frame, 0));
            } else if word == "|" || word == ")" {
                levels.pop();
                push(
                    &mut events,
                    Event::ScopeClosed {
                        scope,
                        output: Value::Null,
                    },
                );
                if word == "|" {
                    let index = index + 1;
                    let scope = push(
                        &mut events,
                        Event::ScopeOpened {
                            frame,
                            index,
                            input: Value::Null,
                        },
                    );
                    levels.push((scope, frame, index));
                } else {
                    push(&mut events, closed(frame, Ok("0")));
                }
            } else {
                frame_of(&mut events, scope, word);
            }
        }
        push(
            &mut events,
            Event::RunClosed {
                ending: RunEnding::Completed {
                    output: Value::from(words.len() as u64),
                },
            },
        );
        let mut fold = Fold::keeping_frames(id);
        events.iter().for_each(|event| fold.apply(event).unwrap());
        fold
    }

    fn uuid(words: &str) -> RunId {
        let digits: String = Address::of(words.as_bytes())
            .to_string()
            .chars()
            .take(32)
            .collect();
        digits.parse().unwrap()
    }

    fn frame_of(events: &mut Vec<Recorded>, scope: Seq, word: &str) {
        let at = word.find(['=', '!', '?']).unwrap();
        let (node, rest) = word.split_at(at);
        let frame = push(events, opened(scope, node, Value::from(7)));
        match rest.split_at(1) {
            ("=", value) => push(events, closed(frame, Ok(value))),
            ("!", why) => push(events, closed(frame, Err(why))),
            _ => frame,
        };
    }

    fn push(events: &mut Vec<Recorded>, event: Event) -> Seq {
        let seq = Seq(events.len() as u64 + 1);
        events.push(Recorded {
            seq,
            at: Timestamp(0),
            event,
        });
        seq
    }

    fn opened(scope: Seq, node: &str, input: Value) -> Event {
        Event::FrameOpened {
            scope,
            node: node.into(),
            attempt: 1,
            input,
            queued_ms: 0,
        }
    }

    fn closed(frame: Seq, ending: Result<&str, &str>) -> Event {
        let ending = match ending {
            Ok(value) => Ending::Completed {
                outputs: vec![("out".into(), Value::parse_json(value).unwrap())],
            },
            Err(why) => Ending::Failed {
                error: Failure::new(FailureKind::Raised, why),
                then: Disposition::Continue,
            },
        };
        Event::FrameClosed {
            frame,
            ending,
            logs: Vec::new(),
            usage: Usage::default(),
            memo: false,
        }
    }

    fn diff(a: &str, b: &str) -> RunDiff {
        let (a, b) = (run(a), run(b));
        let (snapshot_a, snapshot_b) = (a.snapshot().unwrap(), b.snapshot().unwrap());
        let (frames_a, frames_b) = (a.frames(), b.frames());
        let a = Side {
            snapshot: &snapshot_a,
            frames: &frames_a,
            workflow: None,
        };
        let b = Side {
            snapshot: &snapshot_b,
            frames: &frames_b,
            workflow: None,
        };
        let Ok(diff) = diff_runs(&a, &b, &mut |value: &Value| {
            Ok::<_, Infallible>(value.clone())
        });
        diff
    }

    /// `=N` frames the same, then `~`, `-` and `+` frames, the first divergence marked with `!`.
    fn check(a: &str, b: &str, expected: &str) {
        let diff = diff(a, b);
        let first = diff
            .first_divergence
            .as_ref()
            .and_then(|first| first.a.as_ref().or(first.b.as_ref()));
        let name = |frame: &FrameRef| {
            let mark = if first.map(|first| &first.id) == Some(&frame.id) {
                "!"
            } else {
                ""
            };
            let path = if frame.path.0.is_empty() {
                String::new()
            } else {
                format!("{}/", frame.path)
            };
            format!("{mark}{path}{}", frame.node_id)
        };
        let changed = diff.changed.iter().map(|frame| {
            let parts = [
                ("input", &frame.input),
                ("output", &frame.output),
                ("error", &frame.error),
            ];
            let parts: Vec<_> = parts
                .iter()
                .filter(|(_, changes)| !changes.is_empty())
                .map(|(part, _)| *part)
                .collect();
            format!("~{}({})", name(&frame.a), parts.join(","))
        });
        let words = changed
            .chain(
                diff.only_in_a
                    .iter()
                    .map(|frame| format!("-{}", name(frame))),
            )
            .chain(
                diff.only_in_b
                    .iter()
                    .map(|frame| format!("+{}", name(frame))),
            );
        let words: Vec<String> = std::iter::once(format!("={}", diff.same))
            .chain(words)
            .collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn equal_runs_are_identical() {
        check("a=1 b=2", "a=1 b=2", "=2");
        assert!(diff("a=1 b=2", "a=1 b=2").identical);
        assert!(!diff("a=1", "a=1 b=2").identical);
    }

    #[test]
    fn frames_are_aligned_whatever_their_order() {
        check("a=1 b=2 c=3", "b=2 a=1 c=4", "=2 ~!c(output)");
        check("a=1 b=2", "a=1 x=2 b=3", "=1 ~!b(output) +x");
        check("a=1", "a=1 x=2", "=1 +!x");
        check("a=1 b=2", "b=2", "=1 -!a");
    }

    #[test]
    fn iterations_are_aligned_by_path() {
        check(
            "each( b=1 | b=2 | b=3 )",
            "each( b=1 | b=5 )",
            "=2 ~!each[1]/b(output) -each[2]/b",
        );
    }

    #[test]
    fn activations_of_one_name_are_aligned_by_order() {
        check("a=1 a=2 a=3", "a=1 a=2", "=2 -!a");
    }

    #[test]
    fn a_failure_differs_in_status_output_and_error() {
        check("a=1", "a!no", "=0 ~!a(output,error)");
        let frame = &diff("a=1", "a!no").changed[0];
        assert_eq!(
            frame.status,
            Some(StatusChange {
                before: Status::Completed,
                after: Status::Failed
            })
        );
        check("a!yes", "a!no", "=0 ~!a(error)");
        assert_eq!(diff("a!yes", "a!no").changed[0].error[0].path, "/message");
    }

    #[test]
    fn its_json_has_stable_fields() {
        let json = serde_json::to_string(&diff("a=1", "a=2")).unwrap();
        let fields = [
            "a",
            "b",
            "identical",
            "firstDivergence",
            "workflow",
            "input",
            "output",
            "error",
            "same",
            "changed",
            "onlyInA",
            "onlyInB",
        ];
        let object: serde_json::Map<_, _> = serde_json::from_str(&json).unwrap();
        assert_eq!(object.len(), fields.len());
        assert!(fields.iter().all(|field| object.contains_key(*field)));
        assert_eq!(object["changed"][0]["output"][0]["op"], "changed");
    }
}
