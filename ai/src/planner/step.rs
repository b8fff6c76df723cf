//! A clause becomes steps.

use serde_json::{Value as Json, json};

use super::clause::{is_verb, lower};
use super::test::{self, is_field, literal};
use super::when::{self, Schedule};
use super::{Planned, ask, cannot, code as scripts};

/// One thing that the planner can do.
pub(super) enum Step {
    Schedule(Schedule),
    /// A new node. [`FROM`] in its parameters is what the node before it gives.
    Add(New),
    Remove(String),
    /// The node, and its new name.
    Rename(String, String),
    /// The next step goes behind this node, or before it.
    Place(String, bool),
    /// Nothing of the above: a node type by its name, or a question.
    Other(String),
}

/// A node to be added.
pub(super) struct New {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) params: Json,
    /// The port that leads on.
    pub(super) leaves: &'static str,
}

/// Stands for the expression of what the next node gets.
pub(super) const FROM: &str = "$from";

fn new(id: &str, kind: &'static str, name: impl Into<String>, params: Json) -> Planned<Step> {
    let (id, name, leaves) = (id.to_owned(), name.into(), "out");
    Ok(Step::Add(New {
        id,
        kind,
        name,
        params,
        leaves,
    }))
}

fn code(id: &str, name: impl Into<String>, code: &str) -> Planned<Step> {
    new(id, "code.rhai", name, json!({ "code": code }))
}

/// What says nothing at the beginning of a clause.
const LEADS: &str =
    "please |also |add a step that |add a step to |make a workflow that |i want to |run it |that ";

/// The steps of a clause.
pub(super) fn read(clause: &[String]) -> Planned<Vec<Step>> {
    let mut words = without_leads(clause);
    let mut steps = Vec::new();
    if let Some((schedule, taken)) = when::schedule(&lower(&words)) {
        steps.push(Step::Schedule(schedule));
        words.drain(..taken);
    } else if lower(&words).first().is_some_and(|word| word == "every") {
        return Err(cannot(
            "the smallest step of a schedule is a minute; say it as in \"every 5 minutes\"",
        ));
    }
    steps.extend(place(&mut words));
    // "if the total is over 100 post it": a condition and what follows it.
    if let Some(end) = condition(&words, &mut steps)? {
        words.drain(..end);
    }
    if !words.is_empty() {
        steps.push(verb(&words)?);
    }
    Ok(steps)
}

fn without_leads(clause: &[String]) -> Vec<String> {
    let mut words = clause.to_vec();
    loop {
        let text = words.join(" ").to_lowercase();
        let Some(lead) = LEADS.split('|').find(|lead| text.starts_with(lead)) else {
            return words;
        };
        words.drain(..lead.split_whitespace().count());
    }
}

fn condition(words: &[String], steps: &mut Vec<Step>) -> Planned<Option<usize>> {
    let is_if = words
        .first()
        .is_some_and(|word| matches!(word.to_lowercase().as_str(), "if" | "when"));
    let Some((test, end)) = test::read(words).filter(|_| is_if) else {
        return Ok(None);
    };
    let Some(field) = &test.field else {
        let example = format!("if total {}", test.words());
        return ask(
            format!("Which field should be {}?", test.words()),
            [example],
        );
    };
    let condition = test.condition(&format!("{FROM}.{field}"));
    let params = json!({ "condition": format!("{{{{ {condition} }}}}") });
    let (id, name) = ("if".to_owned(), format!("If {}", test.words()));
    steps.push(Step::Add(New {
        id,
        kind: "flow.if",
        name,
        params,
        leaves: "true",
    }));
    Ok(Some(end))
}

/// `... after X`, `... before X` at the end.
fn place(words: &mut Vec<String>) -> Option<Step> {
    let mut small = lower(words).into_iter();
    let at = small.rposition(|word| word == "after" || word == "before")?;
    if at == 0 || at + 1 == words.len() {
        return None;
    }
    let place = Step::Place(
        words[at + 1..].join(" "),
        words[at].eq_ignore_ascii_case("before"),
    );
    words.truncate(at);
    Some(place)
}

fn verb(words: &[String]) -> Planned<Step> {
    let first = words[0].to_lowercase();
    match stem(&first) {
        "get" | "fetch" | "read" | "load" | "call" => call("GET", words),
        "post" | "send" => call("POST", words),
        "keep" | "filter" | "drop" | "exclude" => keep(words),
        "remove" | "delete" if test::read(words).is_some() => keep(words),
        "remove" | "delete" => Ok(Step::Remove(words[1..].join(" "))),
        "rename" => rename(words),
        "sort" => sort(words),
        "sum" | "average" | "count" => sum(stem(&first), words),
        "set" => set(words),
        "log" | "print" => {
            let quoted = words.iter().find(|word| word.starts_with(['"', '\'', '`']));
            let message = quoted.map_or("{{ input }}".into(), |word| literal(word).to_json());
            new("log", "log", "Log", json!({ "message": message }))
        }
        _ => Ok(Step::Other(words.join(" "))),
    }
}

