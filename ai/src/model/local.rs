//! A model server on this very machine, found on the ports that such servers usually have. Only when asked to.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::base_url::BaseUrl;
use super::endpoint::{Endpoint, EndpointConfig};
use super::list::ModelEntry;

/// How long a port is waited for, in milliseconds: whoever listens on loopback answers at once.
const WAIT_MS: u64 = 1_500;

/// Where a kind of server usually listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualPlace {
    /// The server.
    pub name: &'static str,
    /// Its port on loopback.
    pub port: u16,
}

/// The servers that are looked for, in the order in which they win.
pub const USUAL_PLACES: [UsualPlace; 4] = [
    UsualPlace {
        name: "Ollama",
        port: 11434,
    },
    UsualPlace {
        name: "LM Studio",
        port: 1234,
    },
    UsualPlace {
        name: "llama.cpp",
        port: 8080,
    },
    UsualPlace {
        name: "vLLM",
        port: 8000,
    },
];

/// A server that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalServer {
    /// What usually listens there.
    pub name: String,
    /// Where it is.
    pub base_url: BaseUrl,
    /// Its models; at least one.
    pub models: Vec<ModelEntry>,
}

/// The first of these places at which a server lists models. All are asked at the same time, without a key.
pub async fn find(client: &reqwest::Client, places: &[UsualPlace]) -> Option<LocalServer> {
    let asked = places.iter().map(|place| ask(client.clone(), *place));
    join_all(asked).await.into_iter().flatten().next()
}

async fn ask(client: reqwest::Client, place: UsualPlace) -> Option<LocalServer> {
    let base_url: BaseUrl = format!("http://127.0.0.1:{}/v1", place.port).parse().ok()?;
    let config = EndpointConfig {
        whole_ms_max: WAIT_MS,
        ..EndpointConfig::new(base_url.clone(), None)
    };
    let models = Endpoint::new(config, client).models().await.ok()?;
    (!models.is_empty()).then(|| LocalServer {
        name: place.name.to_owned(),
        base_url,
        models,
    })
}
