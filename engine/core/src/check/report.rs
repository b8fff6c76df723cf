//! The problems found so far, and how many guesses at what was meant are still allowed.

use std::cmp::Reverse;

use crate::problem::{Place, Problem, Severity};
use crate::workflow::did_you_mean;

use super::{PROBLEMS_MAX, Subject};

/// Most names compared in one check, so that many wrong names among many nodes stay cheap.
const COMPARISONS_MAX: usize = 500_000;

/// The problems found so far.
pub(super) struct Report<'a> {
    subject: &'a Subject<'a>,
    problems: Vec<Problem>,
    left_out: usize,
    comparisons: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        Self {
            subject,
            problems: Vec::new(),
            left_out: 0,
            comparisons: 0,
        }
    }

    pub(super) fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
        if self.problems.len() > 2 * PROBLEMS_MAX {
            self.sort();
        }
    }

    /// Adds what was found inside a node: only warnings when the node is passed over, as disabled and pinned ones are.
    pub(super) fn add_in(&mut self, passed_over: bool, mut problem: Problem) {
        if passed_over {
            problem.severity = Severity::Warning;
        }
        self.add(problem);
    }

    /// "Did you mean `x`?" for the nearest candidate, while guesses are left.
    pub(super) fn did_you_mean<'n>(
        &mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let left = COMPARISONS_MAX - self.comparisons;
        let comparisons = &mut self.comparisons;
        let counted = candidates
            .into_iter()
            .take(left)
            .inspect(|_| *comparisons += 1);
        did_you_mean(name, counted)
    }

    /// The problems by place, at most [`PROBLEMS_MAX`] and one that says how many were left out.
    pub(super) fn sorted(mut self) -> Vec<Problem> {
        self.sort();
        if self.left_out > 0 {
            let message = format!("{} more problems were found", self.left_out);
            self.problems.push(
                Problem::warning("more-problems", message)
                    .with_hint("repair the ones above, then check again".to_owned()),
            );
        }
        self.problems
    }

    /// Sorts by place, the worse ones first, and forgets all but the first [`PROBLEMS_MAX`].
    fn sort(&mut self) {
        let subject = self.subject;
        self.problems.sort_by_cached_key(|problem| {
            let place = &problem.place;
            let within = (
                place.param.clone(),
                place.field.clone(),
                place.line,
                place.column,
            );
            let worse = Reverse(problem.severity);
            (
                rank(place, subject),
                within,
                worse,
                problem.code.clone(),
                problem.message.clone(),
            )
        });
        self.left_out += self.problems.len().saturating_sub(PROBLEMS_MAX);
        self.problems.truncate(PROBLEMS_MAX);
    }
}

/// The document first, then nodes in the file's order, then edges.
fn rank(place: &Place, subject: &Subject<'_>) -> (u8, usize) {
    if let Some(edge) = place.edge {
        return (2, edge as usize);
    }
    match &place.node {
        Some(node) => (
            1,
            subject
                .topology
                .position(node.as_str())
                .unwrap_or(usize::MAX),
        ),
        None => (0, 0),
    }
}
