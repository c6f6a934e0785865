use crate::harness::House;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use regie_gst_plugins::barcode;
use regie_model::{Mosaic, Scene};
use regie_pipelines::{MultiviewCodec, MultiviewFrame};
use std::sync::Arc;
use std::time::Duration;

/// Decodes and gives luma with its stride.
fn decode(frames: &[Arc<MultiviewFrame>], decoder: &str) -> Vec<(Vec<u8>, usize)> {
    let pipeline = gst::parse::launch(&format!(
        "appsrc name=in is-live=false format=time ! {decoder} ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=out sync=false"
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let src = pipeline
        .by_name("in")
        .unwrap()
        .downcast::<gst_app::AppSrc>()
        .unwrap();
    let sink = pipeline
        .by_name("out")
        .unwrap()
        .downcast::<gst_app::AppSink>()
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for (n, frame) in frames.iter().enumerate() {
        let mut buffer = gst::Buffer::from_slice(frame.data.to_vec());
        buffer
            .get_mut()
            .unwrap()
            .set_pts(gst::ClockTime::from_mseconds(n as u64 * 33));
        src.push_buffer(buffer).unwrap();
    }
    src.end_of_stream().unwrap();
    let mut pictures = Vec::new();
    while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(5)) {
        let info = gst_video::VideoInfo::from_caps(sample.caps().unwrap()).unwrap();
        assert_eq!((info.width(), info.height()), (1280, 720));
        let stride = info.stride()[0] as usize;
        pictures.push((sample.buffer().unwrap().map_readable().unwrap().to_vec(), stride));
    }
    pipeline.set_state(gst::State::Null).unwrap();
    pictures
}

fn age_ms(frame: &MultiviewFrame) -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    now.as_millis() as i64 - (frame.at_us / 1000) as i64
}

async fn collect(house: &House, codec: MultiviewCodec, count: usize) -> Vec<Arc<MultiviewFrame>> {
    let mut stream = house.studio.multiview(codec);
    let mut frames = Vec::new();
    while frames.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(10), stream.next());
        frames.push(next.await.expect("a frame in time").expect("a running studio"));
    }
    frames
}

fn house_with_two() -> House {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(1));
    house.cut(&Scene::full(a));
    house.studio.show_preview(&Scene::full(b));
    house.studio.arrange(&Mosaic::of(&[a, b]));
    house
}

/// Every tile of a decoded mosaic carries the number of its source, and they agree.
fn check_tiles((luma, stride): &(Vec<u8>, usize)) {
    let read = |x: usize, y: usize, width| barcode::read(&luma[y * stride + x..], *stride, width);
    let numbers = [
        read(0, 0, 640),
        read(640, 0, 640),
        read(0, 360, 320),
        read(320, 360, 320),
    ];
    let numbers: Vec<_> = numbers
        .iter()
        .map(|n| n.expect("a number in every tile"))
        .collect();
    let spread = numbers.iter().max().unwrap() - numbers.iter().min().unwrap();
    assert!(spread <= 2, "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn h264_begins_at_a_keyframe_and_decodes() {
    let house = house_with_two();
    let frames = collect(&house, MultiviewCodec::H264, 45).await;
    assert!(frames[0].key);
    assert!(frames.iter().filter(|f| f.key).count() < 10);
    assert!(frames[0].data.starts_with(&[0, 0, 0, 1]));
    let pictures = decode(&frames, "h264parse ! avdec_h264");
    assert!(pictures.len() >= 40, "{}", pictures.len());
    pictures[10..].iter().for_each(check_tiles);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn jpeg_decodes_and_is_fresh() {
    let house = house_with_two();
    let frames = collect(&house, MultiviewCodec::Jpeg, 20).await;
    let age = age_ms(&frames[19]);
    assert!((0..500).contains(&age), "{age} ms old");
    assert!(frames.iter().all(|f| f.key && f.data.starts_with(&[0xff, 0xd8])));
    let pictures = decode(&frames[10..], "jpegdec");
    assert_eq!(pictures.len(), 10);
    pictures.iter().for_each(check_tiles);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_is_encoded_for_nobody_and_a_slow_reader_resumes_at_a_keyframe() {
    let house = house_with_two();
    let mut stream = house.studio.multiview(MultiviewCodec::H264);
    assert_eq!(house.studio.figures().multiviews, 1);
    assert!(stream.next().await.unwrap().key);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // A second and a half is far more than may wait: what comes first now can be decoded by itself.
    let first = stream.next().await.unwrap();
    assert!(first.key);
    let age = age_ms(&first);
    assert!(age < 1500, "{age} ms old");
    drop(stream);
    assert_eq!(house.studio.figures().multiviews, 0);
    house.studio.stop();
    let mut late = house.studio.multiview(MultiviewCodec::Jpeg);
    assert!(late.next().await.is_none());
}
