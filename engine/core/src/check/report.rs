//! The problems found so far, and how many guesses at what was meant are still allowed.

use crate::problem::{Place, Problem, Severity};
use crate::workflow::nearest;

use super::{PROBLEMS_MAX, Subject};

/// Most names compared in one check, so that many wrong names among many nodes stay cheap.
const COMPARISONS_MAX: usize = 500_000;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Report {
    problems: Vec<Problem>,
    comparisons: usize,
}

impl Report {
    pub(super) fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Adds what was found inside a node: only warnings when the node is disabled, since it is passed over.
    pub(super) fn add_in(&mut self, disabled: bool, mut problem: Problem) {
        if disabled {
            problem.severity = Severity::Warning;
        }
        self.add(problem);
    }

    /// "Did you mean `x`?" for the nearest candidate, while guesses are left.
    pub(super) fn did_you_mean<'a>(
        &mut self,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        let left = COMPARISONS_MAX - self.comparisons;
        let comparisons = &mut self.comparisons;
        let counted = candidates
            .into_iter()
            .take(left)
            .inspect(|_| *comparisons += 1);
        nearest(name, counted).map(|meant| format!("did you mean `{meant}`?"))
    }

    /// The problems by place, the worse ones first, at most [`PROBLEMS_MAX`] and one that says so.
    pub(super) fn sorted(mut self, subject: &Subject<'_>) -> Vec<Problem> {
        self.problems.sort_by_cached_key(|problem| {
            let place = &problem.place;
            let within = (
                place.param.clone(),
                place.field.clone(),
                place.line,
                place.column,
            );
            let worse = std::cmp::Reverse(problem.severity);
            (
                rank(place, subject),
                within,
                worse,
                problem.code.clone(),
                problem.message.clone(),
            )
        });
        let left_out = self.problems.len().saturating_sub(PROBLEMS_MAX);
        if left_out > 0 {
            self.problems.truncate(PROBLEMS_MAX);
            let message = format!("{left_out} more problems were found");
            self.problems.push(
                Problem::warning("more-problems", message)
                    .with_hint("repair the ones above, then check again".to_owned()),
            );
        }
        self.problems
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
