//! What scripts give, ask for, and fail with.

use std::cell::Cell;

use super::*;
use crate::effect::{Effect, EffectKind, Outcome};
use crate::script::{EvaluateLimits, LOG_BYTES_MAX};

const SCOPE: &str = r#"{
    "input": {"x": 1, "name": "Ada", "none": null, "orders": [
        {"id": 1, "city": "Rome", "price": 2.5, "quantity": 2},
        {"id": 2, "city": "Oslo", "price": 1.0, "quantity": 3},
        {"id": 3, "city": "Rome", "price": 4.0, "quantity": 1}]},
    "nodes": {"fetch": {"output": {"status": 200}}},
    "item": "i", "index": 7, "run": {"id": "r"}, "vars": {"v": true}
}"#;

fn json(text: &str) -> Value {
    Value::parse_json(text).expect("JSON")
}

fn request(script: &str, answers: Vec<Outcome>) -> EvaluateRequest {
    EvaluateRequest {
        sources: vec![Source::Script(script.into())],
        scope: json(SCOPE),
        answers,
        limits: EvaluateLimits::default(),
    }
}

fn evaluate(script: &str, answers: Vec<Outcome>) -> EvaluateReply {
    Evaluator::new().evaluate(&request(script, answers))
}

fn check(script: &str, expected: &str) {
    let result = evaluate(script, Vec::new()).result;
    assert_eq!(result, Evaluated::Done(vec![json(expected)]), "{script}");
}

fn failure(script: &str, answers: Vec<Outcome>) -> Failure {
    match evaluate(script, answers).result {
        Evaluated::Failed(failure) => failure,
        other => panic!("{script}: expected a failure, found {other:?}"),
    }
}

/// The kind, the beginning of the message, and line and column.
fn check_failure(script: &str, kind: FailureKind, message: &str, place: Option<(u32, u32)>) {
    let failure = failure(script, Vec::new());
    assert_eq!(failure.kind, kind, "{script}: {failure:?}");
    assert!(
        failure.message.starts_with(message),
        "{script}: {}",
        failure.message
    );
    let found = failure
        .place
        .map(|place| (place.line.unwrap_or(0), place.column.unwrap_or(0)));
    assert_eq!(found, place, "{script}: {}", failure.message);
}

fn needs(script: &str, answers: Vec<Outcome>) -> Effect {
    match evaluate(script, answers).result {
        Evaluated::Needs(effect) => effect,
        other => panic!("{script}: expected an effect, found {other:?}"),
    }
}

