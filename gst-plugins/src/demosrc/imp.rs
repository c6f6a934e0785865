use super::scene::{Background, PATTERNS};
use crate::barcode;
use crate::pace::Pace;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};
use gstreamer as gst;
use gstreamer_base as gst_base;
use gstreamer_video as gst_video;
use std::sync::{LazyLock, Mutex, PoisonError};

const PATTERN: &str = "pattern";
const SIDE_MAX: i32 = 4096;

/// What was asked.
#[derive(Clone, Copy, Default)]
struct Settings {
    pattern: u8,
}

/// What is.
#[derive(Default)]
struct State {
    picture: Option<(VideoInfo, Background)>,
    /// The number of the frame that comes next; before the first one, the clock says.
    next: Option<u64>,
}

/// See [`super`].
#[derive(Default)]
pub struct DemoSrc {
    settings: Mutex<Settings>,
    // Locked after `settings` where both are.
    state: Mutex<State>,
    pace: Pace,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[glib::object_subclass]
impl ObjectSubclass for DemoSrc {
    const NAME: &'static str = "RegieDemoSrc";
    type Type = super::DemoSrc;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for DemoSrc {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecUInt::builder(PATTERN)
                    .nick("Pattern")
                    .blurb("Which of the four pictures; takes effect with the next caps")
                    .maximum(u32::from(PATTERNS) - 1)
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if let (PATTERN, Ok(pattern)) = (pspec.name(), value.get::<u32>()) {
            lock(&self.settings).pattern = pattern as u8 % PATTERNS;
        }
    }

    fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
        u32::from(lock(&self.settings).pattern).to_value()
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        obj.set_live(true);
        obj.set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for DemoSrc {}

impl ElementImpl for DemoSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Régie demo picture",
                "Source/Video",
                "A moving picture with its frame number for people and machines",
                "Régie",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new()
                .format(VideoFormat::I420)
                .field("width", gst::IntRange::with_step(80, SIDE_MAX, 2))
                .field("height", gst::IntRange::with_step(16, SIDE_MAX, 2))
                .framerate_range(gst::Fraction::new(1, 1)..=gst::Fraction::new(120, 1))
                .build();
            vec![
                gst::PadTemplate::new("src", gst::PadDirection::Src, gst::PadPresence::Always, &caps)
                    .expect("a template of constants"),
            ]
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for DemoSrc {
    fn fixate(&self, mut caps: gst::Caps) -> gst::Caps {
        caps.truncate();
        if let Some(caps) = caps.make_mut().structure_mut(0) {
            caps.fixate_field_nearest_int("width", 1280);
            caps.fixate_field_nearest_int("height", 720);
            caps.fixate_field_nearest_fraction("framerate", gst::Fraction::new(30, 1));
        }
        self.parent_fixate(caps)
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(caps)
            .map_err(|_| gst::loggable_error!(gst::CAT_RUST, "not raw video: {caps}"))?;
        let pattern = lock(&self.settings).pattern;
        let background = Background::new(pattern, info.width() as usize, info.height() as usize);
        let mut state = lock(&self.state);
        state.picture = Some((info, background));
        state.next = None;
        Ok(())
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.pace.unlock();
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.pace.unlock_stop();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = State::default();
        Ok(())
    }
}

impl PushSrcImpl for DemoSrc {
    fn create(&self, _buffer: Option<&mut gst::BufferRef>) -> Result<CreateSuccess, gst::FlowError> {
        let mut state = lock(&self.state);
        let State { picture, next } = &mut *state;
        let (info, background) = picture.as_ref().ok_or(gst::FlowError::NotNegotiated)?;
        let rate = (info.fps().numer().max(1) as u64, info.fps().denom().max(1) as u64);
        let now = self.obj().current_running_time().unwrap_or_default();
        let frame_at = |time: gst::ClockTime| {
            (u128::from(time.nseconds()) * u128::from(rate.0) / (u128::from(rate.1) * 1_000_000_000)) as u64
        };
        let time_of = |frame: u64| {
            gst::ClockTime::from_nseconds(
                (u128::from(frame) * u128::from(rate.1) * 1_000_000_000 / u128::from(rate.0)) as u64,
            )
        };
        // Numbers follow the clock: after the machine stood still they go on with the frame of now.
        let frame = match *next {
            Some(next) if next + rate.0 / rate.1 > frame_at(now) => next,
            _ => frame_at(now) + 1,
        };
        *next = Some(frame + 1);
        let time = time_of(frame);
        // The picture is drawn ahead and handed over at its time, as a camera would.
        let buffer = draw(info, background, frame, time, time_of(frame + 1))?;
        drop(state);
        self.pace.wait(self.obj().upcast_ref(), time)?;
        Ok(CreateSuccess::NewBuffer(buffer))
    }
}

fn draw(
    info: &VideoInfo,
    background: &Background,
    frame: u64,
    time: gst::ClockTime,
    end: gst::ClockTime,
) -> Result<gst::Buffer, gst::FlowError> {
    let mut buffer = gst::Buffer::with_size(info.size()).map_err(|_| gst::FlowError::Error)?;
    {
        let buffer = buffer.get_mut().ok_or(gst::FlowError::Error)?;
        buffer.set_pts(time);
        buffer.set_duration(end - time);
        buffer.set_offset(frame);
        let mut target =
            VideoFrameRef::from_buffer_ref_writable(buffer, info).map_err(|_| gst::FlowError::Error)?;
        let strides: Vec<usize> = target.plane_stride().iter().map(|s| *s as usize).collect();
        let [y, u, v, _] = target.planes_data_mut();
        let planes = [(y, strides[0]), (u, strides[1]), (v, strides[2])];
        let number = (frame % u64::from(barcode::NUMBERS)) as u32;
        background.draw(planes, number, time.mseconds());
    }
    Ok(buffer)
}
