//! The routes, asked in process.

mod history;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use flowforge_engine::Seq;
use flowforge_engine::node_type::Catalogue;
use flowforge_runtime::outbound::OutboundConfig;
use flowforge_runtime::sandbox::PoolConfig;
use flowforge_runtime::{NoModels, Runtime, RuntimeConfig};
use flowforge_snapshots::search::Search;
use flowforge_snapshots::{Journal, Options};
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::access::Access;
use crate::models::{Models, Operator};
use crate::service::{App, AppState, Parts, app};

const HOST: &str = "127.0.0.1:7700";

/// Adds one, waits for approval, multiplies.
const APPROVED: &str = r#"
id: approved
name: Approved sum
tags: [demo]
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: more, type: data.set, params: { fields: { sum: "{{ input.a + 1 }}" } } }
    - { id: ask, type: flow.approve, params: { message: "Is {{ input.sum }} right?" } }
    - { id: double, type: data.set, params: { fields: { total: '{{ nodes["more"].output.sum * 2 }}' } } }
  edges:
    - { source: start, target: more }
    - { source: more, target: ask }
    - { source: ask, sourcePort: approved, target: double }
"#;

const HELLO: &str = r#"
id: hello
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: greet, type: data.template, params: { text: "Hello {{ input.name }}" } }
  edges:
    - { source: start, target: greet }
"#;

/// A service without a socket.
struct Api {
    app: Router,
    state: AppState,
    token: String,
    _folder: tempfile::TempDir,
}

