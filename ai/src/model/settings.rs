//! Which model is asked: flag > environment > what a person set > file > default, merged by values that are
//! handed in. This crate reads neither the environment nor files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::base_url::{BaseUrl, BaseUrlError};
use super::budget::Limits;
use super::endpoint::{EndpointConfig, Models};
use super::key::{Key, KeyError};

/// The variable that holds the key.
pub const KEY_VARIABLE: &str = "OPENROUTER_API_KEY";
/// The variable that names the endpoint, or is `auto`.
pub const BASE_URL_VARIABLE: &str = "FLOWFORGE_AI_BASE_URL";
/// The variable that names the model.
pub const MODEL_VARIABLE: &str = "FLOWFORGE_AI_MODEL";
/// The variable that names a file with the key.
pub const KEY_FILE_VARIABLE: &str = "FLOWFORGE_AI_KEY_FILE";

/// The base URL that means: look for a server on this machine.
const AUTO: &str = "auto";
/// OpenRouter's own choice of a model, when nobody chose.
const OPENROUTER_MODEL: &str = "openrouter/auto";
/// Limits when nobody set any: enough for a day's work, small enough for a loop that went wrong.
const RUN_USD_DEFAULT: f64 = 1.0;
const DAY_USD_DEFAULT: f64 = 10.0;

/// What one source says: the flags, the table `[ai]` of the configuration file, or what a person saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AiTable {
    /// The endpoint, or `auto`.
    #[serde(skip_serializing_if = "Option::is_none", alias = "base_url")]
    pub base_url: Option<String>,
    /// The model of tasks that have none of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The models of the tasks.
    pub models: Models,
    /// A file with the key. Of what a person saved it is ignored: it would make the service read any file.
    #[serde(skip_serializing_if = "Option::is_none", alias = "key_file")]
    pub key_file: Option<String>,
    /// The most that may be spent.
    pub limits: Limits,
}

/// Everything that is said about models.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The command line.
    pub flag: &'a AiTable,
    /// The environment; only the variables named here are looked at.
    pub environment: &'a BTreeMap<String, String>,
    /// What a person set in the settings.
    pub saved: &'a AiTable,
    /// The configuration file.
    pub file: &'a AiTable,
}

/// Where the model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the built-in planner answers.
    Nowhere,
    /// At this endpoint.
    At(BaseUrl),
    /// At the first server that is found on this machine, see [`super::local::find`].
    Auto,
}

/// Where the key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyFrom {
    /// From `OPENROUTER_API_KEY`.
    Environment,
    /// From a file.
    File,
}

/// The settings that hold.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the model is.
    pub place: Place,
    /// Its key. Absent when the key belongs to another host than the one that a person chose.
    pub key: Option<Key>,
    /// Where the key came from.
    pub key_from: Option<KeyFrom>,
    /// The model of tasks that have none of their own.
    pub model: Option<String>,
    /// The models of the tasks.
    pub models: Models,
    /// The most that may be spent.
    pub limits: Limits,
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A base URL is none.
    #[error("{from}: {source}")]
    BaseUrl {
        /// Who said it.
        from: &'static str,
        /// What is wrong.
        source: BaseUrlError,
    },
    /// A key cannot be used.
    #[error("{from}: {source}")]
    Key {
        /// Who said it.
        from: String,
        /// What is wrong.
        source: KeyError,
    },
    /// A key file cannot be read.
    #[error("the key file {path} cannot be read: {reason}")]
    KeyFile {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Settings {
    /// Merges all sources. `read` gives the text of a key file.
    ///
    /// # Errors
    /// When what holds cannot be used; it is never silently replaced by what holds less.
    pub fn merge(
        sources: &Sources<'_>,
        read: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Self, SettingsError> {
        let (key, key_from) = key(sources, read)?.unzip();
        let operators = operators_place(sources, key.is_some())?;
        let place = match saved_place(sources)? {
            Some(place) => place,
            None => operators.clone(),
        };
        let keeps_key = keeps_key(&operators, &place);
        Ok(Self {
            key: key.filter(|_| keeps_key),
            key_from: key_from.filter(|_| keeps_key),
            model: model(sources, &place),
            models: models(sources),
            limits: limits(sources),
            place,
        })
    }

    /// The endpoint with the usual bounds, at the place that was set, or at the one that was found for
    /// [`Place::Auto`]; `None` when there is none. A server that was found never gets the key.
    #[must_use]
    pub fn endpoint(&self, found: Option<BaseUrl>) -> Option<EndpointConfig> {
        let (base_url, key) = match &self.place {
            Place::At(url) => (url.clone(), self.key.clone()),
            Place::Auto => (found?, None),
            Place::Nowhere => return None,
        };
        Some(EndpointConfig {
            model: self.model.clone(),
            models: self.models.clone(),
            ..EndpointConfig::new(base_url, key)
        })
    }
}

fn variable<'a>(sources: &Sources<'a>, name: &str) -> Option<&'a str> {
    let value = sources.environment.get(name)?.trim();
    (!value.is_empty()).then_some(value)
}

