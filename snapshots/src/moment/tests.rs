//! Whatever way a moment is reached, it is the fold from the first event.

use flowforge_engine::effect::{Effect, EffectKind};
use flowforge_engine::event::{Disposition, Ending, Event, Mode, Recorded, RunEnding, Usage};
use flowforge_engine::fold::{Fold, Timeline, TimelineFold};
use flowforge_engine::frame::{ExecutionFrame, Snapshot, Status};
use flowforge_engine::{Failure, FailureKind, RunId, Seq, Value, Workflow};

use super::*;
use crate::append::{Append, NewRun};
use crate::faults::Chance;
use crate::fixtures::{journal, recorded, run, text, workflow_ref};
use crate::row::ForkOf;

/// A run such as the machine records one: nested loops, iterations side by side, effects, retries.
struct Story {
    chance: Chance,
    events: Vec<Recorded>,
    after: u64,
}

impl Story {
    fn of(seed: u64, events: usize) -> Vec<Recorded> {
        let mut story = Self {
            chance: Chance(seed),
            events: Vec::new(),
            after: 0,
        };
        let workflow = workflow_ref(&document());
        story.push(Event::RunStarted {
            workflow,
            input: Value::from("in"),
            mode: Mode::Live,
        });
        while story.events.len() < events {
            story.nodes(&[Seq(0)], 0);
        }
        let output = story.value();
        story.push(Event::RunClosed {
            ending: RunEnding::Completed { output },
        });
        story.events
    }

    fn push(&mut self, event: Event) -> Seq {
        let seq = self.after + self.events.len() as u64 + 1;
        self.events.push(recorded(seq, event));
        Seq(seq)
    }

    fn value(&mut self) -> Value {
        match self.chance.below(8) {
            0 => text(self.chance.below(3), 700),
            _ => Value::from(i64::try_from(self.chance.below(1000)).unwrap()),
        }
    }

    /// Some nodes, in all of these levels side by side.
    fn nodes(&mut self, scopes: &[Seq], depth: u64) {
        for node in 0..3 {
            let name = format!("n{depth}{node}");
            match self.chance.below(8) {
                0 => scopes.iter().for_each(|scope| {
                    self.push(Event::FrameSkipped {
                        scope: *scope,
                        node: name.as_str().into(),
                    });
                }),
                1 | 2 if depth < 2 => self.containers(scopes, &format!("each{depth}{node}"), depth),
                _ => self.leaves(scopes, &name),
            }
        }
    }

    fn open(&mut self, scope: Seq, node: &str, attempt: u32) -> Seq {
        let input = self.value();
        self.push(Event::FrameOpened {
            scope,
            node: node.into(),
            attempt,
            input,
            queued_ms: 1,
        })
    }

    fn close(&mut self, frame: Seq, ending: Ending) {
        self.push(Event::FrameClosed {
            frame,
            ending,
            logs: Vec::new(),
            usage: Usage::default(),
            memo: false,
        });
    }

    fn complete(&mut self, frame: Seq) {
        let mut outputs = vec![("out".to_owned(), self.value())];
        if self.chance.below(10) == 0 {
            outputs.push(("more".into(), Value::Null));
        }
        self.close(frame, Ending::Completed { outputs });
    }

    fn leaves(&mut self, scopes: &[Seq], node: &str) {
        let frames: Vec<(Seq, Seq)> = scopes
            .iter()
            .map(|scope| (*scope, self.open(*scope, node, 1)))
            .collect();
        for (scope, frame) in frames {
            for ordinal in 0..u32::try_from(self.chance.below(3)).unwrap() {
                let effect = Effect {
                    kind: EffectKind::Http,
                    request: self.value(),
                    idempotent: true,
                };
                self.push(Event::EffectRequested {
                    frame,
                    ordinal,
                    effect,
                });
                let outcome = Ok(self.value());
                self.push(Event::EffectAnswered {
                    frame,
                    ordinal,
                    outcome,
                    took_ms: 3,
                });
            }
            if self.chance.below(6) == 0 {
                let error = Failure::new(FailureKind::Raised, "no").with_details(self.value());
                let then = Disposition::Retry {
                    at: flowforge_engine::Timestamp(0),
                };
                self.close(frame, Ending::Failed { error, then });
                let again = self.open(scope, node, 2);
                self.complete(again);
            } else {
                self.complete(frame);
            }
        }
    }

