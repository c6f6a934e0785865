//! Tokens: who may come in, and as what.

use crate::{Secret, TokenId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What somebody may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Role {
    /// Runs the show.
    Operator,
    /// Sends pictures.
    Camera,
    /// Watches the program.
    Viewer,
}

/// A token with its secret: for the door and the store, never for a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What everybody with the operator's role may see.
    pub info: TokenInfo,
    /// What opens the door.
    pub secret: Secret,
}

/// A token as the operator sees it in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct TokenInfo {
    /// Its number in the list.
    pub id: TokenId,
    /// What it lets its bearer do.
    pub role: Role,
    /// Whom it was made for.
    pub name: String,
    /// When it was made, milliseconds since 1970.
    #[ts(type = "number")]
    pub created_ms: u64,
    /// When it ends, milliseconds since 1970; `None` means with a revocation.
    #[ts(type = "number | null")]
    pub expires_ms: Option<u64>,
    /// The one behind the QR code for phones; replaced as a whole when the code is rotated.
    pub join_code: bool,
}
