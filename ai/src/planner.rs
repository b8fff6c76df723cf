//! A small planner without a model: clauses become steps, steps become a chain of nodes.
//!
//! It knows how to begin (by hand, at times), get and post, keep and drop, sort, count, sum, set, log, a condition, and to
//! add, remove and rename steps of a chain. It is labelled as what it is, uses the same proposals as a model, and asks as
//! soon as it is not sure. Do not let it grow: what it does not understand is what models are for.
//!
//! Reading order: [`clause`] (a sentence becomes clauses), [`step`] (a clause becomes steps), [`when`]
//! (times), [`mod@test`] (comparisons), [`build`] (a step becomes edits), [`refine`] (which node is meant).

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

/// How answers begin that come from here.
const LABEL: &str = "Built-in planner (no model is configured)";

/// What keeps a step from being planned.
#[derive(Debug)]
enum Stop {
    /// One thing has to be known. The reply goes behind the clause, or takes its place when it says what to do.
    Ask(Question),
    /// It is not understood, or cannot be done.
    Cannot(String),
}

type Planned<T> = Result<T, Stop>;

fn ask<T>(text: impl Into<String>, choices: impl IntoIterator<Item = String>) -> Planned<T> {
    let (text, choices) = (text.into(), choices.into_iter().take(6).collect());
    Err(Stop::Ask(Question { text, choices }))
}

fn cannot(why: &str) -> Stop {
    Stop::Cannot(why.to_owned())
}

/// One turn without a model.
pub fn turn(turn: &Turn<'_>, index: &NodeIndex, catalogue: &Catalogue, hear: Hear<'_>) -> Drafted {
    let mut drafted = match plan_with_reply(turn, index, catalogue) {
        Ok(drafted) => drafted,
        Err(Stop::Ask(question)) => Drafted {
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
    match clause::split(sentence).as_slice() {
        [clause] => step::script(clause),
        _ => None,
    }
}

const HINT: &str = "try short steps with verbs such as get, keep, sort, count, post, log, remove, rename; or configure a \
    model for free wording";

/// Plans the person's words, or an earlier request completed by the reply to the question about it.
fn plan_with_reply(turn: &Turn<'_>, index: &NodeIndex, catalogue: &Catalogue) -> Planned<Drafted> {
    let new = clause::split(turn.text);
    let Some(Said {
        text,
        question: Some(question),
        ..
    }) = turn.history.last()
    else {
        return plan(turn, &new, index, catalogue);
    };
    let mut clauses = clause::split(text);
    let mut building = Building::new(turn, index, catalogue);
    let stopped = clauses
        .iter()
        .position(|clause| match building.follow(clause) {
            Err(Stop::Ask(asked)) => asked == *question,
            _ => false,
        });
    let Some(at) = stopped.filter(|_| turn.text.split_whitespace().count() <= REPLY_WORDS_MAX)
    else {
        return plan(turn, &new, index, catalogue);
    };
    let says_what = match new.first().map(Vec::as_slice) {
        Some([name]) => catalogue.get(name).is_some(),
        Some([first, ..]) => clause::is_verb(first) || first == "if",
        _ => false,
    };
    if says_what {
        clauses.splice(at..=at, new);
    } else {
        clauses[at].extend(new.into_iter().flatten());
    }
    plan(turn, &clauses, index, catalogue)
}

/// Longer replies are requests of their own.
const REPLY_WORDS_MAX: usize = 8;

fn plan(
    turn: &Turn<'_>,
    clauses: &[Vec<String>],
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
    let mut lines = vec![format!("{LABEL}. This is what I propose:")];
    lines.extend(
        proposal
            .summary
            .lines
            .iter()
            .map(|line| format!("- {line}")),
    );
    lines.extend(notes.iter().cloned());
    lines.extend(proposal.problems.iter().map(ToString::to_string));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
