//! `data.aggregate`: a list summed up, whole or in groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::failure::{Failure, FailureKind};
use crate::node_type::{Activation, Answer, Example, NodeSpec};
use crate::nodes::built_in::{BuiltIn, plain, port};
use crate::nodes::field_path::FieldPath;
use crate::nodes::items::{self, items};
use crate::nodes::order::{Ordered, compare};
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
        icon: "sigma",
        words: &[
            "group by",
            "sum",
            "count",
            "average",
            "total",
            "statistics",
            "pivot",
            "reduce",
            "summarize",
            "distinct",
            "unique",
        ],
        outputs: vec![port(
            "out",
            "any",
            "One record; with `groupBy`, a list with one record for each group.",
        )],
        params: params(),
        errors: &[
            (
                FailureKind::InvalidInput,
                "the input is not a list and `items` is left out, or `sum` or `avg` meets \
                    something that is not a number",
            ),
            (
                FailureKind::InvalidParameter,
                "a field is not a path, two results would have one name, or `items` is not a list",
            ),
            (
                FailureKind::Limit,
                "a sum of whole numbers passes the range of 64 bits",
            ),
        ],
        examples: examples(),
        ..plain(
            "data.aggregate",
            "Aggregate",
            "Counts, sums and groups the items of a list.",
        )
    }
}

fn params() -> Json {
    record([
        Property::list(
            "aggregations",
            "Results",
            "What to work out. Each gives one field.",
            aggregation(),
        )
        .required(),
        Property::list("groupBy", "Group by", GROUP_BY, texts())
            .or(json!([]))
            .such_as(json!(["country"])),
        items::property(),
    ])
}

fn aggregation() -> Json {
    record([
        Property::choice(
            "op",
            "Operation",
            OP,
            &[
                "count", "sum", "avg", "min", "max", "first", "last", "list", "distinct",
            ],
        )
        .required(),
        Property::text(
            "field",
            "Field",
            "The field to work on: a name, or a path such as \
            `customer.age`. When left out, the items themselves are worked on.",
        )
        .such_as(json!("price")),
        Property::text("as", "Name", "The name of the result.")
            .required()
            .such_as(json!("total")),
    ])
}

fn examples() -> Vec<Example> {
    vec![
        Example::new(
            "Turnover by country",
            json!({
                "groupBy": ["country"],
                "aggregations": [
                    { "op": "count", "as": "orders" },
                    { "op": "sum", "field": "total", "as": "turnover" },
                ],
            }),
            json!([
                { "country": "NO", "total": 10 },
                { "country": "SE", "total": 5.5 },
                { "country": "NO", "total": 2 },
            ]),
        )
        .gives(json!([
            { "country": "NO", "orders": 2, "turnover": 12 },
            { "country": "SE", "orders": 1, "turnover": 5.5 },
        ])),
        Example::new(
            "A list of numbers",
            json!({
                "items": "{{ input.temperatures }}",
                "aggregations": [{ "op": "avg", "as": "mean" }, { "op": "max", "as": "warmest" }],
            }),
            json!({ "temperatures": [18, 21, 24] }),
        )
        .gives(json!({ "mean": 21.0, "warmest": 24 })),
    ]
}

const GROUP_BY: &str = "Fields (names, or paths such as `customer.country`) whose values make a \
    group. When empty, all items are one group.";
const OP: &str = "`count`: how many. `sum`, `avg`: of numbers. `min`, `max`: in the order of `data.sort`. `first`, `last`: in the list's order. \
    `list`: all values. `distinct`: each value once.";

const DOCS: &str = r#"
Without `groupBy` one record leaves; with it, a list of records in the order in which the groups first appear. A group's
record has the fields it is grouped by, under their last name (`customer.country` becomes `country`), and the results.

Items whose `field` is missing or null are passed over by every operation. So `count` without a `field` counts items, and with
one it counts those that have it. Over nothing, `count` and `sum` give 0, `list` and `distinct` an empty list, the others null.

A sum of whole numbers is exact; with floats among them it is a float, and `avg` always is. 1 and 1.0 are one value to
groups and to `distinct`; the first that appears is shown.
"#;

fn evaluate(node: &dyn Activation, params: &Params<'_>) -> Result<Answer, Failure> {
    let plan = Plan::read(params)?;
    let items = items(node, params)?;
    if plan.groups.is_empty() {
        let all: Vec<_> = items.iter().enumerate().collect();
        return Ok(Answer::out(plan.results(&all)?.collect::<Record>().into()));
    }
    let groups = group(&items, &plan.groups);
    let rows = groups
        .iter()
        .map(|group| plan.row(group))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::out(rows.into()))
}

/// What the parameters ask for.
struct Plan {
    groups: Vec<(String, FieldPath)>,
    results: Vec<Aggregation>,
}

struct Aggregation {
    op: String,
    path: Option<FieldPath>,
    field: String,
    name: String,
}

/// The items of one group, each with its position in the list.
type Items<'a> = Vec<(usize, &'a Value)>;