/// A verb in the third person is the verb: `posts`, `fetches`.
fn stem(word: &str) -> &str {
    let mut stems = ["s", "es"]
        .into_iter()
        .filter_map(|end| word.strip_suffix(end));
    stems.find(|stem| is_verb(stem)).unwrap_or(word)
}

/// A call of the one address in a clause, which gets, or sends, the whole of what came in.
fn call(method: &str, words: &[String]) -> Planned<Step> {
    let text = words.join(" ");
    let urls: Vec<&String> = words.iter().filter(|word| word.contains("://")).collect();
    let is_each = lower(words)
        .iter()
        .any(|word| matches!(word.as_str(), "each" | "every"));
    let is_shaped = words.iter().any(|word| word.starts_with(['{', '[', '"']));
    let [url] = urls.as_slice() else {
        return match urls.len() {
            0 => ask(format!("Which address should \"{text}\" call?"), []),
            _ => Err(cannot(&format!(
                "\"{text}\" names several addresses; say one step for each"
            ))),
        };
    };
    if is_each || is_shaped {
        return Err(cannot(&format!(
            "\"{text}\" sends something else than the whole of what came in"
        )));
    }
    let mut params = json!({ "url": url });
    if method == "POST" {
        params["method"] = method.into();
        params["body"] = format!("{{{{ {FROM} }}}}").into();
    }
    let place = place_of(url);
    let id = format!("{}-{place}", method.to_lowercase());
    new(&id, "http.request", format!("{method} {place}"), params)
}

/// The last word of an address: `orders` of `http://host/v1/orders?x`.
fn place_of(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or(url);
    let last = plain
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(plain);
    let word = last
        .to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    word.trim_matches('-').chars().take(24).collect()
}

fn keep(words: &[String]) -> Planned<Step> {
    match test::read(words) {
        Some((test, end))
            if end == words.len() && (test.field.is_some() || test.value.as_number().is_some()) =>
        {
            let verb = if test.inverted { "Drop" } else { "Keep" };
            code(
                "keep",
                format!("{verb} {}", test.words()),
                &scripts::keep(FROM, &test),
            )
        }
        _ => ask(
            format!("Which should \"{}\" keep?", words.join(" ")),
            ["keep those with total over 100".into()],
        ),
    }
}

fn sort(words: &[String]) -> Planned<Step> {
    let small = lower(words);
    let by = match small
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [_] | [_, "them" | "it"] => json!({}),
        [_, "by", field] | [_, _, "by", field] if is_field(field) => {
            json!({ "field": words[words.len() - 1] })
        }
        [_, "by", field, "descending"] | [_, _, "by", field, "descending"] if is_field(field) => {
            json!({ "field": words[words.len() - 2], "order": "desc" })
        }
        _ => {
            return ask(
                "By which field?",
                ["sort by price".into(), "sort by price descending".into()],
            );
        }
    };
    let items = format!("{{{{ {FROM} }}}}");
    new(
        "sort",
        "data.sort",
        "Sort",
        json!({ "items": items, "by": [by] }),
    )
}

fn sum(verb: &str, words: &[String]) -> Planned<Step> {
    let skip = [
        "up", "the", "of", "them", "all", "it", "items", "rows", "field",
    ];
    let mut named = words[1..]
        .iter()
        .filter(|word| !skip.contains(&word.as_str()));
    let field = named
        .next()
        .filter(|word| is_field(word) && verb != "count")
        .map(String::as_str);
    if named.next().is_some() || verb != "count" && field.is_none() {
        return ask(
            format!("What should \"{}\" take?", words.join(" ")),
            [format!("{verb} the price")],
        );
    }
    let name = verb[..1].to_uppercase() + &verb[1..];
    code(verb, name, &scripts::sum(FROM, verb, field))
}

/// `set checked to true`.
fn set(words: &[String]) -> Planned<Step> {
    match words {
        [_, name, to, value] if is_field(name) && to == "to" => {
            let fields = json!({ name: literal(value).to_json() });
            new(
                "set",
                "data.set",
                "Set fields",
                json!({ "fields": fields, "keep": true }),
            )
        }
        _ => ask("Which field, and to what?", ["set checked to true".into()]),
    }
}

fn rename(words: &[String]) -> Planned<Step> {
    let at = words
        .iter()
        .rposition(|word| word == "to")
        .filter(|at| *at > 1 && at + 1 < words.len());
    let Some(at) = at else {
        return ask("Rename which step to what?", []);
    };
    let to = words[at + 1..].join(" ");
    let to = to.trim_matches(['"', '\'', '`']).to_owned();
    Ok(Step::Rename(words[1..at].join(" "), to))
}

/// The script of a clause, when it is about rows and a template fits.
pub(super) fn script(clause: &[String]) -> Option<String> {
    match verb(clause).ok()? {
        Step::Add(new) => Some(new.params["code"].as_str()?.replace(FROM, "input")),
        _ => None,
    }
}