fn place(from: &'static str, text: &str) -> Result<Place, SettingsError> {
    if text.trim() == AUTO {
        return Ok(Place::Auto);
    }
    let url = text.parse();
    url.map(Place::At)
        .map_err(|source| SettingsError::BaseUrl { from, source })
}

/// The place that whoever runs the service means: the key was given for it.
fn operators_place(sources: &Sources<'_>, has_key: bool) -> Result<Place, SettingsError> {
    let said = stronger(sources).or(sources
        .file
        .base_url
        .as_deref()
        .map(|text| ("the file", text)));
    match said {
        Some((from, text)) => place(from, text),
        None if has_key => Ok(Place::At(BaseUrl::openrouter())),
        None => Ok(Place::Nowhere),
    }
}

/// What is said above the settings that a person may save.
fn stronger<'a>(sources: &Sources<'a>) -> Option<(&'static str, &'a str)> {
    let flag = sources
        .flag
        .base_url
        .as_deref()
        .map(|text| ("the flag", text));
    let variable = || Some((BASE_URL_VARIABLE, variable(sources, BASE_URL_VARIABLE)?));
    flag.or_else(variable)
}

fn saved_place(sources: &Sources<'_>) -> Result<Option<Place>, SettingsError> {
    match &sources.saved.base_url {
        Some(text) if stronger(sources).is_none() => place("the settings", text).map(Some),
        _ => Ok(None),
    }
}

/// A key goes only to the host that it was given for; else whoever may change the base URL could read it.
fn keeps_key(operators: &Place, place: &Place) -> bool {
    match (operators, place) {
        (Place::At(operators), Place::At(place)) => operators.origin() == place.origin(),
        _ => false,
    }
}

fn key(
    sources: &Sources<'_>,
    read: &dyn Fn(&str) -> std::io::Result<String>,
) -> Result<Option<(Key, KeyFrom)>, SettingsError> {
    let of_file = |path: &str| {
        let text = read(path).map_err(|error| SettingsError::KeyFile {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Some((parse_key(path, &text)?, KeyFrom::File)))
    };
    if let Some(path) = &sources.flag.key_file {
        return of_file(path);
    }
    if let Some(text) = variable(sources, KEY_VARIABLE) {
        return Ok(Some((parse_key(KEY_VARIABLE, text)?, KeyFrom::Environment)));
    }
    let path = variable(sources, KEY_FILE_VARIABLE).or(sources.file.key_file.as_deref());
    path.map_or(Ok(None), of_file)
}

fn parse_key(from: &str, text: &str) -> Result<Key, SettingsError> {
    Key::new(text).map_err(|source| SettingsError::Key {
        from: from.to_owned(),
        source,
    })
}

/// The tables from the strongest to the weakest.
fn tables<'a>(sources: &Sources<'a>) -> [&'a AiTable; 3] {
    [sources.flag, sources.saved, sources.file]
}

fn model(sources: &Sources<'_>, place: &Place) -> Option<String> {
    let named = sources
        .flag
        .model
        .as_deref()
        .or_else(|| variable(sources, MODEL_VARIABLE))
        .or(sources.saved.model.as_deref())
        .or(sources.file.model.as_deref());
    let at_openrouter = matches!(place, Place::At(url) if url.is_openrouter());
    named
        .or(at_openrouter.then_some(OPENROUTER_MODEL))
        .map(str::to_owned)
}

fn models(sources: &Sources<'_>) -> Models {
    let first = |field: fn(&Models) -> &Option<String>| {
        tables(sources)
            .into_iter()
            .find_map(|table| field(&table.models).clone())
    };
    Models {
        draft: first(|models| &models.draft),
        code: first(|models| &models.code),
        heal: first(|models| &models.heal),
        explain: first(|models| &models.explain),
        node: first(|models| &models.node),
    }
}

