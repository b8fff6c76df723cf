//! The history of a workflow, through the real routes: who made what, going back, branches, what is published, and
//! which edit broke a run.

use super::*;

/// Sums up an order, in two steps; `call`, if it is there, is one more.
fn order(total: &str, more: &str) -> String {
    let edge = if more == CALLS {
        "    - { source: mark, target: call }"
    } else {
        ""
    };
    format!(
        r#"
id: order
name: Order
graph:
  nodes:
    - {{ id: start, type: trigger.manual }}
    - {{ id: mark, type: data.set, params: {{ fields: {{ checked: true }}, keep: true }} }}
    - {{ id: total, type: data.set, params: {{ fields: {{ total: "{{{{ {total} }}}}" }} }} }}
{more}
  edges:
    - {{ source: start, target: mark }}
    - {{ source: mark, target: total }}
{edge}
"#
    )
}

const RIGHT: &str = "input.price * input.quantity";
const WRONG: &str = "input.price + input.quantity";
const CALLS: &str =
    "    - { id: call, type: http.request, params: { method: POST, url: 'http://192.0.2.1/x' } }";
const NOTE: &str = "    - { id: note, type: data.set, params: { fields: { seen: true } } }";

/// People with a token each.
struct People {
    api: Api,
    ann: String,
    bob: String,
}

impl People {
    fn new() -> Self {
        let api = Api::new();
        let token = |name| {
            api.state
                .access()
                .create_token(name, crate::access::Right::Editor)
                .unwrap()
                .1
                .text()
                .to_owned()
        };
        let (ann, bob) = (token("Ann"), token("Bob"));
        Self { api, ann, bob }
    }

    async fn ask(&self, token: &str, method: &str, path: &str, body: String) -> (StatusCode, Json) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(body.into()).unwrap();
        read(self.api.send(request).await).await
    }

    /// Saves a version; its hash.
    async fn save(&self, token: &str, text: String) -> String {
        let (status, saved) = self.ask(token, "PUT", "/workflows/order", text).await;
        assert_eq!(status, StatusCode::OK, "{saved}");
        saved["hash"].as_str().unwrap().to_owned()
    }

    async fn ok(&self, method: &str, path: &str, body: Json) -> Json {
        let (status, answer) = self.ask(&self.ann, method, path, body.to_string()).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Json) -> String {
        let (status, answer) = self.ask(&self.ann, method, path, body.to_string()).await;
        assert!(
            status.is_client_error(),
            "{method} {path}: {status} {answer}"
        );
        code(&answer).to_owned()
    }

    /// Runs the draft; the run and its output.
    async fn run(&self, path: &str, input: Json) -> (String, Json) {
        let end = self.ok("POST", path, json!({ "input": input })).await;
        assert_eq!(end["status"], "COMPLETED", "{end}");
        (
            end["runId"].as_str().unwrap().to_owned(),
            end["output"].clone(),
        )
    }
}

/// A field of each item.
fn each<'a>(list: &'a Json, field: &str) -> Vec<&'a Json> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item[field])
        .collect()
}

