//! The command line door: reads arguments, environment and clock, wires the studio, prints. Decides nothing.

mod arguments;
mod bench;
mod demo;
mod doctor;
mod dub_command;
mod elsewhere_command;
mod jobs_command;
mod library_command;
mod models_command;
mod open;
mod output;
mod speech_command;
mod voice_command;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::{Arguments, Command, LibraryCommand};
use output::{Failure, Screen};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) if std::env::args().any(|argument| argument == "--json") => {
            let message = error.to_string();
            let message = message.lines().next().unwrap_or("the command is not understood");
            return Screen::new(true).finish(Err(Failure::usage(message, "see `vouch --help`")));
        }
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(2);
        }
    };
    let screen = Arc::new(Screen::new(arguments.json));
    let result = run(&arguments, &screen);
    screen.finish(result)
}

fn run(arguments: &Arguments, screen: &Arc<Screen>) -> Result<serde_json::Value, Failure> {
    let cancel = open::cancel_on_interrupt();
    match &arguments.command {
        Command::Demo { out } => demo::run(out.as_deref(), screen, &cancel),
        Command::Doctor => doctor::run(arguments, screen),
        Command::Dub(dub) => dub_command::dub(arguments, dub, screen, &cancel),
        Command::Transcribe(transcribe) => speech_command::transcribe(transcribe, screen, &cancel),
        Command::Models { command } => models_command::run(command, screen, &cancel),
        Command::Library { command: LibraryCommand::Init { dir, demo } } => library_command::init(dir, *demo, screen),
        Command::Library { command: LibraryCommand::Check } => library_command::check(arguments, screen),
        Command::Voice { command } => voice_command::run(arguments, command, screen, &cancel),
        Command::Speak(speak) => speech_command::speak(arguments, speak, screen, &cancel),
        Command::Narrate(narrate) => speech_command::narrate(arguments, narrate, screen, &cancel),
        Command::Jobs { command } => jobs_command::run(arguments, command, screen, &cancel),
        Command::Bench { command } => bench::run(command, screen, &cancel),
    }
}
