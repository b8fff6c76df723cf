//! A model's endpoint, whatever it does: an answer, or one clear error in time; never the key; nothing left open.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowforge_ai::model::cassette::{Cassette, Recording, to_lines};
use flowforge_ai::model::local::{UsualPlace, find};
use flowforge_ai::model::retry::Retry;
use flowforge_ai::model::{
    ChatAnswer, ChatModel, ChatRequest, Endpoint, EndpointConfig, Key, Message, ModelError, Task,
    ToolSpec,
};
use flowforge_tests::ModelServer;
use flowforge_tests::model_server::script::{Used, Words};
use flowforge_tests::model_server::{Answering, Fault, Field, Pace, Script, Turn};
use serde_json::{Value as Json, json};

/// A key that must be found nowhere but in the one header.
const CANARY: &str = "sk-canary-7f3a9c";

fn request() -> ChatRequest {
    ChatRequest {
        task: Task::Draft,
        model: None,
        messages: vec![
            Message::System {
                text: "Rules.".into(),
            },
            Message::User {
                text: "Add a step.".into(),
            },
        ],
        tools: vec![],
        shape: None,
        max_tokens: 500,
    }
}

fn with_tools() -> ChatRequest {
    let arguments = json!({"type": "object", "properties": {"edits": {"type": "array"}}});
    ChatRequest {
        tools: vec![ToolSpec {
            name: "propose_edits".into(),
            about: "Proposes edits.".into(),
            arguments,
        }],
        ..request()
    }
}

fn with_shape() -> ChatRequest {
    let shape = json!({
        "type": "object", "required": ["total"], "properties": {"total": {"type": "number"}},
        "additionalProperties": false,
    });
    ChatRequest {
        shape: Some(shape),
        ..request()
    }
}

/// Bounds that a test can wait for.
fn config(server: &ModelServer) -> EndpointConfig {
    let key = Key::new(CANARY).expect("a key");
    EndpointConfig {
        retry: Retry {
            attempts_max: 3,
            base_ms: 10,
            wait_ms_max: 1_500,
        },
        whole_ms_max: 5_000,
        idle_ms_max: 400,
        ..EndpointConfig::new(server.base_url().parse().expect("a base URL"), Some(key))
    }
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.build().expect("a client")
}

fn endpoint(server: &ModelServer) -> Endpoint {
    Endpoint::new(config(server), client())
}

/// What a request is answered, and what was heard of it.
async fn ask(
    endpoint: &Endpoint,
    request: &ChatRequest,
) -> (Result<ChatAnswer, ModelError>, String) {
    let mut heard = String::new();
    let answered = endpoint
        .complete(request, &mut |piece| heard.push_str(piece))
        .await;
    (answered, heard)
}

async fn answer(server: &ModelServer, request: &ChatRequest) -> ChatAnswer {
    let (answered, _) = ask(&endpoint(server), request).await;
    answered.expect("an answer")
}

/// The error of a server of one turn, and that it came within this time.
async fn error(turn: Turn, request: &ChatRequest, within_ms: u64) -> ModelError {
    let server = ModelServer::of([turn.always()]);
    let endpoint = endpoint(&server);
    let began = Instant::now();
    let (answered, _) = ask(&endpoint, request).await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(within_ms), "it took {took:?}");
    let error = answered.expect_err("an error");
    let shown = format!("{error} {error:?} {endpoint:?}");
    assert!(!shown.contains(CANARY), "{shown}");
    error
}

fn bad(message: &str) -> ModelError {
    ModelError::BadAnswer(message.to_owned())
}

