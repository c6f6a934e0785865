//! The door: who a request comes from. The engine says which tokens open it; the door keeps their digests.

use crate::limits::PerAddress;
use parking_lot::{Mutex, RwLock};
use regie_model::{Role, Secret, Token, TokenId};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// The longest secret looked at, in bytes.
const SECRET_MAX: usize = 256;
/// How many join codes are remembered after they were replaced.
const RETIRED_MAX: usize = 32;
/// The name of the token that `/watch` hands out where everybody may watch.
pub const AUDIENCE: &str = "audience";

/// What a token lets its bearer be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Its number in the list.
    pub token: TokenId,
    /// As what.
    pub role: Role,
    /// Whom it was made for.
    pub name: String,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: Option<u64>,
    /// A join code that was replaced: it lets in only a phone that was in before.
    pub retired: bool,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// The secret opens nothing.
    Wrong,
    /// Too many wrong ones from this address; none is looked at for a while.
    TooMany,
}

type Digested = [u8; 32];

#[derive(Default)]
struct Keys {
    known: Vec<(Digested, Pass)>,
    retired: VecDeque<(Digested, Pass)>,
    join: Option<Secret>,
    operator: Option<Secret>,
    audience: Option<Secret>,
}

/// Who may come in.
pub struct Door {
    keys: RwLock<Keys>,
    failures: PerAddress,
    pin_failures: PerAddress,
    /// Digests of the secrets with which phones may come back.
    resumes: Mutex<Vec<Digested>>,
    /// Told each time that other tokens open the door.
    changed: watch::Sender<()>,
}

