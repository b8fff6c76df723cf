//! A small planner without a model: clauses become steps, steps become a chain of nodes.
//!
//! It knows a few verbs, addresses, times, numbers and comparisons, and the catalogue by search. It is
//! labelled as what it is, uses the same proposals as a model, and asks as soon as it is not sure. Do not let
//! it grow: what it does not understand is what models are for.
//!
//! Reading order: [`clause`] (a sentence becomes clauses), [`step`] (a clause becomes a step), [`when`]
//! (times), [`mod@test`] (comparisons), [`build`] (a step becomes edits), [`refine`] (changes of what is there).

mod build;
mod clause;
mod code;
mod refine;
mod step;
mod test;
mod when;

use flowforge_engine::node_type::Catalogue;
use flowforge_snapshots::search::NodeIndex;

use crate::Proposal;
use crate::draft::{Drafted, Hear, Question, Said, Told, Trouble, Turn};
use crate::proposal::Origin;

use build::Building;
use clause::Clause;

/// How answers begin that come from here.
const LABEL: &str = "Built-in planner (no model is configured)";

/// What keeps a step from being planned.
#[derive(Debug)]
enum Stop {
    /// One thing has to be known, and how the reply completes the clause.
    Ask(Question, Fill),
    /// It is not understood, or cannot be done.
    Cannot(String),
}

/// How the reply to a question completes the clause that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// The reply goes behind the clause.
    Append,
    /// It goes before the clause.
    Before,
    /// It names the field of the comparison.
    Field,
    /// It names the node behind which the step goes.
    After,
    /// It names the node that the clause means.
    Who,
    /// It takes the place of the clause.
    Instead,
}

type Planned<T> = Result<T, Stop>;

fn ask<T>(
    text: impl Into<String>,
    choices: impl IntoIterator<Item = String>,
    fill: Fill,
) -> Planned<T> {
    let question = Question {
        text: text.into(),
        choices: choices.into_iter().take(6).collect(),
    };
    Err(Stop::Ask(question, fill))
}

/// One turn without a model.
pub fn turn(turn: &Turn<'_>, index: &NodeIndex, catalogue: &Catalogue, hear: Hear<'_>) -> Drafted {
    let mut drafted = match plan_with_reply(turn, index, catalogue) {
        Ok(drafted) => drafted,
        Err(Stop::Ask(question, _)) => Drafted {
            answer: format!("{LABEL}: {}", question.text),
            question: Some(question),
            ..Drafted::default()
        },
        Err(Stop::Cannot(why)) => Drafted {
            answer: format!("{LABEL}: {why}"),
            problem: Some(Trouble {
                code: "not-understood".into(),
                detail: why,
                hint: Some(HINT.into()),
            }),
            ..Drafted::default()
        },
    };
    drafted.by = "planner".into();
    if let Some(question) = &drafted.question {
        hear(Told::Question(question));
    }
    if let Some(proposal) = &drafted.proposal {
        hear(Told::Proposal(proposal));
    }
    drafted
}

/// The script for a sentence that a template is certain of, over what comes in as `input`.
#[must_use]
pub fn script(sentence: &str) -> Option<String> {
    let clauses = clause::split(sentence);
    let [clause] = clauses.as_slice() else {
        return None;
    };
    step::script(clause)
}

const HINT: &str = "try short steps with verbs such as get, keep, sort, wait, post, log, remove, \
    rename; or configure a model for free wording";

/// Plans the person's words, or an earlier request completed by the reply to the question about it.
fn plan_with_reply(turn: &Turn<'_>, index: &NodeIndex, catalogue: &Catalogue) -> Planned<Drafted> {
    if let Some(Said {
        text,
        question: Some(question),
        ..
    }) = turn.history.last()
        && turn.text.split_whitespace().count() <= REPLY_WORDS_MAX
    {
        let mut clauses = clause::split(text);
        if let Some((at, fill)) = asked(turn, &clauses, question, index, catalogue) {
            clauses[at] = clauses[at].completed(turn.text, fill);
            return plan(turn, &clauses, index, catalogue);
        }
    }
    plan(turn, &clause::split(turn.text), index, catalogue)
}

/// Longer replies are requests of their own.
const REPLY_WORDS_MAX: usize = 8;

/// The clause that this question was asked about, and how its reply completes it.
fn asked(
    turn: &Turn<'_>,
    clauses: &[Clause],
    question: &Question,
    index: &NodeIndex,
    catalogue: &Catalogue,
) -> Option<(usize, Fill)> {
    let mut building = Building::new(turn, index, catalogue);
    for (at, clause) in clauses.iter().enumerate() {
        match building.follow(clause) {
            Ok(()) => {}
            Err(Stop::Ask(asked, fill)) if asked == *question => return Some((at, fill)),
            Err(_) => return None,
        }
    }
    None
}

fn plan(
    turn: &Turn<'_>,
    clauses: &[Clause],
    index: &NodeIndex,
    catalogue: &Catalogue,
) -> Planned<Drafted> {
    let mut building = Building::new(turn, index, catalogue);
    for clause in clauses {
        building.follow(clause)?;
    }
    let (patch, notes) = building.finish()?;
    let mut proposal = Proposal::make(
        turn.workflow,
        patch,
        catalogue,
        Origin::Planner,
        format!("As you asked: {}", turn.text),
        turn.now,
        turn.id.clone(),
    )
    .map_err(|error| Stop::Cannot(error.to_string()))?;
    proposal.chat = turn.chat.map(str::to_owned);
    Ok(Drafted {
        answer: answer(&proposal, &notes),
        proposal: Some(proposal),
        ..Drafted::default()
    })
}

fn answer(proposal: &Proposal, notes: &[String]) -> String {
    let mut answer = format!("{LABEL}. This is what I propose:\n");
    for line in &proposal.summary.lines {
        answer += &format!("- {line}\n");
    }
    for note in notes {
        answer += &format!("{note}\n");
    }
    for problem in &proposal.problems {
        answer += &format!("{problem}\n");
    }
    answer.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
