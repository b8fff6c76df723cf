//! A run whose process dies and whose power goes, again and again, until it is finished.
//!
//! The journal and the machine are the real ones; the disk is [`FaultyDisk`], the world is a function, and
//! what comes first of all that could is drawn from the seed and the number of the last event. So a run that was cut
//! anywhere and went on must record the very events of the run that nobody disturbed, and a seed
//! that shows otherwise can be played again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use flowforge_engine::effect::{Effect, EffectKind, Outcome};
use flowforge_engine::event::{Event, Mode, Recorded};
use flowforge_engine::frame::Status;
use flowforge_engine::machine::{Arrival, Outstanding, Plan, Request, Run, Step, step};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::script::Evaluator;
use flowforge_engine::{
    Clock, Failure, FailureKind, FrameId, RunId, Seq, Timestamp, Value, Workflow,
};
use flowforge_snapshots::faults::{Chance, Faults, FaultyDisk};
use flowforge_snapshots::{Append, Journal, NewRun, Options, WriteError};
use serde_json::json;

use crate::workflows::Story;

/// Most deaths of one run; then it is left in peace.
const DEATHS_MAX: u64 = 4;
/// Most arrivals of one run.
const TURNS_MAX: usize = 10_000;

/// The one run of each journal.
fn the_run() -> RunId {
    RunId::default()
}

/// One effect of one frame.
type Place = (FrameId, u32);

/// What happened to one seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survived {
    /// How often the process died.
    pub deaths: u64,
    /// How many of these were a loss of power.
    pub power_losses: u64,
}

/// Stories, ready to be played.
pub struct Theatre {
    evaluator: RefCell<Evaluator>,
    catalogue: Arc<Catalogue>,
    pieces: Vec<Piece>,
}

/// A story that is ready to run, and about how many disk operations it takes.
struct Piece {
    story: Story,
    plan: Arc<Plan>,
    operations: u64,
}

impl Theatre {
    /// Prepares stories; each is played once on a disk without faults.
    ///
    /// # Panics
    /// When one does not come to its end.
    #[must_use]
    pub fn new(stories: Vec<Story>) -> Self {
        let catalogue = Arc::new(Catalogue::built_in());
        let piece = |story: Story| Piece {
            plan: Arc::new(Plan::new(story.workflow.clone(), &catalogue)),
            story,
            operations: 0,
        };
        let pieces = stories.into_iter().map(piece).collect();
        let mut theatre = Self {
            evaluator: RefCell::new(Evaluator::new()),
            catalogue,
            pieces,
        };
        for at in 0..theatre.pieces.len() {
            theatre.pieces[at].operations = theatre.rehearse(at);
        }
        theatre
    }

    /// Plays a story in peace on a disk; how many operations that took.
    fn rehearse(&self, at: usize) -> u64 {
        let disk = FaultyDisk::new();
        disk.plan(Faults::default());
        let mut witness = Witness::default();
        let alive = self.live(&self.pieces[at], &disk, 0, Chance(0), &mut witness);
        alive.expect("nothing disturbs a rehearsal");
        let counts = disk.counts();
        counts.writes + counts.syncs
    }

    /// Plays the story of this seed with its deaths, and compares it with the same story in peace.
    ///
    /// # Panics
    /// When a law is broken.
    #[must_use]
    pub fn survive(&self, seed: u64) -> Survived {
        let mut chance = Chance(seed);
        let pieces = self.pieces.len() as u64;
        let piece = &self.pieces[usize::try_from(seed % pieces).expect("few pieces")];
        let order = chance.next_number();
        let mut witness = Witness::default();
        let mut survived = Survived::default();
        let mut disk = FaultyDisk::new();
        loop {
            let is_left_in_peace = survived.deaths == DEATHS_MAX;
            let death = (!is_left_in_peace).then(|| chance.below(piece.operations * 5 / 4));
            disk.plan(Faults {
                death,
                ..Faults::default()
            });
            let pace = Chance(chance.next_number());
            if self.live(piece, &disk, order, pace, &mut witness).is_ok() {
                break;
            }
            survived.deaths += 1;
            // A killed process leaves what it wrote to the system; a loss of power leaves less.
            disk = if chance.below(4) == 0 {
                FaultyDisk::with_image(disk.image())
            } else {
                survived.power_losses += 1;
                disk.after_power_loss(chance.next_number())
            };
        }
        disk.plan(Faults::default());
        self.examine(piece, &disk, order, &witness);
        survived
    }

