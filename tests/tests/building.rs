//! The build benchmark with the built-in planner: what it passes stays passed.

use flowforge_snapshots::{Journal, Options};
use flowforge_tests::building::{Builder, attempt, tasks};

/// It is kept small: of the others it asks, or says that it cannot, and proposes nothing.
const PASSED: usize = 8;

#[tokio::test]
async fn the_planner_builds_what_it_built_before() {
    let tasks = tasks(include_str!("../building/tasks.yaml")).unwrap();
    assert_eq!(tasks.len(), 20);
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), Options::default()).unwrap();
    let mut failed = Vec::new();
    for task in &tasks {
        if let Err(why) = attempt(task, Builder::Planner, &journal).await {
            failed.push(format!("{}: {why}", task.name));
        }
    }
    let passed = tasks.len() - failed.len();
    assert_eq!(passed, PASSED, "{}", failed.join("\n"));
    let is_asked = |why: &String| why.contains(": asked: ") || why.contains(": no proposal: ");
    assert!(failed.iter().all(is_asked), "{}", failed.join("\n"));
}
