//! Jobs and settings, sealed like everything else: a job's text says as much as its sound. Knows neither.

use std::error::Error;

use jobs::{Job, Store};
use rusqlite::{OptionalExtension, params};

use crate::keys::NOBODY;
use crate::{Library, LibraryError};

impl Library {
    /// A setting, if it was set.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, LibraryError> {
        self.with(|state| {
            let read = "SELECT value FROM settings WHERE name = ?1";
            let sealed: Option<Vec<u8>> = state.connection.query_row(read, [name], |row| row.get(0)).optional()?;
            let Some(sealed) = sealed else { return Ok(None) };
            let plain = state.keys.unseal(&NOBODY, &setting_kind(name), &sealed)?;
            Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
        })
    }

    /// Sets a setting, or removes it.
    ///
    /// # Errors
    /// The errors of the disk.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> Result<(), LibraryError> {
        self.with(|state| {
            let Some(value) = value else {
                state.connection.execute("DELETE FROM settings WHERE name = ?1", [name])?;
                return Ok(());
            };
            let sealed = state.keys.seal(&NOBODY, &setting_kind(name), value.as_bytes())?;
            let write =
                "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
            state.connection.execute(write, params![name, sealed])?;
            Ok(())
        })
    }
}

impl Store for Library {
    fn put(&self, job: &Job) -> Result<(), Box<dyn Error + Send + Sync>> {
        let plain = serde_json::to_vec(job)?;
        self.with(|state| {
            let id = i64::try_from(job.id.0).map_err(|_| LibraryError::NotFound(format!("job {}", job.id)))?;
            let sealed = state.keys.seal(&NOBODY, &job_kind(id), &plain)?;
            let write = "INSERT INTO jobs (id, record) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET record = ?2";
            state.connection.execute(write, params![id, sealed])?;
            Ok(())
        })?;
        Ok(())
    }

    fn load(&self) -> Result<Vec<Job>, Box<dyn Error + Send + Sync>> {
        let jobs = self.with(|state| {
            let mut read = state.connection.prepare("SELECT id, record FROM jobs ORDER BY id")?;
            let rows = read.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
            rows.map(|row| {
                let (id, sealed) = row?;
                let plain = state.keys.unseal(&NOBODY, &job_kind(id), &sealed)?;
                let job = serde_json::from_slice::<Job>(&plain);
                job.map_err(|why| LibraryError::damaged(job_kind(id), why.to_string()).into())
            })
            .collect()
        })?;
        Ok(jobs)
    }
}

fn setting_kind(name: &str) -> String {
    format!("setting {name}")
}

fn job_kind(id: i64) -> String {
    format!("job {id}")
}
