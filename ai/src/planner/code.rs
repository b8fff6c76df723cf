//! The few scripts that the planner writes. They say clearly what is wrong when the data is not as expected.

use super::test::Test;

/// Names that a number which counts usually has, likelier ones first.
const NUMBER_NAMES: &str =
    r#"["total", "amount", "price", "value", "sum", "cost", "quantity", "count", "score"]"#;

/// The rows of what came in: a list, or the one list of a record such as `{"orders": [...]}`.
fn rows(from: &str) -> String {
    format!(
        r#"let rows = {from};
if type_of(rows) == "map" {{
    // The list may stand inside a record: {{"orders": [...]}}.
    let lists = rows.values().filter(|value| type_of(value) == "array");
    if lists.len() != 1 {{ throw "expected a list, or a record with one list in it"; }}
    rows = lists[0];
}}
if type_of(rows) != "array" {{ throw `expected a list, found ${{type_of(rows)}}`; }}
"#
    )
}

/// A path as a script reads it, and the check that its first part is there.
fn guard(field: &str) -> String {
    let first = field.split('.').next().unwrap_or(field);
    format!(
        "for row in rows {{\n    if type_of(row) != \"map\" || !(\"{first}\" in row) {{ throw \"a row has no field `{first}`\"; }}\n}}\n"
    )
}

/// Keeps the rows that pass a test. Without a field, it is looked for among the fields that hold numbers.
pub(super) fn keep(from: &str, test: &Test) -> String {
    let head = format!(
        "// Keeps what is {}{}.\n",
        if test.inverted { "not " } else { "" },
        test.words()
    );
    let rows = rows(from);
    match &test.field {
        Some(field) => format!(
            "{head}{rows}{}rows.filter(|row| {})",
            guard(field),
            test.condition(&format!("row.{field}"))
        ),
        None => format!(
            r#"{head}{rows}// No field was named: numbers themselves, a usual name, or the only field with a number in each row.
fn is_number(value) {{ type_of(value) == "i64" || type_of(value) == "f64" }}
if rows.all(|row| is_number(row)) {{
    rows.filter(|row| {on_row})
}} else {{
    if !rows.all(|row| type_of(row) == "map") {{ throw "expected a list of records or of numbers"; }}
    let first = rows[0];
    let usual = [];
    let other = [];
    for name in first.keys() {{
        let is_everywhere = true;
        for row in rows {{
            if !(name in row) || !is_number(row[name]) {{ is_everywhere = false; }}
        }}
        if !is_everywhere {{ continue; }}
        if name in {NUMBER_NAMES} {{ usual.push(name); }}
        if name != "id" && !name.ends_with("_id") && !name.ends_with("Id") {{ other.push(name); }}
    }}
    let field = if usual.len() == 1 {{ usual[0] }} else if other.len() == 1 {{ other[0] }} else {{
        throw `cannot tell which field is meant, of: ${{other}}; name it, as in "keep those with total {words}"`;
    }};
    rows.filter(|row| {on_field})
}}"#,
            on_row = test.condition("row"),
            on_field = test.condition("row[field]"),
            words = test.words().replace('"', "'"),
        ),
    }
}

/// One number of the rows, as a record.
pub(super) fn sum(from: &str, operation: &str, field: Option<&str>) -> String {
    let rows = rows(from);
    let guard = field.map(guard).unwrap_or_default();
    let numbers = field.map_or_else(
        || "rows".to_owned(),
        |field| format!("rows.map(|row| row.{field})"),
    );
    match operation {
        "count" => format!("{rows}#{{ count: rows.len() }}"),
        "average" => format!(
            "{rows}{guard}let numbers = {numbers};\nif numbers.is_empty() {{ throw \"there is no average of nothing\"; }}\n#{{ average: sum(numbers) * 1.0 / numbers.len() }}"
        ),
        _ => format!("{rows}{guard}#{{ sum: sum({numbers}) }}"),
    }
}
