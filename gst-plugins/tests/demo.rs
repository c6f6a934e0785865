//! The demo elements, pulled by a harness.

use gst::prelude::*;
use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_check as gst_check;
use gstreamer_video as gst_video;
use regie_gst_plugins::{barcode, demosrc};

fn init() {
    gst::init().expect("GStreamer");
    regie_gst_plugins::register().expect("our elements");
}

fn pictures(pattern: u32, width: i32, height: i32, count: usize) -> (gst_video::VideoInfo, Vec<gst::Buffer>) {
    init();
    let src = gst::ElementFactory::make("regiedemosrc")
        .property("pattern", pattern)
        .build()
        .expect("the element");
    let mut harness = gst_check::Harness::with_element(&src, None, Some("src"));
    let caps = gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::I420)
        .width(width)
        .height(height)
        .framerate(gst::Fraction::new(50, 1))
        .build();
    harness.set_sink_caps(caps);
    // The element waits for the clock itself, so it needs one that goes on.
    src.set_clock(Some(&gst::SystemClock::obtain())).expect("a clock");
    src.set_base_time(gst::SystemClock::obtain().time());
    harness.play();
    let buffers = (0..count).map(|_| harness.pull().expect("a picture")).collect();
    let caps = harness
        .sinkpad()
        .and_then(|pad| pad.current_caps())
        .expect("caps");
    (
        gst_video::VideoInfo::from_caps(&caps).expect("raw video"),
        buffers,
    )
}

#[test]
fn every_picture_carries_the_next_number_and_its_own_time() {
    for (width, height) in [(1280, 720), (640, 360), (322, 180)] {
        let (info, buffers) = pictures(0, width, height, 5);
        let numbers: Vec<_> = buffers
            .iter()
            .map(|buffer| {
                let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).unwrap();
                let stride = frame.plane_stride()[0] as usize;
                let number = barcode::read(frame.plane_data(0).unwrap(), stride, width as usize);
                let number = number.expect("a number in the picture");
                assert_eq!(buffer.pts().unwrap().mseconds(), u64::from(number) * 20);
                assert_eq!(buffer.duration().unwrap().mseconds(), 20);
                number
            })
            .collect();
        assert!(
            numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{numbers:?}"
        );
    }
}

#[test]
fn the_four_pictures_are_told_apart_by_their_ground() {
    let grounds: Vec<_> = (0..demosrc::PATTERNS)
        .map(|pattern| {
            let (info, buffers) = pictures(u32::from(pattern), 640, 360, 1);
            let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(&buffers[0], &info).unwrap();
            let at = |plane: u32, x: usize, y: usize| {
                frame.plane_data(plane).unwrap()[y * frame.plane_stride()[plane as usize] as usize + x]
            };
            let ground = [at(0, 8, 352), at(1, 4, 176), at(2, 4, 176)];
            assert_eq!(ground, demosrc::tint(pattern));
            ground
        })
        .collect();
    for (n, a) in grounds.iter().enumerate() {
        for b in &grounds[n + 1..] {
            assert!(a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 10), "{a:?} {b:?}");
        }
    }
}

#[test]
fn an_element_that_waits_ends_at_once() {
    init();
    let src = gst::ElementFactory::make("regiedemosrc")
        .build()
        .expect("the element");
    let sink = gst::ElementFactory::make("fakesink").build().expect("a sink");
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([&src, &sink]).unwrap();
    src.link(&sink).unwrap();
    // One picture a second: it is waiting nearly always.
    src.static_pad("src").unwrap();
    for _ in 0..20 {
        pipeline.set_state(gst::State::Playing).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn the_tone_is_whole_and_beeps_with_the_flash() {
    init();
    let src = gst::ElementFactory::make("regiedemotone")
        .property("pattern", 1u32)
        .build()
        .expect("the element");
    let mut harness = gst_check::Harness::with_element(&src, None, Some("src"));
    src.set_clock(Some(&gst::SystemClock::obtain())).expect("a clock");
    src.set_base_time(gst::SystemClock::obtain().time());
    harness.play();
    let mut last: Option<(gst::ClockTime, f32)> = None;
    for _ in 0..40 {
        let buffer = harness.pull().expect("10 ms of sound");
        let pts = buffer.pts().unwrap();
        let map = buffer.map_readable().unwrap();
        let left: Vec<f32> = map
            .chunks_exact(8)
            .map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        assert_eq!(left.len(), 480);
        if let Some((before, end)) = last {
            assert_eq!(pts, before + gst::ClockTime::from_mseconds(10));
            assert!((left[0] - end).abs() < 0.07, "no step between blocks");
        }
        let loud = left.iter().any(|s| s.abs() > 0.2);
        let ms = pts.mseconds();
        assert_eq!(loud, demosrc::flashes(ms), "{ms}");
        last = Some((pts, left[479]));
    }
}
