//! The command line. One file per command; its doc comments are the help.
//!
//! Results go to stdout, progress and logs to stderr. With `--json` every command that prints, prints one
//! JSON value with stable fields.

mod bisect;
mod chat;
mod check;
mod completions;
mod config;
mod diff;
mod ended;
pub(crate) mod error;
mod export;
mod fork;
mod frames;
mod heal;
mod import;
mod input;
mod nodes;
mod output;
mod own;
mod progress;
mod proposals;
mod remote;
mod replay;
mod resume;
mod run;
mod runs;
mod search;
mod serve;
mod show;
mod signal;
mod store;
mod token;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Given, Origin};
use error::{CliError, Exit};
use output::Output;
use own::OwnService;
use remote::Remote;
use workspace::Workspace;

/// FlowForge runs workflows, records every step, and lets you travel through what happened.
#[derive(Debug, Parser)]
#[command(name = "flowforge", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 error, 2 usage, 3 the run failed, 4 not reachable or not allowed, 5 not found."
)]
pub(crate) struct Cli {
    /// The folder that holds the journal; the platform's data folder when absent.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON value with stable fields on stdout.
    #[arg(long, global = true)]
    json: bool,
    /// Let calls go to this host although it is not public; may be repeated.
    #[arg(long = "allow-host", global = true, value_name = "HOST[:PORT]")]
    allow_hosts: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Token(token::Token),
    Run(run::Run),
    Resume(resume::Resume),
    Signal(signal::Signal),
    Cancel(signal::Cancel),
    Check(check::Check),
    Nodes(nodes::Nodes),
    Runs(runs::Runs),
    Frames(frames::Frames),
    Show(show::Show),
    Replay(replay::Replay),
    Fork(fork::Fork),
    Diff(diff::Diff),
    Bisect(bisect::Bisect),
    Search(search::Search),
    Chat(chat::Chat),
    Heal(heal::Heal),
    Proposals(proposals::Proposals),
    Export(export::Export),
    Import(import::Import),
    Store(store::Store),
    Config(config::ShowConfig),
    Completions(completions::Completions),
}

/// Parses the command line, runs the command, and tells the exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    init_log();
    let output = Output::new(cli.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(cli, &output)),
        Err(error) => Err(CliError::Start(error)),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => output.error(error).into(),
    }
}

async fn dispatch(cli: Cli, output: &Output) -> Result<Exit, CliError> {
    let config = Config::load(Given {
        data_dir: cli.data_dir,
        allow_hosts: cli.allow_hosts,
    })?;
    let workspace = Workspace::new(config);
    let command = cli
        .command
        .unwrap_or_else(|| Command::Serve(serve::Serve::default()));
    if command.can_go_through()
        && let Some(remote) = Remote::find(workspace.folder()).await
    {
        if workspace.config().allow_hosts.origin == Origin::Flag && command.may_call() {
            output.note("--allow-host does not count here: the service that holds the data folder makes the calls; start it with --allow-host");
        }
        return command.through(&remote, &workspace, output).await;
    }
    if command.needs_service() {
        let own = OwnService::start(&workspace).await?;
        let done = command.through(own.remote(), &workspace, output).await;
        own.stop().await;
        return done;
    }
    match command {
        Command::Serve(command) => command.run(&workspace, output).await,
        Command::Token(command) => command.run(&workspace, output),
        Command::Run(command) => command.run(&workspace, output).await,
        Command::Resume(command) => command.run(&workspace, output).await,
        Command::Signal(command) => command.run(&workspace, output).await,
        Command::Cancel(command) => command.run(&workspace, output).await,
        Command::Check(command) => command.run(&workspace, output),
        Command::Nodes(command) => command.run(&workspace, output),
        Command::Runs(command) => command.run(&workspace, output),
        Command::Frames(command) => command.run(&workspace, output),
        Command::Show(command) => command.run(&workspace, output),
        Command::Replay(command) => command.run(&workspace, output).await,
        Command::Fork(command) => command.run(&workspace, output).await,
        Command::Diff(command) => command.run(&workspace, output),
        Command::Search(command) => command.run(&workspace, output),
        Command::Export(command) => command.run(&workspace, output),
        Command::Import(command) => command.run(&workspace, output),
        Command::Store(command) => command.run(&workspace, output),
        Command::Config(command) => command.run(&workspace, output),
        Command::Completions(command) => command.run(),
        Command::Bisect(_) | Command::Chat(_) | Command::Heal(_) | Command::Proposals(_) => {
            Err(CliError::Usage("this goes through a service".into()))
        }
    }
}

impl Command {
    /// Whether it goes through a service that holds the data folder; the others do not open the folder's journal.
    fn can_go_through(&self) -> bool {
        !matches!(
            self,
            Self::Serve(_) | Self::Config(_) | Self::Completions(_)
        )
    }

    /// Whether only a service can do it, if need be one of the command's own.
    fn needs_service(&self) -> bool {
        matches!(
            self,
            Self::Bisect(_) | Self::Chat(_) | Self::Heal(_) | Self::Proposals(_)
        )
    }

    /// Whether it may make calls.
    fn may_call(&self) -> bool {
        matches!(
            self,
            Self::Run(_) | Self::Resume(_) | Self::Signal(_) | Self::Fork(_) | Self::Heal(_)
        )
    }

    /// Has the service do it.
    async fn through(
        self,
        remote: &Remote,
        workspace: &Workspace,
        output: &Output,
    ) -> Result<Exit, CliError> {
        match self {
            Self::Run(command) => command.through(remote, output).await,
            Self::Resume(command) => command.through(remote, output).await,
            Self::Signal(command) => command.through(remote, output).await,
            Self::Cancel(command) => command.through(remote, output).await,
            Self::Check(command) => command.through(remote, output).await,
            Self::Nodes(command) => command.through(remote, output).await,
            Self::Runs(command) => command.through(remote, output).await,
            Self::Frames(command) => command.through(remote, output).await,
            Self::Show(command) => command.through(remote, output).await,
            Self::Replay(command) => command.through(remote, output).await,
            Self::Fork(command) => command.through(remote, output).await,
            Self::Diff(command) => command.through(remote, output).await,
            Self::Bisect(command) => command.through(remote, output).await,
            Self::Search(command) => command.through(remote, output).await,
            Self::Token(command) => command.through(remote, output).await,
            Self::Chat(command) => command.through(remote, output).await,
            Self::Heal(command) => command.through(remote, output).await,
            Self::Proposals(command) => command.through(remote, output).await,
            Self::Export(command) => command.through(remote, output).await,
            Self::Import(command) => command.through(remote, output).await,
            Self::Store(command) => command.through(remote, workspace, output).await,
            Self::Serve(_) | Self::Config(_) | Self::Completions(_) => {
                Err(CliError::Usage("this does not go through a service".into()))
            }
        }
    }
}

/// Logs go to stderr, warnings and worse unless `FLOWFORGE_LOG` says otherwise; as JSON when nobody watches.
fn init_log() {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_from_env("FLOWFORGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.init();
    } else {
        log.json().init();
    }
}