fn limits(sources: &Sources<'_>) -> Limits {
    let first = |field: fn(&Limits) -> Option<f64>| {
        tables(sources)
            .into_iter()
            .find_map(|table| field(&table.limits))
    };
    Limits {
        run_usd: first(|limits| limits.run_usd).or(Some(RUN_USD_DEFAULT)),
        day_usd: first(|limits| limits.day_usd).or(Some(DAY_USD_DEFAULT)),
        workspace_usd: first(|limits| limits.workspace_usd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables as JSON, the environment as pairs.
    fn merge(
        flag: &str,
        environment: &[(&str, &str)],
        saved: &str,
        file: &str,
    ) -> Result<Settings, String> {
        let table = |text: &str| serde_json::from_str::<AiTable>(text).expect("a table");
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let read = |path: &str| match path {
            "good" => Ok("sk-from-file\n".to_owned()),
            "bad" => Ok("two\nlines".to_owned()),
            _ => Err(std::io::Error::other("not there")),
        };
        let sources = Sources {
            flag: &table(flag),
            environment: &pairs.collect(),
            saved: &table(saved),
            file: &table(file),
        };
        Settings::merge(&sources, &read).map_err(|error| error.to_string())
    }

    fn check(settings: &Result<Settings, String>, place: &str, key_from: Option<KeyFrom>) {
        let settings = settings.as_ref().expect("settings");
        let shown = match &settings.place {
            Place::Nowhere => "planner",
            Place::Auto => "auto",
            Place::At(url) => url.as_str(),
        };
        assert_eq!((shown, settings.key_from), (place, key_from));
        assert_eq!(settings.key.is_some(), key_from.is_some());
    }

    const KEY: (&str, &str) = (KEY_VARIABLE, "sk-canary-1");

    #[test]
    fn with_nothing_the_planner_answers_and_with_a_key_openrouter() {
        check(&merge("{}", &[], "{}", "{}"), "planner", None);
        check(
            &merge("{}", &[(KEY_VARIABLE, " ")], "{}", "{}"),
            "planner",
            None,
        );
        let keyed = merge("{}", &[KEY], "{}", "{}");
        check(
            &keyed,
            "https://openrouter.ai/api/v1",
            Some(KeyFrom::Environment),
        );
        let keyed = keyed.expect("settings");
        assert_eq!(keyed.model.as_deref(), Some("openrouter/auto"));
        assert!(!format!("{keyed:?}").contains("canary"));
        assert_eq!(
            (keyed.limits.run_usd, keyed.limits.workspace_usd),
            (Some(1.0), None)
        );
    }

    #[test]
    fn the_stronger_source_holds() {
        let file = r#"{"baseUrl":"http://file/v1","model":"f","models":{"heal":"fh"},"keyFile":"good","limits":{"dayUsd":2}}"#;
        let saved =
            r#"{"baseUrl":"http://file/v2","models":{"draft":"sd"},"limits":{"runUsd":0.1}}"#;
        check(
            &merge("{}", &[], "{}", file),
            "http://file/v1",
            Some(KeyFrom::File),
        );
        let settings = merge("{}", &[(MODEL_VARIABLE, "e")], saved, file);
        check(&settings, "http://file/v2", Some(KeyFrom::File));
        let settings = settings.expect("settings");
        assert_eq!(settings.model.as_deref(), Some("e"));
        let of = |task| settings.models.of(task);
        use crate::model::Task;
        assert_eq!(
            (of(Task::Draft), of(Task::Heal), of(Task::Code)),
            (Some("sd"), Some("fh"), None)
        );
        assert_eq!(
            (settings.limits.run_usd, settings.limits.day_usd),
            (Some(0.1), Some(2.0))
        );
        let environment = [(BASE_URL_VARIABLE, "http://env/v1"), KEY];
        check(
            &merge("{}", &environment, saved, file),
            "http://env/v1",
            Some(KeyFrom::Environment),
        );
        let flag = r#"{"baseUrl":"http://flag/v1/","keyFile":"good"}"#;
        check(
            &merge(flag, &environment, saved, file),
            "http://flag/v1",
            Some(KeyFrom::File),
        );
    }

    #[test]
    fn a_key_never_goes_to_a_host_that_it_was_not_given_for() {
        let elsewhere = r#"{"baseUrl":"https://evil.test/v1"}"#;
        check(
            &merge("{}", &[KEY], elsewhere, "{}"),
            "https://evil.test/v1",
            None,
        );
        let auto = merge("{}", &[KEY, (BASE_URL_VARIABLE, "auto")], "{}", "{}");
        check(&auto, "auto", None);
        let auto = auto.expect("settings");
        let found = "http://127.0.0.1:1234/v1".parse().expect("a URL");
        assert!(auto.endpoint(None).is_none());
        assert!(
            auto.endpoint(Some(found))
                .expect("an endpoint")
                .key
                .is_none()
        );
        let reading = merge("{}", &[], r#"{"keyFile":"good"}"#, "{}");
        check(&reading, "planner", None);
    }

    #[test]
    fn what_cannot_be_used_is_said_and_not_replaced() {
        let error = |flag, environment: &[(&str, &str)]| {
            merge(flag, environment, "{}", "{}").expect_err("an error")
        };
        assert!(
            error("{}", &[(BASE_URL_VARIABLE, "openrouter")])
                .starts_with("FLOWFORGE_AI_BASE_URL: ")
        );
        assert_eq!(
            error(r#"{"keyFile":"gone"}"#, &[]),
            "the key file gone cannot be read: not there"
        );
        let bad = error("{}", &[(KEY_FILE_VARIABLE, "bad")]);
        assert!(
            bad.starts_with("bad: the key is empty") && !bad.contains("lines"),
            "{bad}"
        );
    }
}
