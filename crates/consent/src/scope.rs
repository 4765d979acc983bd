//! What a grant may allow, as types: a function that needs one scope cannot be given the key for another.

use std::fmt;

/// One thing that a grant can allow. Sealed: the list of scopes is part of the record's schema.
pub trait Scope: sealed::Sealed + 'static {
    /// Its bit in the grant record.
    const BIT: Scopes;
}

mod sealed {
    pub trait Sealed {}
}

/// A set of scopes as the grant record writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Scopes(u8);

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident, $constant:ident, $bit:literal, $label:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Scope for $name {
                const BIT: Scopes = Scopes($bit);
            }
        )*

        impl Scopes {
            $($(#[$doc])* pub const $constant: Self = Self($bit);)*

            const ALL: [(Self, &'static str); 8] = [$((Self($bit), $label)),*];
        }
    };
}

scopes! {
    /// Speaking given text.
    Tts, TTS, 1, "speech from text";
    /// Turning another person's speech into this voice.
    Convert, CONVERT, 2, "conversion of other speech";
    /// Fine-tuning a model on the samples.
    Train, TRAIN, 4, "training";
    /// Sending the samples to another machine.
    Remote, REMOTE, 8, "use on a cluster";
    /// Taking the voice out of the library.
    ExportVoice, EXPORT_VOICE, 16, "export of the voice";
    /// Selling what is made.
    Commercial, COMMERCIAL, 32, "commercial use";
    /// Speaking with others in real time.
    Live, LIVE, 64, "live conversation";
    /// Speaking given text in other languages than the statement's: those that the terms name.
    Dub, DUB, 128, "dubbing into other languages";
}

impl Scopes {
    /// No scope at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every one of `other` is among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The record's bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// From the record's bits; `None` when a bit is unknown.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits < 256 { Some(Self(bits as u8)) } else { None }
    }

    /// What each of them is called, in the order of their bits.
    pub fn labels(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(move |(bit, _)| self.contains(*bit)).map(|(_, label)| *label)
    }

    /// These without those.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.labels()))
    }
}

/// Names as a sentence lists them: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<_> = names.collect();
    let Some((last, rest)) = names.split_last() else { return "nothing".to_owned() };
    let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
    if rest.is_empty() { last.as_ref().to_owned() } else { format!("{} and {}", rest.join(", "), last.as_ref()) }
}
