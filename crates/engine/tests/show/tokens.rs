//! Tokens and the join code.

use crate::harness::Script;
use regie_engine::TOKENS_MAX;
use regie_model::{Code, Command, Effect, Reply, Role, Secret, TokenId};

fn make(s: &mut Script, role: Role, expires: Option<u64>) -> (TokenId, Secret) {
    let command = Command::CreateToken {
        role,
        name: " Paul ".into(),
        expires,
    };
    match s.order(command) {
        Some(Reply::Token { id, secret }) => (id, secret),
        other => panic!("no token but {other:?}"),
    }
}

fn put_out(s: &Script) -> Vec<TokenId> {
    let ids = s.last.effects.iter().filter_map(|effect| match effect {
        Effect::PutOut { token } => Some(token.info.id),
        _ => None,
    });
    ids.collect()
}

#[test]
fn every_show_has_an_operator_and_a_join_code() {
    let s = Script::begin();
    let operator = s.show.operator_token().unwrap();
    assert_eq!(
        (operator.info.name.as_str(), operator.info.role),
        ("régie", Role::Operator)
    );
    assert_eq!(operator.secret.reveal(), "operator-secret");
    let join = s.show.join_token().unwrap();
    assert_eq!((join.info.role, join.info.join_code), (Role::Camera, true));
    assert_eq!(join.secret.reveal(), "join-secret");
}

#[test]
fn a_token_is_made_and_ended() {
    let mut s = Script::begin();
    let (id, secret) = make(&mut s, Role::Camera, None);
    assert_eq!(s.effects(), ["SetTokens"]);
    let token = s.show.tokens().iter().find(|token| token.info.id == id).unwrap();
    assert_eq!((token.info.name.as_str(), &token.secret), ("Paul", &secret));
    s.order(Command::RevokeToken { token: id });
    assert_eq!(s.effects(), ["SetTokens", "PutOut"], "the door first");
    assert_eq!(put_out(&s), [id]);
    assert_eq!(s.refused(Command::RevokeToken { token: id }), Code::NoSuchToken);
    assert!(
        make(&mut s, Role::Camera, None).0 > id,
        "an id is never given twice"
    );
}

#[test]
fn tokens_have_bounds() {
    let mut s = Script::begin();
    let command = |name: &str, expires| Command::CreateToken {
        role: Role::Viewer,
        name: name.into(),
        expires,
    };
    let now = s.now.wall_ms;
    assert_eq!(s.refused(command(" ", None)), Code::OutOfRange);
    for bad in [0, now, u64::MAX] {
        assert_eq!(s.refused(command("x", Some(bad))), Code::OutOfRange);
    }
    while s.show.tokens().len() < TOKENS_MAX {
        s.order(command("x", None));
    }
    assert_eq!(s.refused(command("x", None)), Code::Full);
}

#[test]
fn a_token_runs_out_at_its_time() {
    let mut s = Script::begin();
    let ends = s.now.wall_ms + 10_000;
    let (id, _) = make(&mut s, Role::Camera, Some(ends));
    s.wait(9_000);
    assert!(s.last.is_empty());
    s.wait(1_000);
    assert_eq!(put_out(&s), [id]);
    assert_eq!(s.effects(), ["SetTokens", "PutOut"]);
}

#[test]
fn the_operators_last_way_in_stays_open() {
    let mut s = Script::begin();
    let own = s.show.operator_token().unwrap().info.id;
    assert_eq!(s.refused(Command::RevokeToken { token: own }), Code::LastOperator);
    let soon = s.now.wall_ms + 60_000;
    let (passing, _) = make(&mut s, Role::Operator, Some(soon));
    assert_eq!(
        s.refused(Command::RevokeToken { token: own }),
        Code::LastOperator,
        "one that runs out is no way in for ever"
    );
    s.order(Command::RevokeToken { token: passing });
    let (other, _) = make(&mut s, Role::Operator, None);
    s.order(Command::RevokeToken { token: own });
    assert_eq!(s.show.operator_token().unwrap().info.id, other);
}

#[test]
fn a_new_join_code_replaces_the_old_and_phones_in_stay() {
    let mut s = Script::begin();
    s.join("Léa");
    let old = s.show.join_token().unwrap().clone();
    s.order(Command::RotateJoinCode);
    let new = s.show.join_token().unwrap().clone();
    assert_ne!(old.secret, new.secret);
    assert_ne!(old.info.id, new.info.id);
    assert_eq!(s.effects(), ["SetTokens"], "nobody is put out");
    assert_eq!(s.show.tokens().len(), 2);
    s.order(Command::RevokeToken { token: new.info.id });
    assert_ne!(s.show.join_token().unwrap().secret, new.secret);
    assert_eq!(s.effects(), ["SetTokens"]);
}
