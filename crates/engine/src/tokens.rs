//! Tokens: who may come in, and as what.

use crate::show::a_name;
use crate::{Now, Show};
use regie_model::{Code, Refusal, Reply, Role, Secret, Token, TokenId, TokenInfo};

use crate::StartSecrets;

/// How many tokens a show holds at once, the operator's and the join code included.
pub const TOKENS_MAX: usize = 200;

/// The latest end of a token: the largest whole number that a page can read exactly.
const EXPIRES_MAX_MS: u64 = (1 << 53) - 1;

/// The name of the token that every show begins with.
const OPERATOR_NAME: &str = "régie";

/// The name of the join code in the list of tokens.
const JOIN_NAME: &str = "phones";

impl Show {
    /// The token in the operator's own link. One that never ends is always there.
    pub fn operator_token(&self) -> Option<&Token> {
        self.tokens.iter().find(|token| is_lasting_operator(token))
    }

    /// The token behind the QR code for phones. One is always there.
    pub fn join_token(&self) -> Option<&Token> {
        self.tokens.iter().find(|token| token.info.join_code)
    }

    /// All tokens, as the door knows them.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(crate) fn ensure_tokens(&mut self, now: Now, secrets: &StartSecrets) {
        if self.operator_token().is_none() {
            let info = self.token_info(Role::Operator, OPERATOR_NAME, None, now);
            self.tokens.push(Token {
                info,
                secret: secrets.operator.clone(),
            });
        }
        if self.join_token().is_none() {
            let info = self.join_info(now);
            self.tokens.push(Token {
                info,
                secret: secrets.join.clone(),
            });
        }
    }

    pub(crate) fn create_token(
        &mut self,
        role: Role,
        name: &str,
        expires_ms: Option<u64>,
        now: Now,
        fresh: &Secret,
    ) -> Result<Reply, Refusal> {
        let name = a_name(name)?;
        if expires_ms.is_some_and(|at| at <= now.wall_ms || at > EXPIRES_MAX_MS) {
            return Err(Refusal::new(Code::OutOfRange, "a token ends in the future"));
        }
        if self.tokens.len() >= TOKENS_MAX {
            let message = format!("there are {TOKENS_MAX} tokens; revoke one first");
            return Err(Refusal::new(Code::Full, message));
        }
        let info = self.token_info(role, &name, expires_ms, now);
        let id = info.id;
        self.tokens.push(Token {
            info,
            secret: fresh.clone(),
        });
        Ok(Reply::Token {
            id,
            secret: fresh.clone(),
        })
    }

    /// Ends a token. The join code has no end, only a successor; and the operator's way in has to stay open
    /// by a token that does not run out.
    pub(crate) fn revoke_token(&mut self, id: TokenId, now: Now, fresh: &Secret) -> Result<(), Refusal> {
        let place = self
            .tokens
            .iter()
            .position(|token| token.info.id == id)
            .ok_or_else(|| Refusal::new(Code::NoSuchToken, format!("there is no token {id}")))?;
        if self.tokens[place].info.join_code {
            self.rotate_join_code(now, fresh);
            return Ok(());
        }
        let lasting = self
            .tokens
            .iter()
            .filter(|token| is_lasting_operator(token))
            .count();
        if is_lasting_operator(&self.tokens[place]) && lasting == 1 {
            let message = "no other operator token without an end is left; make one first";
            return Err(Refusal::new(Code::LastOperator, message));
        }
        self.tokens.remove(place);
        Ok(())
    }

    pub(crate) fn rotate_join_code(&mut self, now: Now, fresh: &Secret) {
        let info = self.join_info(now);
        let token = Token {
            info,
            secret: fresh.clone(),
        };
        match self.tokens.iter_mut().find(|token| token.info.join_code) {
            Some(old) => *old = token,
            None => self.tokens.push(token),
        }
    }

    pub(crate) fn expire_tokens(&mut self, now: Now) {
        self.tokens.retain(|token| !is_over(&token.info, now));
    }

    fn join_info(&mut self, now: Now) -> TokenInfo {
        TokenInfo {
            join_code: true,
            ..self.token_info(Role::Camera, JOIN_NAME, None, now)
        }
    }

    fn token_info(&mut self, role: Role, name: &str, expires_ms: Option<u64>, now: Now) -> TokenInfo {
        self.last_token = self.last_token.saturating_add(1);
        TokenInfo {
            id: TokenId(self.last_token),
            role,
            name: name.to_owned(),
            created_ms: now.wall_ms,
            expires_ms,
            join_code: false,
        }
    }
}

fn is_lasting_operator(token: &Token) -> bool {
    token.info.role == Role::Operator && token.info.expires_ms.is_none()
}

pub(crate) fn is_over(info: &TokenInfo, now: Now) -> bool {
    info.expires_ms.is_some_and(|at| at <= now.wall_ms)
}
