//! Built-in candidates: each rule a pure function of what is known of a failure. They guess; the proof decides.

mod convert;
mod guard;
mod mismatch;
mod moved;
mod patience;
mod port;
mod renamed;
mod script;
mod shapes;
mod wrapped;

use flowforge_engine::edit::Patch;

use super::Discarded;
use super::case::Case;

/// A change that might mend a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// What it does, in a few words.
    pub title: String,
    /// Why it should help.
    pub reason: String,
    /// The change.
    pub patch: Patch,
    /// The rule.
    pub rule: &'static str,
    /// Why recordings cannot prove it, when they cannot: waiting and asking again changes the world's answer,
    /// never a recorded one.
    pub live: Option<String>,
}

/// What the rules have to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Candidates, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// What was thought of and given up before any replay.
    pub given_up: Vec<Discarded>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.candidates.extend(other.candidates);
        self.given_up.extend(other.given_up);
    }
}

/// The candidates of every rule, the likeliest first.
#[must_use]
pub fn candidates(case: &Case<'_>) -> Found {
    let mut found = Found::default();
    for rule in [shapes::rule, script::rule, port::rule, patience::rule] {
        found.add(rule(case));
    }
    let mut seen = Vec::new();
    found.candidates.retain(|candidate| {
        let is_new = !candidate.patch.is_empty() && !seen.contains(&candidate.patch);
        seen.push(candidate.patch.clone());
        is_new
    });
    found
}