impl Api {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Options::default()).unwrap();
        let config = RuntimeConfig {
            outbound: OutboundConfig::default(),
            // What these tests evaluate needs no process; one that does fails by this name.
            sandbox: PoolConfig::new("/no/sandbox/in/these/tests".into()),
            models: std::sync::Arc::new(NoModels),
        };
        let access = Access::open(folder.path()).unwrap();
        let (_, secret) = access
            .create_token("tests", crate::access::Right::Editor)
            .unwrap();
        let models = Models::open(Operator::default(), journal.clone()).unwrap();
        let state = App::new(Parts {
            models: models.into(),
            runtime: Runtime::new(journal, Catalogue::built_in().into(), config),
            search: Search::open(&folder.path().join("search")).unwrap(),
            access,
            address: HOST.parse().unwrap(),
            public_url: None,
        })
        .unwrap();
        Self {
            app: app(state.clone()),
            state,
            token: secret.text().to_owned(),
            _folder: folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    async fn ask(&self, method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, Json) {
        let path = format!("/api/v1{path}");
        let request = self.request(method, &path).body(body.into()).unwrap();
        read(self.send(request).await).await
    }

    async fn get(&self, path: &str) -> Json {
        let (status, json) = self.ask("GET", path, Body::empty()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {json}");
        json
    }

    async fn post(&self, path: &str, body: &Json) -> (StatusCode, Json) {
        self.ask("POST", path, body.to_string()).await
    }

    async fn save(&self, yaml: &'static str) -> Json {
        let (status, saved) = self.ask("POST", "/workflows", yaml).await;
        assert_eq!(status, StatusCode::CREATED, "{saved}");
        saved
    }

    /// Runs it to its end or its first wait, and gives its id.
    async fn run(&self, workflow: &str, input: Json) -> String {
        let path = format!("/workflows/{workflow}/runs?wait=true");
        let (status, end) = self.post(&path, &json!({ "input": input })).await;
        assert_eq!(status, StatusCode::OK, "{end}");
        end["runId"].as_str().unwrap().to_owned()
    }

    /// The messages of a stream that ends: event, id, data.
    async fn stream(&self, path: &str, last: Option<&str>) -> Vec<(String, String, Json)> {
        let mut request = self.request("GET", &format!("/api/v1{path}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        messages(std::str::from_utf8(&bytes).unwrap())
    }
}

async fn read(response: Response<Body>) -> (StatusCode, Json) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
}

fn messages(text: &str) -> Vec<(String, String, Json)> {
    let field = |message: &str, name: &str| {
        let mut lines = message.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|message| message.contains("event:"))
        .map(|message| {
            let data = serde_json::from_str(&field(message, "data")).unwrap();
            (field(message, "event"), field(message, "id"), data)
        })
        .collect()
}

fn code(problem: &Json) -> &str {
    problem["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let api = Api::new();
    let description = super::description();
    for (path, item) in &description.paths.paths {
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        for (method, operation) in methods {
            if operation.is_none() {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .header(header::HOST, HOST);
            let response = api.send(request.body(Body::empty()).unwrap()).await;
            let open = ["/health", "/livez", "/readyz"].contains(&path.as_str());
            let expected = if open {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            };
            assert_eq!(response.status(), expected, "{method} {path}");
        }
    }
    let unknown = Request::builder()
        .uri("/api/v1/unknown")
        .header(header::HOST, HOST);
    let response = api.send(unknown.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_problem_says_what_and_what_next() {
    let api = Api::new();
    let request = api
        .request("GET", "/api/v1/workflows/none")
        .body(Body::empty())
        .unwrap();
    let response = api.send(request).await;
    let kind = response.headers()[header::CONTENT_TYPE].clone();
    assert_eq!(kind, "application/problem+json");
    let (status, problem) = read(response).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(problem["status"], 404);
    assert_eq!(code(&problem), "no-such-workflow");
    assert!(problem["detail"].is_string() && problem["hint"].is_string());
}

#[tokio::test]
async fn other_hosts_and_pages_are_refused() {
    let api = Api::new();
    for (name, value) in [
        ("host", "evil.test"),
        ("origin", "https://evil.test"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let mut request = api
            .request("GET", "/api/v1/runs")
            .body(Body::empty())
            .unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let response = api.send(request).await;
        assert!(
            !response
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        assert!(
            response
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
    }
}

fn opened(path: &str) -> Request<Body> {
    let request = Request::builder().uri(path).header(header::HOST, HOST);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_invitation_leads_to_where_it_was_made_and_nowhere_else() {
    let api = Api::new();
    let invite = async |to: &str| {
        let body = json!({ "name": "Vera", "right": "viewer", "to": to });
        api.post("/invitations", &body).await
    };
    let (status, made) = invite("/workflows/a%20b?run=r&seq=3").await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let link = made["link"].as_str().unwrap();
    let path = link.strip_prefix(&format!("http://{HOST}")).unwrap();
    let response = api.send(opened(path)).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let to = &response.headers()[header::LOCATION];
    assert_eq!(to, "/workflows/a%20b?run=r&seq=3");

    let (status, problem) = invite("//evil.test").await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::BAD_REQUEST, "wrong-path")
    );
    for elsewhere in [
        "%2F%2Fevil.test",
        "https%3A%2F%2Fevil.test",
        "%2F%5Cevil.test",
        "%2F%09%2Fevil.test",
    ] {
        let link = api.state.access().new_link().unwrap();
        let path = format!("/?link={}&to={elsewhere}", link.text());
        let response = api.send(opened(&path)).await;
        assert_eq!(response.headers()[header::LOCATION], "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn the_link_lets_one_browser_in() {
    let api = Api::new();
    let link = api.state.access().new_link().unwrap();
    let path = format!("/?link={}", link.text());
    let response = api.send(opened(&path)).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/");
    let cookie = response.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert_eq!(
        api.send(opened(&path)).await.status(),
        StatusCode::UNAUTHORIZED
    );

    let cookie = cookie.split(';').next().unwrap();
    let session = |method: &str, site: Option<&str>| {
        let mut request = Request::builder()
            .method(method)
            .uri("/api/v1/session")
            .header(header::HOST, HOST)
            .header(header::COOKIE, cookie);
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        request.body(Body::empty()).unwrap()
    };
    let (status, who) = read(api.send(session("GET", None)).await).await;
    assert_eq!(
        (status, &who["person"]["id"]),
        (StatusCode::OK, &json!("owner"))
    );
    assert_eq!(
        api.send(session("DELETE", None)).await.status(),
        StatusCode::FORBIDDEN
    );
    let response = api.send(session("DELETE", Some("same-origin"))).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        api.send(session("GET", None)).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

/// Who was invited may edit, and lets nobody else in: a token would act as the owner.
#[tokio::test]
async fn who_was_invited_makes_no_keys() {
    let api = Api::new();
    let new = json!({ "name": "Gus", "right": "editor" });
    let (_, made) = api.post("/invitations", &new).await;
    let link = made["link"].as_str().unwrap();
    let (_, way) = link.split_once(HOST).unwrap();
    let opened = Request::get(way).header(header::HOST, HOST);
    let opened = api.send(opened.body(Body::empty()).unwrap()).await;
    let cookie = opened.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let asks = |method: &str, path: &str, body: &Json| {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, HOST)
            .header(header::COOKIE, &cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap()
    };
    let checked = api.send(asks("GET", "/session", &Json::Null)).await;
    assert_eq!(checked.status(), StatusCode::OK);
    for (method, path) in [
        ("GET", "/tokens"),
        ("POST", "/tokens"),
        ("POST", "/invitations"),
        ("DELETE", "/tokens/any"),
    ] {
        let refused = api.send(asks(method, path, &new)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path}");
        let body = refused.into_body().collect().await.unwrap().to_bytes();
        assert!(
            String::from_utf8_lossy(&body).contains("owner-only"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let api = Api::new();
    let (status, made) = api.post("/tokens", &json!({ "name": "ci" })).await;
    assert_eq!(status, StatusCode::CREATED);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let ask = || {
        let mut request = api
            .request("GET", "/api/v1/runs")
            .body(Body::empty())
            .unwrap();
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, bearer.parse().unwrap());
        request
    };
    assert_eq!(api.send(ask()).await.status(), StatusCode::OK);
    let listed = api.get("/tokens").await;
    let names: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["name"])
        .collect();
    assert_eq!(names, ["tests", "ci"]);
    assert!(
        !listed.to_string().contains("ff_"),
        "secrets are not listed"
    );
    let path = format!("/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(
        api.ask("DELETE", &path, Body::empty()).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(api.send(ask()).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        api.ask("DELETE", &path, Body::empty()).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        api.post("/tokens", &json!({ "name": " " })).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn workflows_are_saved_found_and_protected_from_stale_edits() {
    let api = Api::new();
    let saved = api.save(APPROVED).await;
    assert_eq!(saved["problems"], json!([]));
    let listed = api.get("/workflows?query=approved+sum&tag=demo").await;
    assert_eq!(listed["items"][0]["name"], "Approved sum");
    assert_eq!(listed["items"][0]["nodes"], 4);
    assert_eq!(api.get("/workflows?tag=other").await["items"], json!([]));

    let request = api
        .request("GET", "/api/v1/workflows/approved")
        .body(Body::empty())
        .unwrap();
    let response = api.send(request).await;
    let tag = response.headers()[header::ETAG].clone();
    let (_, mut document) = read(response).await;
    document["name"] = "Another".into();
    let put = |tag: &str| {
        api.request("PUT", "/api/v1/workflows/approved")
            .header(header::IF_MATCH, tag)
            .body(Body::from(document.to_string()))
            .unwrap()
    };
    let (status, changed) = read(api.send(put(tag.to_str().unwrap())).await).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(changed["hash"], saved["hash"]);
    let (status, problem) = read(api.send(put(tag.to_str().unwrap())).await).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::PRECONDITION_FAILED, "stale-version")
    );
    let older = format!(
        "/workflows/approved?hash={}",
        saved["hash"].as_str().unwrap()
    );
    assert_eq!(api.get(&older).await["name"], "Approved sum");
}

#[tokio::test]
async fn a_wrong_workflow_is_saved_and_does_not_run() {
    let api = Api::new();
    let text = r#"{"name":"Wrong one","graph":{"nodes":[{"id":"a","type":"no.such"}]}}"#;
    let (status, saved) = api.ask("POST", "/workflows", text).await;
    assert_eq!(
        (status, &saved["id"]),
        (StatusCode::CREATED, &json!("Wrong-one".to_lowercase()))
    );
    assert!(!saved["problems"].as_array().unwrap().is_empty());
    let (status, problem) = api.post("/workflows/wrong-one/runs", &json!({})).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::UNPROCESSABLE_ENTITY, "workflow-problems")
    );
    assert!(!problem["problems"].as_array().unwrap().is_empty());
    let (status, problem) = api.ask("POST", "/workflows", "id: x\n  graph: [").await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::BAD_REQUEST, "not-a-workflow")
    );
    assert!(problem["problems"][0]["place"]["line"].is_number());
}

#[tokio::test]
async fn a_run_is_started_looked_at_and_repeated_by_key() {
    let api = Api::new();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Ann" })).await;
    let shown = api.get(&format!("/runs/{run}")).await;
    assert_eq!(shown["status"], "COMPLETED");
    assert_eq!(shown["output"], json!({ "text": "Hello Ann" }));
    assert_eq!(shown["waits"], json!([]));
    assert_eq!(
        api.get(&format!("/runs/{run}/workflow")).await["id"],
        "hello"
    );

    let keyed = || {
        api.request("POST", "/api/v1/workflows/hello/runs")
            .header("idempotency-key", "k1")
            .body(Body::from("{}"))
            .unwrap()
    };
    let (status, first) = read(api.send(keyed()).await).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, second) = read(api.send(keyed()).await).await;
    assert_eq!(first["runId"], second["runId"], "{second}");
    let listed = api.get("/runs?workflow=hello&status=COMPLETED").await;
    assert!(
        listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["run"] == run.as_str())
    );
    assert_eq!(
        api.get("/runs?since=2100-01-01T00:00:00Z").await["items"],
        json!([])
    );
    let (status, problem) = api.ask("GET", "/runs/nonsense", Body::empty()).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::BAD_REQUEST, "unreadable-path")
    );
    let nobody = "/runs/00000000-0000-0000-0000-000000000000";
    let (status, problem) = api.ask("GET", nobody, Body::empty()).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::NOT_FOUND, "no-such-run")
    );
}

#[tokio::test]
async fn a_started_run_is_on_disk_when_its_id_is_told() {
    let api = Api::new();
    api.save(HELLO).await;
    for _ in 0..20 {
        let (status, started) = api
            .post(
                "/workflows/hello/runs",
                &json!({ "input": { "name": "B" } }),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED);
        api.get(&format!("/runs/{}", started["runId"].as_str().unwrap()))
            .await;
    }
}

#[tokio::test]
async fn parts_and_drafts_run() {
    let api = Api::new();
    api.save(APPROVED).await;
    let run = |body: Json| {
        let api = &api;
        async move { api.post("/workflows/approved/runs?wait=true", &body).await }
    };
    let (_, end) = run(json!({ "input": { "a": 4 }, "until": "more" })).await;
    assert_eq!(end["output"], json!({ "sum": 5 }));
    let (_, end) = run(json!({ "input": { "a": 9 }, "only": "more" })).await;
    assert_eq!(end["output"], json!({ "sum": 10 }));
    let (status, problem) = run(json!({ "only": "nobody" })).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::NOT_FOUND, "no-such-node")
    );
    let draft = json!({ "id": "approved", "graph": { "nodes": [{ "id": "start", "type": "trigger.manual" }] } });
    let (_, end) = run(json!({ "input": 7, "workflow": draft })).await;
    assert_eq!(end["output"], 7);
    assert_eq!(
        api.get("/workflows/approved").await["name"],
        "Approved sum",
        "a draft is not saved"
    );
}

#[tokio::test]
async fn an_approval_is_waited_for_and_given() {
    let api = Api::new();
    api.save(APPROVED).await;
    let run = api.run("approved", json!({ "a": 1 })).await;
    let shown = api.get(&format!("/runs/{run}")).await;
    assert_eq!(shown["status"], "WAITING");
    assert_eq!(shown["waits"][0]["nodeId"], "ask");
    assert_eq!(shown["waits"][0]["reason"], "signal");
    assert_eq!(shown["waits"][0]["message"], "Is 2 right?");
    let path = format!("/runs/{run}/signal?wait=true");
    let (status, end) = api
        .post(&path, &json!({ "value": { "approved": true } }))
        .await;
    assert_eq!(
        (status, &end["output"]),
        (StatusCode::OK, &json!({ "total": 4 }))
    );
    let (status, problem) = api.post(&path, &json!({})).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::CONFLICT, "run-ended")
    );

    let other = api.run("approved", json!({ "a": 1 })).await;
    let (status, problem) = api.post(&format!("/runs/{other}/retry"), &json!({})).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::CONFLICT, "nothing-waits")
    );
    let (status, _) = api
        .post(&format!("/runs/{other}/cancel"), &json!({ "reason": "no" }))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let events = api.stream(&format!("/runs/{other}/events"), None).await;
    assert_eq!(events.last().unwrap().2["status"], "CANCELLED");
}

