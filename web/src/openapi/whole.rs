//! The description made whole, and its text: what `web/openapi.json` is compared with, and written from.

use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Gives every operation a name of its own, for generated clients, and says that anything else is a problem.
pub(crate) fn complete(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(name_of(method, path));
                let responses = &mut operation.responses.responses;
                responses.insert("default".into(), RefOr::T(any_problem()));
            }
        }
    }
}

/// `get /api/v1/runs/{id}/frames` becomes `getRunsIdFrames`.
fn name_of(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v1");
    let words = path.split(|char: char| !char.is_alphanumeric());
    let mut name = method.to_owned();
    for word in words {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name
}

fn any_problem() -> Response {
    let problem = Ref::from_schema_name("HttpProblem");
    let content = ContentBuilder::new().schema(Some(problem)).build();
    ResponseBuilder::new()
        .description("anything else is a problem")
        .content("application/problem+json", content)
        .build()
}

/// The description as text, as it is served.
pub(crate) fn text(description: &OpenApi) -> String {
    let mut text = serde_json::to_string_pretty(description).expect("plain fields");
    text.push('\n');
    text
}