#[tokio::test]
async fn history_tells_who_made_each_version_and_how() {
    let people = People::new();
    let first = people.save(&people.ann, order(RIGHT, "")).await;
    let second = people.save(&people.bob, order(WRONG, "")).await;
    people.save(&people.bob, order(WRONG, "")).await;
    let named = json!({ "name": "with the sum" });
    let path = format!("/workflows/order/versions/{second}/name");
    people.ok("PUT", &path, named).await;

    let history = people.api.get("/workflows/order/history").await;
    assert_eq!(each(&history, "hash"), [&second, &first]);
    assert_eq!(
        each(&history, "name"),
        [&json!("with the sum"), &Json::Null]
    );
    let newest = &history["items"][0];
    assert_eq!(newest["authors"][0]["name"], "Bob");
    assert_eq!(
        newest["touched"],
        json!(["nodes/total/params/fields/total"])
    );
    assert_eq!(
        (&newest["origin"], &newest["published"]),
        (&json!("save"), &json!(false))
    );
    assert!(newest["savedAt"].is_string());

    let page = people.api.get("/workflows/order/history?limit=1").await;
    let cursor = page["next"].as_str().unwrap();
    let rest = people
        .api
        .get(&format!("/workflows/order/history?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(each(&rest, "hash"), [&first]);

    let unnamed = people.ok("PUT", &path, json!({ "name": null })).await;
    assert_eq!(unnamed["name"], Json::Null);
    let nowhere = format!("/workflows/order/versions/{}/name", "0".repeat(64));
    assert_eq!(
        people
            .refused("PUT", &nowhere, json!({ "name": "x" }))
            .await,
        "no-such-version"
    );
    assert_eq!(
        people
            .refused("GET", "/workflows/nowhere/history", json!({}))
            .await,
        "no-such-workflow"
    );
}

#[tokio::test]
async fn blame_and_changes_name_the_author_of_each_place() {
    let people = People::new();
    let first = people.save(&people.ann, order(RIGHT, "")).await;
    let note = people.save(&people.bob, order(RIGHT, NOTE)).await;
    let last = people.save(&people.ann, order(WRONG, NOTE)).await;

    let blame = people.api.get("/workflows/order/blame?node=total").await;
    assert_eq!(each(&blame, "place"), ["nodes/total/params/fields/total"]);
    assert_eq!(blame["items"][0]["author"]["name"], "Ann");
    assert_eq!(blame["items"][0]["hash"], json!(last));
    let all = people.api.get("/workflows/order/blame").await;
    assert_eq!(
        each(&all, "place"),
        ["nodes/note", "nodes/total/params/fields/total"]
    );
    assert_eq!(all["items"][0]["author"]["name"], "Bob");
    assert_eq!(all["items"][0]["hash"], json!(note));

    let path = format!("/workflows/order/changes?from={first}&to={last}");
    let changes = people.api.get(&path).await;
    let by = changes["by"].as_array().unwrap();
    assert_eq!(
        (&by[0]["author"]["name"], &by[0]["places"]),
        (&json!("Bob"), &json!(["nodes/note"]))
    );
    assert_eq!(by[1]["author"]["name"], "Ann");
    assert_eq!(
        (by.len(), changes["patch"].as_array().unwrap().len()),
        (2, 2)
    );
    assert_eq!(changes["diff"]["nodes"][1]["id"], "total");

    // What was taken back meanwhile is nobody's change.
    people.save(&people.bob, order(RIGHT, NOTE)).await;
    let changes = people
        .api
        .get(&format!("/workflows/order/changes?from={first}"))
        .await;
    assert_eq!(changes["by"].as_array().unwrap().len(), 1, "{changes}");
}

#[tokio::test]
async fn typing_is_blamed_on_whoever_typed() {
    use flowforge_snapshots::{Author, DocumentUpdate, VersionNote};
    let people = People::new();
    people.save(&people.ann, order(RIGHT, "")).await;
    // What a room does: each update with its author, then a version of what the document is.
    let (journal, id) = (
        people.api.state.journal(),
        flowforge_engine::WorkflowId::from("order"),
    );
    let update = |name: &str, place: &str, at| DocumentUpdate {
        at: flowforge_engine::Timestamp(at),
        author: Author {
            id: name.into(),
            name: name.into(),
            kind: "person".into(),
        },
        bytes: vec![1],
        touched: vec![place.into()],
    };
    let at = 4_000_000_000_000;
    let typed = [
        update("Cid", "nodes/total/params/fields/total", at),
        update("Dora", "nodes/mark/params/keep", at + 1),
    ];
    let seq = journal.append_updates(&id, &typed).unwrap();
    let typed = flowforge_engine::workflow::file::parse(&order(WRONG, "")).unwrap();
    let note = VersionNote {
        origin: "typing".into(),
        seq: Some(seq),
        ..VersionNote::default()
    };
    journal
        .put_version(&typed, flowforge_engine::Timestamp(at + 2), note)
        .unwrap();
    journal
        .append_updates(&id, &[update("Eve", "nodes/mark/name", at + 3)])
        .unwrap();

    let blame = people.api.get("/workflows/order/blame").await;
    let who = |place: &str| {
        let mut items = blame["items"].as_array().unwrap().iter();
        let found = items.find(|item| item["place"] == place).unwrap();
        (
            found["author"]["name"].as_str().unwrap(),
            found["hash"].as_str().map(str::to_owned),
        )
    };
    let hash = Some(typed.hash().to_string());
    assert_eq!(
        who("nodes/total/params/fields/total"),
        ("Cid", hash.clone())
    );
    assert_eq!(who("nodes/mark/params/keep"), ("Dora", hash));
    assert_eq!(who("nodes/mark/name"), ("Eve", None));
}

#[tokio::test]
async fn an_old_version_comes_back_as_a_new_edit() {
    let people = People::new();
    let first = people.save(&people.ann, order(RIGHT, "")).await;
    let second = people.save(&people.bob, order(WRONG, "")).await;
    let saved = people
        .ok("POST", "/workflows/order/restore", json!({ "hash": first }))
        .await;
    assert_eq!(saved["hash"], json!(first));
    let history = people.api.get("/workflows/order/history").await;
    assert_eq!(each(&history, "hash"), [&first, &second, &first]);
    assert_eq!(each(&history, "origin"), ["restore", "save", "save"]);
    assert_eq!(history["items"][0]["authors"][0]["name"], "Ann");
    let nowhere = json!({ "hash": "0".repeat(64) });
    assert_eq!(
        people
            .refused("POST", "/workflows/order/restore", nowhere)
            .await,
        "no-such-version"
    );
}

#[tokio::test]
async fn a_branch_comes_back_by_part() {
    let people = People::new();
    let base = people.save(&people.ann, order(RIGHT, "")).await;
    let branched = people
        .ok("POST", "/workflows/order/branch", json!({}))
        .await;
    assert_eq!(
        (&branched["id"], &branched["base"]),
        (&json!("order-2"), &json!(base))
    );
    let taken = json!({ "id": "order-2" });
    assert_eq!(
        people
            .refused("POST", "/workflows/order/branch", taken)
            .await,
        "workflow-exists"
    );
    let nothing = json!({ "from": "order-2" });
    assert_eq!(
        people
            .refused("POST", "/workflows/order/merge", nothing)
            .await,
        "nothing-to-merge"
    );

    // The branch gets a node and another sum; meanwhile the workflow gets another name.
    let changed = order(WRONG, NOTE).replace("name: Order", "name: Order (branch)");
    people
        .ask(&people.bob, "PUT", "/workflows/order-2", changed)
        .await;
    people
        .save(
            &people.ann,
            order(RIGHT, "").replace("name: Order", "name: Sum"),
        )
        .await;
    let proposal = people
        .ok(
            "POST",
            "/workflows/order/merge",
            json!({ "from": "order-2" }),
        )
        .await;
    assert_eq!(
        proposal["origin"],
        json!({ "kind": "branch", "from": "order-2" })
    );
    assert_eq!(proposal["workflow"], "order");
    let parts = proposal["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{proposal}");

    // Only the node is wanted.
    let part = parts
        .iter()
        .find(|part| part["title"].as_str().unwrap().contains("note"));
    let yes = json!({ "hash": proposal["hash"], "parts": [part.unwrap()["id"]] });
    let path = format!("/proposals/{}/accept", proposal["id"].as_str().unwrap());
    let accepted = people.ok("POST", &path, yes).await;
    assert_eq!(accepted["proposal"]["byName"], "Ann");
    let merged = people.api.get("/workflows/order").await;
    assert_eq!(merged["name"], "Sum");
    assert_eq!(merged["graph"]["nodes"].as_array().unwrap().len(), 4);
    assert!(merged.to_string().contains(RIGHT) && !merged.to_string().contains(WRONG));
    let history = people.api.get("/workflows/order/history?limit=1").await;
    assert_eq!(history["items"][0]["origin"], "proposal");
    assert_eq!(history["items"][0]["authors"][0]["name"], "Ann");

    // The rest can still come; and what the workflow got can go to the branch.
    let again = people
        .ok(
            "POST",
            "/workflows/order/merge",
            json!({ "from": "order-2" }),
        )
        .await;
    assert_eq!(again["parts"].as_array().unwrap().len(), 1);
    let back = people
        .ok(
            "POST",
            "/workflows/order-2/merge",
            json!({ "from": "order" }),
        )
        .await;
    assert_eq!(
        (&back["workflow"], back["patch"].as_array().unwrap().len()),
        (&json!("order-2"), 1)
    );
    let rows = people.api.get("/workflows").await;
    let named: Vec<_> = each(&rows, "id")
        .into_iter()
        .zip(each(&rows, "branchOf"))
        .collect();
    assert_eq!(
        named,
        [
            (&json!("order"), &Json::Null),
            (&json!("order-2"), &json!("order"))
        ]
    );
    people.api.save(HELLO).await;
    assert_eq!(
        people
            .refused("POST", "/workflows/hello/merge", json!({ "from": "order" }))
            .await,
        "no-branch"
    );
}

#[tokio::test]
async fn a_merge_tells_what_both_sides_changed() {
    let people = People::new();
    people.save(&people.ann, order(RIGHT, "")).await;
    people
        .ok(
            "POST",
            "/workflows/order/branch",
            json!({ "id": "try", "name": "Order" }),
        )
        .await;
    people
        .ask(&people.bob, "PUT", "/workflows/try", order(WRONG, ""))
        .await;
    people.save(&people.ann, order("input.price", "")).await;
    let proposal = people
        .ok("POST", "/workflows/order/merge", json!({ "from": "try" }))
        .await;
    let reason = proposal["reason"].as_str().unwrap();
    let both =
        "Changed on both sides, and accepting takes theirs: nodes/total/params/fields/total.";
    assert!(reason.contains(both), "{reason}");
}

#[tokio::test]
async fn triggers_run_what_is_published_and_people_run_the_draft() {
    let people = People::new();
    let good = people.save(&people.ann, order(RIGHT, "")).await;
    let (runs, input) = (
        "/workflows/order/runs?wait=true",
        json!({ "price": 3, "quantity": 4 }),
    );
    let published = format!("{runs}&version=published");
    let asked = json!({ "input": input });
    assert_eq!(
        people.refused("POST", &published, asked).await,
        "not-published"
    );
    let none = people.api.get("/workflows/order/published").await;
    assert_eq!(
        (&none["hash"], &none["draftDiffers"]),
        (&Json::Null, &json!(true))
    );

    let row = people
        .ok("POST", "/workflows/order/publish", json!({}))
        .await;
    assert_eq!(
        (&row["hash"], &row["draftDiffers"]),
        (&json!(good), &json!(false))
    );
    assert_eq!(row["by"]["name"], "Ann");
    people.save(&people.bob, order(WRONG, "")).await;
    assert_eq!(
        people.run(&published, input.clone()).await.1,
        json!({ "total": 12 })
    );
    assert_eq!(
        people.run(runs, input.clone()).await.1,
        json!({ "total": 7 })
    );
    let by_body = json!({ "input": input, "version": "published" });
    let end = people.ok("POST", runs, by_body).await;
    assert_eq!(end["output"], json!({ "total": 12 }));

    let list = people.api.get("/workflows").await;
    assert_eq!(each(&list, "publishedHash"), [&good]);
    let history = people.api.get("/workflows/order/history").await;
    assert_eq!(each(&history, "published"), [&json!(false), &json!(true)]);
    people
        .save(&people.bob, order(WRONG, "    - { id: a, type: no.such }"))
        .await;
    assert_eq!(
        people
            .refused("POST", "/workflows/order/publish", json!({}))
            .await,
        "workflow-problems"
    );
    people.ok("DELETE", "/workflows/order", json!({})).await;
    people.save(&people.ann, order(RIGHT, "")).await;
    assert_eq!(
        people.api.get("/workflows/order/published").await["hash"],
        Json::Null
    );
}

#[tokio::test]
async fn a_draft_is_tried_on_recorded_runs_before_it_is_published() {
    let people = People::new();
    people.save(&people.ann, order(RIGHT, "")).await;
    people
        .ok("POST", "/workflows/order/publish", json!({}))
        .await;
    let runs = "/workflows/order/runs?wait=true";
    let mut recorded = Vec::new();
    for (price, quantity) in [(2, 2), (3, 4), (0, 0)] {
        let input = json!({ "price": price, "quantity": quantity });
        recorded.push(people.run(runs, input).await.0);
    }
    people.save(&people.bob, order(WRONG, "")).await;
    let checked = people
        .ok("POST", "/workflows/order/publish/check", json!({}))
        .await;
    assert_eq!(checked["same"], 2, "{checked}");
    let differs = &checked["differs"][0];
    assert_eq!(
        (&differs["run"], &differs["draft"]),
        (&json!(recorded[1]), &json!("COMPLETED"))
    );
    assert_eq!(differs["output"][0]["path"], "/total");
    assert_eq!(
        (
            &differs["output"][0]["before"],
            &differs["output"][0]["after"]
        ),
        (&json!(12), &json!(7))
    );
    let by = &checked["byAuthor"][0];
    assert_eq!(
        (
            &by["author"]["name"],
            checked["byAuthor"].as_array().unwrap().len()
        ),
        (&json!("Bob"), 1)
    );

    let one = json!({ "runs": [recorded[0]] });
    let checked = people
        .ok("POST", "/workflows/order/publish/check", one.clone())
        .await;
    assert_eq!(
        (&checked["same"], &checked["differs"]),
        (&json!(1), &json!([]))
    );
    // What no recording answers cannot be told, and is not performed.
    people.save(&people.bob, order(RIGHT, CALLS)).await;
    let checked = people
        .ok("POST", "/workflows/order/publish/check", one.clone())
        .await;
    assert_eq!(checked["untold"].as_array().unwrap().len(), 1, "{checked}");
    let why = checked["untold"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("`call`") && why.contains("POST http://192.0.2.1/x"),
        "{why}"
    );
    people
        .save(&people.bob, order(RIGHT, "    - { id: a, type: no.such }"))
        .await;
    let checked = people
        .ok("POST", "/workflows/order/publish/check", one)
        .await;
    assert!(
        checked["differs"][0]["why"]
            .as_str()
            .unwrap()
            .contains("no.such"),
        "{checked}"
    );
}

#[tokio::test]
async fn bisect_names_the_edit_that_broke_a_run() {
    let people = People::new();
    let input = json!({ "price": 3, "quantity": 4 });
    let good = people.save(&people.ann, order(RIGHT, "")).await;
    let (run, output) = people.run("/workflows/order/runs?wait=true", input).await;
    assert_eq!(output, json!({ "total": 12 }));
    people.save(&people.bob, order(RIGHT, NOTE)).await;
    let named = |name: &str, total: &str| {
        order(total, NOTE).replace("name: Order", &format!("name: {name}"))
    };
    people.save(&people.ann, named("Two", RIGHT)).await;
    let broke = people.save(&people.bob, named("Three", WRONG)).await;
    for name in ["Four", "Five", "Six"] {
        people.save(&people.ann, named(name, WRONG)).await;
    }
    let bad = people.save(&people.ann, named("Seven", WRONG)).await;

    let asked = json!({ "run": run, "good": good, "bad": bad });
    let found = people.ok("POST", "/bisect", asked).await;
    assert_eq!(found["version"]["hash"], json!(broke), "{found}");
    let authors: Vec<_> = found["by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|by| &by["author"]["name"])
        .collect();
    assert_eq!(authors, ["Bob"]);
    let edits: Vec<_> = found["patch"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| &edit["edit"])
        .collect();
    assert_eq!(edits, ["setDocument", "setParam"]);
    let steps = found["steps"].as_array().unwrap();
    assert!(steps.len() <= 5, "{steps:?}");
    assert_eq!(
        (&steps[0]["verdict"], &steps[1]["verdict"]),
        (&json!("good"), &json!("bad"))
    );
    assert_eq!(
        (&steps[1]["why"], &found["untold"]),
        (&json!("the output differs"), &json!([]))
    );

    let same = json!({ "run": run, "good": broke, "bad": bad });
    assert_eq!(
        people.refused("POST", "/bisect", same).await,
        "nothing-broke"
    );
    let turned = json!({ "run": run, "good": bad, "bad": good });
    assert_eq!(
        people.refused("POST", "/bisect", turned).await,
        "wrong-order"
    );
}

#[tokio::test]
async fn bisect_tells_which_versions_cannot_be_judged() {
    let people = People::new();
    let good = people.save(&people.ann, order(RIGHT, "")).await;
    let input = json!({ "price": 3, "quantity": 4 });
    let (run, _) = people.run("/workflows/order/runs?wait=true", input).await;
    let calls = people.save(&people.bob, order(RIGHT, CALLS)).await;
    let half = people.save(&people.ann, order("input.price *", "")).await;
    let broke = people.save(&people.bob, order(WRONG, "")).await;
    let asked = |bad: &str| json!({ "run": run, "good": good, "bad": bad });
    let found = people.ok("POST", "/bisect", asked(&broke)).await;
    assert_eq!(found["version"]["hash"], json!(broke));
    let untold: Vec<_> = found["untold"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["hash"])
        .collect();
    assert_eq!(untold, [&calls, &half]);
    let skipped: Vec<_> = found["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["verdict"] == "skipped")
        .collect();
    assert_eq!(skipped.len(), 2);
    let whys = format!("{skipped:?}");
    assert!(
        whys.contains("asks what no recording answers: POST http://192.0.2.1/x"),
        "{whys}"
    );

    // When what is bad is that it cannot run, that is what is looked for.
    let sound = people.save(&people.ann, order(RIGHT, NOTE)).await;
    let typo = people.save(&people.bob, order("input.price *", NOTE)).await;
    people
        .save(&people.ann, order("input.price * (", NOTE))
        .await;
    let worse = people
        .save(&people.ann, order("input.price * ((", NOTE))
        .await;
    let asked = json!({ "run": run, "good": sound, "bad": worse });
    let found = people.ok("POST", "/bisect", asked).await;
    assert_eq!(found["version"]["hash"], json!(typo), "{found}");
}