#[tokio::test]
async fn frames_snapshots_and_slices() {
    let api = Api::new();
    api.save(HELLO).await;
    let name = "x".repeat(10_000);
    let run = api.run("hello", json!({ "name": name })).await;
    let frames = api.get(&format!("/runs/{run}/frames?limit=1")).await;
    assert_eq!(frames["items"][0]["nodeId"], "start");
    let next = frames["next"].as_str().unwrap();
    let frames = api
        .get(&format!("/runs/{run}/frames?cursor={next}&values=preview"))
        .await;
    let greet = &frames["items"][0];
    assert_eq!(greet["nodeId"], "greet");
    assert_eq!(greet["output"]["$preview"]["type"], "record");
    let opened = greet["openedSeq"].as_u64().unwrap();
    let whole = api.get(&format!("/runs/{run}/frames/{opened}")).await;
    assert_eq!(whole["output"]["text"], format!("Hello {name}"));
    let small = api
        .get(&format!("/runs/{run}/frames/{opened}?values=preview"))
        .await;
    assert_eq!(small["output"], greet["output"]);
    let slice = api
        .get(&format!(
            "/runs/{run}/frames/{opened}/value?side=output&pointer=/text&offset=4&limit=4"
        ))
        .await;
    assert_eq!(
        (&slice["text"], &slice["count"]),
        (&json!("o xx"), &json!(10_006))
    );
    let slice = api
        .get(&format!(
            "/runs/{run}/frames/{opened}/value?side=input&pointer=/name&limit=2"
        ))
        .await;
    assert_eq!(slice["text"], "xx");
    let (status, _) = api
        .ask("GET", &format!("/runs/{run}/frames/1"), Body::empty())
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "event 1 opens no frame");

    let before = api.get(&format!("/runs/{run}/snapshot?seq={opened}")).await;
    assert_eq!(before["nodes"]["greet"]["status"], "RUNNING");
    let after = api
        .get(&format!("/runs/{run}/snapshot?values=preview"))
        .await;
    assert_eq!(after["status"], "COMPLETED");
    assert_eq!(after["nodes"]["greet"]["frame"]["output"], greet["output"]);
    let (status, problem) = api
        .ask(
            "GET",
            &format!("/runs/{run}/snapshot?seq=999"),
            Body::empty(),
        )
        .await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::NOT_FOUND, "no-such-moment")
    );
}

