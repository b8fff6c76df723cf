//! The Rhai engines: one that only parses, one that evaluates, both built from nothing.
//!
//! Why not `Engine::new()`? It imports files, and its packages sleep, read the clock and exit. What a
//! script can reach is what is named here and in [`functions`](super::functions), and a test holds the
//! whole list against a file.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicBlobPackage, BasicFnPackage, BasicIteratorPackage,
    BasicMapPackage, BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage,
    Package,
};
use rhai::{Engine, OptimizationLevel};

use super::scan::FUNCTIONS_MAX;

/// Deepest calls of functions inside functions.
pub(super) const CALL_DEPTH_MAX: usize = 64;
/// Deepest, and longest, expression; about half of it is what brackets can nest.
pub(super) const EXPRESSION_DEPTH_MAX: usize = 160;
/// Longest text, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 8 << 20;
/// Most items of a list, and bytes of a byte string, with all that is nested in it.
pub(super) const LIST_ITEMS_MAX: usize = 1 << 20;
/// Most fields of a record, with all that is nested in it.
pub(super) const RECORD_FIELDS_MAX: usize = 1 << 20;
/// Most variables at one moment.
pub(super) const VARIABLES_MAX: usize = 1_000;

/// An engine that can parse, and knows no function at all.
pub(super) fn parsing_engine() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_call_levels(CALL_DEPTH_MAX)
        .set_max_expr_depths(EXPRESSION_DEPTH_MAX, EXPRESSION_DEPTH_MAX)
        .set_max_functions(FUNCTIONS_MAX)
        .set_max_variables(VARIABLES_MAX)
        .set_max_string_size(TEXT_BYTES_MAX)
        .set_max_array_size(LIST_ITEMS_MAX)
        .set_max_map_size(RECORD_FIELDS_MAX)
        .disable_symbol("eval");
    engine
}

/// The same engine with the packages that compute, and nothing that touches the world.
pub(super) fn computing_engine() -> Engine {
    let mut engine = parsing_engine();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicBlobPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    engine
}
