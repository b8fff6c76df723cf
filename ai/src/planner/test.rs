//! Comparisons in words: `total over 100`, `status is "open"`, `over 100`.

use flowforge_engine::Value;

use super::clause::lower;

/// A comparison of one field with one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    /// As a path; nothing when no field is named.
    pub(super) field: Option<String>,
    /// As Rhai writes it.
    pub(super) operator: &'static str,
    pub(super) value: Value,
    /// Whether those that pass are dropped.
    pub(super) inverted: bool,
}

/// Operators in words, longer ones first, each with the sign it stands for.
const OPERATORS: &str = "is greater than >, is more than >, is less than <, is at least >=, is at most <=, is over >, \
    is above >, is under <, is below <, is not !=, greater than >, more than >, less than <, at least >=, \
    at most <=, over >, above >, under <, below <, is ==, >= >=, <= <=, != !=, == ==, > >, < <";
/// Words after which a field is named.
const INTRODUCING: &[&str] = &["with", "whose", "where", "if", "when", "the", "their"];

/// The comparison in a clause, if there is one, and where it ends. `with status open` is one, too.
pub(super) fn read(words: &[String]) -> Option<(Test, usize)> {
    let small = lower(words);
    let inverted = matches!(
        small.first()?.as_str(),
        "drop" | "remove" | "delete" | "exclude"
    );
    let test = |field: Option<&String>, operator, value: &str| Test {
        field: field.map(|field| unquoted(field).to_owned()),
        operator,
        value: literal(value),
        inverted,
    };
    let introduced = |at: usize| {
        let is_name = is_field(&words[at]) && !INTRODUCING.contains(&small[at].as_str());
        is_name && at > 0 && INTRODUCING.contains(&small[at - 1].as_str())
    };
    for at in 1..words.len() {
        let Some((length, operator)) = operator(&small, at) else {
            continue;
        };
        let field = Some(at - 1).filter(|before| introduced(*before));
        let value = words.get(at + length)?;
        let found = test(field.map(|field| &words[field]), operator, value);
        return Some((found, at + length + 1));
    }
    let last = words.len().checked_sub(1).filter(|last| *last > 1)?;
    let is_plain = introduced(last - 1) && matches!(&*small[last - 2], "with" | "whose" | "where");
    is_plain.then(|| (test(Some(&words[last - 1]), "==", &words[last]), last + 1))
}

/// The operator that begins at this word: how many words it has, and its sign.
fn operator(small: &[String], at: usize) -> Option<(usize, &'static str)> {
    OPERATORS.split(", ").find_map(|operator| {
        let (words, sign) = operator.rsplit_once(' ')?;
        let length = words.split(' ').count();
        let here = small.get(at..at + length)?.iter();
        here.eq(words.split(' ')).then_some((length, sign))
    })
}

/// Whether a word can be the name of a field, or a path.
pub(super) fn is_field(word: &str) -> bool {
    let word = unquoted(word);
    let is_part = |c: char| c.is_alphanumeric() || "_.".contains(c);
    let begins = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins && word.chars().all(is_part) && !word.ends_with('.')
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\'', '`'])
}

/// What a single word stands for: a number, a truth value, or a text.
pub(super) fn literal(word: &str) -> Value {
    if unquoted(word).len() < word.len() {
        return Value::from(unquoted(word));
    }
    let plain = word.trim_matches(['$', '€', '£']).replace(',', "");
    let is_number = plain.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match Value::parse_json(&plain) {
        Ok(value @ Value::Bool(_)) => value,
        Ok(value @ (Value::Int(_) | Value::Float(_))) if is_number => value,
        _ => Value::from(word),
    }
}

impl Test {
    /// The comparison as Rhai, of what `subject` stands for.
    pub(super) fn condition(&self, subject: &str) -> String {
        let value = match &self.value {
            Value::Float(float) if float.fract() == 0.0 => format!("{float:.1}"),
            other => other.to_json_text(),
        };
        let test = format!("{subject} {} {value}", self.operator);
        match self.inverted {
            true => format!("!({test})"),
            false => test,
        }
    }

    /// In words: `over 100`.
    pub(super) fn words(&self) -> String {
        let operator = match self.operator {
            ">" => "over",
            ">=" => "at least",
            "<" => "under",
            "<=" => "at most",
            "!=" => "not",
            _ => "equal to",
        };
        let field = self.field.as_deref().unwrap_or_default();
        let words = format!("{field} {operator} {}", self.value.to_json_text());
        words.trim_start().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause;
    use super::*;

    fn check(text: &str, field: Option<&str>, condition: &str) {
        let (test, _) = read(&clause::split(text)[0]).unwrap_or_else(|| panic!("{text}"));
        let found = (test.field.as_deref(), test.condition("x"));
        assert_eq!(found, (field, condition.to_owned()), "{text}");
    }

    #[test]
    fn comparisons_in_words() {
        check("keep those over 100", None, "x > 100");
        check("keep orders over 1,000", None, "x > 1000");
        check("keep orders with total over 100", Some("total"), "x > 100");
        check(
            "keep the orders whose total is at least 2.5",
            Some("total"),
            "x >= 2.5",
        );
        check(
            "filter where customer.age >= 18",
            Some("customer.age"),
            "x >= 18",
        );
        check(
            "keep those where status is \"open\"",
            Some("status"),
            "x == \"open\"",
        );
        check(
            "keep those with status open",
            Some("status"),
            "x == \"open\"",
        );
        check("drop those with price under 5", Some("price"), "!(x < 5)");
        check("if the total is greater than 10", Some("total"), "x > 10");
    }

    #[test]
    fn no_comparison_is_none() {
        for text in ["keep the good ones", "wait 5 seconds", "keep", "if it is"] {
            assert!(read(&clause::split(text)[0]).is_none(), "{text}");
        }
    }
}
