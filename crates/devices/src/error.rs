//! What can go wrong with a microphone or a speaker. It knows no sound.

use thiserror::Error;

use crate::Direction;

/// Every failure of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// There is no device of this kind.
    #[error("no {direction} was found")]
    None {
        /// Which kind.
        direction: Direction,
    },
    /// The device that was asked for is not there.
    #[error("the {direction} “{id}” was not found")]
    Unknown {
        /// Which kind.
        direction: Direction,
        /// What was asked for.
        id: String,
    },
    /// Another program holds it.
    #[error("the {direction} is in use by another program")]
    Busy {
        /// Which kind.
        direction: Direction,
    },
    /// The system does not let this program use it.
    #[error("the system refuses access to the {direction}")]
    Denied {
        /// Which kind.
        direction: Direction,
    },
    /// It went away, or the system put another one in its place.
    #[error("the {direction} “{name}” was unplugged or changed")]
    Unplugged {
        /// Which kind.
        direction: Direction,
        /// Its name.
        name: String,
    },
    /// It is open but nothing moves.
    #[error("the {direction} “{name}” does not respond")]
    Stalled {
        /// Which kind.
        direction: Direction,
        /// Its name.
        name: String,
    },
    /// It offers no format that can be used.
    #[error("the {direction} offers no usable format: {what}")]
    Format {
        /// Which kind.
        direction: Direction,
        /// What it offers, or what the system said.
        what: String,
    },
    /// The sound system itself failed.
    #[error("the sound system failed: {what}")]
    System {
        /// What it said.
        what: String,
    },
}

impl DeviceError {
    /// The stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::None { .. } => "no_device",
            Self::Unknown { .. } => "device_not_found",
            Self::Busy { .. } => "device_busy",
            Self::Denied { .. } => "device_denied",
            Self::Unplugged { .. } => "device_unplugged",
            Self::Stalled { .. } => "device_stalled",
            Self::Format { .. } => "device_format",
            Self::System { .. } => "sound_system",
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::None { direction } => {
                format!("Plug in a {direction} and check that the system's sound settings show it.")
            }
            Self::Unknown { .. } => "Choose a device from the list; it may have been unplugged or renamed.".into(),
            Self::Busy { .. } => "Close the other program, or choose another device.".into(),
            Self::Denied { direction } => {
                format!("Allow this program to use the {direction} in the system's privacy settings.")
            }
            Self::Unplugged { .. } => "Plug it in again; what was recorded until then is kept.".into(),
            Self::Stalled { .. } => "Unplug it and plug it in again, or choose another device.".into(),
            Self::Format { .. } => "Set the device to 44.1 or 48 kHz in the system's sound settings.".into(),
            Self::System { .. } => "Check that the system's sound service is running.".into(),
        }
    }

    /// What cpal says, in our words.
    pub(crate) fn from_cpal(error: &cpal::Error, direction: Direction, name: &str) -> Self {
        use cpal::ErrorKind as Kind;
        let name = name.to_owned();
        match error.kind() {
            Kind::DeviceBusy => Self::Busy { direction },
            Kind::PermissionDenied => Self::Denied { direction },
            Kind::DeviceNotAvailable | Kind::DeviceChanged | Kind::StreamInvalidated => {
                Self::Unplugged { direction, name }
            }
            Kind::UnsupportedConfig | Kind::UnsupportedOperation | Kind::InvalidInput => {
                Self::Format { direction, what: error.to_string() }
            }
            _ => Self::System { what: error.to_string() },
        }
    }
}