    /// One life of the process: open, fold, go on to the end. `Err` when the disk went away under it.
    fn live(
        &self,
        piece: &Piece,
        disk: &FaultyDisk,
        order: u64,
        pace: Chance,
        witness: &mut Witness,
    ) -> Result<(), Dead> {
        let journal = Journal::with_backend(disk.clone(), Options::default()).map_err(|_| Dead)?;
        let found = match journal.run(the_run()).map_err(|_| Dead)? {
            Some(_) => journal.read(the_run(), Seq(0), None).map_err(|_| Dead)?,
            None => Vec::new(),
        };
        witness.compare(&found);
        let ledger = Ledger::new(journal, piece, pace);
        Life::new(self, piece, order, ledger, witness).play(&found)
    }

    /// The laws, once the run is over.
    fn examine(&self, piece: &Piece, disk: &FaultyDisk, order: u64, witness: &Witness) {
        let name = piece.story.name;
        let journal = Journal::with_backend(disk.clone(), Options::default()).expect("it opens");
        let verified = journal.verify().expect("it can be looked at");
        assert_eq!(verified.complaints, Vec::<String>::new(), "{name}");
        let events = journal.read(the_run(), Seq(0), None).expect("it is there");
        let row = journal
            .run(the_run())
            .expect("readable")
            .expect("it is there");
        assert_eq!(
            (row.status, row.last_seq.0),
            (Status::Completed, events.len() as u64)
        );
        let gapless = events
            .iter()
            .zip(1..)
            .all(|(event, seq)| event.seq == Seq(seq));
        assert!(gapless, "{name}: a gap in the events");
        witness.settle();
        let peace = self.in_peace(piece, order);
        if piece.story.is_repeatable {
            assert_eq!(
                events, peace,
                "{name}: not the events of the run without a crash"
            );
        } else {
            assert_eq!(output(&events), output(&peace), "{name}: another output");
            let often = witness
                .performed
                .iter()
                .find(|(_, (times, idempotent))| *times > 1 && !idempotent);
            assert_eq!(
                often, None,
                "{name}: performed twice although it must not be"
            );
        }
    }

    /// The events of the same story when nothing happens to it.
    fn in_peace(&self, piece: &Piece, order: u64) -> Vec<Recorded> {
        let mut witness = Witness::default();
        let mut life = Life::new(self, piece, order, Ledger::memory(), &mut witness);
        life.play(&[]).expect("memory does not die");
        life.ledger.buffered
    }
}

fn output(events: &[Recorded]) -> Option<&Event> {
    events.last().map(|recorded| &recorded.event)
}

/// The disk is gone, and with it the process.
#[derive(Debug)]
struct Dead;

impl From<WriteError> for Dead {
    fn from(_: WriteError) -> Self {
        Self
    }
}

/// What somebody outside saw over all lives: it cannot be taken back.
#[derive(Default)]
struct Witness {
    /// Everything handed to the journal.
    sent: Vec<Recorded>,
    /// After how many events each append ended.
    ends: Vec<usize>,
    /// How many of them are durable for certain.
    acknowledged: usize,
    /// How often each effect was performed, and whether that may be more than once.
    performed: BTreeMap<Place, (u32, bool)>,
    /// How often it had been performed when its answer was durable.
    answered: BTreeMap<Place, u32>,
}

impl Witness {
    /// A reopened journal has everything acknowledged, and of the rest whole appends, in order.
    fn compare(&mut self, found: &[Recorded]) {
        assert!(
            found.len() >= self.acknowledged,
            "acknowledged events are missing"
        );
        assert!(
            self.sent.starts_with(found),
            "the journal has events that were never sent"
        );
        let is_whole = found.len() == self.acknowledged || self.ends.contains(&found.len());
        assert!(is_whole, "an append is there in part");
        self.sent.truncate(found.len());
        self.ends.clear();
        self.acknowledge(found.len());
    }

    fn send(&mut self, events: &[Recorded]) -> usize {
        self.sent.extend_from_slice(events);
        self.ends.push(self.sent.len());
        self.sent.len()
    }

    fn acknowledge(&mut self, end: usize) {
        for recorded in &self.sent[self.acknowledged..end] {
            if let Event::EffectAnswered { frame, ordinal, .. } = recorded.event {
                let place = (frame, ordinal);
                let (times, _) = self.performed.get(&place).copied().unwrap_or_default();
                self.answered.insert(place, times);
            }
        }
        self.acknowledged = end;
    }

    fn perform(&mut self, asked: &Outstanding) {
        let place = (asked.frame, asked.ordinal);
        let is_requested = self.sent[..self.acknowledged].iter().any(|recorded| {
            matches!(recorded.event, Event::EffectRequested { frame, ordinal, .. } if (frame, ordinal) == place)
        });
        assert!(is_requested, "performed before it was durable");
        assert!(
            !self.answered.contains_key(&place),
            "performed although its answer was durable"
        );
        let (times, _) = self.performed.get(&place).copied().unwrap_or_default();
        self.performed
            .insert(place, (times + 1, asked.effect.idempotent));
    }

