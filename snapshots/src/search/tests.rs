//! The index as its callers see it, over a journal in memory.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use flowforge_engine::effect::{Effect, EffectKind};
use flowforge_engine::event::{Changes, Disposition, Ending, Event, Mode, Recorded, Usage};
use flowforge_engine::failure::{Failure, FailureKind};
use flowforge_engine::{Address, RunId, Seq, Timestamp, Value};
use tempfile::TempDir;

use super::*;

/// A journal in memory. Clones are the same.
#[derive(Clone, Default)]
struct Memory {
    inner: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    commits: Vec<Fed<Value>>,
    position: u64,
    origins: HashMap<RunId, Origin>,
    seqs: HashMap<RunId, u64>,
    wakes: Vec<Weak<Wake>>,
    damaged: HashSet<Address>,
    reads_left: Option<u32>,
    values_read: usize,
}

impl Memory {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inner.lock().expect("no test panics in here")
    }

    fn start(&self, run: RunId, workflow: &str) {
        self.inside().origins.insert(
            run,
            Origin {
                workflow: workflow.into(),
                parent: None,
            },
        );
    }

    fn fork(&self, run: RunId, from: RunId, at: u64, input: (&str, Value)) {
        let mut inside = self.inside();
        let workflow = inside.origins[&from].workflow.clone();
        inside.origins.insert(
            run,
            Origin {
                workflow,
                parent: Some((from, Seq(at))),
            },
        );
        inside.seqs.insert(run, at);
        drop(inside);
        let changes = Changes {
            workflow: None,
            inputs: vec![(input.0.into(), input.1)],
        };
        self.commit(
            run,
            vec![Event::RunForked {
                from,
                at: Seq(at),
                changes,
                mode: Mode::Dry,
            }],
        );
    }

    /// Commits these events; the seq of the first.
    fn commit(&self, run: RunId, events: Vec<Event>) -> u64 {
        let mut inside = self.inside();
        inside.position += 3;
        let position = inside.position;
        let seq = inside.seqs.entry(run).or_default();
        let first = *seq + 1;
        *seq += events.len() as u64;
        let recorded = (first..).zip(events).map(|(seq, event)| Recorded {
            seq: Seq(seq),
            at: Timestamp(seq.cast_signed()),
            event,
        });
        let fed = Fed {
            position,
            run,
            events: recorded.collect(),
        };
        inside.commits.push(fed);
        inside.wakes.retain(|wake| {
            wake.upgrade().is_some_and(|wake| {
                wake();
                true
            })
        });
        first
    }

    /// Commits a whole frame; its id.
    fn frame(&self, run: RunId, node: &str, input: Value, output: Value) -> u64 {
        let frame = self.open(run, node, input);
        self.commit(
            run,
            vec![close(
                frame,
                Ending::Completed {
                    outputs: vec![("out".into(), output)],
                },
            )],
        );
        frame
    }

    fn open(&self, run: RunId, node: &str, input: Value) -> u64 {
        self.commit(
            run,
            vec![Event::FrameOpened {
                scope: Seq(0),
                node: node.into(),
                attempt: 1,
                input,
                queued_ms: 0,
            }],
        )
    }

    fn delete(&self, run: RunId) {
        let mut inside = self.inside();
        inside.origins.remove(&run);
        inside.commits.retain(|fed| fed.run != run);
    }

    fn read(&self) -> Result<MutexGuard<'_, Inside>, FeedError> {
        let mut inside = self.inside();
        match &mut inside.reads_left {
            Some(0) => return Err(FeedError::Storage("no more reads".into())),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(inside)
    }
}

fn close(frame: u64, ending: Ending) -> Event {
    Event::FrameClosed {
        frame: Seq(frame),
        ending,
        logs: Vec::new(),
        usage: Usage::default(),
        memo: false,
    }
}

impl Feed for Memory {
    type Kept = Value;

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Fed<Value>>, FeedError> {
        let inside = self.read()?;
        Ok(inside
            .commits
            .iter()
            .filter(|fed| fed.position > after)
            .take(limit)
            .cloned()
            .collect())
    }

