//! Search over a million frames: what the index costs, and how long questions take.
//!
//! `cargo bench -p flowforge-snapshots --bench search [FRAMES]`. Each run is a chain of ten nodes that pass a
//! small record on with changes, so there are about as many distinct values as frames. The journal is
//! not on disk but made up when it is asked, so that only the index is measured.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a report with times"
)]

use std::time::{Duration, Instant};

use flowforge_engine::event::{Ending, Event, Mode, Recorded, RunEnding, Usage, WorkflowRef};
use flowforge_engine::value::Record;
use flowforge_engine::{Address, RunId, Seq, Timestamp, Value};
use flowforge_snapshots::search::{
    Fed, Feed, FeedError, Origin, Page, Question, Search, Wake, Watching,
};

const FRAMES_PER_RUN: u64 = 10;
const WORDS: u64 = 20_000;
const REPETITIONS: u64 = 200;
const STATES: [&str; 5] = ["paid", "open", "refunded", "cancelled", "late"];

/// A journal that is made up when it is asked.
struct MadeUp {
    runs: u64,
}

/// A number that looks like chance, the same for the same `of`.
fn chance(of: u64) -> u64 {
    let mut x = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A word, the first ones far more often than the last.
fn word(of: u64) -> String {
    let uniform = chance(of) % WORDS;
    format!("w{}", uniform * (chance(of ^ 1) % WORDS) / WORDS)
}

fn value(run: u64, step: u64) -> Value {
    let of = run * 100 + step;
    let customer = [
        (
            "email",
            Value::from(format!("user{run}@mail{}.example.com", run % 50)),
        ),
        (
            "name",
            Value::from(format!("{} {}", word(run), word(run + 7))),
        ),
    ];
    let note: Vec<String> = (0..8).map(|at| word(run * 31 + at)).collect();
    let fields = [
        (
            "customer",
            Value::Record(customer.into_iter().collect::<Record>()),
        ),
        ("note", Value::from(note.join(" "))),
        ("order", Value::Int(i64::try_from(run).expect("small"))),
        (
            "status",
            Value::from(STATES[usize::try_from(chance(run) % 5).expect("small")]),
        ),
        (
            "total",
            Value::Float(f64::from(u32::try_from(chance(of) % 100_000).expect("small")) / 100.0),
        ),
        ("x", Value::Int(i64::try_from(step).expect("small"))),
    ];
    Value::Record(fields.into_iter().collect::<Record>())
}

fn run_id(run: u64) -> RunId {
    format!("{:08x}-0000-7000-8000-{run:012x}", run >> 8)
        .parse()
        .expect("a UUID")
}

fn run_number(run: RunId) -> u64 {
    u64::try_from(run.0.as_u128() & 0xffff_ffff_ffff).expect("48 bits")
}

fn event(run: u64, seq: u64) -> Event {
    let last = 2 + 2 * FRAMES_PER_RUN;
    let step = seq.saturating_sub(2) / 2;
    match seq {
        1 => Event::RunStarted {
            workflow: WorkflowRef {
                id: "bench".into(),
                version: 1,
                hash: Address([0; 32]),
            },
            input: value(run, 0),
            mode: Mode::Live,
        },
        seq if seq == last => Event::RunClosed {
            ending: RunEnding::Cancelled,
        },
        seq if seq % 2 == 0 => Event::FrameOpened {
            scope: Seq(0),
            node: format!("node{step}").into(),
            attempt: 1,
            input: value(run, step),
            queued_ms: 0,
        },
        seq => Event::FrameClosed {
            frame: Seq(seq - 1),
            ending: Ending::Completed {
                outputs: vec![("out".into(), value(run, step + 1))],
            },
            logs: Vec::new(),
            usage: Usage::default(),
            memo: false,
        },
    }
}

fn recorded(run: u64, seq: u64) -> Recorded {
    let at = Timestamp(i64::try_from(run * 100 + seq).expect("small"));
    Recorded {
        seq: Seq(seq),
        at,
        event: event(run, seq),
    }
}

impl Feed for MadeUp {
    type Kept = Value;

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Fed<Value>>, FeedError> {
        let runs = (after..self.runs).take(limit);
        Ok(runs
            .map(|run| Fed {
                position: run + 1,
                run: run_id(run),
                events: (1..=2 + 2 * FRAMES_PER_RUN)
                    .map(|seq| recorded(run, seq))
                    .collect(),
            })
            .collect())
    }

    fn position(&self) -> Result<u64, FeedError> {
        Ok(self.runs)
    }

    fn event(&self, run: RunId, seq: Seq) -> Result<Option<Recorded>, FeedError> {
        Ok(Some(recorded(run_number(run), seq.0)))
    }

    fn origin(&self, run: RunId) -> Result<Option<Origin>, FeedError> {
        let workflow = format!("flow{}", run_number(run) % 4).into();
        Ok((run_number(run) < self.runs).then_some(Origin {
            workflow,
            parent: None,
        }))
    }

    fn identity(&self, kept: &Value) -> Result<Address, FeedError> {
        Ok(kept.address())
    }

    fn value(&self, kept: &Value) -> Result<Value, FeedError> {
        Ok(kept.clone())
    }

    fn watch(&self, _: Wake) -> Box<dyn Watching> {
        struct Never;
        impl Watching for Never {
            fn again(&mut self) {}
        }
        Box::new(Never)
    }
}

/// A line of `/proc/self/status`, where there is one.
fn status(name: &str) -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or("?".into(), |line| {
        line.trim_matches([':', ' ', '\t']).to_owned()
    })
}