    fn containers(&mut self, scopes: &[Seq], node: &str, depth: u64) {
        let frames: Vec<Seq> = scopes
            .iter()
            .map(|scope| self.open(*scope, node, 1))
            .collect();
        let calls = self.chance.below(4) == 0;
        for frame in &frames {
            if calls {
                let effect = Effect {
                    kind: EffectKind::Call,
                    request: Value::Null,
                    idempotent: true,
                };
                self.push(Event::EffectRequested {
                    frame: *frame,
                    ordinal: 0,
                    effect,
                });
                let outcome = Ok(document().to_value());
                self.push(Event::EffectAnswered {
                    frame: *frame,
                    ordinal: 0,
                    outcome,
                    took_ms: 3,
                });
            } else {
                self.push(Event::LoopStarted {
                    frame: *frame,
                    items: Value::Null,
                    parallelism: 2,
                });
            }
        }
        let waves = if calls { 1 } else { 1 + self.chance.below(12) };
        for wave in 0..waves {
            let inner: Vec<Seq> = frames
                .iter()
                .flat_map(|frame| {
                    if calls {
                        vec![(*frame, 0)]
                    } else {
                        vec![(*frame, 2 * wave), (*frame, 2 * wave + 1)]
                    }
                })
                .map(|(frame, index)| {
                    self.push(Event::ScopeOpened {
                        frame,
                        index,
                        input: Value::Null,
                    })
                })
                .collect();
            self.nodes(&inner, depth + 1);
            for scope in inner {
                self.push(Event::ScopeClosed {
                    scope,
                    output: Value::Null,
                });
            }
        }
        for frame in frames {
            self.complete(frame);
        }
    }
}

fn document() -> Workflow {
    let json = r#"{"id":"story","graph":{"nodes":[{"id":"n00","type":"log"},{"id":"n01","type":"data.set","params":{"x":1}}]}}"#;
    serde_json::from_str(json).unwrap()
}

fn new_run(fork_of: Option<ForkOf>) -> NewRun {
    NewRun {
        workflow: workflow_ref(&document()),
        mode: Mode::Live,
        fork_of,
        key: None,
    }
}

/// Records events in appends of random sizes.
fn record(
    journal: &Journal,
    run: RunId,
    events: &[Recorded],
    fork_of: Option<ForkOf>,
    chance: &mut Chance,
    most: u64,
) {
    let (mut rest, mut new) = (events, Some(new_run(fork_of)));
    while !rest.is_empty() {
        let size = usize::try_from(1 + chance.below(most))
            .unwrap()
            .min(rest.len());
        let (now, later) = rest.split_at(size);
        let workflows = if new.is_some() {
            vec![document()]
        } else {
            Vec::new()
        };
        let status = if later.is_empty() {
            Status::Completed
        } else {
            Status::Running
        };
        journal
            .append_wait(Append {
                run,
                new: new.take(),
                events: now.to_vec(),
                workflows,
                status,
            })
            .unwrap();
        rest = later;
    }
}

/// The fold of the first events, frames and all.
fn folded(run: RunId, events: &[Recorded]) -> Fold {
    let mut fold = Fold::keeping_frames(run);
    events.iter().for_each(|event| fold.apply(event).unwrap());
    fold
}

/// Without what the workflow says, which a fold does not know.
fn bare(mut frame: ExecutionFrame) -> ExecutionFrame {
    (frame.node_type, frame.code_hash) = (None, None);
    frame
}

fn bare_snapshot(mut snapshot: Snapshot) -> Snapshot {
    for node in snapshot.nodes.values_mut() {
        node.frame = node.frame.take().map(|frame| Box::new(bare(*frame)));
    }
    snapshot
}

fn all_frames(
    journal: &Journal,
    run: RunId,
    filter: &FrameFilter,
    limit: usize,
) -> Vec<ExecutionFrame> {
    let (mut frames, mut cursor) = (Vec::new(), None);
    loop {
        let page = journal.frames(run, filter, cursor, limit).unwrap();
        assert!(page.frames.len() <= limit);
        frames.extend(page.frames.into_iter().map(bare));
        cursor = page.next;
        if cursor.is_none() {
            return frames;
        }
    }
}

fn checkpoints(journal: &Journal, run: RunId) -> Vec<(u64, u64)> {
    journal
        .store()
        .read(|transaction| {
            let table = transaction.open_table(tables::CHECKPOINTS)?;
            let (first, last) = (tables::at(run, Seq(0)), tables::at(run, Seq(u64::MAX)));
            let rows = table.range::<&[u8; 24]>(&first..=&last)?;
            rows.map(|entry| {
                let (key, row) = entry?;
                Ok((tables::parts(key.value()).1.0, row.value().len() as u64))
            })
            .collect()
        })
        .unwrap()
}

/// The timeline that these events fold to.
fn timeline(run: RunId, events: &[Recorded]) -> Timeline {
    let mut fold = TimelineFold::new(run);
    events.iter().for_each(|event| fold.apply(event).unwrap());
    fold.finish()
}

