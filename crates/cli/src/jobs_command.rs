//! `vouch jobs`: list and steer the jobs of a library.

use std::sync::Arc;

use jobs::{Cancel, Job, JobId};
use serde_json::{Value, json};
use studio::Resumed;

use crate::arguments::{Arguments, JobsCommand};
use crate::open;
use crate::output::{Failure, Screen};
use crate::{dub_command, speech_command};

/// Runs one of the commands.
pub fn run(
    arguments: &Arguments,
    command: &JobsCommand,
    screen: &Arc<Screen>,
    cancel: &Cancel,
) -> Result<Value, Failure> {
    let studio = open::studio(arguments)?;
    let now = || jobs::UnixSeconds(i64::try_from(host::now()).unwrap_or(i64::MAX));
    match command {
        JobsCommand::List => {
            let jobs = studio.jobs()?.list();
            if jobs.is_empty() {
                screen.say("No jobs.");
            }
            for job in &jobs {
                screen.say(line(job));
            }
            Ok(json!({"jobs": jobs}))
        }
        JobsCommand::Watch { id } => {
            let job = studio.jobs()?.get(parse(id)?)?;
            screen.say(line(&job));
            Ok(json!({"job": job}))
        }
        JobsCommand::Pause { id } => {
            studio.jobs()?.pause(parse(id)?, now())?;
            Ok(json!({"paused": id}))
        }
        JobsCommand::Cancel { id } => {
            studio.jobs()?.cancel(parse(id)?, now())?;
            Ok(json!({"cancelled": id}))
        }
        JobsCommand::Resume { id } | JobsCommand::Retry { id } => {
            match studio.resume_job(parse(id)?, screen.clone(), cancel)? {
                Resumed::Narrated(narrated) => {
                    speech_command::show(&narrated, screen);
                    Ok(json!(narrated))
                }
                Resumed::Dubbed(dubbed) => {
                    dub_command::show(&dubbed, screen);
                    Ok(json!(dubbed))
                }
            }
        }
    }
}

fn parse(id: &str) -> Result<JobId, Failure> {
    id.parse().map_err(|_| Failure::usage(format!("{id:?} is no job's number"), "see `vouch jobs list`"))
}

fn line(job: &Job) -> String {
    format!(
        "{:>4}  {:<10} {:<8} attempt {}",
        job.id.to_string(),
        format!("{:?}", job.state),
        job.spec.kind(),
        job.attempt
    )
}