    /// Everything that was performed was answered, and not performed again after that.
    fn settle(&self) {
        for (place, (times, _)) in &self.performed {
            let answered = self.answered.get(place);
            assert!(
                answered.is_none_or(|then| then == times),
                "{place:?} was performed after its answer"
            );
        }
    }
}

/// Where a life's events go.
struct Ledger {
    journal: Option<Journal>,
    new: Option<NewRun>,
    workflows: Vec<Workflow>,
    buffered: Vec<Recorded>,
    pace: Chance,
    in_flight: usize,
    tell: Sender<(usize, Result<(), WriteError>)>,
    told: Receiver<(usize, Result<(), WriteError>)>,
}

impl Ledger {
    fn memory() -> Self {
        let (tell, told) = channel();
        Self {
            journal: None,
            new: None,
            workflows: Vec::new(),
            buffered: Vec::new(),
            pace: Chance(0),
            in_flight: 0,
            tell,
            told,
        }
    }

    fn new(journal: Journal, piece: &Piece, pace: Chance) -> Self {
        let new = NewRun {
            workflow: piece.plan.reference(),
            mode: Mode::Live,
            fork_of: None,
            key: None,
        };
        Self {
            journal: Some(journal),
            new: Some(new),
            workflows: vec![piece.story.workflow.clone()],
            pace,
            ..Self::memory()
        }
    }

    /// Hands everything to the writer without waiting.
    fn flush(&mut self, status: Status, witness: &mut Witness) {
        let Some(journal) = &self.journal else { return };
        if self.buffered.is_empty() {
            return;
        }
        let events = std::mem::take(&mut self.buffered);
        let end = witness.send(&events);
        let append = Append {
            run: the_run(),
            new: self.new.take().filter(|_| events[0].seq == Seq(1)),
            events,
            workflows: std::mem::take(&mut self.workflows),
            status,
        };
        self.in_flight += 1;
        let tell = self.tell.clone();
        // The receiver is gone when this life has ended.
        let done = move |result| drop(tell.send((end, result)));
        journal.append(append, Box::new(done));
    }

    /// Waits until everything is durable.
    fn sync(&mut self, status: Status, witness: &mut Witness) -> Result<(), Dead> {
        self.flush(status, witness);
        while self.in_flight > 0 {
            let (end, result) = self.told.recv().map_err(|_| Dead)?;
            result?;
            self.in_flight -= 1;
            witness.acknowledge(end);
        }
        Ok(())
    }
}

/// A clock that stands: what a run records must not depend on how long it lay still.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp(1_000)
    }
}

/// A process at work on the run.
struct Life<'a> {
    theatre: &'a Theatre,
    piece: &'a Piece,
    run: Run,
    order: u64,
    ledger: Ledger,
    witness: &'a mut Witness,
    /// What could arrive next: evaluations before effects, each in the order of frames.
    coming: BTreeMap<(FrameId, bool, u32), Arrival>,
    evaluations: u32,
    is_due: bool,
}

impl<'a> Life<'a> {
    fn new(
        theatre: &'a Theatre,
        piece: &'a Piece,
        order: u64,
        ledger: Ledger,
        witness: &'a mut Witness,
    ) -> Self {
        let run = Run::new(
            the_run(),
            Arc::clone(&piece.plan),
            Arc::clone(&theatre.catalogue),
        );
        Self {
            theatre,
            piece,
            run,
            order,
            ledger,
            witness,
            coming: BTreeMap::new(),
            evaluations: 0,
            is_due: false,
        }
    }

    /// Goes on from what was found to the end of the run.
    fn play(&mut self, found: &[Recorded]) -> Result<(), Dead> {
        self.run.know(Arc::clone(&self.piece.plan));
        found.iter().for_each(|recorded| self.run.apply(recorded));
        if found.is_empty() {
            let input = self.piece.story.input.clone();
            self.take(Arrival::Start {
                input,
                mode: Mode::Live,
            })?;
        } else {
            self.resume()?;
        }
        for _ in 0..TURNS_MAX {
            if self.run.ending().is_some() {
                return self.ledger.sync(self.run.status(), self.witness);
            }
            let next = self.next();
            self.take(next)?;
        }
        panic!("`{}` does not come to an end", self.piece.story.name);
    }