/// Looks at random moments of the run, and at its frames, and compares with the fold.
fn check(journal: &Journal, run: RunId, events: &[Recorded], chance: &mut Chance) {
    let whole = timeline(run, events);
    assert_eq!(journal.timeline(run, None).unwrap(), whole);
    let from = Seq(chance.below(events.len() as u64));
    assert_eq!(journal.timeline(run, from).unwrap(), whole.since(from));
    for look in 0..10 {
        let cut = if look == 0 {
            events.len()
        } else {
            1 + usize::try_from(chance.below(events.len() as u64)).unwrap()
        };
        let seq = Seq(cut as u64);
        let fold = folded(run, &events[..cut]);
        assert_eq!(
            Some(bare_snapshot(journal.snapshot(run, seq).unwrap())),
            fold.snapshot(),
            "at {seq}"
        );
        if look < 2 {
            let filter = FrameFilter {
                up_to: Some(seq),
                ..FrameFilter::default()
            };
            let limit = usize::try_from(1 + chance.below(400)).unwrap();
            assert!(
                all_frames(journal, run, &filter, limit) == fold.frames(),
                "frames at {seq}, {limit} at a time"
            );
        }
    }
    let frames = folded(run, events).frames();
    for _ in 0..5 {
        let frame = &frames[usize::try_from(chance.below(frames.len() as u64)).unwrap()];
        assert_eq!(
            journal
                .frame(run, frame.opened_seq)
                .unwrap()
                .map(bare)
                .as_ref(),
            Some(frame)
        );
    }
}

fn a_random_run(seed: u64) {
    let mut chance = Chance(seed);
    let journal = journal();
    let events = Story::of(seed, 4000);
    record(&journal, run(1), &events, None, &mut chance, 700);
    assert!(!checkpoints(&journal, run(1)).is_empty(), "seed {seed}");
    check(&journal, run(1), &events, &mut chance);

    // A fork of it, and a fork of that; then everything in fewer segments.
    let mut shared = events;
    for (number, parent) in [(2, 1), (3, 2)] {
        shared.truncate(usize::try_from(1 + chance.below(shared.len() as u64)).unwrap());
        let at = Seq(shared.len() as u64);
        let mut story = Story {
            chance: Chance(seed + 1),
            events: Vec::new(),
            after: at.0,
        };
        story.push(Event::RunForked {
            from: run(parent),
            at,
            changes: Default::default(),
            mode: Mode::Dry,
        });
        while story.events.len() < 1200 {
            story.nodes(&[Seq(0)], 0);
        }
        let fork_of = Some(ForkOf {
            run: run(parent),
            at,
        });
        record(
            &journal,
            run(number),
            &story.events,
            fork_of,
            &mut chance,
            50,
        );
        shared.extend(story.events);
        check(&journal, run(number), &shared, &mut chance);
    }
    journal.compact().unwrap();
    check(&journal, run(3), &shared, &mut chance);
    crate::fixtures::assert_sound(&journal);
}