struct Group<'a> {
    key: Vec<&'a Value>,
    items: Items<'a>,
}

impl Plan {
    fn read(params: &Params<'_>) -> Result<Self, Failure> {
        let mut names = BTreeSet::new();
        let (mut groups, mut results) = (Vec::new(), Vec::new());
        for field in params.need("groupBy")?.items()? {
            let path = field.path()?;
            let name = path
                .name()
                .ok_or_else(|| field.fails("has no name in it"))?
                .to_owned();
            once(&mut names, &name, &field)?;
            groups.push((name, path));
        }
        for param in params.need("aggregations")?.items()? {
            let aggregation = Aggregation::read(&param)?;
            once(&mut names, &aggregation.name, &param)?;
            results.push(aggregation);
        }
        Ok(Self { groups, results })
    }

    fn row(&self, group: &Group<'_>) -> Result<Value, Failure> {
        let names = self.groups.iter().map(|(name, _)| name.as_str());
        let key = names.zip(group.key.iter().map(|value| (*value).clone()));
        Ok(key
            .chain(self.results(&group.items)?)
            .collect::<Record>()
            .into())
    }

    fn results<'p>(
        &'p self,
        items: &Items<'_>,
    ) -> Result<impl Iterator<Item = (&'p str, Value)> + use<'p>, Failure> {
        let values = self
            .results
            .iter()
            .map(|result| result.over(items))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self
            .results
            .iter()
            .map(|result| result.name.as_str())
            .zip(values))
    }
}

fn once(names: &mut BTreeSet<String>, name: &str, param: &Param<'_>) -> Result<(), Failure> {
    if names.insert(name.to_owned()) {
        return Ok(());
    }
    Err(param.fails(&format!("would be a second `{name}` in the result")))
}

/// The groups in the order of their first items. Keys are found in a sorted map, so many groups cost no more than sorting.
#[expect(
    clippy::mutable_key_type,
    reason = "what changes inside a value, its seal, is no part of its order"
)]
fn group<'a>(items: &'a [Value], by: &[(String, FieldPath)]) -> Vec<Group<'a>> {
    let mut places: BTreeMap<Vec<Ordered<'a>>, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let key: Vec<&Value> = by
            .iter()
            .map(|(_, path)| path.get(item).unwrap_or(&Value::Null))
            .collect();
        let place = *places
            .entry(key.iter().map(|value| Ordered(value)).collect())
            .or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                key,
                items: Vec::new(),
            });
        }
        groups[place].items.push((index, item));
    }
    groups
}

impl Aggregation {
    fn read(param: &Param<'_>) -> Result<Self, Failure> {
        let fields = param.fields()?;
        let field = fields
            .given("field")
            .map(|field| field.text())
            .transpose()?;
        Ok(Self {
            op: fields.choice("op")?.to_owned(),
            path: fields.path("field")?,
            field: field.map_or_else(|| "the item".into(), |field| format!("`{}`", &*field)),
            name: fields.text("as")?.to_string(),
        })
    }

    fn over(&self, items: &Items<'_>) -> Result<Value, Failure> {
        if self.op == "count" && self.path.is_none() {
            return Ok((items.len() as u64).into());
        }
        let values: Items<'_> = items
            .iter()
            .filter_map(|(index, item)| Some((*index, self.value(item)?)))
            .collect();
        let plain = || values.iter().map(|(_, value)| *value);
        Ok(match self.op.as_str() {
            "count" => (values.len() as u64).into(),
            "sum" => self.sum(&values)?.value()?,
            "avg" => self.sum(&values)?.mean(),
            "min" => plain()
                .min_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or_default(),
            // Of equal values the first, as for `min`.
            "max" => plain()
                .rev()
                .max_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or_default(),
            "first" => plain().next().cloned().unwrap_or_default(),
            "last" => plain().next_back().cloned().unwrap_or_default(),
            "distinct" => distinct(plain()),
            _ => Value::List(plain().cloned().collect()),
        })
    }

    fn value<'a>(&self, item: &'a Value) -> Option<&'a Value> {
        let value = match &self.path {
            Some(path) => path.get(item)?,
            None => item,
        };
        (!value.is_null()).then_some(value)
    }

    fn sum(&self, values: &Items<'_>) -> Result<Sum, Failure> {
        let mut sum = Sum::default();
        for (index, value) in values {
            match value {
                Value::Int(int) => sum.whole += i128::from(*int),
                Value::Float(float) => sum.float = Some(sum.float.unwrap_or(0.0) + float),
                other => return Err(self.no_number(*index, other)),
            }
            sum.count += 1;
        }
        Ok(sum)
    }

    fn no_number(&self, index: usize, value: &Value) -> Failure {
        let Self { op, field, .. } = self;
        let message = format!(
            "`{op}` needs numbers, but {field} of item {index} is {}",
            found(value)
        );
        Failure::new(
            FailureKind::InvalidInput,
            message.replace("the item of item", "item"),
        )
    }
}

