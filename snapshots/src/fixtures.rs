//! What the tests of this crate are made of: runs with values of chosen sizes.

use flowforge_engine::event::{
    Changes, Ending, Event, Mode, Recorded, RunEnding, Usage, WorkflowRef,
};
use flowforge_engine::frame::Status;
use flowforge_engine::value::Record;
use flowforge_engine::workflow::{Config, Graph};
use flowforge_engine::{RunId, Seq, Timestamp, Value, Workflow};

use crate::append::{Append, NewRun};
use crate::faults::FaultyDisk;
use crate::journal::{Journal, Options};
use crate::row::ForkOf;

/// The run with this number.
pub(crate) fn run(number: u128) -> RunId {
    RunId(uuid::Uuid::from_u128(number))
}

/// A journal on a new disk in memory.
pub(crate) fn journal() -> Journal {
    on(&FaultyDisk::new())
}

/// The journal on a disk.
pub(crate) fn on(disk: &FaultyDisk) -> Journal {
    Journal::with_backend(disk.clone(), Options::default()).unwrap()
}

/// A small workflow.
pub(crate) fn workflow(id: &str, version: u64) -> Workflow {
    Workflow {
        id: id.into(),
        name: format!("{id} {version}"),
        version,
        config: Config::default(),
        graph: Graph::default(),
        extra: Default::default(),
    }
}

pub(crate) fn workflow_ref(workflow: &Workflow) -> WorkflowRef {
    WorkflowRef {
        id: workflow.id.clone(),
        version: workflow.version,
        hash: workflow.hash(),
    }
}

/// A text of `bytes` bytes that is different for each `seed` and compresses badly.
pub(crate) fn text(seed: u64, bytes: usize) -> Value {
    let mut chance = crate::faults::Chance(seed);
    let letters =
        std::iter::repeat_with(|| char::from(b'a' + u8::try_from(chance.below(26)).unwrap()));
    Value::from(letters.take(bytes).collect::<String>())
}

/// A record of `fields` large texts that differ by `seed` in the last one only.
pub(crate) fn wide(seed: u64, fields: u64) -> Value {
    let same = (1..fields).map(|field| (format!("f{field}"), text(field, 5000)));
    Value::Record(
        same.chain([("last".to_owned(), text(seed + 1_000_000, 5000))])
            .collect::<Record>(),
    )
}

/// A frame that opens with `input` and completes with `output`.
pub(crate) fn frame(first: u64, input: Value, output: Value) -> [Recorded; 2] {
    let node = format!("n{first}").as_str().into();
    let opened = Event::FrameOpened {
        scope: Seq(0),
        node,
        attempt: 1,
        input,
        queued_ms: 0,
    };
    let closed = Event::FrameClosed {
        frame: Seq(first),
        ending: Ending::Completed {
            outputs: vec![("out".into(), output)],
        },
        logs: Vec::new(),
        usage: Usage::default(),
        memo: false,
    };
    [recorded(first, opened), recorded(first + 1, closed)]
}

pub(crate) fn recorded(seq: u64, event: Event) -> Recorded {
    Recorded {
        seq: Seq(seq),
        at: Timestamp(1_000_000 + i64::try_from(seq).unwrap()),
        event,
    }
}

/// A new run whose frames pass `values` on.
pub(crate) fn start(number: u128, values: &[Value], status: Status) -> Append {
    let workflow = workflow("flow", 1);
    let started = Event::RunStarted {
        workflow: workflow_ref(&workflow),
        input: Value::Null,
        mode: Mode::Live,
    };
    let mut events = vec![recorded(1, started)];
    push_frames(&mut events, values);
    Append {
        run: run(number),
        new: Some(NewRun {
            workflow: workflow_ref(&workflow),
            mode: Mode::Live,
            fork_of: None,
            key: None,
        }),
        events,
        workflows: vec![workflow],
        status,
    }
}

/// More frames of a run whose last event is `last`.
pub(crate) fn more(number: u128, last: u64, values: &[Value], status: Status) -> Append {
    let mut events = Vec::new();
    for (seq, value) in (last + 1..).step_by(2).zip(values) {
        events.extend(frame(seq, value.clone(), value.clone()));
    }
    Append {
        run: run(number),
        new: None,
        events,
        workflows: Vec::new(),
        status,
    }
}

/// A fork of `parent` that shares its first `at` events.
pub(crate) fn fork(
    number: u128,
    parent: u128,
    at: u64,
    values: &[Value],
    status: Status,
) -> Append {
    let from = run(parent);
    let forked = Event::RunForked {
        from,
        at: Seq(at),
        changes: Changes::default(),
        mode: Mode::Dry,
    };
    let mut events = vec![recorded(at + 1, forked)];
    push_frames(&mut events, values);
    let workflow = workflow("flow", 1);
    let fork_of = Some(ForkOf {
        run: from,
        at: Seq(at),
    });
    Append {
        run: run(number),
        new: Some(NewRun {
            workflow: workflow_ref(&workflow),
            mode: Mode::Dry,
            fork_of,
            key: None,
        }),
        events,
        workflows: vec![workflow],
        status,
    }
}

/// The last event of a run that completed with null.
pub(crate) fn closed(seq: u64) -> Recorded {
    recorded(
        seq,
        Event::RunClosed {
            ending: RunEnding::Completed {
                output: Value::Null,
            },
        },
    )
}

fn push_frames(events: &mut Vec<Recorded>, values: &[Value]) {
    for value in values {
        let next = events.last().map_or(1, |event| event.seq.0 + 1);
        events.extend(frame(next, value.clone(), value.clone()));
    }
}

/// Asserts that everything in the journal is as it should be.
pub(crate) fn assert_sound(journal: &Journal) {
    let verified = journal.verify().unwrap();
    assert_eq!(verified.complaints, Vec::<String>::new());
}
