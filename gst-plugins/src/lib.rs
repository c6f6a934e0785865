//! Our own GStreamer elements: `regiedemosrc` (moving, frame-numbered pictures) and `regiedemotone` (the sound that
//! belongs to them).
//!
//! Inside Régie they are registered by [`register`]; as a plugin:
//!
//! ```text
//! cargo build --package regie-gst-plugins
//! GST_PLUGIN_PATH=target/debug gst-launch-1.0 regiedemosrc pattern=2 ! videoconvert ! autovideosink
//! ```

pub mod barcode;
pub mod demosrc;
pub mod demotone;
mod pace;

/// What `plugin_define!` makes: the plugin's entry points.
#[allow(missing_docs)]
mod plugin {
    use gst::glib;
    use gstreamer as gst;

    fn init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
        crate::demosrc::register(plugin)?;
        crate::demotone::register(plugin)
    }

    // GStreamer finds the entry point by the library's file name.
    gst::plugin_define!(
        regie_gst_plugins,
        "Elements of Régie, the live-event control room",
        init,
        env!("CARGO_PKG_VERSION"),
        "MIT/X11",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_NAME"),
        "https://example.invalid/regie",
        "2026-11-21"
    );
}

/// Makes the elements known to this process, with no plugin file. GStreamer must have been initialised.
///
/// # Errors
/// Where GStreamer refuses the registration.
pub fn register() -> Result<(), glib::BoolError> {
    plugin::plugin_register_static()
}
