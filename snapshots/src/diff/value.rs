//! Two values, place by place.

use std::cmp::Ordering;
use std::fmt::Write;

use flowforge_engine::Value;
use flowforge_engine::value::{List, Record};
use similar::TextDiff;

use super::list::{Step, align};
use super::{Change, Op};

/// Most changes reported below one list or record; when there are more, it is one change itself.
pub(super) const CHANGES_MAX: usize = 2_000;

/// Longest text that is compared line by line, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Where two values differ, in the order of the second. Nothing when they are equal.
///
/// Lists are aligned, so that an inserted row is one change. A list or record with more than 2,000
/// changes below it is reported as one change.
#[must_use]
pub fn diff_values(a: &Value, b: &Value) -> Vec<Change> {
    let mut diff = Diff {
        changes: Vec::new(),
        before: String::new(),
        after: String::new(),
    };
    diff.values(a, b);
    diff.changes
}

/// Whether the content is equal. Lists and records are compared by their addresses, which they remember.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(_), Value::List(_)) | (Value::Record(_), Value::Record(_)) => {
            a.address() == b.address()
        }
        _ => a == b,
    }
}

/// A unified diff of two texts, when they are not too long. A missing line end is only told when the
/// other has one: most code has none.
pub(super) fn diff_lines(a: &str, b: &str) -> Option<String> {
    if a.len().max(b.len()) > TEXT_BYTES_MAX {
        return None;
    }
    let diff = TextDiff::from_lines(a, b);
    let hint = a.ends_with('\n') != b.ends_with('\n');
    Some(
        diff.unified_diff()
            .context_radius(3)
            .missing_newline_hint(hint)
            .to_string(),
    )
}

struct Diff {
    changes: Vec<Change>,
    /// Where it is in the first value.
    before: String,
    /// Where it is in the second.
    after: String,
}

impl Diff {
    fn values(&mut self, a: &Value, b: &Value) {
        if same(a, b) {
            return;
        }
        let known = self.changes.len();
        match (a, b) {
            (Value::Record(a), Value::Record(b)) => self.records(a, b),
            (Value::List(a), Value::List(b)) => self.lists(a, b),
            _ => self.changed(a, b),
        }
        if self.changes.len() - known > CHANGES_MAX {
            self.changes.truncate(known);
            self.changed(a, b);
        }
    }

    fn records(&mut self, a: &Record, b: &Record) {
        let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let removed = if order.is_le() { a.next() } else { None };
            let added = if order.is_ge() { b.next() } else { None };
            let key = removed.or(added).map_or("", |(key, _)| key);
            let (key, same_key) = (escape(key), escape(key));
            self.at(&key, &same_key, |diff| {
                diff.either(removed.map(|(_, v)| v), added.map(|(_, v)| v));
            });
        }
    }

    fn lists(&mut self, a: &List, b: &List) {
        for step in align(a, b) {
            match step {
                Step::Changed(at, to) => self.at(&at, &to, |diff| diff.values(&a[at], &b[to])),
                Step::Removed(at) => self.at(&at, &at, |diff| diff.either(Some(&a[at]), None)),
                Step::Added(to) => self.at(&to, &to, |diff| diff.either(None, Some(&b[to]))),
            }
        }
    }

    fn either(&mut self, a: Option<&Value>, b: Option<&Value>) {
        match (a, b) {
            (Some(a), Some(b)) => self.values(a, b),
            (Some(a), None) => self.push(Op::Removed, Some(a), None, None),
            (None, Some(b)) => self.push(Op::Added, None, Some(b), None),
            (None, None) => {}
        }
    }

    fn changed(&mut self, a: &Value, b: &Value) {
        let lines = match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) if a.contains('\n') || b.contains('\n') => diff_lines(a, b),
            _ => None,
        };
        self.push(Op::Changed, Some(a), Some(b), lines);
    }

    fn push(
        &mut self,
        op: Op,
        before: Option<&Value>,
        after: Option<&Value>,
        lines: Option<String>,
    ) {
        let path = if op == Op::Removed {
            &self.before
        } else {
            &self.after
        };
        let moved = op == Op::Changed && self.before != self.after;
        self.changes.push(Change {
            path: path.clone(),
            from: moved.then(|| self.before.clone()),
            op,
            before: before.cloned(),
            after: after.cloned(),
            lines,
        });
    }

    /// Does something one step further down both values.
    fn at(
        &mut self,
        before: &dyn std::fmt::Display,
        after: &dyn std::fmt::Display,
        then: impl FnOnce(&mut Self),
    ) {
        let (before_len, after_len) = (self.before.len(), self.after.len());
        write!(self.before, "/{before}").expect("a string takes everything");
        write!(self.after, "/{after}").expect("a string takes everything");
        then(self);
        self.before.truncate(before_len);
        self.after.truncate(after_len);
    }
}