impl Default for Door {
    /// A door that opens to nobody yet.
    fn default() -> Self {
        Self {
            keys: RwLock::default(),
            // A token cannot be guessed at any rate; this keeps the log and the processor quiet.
            failures: PerAddress::new(30, 1.0),
            // A PIN can: at this rate four digits last for days.
            pin_failures: PerAddress::new(5, 1.0 / 30.0),
            resumes: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Door {
    /// These tokens, and no others, open it from now on.
    pub fn set(&self, tokens: &[Token]) {
        let known: Vec<(Digested, Pass)> = tokens
            .iter()
            .map(|token| {
                let pass = Pass {
                    token: token.info.id,
                    role: token.info.role,
                    name: token.info.name.clone(),
                    expires_ms: token.info.expires_ms,
                    retired: false,
                };
                (digest(token.secret.reveal()), pass)
            })
            .collect();
        let of = |fits: &dyn Fn(&Token) -> bool| {
            tokens
                .iter()
                .find(|token| fits(token))
                .map(|token| token.secret.clone())
        };
        let lasting = |token: &Token, role: Role| token.info.role == role && token.info.expires_ms.is_none();
        let join = of(&|token| token.info.join_code);
        let operator = of(&|token| lasting(token, Role::Operator));
        let audience = of(&|token| lasting(token, Role::Viewer) && token.info.name == AUDIENCE);
        let mut keys = self.keys.write();
        if let Some(old) = &keys.join
            && join.as_ref() != Some(old)
        {
            let old = digest(old.reveal());
            let replaced = keys.known.iter().find(|(known, _)| *known == old).cloned();
            if let Some((old, pass)) = replaced {
                if keys.retired.len() == RETIRED_MAX {
                    keys.retired.pop_front();
                }
                keys.retired.push_back((
                    old,
                    Pass {
                        retired: true,
                        ..pass
                    },
                ));
            }
        }
        keys.known = known;
        keys.join = join;
        keys.operator = operator;
        keys.audience = audience;
        drop(keys);
        self.changed.send_replace(());
    }

    /// Waits until this secret opens the door: a token is told to its asker only then, or he would be turned away
    /// with it. Gives up after a second, as where the token was ended again.
    pub async fn opens_to(&self, secret: &Secret) {
        let mut changes = self.changed.subscribe();
        let known =
            async { while self.find(secret.reveal(), 0).is_none() && changes.changed().await.is_ok() {} };
        // Late or not, the token was made.
        let _ = tokio::time::timeout(Duration::from_secs(1), known).await;
    }

    /// A token was ended: it opens nothing any more, not even to those who were in.
    pub fn put_out(&self, token: TokenId) {
        self.keys.write().retired.retain(|(_, pass)| pass.token != token);
    }

    /// Whom a secret lets in. `now_ms` is in milliseconds since 1970.
    ///
    /// # Errors
    /// It opens nothing, or this address has tried too often.
    pub fn admit(&self, secret: &str, from: IpAddr, now: Instant, now_ms: u64) -> Result<Pass, Shut> {
        // Programs on this laptop may try as often as they like: a token cannot be guessed.
        let counted = !from.to_canonical().is_loopback();
        if counted && !self.failures.has(from, now) {
            return Err(Shut::TooMany);
        }
        let found = self.find(secret, now_ms);
        if counted && found.is_none() {
            self.failures.take(from, now);
        }
        found.ok_or(Shut::Wrong)
    }

    /// Compares with every token, so that time does not tell which one was nearly right.
    fn find(&self, secret: &str, now_ms: u64) -> Option<Pass> {
        if secret.is_empty() || secret.len() > SECRET_MAX {
            return None;
        }
        let given = digest(secret);
        let keys = self.keys.read();
        let mut found = None;
        for (known, pass) in keys.known.iter().chain(&keys.retired) {
            let same: bool = known.ct_eq(&given).into();
            if same && pass.expires_ms.is_none_or(|end| end > now_ms) {
                found = found.or(Some(pass.clone()));
            }
        }
        found
    }

    /// Whether this is the PIN.
    ///
    /// # Errors
    /// It is not, or this address has tried too often.
    pub fn pin(&self, given: &str, pin: &str, from: IpAddr, now: Instant) -> Result<(), Shut> {
        if !self.pin_failures.has(from, now) {
            return Err(Shut::TooMany);
        }
        if digest(given).ct_eq(&digest(pin)).into() {
            return Ok(());
        }
        self.pin_failures.take(from, now);
        Err(Shut::Wrong)
    }

    /// The secret behind the QR code for phones.
    pub fn join_code(&self) -> Option<Secret> {
        self.keys.read().join.clone()
    }

    /// A secret for the operator's own link.
    pub fn operator(&self) -> Option<Secret> {
        self.keys.read().operator.clone()
    }

    /// What `/watch` hands out, if the operator has not ended it.
    pub fn audience(&self) -> Option<Secret> {
        self.keys.read().audience.clone()
    }

    /// What the phones of the show may come back with. One that was removed is not among them any more.
    pub fn set_resumes<'a>(&self, resumes: impl Iterator<Item = &'a Secret>) {
        *self.resumes.lock() = resumes.map(|resume| digest(resume.reveal())).collect();
    }

    /// Whether a phone of the show was given this.
    pub fn knows_resume(&self, resume: &Secret) -> bool {
        let given = digest(resume.reveal());
        self.resumes
            .lock()
            .iter()
            .fold(false, |found, known| found | bool::from(known.ct_eq(&given)))
    }
}

fn digest(secret: &str) -> Digested {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regie_model::TokenInfo;
    use std::sync::Arc;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    fn token(id: u32, role: Role, secret: &str, join_code: bool, expires_ms: Option<u64>) -> Token {
        Token {
            info: TokenInfo {
                id: TokenId(id),
                role,
                name: "x".into(),
                created_ms: 0,
                expires_ms,
                join_code,
            },
            secret: Secret::new(secret),
        }
    }

    #[test]
    fn a_token_opens_until_it_is_ended_or_over() {
        let door = Door::default();
        let now = Instant::now();
        let admit = |secret: &str, at| door.admit(secret, HERE, now, at).map(|pass| pass.role);
        assert_eq!(admit("op", 0), Err(Shut::Wrong));
        door.set(&[
            token(1, Role::Operator, "op", false, None),
            token(2, Role::Viewer, "v", false, Some(100)),
        ]);
        assert_eq!(admit("op", 0), Ok(Role::Operator));
        assert_eq!(admit("v", 99), Ok(Role::Viewer));
        assert_eq!(admit("v", 100), Err(Shut::Wrong));
        assert_eq!(admit("", 0), Err(Shut::Wrong));
        door.set(&[]);
        assert_eq!(admit("op", 0), Err(Shut::Wrong));
    }

    #[test]
    fn wrong_secrets_are_counted_by_address() {
        let door = Door::default();
        let now = Instant::now();
        door.set(&[token(1, Role::Operator, "op", false, None)]);
        for _ in 0..30 {
            assert_eq!(door.admit("x", HERE, now, 0), Err(Shut::Wrong));
        }
        assert_eq!(door.admit("op", HERE, now, 0), Err(Shut::TooMany));
        let elsewhere = IpAddr::from([10, 0, 0, 8]);
        assert!(door.admit("op", elsewhere, now, 0).is_ok());
        assert!(door.admit("op", HERE, now + Duration::from_secs(2), 0).is_ok());
        for _ in 0..5 {
            assert_eq!(door.pin("1", "0815", HERE, now), Err(Shut::Wrong));
        }
        assert_eq!(door.pin("0815", "0815", HERE, now), Err(Shut::TooMany));
        assert_eq!(door.pin("0815", "0815", elsewhere, now), Ok(()));
    }

    #[tokio::test]
    async fn a_new_token_is_told_when_it_opens() {
        let door = Arc::new(Door::default());
        let (secret, waiting) = (Secret::new("new"), Arc::clone(&door));
        let told = tokio::spawn(async move {
            waiting.opens_to(&secret).await;
            waiting.admit("new", HERE, Instant::now(), 0).is_ok()
        });
        tokio::task::yield_now().await;
        door.set(&[]);
        tokio::task::yield_now().await;
        assert!(!told.is_finished(), "it opens nothing yet");
        door.set(&[token(1, Role::Viewer, "new", false, None)]);
        assert!(told.await.unwrap());
    }

    #[test]
    fn a_replaced_join_code_knows_those_who_were_in() {
        let door = Door::default();
        let now = Instant::now();
        door.set(&[token(1, Role::Camera, "old", true, None)]);
        door.set(&[token(2, Role::Camera, "new", true, None)]);
        assert!(door.admit("old", HERE, now, 0).unwrap().retired);
        assert!(!door.admit("new", HERE, now, 0).unwrap().retired);
        assert_eq!(door.join_code(), Some(Secret::new("new")));
        let resume = Secret::new("r");
        assert!(!door.knows_resume(&resume));
        door.set_resumes([&resume].into_iter());
        assert!(door.knows_resume(&resume));
        door.set_resumes([].into_iter());
        assert!(
            !door.knows_resume(&resume),
            "a phone that was removed is known no more"
        );
        door.put_out(TokenId(1));
        assert_eq!(door.admit("old", HERE, now, 0), Err(Shut::Wrong));
    }
}
