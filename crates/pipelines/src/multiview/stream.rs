//! Encoded pictures of the multiview on their way to readers.

use crate::clock;
use bytes::Bytes;
use gstreamer as gst;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};

/// Pictures that a reader may be behind before it loses some: a tenth of a second.
const BEHIND: usize = 3;

/// How the multiview is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MultiviewCodec {
    /// Constrained baseline, Annex B, one access unit per frame.
    H264,
    /// Full range, each frame a whole picture.
    Jpeg,
}

/// One encoded picture of the multiview.
#[derive(Clone, Debug)]
pub struct MultiviewFrame {
    /// The picture.
    pub data: Bytes,
    /// Whether it can be decoded by itself.
    pub key: bool,
    /// When the mixer produced it: wall clock, microseconds since 1970.
    pub at_us: u64,
}

/// One codec's pictures.
pub(crate) struct Channel {
    codec: MultiviewCodec,
    frames: broadcast::Sender<Arc<MultiviewFrame>>,
    ended: watch::Sender<bool>,
    readers: AtomicU32,
    keyframe: AtomicBool,
}

/// A reader of the multiview; while it lives, the multiview is drawn and encoded.
pub struct MultiviewStream {
    channel: Arc<Channel>,
    frames: broadcast::Receiver<Arc<MultiviewFrame>>,
    ended: watch::Receiver<bool>,
    /// Whether pictures were lost (or none was seen yet), so that only a keyframe helps.
    lost: bool,
}

impl Channel {
    pub fn new(codec: MultiviewCodec) -> Self {
        Self {
            codec,
            frames: broadcast::Sender::new(BEHIND),
            ended: watch::Sender::new(false),
            readers: AtomicU32::new(0),
            keyframe: AtomicBool::new(false),
        }
    }

    pub fn codec(&self) -> MultiviewCodec {
        self.codec
    }

    pub fn readers(&self) -> u32 {
        self.readers.load(Ordering::Acquire)
    }

    /// Whether a reader needs a keyframe; asking clears it.
    pub fn take_keyframe_wish(&self) -> bool {
        self.keyframe.swap(false, Ordering::AcqRel)
    }

    /// Hands one encoded sample to every reader.
    pub fn give(&self, sample: &gst::Sample) {
        let Some(buffer) = sample.buffer() else { return };
        let Ok(map) = buffer.map_readable() else { return };
        let key =
            self.codec == MultiviewCodec::Jpeg || !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let frame = MultiviewFrame {
            data: Bytes::copy_from_slice(&map),
            key,
            at_us: clock::wall_us(buffer.pts().unwrap_or_else(clock::now)),
        };
        // No reader is left: the encoder is about to end.
        let _ = self.frames.send(Arc::new(frame));
    }

    /// Ends every stream.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

impl MultiviewStream {
    pub(crate) fn new(channel: Arc<Channel>) -> Self {
        channel.readers.fetch_add(1, Ordering::AcqRel);
        channel.keyframe.store(true, Ordering::Release);
        Self {
            frames: channel.frames.subscribe(),
            ended: channel.ended.subscribe(),
            channel,
            lost: true,
        }
    }

    /// How the pictures are encoded.
    pub fn codec(&self) -> MultiviewCodec {
        self.channel.codec
    }

    /// The next picture: the newest one for JPEG, the next in order for H.264, a keyframe after any loss. `None`
    /// once the studio was stopped. May be dropped in mid-wait without losing a picture.
    pub async fn next(&mut self) -> Option<Arc<MultiviewFrame>> {
        loop {
            if *self.ended.borrow() {
                return None;
            }
            let received = tokio::select! {
                received = self.frames.recv() => received,
                changed = self.ended.changed() => {
                    changed.ok()?;
                    continue;
                }
            };
            match received {
                Ok(frame) => {
                    if let Some(frame) = self.take(frame) {
                        return Some(frame);
                    }
                }
                Err(RecvError::Lagged(_)) => self.lose(),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn take(&mut self, frame: Arc<MultiviewFrame>) -> Option<Arc<MultiviewFrame>> {
        if self.codec() == MultiviewCodec::Jpeg {
            let mut newest = frame;
            loop {
                match self.frames.try_recv() {
                    Ok(newer) => newest = newer,
                    Err(TryRecvError::Lagged(_)) => {}
                    Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(newest),
                }
            }
        }
        if self.lost && !frame.key {
            return None;
        }
        self.lost = false;
        Some(frame)
    }

    fn lose(&mut self) {
        self.lost = true;
        if self.codec() == MultiviewCodec::H264 {
            self.channel.keyframe.store(true, Ordering::Release);
        }
    }
}

impl Drop for MultiviewStream {
    fn drop(&mut self) {
        self.channel.readers.fetch_sub(1, Ordering::AcqRel);
    }
}