#[tokio::test]
async fn an_event_stream_goes_on_where_it_broke_off() {
    let api = Api::new();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Ann" })).await;
    let path = format!("/runs/{run}/events");
    let all = api.stream(&path, None).await;
    let (event, id, data) = &all[0];
    assert_eq!((event.as_str(), id.as_str()), ("runStarted", "1"));
    assert_eq!(
        (&data["seq"], &data["event"]["type"]),
        (&json!(1), &json!("runStarted"))
    );
    let (event, id, data) = all.last().unwrap();
    assert_eq!((event.as_str(), id.as_str()), ("end", ""));
    assert_eq!(data["status"], "COMPLETED");
    let rest = api.stream(&path, Some("3")).await;
    assert_eq!(rest, all[3..]);
    assert_eq!(api.stream(&format!("{path}?from=3"), None).await, all[3..]);
    let seqs = all.iter().filter_map(|(_, id, _)| id.parse::<u64>().ok());
    assert!(seqs.eq(1..all.len() as u64), "no gap, nothing twice");
}

#[tokio::test]
async fn a_stream_follows_a_run_that_goes_on() {
    let api = Api::new();
    api.save(APPROVED).await;
    let run = api.run("approved", json!({ "a": 1 })).await;
    let path = format!("/runs/{run}/events");
    let value = json!({ "value": { "approved": true } });
    let signal = format!("/runs/{run}/signal");
    let (events, answered) = tokio::join!(api.stream(&path, None), api.post(&signal, &value));
    assert_eq!(answered.0, StatusCode::ACCEPTED);
    let names: Vec<_> = events.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names[names.len() - 2..], ["runClosed", "end"]);
    let seqs = events
        .iter()
        .filter_map(|(_, id, _)| id.parse::<u64>().ok());
    assert!(seqs.eq(1..events.len() as u64), "no gap, nothing twice");
    // The command line reads the messages back as what was recorded.
    let read = events
        .iter()
        .filter_map(|(.., data)| crate::sse::recorded_in(&data.to_string()));
    let read: Vec<Json> = read.map(|event| json!(event)).collect();
    let run = run.parse().unwrap();
    let kept = api.state.journal().read(run, Seq(0), None).unwrap();
    assert_eq!(
        read,
        kept.iter().map(|event| json!(event)).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn forks_replays_and_differences() {
    let api = Api::new();
    api.save(APPROVED).await;
    let run = api.run("approved", json!({ "a": 1 })).await;
    let (_, _) = api
        .post(
            &format!("/runs/{run}/signal?wait=true"),
            &json!({ "value": { "approved": true } }),
        )
        .await;
    let (status, replayed) = api.post(&format!("/runs/{run}/replay"), &json!({})).await;
    assert_eq!(
        (status, &replayed["identical"]),
        (StatusCode::OK, &json!(true)),
        "{replayed}"
    );
    assert_eq!(replayed["effectsPerformed"], 0);

    let fork = json!({ "seq": 1, "set": { "more.fields": { "sum": 10 } } });
    let path = format!("/runs/{run}/fork");
    let (status, plan) = api.post(&path, &json!({ "seq": 1, "plan": true })).await;
    assert_eq!((status, &plan["effects"]), (StatusCode::OK, &json!([])));
    let (status, made) = api.post(&path, &fork).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let forked = made["runId"].as_str().unwrap();
    let tree = api.get(&format!("/runs/{forked}/forks")).await;
    assert_eq!(tree["run"]["run"], run.as_str());
    assert_eq!(tree["children"][0]["run"]["run"], forked);
    assert_eq!(tree["children"][0]["at"], 1);
    let diff = api.get(&format!("/diff?a={run}&b={forked}")).await;
    assert_eq!(diff["identical"], false);
    assert_eq!(diff["firstDivergence"]["a"]["nodeId"], "more");
    let (status, problem) = api.post(&path, &json!({ "seq": 999 })).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::NOT_FOUND, "no-such-moment")
    );
    let (status, problem) = api.ask("GET", "/diff?a=x&b=y", Body::empty()).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::BAD_REQUEST, "wrong-moment")
    );
}