    fn position(&self) -> Result<u64, FeedError> {
        Ok(self.inside().position)
    }

    fn event(&self, run: RunId, seq: Seq) -> Result<Option<Recorded>, FeedError> {
        let inside = self.read()?;
        let mut run = run;
        while let Some(Origin {
            parent: Some((parent, at)),
            ..
        }) = inside.origins.get(&run)
        {
            if seq > *at {
                break;
            }
            run = *parent;
        }
        let mut events = inside
            .commits
            .iter()
            .filter(|fed| fed.run == run)
            .flat_map(|fed| &fed.events);
        Ok(events.find(|recorded| recorded.seq == seq).cloned())
    }

    fn origin(&self, run: RunId) -> Result<Option<Origin>, FeedError> {
        Ok(self.read()?.origins.get(&run).cloned())
    }

    fn identity(&self, kept: &Value) -> Result<Address, FeedError> {
        Ok(kept.address())
    }

    fn value(&self, kept: &Value) -> Result<Value, FeedError> {
        let mut inside = self.read()?;
        if inside.damaged.contains(&kept.address()) {
            return Err(FeedError::Damaged("flipped bits".into()));
        }
        inside.values_read += 1;
        Ok(kept.clone())
    }

    fn watch(&self, wake: Wake) -> Box<dyn Watching> {
        let wake = Arc::new(wake);
        self.inside().wakes.push(Arc::downgrade(&wake));
        Box::new(Listening(wake))
    }
}

/// Wakes each time, so there is nothing to ask for again.
struct Listening(#[expect(dead_code, reason = "dropping it ends it")] Arc<Wake>);

impl Watching for Listening {
    fn again(&mut self) {}
}

fn run(number: u64) -> RunId {
    format!("00000000-0000-7000-8000-{number:012x}")
        .parse()
        .expect("a UUID")
}

fn json(text: &str) -> Value {
    Value::parse_json(text).expect("JSON")
}

/// A journal with an index beside it.
struct World {
    dir: TempDir,
    feed: Memory,
    search: Search,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().expect("a folder");
        let search = Search::open(dir.path()).expect("an index");
        Self {
            dir,
            feed: Memory::default(),
            search,
        }
    }

    /// Two runs of one workflow and one of another.
    fn with_orders() -> Self {
        let world = Self::new();
        for (number, workflow) in [(1, "shop"), (2, "shop"), (3, "mail")] {
            world.feed.start(run(number), workflow);
            let order = json(&format!(
                r#"{{"customer":{{"email":"ann{number}@example.com","name":"Ann Lee"}},"total":{number}.5,"paid":true}}"#
            ));
            world
                .feed
                .frame(run(number), "start", Value::Null, order.clone());
            world.feed.frame(
                run(number),
                "check",
                order,
                json(r#"{"verdict":"goes on"}"#),
            );
        }
        world.catch_up();
        world
    }

    fn catch_up(&self) {
        let progress = self.search.catch_up(&self.feed, || true).expect("indexed");
        assert_eq!(progress.lag, 0);
    }

    /// Lets the index begin again from what is on disk.
    fn restart(self) -> Self {
        let Self { dir, feed, search } = self;
        drop(search);
        let search = Search::open(dir.path()).expect("an index");
        Self { dir, feed, search }
    }

    fn page(&self, question: &Question<'_>) -> Page {
        self.search.query(&self.feed, question).expect("an answer")
    }

    /// What a question finds, as `run:frame node role`, best first.
    fn find(&self, question: &Question<'_>) -> Vec<String> {
        self.page(question).hits.iter().map(short).collect()
    }

    #[track_caller]
    fn check(&self, text: &str, expected: &[&str]) {
        assert_eq!(self.find(&ask(text)), expected, "for {text:?}");
    }
}

fn short(hit: &Hit) -> String {
    let run = hit.run.to_string();
    let run = run
        .rsplit('-')
        .next()
        .expect("a part")
        .trim_start_matches('0');
    let role = serde_json::to_value(hit.role).expect("a role");
    format!(
        "{run}:{} {} {}",
        hit.frame,
        hit.node,
        role.as_str().expect("a word")
    )
}

fn ask(text: &str) -> Question<'_> {
    Question {
        text,
        limit: 50,
        ..Question::default()
    }
}

