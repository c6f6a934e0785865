//! Numbered pictures with sound, encoded once and sent by any number of phones.

use crate::bar;
use anyhow::{Context, Result};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app::{AppSink, AppSrc};
use std::sync::Arc;

/// How the pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Constrained baseline, Annex B.
    H264,
    /// VP8.
    Vp8,
}

/// Encoded pictures and sound. Every picture is a key frame: a request for one is answered before it is made,
/// and a number is never skipped to answer it.
pub struct Clip {
    /// How the pictures are encoded.
    pub codec: Codec,
    /// Access units, 30 a second; unit `n` carries the number `id << 16 | n`.
    pub pictures: Vec<Arc<[u8]>>,
    /// Opus packets of 20 ms: 1 kHz for the first 100 ms of every other second.
    pub sound: Vec<Arc<[u8]>>,
}

/// Pictures a second.
pub const FPS: u32 = 30;

impl Clip {
    /// Encodes `seconds` (an even number, so that flash and beep go on evenly when the clip is repeated) of a
    /// picture of `width`×`height` that carries `id`, with a flash and a beep every other second.
    ///
    /// # Errors
    /// An encoder is missing or fails.
    pub fn encode(codec: Codec, id: u8, width: u32, height: u32, seconds: u32) -> Result<Self> {
        gst::init()?;
        Ok(Self {
            codec,
            pictures: pictures(codec, id, width, height, seconds * FPS)?,
            sound: sound(seconds)?,
        })
    }
}

fn pictures(codec: Codec, id: u8, width: u32, height: u32, count: u32) -> Result<Vec<Arc<[u8]>>> {
    let encoder = match codec {
        Codec::H264 => {
            "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=1 pass=qual quantizer=28 ! \
             video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 ! \
             video/x-h264,stream-format=byte-stream,alignment=au"
        }
        Codec::Vp8 => "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=1 end-usage=cq cq-level=30",
    };
    let line = format!(
        "appsrc name=in format=time caps=video/x-raw,format=I420,width={width},height={height},framerate={FPS}/1 ! \
         {encoder} ! appsink name=out sync=false"
    );
    let (wide, high) = (width as usize, height as usize);
    run(&line, |source| {
        for n in 0..count {
            let mut picture = vec![128; wide * high * 3 / 2];
            let flash = n % (FPS * 2) < FPS / 10;
            picture[..wide * high].fill(if flash { 235 } else { 90 });
            let x = n as usize * 8 % (wide - 32);
            for line in high / 2..high * 3 / 4 {
                picture[line * wide + x..line * wide + x + 32].fill(200);
            }
            bar::draw(&mut picture, wide, wide, u32::from(id) << 16 | n);
            let mut buffer = gst::Buffer::from_mut_slice(picture);
            let frame = gst::ClockTime::SECOND / u64::from(FPS);
            let filled = buffer.get_mut().context("a new buffer has one owner")?;
            filled.set_pts(frame * u64::from(n));
            filled.set_duration(frame);
            source.push_buffer(buffer)?;
        }
        Ok(())
    })
}

fn sound(seconds: u32) -> Result<Vec<Arc<[u8]>>> {
    const RATE: u32 = 48_000;
    let line = "appsrc name=in format=time caps=audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved ! \
                opusenc frame-size=20 ! appsink name=out sync=false";
    run(line, |source| {
        for packet in 0..seconds * 50 {
            let samples = (0..RATE / 50).flat_map(|n| {
                let at = (packet * RATE / 50 + n) % (RATE * 2);
                let tone =
                    (f64::from(at) / f64::from(RATE) * 1000.0 * std::f64::consts::TAU).sin() * 24_000.0;
                (if at < RATE / 10 { tone as i16 } else { 0 }).to_le_bytes()
            });
            let mut buffer = gst::Buffer::from_mut_slice(samples.collect::<Vec<u8>>());
            let filled = buffer.get_mut().context("a new buffer has one owner")?;
            filled.set_pts(gst::ClockTime::from_mseconds(20) * u64::from(packet));
            filled.set_duration(gst::ClockTime::from_mseconds(20));
            source.push_buffer(buffer)?;
        }
        Ok(())
    })
}

/// Runs a pipeline with an `in` and an `out` to its end and returns what came out.
fn run(line: &str, feed: impl FnOnce(&AppSrc) -> Result<()>) -> Result<Vec<Arc<[u8]>>> {
    let pipeline = gst::parse::launch(line)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| anyhow::anyhow!("not a pipeline: {line}"))?;
    let end = |name: &str| pipeline.by_name(name).context("the line names it");
    let source = end("in")?
        .downcast::<AppSrc>()
        .map_err(|_| anyhow::anyhow!("in"))?;
    let sink = end("out")?
        .downcast::<AppSink>()
        .map_err(|_| anyhow::anyhow!("out"))?;
    source.set_max_bytes(0);
    pipeline.set_state(gst::State::Playing)?;
    feed(&source)?;
    source.end_of_stream()?;
    let mut units = Vec::new();
    while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(30)) {
        let buffer = sample.buffer().context("a sample has a buffer")?;
        units.push(Arc::from(buffer.map_readable()?.as_slice()));
    }
    pipeline.set_state(gst::State::Null)?;
    anyhow::ensure!(!units.is_empty(), "nothing came out of {line}");
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_has_every_picture_and_every_20_ms_of_sound() {
        for codec in [Codec::H264, Codec::Vp8] {
            let clip = Clip::encode(codec, 5, 320, 180, 2).unwrap();
            assert_eq!(clip.pictures.len(), 60, "{codec:?}");
            assert!((100..=102).contains(&clip.sound.len()), "{}", clip.sound.len());
        }
    }
}