#[tokio::test]
async fn a_run_goes_elsewhere_as_a_file() {
    let (here, there) = (Api::new(), Api::new());
    here.save(HELLO).await;
    let run = here.run("hello", json!({ "name": "Ann" })).await;
    let export = format!("/api/v1/runs/{run}/export");
    let request = here.request("GET", &export).body(Body::empty()).unwrap();
    let answer = here.send(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let named = answer.headers()[header::CONTENT_DISPOSITION].to_str();
    assert!(named.unwrap().contains(&run));
    let file = answer.into_body().collect().await.unwrap().to_bytes();
    let mut kept = Vec::new();
    let id = run.parse().unwrap();
    here.state.journal().export(id, &mut kept).unwrap();
    assert_eq!(file, kept);

    let import = |bytes: Vec<u8>| there.ask("POST", "/runs/import", bytes);
    let told = json!({ "runId": run });
    assert_eq!(
        import(kept.clone()).await,
        (StatusCode::CREATED, told.clone())
    );
    assert_eq!(import(kept.clone()).await, (StatusCode::OK, told));
    let row = there.get(&format!("/runs/{run}")).await;
    assert_eq!(
        (&row["imported"], &row["output"]),
        (
            &json!(true),
            &here.get(&format!("/runs/{run}")).await["output"]
        )
    );
    *kept.last_mut().unwrap() ^= 1;
    for (bytes, expected) in [
        (kept, "damaged-file"),
        (b"{}".to_vec(), "not-a-run"),
        (Vec::new(), "not-a-run"),
    ] {
        let (status, problem) = import(bytes).await;
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!((status, code(&problem)), (unusable, expected));
    }
    let nobody = "/runs/01a1fdcb-86e3-71f2-aa39-7aacfd1bf5f9/export";
    let (status, problem) = here.ask("GET", nobody, Body::empty()).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::NOT_FOUND, "no-such-run")
    );
}

