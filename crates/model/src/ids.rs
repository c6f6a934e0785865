//! Ids are newtypes, so that one kind is never taken for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "number")]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number_id!(
    /// A source, for as long as the show lasts: it survives its sessions and a restart.
    SourceId(u32)
);
number_id!(
    /// One connection of a phone or a viewer; never used twice in a run.
    SessionId(u64)
);
number_id!(
    /// A token in the list; not its secret.
    TokenId(u32)
);
number_id!(
    /// A fault in the list.
    FaultId(u32)
);
number_id!(
    /// A place in the mixer, `0..SLOTS`. A source holds one from the moment it is added until it is removed.
    Slot(u8)
);

/// What a phone calls itself: chosen by the phone, kept by it, proof of nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct DeviceId(String);

impl DeviceId {
    /// Takes 1 to 64 characters of `A-Z a-z 0-9 - _ . :`; anything else is `None`.
    pub fn parse(raw: &str) -> Option<Self> {
        let fits = (1..=64).contains(&raw.len());
        let plain = raw
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
        (fits && plain).then(|| Self(raw.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret that opens something. Shown by nothing: `Debug` prints dots, there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret made elsewhere; chance is I/O, so this crate makes none.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, to hand to the one it is for, or to compare in constant time.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
