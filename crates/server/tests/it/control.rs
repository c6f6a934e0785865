//! `/control`: the show, its events, orders, and the multiview's pictures.

use crate::regie::{Regie, Socket, eventually, get};
use futures_util::StreamExt;
use regie_model::{Command, Role};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Message;

async fn answer(socket: &mut Socket, id: Value) -> Value {
    loop {
        let message = socket.hear().await.unwrap();
        if message.get("id") == Some(&id) {
            return message;
        }
    }
}

#[tokio::test]
async fn a_page_gets_the_show_then_every_change_and_its_answers() {
    let regie = Regie::start().await;
    let mut one = regie.control().await;
    let mut other = regie.control().await;
    let first = one.hear().await.unwrap();
    assert!(first["snapshot"]["sources"].is_array() && first["seq"].is_u64());
    other.hear().await.unwrap();
    one.say(json!({"id": "a1", "command": {"type": "nameShow", "name": "Fête"}}))
        .await;
    assert_eq!(answer(&mut one, json!("a1")).await["ok"], true);
    let named = |event: &Value| event["event"]["type"] == "showNamed";
    for socket in [&mut other] {
        let event = loop {
            let event = socket.hear().await.unwrap();
            if named(&event) {
                break event;
            }
        };
        assert_eq!(event["event"]["name"], "Fête");
        assert_eq!(event["by"], "régie");
        assert!(event["seq"].as_u64() > first["seq"].as_u64());
    }
    let made = json!({"id": 2, "command":
        {"type": "createToken", "role": "viewer", "name": "x", "expires": null}});
    one.say(made).await;
    let reply = answer(&mut one, json!(2)).await;
    assert!(reply["reply"]["secret"].is_string(), "{reply}");
    eventually(async || regie.ask(get("/api/v1/event")).await.json()["name"] == "Fête").await;
}

#[tokio::test]
async fn refusals_go_to_the_asker_and_nonsense_ends_it() {
    let regie = Regie::start().await;
    let mut page = regie.control().await;
    page.hear().await.unwrap();
    page.say(json!({"id": 1, "command": {"type": "removeSource", "source": 99}}))
        .await;
    assert_eq!(
        answer(&mut page, json!(1)).await["refused"]["code"],
        "no_such_source"
    );
    page.say(json!({"id": 2, "command": {"type": "dance"}})).await;
    assert_eq!(
        answer(&mut page, json!(2)).await["refused"]["code"],
        "bad_command"
    );
    page.say(json!({"id": 3, "command": {"type": "removeSource", "source": 99}}))
        .await;
    answer(&mut page, json!(3)).await;
    for _ in 0..10 {
        page.text("nonsense").await;
    }
    assert_eq!(page.end().await, 1008);
}

#[tokio::test]
async fn orders_are_bounded_in_rate() {
    let regie = Regie::start().await;
    let mut page = regie.control().await;
    page.hear().await.unwrap();
    for id in 0..305 {
        page.say(json!({"id": id, "command": {"type": "take"}})).await;
    }
    let last = loop {
        let message = page.hear().await.unwrap();
        if message["refused"]["code"] == "busy" {
            break message;
        }
    };
    assert!(last["id"].as_u64() >= Some(300), "{last}");
}

#[tokio::test]
async fn the_multiview_is_pictures_with_a_header() {
    let regie = Regie::start().await;
    let ask = |codec: &str| get(format!("/control?multiview={codec}")).bearer(&regie.operator);
    for (codec, number) in [("h264", 1u8), ("jpeg", 2)] {
        let mut socket = regie.socket(ask(codec)).await.unwrap();
        for counter in 0..3u32 {
            let bytes = loop {
                match socket.0.next().await {
                    Some(Ok(Message::Binary(bytes))) => break bytes,
                    Some(Ok(_)) => {}
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(bytes[..4], [number, u8::from(counter == 0), 0, 0]);
            assert_eq!(bytes[4..8], counter.to_be_bytes());
            assert_eq!(bytes[8..16], u64::from(counter + 1).to_be_bytes());
            assert_eq!(bytes[16..], *format!("picture {}", counter + 1).as_bytes());
        }
    }
    assert_eq!(regie.ask(ask("gif")).await.status, 400);
    let camera = get("/control?multiview=h264").bearer(&regie.code());
    assert_eq!(regie.socket(camera).await.err(), Some(401));
}

#[tokio::test]
async fn an_operator_whose_token_ends_is_put_out() {
    let regie = Regie::start().await;
    let (id, token) = regie.token(Role::Operator).await;
    let mut page = regie.socket(get("/control").bearer(&token)).await.unwrap();
    let mut pictures = regie
        .socket(get("/control?multiview=jpeg").bearer(&token))
        .await
        .unwrap();
    page.hear().await.unwrap();
    regie.order(Command::RevokeToken { token: id }).await;
    assert_eq!(page.end().await, 1000);
    assert_eq!(pictures.end().await, 1000);
}
