//! What the example workspace calls: the orders of a shop that is not there. For everybody: it tells nothing.

use axum::Json;
use axum::Router;
use axum::routing::get;
use serde_json::{Value as Json_, json};

use crate::service::AppState;

/// The demo routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/demo/orders", get(orders))
}

async fn orders() -> Json<Json_> {
    let line = |sku: &str, price: f64, quantity: u32| json!({ "sku": sku, "price": price, "quantity": quantity });
    Json(json!({ "orders": [
        { "id": 1001, "customer": "Ann", "lines": [line("mug", 4.5, 4), line("tea", 12.25, 2)] },
        { "id": 1002, "customer": "Bo", "lines": [line("pot", 19.9, 1)] },
        { "id": 1003, "customer": "Persephone", "lines": [line("tray", 8.0, 3), line("tea", 12.25, 30)] },
        { "id": 1004, "customer": "Eve", "lines": [line("mug", 4.5, 24)] },
    ]}))
}
