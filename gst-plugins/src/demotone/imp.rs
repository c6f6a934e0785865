use crate::demosrc::{FLASH_MS, PATTERNS};
use crate::pace::Pace;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;
use gstreamer as gst;
use gstreamer_base as gst_base;
use std::f64::consts::TAU;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

const PATTERN: &str = "pattern";
const RATE: u64 = 48_000;
/// Samples of 10 ms.
const BLOCK: u64 = RATE / 100;
/// A, C sharp, E and the A above: four sources together are a chord.
const TONES: [f64; PATTERNS as usize] = [220.0, 277.18, 329.63, 440.0];
/// The beep's edges are this many samples long, so that they do not click.
const EDGE: f64 = 96.0;

/// See [`super`].
#[derive(Default)]
pub struct DemoTone {
    pattern: AtomicU8,
    /// The block that comes next; 0 before the first one.
    next: AtomicU64,
    pace: Pace,
}

#[glib::object_subclass]
impl ObjectSubclass for DemoTone {
    const NAME: &'static str = "RegieDemoTone";
    type Type = super::DemoTone;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for DemoTone {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecUInt::builder(PATTERN)
                    .nick("Pattern")
                    .blurb("Whose tone")
                    .maximum(u32::from(PATTERNS) - 1)
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if let (PATTERN, Ok(pattern)) = (pspec.name(), value.get::<u32>()) {
            self.pattern.store(pattern as u8 % PATTERNS, Ordering::Relaxed);
        }
    }

    fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
        u32::from(self.pattern.load(Ordering::Relaxed)).to_value()
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        obj.set_live(true);
        obj.set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for DemoTone {}

impl ElementImpl for DemoTone {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Régie demo sound",
                "Source/Audio",
                "A quiet tone that beeps when the demo picture flashes",
                "Régie",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst::Caps::builder("audio/x-raw")
                .field(
                    "format",
                    if cfg!(target_endian = "little") {
                        "F32LE"
                    } else {
                        "F32BE"
                    },
                )
                .field("layout", "interleaved")
                .field("rate", RATE as i32)
                .field("channels", 2i32)
                .field("channel-mask", gst::Bitmask::new(3))
                .build();
            vec![
                gst::PadTemplate::new("src", gst::PadDirection::Src, gst::PadPresence::Always, &caps)
                    .expect("a template of constants"),
            ]
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for DemoTone {
    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.pace.unlock();
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.pace.unlock_stop();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.next.store(0, Ordering::Relaxed);
        Ok(())
    }
}

impl PushSrcImpl for DemoTone {
    fn create(&self, _buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        let now = self.obj().current_running_time().unwrap_or_default().mseconds() / 10;
        let next = self.next.load(Ordering::Relaxed);
        let block = if next == 0 || next + 100 < now { now } else { next };
        self.next.store(block + 1, Ordering::Relaxed);

        let tone = TONES[usize::from(self.pattern.load(Ordering::Relaxed))];
        let bytes: Vec<u8> = (block * BLOCK..(block + 1) * BLOCK)
            .flat_map(|at| {
                let sample = (sound(at, tone) as f32).to_ne_bytes();
                [sample, sample]
            })
            .flatten()
            .collect();
        // A microphone hands its samples over when the last of them has sounded.
        self.pace.wait(
            self.obj().upcast_ref(),
            gst::ClockTime::from_mseconds((block + 1) * 10),
        )?;
        let mut buffer = gst::Buffer::from_slice(bytes);
        {
            let buffer = buffer.get_mut().ok_or(gst::FlowError::Error)?;
            buffer.set_pts(gst::ClockTime::from_mseconds(block * 10));
            buffer.set_duration(gst::ClockTime::from_mseconds(10));
            buffer.set_offset(block * BLOCK);
        }
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}

/// One sample at its place in the running time.
fn sound(at: u64, tone: f64) -> f64 {
    // Tones of hundredths of a hertz repeat after 100 s; so the phase stays exact however long the show is.
    let phase = |hz: f64| ((at % (RATE * 100)) as f64 / RATE as f64 * hz).fract() * TAU;
    let into = (at % (RATE * 2)) as f64;
    let length = (RATE * FLASH_MS / 1000) as f64;
    let beep = (into / EDGE).min((length - into) / EDGE).clamp(0.0, 1.0);
    0.08 * phase(tone).sin() + 0.35 * beep * phase(1000.0).sin()
}
