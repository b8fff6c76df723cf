//! Every case file is a test.

datatest_stable::harness! {
    { test = flowforge_tests::case::run, root = "cases/engine", pattern = r"\.md$" },
    { test = flowforge_tests::api::run, root = "cases/api", pattern = r"\.md$" },
}
