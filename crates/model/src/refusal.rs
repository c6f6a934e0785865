//! Refusals: why a command was not carried out. They go only to the one who asked.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people, in English; pages translate the code.
    pub message: String,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Code {
    /// The command is no JSON of the known form.
    BadCommand,
    /// It names a source that is not there.
    NoSuchSource,
    /// It names a token that is not there.
    NoSuchToken,
    /// A value is out of its bounds.
    OutOfRange,
    /// All slots are taken.
    Full,
    /// The scene's boxes and sources do not match.
    BadScene,
    /// What it would do is so already, or cannot be in this state.
    NotNow,
    /// The last way in for the operator would be closed.
    LastOperator,
    /// The engine did not answer in time.
    Busy,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
