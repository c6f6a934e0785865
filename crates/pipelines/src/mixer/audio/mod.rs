//! Program's sound: every source's ring added up, 10 ms at a time, a little behind the clock.
//!
//! The tick never stops, whatever the sources do: silence is mixed as well. Gains follow the picture to the sample,
//! since a take names the running time of its first picture and the mix happens after it.

pub mod gain;
mod limiter;
pub mod ring;

use super::lane::{Lane, PATIENCE, position};
use crate::clock;
use gstreamer as gst;
use limiter::Limiter;
use ring::RATE;
use std::sync::Arc;

/// Frames of 10 ms.
pub const BLOCK: usize = RATE as usize / 100;
/// 10 ms.
const TICK: gst::ClockTime = gst::ClockTime::from_mseconds(10);
/// This many blocks may be made up for after the machine stood still; what is older is left out.
const CATCH_UP: u64 = 50;

/// What comes out: S16LE, interleaved stereo, 48 kHz.
pub fn caps() -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", RATE as i32)
        .field("channels", 2i32)
        .field("channel-mask", gst::Bitmask::new(3))
        .build()
}

/// Mixes until `running` says no. Each block goes to `out`, its PTS a running time.
pub(super) fn run(lanes: &[Arc<Lane>], running: impl Fn() -> bool, mut out: impl FnMut(gst::Buffer)) {
    let mut block = clock::now().nseconds() / TICK.nseconds() + 1;
    let mut mix = [[0.0f32; 2]; BLOCK];
    let mut limiter = Limiter::default();
    let mut discont = true;
    while running() {
        // The block covers its tick's time shifted into the past, so that late sound has arrived.
        clock::wait_until(TICK * (block + 1) + PATIENCE);
        let now = clock::now().nseconds() / TICK.nseconds();
        if now > block + CATCH_UP + PATIENCE.nseconds() / TICK.nseconds() {
            block = now;
            discont = true;
        }
        let time = TICK * block;
        let at = position(time.nseconds());
        mix.fill([0.0; 2]);
        for lane in lanes {
            lane.read(at, &mut mix);
        }
        limiter.limit(&mut mix);
        if let Some(buffer) = buffer(&mix, time, std::mem::take(&mut discont)) {
            out(buffer);
        }
        block += 1;
    }
}

fn buffer(mix: &[[f32; 2]; BLOCK], time: gst::ClockTime, discont: bool) -> Option<gst::Buffer> {
    let bytes: Vec<u8> = mix
        .as_flattened()
        .iter()
        .flat_map(|sample| ((sample * 32767.0).round() as i16).to_le_bytes())
        .collect();
    let mut buffer = gst::Buffer::from_slice(bytes);
    let header = buffer.get_mut()?;
    header.set_pts(time);
    header.set_duration(TICK);
    if discont {
        header.set_flags(gst::BufferFlags::DISCONT);
    }
    Some(buffer)
}
