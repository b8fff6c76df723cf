//! The node types that come with FlowForge, one file each.
//!
//! A file holds all there is to know about its type: ports, parameters, prose, icon, examples,
//! evaluation, tests. The palette, the forms, the documentation pages and the AI's tool list are
//! derived from that, so a new type is one new file and one line here. What the types share:
//! `schema` (how parameters are described), `params` (how they are read), `page` (the page
//! for people), `order` (how any two values compare), `field_path` (`a.b[0]`).

pub mod ai;
mod built_in;
mod code;
mod data;
mod defined;
mod field_path;
mod flow;
pub mod http;
mod input_schema;
mod items;
mod log;
mod order;
mod page;
mod params;
mod schema;
mod show;
mod trigger;

#[cfg(test)]
mod every_node_type;
#[cfg(test)]
mod in_a_run;
#[cfg(test)]
mod testing;

use std::sync::{Arc, LazyLock};

use crate::node_type::NodeType;
use built_in::BuiltIn;
pub use defined::{Defined, defined};

/// Every node type that comes with FlowForge.
#[must_use]
pub fn all() -> Vec<Arc<dyn NodeType>> {
    BUILT_IN.clone()
}

/// Built once: schemas and pages are the same every time.
static BUILT_IN: LazyLock<Vec<Arc<dyn NodeType>>> = LazyLock::new(|| {
    built_in()
        .into_iter()
        .map(|node_type| Arc::new(node_type) as _)
        .collect()
});

fn built_in() -> Vec<BuiltIn> {
    vec![
        trigger::manual::node_type(),
        trigger::schedule::node_type(),
        data::set::node_type(),
        data::pick::node_type(),
        data::merge::node_type(),
        data::aggregate::node_type(),
        data::sort::node_type(),
        data::limit::node_type(),
        data::template::node_type(),
        data::json_parse::node_type(),
        data::json_stringify::node_type(),
        code::rhai::node_type(),
        flow::if_else::node_type(),
        flow::switch::node_type(),
        flow::for_each::node_type(),
        flow::while_loop::node_type(),
        flow::join::node_type(),
        flow::wait::node_type(),
        flow::approve::node_type(),
        flow::call::node_type(),
        flow::fail::node_type(),
        http::request::node_type(),
        ai::prompt::node_type(),
        ai::agent::node_type(),
        log::node_type(),
    ]
}