#[tokio::test]
async fn words_are_heard_piece_by_piece_and_counted() {
    let server = ModelServer::of([Turn {
        usage: Some(Used {
            prompt_tokens: 12,
            completion_tokens: 3,
            cost_usd: Some(0.25),
        }),
        ..Turn::say("I add a step.")
    }]);
    let mut pieces = Vec::new();
    let endpoint = endpoint(&server);
    let request = request();
    let mut hear = |piece: &str| pieces.push(piece.to_owned());
    let answered = endpoint.complete(&request, &mut hear).await;
    let answer = answered.expect("an answer");
    assert_eq!(pieces, ["I ", "add ", "a ", "step."]);
    assert_eq!(
        (answer.text.as_str(), answer.model.as_str()),
        ("I add a step.", "scripted")
    );
    assert_eq!(
        serde_json::to_value(answer.usage).expect("usage"),
        json!({"promptTokens": 12, "completionTokens": 3, "costUsd": 0.25})
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].headers["authorization"],
        format!("Bearer {CANARY}")
    );
    assert_eq!(
        asked[0].body["stream_options"],
        json!({"include_usage": true})
    );
    assert!(!asked[0].body.to_string().contains(CANARY));
}

#[tokio::test]
async fn tokens_are_estimated_and_marked_when_nobody_tells_them() {
    let server = ModelServer::start(Script {
        tells_usage: false,
        ..Script::of(vec![Turn::say("12345678")])
    });
    let usage = answer(&server, &request()).await.usage;
    assert_eq!(
        (usage.completion_tokens, usage.cost_usd, usage.estimated),
        (2, None, true)
    );
    assert!(usage.prompt_tokens > 4);
}

#[tokio::test]
async fn calls_are_put_together_from_their_pieces() {
    let arguments =
        json!({"edits": [{"edit": "setParam", "node": "a", "value": "long enough to be cut"}]});
    for plain in [false, true] {
        let server = ModelServer::start(Script {
            plain,
            ..Script::of(vec![Turn::call("propose_edits", arguments.clone())])
        });
        let answer = answer(&server, &with_tools()).await;
        assert_eq!((answer.text.as_str(), answer.calls.len()), ("", 1));
        let call = &answer.calls[0];
        assert_eq!(
            (call.id.as_str(), call.name.as_str()),
            ("scripted-0", "propose_edits")
        );
        assert_eq!(
            serde_json::from_str::<Json>(&call.arguments).expect("JSON"),
            arguments
        );
    }
}

#[tokio::test]
async fn a_model_without_tools_is_told_them_in_words_and_that_is_remembered() {
    for tools in [Field::Refused, Field::Ignored] {
        let call = Turn {
            say: Some(Words::Text("I propose this. ".to_owned())),
            ..Turn::call("propose_edits", json!({"edits": []}))
        };
        let server = ModelServer::start(Script {
            tools,
            ..Script::of(vec![call, Turn::say("Done.")])
        });
        let endpoint = endpoint(&server);
        let mut request = with_tools();
        let (answered, heard) = ask(&endpoint, &request).await;
        let answer = match (answered, tools) {
            // Ignored: prose around a block is no call of a model that could have called.
            (Ok(answer), Field::Ignored) => {
                assert!(answer.calls.is_empty() && answer.text.contains("propose_edits"));
                continue;
            }
            (answered, _) => answered.expect("an answer"),
        };
        assert_eq!(
            (heard.trim(), answer.text.as_str()),
            ("I propose this.", "I propose this.")
        );
        assert_eq!(answer.calls[0].arguments, "{\"edits\":[]}");
        request.messages.push(Message::Assistant {
            text: answer.text,
            calls: answer.calls.clone(),
        });
        request.messages.push(Message::Tool {
            call: answer.calls[0].id.clone(),
            text: "checked".into(),
        });
        let (answered, _) = ask(&endpoint, &request).await;
        assert_eq!(answered.expect("an answer").text, "Done.");
        let asked = server.asked();
        let has_tools: Vec<_> = asked
            .iter()
            .map(|one| one.body.get("tools").is_some())
            .collect();
        assert_eq!(has_tools, [true, false, false]);
        let system = asked[1].body["messages"][0]["content"]
            .as_str()
            .expect("words");
        assert!(
            system.starts_with("Rules.") && system.contains("- propose_edits: Proposes edits.")
        );
        assert_eq!(asked[2].body["messages"][3]["role"], "user");
    }
}

