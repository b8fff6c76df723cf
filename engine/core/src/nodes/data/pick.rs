//! `data.pick`: some fields of a record, or all but some.

use std::collections::BTreeSet;

use serde_json::json;

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::field_path::FieldPath;
use crate::nodes::params::{Param, Params};
use crate::nodes::schema::{Property, record, texts};
use crate::nodes::show::found;
use crate::value::{Record, Value};

pub(in crate::nodes) fn node_type() -> BuiltIn {
    BuiltIn::new(spec(), evaluate)
}

fn spec() -> NodeSpec {
    NodeSpec {
        docs: DOCS,
        icon: "list-checks",
        words: &[
            "select fields",
            "keep",
            "remove fields",
            "drop",
            "omit",
            "project",
            "columns",
            "rename",
            "extract",
        ],
        outputs: vec![port(
            "out",
            "any",
            "A record, or a list of records when a list came in.",
        )],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the input, or an item of it, is not a record",
            ),
            (
                FailureKind::InvalidParameter,
                "a field is not a path, two picked fields would have one name, or `rename` names \
                    a field that is not in `fields`",
            ),
        ],
        examples: examples(),
        ..plain(
            "data.pick",
            "Pick fields",
            "Keeps or removes fields of a record, or of each record in a list.",
        )
    }
}

fn params() -> serde_json::Value {
    record([
        Property::list("fields", "Fields", FIELDS, texts())
            .required()
            .such_as(json!(["id", "customer.name"])),
        Property::bool(
            "drop",
            "Remove them",
            "Whether the named fields are taken away and all others stay.",
        )
        .or(json!(false)),
        Property::record("rename", "New names", RENAME).or(json!({})),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Two fields of each row, one from inside",
            json!({ "fields": ["id", "customer.name"], "rename": { "customer.name": "customer" } }),
            json!([
                { "id": 1, "customer": { "name": "Ada", "phone": "555" } },
                { "id": 2, "customer": { "name": "Bob" } },
            ]),
        )
        .gives(json!([{ "id": 1, "customer": "Ada" }, { "id": 2, "customer": "Bob" }])),
        Example::new(
            "Everything but the secrets",
            json!({ "fields": ["password", "session.token"], "drop": true }),
            json!({ "user": "ada", "password": "x", "session": { "id": 7, "token": "y" } }),
        )
        .gives(json!({ "user": "ada", "session": { "id": 7 } })),
    ]
}

const FIELDS: &str = "Names of fields, or paths to fields further inside: `customer.name`, `lines[0].price`, \
    `lines[-1]` for the last one. A name that has a dot or a bracket in it is quoted: `[\"a.b\"]`.";
const RENAME: &str =
    "The name a picked field gets in the result, by the field as it is written in `fields`.";

const DOCS: &str = r#"
A field from further inside is put at the top of the result, under its last name: `customer.name` becomes `name`, unless
`rename` gives it another. With `drop: true` it is the other way round: the named fields are taken away where they are,
and all else stays as it is.

Fields that are not there are passed over. A list comes in as rows: each of its records is treated in the same way.
"#;

/// A field to pick, and its name in the result.
struct Pick {
    path: FieldPath,
    name: String,
}

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let fields = params.need("fields")?.items()?;
    if params.bool("drop")? {
        let paths = paths(&fields)?;
        no_rename(params)?;
        return each(node.input(), |record| Ok(drop(record, &paths))).map(Answer::out);
    }
    let picks = picks(&fields, params)?;
    each(node.input(), |record| Ok(pick(record, &picks))).map(Answer::out)
}