#[test]
fn a_value_is_found_by_word_phrase_and_field_newest_first() {
    let world = World::with_orders();
    world.check("ann2@example.com", &["2:3 check input", "2:1 start output"]);
    world.check(
        "customer.email:ann1@example.com",
        &["1:3 check input", "1:1 start output"],
    );
    world.check(
        "email:ann3@example.com",
        &["3:3 check input", "3:1 start output"],
    );
    world.check(
        "\"goes on\"",
        &["3:3 check output", "2:3 check output", "1:3 check output"],
    );
    world.check("total:2.5", &["2:3 check input", "2:1 start output"]);
    world.check("total:2.5 -paid", &[]);
    world.check(
        "ann1* OR verdict",
        &[
            "3:3 check output",
            "2:3 check output",
            "1:3 check output",
            "1:3 check input",
            "1:1 start output",
        ],
    );
    world.check("name:ann1", &[]);
    world.check("mail:ann1@example.com", &[]);
    world.check(
        "email:\"example com\" customer:* -ann1 -ann3",
        &["2:3 check input", "2:1 start output"],
    );
    world.check(
        "em*",
        &[
            "3:3 check input",
            "3:1 start output",
            "2:3 check input",
            "2:1 start output",
            "1:3 check input",
            "1:1 start output",
        ],
    );
    world.check(
        "name:L* total:3.5",
        &["3:3 check input", "3:1 start output"],
    );
}

