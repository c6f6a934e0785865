//! Show (pure decisions) and Engine (the one task that owns it).