fn paths(fields: &[Param<'_>]) -> Result<Vec<FieldPath>, Failure> {
    fields.iter().map(Param::path).collect()
}

fn no_rename(params: &Params<'_>) -> Result<(), Failure> {
    match params.given("rename") {
        Some(rename) if !rename.record()?.is_empty() => {
            Err(rename.fails("has no meaning with `drop`"))
        }
        _ => Ok(()),
    }
}

fn picks(fields: &[Param<'_>], params: &Params<'_>) -> Result<Vec<Pick>, Failure> {
    let rename = params.need("rename")?;
    let mut names = BTreeSet::new();
    let mut picks = Vec::new();
    for field in fields {
        let path = field.path()?;
        let name = match rename.record()?.get(&field.text()?) {
            Some(name) => name
                .as_str()
                .ok_or_else(|| rename.expected("a record of texts"))?
                .to_owned(),
            None => path
                .name()
                .ok_or_else(|| field.fails("has no name in it; give it one in `rename`"))?
                .to_owned(),
        };
        if !names.insert(name.clone()) {
            return Err(field.fails(&format!(
                "would be a second `{name}`; give it another name in `rename`"
            )));
        }
        picks.push(Pick { path, name });
    }
    all_used(&rename, fields)?;
    Ok(picks)
}

fn all_used(rename: &Param<'_>, fields: &[Param<'_>]) -> Result<(), Failure> {
    let known: BTreeSet<&str> = fields
        .iter()
        .filter_map(|field| field.value().as_str())
        .collect();
    match rename
        .record()?
        .iter()
        .find(|(from, _)| !known.contains(&**from))
    {
        Some((from, _)) => Err(rename.fails_at(from, "is not among `fields`")),
        None => Ok(()),
    }
}

fn pick(record: &Value, picks: &[Pick]) -> Value {
    let there = picks
        .iter()
        .filter_map(|Pick { path, name }| Some((&**name, path.get(record)?.clone())));
    there.collect::<Record>().into()
}

fn drop(record: &Value, paths: &[FieldPath]) -> Value {
    paths
        .iter()
        .fold(record.clone(), |record, path| path.without(&record))
}

/// The record made into another, or each record of the list.
fn each(
    input: &Value,
    change: impl Fn(&Value) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    match input {
        Value::Record(_) => change(input),
        Value::List(items) => {
            let items = items.iter().enumerate().map(|(index, item)| match item {
                Value::Record(_) => change(item),
                other => Err(no_record(
                    &format!("item {index} of the input must be a record"),
                    other,
                )),
            });
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        other => Err(no_record(
            "the input must be a record or a list of records",
            other,
        )),
    }
}

fn no_record(expected: &str, value: &Value) -> Failure {
    Failure::new(
        FailureKind::InvalidInput,
        format!("{expected}, found {}", found(value)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::check_node;

    fn check(params: serde_json::Value, input: serde_json::Value, expected: &str) {
        check_node("data.pick", params, input, expected);
    }

    #[test]
    fn picked_fields_come_up_under_their_last_name() {
        let input = json!({ "a": { "b": [{ "c": 1 }] }, "d": 2, "e": 3 });
        check(
            json!({ "fields": ["a.b[0].c", "d", "nowhere.at.all"] }),
            input,
            r#"out {"c":1,"d":2}"#,
        );
        check(
            json!({ "fields": ["[\"a.b\"]"] }),
            json!({ "a.b": 1, "a": { "b": 2 } }),
            r#"out {"a.b":1}"#,
        );
    }

    #[test]
    fn dropped_fields_go_from_where_they_are() {
        check(
            json!({ "fields": ["a.b", "c"], "drop": true }),
            json!({ "a": { "b": 1, "x": 2 }, "c": 3 }),
            r#"out {"a":{"x":2}}"#,
        );
    }

    #[test]
    fn two_fields_of_one_name_need_a_new_name() {
        let input = json!({ "a": { "id": 1 }, "b": { "id": 2 } });
        let expected = "failed invalidParameter /fields/1: `fields/1` would be a second `id`; \
            give it another name in `rename`";
        check(
            json!({ "fields": ["a.id", "b.id"] }),
            input.clone(),
            expected,
        );
        check(
            json!({ "fields": ["a.id", "b.id"], "rename": { "b.id": "other" } }),
            input,
            r#"out {"id":1,"other":2}"#,
        );
    }

    #[test]
    fn a_new_name_for_nothing_is_a_mistake() {
        let expected = "failed invalidParameter /rename/b: `rename/b` is not among `fields`";
        check(
            json!({ "fields": ["a"], "rename": { "b": "c" } }),
            json!({}),
            expected,
        );
        let expected = "failed invalidParameter /rename: `rename` has no meaning with `drop`";
        check(
            json!({ "fields": ["a"], "rename": { "a": "c" }, "drop": true }),
            json!({}),
            expected,
        );
    }

    #[test]
    fn only_records_have_fields() {
        check(
            json!({ "fields": ["a"] }),
            json!([{ "a": 1 }, 2]),
            "failed invalidInput: item 1 of the input must be a record, found 2",
        );
        check(
            json!({ "fields": ["a"] }),
            json!("x"),
            "failed invalidInput: the input must be a record or a list of records, found text",
        );
        let expected = "failed invalidParameter /fields/0: `fields/0` is not a path: it is empty, \
            or a name between two dots is";
        check(json!({ "fields": [""] }), json!({}), expected);
    }
}