#[tokio::test]
async fn a_shape_is_kept_also_by_servers_that_refuse_or_ignore_it() {
    let fenced = "Here you are:\n```json\n{\"total\": 7}\n```\nAnything else?";
    for (field, turns, calls) in [
        (Field::Understood, vec![Turn::json(json!({"total": 7}))], 1),
        (Field::Refused, vec![Turn::say(fenced)], 2),
        (
            Field::Ignored,
            vec![Turn::say("The total is seven."), Turn::say(fenced)],
            2,
        ),
    ] {
        let server = ModelServer::start(Script {
            response_format: field,
            ..Script::of(turns)
        });
        let answer = answer(&server, &with_shape()).await;
        let value: Json = serde_json::from_str(&answer.text).expect("JSON");
        assert_eq!(
            (value, server.asked().len()),
            (json!({"total": 7}), calls),
            "{field:?}"
        );
    }
}

#[tokio::test]
async fn each_fault_is_one_error_within_its_time() {
    let fault = Turn::fault;
    assert_eq!(
        error(fault(Fault::HalfJson), &request(), 2_000).await,
        bad("it is not whole JSON")
    );
    assert_eq!(
        error(fault(Fault::Empty), &request(), 2_000).await,
        bad("it is empty")
    );
    assert_eq!(
        error(fault(Fault::Html), &request(), 2_000).await,
        bad("it is a web page; is the base URL right?")
    );
    assert_eq!(
        error(fault(Fault::Hang), &request(), 2_000).await,
        ModelError::Timeout(1)
    );
    assert_eq!(
        error(fault(Fault::HangMidway), &request(), 2_000).await,
        ModelError::Timeout(1)
    );
    assert_eq!(
        error(
            Turn {
                bytes: Some(20_000_000),
                ..Turn::default()
            },
            &request(),
            5_000
        )
        .await,
        bad("it is larger than 4096 KiB")
    );
    assert_eq!(
        error(
            Turn {
                finish: Some("length".into()),
                ..Turn::default()
            },
            &request(),
            2_000
        )
        .await,
        bad("nothing was said before the limit of 500 tokens")
    );
    let wrong = error(fault(Fault::WrongSchema), &with_shape(), 2_000)
        .await
        .to_string();
    assert!(wrong.contains("it does not fit at the whole"), "{wrong}");
    let none = error(Turn::say("There is no total."), &with_shape(), 2_000).await;
    assert_eq!(none, bad("it has no JSON"));
    let cut = error(fault(Fault::Cut), &request(), 2_000).await;
    let ModelError::Unavailable {
        attempts: 1,
        message,
    } = &cut
    else {
        panic!("{cut:?}");
    };
    assert!(
        message.starts_with("the connection broke in the middle"),
        "{message}"
    );
}

#[tokio::test]
async fn the_same_faults_of_a_plain_answer() {
    for (turn, expected) in [
        (Turn::fault(Fault::HalfJson), "it is not whole JSON"),
        (Turn::fault(Fault::Empty), "it is empty"),
        (
            Turn {
                bytes: Some(20_000_000),
                ..Turn::default()
            },
            "it is larger than 4096 KiB",
        ),
    ] {
        let server = ModelServer::start(Script {
            plain: true,
            ..Script::of(vec![turn])
        });
        let (answered, _) = ask(&endpoint(&server), &request()).await;
        assert_eq!(answered.expect_err("an error"), bad(expected));
    }
}

#[tokio::test]
async fn passing_failures_are_tried_again_and_not_for_ever() {
    let busy = Turn {
        retry_after: Some("1".into()),
        ..Turn::status(429, "slow down")
    };
    let server = ModelServer::of([busy, Turn::status(500, "oops"), Turn::say("Here.")]);
    let began = Instant::now();
    assert_eq!(answer(&server, &request()).await.text, "Here.");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.asked().len(), 3);

    let always = error(Turn::status(503, "down"), &request(), 2_000).await;
    let unavailable = |attempts, message: &str| ModelError::Unavailable {
        attempts,
        message: message.to_owned(),
    };
    assert_eq!(always, unavailable(3, "503: down"));
    let tomorrow = Turn {
        retry_after: Some("86400".into()),
        ..Turn::status(429, "enough")
    };
    assert_eq!(
        error(tomorrow, &request(), 1_000).await,
        unavailable(1, "429: enough")
    );
}

