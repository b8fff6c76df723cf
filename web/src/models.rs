//! The language models that this service may ask: which, with whose key, and for how much.
//!
//! Who runs the service names an endpoint by environment or file, and its address is then allowed by name. A person
//! may choose another in the settings; that one passes the same guard as every call of a workflow.

mod port;
mod spending;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use flowforge_ai::model::budget::Totals;
use flowforge_ai::model::settings::{AiTable, Place, Settings, SettingsError, Sources};
use flowforge_ai::model::{BaseUrl, ChatModel, Endpoint, Metered, local};
use flowforge_engine::{Clock, Failure, RunId};
use flowforge_runtime::SystemClock;
use flowforge_runtime::outbound::{AllowedHost, Outbound, OutboundConfig};
use flowforge_snapshots::{Journal, ReadError, WriteError};
use url::Url;

use crate::record;
pub(crate) use port::ModelPort;
use spending::Spending;

/// The record that a person's settings are kept as.
const SETTINGS: (&str, &str) = ("settings", "ai");

/// What whoever runs the service says about models.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operator {
    /// The variables of the environment that matter.
    pub(crate) environment: BTreeMap<String, String>,
    /// The table `[ai]` of the configuration file.
    pub(crate) file: AiTable,
    /// Hosts that calls may go to besides public ones.
    pub(crate) allow: Vec<AllowedHost>,
}

/// Why models cannot be set up as it was said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelsError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("{}", .0.message)]
    Blocked(Box<Failure>),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The models that may be asked.
pub(crate) struct Models {
    operator: Operator,
    journal: Journal,
    spending: Spending,
    now: RwLock<Now>,
}

/// What holds now.
struct Now {
    saved: AiTable,
    settings: Settings,
    endpoint: Option<Arc<Endpoint>>,
}

impl Models {
    /// The models as the operator and, in the settings, a person said.
    ///
    /// What the operator said must be usable. What a person chose was usable then; when it no longer is, nobody is
    /// asked until they choose again.
    pub(crate) fn open(operator: Operator, journal: Journal) -> Result<Self, ModelsError> {
        let saved = match record::find::<AiTable>(&journal, SETTINGS.0, SETTINGS.1) {
            // A service that does not start cannot be set right: it says so, and goes on as if nothing was chosen.
            Err(error @ ReadError::Damaged { .. }) => {
                tracing::error!(%error, "the settings of models are not used; choose them again");
                AiTable::default()
            }
            saved => saved?.unwrap_or_default(),
        };
        let settings = operator.settings(&saved)?;
        let endpoint = match operator.endpoint(&settings, None) {
            Err(error) if saved.base_url.is_some() => {
                operator.usable()?;
                tracing::warn!(%error, "the endpoint in the settings is not used");
                None
            }
            endpoint => endpoint?,
        };
        let spending = Spending::open(journal.clone(), settings.limits)?;
        let now = Now {
            saved,
            settings,
            endpoint,
        };
        Ok(Self {
            operator,
            journal,
            spending,
            now: RwLock::new(now),
        })
    }

    /// Looks for a server on this machine, where that was asked for.
    pub(crate) async fn look_around(&self) -> Result<(), ModelsError> {
        let settings = self.settings();
        if settings.place != Place::Auto {
            return Ok(());
        }
        let Some(first) = local::USUAL_PLACES.first() else {
            return Ok(());
        };
        let url = Url::parse(&format!("http://127.0.0.1:{}", first.port)).expect("a URL");
        let client = self.operator.outbound(&settings).client_for(&url);
        let client = client.map_err(blocked)?;
        let found = local::find(&client, &local::USUAL_PLACES).await;
        let endpoint = self
            .operator
            .endpoint(&settings, found.map(|found| found.base_url))?;
        self.now
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .endpoint = endpoint;
        Ok(())
    }

    /// The model for calls of this run, or of no run; none when the planner answers.
    pub(crate) fn current(&self, run: Option<RunId>) -> Option<Arc<dyn ChatModel>> {
        let endpoint = self.endpoint()?;
        Some(Arc::new(Metered::new(endpoint, self.spending.clone(), run)))
    }

