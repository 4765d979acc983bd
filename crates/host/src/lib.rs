//! What every door asks of the machine that it stands on: its clock, its name, its folders, its tools, its graphics card.
//! The only room besides the doors that reads the environment. Decides nothing and keeps nothing.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use studio::catalog::{Catalog, Proxy, Shelf};
use studio::{Clock, Settings, StudioError};

/// Slots of the engine on a processor: eight share the weights' way through the cache.
const SLOTS: usize = 8;

struct SystemClock(Instant);

impl Clock for SystemClock {
    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn elapsed_seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Time and tools of this machine.
#[must_use]
pub fn settings() -> Settings {
    Settings {
        clock: clock(),
        ffmpeg: audio::encode::find_ffmpeg(std::env::var_os("PATH").as_deref()).ok(),
        slots: SLOTS,
        hands: std::thread::available_parallelism().map_or(1, usize::from),
        shelf: models_folder().and_then(|folder| shelf(folder).ok()).map(Arc::new),
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(Instant::now()))
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    SystemClock(Instant::now()).unix_seconds()
}

/// What the operating system calls this machine; grants hold on one machine.
#[must_use]
pub fn machine() -> Vec<u8> {
    let known = ["/etc/machine-id", "/var/lib/dbus/machine-id"].iter().find_map(|path| fs::read(path).ok());
    // Without such a name the library's own key still tells one installation from another.
    known.map(|id| id.trim_ascii().to_vec()).unwrap_or_default()
}

/// Where the library is unless the user says otherwise: `VOUCH_LIBRARY`, else the platform's data folder. None on a
/// system that names no such folder.
#[must_use]
pub fn library_folder() -> Option<PathBuf> {
    match std::env::var_os("VOUCH_LIBRARY") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => folders().map(|folders| folders.data_dir().join("library")),
    }
}

/// Where models lie that are not part of the program: `VOUCH_MODELS`, else the platform's data folder.
#[must_use]
pub fn models_folder() -> Option<PathBuf> {
    match std::env::var_os("VOUCH_MODELS") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => folders().map(|folders| folders.data_dir().join("models")),
    }
}

/// This version's catalog over a models folder.
pub fn shelf(folder: PathBuf) -> Result<Shelf, StudioError> {
    // Relative to nowhere in particular, models would come to lie, and be removed, wherever the program was started.
    if folder.as_os_str().is_empty() {
        return Err(StudioError::Missing {
            what: "this system names no data folder, so that models have no place".into(),
            fix: "name a folder in VOUCH_MODELS".into(),
        });
    }
    Ok(Shelf::new(Catalog::bundled()?, folder, clock(), proxy()))
}

/// The way out of this network: `HTTPS_PROXY` or `ALL_PROXY`, and `NO_PROXY` for those that are reached without it.
#[must_use]
pub fn proxy() -> Option<Proxy> {
    let asked = |names: [&str; 2]| {
        names.into_iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.trim().is_empty())
    };
    let url = asked(["https_proxy", "HTTPS_PROXY"]).or_else(|| asked(["all_proxy", "ALL_PROXY"]))?;
    Some(Proxy { url, except: asked(["no_proxy", "NO_PROXY"]).unwrap_or_default() })
}

/// Where the program keeps what is not private, such as the window's theme.
#[must_use]
pub fn settings_folder() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().to_owned())
}

/// Where finished files go: `VOUCH_EXPORTS`, else `Vouch` in the user's folder for music or documents.
#[must_use]
pub fn exports_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("VOUCH_EXPORTS").filter(|folder| !folder.is_empty()) {
        return Some(folder.into());
    }
    let user = directories::UserDirs::new()?;
    let parent = user.audio_dir().or(user.document_dir()).unwrap_or(user.home_dir());
    Some(parent.join("Vouch"))
}

/// The library's passphrase, where the environment gives one: `VOUCH_PASSPHRASE`.
#[must_use]
pub fn passphrase() -> Option<String> {
    std::env::var("VOUCH_PASSPHRASE").ok().filter(|passphrase| !passphrase.is_empty())
}

fn folders() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "vouch")
}

/// What the processor is called.
#[must_use]
pub fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Cores that may be used.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes of memory in all.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The name of a graphics card that could compute, whether or not this version uses it.
#[must_use]
pub fn graphics_card() -> Option<String> {
    let nvidia = fs::read_dir("/proc/driver/nvidia/gpus").into_iter().flatten().flatten().find_map(|card| {
        let text = fs::read_to_string(card.path().join("information")).ok()?;
        let line = text.lines().find(|line| line.starts_with("Model:"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    nvidia.or_else(|| {
        fs::read_dir("/sys/bus/pci/devices").into_iter().flatten().flatten().find_map(|device| {
            let read = |name: &str| fs::read_to_string(device.path().join(name)).ok();
            // Class 03 is display; the vendor's driver may be missing, and then the name is all we know.
            if !read("class")?.starts_with("0x03") {
                return None;
            }
            match read("vendor")?.trim() {
                "0x10de" => Some("an NVIDIA card without its driver".to_owned()),
                "0x1002" => Some("an AMD card".to_owned()),
                _ => None,
            }
        })
    })
}