#[expect(
    clippy::mutable_key_type,
    reason = "what changes inside a value, its seal, is no part of its order"
)]
fn distinct<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut seen = BTreeSet::new();
    values
        .filter(|value| seen.insert(Ordered(value)))
        .cloned()
        .collect::<Vec<_>>()
        .into()
}

/// Whole numbers are added exactly, apart from floats.
#[derive(Default)]
struct Sum {
    whole: i128,
    float: Option<f64>,
    count: u64,
}

impl Sum {
    fn value(&self) -> Result<Value, Failure> {
        match self.float {
            Some(_) => Ok(self.as_float().into()),
            None => i64::try_from(self.whole)
                .map(Value::Int)
                .map_err(|_| too_large(self.whole)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an average is a float")]
    fn mean(&self) -> Value {
        if self.count == 0 {
            Value::Null
        } else {
            (self.as_float() / self.count as f64).into()
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "asked for as a float")]
    fn as_float(&self) -> f64 {
        self.whole as f64 + self.float.unwrap_or(0.0)
    }
}

fn too_large(sum: i128) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("the sum {sum} passes the range of 64-bit whole numbers"),
    )
    .with_hint("turn one of the numbers into a float, and the sum will be one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{Scene, check_node};

    fn check_op(op: &str, input: Json, expected: &str) {
        let params = json!({ "aggregations": [{ "op": op, "field": "x", "as": "r" }] });
        check_node("data.aggregate", params, input, expected);
    }

    #[test]
    fn every_operation() {
        let rows = json!([{ "x": 2 }, {}, { "x": null }, { "x": 1 }, { "x": 2.0 }]);
        check_op("count", rows.clone(), r#"out {"r":3}"#);
        check_op("sum", rows.clone(), r#"out {"r":5.0}"#);
        check_op("avg", rows.clone(), r#"out {"r":1.6666666666666667}"#);
        check_op("min", rows.clone(), r#"out {"r":1}"#);
        check_op("max", rows.clone(), r#"out {"r":2}"#);
        check_op("first", rows.clone(), r#"out {"r":2}"#);
        check_op("last", rows.clone(), r#"out {"r":2.0}"#);
        check_op("list", rows.clone(), r#"out {"r":[2,1,2.0]}"#);
        check_op("distinct", rows, r#"out {"r":[2,1]}"#);
    }

    #[test]
    fn over_nothing() {
        for (op, expected) in [
            ("count", "0"),
            ("sum", "0"),
            ("avg", "null"),
            ("max", "null"),
            ("last", "null"),
            ("list", "[]"),
        ] {
            check_op(op, json!([]), &format!(r#"out {{"r":{expected}}}"#));
        }
    }

    #[test]
    fn groups_come_in_order_of_appearance_and_missing_is_a_group() {
        let params =
            json!({ "groupBy": ["c.k", "n"], "aggregations": [{ "op": "count", "as": "count" }] });
        let rows = json!([
            { "c": { "k": "b" }, "n": 1 },
            { "c": { "k": "a" } },
            { "c": { "k": "b" }, "n": 1.0 },
        ]);
        check_node(
            "data.aggregate",
            params,
            rows,
            r#"out [{"count":2,"k":"b","n":1},{"count":1,"k":"a","n":null}]"#,
        );
    }

    #[test]
    fn whole_sums_are_exact_or_fail() {
        check_op(
            "sum",
            json!([{ "x": i64::MAX }, { "x": i64::MAX }, { "x": -i64::MAX }]),
            &format!(r#"out {{"r":{}}}"#, i64::MAX),
        );
        let expected = "failed limit: the sum 9223372036854775808 passes the range of 64-bit whole numbers \
            (turn one of the numbers into a float, and the sum will be one)";
        check_op("sum", json!([{ "x": i64::MAX }, { "x": 1 }]), expected);
    }

    #[test]
    fn what_is_no_number_is_named() {
        check_op(
            "sum",
            json!([{ "x": 1 }, { "x": "2" }]),
            "failed invalidInput: `sum` needs numbers, but `x` of item 1 is text",
        );
        let params = json!({ "aggregations": [{ "op": "avg", "as": "r" }] });
        check_node(
            "data.aggregate",
            params,
            json!([[]]),
            "failed invalidInput: `avg` needs numbers, but item 0 is a list of 0",
        );
    }

    #[test]
    fn two_results_of_one_name_are_a_mistake() {
        let params = json!({ "groupBy": ["a.x", "b.x"], "aggregations": [] });
        let expected =
            "failed invalidParameter /groupBy/1: `groupBy/1` would be a second `x` in the result";
        check_node("data.aggregate", params, json!([]), expected);
    }

    #[test]
    fn twenty_thousand_groups_are_not_many() {
        let rows: Vec<_> = (0..20_000).map(|i| json!({ "x": i % 15_000 })).collect();
        let params = json!({
            "groupBy": ["x"],
            "aggregations": [{ "op": "distinct", "field": "x", "as": "d" }],
        });
        let told = Scene::new("data.aggregate", params, rows.into()).told();
        assert!(told.starts_with(r#"out [{"d":[0],"x":0}"#));
    }
}
