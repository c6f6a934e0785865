//! What a process needs before its first pipeline.

use crate::Error;
use gstreamer as gst;

/// Elements without which nothing works, and the Debian package that brings each.
const ELEMENTS: &[(&str, &str)] = &[
    ("appsrc", "gstreamer1.0-plugins-base"),
    ("videoconvert", "gstreamer1.0-plugins-base"),
    ("audioresample", "gstreamer1.0-plugins-base"),
    ("opusenc", "gstreamer1.0-plugins-base"),
    ("opusdec", "gstreamer1.0-plugins-base"),
    ("textoverlay", "gstreamer1.0-x"),
    ("jpegenc", "gstreamer1.0-plugins-good"),
    ("rtpbin", "gstreamer1.0-plugins-good"),
    ("rtph264pay", "gstreamer1.0-plugins-good"),
    ("vp8dec", "gstreamer1.0-plugins-good"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("webrtcbin", "gstreamer1.0-plugins-bad"),
    ("dtlsdec", "gstreamer1.0-plugins-bad"),
    ("srtpdec", "gstreamer1.0-plugins-bad"),
    ("nicesrc", "gstreamer1.0-nice"),
    ("x264enc", "gstreamer1.0-plugins-ugly"),
    ("avdec_h264", "gstreamer1.0-libav"),
    ("avenc_aac", "gstreamer1.0-libav"),
];

/// A viewer takes about 24 descriptors: this many are enough for hundreds of them.
const DESCRIPTORS: u64 = 65_536;

/// Starts GStreamer, makes our own elements known, raises the limit of open files and looks that every element
/// needed is there. May be called again.
///
/// # Errors
/// [`Error::Missing`] names elements and packages.
pub fn init() -> Result<(), Error> {
    gst::init().map_err(|error| Error::Init(error.to_string()))?;
    regie_gst_plugins::register()?;
    gstfmp4::plugin_register_static().map_err(|error| Error::Init(error.to_string()))?;
    raise_descriptors();
    missing()
}

fn missing() -> Result<(), Error> {
    let missing: Vec<_> = ELEMENTS
        .iter()
        .filter(|(name, _)| gst::ElementFactory::find(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let elements: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    let mut packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    packages.dedup();
    Err(Error::Missing {
        elements: elements.join(", "),
        packages: packages.join(" "),
    })
}

#[cfg(unix)]
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit
        .maximum
        .map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < most) {
        let wanted = Rlimit {
            current: Some(most),
            maximum: limit.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, wanted) {
            tracing::warn!(%error, "the limit of open files stays as it is");
        }
    }
}

#[cfg(not(unix))]
fn raise_descriptors() {}
