//! Comparisons in words: `total over 100`, `status is "open"`, `over 100`.

use flowforge_engine::Value;

use super::clause::Clause;

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

/// Operators in words, longer ones first.
const OPERATORS: &[(&[&str], &str)] = &[
    (&["greater", "than", "or", "equal", "to"], ">="),
    (&["less", "than", "or", "equal", "to"], "<="),
    (&["is", "greater", "than"], ">"),
    (&["is", "less", "than"], "<"),
    (&["greater", "than"], ">"),
    (&["higher", "than"], ">"),
    (&["larger", "than"], ">"),
    (&["bigger", "than"], ">"),
    (&["more", "than"], ">"),
    (&["less", "than"], "<"),
    (&["lower", "than"], "<"),
    (&["smaller", "than"], "<"),
    (&["fewer", "than"], "<"),
    (&["at", "least"], ">="),
    (&["at", "most"], "<="),
    (&["not", "equal", "to"], "!="),
    (&["is", "not"], "!="),
    (&["equal", "to"], "=="),
    (&["is", "over"], ">"),
    (&["is", "under"], "<"),
    (&["over"], ">"),
    (&["above"], ">"),
    (&["exceeding"], ">"),
    (&["exceeds"], ">"),
    (&["under"], "<"),
    (&["below"], "<"),
    (&["equals"], "=="),
    (&["isn't"], "!="),
    (&["is"], "=="),
    (&["are"], "=="),
    (&[">="], ">="),
    (&["<="], "<="),
    (&["!="], "!="),
    (&["=="], "=="),
    (&[">"], ">"),
    (&["<"], "<"),
    (&["="], "=="),
];

/// Words after which a field is named.
const INTRODUCING: &[&str] = &[
    "with", "whose", "where", "which", "when", "if", "by", "having", "the", "a", "an", "their",
    "its",
];
/// Words that name no field.
const EMPTY: &[&str] = &[
    "that", "are", "is", "have", "has", "of", "those", "ones", "them", "all", "any", "it", "its",
    "value", "a", "an", "the",
];

/// The comparison in a clause, if there is one.
pub(super) fn read(clause: &Clause) -> Option<Test> {
    let lower = clause.lower();
    let inverted = matches!(
        lower.first().map(String::as_str),
        Some("drop" | "remove" | "exclude" | "delete" | "skip" | "ignore")
    );
    let (at, length, operator) = operator(&lower)?;
    let rest = &clause.words()[at + length..];
    let field = field(&clause.words()[..at], &lower[..at], operator);
    Some(Test {
        field,
        operator,
        value: value(rest)?,
        inverted,
    })
}

/// The position behind the operator of a clause, where its value stands.
pub(super) fn operator_end(clause: &Clause) -> Option<usize> {
    operator(&clause.lower()).map(|(at, length, _)| at + length)
}

fn operator(lower: &[String]) -> Option<(usize, usize, &'static str)> {
    (0..lower.len()).find_map(|at| {
        let (length, sign) = operator_at(lower, at)?;
        // `is at least`, `are over`: the comparison is what follows.
        let is_copula = matches!(lower[at].as_str(), "is" | "are") && length == 1;
        let behind = operator_at(lower, at + 1).filter(|_| is_copula);
        Some(behind.map_or((at, length, sign), |(length, sign)| (at, length + 1, sign)))
    })
}

/// The operator that begins here and has something behind it.
fn operator_at(lower: &[String], at: usize) -> Option<(usize, &'static str)> {
    OPERATORS.iter().find_map(|(words, sign)| {
        let here = lower.get(at..at + words.len())?;
        let fits = here.iter().zip(*words).all(|(a, b)| a == b);
        (fits && at + words.len() < lower.len()).then_some((words.len(), *sign))
    })
}

/// The field that stands before an operator: behind `with`, `whose`, `where`, or at any place when the operator is a sign.
fn field(words: &[String], lower: &[String], operator: &str) -> Option<String> {
    let end = lower.iter().rposition(|word| {
        !EMPTY.contains(&word.as_str()) || INTRODUCING.contains(&word.as_str())
    })?;
    let last = lower[end].as_str();
    let before = end.checked_sub(1).map(|at| lower[at].as_str());
    let introduced = before.is_some_and(|word| INTRODUCING.contains(&word));
    let by_sign = ["==", "!="].contains(&operator) && end > 0;
    let is_name = !INTRODUCING.contains(&last) && is_field(&words[end]);
    (is_name && (introduced || by_sign))
        .then(|| words[end].trim_matches(['"', '\'', '`']).to_owned())
}

/// Whether a word can be the name of a field, or a path.
pub(super) fn is_field(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'', '`']);
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "_.".contains(c))
        && !word.ends_with('.')
}

/// The value at the beginning of the words: a number, a quoted text, a truth value, or the words themselves.
pub(super) fn value(words: &[String]) -> Option<Value> {
    let first = words
        .iter()
        .find(|word| !matches!(word.to_lowercase().as_str(), "a" | "an" | "the" | "to"))?;
    Some(literal(first))
}

/// What a single word stands for.
pub(super) fn literal(word: &str) -> Value {
    if word.len() >= 2
        && ["\"", "'", "`"]
            .iter()
            .any(|quote| word.starts_with(quote) && word.ends_with(quote))
    {
        return Value::from(&word[1..word.len() - 1]);
    }
    let plain: String = word.trim_matches(['$', '€', '£', '%']).replace(',', "");
    let (plain, times) = match plain.strip_suffix(['k', 'K']) {
        Some(thousands) if thousands.parse::<f64>().is_ok() => (thousands.to_owned(), 1000),
        _ => (plain, 1),
    };
    if let Ok(int) = plain.parse::<i64>() {
        return Value::Int(int * times);
    }
    if let Ok(float) = plain.parse::<f64>()
        && float.is_finite()
        && plain.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    {
        return Value::Float(float);
    }
    match word.to_lowercase().as_str() {
        "true" | "yes" => Value::Bool(true),
        "false" | "no" => Value::Bool(false),
        _ => Value::parse_json(word).unwrap_or_else(|_| Value::from(word)),
    }
}

impl Test {
    /// The comparison as Rhai, of what `row` stands for.
    pub(super) fn condition(&self, subject: &str) -> String {
        let value = match &self.value {
            Value::Float(float) if float.fract() == 0.0 => format!("{float:.1}"),
            other => other.to_json_text(),
        };
        let test = format!("{subject} {} {value}", self.operator);
        if self.inverted {
            format!("!({test})")
        } else {
            test
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
        let value = self.value.to_json_text();
        match &self.field {
            Some(field) => format!("{field} {operator} {value}"),
            None => format!("{operator} {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause;
    use super::*;

    fn check(text: &str, field: Option<&str>, condition: &str) {
        let clause = &clause::split(text)[0];
        let test = read(clause).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (test.field.as_deref(), test.condition("x").as_str()),
            (field, condition),
            "{text}"
        );
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
        check("drop those with price under 5", Some("price"), "!(x < 5)");
        check("if the total is greater than 10", Some("total"), "x > 10");
    }

    #[test]
    fn many_copulas_take_no_time() {
        let text = format!("keep those where {} over 5", "is are ".repeat(2_000));
        assert!(read(&clause::split(&text)[0]).is_some());
    }

    #[test]
    fn no_comparison_is_none() {
        assert!(read(&clause::split("keep the good ones")[0]).is_none());
        assert!(read(&clause::split("wait 5 seconds")[0]).is_none());
    }
}