#[tokio::test]
async fn the_store_is_measured_and_pruned() {
    let api = Api::new();
    api.save(HELLO).await;
    let old = api.run("hello", json!({ "name": "Ann" })).await;
    let new = api.run("hello", json!({ "name": "Bob" })).await;
    assert_eq!(api.get("/store").await["runs"], 2);
    let (status, problem) = api.post("/store/prune", &json!({})).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::BAD_REQUEST, "no-limit")
    );
    let (status, _) = api.post("/store/prune", &json!({ "runsMin": 1 })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, pruned) = api.post("/store/prune", &json!({ "runsMax": 1 })).await;
    assert_eq!(
        (status, &pruned["runsRemoved"]),
        (StatusCode::OK, &json!(1)),
        "{pruned}"
    );
    let (status, _) = api.ask("GET", &format!("/runs/{old}"), Body::empty()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, size) = api.post("/store/compact", &json!({})).await;
    assert_eq!((status, &size["runs"]), (StatusCode::OK, &json!(1)));
    assert_eq!(
        api.get(&format!("/runs/{new}")).await["status"],
        "COMPLETED"
    );
}

/// What a run that paused waits for is told, and a request that waits for it to rest is answered.
#[tokio::test]
async fn a_paused_frame_waits_for_another_attempt() {
    let api = Api::new();
    api.save("id: pauses\ngraph:\n  nodes:\n    - { id: a, type: flow.fail, params: { message: no }, onError: pause }\n")
        .await;
    let run = api.run("pauses", Json::Null).await;
    let result = api.get(&format!("/runs/{run}/result?wait=true")).await;
    assert_eq!(
        (&result["status"], &result["waits"]),
        (
            &json!("WAITING"),
            &json!([{ "frame": 2, "nodeId": "a", "path": [], "reason": "retry" }])
        )
    );
    let detail = api.get(&format!("/runs/{run}?wait=true")).await;
    assert_eq!(detail["waits"][0]["message"], "no");
    let path = format!("/runs/{run}/retry?wait=true");
    let (status, again) = api.post(&path, &json!({})).await;
    assert_eq!((status, &again["frames"]), (StatusCode::OK, &json!(2)));
    assert_eq!(again["waits"].as_array().map(Vec::len), Some(1), "{again}");
}