#[tokio::test]
async fn no_server_at_all_is_unavailable() {
    let config = config(&ModelServer::of([]));
    let named = ChatRequest {
        model: Some("scripted".into()),
        ..request()
    };
    let (answered, _) = ask(&Endpoint::new(config, client()), &named).await;
    let error = answered.expect_err("nobody is there");
    let ModelError::Unavailable {
        attempts: 3,
        message,
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!(message.starts_with("no connection: "), "{message}");
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_log_even_when_the_endpoint_quotes_it() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let server = ModelServer::start(Script {
        key: Some("another key".into()),
        ..Script::default()
    });
    let (answered, _) = ask(&endpoint(&server), &request()).await;
    let refused = answered.expect_err("refused");
    assert_eq!(
        refused,
        ModelError::Refused {
            status: 401,
            message: "Incorrect API key provided: Bearer [key]".into()
        }
    );
    let quoting = [
        Turn::status(500, &format!("failed with {CANARY}")),
        Turn::say(&format!("data: {CANARY}")),
        Turn::fault(Fault::HalfJson),
    ];
    for turn in quoting {
        let server = ModelServer::of([turn.always()]);
        let (answered, _) = ask(&endpoint(&server), &request()).await;
        if let Err(error) = answered {
            assert!(!format!("{error} {error:?}").contains(CANARY));
        }
    }
    drop(logging);
    let log = log.text();
    assert!(log.contains("a model is asked again"), "{log}");
    assert!(!log.contains(CANARY), "{log}");
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let slow = Turn {
        pace: Some(Pace {
            first_ms: 0,
            piece_ms: 300,
        }),
        ..Turn::say("one two three four five six seven eight nine ten")
    };
    for turn in [slow, Turn::fault(Fault::Hang)] {
        let server = ModelServer::of([turn]);
        let endpoint = endpoint(&server);
        let request = request();
        let mut hear = |_: &str| {};
        let call = endpoint.complete(&request, &mut hear);
        tokio::time::timeout(Duration::from_millis(200), call)
            .await
            .expect_err("it goes on");
        let hung_up = || server.asked()[0].answer == Answering::HungUp;
        let began = Instant::now();
        while !hung_up() {
            assert!(began.elapsed() < Duration::from_millis(1_000), "still open");
            tokio::task::yield_now().await;
        }
    }
}

/// How late each piece was heard. A piece that waits for the next one, or for the end, is late by its pace.
async fn lateness() -> Vec<Duration> {
    let server = ModelServer::of([Turn {
        pace: Some(Pace {
            first_ms: 30,
            piece_ms: 80,
        }),
        ..Turn::say("one two three four five")
    }]);
    let mut heard_at = Vec::new();
    let endpoint = endpoint(&server);
    let request = request();
    let mut hear = |_: &str| heard_at.push(Instant::now());
    let answered = endpoint.complete(&request, &mut hear).await;
    answered.expect("an answer");
    let sent_at = server.sent_at();
    assert_eq!((sent_at.len(), heard_at.len()), (5, 5));
    let late = |(sent, heard): (&Instant, &Instant)| heard.saturating_duration_since(*sent);
    sent_at.iter().zip(&heard_at).map(late).collect()
}

/// The best of three answers, because another program may have the processor for longer than that.
#[tokio::test]
async fn a_piece_is_heard_at_most_50_ms_after_it_was_sent() {
    let mut worst = Vec::new();
    for _ in 0..3 {
        worst.push(lateness().await.into_iter().max().expect("five"));
    }
    let best = worst.iter().min().expect("three");
    assert!(*best <= Duration::from_millis(50), "{worst:?}");
}

#[tokio::test]
async fn the_list_and_the_test_of_a_model() {
    let server = ModelServer::start(Script {
        models: vec!["small".into(), "large".into()],
        ..Script::of(vec![Turn::say("ready").when("Answer with the word")])
    });
    let endpoint = endpoint(&server);
    let listed = endpoint.models().await.expect("a list");
    let ids: Vec<_> = listed.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["small", "large"]);
    let tested = endpoint.test(None).await;
    assert_eq!(
        (tested.ok, tested.model.as_str(), tested.message),
        (true, "small", None)
    );
    let tested = endpoint.test(Some("large".into())).await;
    assert_eq!((tested.ok, tested.model.as_str()), (false, "large"));
    assert!(tested.message.expect("why").contains("no turn left"));
    assert_eq!(server.asked()[0].body["model"], "small");
}