    /// Law 3.
    fn resume(&mut self) -> Result<(), Dead> {
        for asked in self.run.outstanding() {
            if asked.effect.kind.is_visible() && !asked.effect.idempotent {
                let error = Failure::new(FailureKind::InDoubt, "nobody knows");
                self.take(Arrival::InDoubt {
                    frame: asked.frame,
                    error,
                })?;
            } else {
                self.perform(&asked)?;
            }
        }
        self.take(Arrival::Continue)
    }

    /// What comes first of all that could: the same in every life that is at this event.
    fn next(&mut self) -> Arrival {
        if std::mem::take(&mut self.is_due) {
            return Arrival::Woke;
        }
        if let Some((frame, ..)) = self.run.held().first() {
            return Arrival::Retry { frame: *frame };
        }
        let place = self.order ^ self.run.seq().0.wrapping_mul(0x9e37_79b9);
        let chosen = Chance(place).below(self.coming.len() as u64);
        let chosen = self
            .coming
            .keys()
            .nth(usize::try_from(chosen).expect("few"))
            .copied();
        let arrival = chosen.and_then(|key| self.coming.remove(&key));
        arrival.unwrap_or_else(|| panic!("`{}` waits for nothing", self.piece.story.name))
    }

    fn take(&mut self, arrival: Arrival) -> Result<(), Dead> {
        let Step {
            recorded,
            requests,
            wake_at,
            more,
        } = step(&mut self.run, arrival, &Standing);
        assert!(!more, "stories are short");
        self.is_due = wake_at.is_some_and(|at| at <= Standing.now());
        self.ledger.buffered.extend(recorded);
        if self.ledger.pace.below(4) == 0 {
            self.ledger.flush(self.run.status(), self.witness);
        }
        requests
            .into_iter()
            .try_for_each(|request| self.carry_out(request))
    }

    fn carry_out(&mut self, request: Request) -> Result<(), Dead> {
        match request {
            Request::Perform(asked) => self.perform(&asked),
            Request::Evaluate { frame, request, .. } => {
                let mut reply = self.theatre.evaluator.borrow_mut().evaluate(&request);
                // What is lost in a crash is evaluated again, so what a frame cost is no part of the law.
                reply.usage = Default::default();
                self.evaluations += 1;
                let arrival = Arrival::Evaluated {
                    frame,
                    request,
                    reply,
                    memo: false,
                };
                self.coming
                    .insert((frame, false, self.evaluations), arrival);
                Ok(())
            }
        }
    }

    /// Performs an effect: at once, or after a sync when it can be noticed outside.
    fn perform(&mut self, asked: &Outstanding) -> Result<(), Dead> {
        if asked.effect.kind.is_visible() && self.ledger.journal.is_some() {
            self.ledger.sync(self.run.status(), self.witness)?;
            self.witness.perform(asked);
        }
        let attempt = self
            .run
            .place_of(asked.frame)
            .map_or(1, |(.., attempt)| attempt);
        let Outstanding {
            frame,
            ordinal,
            effect,
        } = asked;
        let arrival = Arrival::Answered {
            frame: *frame,
            ordinal: *ordinal,
            outcome: self.answer(effect, attempt),
            took_ms: 0,
        };
        self.coming.insert((*frame, true, *ordinal), arrival);
        Ok(())
    }

    /// The world: a function of what is asked.
    fn answer(&self, effect: &Effect, attempt: u32) -> Outcome {
        match effect.kind {
            EffectKind::Http => called(&effect.request, attempt),
            EffectKind::Call => Ok(self.piece.story.called(&effect.request).to_value()),
            EffectKind::Now => Ok(Value::Int(Standing.now().0)),
            EffectKind::Random => Ok(Value::Float(0.5)),
            EffectKind::Sleep | EffectKind::Signal => Ok(Value::Null),
        }
    }
}

/// Fails twice when the URL says so; else answers with as many bytes as it says, and a number that depends on it.
fn called(request: &Value, attempt: u32) -> Outcome {
    let url = request
        .get("url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if url.contains("flaky") && attempt < 3 {
        return Err(Failure::new(FailureKind::Connection, "refused"));
    }
    let number = url.bytes().map(u64::from).sum::<u64>();
    let text = if url.contains("big") {
        letters(number, 50_000)
    } else {
        String::new()
    };
    let body = json!({ "n": number, "text": text });
    Ok(Value::from_json(
        &json!({ "status": 200, "headers": {}, "body": body, "url": url }),
    ))
}

fn letters(seed: u64, count: usize) -> String {
    let mut chance = Chance(seed);
    let letter = || char::from(b'a' + u8::try_from(chance.below(26)).expect("a letter"));
    std::iter::repeat_with(letter).take(count).collect()
}
