//! The node types that come with FlowForge, one file each.

use std::sync::Arc;

use crate::node_type::NodeType;

/// Every node type that comes with FlowForge.
#[must_use]
pub fn all() -> Vec<Arc<dyn NodeType>> {
    Vec::new()
}