#[tokio::test]
async fn values_are_found() {
    let api = Api::new();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Persephone" })).await;
    api.state
        .search()
        .catch_up(api.state.journal(), || true)
        .unwrap();
    let found = api.get("/search?q=persephone").await;
    assert_eq!(found["lag"], 0);
    assert_eq!(found["items"][0]["run"], run.as_str());
    assert_eq!(api.get("/search?q=nobodyhasthis").await["items"], json!([]));
}

#[tokio::test]
async fn the_catalogue_the_functions_and_the_checks() {
    let api = Api::new();
    let all = api.get("/nodes").await;
    assert!(all.as_array().unwrap().len() > 10);
    assert_eq!(
        api.get("/nodes?q=http.request").await[0]["type"],
        "http.request"
    );
    let functions = api.get("/functions").await;
    let now = functions
        .as_array()
        .unwrap()
        .iter()
        .find(|function| function["name"] == "now");
    assert_eq!(now.unwrap()["effect"], true);
    let (_, checked) = api.ask("POST", "/check", APPROVED).await;
    assert_eq!(checked["problems"], json!([]));
    let (_, checked) = api
        .post("/scripts/check", &json!({ "code": "let x = ;" }))
        .await;
    assert_eq!(checked["problems"][0]["place"]["line"], 1);
    let (_, checked) = api
        .post("/scripts/check", &json!({ "code": "loop {}" }))
        .await;
    assert_eq!(
        checked["problems"],
        json!([]),
        "it parses, and is not evaluated"
    );
}

