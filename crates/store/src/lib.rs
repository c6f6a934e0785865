//! SQLite: the show, the tokens.
