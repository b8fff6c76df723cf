//! The description of every route, from the routes themselves; its text is kept in `web/openapi.json`.

pub(crate) mod proposed;
pub(crate) mod shapes;
#[cfg(test)]
pub(crate) mod whole;

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `UPDATE_OPENAPI=1` writes the file anew.
    #[test]
    fn the_description_is_the_one_that_is_kept() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let text = super::whole::text(&crate::routes::description());
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
