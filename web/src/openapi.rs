//! The description of every route, from the routes themselves; its text is kept in `web/openapi.json`.

pub(crate) mod proposed;
pub(crate) mod shapes;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as Describe};

/// What the description begins with.
#[derive(Describe)]
#[openapi(
    info(
        title = "FlowForge",
        description = "Workflows, runs, and travel through what happened. Lists page by `cursor`; errors are `application/problem+json` with a stable `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    modifiers(&Keys),
    security(("session" = []), ("token" = [])),
)]
pub(crate) struct Description;

struct Keys;

impl Modify for Keys {
    fn modify(&self, description: &mut OpenApi) {
        let schemes = description.components.get_or_insert_with(Default::default);
        let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::access::SESSION_COOKIE));
        schemes.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        let bearer = Http::new(HttpAuthScheme::Bearer);
        schemes.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_OPENAPI=1` writes the file anew.
    #[test]
    fn the_description_is_the_one_that_is_kept() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let text = super::text(&crate::routes::description());
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == text,
            "routes changed: look at it, then run with UPDATE_OPENAPI=1"
        );
    }
}
