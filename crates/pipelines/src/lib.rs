//! GStreamer: sources, mixer, multiview, outputs.
