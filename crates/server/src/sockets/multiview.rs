//! `/control?multiview=…`: the multiview's pictures, and nothing else.

use super::wire::{self, Heard, Lost, PAGE_SILENCE, PING, Wire};
use super::{Membership, ended};
use crate::app::App;
use crate::media::{Codec, Frame};
use bytes::{BufMut, Bytes, BytesMut};
use std::sync::Arc;
use std::time::Instant;
use tokio::time::{MissedTickBehavior, interval};
use warp::ws::WebSocket;

/// What stands before each picture, in bytes.
const HEADER: usize = 16;

/// Carries pictures until the peer is gone or is to go. Frames that come while one is being written are the
/// stream's to drop; none waits here.
pub async fn carry(app: Arc<App>, mut socket: WebSocket, mut membership: Membership, codec: Codec) {
    if let Ok((code, reason)) = run(&app, &mut socket, &mut membership, codec).await {
        socket.leave(code, reason).await;
    }
}

async fn run(
    app: &App,
    socket: &mut WebSocket,
    membership: &mut Membership,
    codec: Codec,
) -> Result<(u16, &'static str), Lost> {
    let mut frames = app.media.multiview(codec);
    let mut counter = 0u32;
    let mut heard_at = Instant::now();
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            reason = ended(&mut membership.end) => return Ok((1000, reason)),
            _ = ping.tick() => {
                if heard_at.elapsed() >= PAGE_SILENCE {
                    return Err(Lost);
                }
                socket.ping().await?;
            }
            heard = socket.hear() => {
                heard_at = Instant::now();
                match heard {
                    Heard::Gone => return Err(Lost),
                    Heard::Alive => {}
                    Heard::Text(_) | Heard::Binary | Heard::TooLong => {
                        return Ok((1008, "nothing is taken here"));
                    }
                }
            }
            frame = frames.next() => {
                let Some(frame) = frame else {
                    return Ok((1001, "show_ended"));
                };
                wire::send_bytes(socket, packed(codec, counter, &frame)).await?;
                counter = counter.wrapping_add(1);
            }
        }
    }
}

/// `u8` codec (1 H.264, 2 JPEG), `u8` flags (bit 0: key), `u16` zero, `u32` counter, `u64` wall clock in
/// microseconds at which the mixer made the frame, all big endian; then the picture.
fn packed(codec: Codec, counter: u32, frame: &Frame) -> Bytes {
    let mut bytes = BytesMut::with_capacity(HEADER + frame.data.len());
    bytes.put_u8(match codec {
        Codec::H264 => 1,
        Codec::Jpeg => 2,
    });
    bytes.put_u8(u8::from(frame.key));
    bytes.put_u16(0);
    bytes.put_u32(counter);
    bytes.put_u64(frame.at_us);
    bytes.put_slice(&frame.data);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_packed_as_the_page_reads_it() {
        let frame = Frame {
            data: Bytes::from_static(b"picture"),
            key: true,
            at_us: 0x0102_0304_0506_0708,
        };
        let packed = packed(Codec::H264, 9, &frame);
        assert_eq!(packed[..16], [1, 1, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(&packed[16..], b"picture");
    }
}
