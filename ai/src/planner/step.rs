//! A clause becomes steps.

use flowforge_engine::{Value, Workflow};

use super::clause::{Clause, is_verb};
use super::code;
use super::test::{self, Test, is_field, literal};
use super::when::{self, Schedule};
use super::{Fill, Planned, Stop, ask};

/// One thing that the planner can do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Nothing: words such as "make a workflow".
    Nothing,
    Schedule(Schedule),
    Call {
        method: String,
        url: String,
        body: Option<Value>,
        each: bool,
    },
    Keep(Test),
    /// Only goes on when it holds.
    If(Test),
    /// The other way of the last condition.
    Otherwise,
    Wait {
        ms: u64,
    },
    Sort {
        field: Option<String>,
        descending: bool,
    },
    Limit {
        count: u64,
    },
    Pick {
        fields: Vec<String>,
        drop: bool,
    },
    Set {
        name: String,
        value: Value,
    },
    Log {
        message: Option<String>,
    },
    Approve {
        message: Option<String>,
    },
    Sum {
        operation: &'static str,
        field: Option<String>,
    },
    Text {
        text: String,
    },
    /// Changes of nodes that are there, which the words name.
    Remove {
        who: String,
    },
    Rename {
        who: String,
        to: String,
    },
    Disable {
        who: String,
        disabled: bool,
    },
    Retry {
        who: String,
        times: u64,
    },
    Param {
        who: String,
        name: String,
        value: Value,
    },
    /// A node type found by search.
    Search {
        words: String,
    },
    /// The next step goes before or behind this node.
    Place {
        who: String,
        before: bool,
    },
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The steps of a clause.
pub(super) fn read(clause: &Clause, workflow: &Workflow) -> Planned<Vec<Step>> {
    let mut words = clause.words().to_vec();
    let mut steps = Vec::new();
    strip_lead(&mut words);
    if let Some((schedule, taken)) = when::schedule(&lower(&words)) {
        steps.push(Step::Schedule(schedule));
        words.drain(..taken);
        strip_lead(&mut words);
    } else if lower(&words).first().is_some_and(|word| word == "every") {
        return ask(
            "How often? The smallest step of a schedule is a minute.",
            [
                "every minute".into(),
                "every hour".into(),
                "every day at 9:00".into(),
            ],
            Fill::Before,
        );
    }
    let schedule = trailing_schedule(&mut words);
    if let Some(place) = place(&mut words) {
        steps.push(place);
    }
    if matches!(
        lower(&words).first().map(String::as_str),
        Some("otherwise" | "else")
    ) {
        steps.push(Step::Otherwise);
        words.remove(0);
    }
    // "if the total is over 100 post it": a condition and what follows it.
    if let Some(at) = behind_condition(&words) {
        let rest = words.split_off(at);
        steps.push(verb(&Clause::of(&words), workflow)?);
        words = rest;
    }
    if !words.is_empty() {
        steps.push(verb(&Clause::of(&words), workflow)?);
    }
    steps.extend(schedule.map(Step::Schedule));
    Ok(steps)
}

/// Where in a clause that begins with a condition the next verb stands.
fn behind_condition(words: &[String]) -> Option<usize> {
    let lower = lower(words);
    let begins = matches!(lower.first()?.as_str(), "if" | "when");
    let clause = Clause::of(words);
    let operator = test::operator_end(&clause).filter(|_| begins)?;
    (operator + 1..words.len()).find(|at| is_verb(&lower[*at]))
}

fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// Takes away what says nothing: `please`, `i want to`, `add a step that`.
fn strip_lead(words: &mut Vec<String>) {
    const LEADS: &[&[&str]] = &[
        &["please"],
        &["also"],
        &["finally"],
        &["and"],
        &["then"],
        &["can", "you"],
        &["could", "you"],
        &["i", "want", "to"],
        &["it", "should"],
        &["add", "a", "step", "that"],
        &["add", "a", "step", "to"],
        &["add", "a", "node", "that"],
        &["add", "a", "node", "to"],
        &["add", "a", "step"],
        &["make", "it"],
        &["a", "step", "that"],
        &["make", "a", "workflow", "that"],
        &["make", "a", "workflow", "to"],
        &["build", "a", "workflow", "that"],
        &["create", "a", "workflow", "that"],
        &["a", "workflow", "that"],
        &["that"],
    ];
    while let Some(lead) = LEADS.iter().find(|lead| {
        words.len() > lead.len()
            && lead
                .iter()
                .zip(words.iter())
                .all(|(a, b)| *a == b.to_lowercase())
    }) {
        words.drain(..lead.len());
    }
}