/// A key as one step of a JSON pointer (RFC 6901).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `PATH OP [<- FROM] BEFORE => AFTER` for each change, and its line diff below it.
    fn show(changes: &[Change]) -> String {
        let side = |value: &Option<Value>| {
            value
                .as_ref()
                .map(|value| value.to_json().to_string())
                .unwrap_or_default()
        };
        let line = |change: &Change| {
            let op = match change.op {
                Op::Added => "+",
                Op::Removed => "-",
                Op::Changed => "~",
            };
            let from = change
                .from
                .as_ref()
                .map(|from| format!(" <- {from}"))
                .unwrap_or_default();
            let lines = change
                .lines
                .as_ref()
                .map(|lines| format!("\n{}", lines.trim_end()))
                .unwrap_or_default();
            format!(
                "{op} {}{from}: {} => {}{lines}",
                change.path,
                side(&change.before),
                side(&change.after)
            )
        };
        changes.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn json(text: &str) -> Value {
        Value::parse_json(text).unwrap()
    }

    fn check(a: &str, b: &str, expected: &str) {
        let expected: Vec<&str> = expected
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let found = show(&diff_values(&json(a), &json(b)));
        let found: Vec<&str> = found
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_values_do_not_differ() {
        check(r#"{"a":[1,{"b":null}]}"#, r#"{"a":[1,{"b":null}]}"#, "");
    }

    #[test]
    fn an_integer_is_not_a_float() {
        check("1", "1.0", "~ : 1 => 1.0");
    }

    #[test]
    fn fields_are_added_removed_and_changed() {
        check(
            r#"{"a":1,"b":{"x":1,"y":2},"c/d":3}"#,
            r#"{"b":{"x":1,"y":5},"c/d":4,"e":null}"#,
            "- /a: 1 =>
             ~ /b/y: 2 => 5
             ~ /c~1d: 3 => 4
             + /e:  => null",
        );
    }

    #[test]
    fn an_inserted_row_is_one_change() {
        check("[1,2,3,4]", "[1,9,2,3,4]", "+ /1:  => 9");
        check("[1,2,3,4]", "[1,2,4]", "- /2: 3 =>");
        check("[]", "[1,1]", "+ /0:  => 1\n+ /1:  => 1");
    }

    #[test]
    fn a_changed_row_says_where_it_was() {
        check(
            r#"[{"n":1,"t":"a"},{"n":2,"t":"b"},{"n":3,"t":"c"}]"#,
            r#"[{"n":0,"t":"z"},{"n":1,"t":"a"},{"n":2,"t":"B"},{"n":3,"t":"c"}]"#,
            r#"+ /0:  => {"n":0,"t":"z"}
               ~ /2/t <- /1/t: "b" => "B""#,
        );
    }

    #[test]
    fn a_changed_row_is_found_beside_a_new_one() {
        check(
            r#"[{"n":1,"t":"a"},{"n":2,"t":"b"}]"#,
            r#"[{"n":7,"t":"q"},{"n":1,"t":"A"},{"n":2,"t":"b"}]"#,
            r#"+ /0:  => {"n":7,"t":"q"}
               ~ /1/t <- /0/t: "a" => "A""#,
        );
    }

    #[test]
    fn rows_with_ids_are_compared_by_id() {
        check(
            r#"[{"id":"a","n":1},{"id":"b","n":2}]"#,
            r#"[{"id":"b","n":3},{"id":"a","n":4},{"id":"c","n":5}]"#,
            r#"~ /0/n <- /1/n: 2 => 3
               ~ /1/n <- /0/n: 1 => 4
               + /2:  => {"id":"c","n":5}"#,
        );
    }

    #[test]
    fn texts_of_several_lines_differ_by_line() {
        check(
            r#"{"code":"let a = 1;\nlet b = 2;\na + b"}"#,
            r#"{"code":"let a = 1;\nlet b = 3;\na + b"}"#,
            r#"~ /code: "let a = 1;\nlet b = 2;\na + b" => "let a = 1;\nlet b = 3;\na + b"
               @@ -1,3 +1,3 @@
                let a = 1;
               -let b = 2;
               +let b = 3;
                a + b
               "#,
        );
    }

    #[test]
    fn too_many_changes_are_one() {
        let list =
            |from: i64| Value::from((from..from + 4_001).map(Value::from).collect::<Vec<_>>());
        let wrap = |from| {
            Value::from(
                [("rows", list(from)), ("n", Value::from(from))]
                    .into_iter()
                    .collect::<Record>(),
            )
        };
        let changes = diff_values(&wrap(0), &wrap(1_000_000));
        let paths: Vec<_> = changes
            .iter()
            .map(|change| (change.path.as_str(), change.op))
            .collect();
        assert_eq!(paths, [("/n", Op::Changed), ("/rows", Op::Changed)]);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0_i64..4).prop_map(Value::from),
            "[ab\n]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("[ab~/]{0,2}|id", inner, 0..5)
                    .prop_map(|fields| fields.into_iter().collect::<Record>().into()),
            ]
        })
    }

    /// What is at a JSON pointer.
    fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
        path.split('/')
            .skip(1)
            .try_fold(value, |value, step| match value {
                Value::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => value.get(&step.replace("~1", "/").replace("~0", "~")),
            })
    }

    proptest! {
        #[test]
        fn nothing_differs_exactly_when_values_are_equal(a in value(), b in value()) {
            prop_assert!(diff_values(&a, &a).is_empty());
            prop_assert_eq!(diff_values(&a, &b).is_empty(), a == b);
        }

        #[test]
        fn every_change_is_where_it_says(a in value(), b in value()) {
            for change in diff_values(&a, &b) {
                let before = change.from.as_ref().unwrap_or(&change.path);
                prop_assert_eq!(change.before.as_ref(), if change.op == Op::Added { None } else { at(&a, before) });
                prop_assert_eq!(change.after.as_ref(), if change.op == Op::Removed { None } else { at(&b, &change.path) });
                prop_assert_ne!(change.before, change.after);
            }
        }

        #[test]
        fn a_list_with_its_changes_made_is_the_other(a in proptest::collection::vec(value(), 0..8), b in proptest::collection::vec(value(), 0..8)) {
            let steps = align(&a, &b);
            let gone = |at: usize| steps.iter().any(|step| matches!(step, Step::Removed(gone) | Step::Changed(gone, _) if *gone == at));
            let new = |at: usize| steps.iter().any(|step| matches!(step, Step::Added(new) | Step::Changed(_, new) if *new == at));
            let kept_a: Vec<_> = (0..a.len()).filter(|at| !gone(*at)).map(|at| &a[at]).collect();
            let kept_b: Vec<_> = (0..b.len()).filter(|at| !new(*at)).map(|at| &b[at]).collect();
            prop_assert_eq!(kept_a, kept_b);
        }
    }
}