    /// The endpoint itself, for its list of models and for a test.
    pub(crate) fn endpoint(&self) -> Option<Arc<Endpoint>> {
        self.read(|now| now.endpoint.clone())
    }

    /// `model` or `planner`: who answers.
    pub(crate) fn mode(&self) -> &'static str {
        if self.endpoint().is_some() {
            "model"
        } else {
            "planner"
        }
    }

    /// The settings that hold.
    pub(crate) fn settings(&self) -> Settings {
        self.read(|now| now.settings.clone())
    }

    /// What a person set.
    pub(crate) fn saved(&self) -> AiTable {
        self.read(|now| now.saved.clone())
    }

    /// What was spent so far.
    pub(crate) fn spent(&self) -> Totals {
        self.spending.totals(SystemClock.now())
    }

    /// Keeps what a person sets, when it can be used.
    pub(crate) fn save(&self, saved: AiTable) -> Result<(), ModelsError> {
        self.operator.permits(&saved)?;
        let settings = self.operator.settings(&saved)?;
        let endpoint = self.operator.endpoint(&settings, None)?;
        record::keep(&self.journal, SETTINGS.0, SETTINGS.1, &saved)?;
        self.spending.limit(settings.limits);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Now {
            saved,
            settings,
            endpoint,
        };
        Ok(())
    }

    fn read<T>(&self, look: impl FnOnce(&Now) -> T) -> T {
        look(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Operator {
    fn settings(&self, saved: &AiTable) -> Result<Settings, SettingsError> {
        let sources = Sources {
            flag: &AiTable::default(),
            environment: &self.environment,
            saved,
            file: &self.file,
        };
        Settings::merge(&sources, &|path| std::fs::read_to_string(path))
    }

    /// Whether what the operator said can be used by itself.
    fn usable(&self) -> Result<(), ModelsError> {
        let alone = self.settings(&AiTable::default())?;
        self.endpoint(&alone, None).map(drop)
    }

    /// Whether a person may choose this endpoint. Asked also while the environment names another: what is kept may
    /// count one day.
    fn permits(&self, saved: &AiTable) -> Result<(), ModelsError> {
        let theirs = Self {
            environment: BTreeMap::new(),
            file: AiTable::default(),
            allow: self.allow.clone(),
        };
        let settings = theirs.settings(saved)?;
        let named = self.outbound(&settings);
        let Place::At(url) = &settings.place else {
            return Ok(());
        };
        let url = Url::parse(url.as_str()).expect("a base URL is a URL");
        named.client_for(&url).map(drop).map_err(blocked)
    }

    fn endpoint(
        &self,
        settings: &Settings,
        found: Option<BaseUrl>,
    ) -> Result<Option<Arc<Endpoint>>, ModelsError> {
        let Some(config) = settings.endpoint(found) else {
            return Ok(None);
        };
        let url = Url::parse(config.base_url.as_str()).expect("a base URL is a URL");
        let client = self.outbound(settings).client_for(&url).map_err(blocked)?;
        Ok(Some(Arc::new(Endpoint::new(config, client))))
    }

    /// The guard for model calls: besides what is allowed anyway, the endpoint that the operator named, and this
    /// machine's usual ports when somebody asked to look there.
    fn outbound(&self, settings: &Settings) -> Outbound {
        let named = match self
            .settings(&AiTable::default())
            .map(|settings| settings.place)
        {
            Ok(Place::At(url)) => host_of(&url),
            _ => None,
        };
        let mut allow = self.allow.clone();
        allow.extend(named);
        if settings.place == Place::Auto {
            let places = local::USUAL_PLACES.iter();
            allow.extend(
                places.filter_map(|place| format!("127.0.0.1:{}", place.port).parse().ok()),
            );
        }
        Outbound::new(OutboundConfig {
            allow,
            ..OutboundConfig::default()
        })
    }
}

fn host_of(url: &BaseUrl) -> Option<AllowedHost> {
    let url = Url::parse(url.as_str()).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    format!("{host}:{port}").parse().ok()
}

fn blocked(failure: Failure) -> ModelsError {
    ModelsError::Blocked(Box::new(failure))
}
