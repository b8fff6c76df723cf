//! Settings, merged by hand: flag > environment > one TOML file > default. Each remembers where it came from.

use std::path::{Path, PathBuf};

use flowforge_ai::model::settings::{
    AiTable, BASE_URL_VARIABLE, KEY_FILE_VARIABLE, KEY_VARIABLE, MODEL_VARIABLE,
};
use flowforge_runtime::outbound::AllowedHost;
use flowforge_snapshots::Retention;
use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::models::Operator;

/// The configuration file in the data folder.
pub(crate) const FILE_NAME: &str = "flowforge.toml";

/// How long finished runs stay when nobody says: long enough for a quarter's questions.
const AGE_DAYS_DEFAULT: u64 = 90;
/// How large the journal's content may become when nobody says.
const JOURNAL_GIB_DEFAULT: u64 = 10;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const GIB: u64 = 1 << 30;

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Origin {
    Flag,
    Environment,
    File,
    Default,
}

/// A value, and where it came from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything that can be set.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    pub(crate) data_dir: Setting<PathBuf>,
    pub(crate) allow_hosts: Setting<Vec<String>>,
    pub(crate) workers_max: Setting<usize>,
    /// Of the finished runs so many stay; 0: all.
    pub(crate) runs_max: Setting<u64>,
    /// Finished runs stay for so many days; 0: for ever.
    pub(crate) age_days_max: Setting<u64>,
    /// The oldest finished runs go until the journal's segments and values take no more; 0: as much as there is.
    pub(crate) journal_gib_max: Setting<u64>,
    /// What the file says about language models.
    pub(crate) ai: AiTable,
}

/// What the command line and the environment say, before the file is read.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) allow_hosts: Vec<String>,
}

/// The configuration file's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    allow_hosts: Option<Vec<String>>,
    workers_max: Option<usize>,
    retention: RetentionFile,
    ai: AiTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetentionFile {
    runs_max: Option<u64>,
    age_days_max: Option<u64>,
    journal_gib_max: Option<u64>,
}

impl Config {
    /// Merges what was given with the environment and the file.
    ///
    /// # Errors
    /// When the file cannot be read or has a field that is not known, or a host is malformed.
    pub(crate) fn load(given: Given) -> Result<Self, CliError> {
        let data_dir = data_dir(given.data_dir)?;
        let file = read(&data_dir.value.join(FILE_NAME))?;
        let config = Self {
            allow_hosts: allow_hosts(given.allow_hosts, file.allow_hosts),
            workers_max: or_default(file.workers_max, workers_default()),
            runs_max: or_default(file.retention.runs_max, 0),
            age_days_max: or_default(file.retention.age_days_max, AGE_DAYS_DEFAULT),
            journal_gib_max: or_default(file.retention.journal_gib_max, JOURNAL_GIB_DEFAULT),
            ai: file.ai,
            data_dir,
        };
        config.allowed()?;
        Ok(config)
    }

    /// Which finished runs may go.
    pub(crate) fn retention(&self) -> Retention {
        let given = |setting: &Setting<u64>| Some(setting.value).filter(|value| *value > 0);
        let times = |factor: u64| move |value: u64| value.saturating_mul(factor);
        Retention {
            age_ms: given(&self.age_days_max).map(times(DAY_MS)),
            runs_max: given(&self.runs_max),
            bytes_max: given(&self.journal_gib_max).map(times(GIB)),
            ..Retention::default()
        }
    }

    /// What whoever runs the service says about language models.
    pub(crate) fn operator(&self) -> Result<Operator, CliError> {
        let variables = [
            KEY_VARIABLE,
            BASE_URL_VARIABLE,
            MODEL_VARIABLE,
            KEY_FILE_VARIABLE,
        ];
        let given = variables.map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
        Ok(Operator {
            environment: given.into_iter().flatten().collect(),
            file: self.ai.clone(),
            allow: self.allowed()?,
        })
    }

    /// The hosts that calls may go to besides public ones.
    pub(crate) fn allowed(&self) -> Result<Vec<AllowedHost>, CliError> {
        let parse = |text: &String| {
            text.parse().map_err(|reason| {
                CliError::Usage(format!("`{text}` is not HOST or HOST:PORT: {reason}"))
            })
        };
        self.allow_hosts.value.iter().map(parse).collect()
    }
}

fn data_dir(flag: Option<PathBuf>) -> Result<Setting<PathBuf>, CliError> {
    if let Some(value) = flag {
        return Ok(Setting {
            value,
            origin: Origin::Flag,
        });
    }
    if let Some(value) = std::env::var_os("FLOWFORGE_DATA_DIR").filter(|value| !value.is_empty()) {
        return Ok(Setting {
            value: value.into(),
            origin: Origin::Environment,
        });
    }
    let folders = directories::ProjectDirs::from("", "", "flowforge");
    let value = folders
        .map(|folders| folders.data_dir().to_owned())
        .ok_or(CliError::NoDataDir)?;
    Ok(Setting {
        value,
        origin: Origin::Default,
    })
}

/// Hosts add up over flag, environment and file; the origin named is the strongest that gave one.
fn allow_hosts(flags: Vec<String>, file: Option<Vec<String>>) -> Setting<Vec<String>> {
    let environment = std::env::var("FLOWFORGE_ALLOW_HOSTS").unwrap_or_default();
    let environment: Vec<String> = environment
        .split(',')
        .map(str::trim)
        .filter(|host| !host.is_empty())
        .map(str::to_owned)
        .collect();
    let origin = if !flags.is_empty() {
        Origin::Flag
    } else if !environment.is_empty() {
        Origin::Environment
    } else if file.is_some() {
        Origin::File
    } else {
        Origin::Default
    };
    let value = flags
        .into_iter()
        .chain(environment)
        .chain(file.into_iter().flatten())
        .collect();
    Setting { value, origin }
}

fn or_default<T>(file: Option<T>, default: T) -> Setting<T> {
    match file {
        Some(value) => Setting {
            value,
            origin: Origin::File,
        },
        None => Setting {
            value: default,
            origin: Origin::Default,
        },
    }
}

fn workers_default() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn read(path: &Path) -> Result<File, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => {
            return Err(CliError::ReadFile {
                path: path.to_owned(),
                error,
            });
        }
    };
    toml::from_str(&text).map_err(|error| CliError::Config {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
