//! Chance: the one place where secrets are made.

use regie_model::Secret;

/// No letter or digit that is taken for another when it is read aloud.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret of 130 bits.
///
/// # Panics
/// The system has no chance to give; nothing could be kept secret then.
pub fn secret() -> Secret {
    Secret::new(text(26))
}

/// A join code: 65 bits, short so that the QR code stays coarse. Guessing is limited at the door.
///
/// # Panics
/// As [`secret`].
pub fn join_code() -> Secret {
    Secret::new(text(13))
}

fn text(length: usize) -> String {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
        .iter()
        .take(length)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_of_plain_letters() {
        let (one, other) = (secret(), secret());
        assert_ne!(one, other);
        assert_eq!((one.reveal().len(), join_code().reveal().len()), (26, 13));
        assert!(one.reveal().bytes().all(|b| ALPHABET.contains(&b)));
    }
}
