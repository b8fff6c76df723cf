//! The plain path against Rhai itself.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::scan::scan;
use super::*;
use crate::script::{EvaluateLimits, EvaluateRequest, Evaluated, Evaluator, Source};

fn native(source: &str) -> Option<Native> {
    parse(source, &scan(source).expect("within limits").tokens)
}

fn by_rhai(evaluator: &mut Evaluator, source: &str, scope: &Value) -> Result<Value, String> {
    let request = EvaluateRequest {
        sources: vec![Source::Expression(source.into())],
        scope: scope.clone(),
        answers: Vec::new(),
        limits: EvaluateLimits::default(),
    };
    match evaluator.evaluate(&request).result {
        Evaluated::Done(mut values) => Ok(values.remove(0)),
        other => Err(format!("{other:?}")),
    }
}

/// Whether the two ways agree: the same value, or nothing here.
fn agree(evaluator: &mut Evaluator, source: &str, scope: &Value) -> Result<(), TestCaseError> {
    let Some(native) = native(source) else {
        return Ok(());
    };
    if let Some(value) = native.evaluate(scope) {
        let expected = by_rhai(evaluator, source, scope);
        prop_assert_eq!(expected.as_ref(), Ok(&value), "{} in {:?}", source, scope);
    }
    Ok(())
}

fn scope(json: &str) -> Value {
    Value::parse_json(json).expect("JSON")
}

fn check(source: &str, expected: Option<&str>) {
    let scope = scope(
        r#"{"input":{"x":1,"f":0.5,"s":"äb","l":[1,2,3],"n":null,"o":{"len":7},"b":true},
            "nodes":{"a":{"output":{"x":[5]}}},"item":3}"#,
    );
    let found = native(source).and_then(|native| native.evaluate(&scope));
    let expected = expected.map(|text| Value::parse_json(text).expect("JSON"));
    assert_eq!(found, expected, "{source}");
    agree(&mut Evaluator::new(), source, &scope).expect("as Rhai says");
}

#[test]
fn plain_expressions_are_answered() {
    check("input.x + 1", Some("2"));
    check("input.x + input.f * 2", Some("2.0"));
    check(
        r#""a" + input.x + input.n + input.b + input.f"#,
        Some(r#""a1true0.5""#),
    );
    check(r#"nodes["a"].output.x[0]"#, Some("5"));
    check("nodes.a.output.x[-1] == 5 && !(item > 3)", Some("true"));
    check("input.missing ?? 7", Some("7"));
    check("input.s.len() + input.l.len() + input.l.len()", Some("8"));
    check("input.o.len", Some("7"));
    check("input.o.len()", Some("1"));
    check("-input.x - -2", Some("1"));
    check("input.x < 2 || input.y.z", Some("true"));
    check("()", Some("null"));
    check("input.x == \"1\"", Some("false"));
}

#[test]
fn errors_and_everything_unusual_are_left_to_the_sandbox() {
    for source in [
        "input.missing.deeper",
        "input.l[3]",
        "input.l[-4]",
        "9223372036854775807 + input.x",
        "input.x / 0",
        "input.s[0]",
        "input.l == input.l",
        "input.l + input.l",
        "input.x && true",
        "-input.s",
        "input.s * 2",
        "other",
        "input.default",
        "input.l.map(|x| x)",
        "`a`",
        "1 + \"\\n\"",
        "2 ** 3",
        "input.x --1",
        "a::b",
        "!5",
        "",
        "input.s.len",
        "input.l.len",
        "1 && true",
        "true && -1",
        "input[0]",
        "item.x",
        "if true { 1 } else { 2 }",
        "9223372036854775808",
    ] {
        check(source, None);
    }
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>()
            .prop_filter("negative ones are made by the operator", |int| *int >= 0)
            .prop_map(|int| int.to_string()),
        (0..5i64).prop_map(|int| int.to_string()),
        (0..100u32, 0..100u32).prop_map(|(a, b)| format!("{a}.{b}")),
        "[a-z ]{0,3}".prop_map(|text| format!("{text:?}")),
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("()".to_owned()),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let root = prop_oneof![
        Just("input"),
        Just("item"),
        Just("nodes"),
        Just("vars"),
        Just("nowhere")
    ];
    let step = prop_oneof![
        "[a-c]".prop_map(|name| format!(".{name}")),
        "[a-c]".prop_map(|name| format!("[\"{name}\"]")),
        (-3..4i64).prop_map(|index| format!("[{index}]")),
        Just(".len".to_owned()),
        Just("[item]".to_owned()),
    ];
    let end = prop_oneof![3 => Just(""), 1 => Just(".len()")];
    (root, prop::collection::vec(step, 0..3), end)
        .prop_map(|(root, steps, end)| format!("{root}{}{end}", steps.concat()))
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![literal(), path()];
    let operator = prop::sample::select(vec![
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??",
    ]);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        prop_oneof![
            4 => (inner.clone(), operator.clone(), inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("!{a}")),
            1 => inner.prop_map(|a| format!("-{a}")),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-3..4i64).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        prop::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            0.1 + 0.2,
            0.3,
            1e13,
            1e14,
            1e-14,
            f64::NAN,
            f64::INFINITY
        ])
        .prop_map(Value::Float),
        "[a-cä]{0,3}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                prop::sample::select(vec!["a", "b", "c", "len"]),
                inner,
                0..4
            )
            .prop_map(|fields| Value::Record(
                fields
                    .into_iter()
                    .map(|(name, value)| (Arc::<str>::from(name), value))
                    .collect()
            )),
        ]
    })
}

fn scopes() -> impl Strategy<Value = Value> {
    (value(), value(), value(), value()).prop_map(|(input, item, nodes, vars)| {
        let fields = [
            ("input", input),
            ("item", item),
            ("nodes", nodes),
            ("vars", vars),
        ];
        Value::Record(fields.into_iter().collect())
    })
}

thread_local! {
    static EVALUATOR: std::cell::RefCell<Evaluator> = std::cell::RefCell::new(Evaluator::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn native_and_rhai_agree(source in expression(), scope in scopes()) {
        EVALUATOR.with_borrow_mut(|evaluator| agree(evaluator, &source, &scope))?;
    }

    #[test]
    fn native_and_rhai_agree_on_any_tokens(
        parts in prop::collection::vec(prop_oneof![path(), literal(), prop::sample::select(
            vec!["+", "-", "!", "(", ")", "[", "]", ".", "==", "&&", "??", "--", "!=", "=", " ", "*", "//", "len"]
        ).prop_map(str::to_owned)], 0..8),
        scope in scopes(),
    ) {
        EVALUATOR.with_borrow_mut(|evaluator| agree(evaluator, &parts.concat(), &scope))?;
    }
}
