//! The cases, as they stand in `kinds/*.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value as Json;

/// Failures of one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    kind: String,
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

/// One failure.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(skip)]
    pub(crate) kind: String,
    pub(crate) name: String,
    /// How it ends: mended by a proven fix, offered as a live try, or not mended by any rule.
    pub(crate) ends: Ends,
    /// The graph before the change.
    pub(crate) graph: Json,
    #[serde(default)]
    pub(crate) config: Option<Json>,
    /// Runs before the change.
    #[serde(default)]
    pub(crate) good: Vec<Play>,
    pub(crate) broken: Broken,
    /// Runs after a correct repair, which no healer sees.
    pub(crate) hidden: Vec<Expected>,
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ends {
    Fixed,
    Live,
    Open,
}

/// What a run gets.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Play {
    pub(crate) input: Json,
    /// What the server answers, by path.
    pub(crate) answers: BTreeMap<String, Answer>,
}

/// The run that fails.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broken {
    #[serde(default)]
    pub(crate) input: Json,
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, Answer>,
    /// The graph after the change, when it is the change.
    #[serde(default)]
    pub(crate) graph: Option<Json>,
    /// The output of the run once it is mended; not looked at when no rule mends it.
    #[serde(default)]
    pub(crate) output: Json,
}

/// A run, and what is right for it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    #[serde(default)]
    pub(crate) input: Json,
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, Answer>,
    pub(crate) output: Json,
}

/// What the server says.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answer {
    pub(crate) body: Json,
    pub(crate) status: Option<u16>,
    /// How long it takes.
    #[serde(rename = "delayMs")]
    pub(crate) delay_ms: u64,
    /// How many requests it answers with 503 first.
    pub(crate) busy: u32,
}

impl Expected {
    pub(crate) fn play(&self) -> Play {
        Play {
            input: self.input.clone(),
            answers: self.answers.clone(),
        }
    }
}

impl Broken {
    pub(crate) fn play(&self) -> Play {
        Play {
            input: self.input.clone(),
            answers: self.answers.clone(),
        }
    }
}

/// Every case of every file, in order.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("healing/kinds");
    let entries = std::fs::read_dir(folder).expect("the folder of kinds");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

fn cases_of(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let kind: Kind =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let Kind { kind, cases, .. } = kind;
    let named = cases.into_iter().map(|case| Case {
        kind: kind.clone(),
        ..case
    });
    named.collect()
}