#[tokio::test]
async fn the_first_of_the_usual_places_that_lists_models_wins() {
    let empty = ModelServer::start(Script {
        models: vec![],
        ..Script::default()
    });
    let locked = ModelServer::start(Script {
        key: Some("secret".into()),
        ..Script::default()
    });
    let (first, second) = (ModelServer::of([]), ModelServer::of([]));
    let places = |servers: &[&ModelServer]| {
        let place = |server: &&ModelServer| UsualPlace {
            name: "server",
            port: server.port(),
        };
        servers.iter().map(place).collect::<Vec<_>>()
    };
    let found = find(&client(), &places(&[&empty, &locked, &first, &second])).await;
    let found = found.expect("the third");
    assert_eq!(found.base_url.as_str(), first.base_url());
    assert_eq!(found.models[0].id, "scripted");
    assert_eq!(find(&client(), &places(&[&empty, &locked])).await, None);
}

#[tokio::test]
async fn a_recorded_conversation_is_replayed_offline_to_the_byte() {
    let server = ModelServer::of([
        Turn::call("propose_edits", json!({"edits": []})),
        Turn::say("Done.").after("propose_edits"),
    ]);
    let live = Recording::new(endpoint(&server));
    let said = talk(&live).await;
    drop(server);
    let lines = to_lines(&live.exchanges());
    assert!(!lines.contains(CANARY));
    let replayed = Recording::new(Cassette::parse(&lines).expect("a recording"));
    assert_eq!(talk(&replayed).await, said);
    assert_eq!(to_lines(&replayed.exchanges()), lines);
}

/// A call, its answer, and the words after it.
async fn talk(model: &dyn ChatModel) -> String {
    let mut request = with_tools();
    let called = model.complete(&request, &mut |_| {}).await.expect("a call");
    request.messages.push(Message::Assistant {
        text: called.text,
        calls: called.calls.clone(),
    });
    request.messages.push(Message::Tool {
        call: called.calls[0].id.clone(),
        text: "checked".into(),
    });
    model
        .complete(&request, &mut |_| {})
        .await
        .expect("words")
        .text
}

#[test]
fn the_example_scripts_are_scripts() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let values = [
        ("orders", "http://127.0.0.1:1/orders"),
        ("alerts", "http://127.0.0.1:1/alerts"),
        ("world", "http://127.0.0.1:1"),
        ("hostile", "http://127.0.0.1:1"),
        ("run", "01a1fdcb-86e3-71f2-aa39-7aacfd1bf5f9"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let files = std::fs::read_dir(folder).expect("the folder");
    let scripts = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"));
    let read = |path: std::path::PathBuf| {
        let script = Script::read(&path, &values.clone().into());
        let script = script.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!script.turns.is_empty(), "{}", path.display());
        let calls = script.turns.iter().flat_map(|turn| &turn.calls);
        for call in calls.filter(|call| call.tool == "propose_edits") {
            let edits = call.arguments["edits"].clone();
            serde_json::from_value::<Vec<flowforge_engine::edit::Edit>>(edits).expect("edits");
        }
    };
    assert!(scripts.map(read).count() >= 3);
}

/// A log that a test can read.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("the log")).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