fn quantile(times: &mut [Duration], of: f64) -> Duration {
    times.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "few"
    )]
    let at = ((times.len() - 1) as f64 * of).round() as usize;
    times[at]
}

fn main() {
    let frames = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let feed = MadeUp {
        runs: frames / FRAMES_PER_RUN,
    };
    let dir = tempfile::tempdir().expect("a folder");
    let search = Search::open(dir.path()).expect("an index");

    println!("frames                {frames}");
    println!("memory before         {}", status("RssAnon"));
    let making = Instant::now();
    (0..feed.runs.min(10_000)).for_each(|run| drop(std::hint::black_box(feed.feed(run, 1))));
    let making = making
        .elapsed()
        .mul_f64(f64::from(u32::try_from(feed.runs).expect("few")) / 10_000.0);
    let building = Instant::now();
    search.catch_up(&feed, || true).expect("indexed");
    let built = building.elapsed();
    println!("built in              {built:.1?}, of which about {making:.1?} making the frames up");
    println!(
        "bytes                 {} ({} a frame)",
        search.size_bytes(),
        search.size_bytes() / frames
    );
    println!(
        "memory at most        {} with mapped files, now {} without",
        status("VmHWM"),
        status("VmRSS")
    );

    drop(search);
    let opening = Instant::now();
    let search = Search::open(dir.path()).expect("an index");
    println!("opened in             {:.1?}", opening.elapsed());

    let mut all = Vec::new();
    println!(
        "{:22}{:>9}{:>10}{:>10}{:>10}",
        "question", "hits", "p50", "p99", "most"
    );
    for (name, ask) in questions(feed.runs) {
        let mut times = Vec::new();
        let mut hits = 0;
        for repetition in 0..REPETITIONS {
            let (text, run, workflow) = ask(chance(repetition));
            let question = Question {
                text: &text,
                run,
                workflow: workflow.map(Into::into),
                limit: 50,
                ..Question::default()
            };
            let asking = Instant::now();
            let page: Page = search.query(&feed, &question).expect("an answer");
            times.push(asking.elapsed());
            hits += page.hits.len() as u64;
        }
        all.extend_from_slice(&times);
        let [p50, p99, most] =
            [0.5, 0.99, 1.0].map(|of| format!("{:.1?}", quantile(&mut times, of)));
        println!(
            "{name:22}{:>9}{p50:>10}{p99:>10}{most:>10}",
            hits / REPETITIONS
        );
    }
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|of| format!("{:.1?}", quantile(&mut all, of)));
    println!("{:22}{:>9}{p50:>10}{p99:>10}{most:>10}", "all", "");
    println!(
        "memory at most        {} with mapped files, now {} without",
        status("VmHWM"),
        status("VmRSS")
    );
}

type Ask = Box<dyn Fn(u64) -> (String, Option<RunId>, Option<&'static str>)>;

fn questions(runs: u64) -> Vec<(&'static str, Ask)> {
    let text = |make: fn(u64) -> String| -> Ask { Box::new(move |of| (make(of), None, None)) };
    vec![
        (
            "an address",
            Box::new(move |of| {
                (
                    format!("user{}@mail{}.example.com", of % runs, of % runs % 50),
                    None,
                    None,
                )
            }),
        ),
        (
            "email:an address",
            Box::new(move |of| {
                (
                    format!("email:user{}@mail{}.example.com", of % runs, of % runs % 50),
                    None,
                    None,
                )
            }),
        ),
        (
            "order:a number",
            Box::new(move |of| (format!("order:{}", of % runs), None, None)),
        ),
        ("a word", text(word)),
        (
            "two words",
            text(|of| format!("{} {}", word(of), word(of + 1))),
        ),
        (
            "a or b",
            text(|of| format!("{} OR {}", word(of), word(of + 1))),
        ),
        (
            "\"two words\"",
            text(|of| format!("\"{} {}\"", word(of), word(of + 1))),
        ),
        ("wor*", text(|of| format!("w{}*", of % 90 + 10))),
        (
            "status:one of five",
            text(|of| format!("status:{}", STATES[usize::try_from(of % 5).expect("small")])),
        ),
        (
            "email:\"example com\"",
            text(|_| "email:\"example com\"".into()),
        ),
        ("field:*", text(|_| "customer.email:*".into())),
        ("word -word", text(|of| format!("paid -{}", word(of)))),
        ("nothing asked", text(|_| String::new())),
        (
            "status in a run",
            Box::new(move |of| ("paid OR open".into(), Some(run_id(of % runs)), None)),
        ),
        ("status in a workflow", text(|_| "paid".into())).with_workflow(),
    ]
}

trait WithWorkflow {
    fn with_workflow(self) -> Self;
}

impl WithWorkflow for (&'static str, Ask) {
    fn with_workflow(self) -> Self {
        let (name, ask) = self;
        (name, Box::new(move |of| (ask(of).0, None, Some("flow2"))))
    }
}
