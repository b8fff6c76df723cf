//! The build benchmark against the built-in planner, or any OpenAI-compatible endpoint.
//!
//! `cargo run -p flowforge-tests --example building -- [--tasks FILE] [--base-url URL --model NAME]`; the key, if one is wanted, in
//! `OPENROUTER_API_KEY`. Prints each task and the pass rate.
#![expect(clippy::print_stdout, reason = "a program that prints its result")]

use flowforge_ai::model::{BaseUrl, ChatModel, Endpoint, EndpointConfig, Key};
use flowforge_snapshots::{Journal, Options};
use flowforge_tests::building::{Builder, attempt, tasks};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let path = option("--tasks")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/building/tasks.yaml").into());
    let tasks = tasks(&std::fs::read_to_string(path)?)?;
    let endpoint = match option("--base-url") {
        Some(url) => Some(endpoint(&url, option("--model"))?),
        None => None,
    };
    let builder = match &endpoint {
        Some(endpoint) => Builder::Model(endpoint as &dyn ChatModel),
        None => Builder::Planner,
    };
    let folder = tempfile::tempdir()?;
    let journal = Journal::open(folder.path(), Options::default())?;
    let mut passed = 0;
    for task in &tasks {
        match attempt(task, builder, &journal).await {
            Ok(()) => {
                passed += 1;
                println!("pass  {}", task.name);
            }
            Err(why) => println!("fail  {}: {why}", task.name),
        }
    }
    println!(
        "{passed} of {} passed ({} %)",
        tasks.len(),
        passed * 100 / tasks.len().max(1)
    );
    Ok(())
}

fn endpoint(url: &str, model: Option<String>) -> Result<Endpoint, Box<dyn std::error::Error>> {
    let base_url: BaseUrl = url.parse()?;
    let key = match std::env::var("OPENROUTER_API_KEY") {
        Ok(key) => Some(Key::new(&key)?),
        Err(_) => None,
    };
    let config = EndpointConfig {
        model,
        ..EndpointConfig::new(base_url, key)
    };
    Ok(Endpoint::new(
        config,
        reqwest::Client::builder().no_proxy().build()?,
    ))
}