#[test]
fn scripts_see_their_scope_and_give_their_last_value() {
    check("input.x + index", "8");
    check(
        "let t = 0.0; for o in input.orders { t += o.price * o.quantity; } #{ total: t }",
        r#"{"total":12.0}"#,
    );
    check(
        r#"nodes["fetch"].output.status + nodes.fetch.output.status"#,
        "400",
    );
    check("if vars.v { item + run.id } else { () }", r#""ir""#);
    check("input.name = \"Eve\"; input.name", r#""Eve""#);
    check("return [1, 'c', (), 2.0];", r#"[1,"c",null,2.0]"#);
    check("", "null");
    check("let x = 1;", "null");
}

#[test]
fn a_missing_field_is_null_and_a_field_of_null_is_an_error_with_its_path() {
    check("input.missing", "null");
    check("input.missing?.deeper ?? 5", "5");
    check_failure(
        "let a = 1;\ninput.none.deeper",
        FailureKind::Script,
        "`input.none` is null, so it has no field `deeper`",
        Some((2, 12)),
    );
    check_failure(
        "input.orders[0].nope.deeper",
        FailureKind::Script,
        "`input.orders[0].nope` is null",
        Some((1, 22)),
    );
    check_failure(
        "input.x.deeper",
        FailureKind::Script,
        "`input.x` is an integer, so it has no field `deeper`",
        Some((1, 9)),
    );
}

#[test]
fn errors_are_said_in_our_words() {
    check_failure(
        "nope",
        FailureKind::Script,
        "`nope` is not defined",
        Some((1, 1)),
    );
    check_failure(
        "fn f() { input.x } f()",
        FailureKind::Script,
        "`input` is not defined",
        Some((1, 10)),
    );
    check_failure(
        "nope(1, \"a\", ())",
        FailureKind::Script,
        "there is no function `nope(integer, text, null)`",
        Some((1, 1)),
    );
    check_failure(
        "input.none + 1",
        FailureKind::Script,
        "`+` does not work on null and integer",
        Some((1, 12)),
    );
    check_failure(
        "[1][5]",
        FailureKind::Script,
        "array index 5 out of bounds",
        Some((1, 5)),
    );
    check_failure(
        "if 1 + 1 { 2 }",
        FailureKind::Script,
        "expected bool, found integer",
        Some((1, 6)),
    );
    check_failure(
        "9223372036854775807 + input.x",
        FailureKind::Script,
        "addition overflow",
        Some((1, 21)),
    );
    check_failure(
        "let x = ;",
        FailureKind::Syntax,
        "unexpected ';'",
        Some((1, 9)),
    );
    check_failure(
        "|x| x",
        FailureKind::Script,
        "the result cannot be kept: it holds a function",
        None,
    );
}

#[test]
fn what_is_thrown_is_the_message_and_the_detail() {
    let thrown = failure(
        r#"throw #{ message: "no stock", left: 0, api_key: "k" }"#,
        Vec::new(),
    );
    assert_eq!(
        (thrown.kind, &*thrown.message),
        (FailureKind::Script, "no stock")
    );
    let details = r#"{"source":0,"thrown":{"api_key":"[redacted]","left":0,"message":"no stock"}}"#;
    assert_eq!(thrown.details, Some(json(details)));
    check("try { throw 5; } catch (e) { return e + 1; }", "6");
}

#[test]
fn limits_cannot_be_caught() {
    for script in [
        "try { loop {} } catch { 1 }",
        "fn f(n) { f(n + 1) } try { f(0) } catch { 1 }",
        "try { let s = \"a\"; loop { s += s; } } catch { 1 }",
        "let a = [2, 1]; a.sort(|x, y| { loop {} }); 1",
        "try { let a = []; a.pad(1000000000, 0); } catch { 1 }",
    ] {
        assert_eq!(
            failure(script, Vec::new()).kind,
            FailureKind::Limit,
            "{script}"
        );
    }
}

#[test]
fn operations_are_counted_over_all_sources() {
    let source = Source::Script("let i = 0; while i < 50 { i += 1; }".into());
    let mut request = EvaluateRequest {
        sources: vec![source; 3],
        ..request("", Vec::new())
    };
    let all = Evaluator::new().evaluate(&request).usage.operations;
    assert!(all > 300, "{all}");
    request.limits.operations = all - 1;
    assert!(matches!(
        Evaluator::new().evaluate(&request).result,
        Evaluated::Failed(_)
    ));
    request.limits.operations = all;
    assert!(matches!(
        Evaluator::new().evaluate(&request).result,
        Evaluated::Done(_)
    ));
}

#[test]
fn memory_is_a_limit_that_grows_from_where_it_was() {
    let told = Rc::new(Cell::new(1_000_000));
    let probe = {
        let told = Rc::clone(&told);
        move || {
            told.set(told.get() + 100);
            told.get()
        }
    };
    let mut evaluator = Evaluator::with_memory_limit(Box::new(probe), 10_000);
    let long = request("let i = 0; while i < 100000 { i += 1; }", Vec::new());
    let reply = evaluator.evaluate(&long);
    let Evaluated::Failed(failure) = reply.result else {
        panic!("a failure")
    };
    assert!(
        failure.kind == FailureKind::Limit && failure.message.contains("memory"),
        "{failure:?}"
    );
    assert!(reply.usage.memory_bytes > 1_010_000);
    assert!(matches!(
        evaluator.evaluate(&request("1", Vec::new())).result,
        Evaluated::Done(_)
    ));
}

#[test]
fn the_next_effect_stops_and_earlier_ones_are_answered() {
    let script = r#"let a = http("get", "http://a/"); let b = http(#{ method: "POST", url: "http://b/", body: #{ s: a.status } }); a.status + b.status"#;
    let first = needs(script, Vec::new());
    assert_eq!(
        first,
        Effect {
            kind: EffectKind::Http,
            request: json(r#"{"method":"GET","url":"http://a/"}"#),
            idempotent: true
        }
    );
    let answer: Outcome = Ok(json(r#"{"status":201}"#));
    let second = needs(script, vec![answer.clone()]);
    let expected = r#"{"method":"POST","url":"http://b/","body":"{\"s\":201}","headers":{"content-type":"application/json"}}"#;
    assert_eq!(
        second,
        Effect {
            kind: EffectKind::Http,
            request: json(expected),
            idempotent: false
        }
    );
    assert_eq!(
        evaluate(script, vec![answer.clone(), answer]).result,
        Evaluated::Done(vec![json("402")])
    );
}

#[test]
fn a_question_to_a_model_is_an_effect() {
    let asked = needs(r#"model("hi").text"#, Vec::new());
    assert_eq!(
        asked,
        Effect {
            kind: EffectKind::Model,
            request: json(r#"{"messages":[{"role":"user","text":"hi"}],"maxTokens":4096}"#),
            idempotent: true
        }
    );
    let script = r#"model(#{ prompt: "hi", system: "be brief", model: "m", shape: #{ type: "object" }, maxTokens: 9 }).text"#;
    let expected = r#"{"model":"m","messages":[{"role":"system","text":"be brief"},{"role":"user","text":"hi"}],"shape":{"type":"object"},"maxTokens":9}"#;
    assert_eq!(needs(script, Vec::new()).request, json(expected));
    assert_eq!(
        evaluate(script, vec![Ok(json(r#"{"text":"ho"}"#))]).result,
        Evaluated::Done(vec![json(r#""ho""#)])
    );
    for (script, message) in [
        ("model(#{})", "model: the request has no `prompt`"),
        (
            r#"model(#{ prompt: "x", tools: [] })"#,
            "model: unknown field `tools`; expected prompt, system, model, shape, maxTokens",
        ),
        (
            r#"model(#{ prompt: "x", maxTokens: 0 })"#,
            "model: `maxTokens` must be a whole number from 1 to 200000",
        ),
        (
            r#"model(#{ prompt: 7 })"#,
            "model: `prompt` must be text, found integer",
        ),
    ] {
        assert_eq!(failure(script, Vec::new()).message, message);
    }
}

#[test]
fn time_and_chance_are_effects() {
    assert_eq!(
        needs("now()", Vec::new()),
        Effect {
            kind: EffectKind::Now,
            request: Value::Null,
            idempotent: true
        }
    );
    assert_eq!(needs("random()", Vec::new()).kind, EffectKind::Random);
    assert_eq!(
        evaluate("now() + 1", vec![Ok(json("41"))]).result,
        Evaluated::Done(vec![json("42")])
    );
}

#[test]
fn no_script_can_swallow_the_need_for_an_effect() {
    for script in [
        "try { now() } catch { 1 }",
        "let a = [2, 1]; a.sort(|x, y| now() - 5); now(); 1",
        "let a = [2, 1, 3]; try { a.sort_by(|x| now()); } catch { }; 1",
        "`${now()}`",
        "let f = || { try { now() } catch { 2 } }; [1, 2].map(|x| f.call())",
    ] {
        assert_eq!(needs(script, Vec::new()).kind, EffectKind::Now, "{script}");
    }
}

#[test]
fn effects_over_several_sources_are_one_row() {
    let sources = vec![
        Source::Expression("now()".into()),
        Source::Expression("random()".into()),
    ];
    let mut request = EvaluateRequest {
        sources,
        ..request("", Vec::new())
    };
    for (kind, answer) in [(EffectKind::Now, "1"), (EffectKind::Random, "0.5")] {
        match Evaluator::new().evaluate(&request).result {
            Evaluated::Needs(effect) => assert_eq!(effect.kind, kind),
            other => panic!("expected an effect, found {other:?}"),
        }
        request.answers.push(Ok(json(answer)));
    }
    assert_eq!(
        Evaluator::new().evaluate(&request).result,
        Evaluated::Done(vec![json("1"), json("0.5")])
    );
}

#[test]
fn a_failed_effect_is_thrown_and_keeps_its_kind_when_nobody_catches_it() {
    let blocked: Outcome =
        Err(Failure::new(FailureKind::BlockedAddress, "not public").with_hint("allow it"));
    let script = r#"http("GET", "http://10.0.0.1/")"#;
    let uncaught = failure(script, vec![blocked.clone()]);
    assert_eq!(uncaught.kind, FailureKind::BlockedAddress);
    assert_eq!(uncaught.hint.as_deref(), Some("allow it"));
    assert_eq!(uncaught.place.and_then(|place| place.column), Some(1));
    let again = format!("try {{ {script} }} catch (e) {{ throw e; }}");
    assert_eq!(
        failure(&again, vec![blocked.clone()]).kind,
        FailureKind::BlockedAddress
    );
    let other = format!("try {{ {script} }} catch (e) {{ throw \"other: \" + e; }}");
    let thrown = failure(&other, vec![blocked.clone()]);
    assert_eq!(
        (thrown.kind, &*thrown.message),
        (FailureKind::Script, "other: not public")
    );
    let caught = format!("let m = (); try {{ {script} }} catch (e) {{ m = e; }} m");
    assert_eq!(
        evaluate(&caught, vec![blocked]).result,
        Evaluated::Done(vec!["not public".into()])
    );
}

#[test]
fn a_request_that_makes_no_sense_is_an_error_of_the_script() {
    check_failure(
        "http(#{ uri: \"x\" })",
        FailureKind::Script,
        "http: unknown field `uri`",
        Some((1, 1)),
    );
    check_failure(
        "http(#{ method: \"GET\" })",
        FailureKind::Script,
        "http: the request has no `url`",
        Some((1, 1)),
    );
    check_failure(
        "http(#{ url: 5 })",
        FailureKind::Script,
        "http: `url` must be text, found integer",
        Some((1, 1)),
    );
    let marked = needs(
        r#"http(#{ method: "POST", url: "http://a/", idempotencyKey: "k" })"#,
        Vec::new(),
    );
    assert!(marked.idempotent);
    check_failure(
        r#"http(#{ method: "POST", url: "http://a/", idempotencyKey: "" })"#,
        FailureKind::Script,
        "http: `idempotencyKey` must be a text on one line",
        Some((1, 1)),
    );
}

#[test]
fn a_failed_source_says_which_one_it_was() {
    let sources = vec![
        Source::Expression("1".into()),
        Source::Expression("nope".into()),
    ];
    let request = EvaluateRequest {
        sources,
        ..request("", Vec::new())
    };
    let Evaluated::Failed(failure) = Evaluator::new().evaluate(&request).result else {
        panic!("a failure")
    };
    assert_eq!(failure.details, Some(json(r#"{"source":1}"#)));
}

#[test]
fn each_source_has_a_scope_of_its_own() {
    let sources = vec![
        Source::Script("let mine = 1; fn f() { 1 } input.x = 99; mine".into()),
        Source::Script("input.x".into()),
        Source::Script("is_def_var(\"mine\") || is_def_fn(\"f\", 0)".into()),
    ];
    let request = EvaluateRequest {
        sources,
        ..request("", Vec::new())
    };
    let expected = ["1", "1", "false"].map(json);
    assert_eq!(
        Evaluator::new().evaluate(&request).result,
        Evaluated::Done(expected.into())
    );
}

#[test]
fn what_is_printed_is_logged_up_to_a_bound() {
    let logs = evaluate(
        "print(input.orders[0]); print(1.0); debug(\"x\"); print()",
        Vec::new(),
    )
    .logs;
    let lines: Vec<_> = logs
        .iter()
        .map(|line| (&*line.level, &*line.text))
        .collect();
    let expected = [
        (
            "info",
            r#"#{"city": "Rome", "id": 1, "price": 2.5, "quantity": 2}"#,
        ),
        ("info", "1.0"),
        ("debug", "\"x\""),
        ("info", ""),
    ];
    assert_eq!(lines, expected);
    let reply = evaluate(
        "let s = \"\"; s.pad(1000, \"x\"); for i in 0..1000 { print(s); }",
        Vec::new(),
    );
    let bytes: usize = reply.logs.iter().map(|line| line.text.len()).sum();
    assert!(bytes < LOG_BYTES_MAX + 200, "{bytes}");
}

#[test]
fn results_are_bounded_in_size_and_depth() {
    let mut request = request("let s = \"\"; s.pad(2000, \"x\"); s", Vec::new());
    request.limits.result_bytes = 1000;
    let Evaluated::Failed(too_large) = Evaluator::new().evaluate(&request).result else {
        panic!("a failure")
    };
    assert_eq!(too_large.kind, FailureKind::Limit);
    check_failure(
        "let a = []; for i in 0..200 { a = [a]; } a",
        FailureKind::Limit,
        "the result cannot be kept: it is nested",
        None,
    );
}

#[test]
fn host_functions_do_what_their_documentation_says() {
    check("sum([1, 2]) + sum([0.5]) + sum([])", "3.5");
    check(
        "input.orders.group_by(\"city\").keys()",
        r#"["Oslo","Rome"]"#,
    );
    check(
        "input.orders.group_by(|o| o.quantity > 1)[\"true\"].len()",
        "2",
    );
    check("input.orders.sort_by(\"price\").map(|o| o.id)", "[2,1,3]");
    check(
        "input.orders.sort_by(|o| -o.quantity).map(|o| o.id)",
        "[2,1,3]",
    );
    check(
        "[3, \"a\", (), 2.5, true, 1].sort_by(|x| x)",
        r#"[null,true,1,2.5,3,"a"]"#,
    );
    check(
        "[1, 2.0, 1, \"1\", [1], [1]].unique()",
        r#"[1,2.0,"1",[1]]"#,
    );
    check("[[1], 2, [3, [4]]].flatten()", "[1,2,3,[4]]");
    check("[1, 2, 3].chunks(2)", "[[1,2],[3]]");
    check("[1, \"a\", (), 'c'].join(\"-\")", r#""1-a--c""#);
    check(
        "to_json(#{ b: [1, 2.0, ()], a: \"x\" })",
        r#""{\"a\":\"x\",\"b\":[1,2.0,null]}""#,
    );
    check(
        "let m = #{ a: 1 }; m.to_json() + m.to_json()",
        r#""{\"a\":1}{\"a\":1}""#,
    );
    check("let a = [1]; a.to_json() + a.to_json()", r#""[1][1]""#);
    check(
        "parse_json(`{\"a\":[1,2.0,null]}`)",
        r#"{"a":[1,2.0,null]}"#,
    );
    check(
        "parse_time(\"2026-01-31T12:00:00.5Z\") - parse_time(\"2026-01-31\")",
        "43200500",
    );
    check(
        "format_time(0) + format_time(0, \" %Y/%m\")",
        r#""1970-01-01T00:00:00.000Z 1970/01""#,
    );
    check("from_base64(to_base64(\"äb\")).as_string()", r#""äb""#);
    check("blake3(\"\") == blake3(blob())", "true");
    check("blake3(\"\").len", "64");
}

#[test]
fn host_functions_refuse_what_they_cannot_do() {
    for (script, message) in [
        ("sum([1, \"a\"])", "sum: expected numbers, found text"),
        ("chunks([1], 0)", "chunks: the size must be at least 1"),
        ("parse_json(\"{\")", "parse_json: "),
        (
            "parse_time(\"yesterday\")",
            "parse_time: expected a time such as",
        ),
        ("format_time(0, \"%!\")", "format_time: "),
        ("from_base64(\"*\")", "from_base64: "),
        (
            "[1].sort_by(\"a\")",
            "expected records with a field `a`, found integer",
        ),
        ("[[1]].sort_by(|x| x)", "sort_by: cannot sort by list"),
        ("to_json(|x| x)", "to_json: it holds a function"),
    ] {
        let failure = failure(script, Vec::new());
        assert_eq!(failure.kind, FailureKind::Script, "{script}");
        assert!(
            failure.message.starts_with(message),
            "{script}: {}",
            failure.message
        );
    }
}