#[test]
fn a_whole_float_is_found_as_it_is_printed_and_without_its_point() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for total in ["13.0", "13", "57.5", "130.0"] {
        let value = json(&format!(r#"{{"total":{total}}}"#));
        world.feed.frame(run(1), "sum", value, Value::Null);
    }
    world.catch_up();
    world.check("13.0", &["1:1 sum input"]);
    world.check("total:13.0", &["1:1 sum input"]);
    world.check("13", &["1:3 sum input", "1:1 sum input"]);
    world.check("57.5", &["1:5 sum input"]);
    world.check("total:130", &["1:7 sum input"]);
}

#[test]
fn fields_are_found_whatever_is_around_them() {
    let world = World::new();
    world.feed.start(run(1), "w");
    let many = (0..60)
        .map(|n| format!(r#""o{n}":{{"who":{{"full name":"Ann {n} Lee"}}}}"#))
        .collect::<Vec<_>>();
    for value in [
        r#"{"full name":"Ann Lee"}"#,
        r#"[{"Who":{"Full Name":"Ann Lee"}}]"#,
        r#"{"full name too":"Ann Lee","full name-2":"Ann Lee"}"#,
        &format!("{{{}}}", many.join(",")),
    ] {
        world.feed.frame(run(1), "n", json(value), Value::Null);
    }
    world.catch_up();
    world.check("\"full name\":\"ann lee\"", &["1:3 n input", "1:1 n input"]);
    world.check("\"who.full name\":\"ann lee\"", &["1:3 n input"]);
    world.check("\"full name\":\"ann 7 lee\"", &["1:7 n input"]);
    world.check("\"full name\":\"ann 7 l\"*", &["1:7 n input"]);
    world.check(
        "\"full name\":ann",
        &["1:7 n input", "1:3 n input", "1:1 n input"],
    );
    world.check("o9.who.*:\"9 lee\"", &[]);
    world.check("\"o9.who.full name\":*", &["1:7 n input"]);
}

#[test]
fn a_hit_says_where_what_and_why() {
    let world = World::with_orders();
    let page = world.page(&ask("ann2@example.com"));
    let hit = &page.hits[1];
    assert_eq!(
        (hit.run, hit.frame, hit.seq, hit.port.as_deref()),
        (run(2), Seq(1), Seq(2), Some("out"))
    );
    assert_eq!(
        (hit.workflow.as_str(), hit.node.as_str(), hit.at, hit.times),
        ("shop", "start", Timestamp(2), 2)
    );
    assert_eq!(hit.snippet.path, "customer.email");
    assert_eq!(
        hit.snippet.parts,
        [Part {
            text: "ann2@example.com".into(),
            found: true
        }]
    );
    assert!((hit.score - 1.0).abs() < f32::EPSILON);
    let recorded = world
        .feed
        .event(run(2), Seq(2))
        .expect("read")
        .expect("an event");
    let Event::FrameClosed {
        ending: Ending::Completed { outputs },
        ..
    } = recorded.event
    else {
        panic!("an output")
    };
    assert_eq!(hit.address, outputs[0].1.address());
    assert_eq!((page.lag, page.next), (0, None));
}

#[test]
fn filters_narrow_to_a_run_a_workflow_and_a_node() {
    let world = World::with_orders();
    let all = ask("ann");
    assert_eq!(
        world.find(&Question {
            run: Some(run(2)),
            ..all.clone()
        }),
        ["2:3 check input", "2:1 start output"]
    );
    assert_eq!(
        world.find(&Question {
            workflow: Some("mail".into()),
            ..all.clone()
        }),
        ["3:3 check input", "3:1 start output"]
    );
    assert_eq!(
        world.find(&Question {
            node: Some("start".into()),
            workflow: Some("shop".into()),
            ..all.clone()
        }),
        ["2:1 start output", "1:1 start output"]
    );
    assert!(
        world
            .find(&Question {
                node: Some("nowhere".into()),
                ..all.clone()
            })
            .is_empty()
    );
    assert!(
        world
            .find(&Question {
                run: Some(run(9)),
                ..all
            })
            .is_empty()
    );
}

#[test]
fn effects_and_errors_are_found_too() {
    let world = World::new();
    world.feed.start(run(1), "w");
    let frame = world.feed.open(run(1), "call", json(r#"{"id":1}"#));
    let effect = Effect {
        kind: EffectKind::Http,
        request: json(r#"{"url":"https://api.example.com/v1?q=9"}"#),
        idempotent: true,
    };
    world.feed.commit(
        run(1),
        vec![Event::EffectRequested {
            frame: Seq(frame),
            ordinal: 0,
            effect: effect.clone(),
        }],
    );
    let refused = Failure::new(FailureKind::Connection, "connection refused")
        .with_details(json(r#"{"port":7700}"#));
    let answer = |ordinal, outcome| Event::EffectAnswered {
        frame: Seq(frame),
        ordinal,
        outcome,
        took_ms: 1,
    };
    world.feed.commit(
        run(1),
        vec![
            answer(0, Err(refused)),
            answer(1, Ok(json(r#"{"status":418}"#))),
        ],
    );
    let error = Failure::new(FailureKind::Status, "the teapot refused");
    world.feed.commit(
        run(1),
        vec![close(
            frame,
            Ending::Failed {
                error,
                then: Disposition::Stop,
            },
        )],
    );
    world.catch_up();
    world.check(
        "https://api.example.com/v1?q=9",
        &["1:1 call effectRequest"],
    );
    world.check("kind:connection details.port:7700", &["1:1 call error"]);
    world.check("status:418", &["1:1 call effectOutcome"]);
    world.check("\"teapot refused\"", &["1:1 call error"]);
    world.check("refused", &["1:1 call error", "1:1 call error"]);
}

#[test]
fn a_fork_shows_what_it_shares_as_its_own() {
    let world = World::with_orders();
    world.feed.fork(
        run(4),
        run(1),
        2,
        ("check", json(r#"{"note":"forked ann"}"#)),
    );
    let frame = world
        .feed
        .open(run(4), "check", json(r#"{"note":"forked ann"}"#));
    world.catch_up();
    let within = |number| Question {
        run: Some(run(number)),
        ..ask("ann")
    };
    assert_eq!(
        world.find(&within(4)),
        [
            &format!("4:{frame} check input"),
            "4:0 check input",
            "4:1 start output"
        ]
    );
    assert_eq!(
        world.find(&within(1)),
        ["1:3 check input", "1:1 start output"],
        "a fork changes nothing in its parent"
    );
    assert_eq!(
        world.find(&within(4)).len(),
        3,
        "what came after the fork in its parent is not its own"
    );
}

#[test]
fn each_distinct_value_is_indexed_once_also_after_restarts() {
    let mut world = World::new();
    world.feed.start(run(1), "w");
    for round in 0..6 {
        for _ in 0..5 {
            world.feed.frame(
                run(1),
                "n",
                json(r#"{"constant":"always"}"#),
                json(&format!(r#"{{"round":{round}}}"#)),
            );
        }
        world.catch_up();
        if round % 2 == 0 {
            world = world.restart();
        }
    }
    assert_eq!(world.search.writing().mark.values, 7);
    assert_eq!(world.search.writing().mark.occurrences, 60);
    let hits = world.page(&ask("constant:always")).hits;
    assert_eq!((hits.len(), hits[0].times), (30, 30));
    assert!(
        hits.windows(2).all(|pair| pair[0].seq > pair[1].seq),
        "newest first"
    );
}

#[test]
fn a_value_that_flows_all_the_time_leaves_room_for_others() {
    let world = World::new();
    world.feed.start(run(1), "w");
    world.feed.frame(
        run(1),
        "rare",
        json(r#"{"status":"paid","by":"card"}"#),
        Value::Null,
    );
    for _ in 0..OCCURRENCES_PER_VALUE_MAX + 50 {
        world.feed.frame(
            run(1),
            "often",
            json(r#"{"status":"paid","by":"cash"}"#),
            Value::Null,
        );
    }
    world.catch_up();
    let page = world.page(&Question {
        limit: LIMIT_MAX,
        ..ask("paid")
    });
    assert_eq!(page.hits.len(), OCCURRENCES_PER_VALUE_MAX + 1);
    assert_eq!(
        page.hits.last().map(short).as_deref(),
        Some("1:1 rare input")
    );
    assert_eq!(page.hits[0].times, OCCURRENCES_PER_VALUE_MAX as u64 + 50);
}

#[test]
fn pages_join_without_gaps_while_more_is_indexed() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for number in 0..25 {
        world.feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"ticket":"open","number":{number}}}"#)),
            Value::Null,
        );
    }
    world.catch_up();
    let all = world.find(&ask("ticket:open"));
    assert_eq!(all.len(), 25);
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.page(&Question {
            limit: 10,
            cursor: cursor.as_deref(),
            ..ask("ticket:open")
        });
        paged.extend(page.hits.iter().map(short));
        world.feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"ticket":"open","late":{}}}"#, paged.len())),
            Value::Null,
        );
        world.catch_up();
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(paged, all);
}

#[test]
fn a_question_that_cannot_be_read_says_where() {
    let world = World::new();
    let error = world
        .search
        .query(&world.feed, &ask("paid \"or not"))
        .expect_err("a syntax error");
    assert_eq!(
        error.to_string(),
        "at character 6: this quotation mark is not closed"
    );
    let question = Question {
        cursor: Some("elsewhere"),
        ..ask("paid")
    };
    let error = world
        .search
        .query(&world.feed, &question)
        .expect_err("no cursor");
    assert!(matches!(error, SearchError::Cursor(_)), "{error}");
}

#[test]
fn an_empty_question_lists_everything_newest_first() {
    let world = World::with_orders();
    let all = world.find(&ask(""));
    assert_eq!(all.len(), 9);
    assert_eq!(all[0], "3:3 check output");
    assert_eq!(
        world
            .find(&Question {
                node: Some("start".into()),
                ..ask("")
            })
            .len(),
        3
    );
    assert_eq!(world.find(&ask("-verdict")).len(), 6);
}

#[test]
fn what_was_not_committed_is_indexed_again_after_a_stop() {
    let mut world = World::new();
    world.feed.start(run(1), "w");
    for number in 0..40 {
        world.feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"n":{number}}}"#)),
            json(&format!(r#"{{"n":{}}}"#, number + 1)),
        );
    }
    for step in 1..=20 {
        world.search.index_some(&world.feed, step).expect("indexed");
        if step % 3 == 0 {
            world.search.commit().expect("committed");
        }
        if step % 2 == 0 {
            world = world.restart();
        }
    }
    world.catch_up();
    assert_complete(&world, 41, 80);
}

/// Every value once, every occurrence once.
#[track_caller]
fn assert_complete(world: &World, values: u64, occurrences: usize) {
    let shelf = world.search.shelf();
    let searcher = shelf.reader.searcher();
    assert_eq!(searcher.num_docs(), values + occurrences as u64);
    let hits = world
        .page(&Question {
            limit: LIMIT_MAX,
            ..ask("")
        })
        .hits;
    let distinct: HashSet<_> = hits
        .iter()
        .map(|hit| (hit.run, hit.seq, hit.role))
        .collect();
    assert_eq!((hits.len(), distinct.len()), (occurrences, occurrences));
}

#[test]
fn a_copy_of_the_folder_at_any_moment_catches_up_exactly() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for number in 0..30 {
        world.feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"n":{number}}}"#)),
            Value::Null,
        );
    }
    let mut copies = Vec::new();
    for step in 0..12 {
        world.search.index_some(&world.feed, 5).expect("indexed");
        if step % 2 == 1 {
            world.search.commit().expect("committed");
        }
        copies.push(copy(world.dir.path()));
    }
    for dir in copies {
        let search = Search::open(dir.path()).expect("an index");
        let copied = World {
            dir,
            feed: world.feed.clone(),
            search,
        };
        copied.catch_up();
        assert_complete(&copied, 30, 30);
    }
}

/// What is in the folder, as far as its own threads leave it there long enough.
fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().expect("a folder");
    let entries = std::fs::read_dir(from).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort_by_key(|name| name != "meta.json");
    for name in names {
        match std::fs::copy(from.join(&name), to.path().join(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }
    to
}

#[test]
fn trouble_in_the_journal_loses_and_doubles_nothing() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for number in 0..10 {
        world.feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"n":{number}}}"#)),
            Value::Null,
        );
    }
    let mut failures = 0;
    for reads in (0..9).cycle().take(45) {
        world.feed.inside().reads_left = Some(reads);
        match world.search.index_some(&world.feed, 4) {
            Ok(_) => world.search.commit().expect("committed"),
            Err(SearchError::Feed(FeedError::Storage(_))) => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failures > 5, "{failures}");
    world.feed.inside().reads_left = None;
    world.catch_up();
    assert_complete(&world, 10, 10);
}

#[test]
fn a_damaged_value_is_passed_over() {
    let world = World::new();
    world.feed.start(run(1), "w");
    let damaged = json(r#"{"word":"lost"}"#);
    world.feed.inside().damaged.insert(damaged.address());
    world
        .feed
        .frame(run(1), "n", damaged, json(r#"{"word":"kept"}"#));
    world.catch_up();
    world.check("word:*", &["1:1 n output"]);
    let kept = json(r#"{"word":"kept"}"#);
    world.feed.inside().damaged.insert(kept.address());
    world.check("word:*", &[]);
}

#[test]
fn known_values_are_not_read_again() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for _ in 0..20 {
        world
            .feed
            .frame(run(1), "n", json(r#"{"same":1}"#), json(r#"{"same":2}"#));
    }
    world.catch_up();
    assert_eq!(world.feed.inside().values_read, 2);
    let world = world.restart();
    world
        .feed
        .frame(run(1), "n", json(r#"{"same":1}"#), json(r#"{"same":2}"#));
    world.catch_up();
    assert_eq!(world.feed.inside().values_read, 2);
}

#[test]
fn forgotten_runs_take_along_what_nobody_else_has() {
    let world = World::with_orders();
    world.feed.delete(run(2));
    world.search.forget(&[run(2)]).expect("forgotten");
    world.check("ann2@example.com", &[]);
    world.check("\"goes on\"", &["3:3 check output", "1:3 check output"]);
    assert_complete(&world, 3, 6);
    world.feed.start(run(5), "shop");
    world.feed.frame(
        run(5),
        "again",
        json(
            r#"{"customer":{"email":"ann2@example.com","name":"Ann Lee"},"total":2.5,"paid":true}"#,
        ),
        Value::Null,
    );
    world.catch_up();
    world.check("ann2@example.com", &["5:1 again input"]);
}

#[test]
fn what_the_journal_deleted_unnoticed_is_reconciled() {
    let world = World::with_orders();
    world.feed.delete(run(1));
    world.feed.delete(run(3));
    world.check("ann1@example.com", &[]);
    let world = world.restart();
    assert_eq!(world.search.reconcile(&world.feed).expect("reconciled"), 2);
    assert_complete(&world, 2, 3);
    assert_eq!(world.search.reconcile(&world.feed).expect("reconciled"), 0);
}

#[test]
fn a_run_that_was_deleted_before_it_was_committed_is_reconciled_too() {
    let world = World::with_orders();
    world
        .feed
        .frame(run(1), "n", json(r#"{"word":"fresh"}"#), Value::Null);
    world.search.index_some(&world.feed, 100).expect("indexed");
    world.feed.delete(run(1));
    assert_eq!(world.search.reconcile(&world.feed).expect("reconciled"), 1);
    world.catch_up();
    assert_complete(&world, 3, 6);
}

#[test]
fn an_index_of_another_journal_is_built_anew() {
    let world = World::with_orders();
    let other = World {
        feed: Memory::default(),
        ..world
    };
    other.feed.start(run(7), "w");
    other
        .feed
        .frame(run(7), "n", json(r#"{"word":"other"}"#), Value::Null);
    other.search.reconcile(&other.feed).expect("reconciled");
    other.catch_up();
    other.check("", &["7:1 n input"]);
}

/// Damages the index as `damage` says, and expects it to be built anew without an error.
#[track_caller]
fn check_damage(damage: impl Fn(&Path)) {
    let World { dir, feed, search } = World::with_orders();
    drop(search);
    damage(dir.path());
    let search = Search::open(dir.path()).expect("an index");
    let world = World { dir, feed, search };
    let _ = world
        .search
        .query(&world.feed, &ask("ann2@example.com"))
        .expect("an answer, perhaps empty");
    world.catch_up();
    world.check("ann2@example.com", &["2:3 check input", "2:1 start output"]);
}

fn segment_files(dir: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| {
            ["term", "fast", "idx", "pos", "fieldnorm"]
                .iter()
                .any(|end| path.extension() == Some(end.as_ref()))
        })
        .collect()
}

#[test]
fn a_damaged_index_is_built_anew() {
    check_damage(|dir| std::fs::write(dir.join("meta.json"), "{").expect("written"));
    check_damage(|dir| {
        let meta = std::fs::read_to_string(dir.join("meta.json")).expect("read");
        std::fs::write(
            dir.join("meta.json"),
            meta.replace("\\\"format\\\":1", "\\\"format\\\":0"),
        )
        .expect("written");
    });
    check_damage(|dir| {
        for path in segment_files(dir) {
            std::fs::write(path, "").expect("written");
        }
    });
    check_damage(|dir| {
        for path in segment_files(dir) {
            std::fs::remove_file(path).expect("removed");
        }
    });
    check_damage(|dir| {
        for path in segment_files(dir) {
            let bytes = std::fs::read(&path).expect("read");
            std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
        }
    });
}

#[test]
fn an_index_in_memory_that_loses_its_files_is_built_anew() {
    let world = World::with_orders();
    std::fs::remove_dir_all(world.dir.path()).expect("removed");
    world
        .feed
        .frame(run(1), "late", json(r#"{"word":"late"}"#), Value::Null);
    let _ = world.search.catch_up(&world.feed, || true);
    world.catch_up();
    world.check("word:late", &["1:5 late input"]);
    assert_eq!(world.find(&ask("ann")).len(), 6);
}

#[test]
fn the_background_keeps_up_and_stops() {
    let World { dir, feed, search } = World::new();
    feed.start(run(1), "w");
    let indexer = Indexer::spawn(search.clone(), feed.clone()).expect("a thread");
    for number in 0..5 {
        feed.frame(
            run(1),
            "n",
            json(&format!(r#"{{"word":"live","n":{number}}}"#)),
            Value::Null,
        );
    }
    let world = World { dir, feed, search };
    let found = (0..100_000).any(|_| {
        std::thread::yield_now();
        world.find(&ask("word:live")).len() == 5
    });
    assert!(found, "the index does not keep up");
    indexer.stop();
    world
        .feed
        .frame(run(1), "n", json(r#"{"word":"late"}"#), Value::Null);
    assert!(
        world.feed.inside().wakes.is_empty(),
        "nobody listens any more"
    );
    assert!(world.search.lag(&world.feed).expect("a lag") > 0);
}

#[test]
fn catching_up_stops_at_its_deadline_and_tells_the_lag() {
    let world = World::new();
    world.feed.start(run(1), "w");
    for number in 0..COMMITS_PER_READ {
        world.feed.frame(
            run(1),
            "n",
            Value::from(i64::try_from(number).expect("small")),
            Value::Null,
        );
    }
    let first = world
        .search
        .catch_up(&world.feed, || false)
        .expect("indexed");
    assert_eq!(first.read, COMMITS_PER_READ);
    assert!(first.lag > 0);
    assert_eq!(world.page(&ask("7")).lag, first.lag);
    world.catch_up();
    world.check("7", &["1:15 n input"]);
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// What happens to an index.
    #[derive(Clone, Debug)]
    enum Step {
        Frame { run: u64, word: u8 },
        Index(usize),
        Commit,
        Restart,
        Delete { run: u64, tell: bool },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (1_u64..5, 0_u8..6).prop_map(|(run, word)| Step::Frame { run, word }),
            4 => (1_usize..6).prop_map(Step::Index),
            2 => Just(Step::Commit),
            1 => Just(Step::Restart),
            1 => (1_u64..5, any::<bool>()).prop_map(|(run, tell)| Step::Delete { run, tell }),
        ]
    }

    /// A run that is deleted never comes back under its id, as in the journal.
    fn live(generation: &[u64; 5], number: u64) -> RunId {
        run(number + 16 * generation[usize::try_from(number).expect("small")])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn whatever_happens_the_index_ends_with_what_the_journal_has(steps in proptest::collection::vec(step(), 1..60)) {
            let mut world = World::new();
            let mut generation = [0_u64; 5];
            for step in steps {
                match step {
                    Step::Frame { run, word } => {
                        let run = live(&generation, run);
                        world.feed.start(run, "w");
                        world.feed.frame(run, "n", json(&format!(r#"{{"word":"w{word}"}}"#)), Value::Null);
                    }
                    Step::Index(count) => { world.search.index_some(&world.feed, count).expect("indexed"); }
                    Step::Commit => world.search.commit().expect("committed"),
                    Step::Restart => world = world.restart(),
                    Step::Delete { run, tell } => {
                        let gone = live(&generation, run);
                        generation[usize::try_from(run).expect("small")] += 1;
                        world.feed.delete(gone);
                        if tell {
                            world.search.forget(&[gone]).expect("forgotten");
                        }
                    }
                }
            }
            world.catch_up_after_all();
            let inside = world.feed.inside();
            let inputs: Vec<Value> = inside.commits.iter().flat_map(|fed| &fed.events).filter_map(|recorded| match &recorded.event {
                Event::FrameOpened { input, .. } => Some(input.clone()),
                _ => None,
            }).collect();
            drop(inside);
            let distinct: HashSet<_> = inputs.iter().map(Value::address).collect();
            assert_complete(&world, distinct.len() as u64, inputs.len());
        }
    }

    impl World {
        fn catch_up_after_all(&self) {
            self.search.reconcile(&self.feed).expect("reconciled");
            self.search.catch_up(&self.feed, || true).expect("indexed");
        }
    }
}