#[test]
fn any_moment_is_the_fold_from_the_start() {
    for seed in 0..3 {
        a_random_run(seed);
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let journal = journal();
    let events = Story::of(7, 3000);
    record(&journal, run(1), &events, None, &mut Chance(7), 100);
    let damaged = checkpoints(&journal, run(1));
    assert!(damaged.len() > 2);
    journal
        .store()
        .write(|transaction| {
            let mut table = transaction.open_table(tables::CHECKPOINTS)?;
            for (seq, _) in &damaged[1..] {
                table.insert(&tables::at(run(1), Seq(*seq)), [1_u8; 40].as_slice())?;
            }
            Ok(())
        })
        .unwrap();
    check(&journal, run(1), &events, &mut Chance(8));
}

#[test]
fn what_is_not_there_is_an_error() {
    let journal = journal();
    let events = Story::of(3, 20);
    record(&journal, run(1), &events, None, &mut Chance(3), 10);
    let last = Seq(events.len() as u64);
    for seq in [Seq(0), last.next()] {
        let error = journal.snapshot(run(1), seq).unwrap_err();
        assert_eq!(
            error,
            ReadError::NoSuchEvent {
                run: run(1),
                seq,
                last
            }
        );
        assert_eq!(journal.frame(run(1), seq).unwrap(), None);
    }
    assert_eq!(
        journal.snapshot(run(2), None).unwrap_err(),
        ReadError::NoSuchRun(run(2))
    );
    assert_eq!(
        journal
            .frames(run(2), &FrameFilter::default(), None, 1)
            .unwrap_err(),
        ReadError::NoSuchRun(run(2))
    );
    assert_eq!(journal.frame(run(1), last).unwrap(), None);
}

#[test]
fn frames_are_filtered_by_node_and_status() {
    let journal = journal();
    let events = Story::of(5, 2500);
    record(&journal, run(1), &events, None, &mut Chance(5), 300);
    let frames = folded(run(1), &events).frames();
    let check = |filter: FrameFilter| {
        let passes = |frame: &&ExecutionFrame| {
            filter
                .node
                .as_ref()
                .is_none_or(|node| frame.node_id == *node)
                && filter.status.is_none_or(|status| frame.status == status)
        };
        let expected: Vec<_> = frames.iter().filter(passes).cloned().collect();
        assert!(!expected.is_empty());
        assert!(
            all_frames(&journal, run(1), &filter, 7) == expected,
            "{filter:?}"
        );
    };
    check(FrameFilter {
        node: Some("n01".into()),
        ..FrameFilter::default()
    });
    check(FrameFilter {
        status: Some(Status::Failed),
        ..FrameFilter::default()
    });
    check(FrameFilter {
        node: Some("n10".into()),
        status: Some(Status::Skipped),
        up_to: None,
    });
}

#[test]
fn frames_say_what_their_node_was() {
    let journal = journal();
    let mut story = Story {
        chance: Chance(1),
        events: Vec::new(),
        after: 0,
    };
    let workflow = workflow_ref(&document());
    story.push(Event::RunStarted {
        workflow,
        input: Value::Null,
        mode: Mode::Live,
    });
    story.leaves(&[Seq(0)], "n01");
    story.leaves(&[Seq(0)], "gone");
    record(&journal, run(1), &story.events, None, &mut Chance(1), 100);
    let snapshot = journal.snapshot(run(1), None).unwrap();
    let frame = |node: &str| snapshot.nodes[node].frame.as_deref().cloned().unwrap();
    assert_eq!(frame("n01").node_type.as_deref(), Some("data.set"));
    let node = document().graph.node("n01").cloned().unwrap();
    assert_eq!(
        frame("n01").code_hash,
        Some(flowforge_engine::frame::code_hash(&node))
    );
    assert_eq!(
        (frame("gone").node_type, frame("gone").code_hash),
        (None, None)
    );
    assert_eq!(
        journal
            .frames(run(1), &FrameFilter::default(), None, 1)
            .unwrap()
            .frames[0]
            .node_type,
        frame("n01").node_type
    );
}

#[test]
fn a_fork_differs_where_it_went_another_way() {
    let journal = journal();
    let mut story = Story {
        chance: Chance(1),
        events: Vec::new(),
        after: 0,
    };
    let workflow = workflow_ref(&document());
    story.push(Event::RunStarted {
        workflow,
        input: Value::Null,
        mode: Mode::Live,
    });
    for node in ["a", "b", "c"] {
        let frame = story.open(Seq(0), node, 1);
        story.close(
            frame,
            Ending::Completed {
                outputs: vec![("out".into(), text(1, 2000))],
            },
        );
    }
    record(&journal, run(1), &story.events, None, &mut Chance(1), 3);
    let mut fork = Story {
        chance: Chance(2),
        events: Vec::new(),
        after: 3,
    };
    fork.push(Event::RunForked {
        from: run(1),
        at: Seq(3),
        changes: Default::default(),
        mode: Mode::Dry,
    });
    let frame = fork.push(story.events[3].event.clone());
    fork.close(
        frame,
        Ending::Completed {
            outputs: vec![("out".into(), text(2, 2000))],
        },
    );
    record(
        &journal,
        run(2),
        &fork.events,
        Some(ForkOf {
            run: run(1),
            at: Seq(3),
        }),
        &mut Chance(1),
        3,
    );

    let diff = journal.diff(run(1), None, run(2), None).unwrap();
    assert_eq!((diff.same, diff.identical), (1, false));
    let first = diff.first_divergence.unwrap();
    assert_eq!(first.a.unwrap().node_id.as_str(), "b");
    assert_eq!(diff.changed[0].output[0].before, Some(text(1, 2000)));
    assert_eq!(diff.changed[0].output[0].after, Some(text(2, 2000)));
    assert!(diff.changed[0].input.is_empty());
    assert_eq!(diff.only_in_a[0].node_id.as_str(), "c");
    let same = journal
        .diff(run(1), Some(Seq(3)), run(2), Some(Seq(3)))
        .unwrap();
    assert!(same.identical);
}

#[test]
fn checkpoints_take_a_small_part_of_the_journal() {
    let journal = journal();
    let events = Story::of(11, 12_000);
    record(&journal, run(1), &events, None, &mut Chance(11), 64);
    let bytes: u64 = checkpoints(&journal, run(1))
        .iter()
        .map(|(_, bytes)| bytes)
        .sum();
    let segment_bytes = journal.run(run(1)).unwrap().unwrap().segment_bytes;
    assert!(bytes * 6 < segment_bytes, "{bytes} of {segment_bytes}");
}
