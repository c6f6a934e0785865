//! Replies: what a command made, for the one who asked and nobody else.

use crate::{Secret, SourceId, TokenId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a command made, for the one who asked and nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Reply {
    /// `CreateToken` made this one; its secret is told this once.
    Token {
        /// Its number in the list.
        id: TokenId,
        /// What opens the door.
        secret: Secret,
    },
    /// `AddSource` made this one.
    Source {
        /// Its id.
        id: SourceId,
    },
}