/// `get URL every hour`: the schedule at the end.
fn trailing_schedule(words: &mut Vec<String>) -> Option<Schedule> {
    let lower = lower(words);
    let start = (1..words.len()).find(|at| {
        when::schedule(&lower[*at..]).is_some_and(|(_, taken)| at + taken == words.len())
    })?;
    let (schedule, _) = when::schedule(&lower[start..])?;
    words.truncate(start);
    Some(schedule)
}

/// `... after X`, `... before X` at the end.
fn place(words: &mut Vec<String>) -> Option<Step> {
    let lower = lower(words);
    let at = lower
        .iter()
        .rposition(|word| matches!(word.as_str(), "after" | "before"))
        .filter(|at| *at > 0)?;
    let who = words[at + 1..].join(" ");
    words.truncate(at);
    (!who.is_empty()).then(|| Step::Place {
        who,
        before: lower[at] == "before",
    })
}

/// A verb in the third person is the verb: `waits`, `fetches`.
fn stem(word: &str) -> String {
    let endings = ["es", "s"];
    let found = endings
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| is_verb(stem)));
    match found {
        Some(stem) if !is_verb(word) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

fn verb(clause: &Clause, workflow: &Workflow) -> Planned<Step> {
    let lower = clause.lower();
    let first = lower.first().map(|word| stem(word)).unwrap_or_default();
    let second = lower.get(1).map_or("", String::as_str);
    if let Some(call) = call(clause, &first)? {
        return Ok(call);
    }
    Ok(match first.as_str() {
        "if" | "when" | "only" if test::read(clause).is_some() => {
            let test = test::read(clause).ok_or_else(|| cannot(clause))?;
            if first == "only" && second != "if" && second != "when" {
                Step::Keep(test)
            } else {
                Step::If(test)
            }
        }
        "keep" | "filter" | "drop" | "exclude" | "skip" | "ignore" => keep(clause)?,
        "remove" | "delete" if test::read(clause).is_some() => keep(clause)?,
        "remove" | "delete" if matches!(second, "field" | "fields") => Step::Pick {
            fields: names(&clause.words()[2..]),
            drop: true,
        },
        "remove" | "delete" => Step::Remove {
            who: rest(clause, 1),
        },
        "wait" | "sleep" | "pause" | "delay" => match when::duration_ms(&lower) {
            Some(ms) => Step::Wait { ms },
            None if lower
                .iter()
                .any(|word| word == "approval" || word == "approve") =>
            {
                Step::Approve { message: None }
            }
            None => {
                return ask(
                    "How long should it wait?",
                    ["5 seconds".into(), "1 minute".into(), "1 hour".into()],
                    Fill::Append,
                );
            }
        },
        "sort" | "order" | "rank" => sort(clause),
        "limit" | "take" | "first" | "top" => limit(clause)?,
        "pick" | "select" => Step::Pick {
            fields: names(&clause.words()[1..]),
            drop: false,
        },
        "log" | "print" => Step::Log {
            message: quoted(clause),
        },
        "approve" => Step::Approve {
            message: quoted(clause),
        },
        "ask" => Step::Approve {
            message: quoted(clause),
        },
        "sum" | "total" => sum("sum", clause),
        "average" => sum("avg", clause),
        "count" => sum("count", clause),
        "write" if quoted(clause).is_some() => Step::Text {
            text: quoted(clause).unwrap_or_default(),
        },
        "rename" => rename(clause)?,
        "disable" => Step::Disable {
            who: rest(clause, 1),
            disabled: true,
        },
        "enable" => Step::Disable {
            who: rest(clause, 1),
            disabled: false,
        },
        "retry" => retry(clause),
        "set" | "change" => set(clause, workflow)?,
        "add" if lower.iter().any(|word| word == "field") => set(clause, workflow)?,
        // "run it every hour": the words around a schedule.
        "run" | "start" | "do" if lower.len() <= 3 => Step::Nothing,
        "make" | "build" | "create" if lower.iter().any(|word| word == "workflow") => Step::Nothing,
        "run" | "start"
            if lower
                .iter()
                .any(|word| matches!(word.as_str(), "hand" | "manually")) =>
        {
            Step::Nothing
        }
        _ => Step::Search {
            words: clause.text(),
        },
    })
}

fn cannot(clause: &Clause) -> Stop {
    Stop::Cannot(format!("I do not understand \"{}\"", clause.text()))
}

fn rest(clause: &Clause, skip: usize) -> String {
    clause.words().get(skip..).unwrap_or_default().join(" ")
}

/// A call of an address, when the clause has one or names a method.
fn call(clause: &Clause, first: &str) -> Planned<Option<Step>> {
    let lower = clause.lower();
    let url = lower
        .iter()
        .position(|word| word.starts_with("http://") || word.starts_with("https://"));
    if lower.iter().filter(|word| word.contains("://")).count() > 1 {
        let text = clause.text();
        return Err(Stop::Cannot(format!(
            "\"{text}\" names several addresses; say one step for each"
        )));
    }
    let by_verb = match first {
        "get" | "fetch" | "download" | "read" | "load" | "call" | "request" => Some("GET"),
        "post" | "send" | "notify" | "store" | "save" => Some("POST"),
        "put" => Some("PUT"),
        "patch" => Some("PATCH"),
        "delete" if url.is_some() => Some("DELETE"),
        _ => None,
    };
    let written = clause
        .words()
        .iter()
        .find(|word| METHODS.contains(&word.as_str()));
    let method = written.map(String::as_str).or(by_verb);
    let Some(method) = method else {
        return Ok(None);
    };
    let Some(url) = url.map(|at| clause.words()[at].clone()) else {
        if first == "set" || first == "change" {
            return Ok(None);
        }
        return ask(
            format!("Which address should \"{}\" call?", clause.text()),
            [],
            Fill::Append,
        );
    };
    let json = clause
        .words()
        .iter()
        .find(|word| word.starts_with(['{', '[']) || word.starts_with('"'));
    let each = lower.iter().any(|word| word == "each" || word == "every") && method != "GET";
    Ok(Some(Step::Call {
        method: method.to_owned(),
        url,
        body: json.map(|word| literal(word)),
        each,
    }))
}

fn keep(clause: &Clause) -> Planned<Step> {
    let test = test::read(clause).or_else(|| with_value(clause));
    match test {
        Some(test) if test.field.is_some() || test.value.as_number().is_some() => {
            Ok(Step::Keep(test))
        }
        Some(test) => ask(
            format!("Which field should be {}?", test.words()),
            [],
            Fill::Field,
        ),
        None => ask(
            format!(
                "How can I tell which to keep in \"{}\"? Name a field and a value, as in \"keep those with total over 100\".",
                clause.text()
            ),
            [],
            Fill::Append,
        ),
    }
}

/// `with status open`.
fn with_value(clause: &Clause) -> Option<Test> {
    let words = clause.words();
    let lower = clause.lower();
    let at = lower
        .iter()
        .position(|word| matches!(word.as_str(), "with" | "whose" | "where" | "having"))?;
    let [field, value] = words.get(at + 1..)? else {
        return None;
    };
    is_field(field).then(|| Test {
        field: Some(field.clone()),
        operator: "==",
        value: literal(value),
        inverted: matches!(lower[0].as_str(), "drop" | "exclude" | "skip" | "ignore"),
    })
}

fn sort(clause: &Clause) -> Step {
    let lower = clause.lower();
    let by = lower
        .iter()
        .position(|word| word == "by")
        .and_then(|at| clause.words().get(at + 1));
    let descending = lower.iter().any(|word| {
        matches!(
            word.as_str(),
            "desc" | "descending" | "largest" | "highest" | "newest" | "reverse" | "biggest"
        )
    });
    Step::Sort {
        field: by.filter(|word| is_field(word)).cloned(),
        descending,
    }
}

fn limit(clause: &Clause) -> Planned<Step> {
    match clause
        .lower()
        .iter()
        .find_map(|word| when::number(word).filter(|_| word != "a"))
    {
        Some(count) => Ok(Step::Limit { count }),
        None => ask(
            "How many should be taken?",
            ["10".into(), "100".into()],
            Fill::Append,
        ),
    }
}

fn sum(operation: &'static str, clause: &Clause) -> Step {
    let lower = clause.lower();
    let skip = [
        "sum", "total", "average", "count", "up", "the", "of", "them", "all", "it", "items",
        "rows", "how", "many", "field", "by",
    ];
    let at = lower
        .iter()
        .rposition(|word| !skip.contains(&word.as_str()) && is_field(word));
    Step::Sum {
        operation,
        field: at
            .map(|at| clause.words()[at].clone())
            .filter(|_| operation != "count"),
    }
}

fn quoted(clause: &Clause) -> Option<String> {
    let word = clause
        .words()
        .iter()
        .find(|word| word.starts_with(['"', '\'', '`']))?;
    literal(word).as_str().map(str::to_owned)
}

/// `id, name and total`.
fn names(words: &[String]) -> Vec<String> {
    let skip = [
        "and", "only", "the", "field", "fields", "column", "columns", "of", "each", "just",
    ];
    words
        .iter()
        .filter(|word| !skip.contains(&word.to_lowercase().as_str()) && is_field(word))
        .cloned()
        .collect()
}

fn rename(clause: &Clause) -> Planned<Step> {
    let lower = clause.lower();
    let at = lower
        .iter()
        .rposition(|word| word == "to" || word == "as")
        .filter(|at| *at > 1);
    let at = at.ok_or_else(|| cannot(clause))?;
    let to = clause.words()[at + 1..].join(" ");
    let to = to.trim_matches(['"', '\'', '`']).to_owned();
    Ok(Step::Rename {
        who: clause.words()[1..at].join(" "),
        to,
    })
}

fn retry(clause: &Clause) -> Step {
    let lower = clause.lower();
    let times = lower
        .iter()
        .find_map(|word| when::number(word))
        .unwrap_or(3);
    let who: Vec<&str> = clause.words()[1..]
        .iter()
        .map(String::as_str)
        .take_while(|word| {
            when::number(&word.to_lowercase()).is_none()
                && !matches!(*word, "up" | "if" | "when" | "on")
        })
        .collect();
    Step::Retry {
        who: who.join(" "),
        times,
    }
}

/// `set the url of fetch to X`, `set checked to true`, `add a field checked with true`.
fn set(clause: &Clause, workflow: &Workflow) -> Planned<Step> {
    let lower = clause.lower();
    let to = lower
        .iter()
        .position(|word| matches!(word.as_str(), "to" | "=" | "with" | "as"))
        .ok_or_else(|| cannot(clause))?;
    let value = clause
        .words()
        .get(to + 1)
        .map(|word| literal(word))
        .ok_or_else(|| cannot(clause))?;
    let skip = [
        "the",
        "a",
        "an",
        "field",
        "parameter",
        "set",
        "change",
        "add",
        "called",
        "named",
        "node",
        "step",
    ];
    let subject: Vec<String> = clause.words()[..to]
        .iter()
        .filter(|word| !skip.contains(&word.to_lowercase().as_str()))
        .cloned()
        .collect();
    let of = subject.iter().position(|word| word == "of" || word == "in");
    match (of, subject.as_slice()) {
        (Some(of), _) if of > 0 && of + 1 < subject.len() => Ok(Step::Param {
            who: subject[of + 1..].join(" "),
            name: subject[of - 1].clone(),
            value,
        }),
        (None, [who, name]) if workflow.graph.node(who).is_some() => Ok(Step::Param {
            who: who.clone(),
            name: name.clone(),
            value,
        }),
        (None, [name]) if is_field(name) => Ok(Step::Set {
            name: name.clone(),
            value,
        }),
        _ => Err(cannot(clause)),
    }
}

/// The script of a clause, when it is about rows and a template fits.
pub(super) fn script(clause: &Clause) -> Option<String> {
    let lower = clause.lower();
    Some(match verb_of(&lower).as_str() {
        "keep" | "filter" | "drop" | "exclude" | "only" => match keep(clause).ok()? {
            Step::Keep(test) => code::keep("input", &test),
            _ => return None,
        },
        "pick" | "select" => code::pick("input", &names(&clause.words()[1..]), false),
        "sum" => script_of(&sum("sum", clause)),
        "average" => script_of(&sum("avg", clause)),
        "count" => script_of(&sum("count", clause)),
        _ => return None,
    })
}

fn verb_of(lower: &[String]) -> String {
    lower.first().map(|word| stem(word)).unwrap_or_default()
}

fn script_of(step: &Step) -> String {
    match step {
        Step::Sum { operation, field } => code::sum("input", operation, field.as_deref()),
        _ => String::new(),
    }
}