#[tokio::test]
async fn expressions_see_what_a_frame_saw() {
    let api = Api::new();
    api.save(APPROVED).await;
    let run = api.run("approved", json!({ "a": 1 })).await;
    let given = json!({ "text": "{{ input.a + 1 }}", "scope": { "input": { "a": 2 } } });
    let (_, outcome) = api.post("/expressions", &given).await;
    assert_eq!(outcome, json!({ "value": 3, "bytes": 1 }));
    let frames = api.get(&format!("/runs/{run}/frames?node=ask")).await;
    let frame = &frames["items"][0]["openedSeq"];
    let text = r#"{{ nodes["more"].output.sum }} of {{ input.sum }} in {{ run.workflow }}"#;
    let recorded = json!({ "text": text, "scope": { "run": run, "frame": frame } });
    let (_, outcome) = api.post("/expressions", &recorded).await;
    assert_eq!(outcome["value"], "2 of 2 in approved", "{outcome}");
    let (_, outcome) = api
        .post("/expressions", &json!({ "text": "{{ 1 + }}" }))
        .await;
    assert!(outcome["problem"]["message"].is_string(), "{outcome}");
    let (status, _) = api
        .post(
            "/expressions",
            &json!({ "text": "x", "scope": { "run": run } }),
        )
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_service_tells_of_runs_and_workflows() {
    let api = Api::new();
    let request = api
        .request("GET", "/api/v1/events")
        .body(Body::empty())
        .unwrap();
    let mut stream = api.send(request).await.into_body();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Ann" })).await;
    let mut text = String::new();
    while !text.contains("COMPLETED") {
        let frame = stream.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    let told = messages(&text);
    assert_eq!(
        (told[0].0.as_str(), &told[0].2["id"]),
        ("workflow", &json!("hello"))
    );
    let (name, _, data) = told.last().unwrap();
    assert_eq!((name.as_str(), &data["runId"]), ("run", &json!(run)));
    api.state.stop().await;
    assert!(stream.frame().await.is_none(), "a stop ends streams");
    let (status, problem) = api.post("/workflows/hello/runs", &json!({})).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    );
    let ready = api.request("GET", "/readyz").body(Body::empty()).unwrap();
    assert_eq!(
        api.send(ready).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn the_editor_is_served_for_every_page() {
    let api = Api::new();
    for path in [
        "/",
        "/runs/1",
        "/workflows/x",
        "/workflows/my.flow%20%C3%BC",
    ] {
        let request = Request::builder().uri(path).header(header::HOST, HOST);
        let response = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let kind = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(kind.starts_with("text/html"), "{path}");
    }
    for path in [
        "/assets/none.js",
        "/..%2f..%2fCargo.toml",
        "/.env",
        "/API/v1/runs",
        "//api/v1/runs",
        "/api/v2/runs",
        "/Metrics",
    ] {
        let request = Request::builder().uri(path).header(header::HOST, HOST);
        let response = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_timeline_is_columns() {
    let api = Api::new();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Ann" })).await;
    let timeline = api.get(&format!("/runs/{run}/timeline")).await;
    assert_eq!(timeline["nodes"], json!(["start", "greet"]));
    assert_eq!(timeline["opened"].as_array().unwrap().len(), 2);
    assert_eq!(timeline["runStatus"], "COMPLETED");
    let last = &timeline["lastSeq"];
    let news = api.get(&format!("/runs/{run}/timeline?from={last}")).await;
    assert_eq!(news["opened"], json!([]));
}

#[tokio::test]
async fn runs_have_names_and_workflows_have_versions() {
    let api = Api::new();
    api.save(HELLO).await;
    let run = api.run("hello", json!({ "name": "Ann" })).await;
    let path = format!("/runs/{run}");
    let (status, row) = api.ask("PATCH", &path, r#"{"name":"the good one"}"#).await;
    assert_eq!(
        (status, &row["name"]),
        (StatusCode::OK, &json!("the good one"))
    );
    assert_eq!(api.get(&path).await["name"], "the good one");
    let fork = json!({ "seq": 1, "name": "what if" });
    let (_, forked) = api.post(&format!("{path}/fork"), &fork).await;
    let forked = api
        .get(&format!("/runs/{}", forked["runId"].as_str().unwrap()))
        .await;
    assert_eq!(forked["name"], "what if");

    let versions = api.get("/workflows/hello/versions").await;
    assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    assert!(api.get("/workflows").await["items"][0]["updatedAt"].is_string());
    let (status, _) = api.ask("DELETE", "/workflows/hello", Body::empty()).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = api.ask("GET", "/workflows/hello", Body::empty()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = api.post("/workflows/hello/runs", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(api.get(&path).await["status"], "COMPLETED", "runs stay");
}

#[tokio::test]
async fn numbers_are_told() {
    let api = Api::new();
    api.save(HELLO).await;
    api.run("hello", json!({ "name": "Ann" })).await;
    let stats = api.get("/stats").await;
    assert_eq!((&stats["runs"], &stats["failed"]), (&json!(1), &json!(0)));
    assert!(stats["store"]["bytes"].as_u64().unwrap() > 0);
    let ask = |path: &str| api.request("GET", path).body(Body::empty()).unwrap();
    let response = api.send(ask("/metrics")).await;
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&bytes).unwrap();
    for line in [
        "flowforge_runs_started_total 1",
        "flowforge_runs_ended_total{status=\"completed\"} 1",
        "flowforge_frames_total 2",
        "flowforge_http_requests_total{method=\"POST\",route=\"/api/v1/workflows\",status=\"201\"} 1",
        "le=\"+Inf\"} 1",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let (_, can) = read(api.send(ask("/capabilities")).await).await;
    assert!(
        can["nodeTypes"]
            .as_array()
            .unwrap()
            .contains(&json!("http.request"))
    );
    assert_eq!(can["latency"]["runs"], 1);
}

#[tokio::test]
async fn a_workflow_that_is_sent_is_run_and_streamed() {
    let api = Api::new();
    let workflow = json!({ "id": "sent", "graph": {
        "nodes": [{ "id": "start", "type": "trigger.manual" }], "edges": [],
    }});
    for body in [json!({ "workflow": workflow, "input": 7 }), workflow] {
        let request = api
            .request("POST", "/execute")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = api.send(request).await;
        let run = response.headers()["x-run-id"].to_str().unwrap().to_owned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let told = messages(std::str::from_utf8(&bytes).unwrap());
        assert_eq!(told.first().unwrap().0, "runStarted");
        assert_eq!(told.last().unwrap().2["status"], "COMPLETED");
        api.get(&format!("/runs/{run}")).await;
    }
    assert_eq!(
        api.get("/workflows").await["items"],
        json!([]),
        "it is not saved"
    );
    let request = api
        .request("POST", "/execute")
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(api.send(request).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_served_is_what_is_described() {
    let api = Api::new();
    let source = include_str!("../routes.rs");
    let described: usize = super::description()
        .paths
        .paths
        .values()
        .map(|item| {
            [&item.get, &item.post, &item.put, &item.delete, &item.patch]
                .iter()
                .filter(|op| op.is_some())
                .count()
        })
        .sum();
    let handlers: usize = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".routes(routes!("))
        .map(|list| list.matches("::").count())
        .sum();
    assert_eq!(handlers, described);
    let request = api
        .request("PATCH", "/api/v1/nodes")
        .body(Body::empty())
        .unwrap();
    let (status, problem) = read(api.send(request).await).await;
    assert_eq!(
        (status, code(&problem)),
        (StatusCode::METHOD_NOT_ALLOWED, "wrong-method")
    );
}
