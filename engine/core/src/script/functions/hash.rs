//! Hashes and base64, of texts and byte strings alike.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Blob, Engine};

use super::{Answer, fault};

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("blake3", |text: &str| blake3(text.as_bytes()))
        .register_fn("blake3", |bytes: &mut Blob| blake3(bytes))
        .register_fn("to_base64", |text: &str| STANDARD.encode(text))
        .register_fn("to_base64", |bytes: &mut Blob| STANDARD.encode(bytes))
        .register_fn("from_base64", |text: &str| from_base64(text));
}

fn blake3(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn from_base64(text: &str) -> Answer<Blob> {
    STANDARD
        .decode(text.trim())
        .map_err(|error| fault(format!("from_base64: {error}")))
}
