//! Drawing: pictures put on a picture. I420 throughout; one painter belongs to one thread.

use super::layout::Rect;
use super::pixels;
use crate::Error;
use crate::slot::Frame;
use gst::prelude::*;
use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoFormat, VideoFrameRef, VideoInfo};
use gstreamer as gst;
use gstreamer_video as gst_video;

/// Scalers are kept for their next picture; more than this many are only met while scenes change.
const CONVERTERS: usize = 48;

/// Draws on pictures of one size.
pub struct Painter {
    info: VideoInfo,
    pool: gst::BufferPool,
    black: gst::Buffer,
    converters: Vec<Converter>,
    trouble: Option<String>,
}

/// Scales and converts into a picture of its own: GStreamer's converter writes whole rows of what it is given, the
/// neighbours of a rectangle included.
struct Converter {
    from: VideoInfo,
    to: VideoInfo,
    picture: gst::Buffer,
    inner: gst_video::VideoConverter,
}

impl Painter {
    /// For pictures like `info`, which is I420.
    ///
    /// # Errors
    /// Where memory is short.
    pub fn new(info: VideoInfo) -> Result<Self, Error> {
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        let caps = info.to_caps()?;
        // At least the few that are in flight; as many as an encoder holds.
        config.set_params(Some(&caps), info.size() as u32, 4, 0);
        pool.set_config(config)?;
        pool.set_active(true)?;
        let pool = pool.upcast::<gst::BufferPool>();
        let mut black = gst::Buffer::with_size(info.size())?;
        blacken(black.make_mut(), &info)?;
        let (converters, trouble) = (Vec::new(), None);
        Ok(Self {
            info,
            pool,
            black,
            converters,
            trouble,
        })
    }

    /// The format drawn in.
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// A picture with these frames at these places, back to front, black between them. Where one frame is the
    /// whole picture as it is, its memory is shared and nothing is copied.
    pub fn compose(&mut self, placed: &[(Frame, Rect)]) -> Result<gst::Buffer, Error> {
        let whole = Rect::whole(self.info.width(), self.info.height());
        // What a covering frame hides is not drawn.
        let first = placed.iter().rposition(|(_, rect)| rect.covers(&whole));
        let placed = &placed[first.unwrap_or(0)..];
        match placed {
            [] => return Ok(share(&self.black)),
            [(frame, rect)]
                if *rect == whole
                    && same_size(&frame.info, &self.info)
                    && same_colours(&frame.info, &self.info) =>
            {
                return Ok(share(&frame.buffer));
            }
            _ => {}
        }
        let mut buffer = self.fresh()?;
        if first.is_none() {
            blacken(buffer.make_mut(), &self.info)?;
        }
        for (frame, rect) in placed {
            self.place(buffer.make_mut(), frame, *rect)?;
        }
        Ok(buffer)
    }

    /// Draws one frame like [`Self::draw`]; where that cannot be, its place is black and the others stand: one
    /// bad source must not stop the picture.
    pub fn place(&mut self, on: &mut gst::BufferRef, frame: &Frame, rect: Rect) -> Result<(), Error> {
        let Err(error) = self.draw(on, frame, rect) else {
            return Ok(());
        };
        self.trouble = Some(error.to_string());
        self.clear(on, rect)
    }

    /// Why a frame could not be drawn since this was asked last.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Draws one frame onto a picture of this painter's size, filling the rectangle.
    pub fn draw(&mut self, on: &mut gst::BufferRef, frame: &Frame, rect: Rect) -> Result<(), Error> {
        let from = VideoFrameRef::from_buffer_ref_readable(&frame.buffer, &frame.info)?;
        let mut to = VideoFrameRef::from_buffer_ref_writable(on, &self.info)?;
        let factor = whole_factor(&frame.info, rect).filter(|_| same_colours(&frame.info, &self.info));
        let Some(factor) = factor else {
            return self.convert(&from, &mut to, rect);
        };
        set(&from, &mut to, rect, factor)
    }

    /// Fills a rectangle with black.
    pub fn clear(&self, on: &mut gst::BufferRef, rect: Rect) -> Result<(), Error> {
        let mut to = VideoFrameRef::from_buffer_ref_writable(on, &self.info)?;
        for (plane, shift, value) in [(0, 0, 16), (1, 1, 128), (2, 1, 128)] {
            let stride = stride_mut(&to, plane);
            let at = (rect.x as usize >> shift, rect.y as usize >> shift);
            let size = ((rect.width >> shift) as usize, (rect.height >> shift) as usize);
            pixels::fill((to.plane_data_mut(plane)?, stride), at, size, value);
        }
        Ok(())
    }

    /// Lays `alpha` of the second picture over the first.
    pub fn lay(&self, under: &gst::Buffer, over: &gst::Buffer, alpha: f64) -> Result<gst::Buffer, Error> {
        let part = (alpha.clamp(0.0, 1.0) * 256.0).round() as u16;
        let mut buffer = self.fresh()?;
        {
            let a = VideoFrameRef::from_buffer_ref_readable(under, &self.info)?;
            let b = VideoFrameRef::from_buffer_ref_readable(over, &self.info)?;
            let mut to = VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &self.info)?;
            for (plane, shift) in [(0, 0), (1, 1), (2, 1)] {
                let stride_to = stride_mut(&to, plane);
                let size = (
                    (self.info.width() >> shift) as usize,
                    (self.info.height() >> shift) as usize,
                );
                let first = (a.plane_data(plane)?, stride(&a, plane));
                let second = (b.plane_data(plane)?, stride(&b, plane));
                pixels::mix(first, second, (to.plane_data_mut(plane)?, stride_to), size, part);
            }
        }
        Ok(buffer)
    }

    /// A picture of this size with anything in it.
    pub fn fresh(&self) -> Result<gst::Buffer, Error> {
        self.pool
            .acquire_buffer(None)
            .map_err(|flow| gst::glib::bool_error!("no memory for a picture: {flow:?}").into())
    }

    fn convert(
        &mut self,
        from: &VideoFrameRef<&gst::BufferRef>,
        to: &mut VideoFrameRef<&mut gst::BufferRef>,
        rect: Rect,
    ) -> Result<(), Error> {
        let known = |c: &Converter| {
            (c.to.width(), c.to.height()) == (rect.width, rect.height) && c.from == *from.info()
        };
        let at = match self.converters.iter().position(known) {
            Some(at) => at,
            None => {
                if self.converters.len() >= CONVERTERS {
                    self.converters.remove(0);
                }
                self.converters
                    .push(Converter::new(from.info(), &self.info, rect)?);
                self.converters.len() - 1
            }
        };
        let Converter {
            to: info,
            picture,
            inner,
            ..
        } = &mut self.converters[at];
        let mut converted = VideoFrameRef::from_buffer_ref_writable(picture.make_mut(), info)?;
        inner.frame_ref(from, &mut converted);
        drop(converted);
        let converted = VideoFrameRef::from_buffer_ref_readable(picture, info)?;
        set(&converted, to, rect, 1)
    }
}

/// Puts a picture that is `factor` times as large as the rectangle into it.
fn set(
    from: &VideoFrameRef<&gst::BufferRef>,
    to: &mut VideoFrameRef<&mut gst::BufferRef>,
    rect: Rect,
    factor: usize,
) -> Result<(), Error> {
    for (plane, shift) in [(0, 0), (1, 1), (2, 1)] {
        let strides = (stride(from, plane), stride_mut(to, plane));
        let size = ((rect.width >> shift) as usize, (rect.height >> shift) as usize);
        let start = (rect.y as usize >> shift) * strides.1 + (rect.x as usize >> shift);
        let source = (from.plane_data(plane)?, strides.0);
        let target = (&mut to.plane_data_mut(plane)?[start..], strides.1);
        match factor {
            1 => pixels::copy(source, target, size),
            factor => pixels::shrink(source, target, size, factor),
        }
    }
    Ok(())
}

impl Converter {
    fn new(from: &VideoInfo, on: &VideoInfo, place: Rect) -> Result<Self, Error> {
        let to = VideoInfo::builder(on.format(), place.width, place.height)
            .colorimetry(&on.colorimetry())
            .chroma_site(on.chroma_site())
            .fps(on.fps())
            .build()?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
        config.set_chroma_resampler_method(gst_video::VideoResamplerMethod::Linear);
        if same_colours(from, &to) {
            config.set_matrix_mode(gst_video::VideoMatrixMode::None);
        }
        // A converter refuses two frame rates. A phone's pictures have one of their own or none at all (VP8); which
        // of them is drawn is not this one's business.
        let plain = VideoInfo::builder(from.format(), from.width(), from.height())
            .colorimetry(&from.colorimetry())
            .chroma_site(from.chroma_site())
            .fps(to.fps())
            .build()?;
        let inner = gst_video::VideoConverter::new(&plain, &to, Some(config))?;
        let picture = gst::Buffer::with_size(to.size())?;
        let from = from.clone();
        Ok(Self {
            from,
            to,
            picture,
            inner,
        })
    }
}

/// The same memory under another header: timestamps can be set and the owner's pool waits for the last of them.
fn share(buffer: &gst::Buffer) -> gst::Buffer {
    let mut copy = buffer.copy();
    gst::ParentBufferMeta::add(copy.make_mut(), buffer);
    copy
}

fn same_size(a: &VideoInfo, b: &VideoInfo) -> bool {
    (a.width(), a.height()) == (b.width(), b.height())
}

/// Whether samples mean the same colour. Primaries and transfer are left as they are: phones write anything there.
fn same_colours(a: &VideoInfo, b: &VideoInfo) -> bool {
    let (x, y) = (a.colorimetry(), b.colorimetry());
    let matrix = |m: VideoColorMatrix| {
        if m == VideoColorMatrix::Unknown {
            y.matrix()
        } else {
            m
        }
    };
    a.format() == VideoFormat::I420
        && b.format() == VideoFormat::I420
        && x.range() == y.range()
        && matrix(x.matrix()) == y.matrix()
}

/// The factor by which a picture is larger than its place in both directions, where that is 1, 2 or 4.
fn whole_factor(info: &VideoInfo, rect: Rect) -> Option<usize> {
    [1u32, 2, 4]
        .into_iter()
        .find(|f| info.width() == rect.width * f && info.height() == rect.height * f)
        .map(|f| f as usize)
}

fn stride(frame: &VideoFrameRef<&gst::BufferRef>, plane: u32) -> usize {
    frame.plane_stride()[plane as usize].unsigned_abs() as usize
}

fn stride_mut(frame: &VideoFrameRef<&mut gst::BufferRef>, plane: u32) -> usize {
    frame.plane_stride()[plane as usize].unsigned_abs() as usize
}

fn blacken(buffer: &mut gst::BufferRef, info: &VideoInfo) -> Result<(), Error> {
    let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, info)?;
    for (plane, value) in [(0, 16), (1, 128), (2, 128)] {
        frame.plane_data_mut(plane)?.fill(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(width: u32, height: u32, colours: &str) -> VideoInfo {
        VideoInfo::builder(VideoFormat::I420, width, height)
            .colorimetry(&colours.parse().unwrap())
            .build()
            .unwrap()
    }

    /// A picture whose every sample is `luma`, drawn by way of a converter since its colours or size differ.
    fn frame(info: VideoInfo, luma: u8) -> Frame {
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        let mut planes = VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &info).unwrap();
        for (plane, value) in [(0, luma), (1, 128), (2, 128)] {
            planes.plane_data_mut(plane).unwrap().fill(value);
        }
        drop(planes);
        Frame { buffer, info }
    }

    #[test]
    fn a_converted_frame_stays_in_its_place() {
        gst::init().unwrap();
        for source in [info(640, 360, "bt601"), info(300, 200, "bt709")] {
            let mut painter = Painter::new(info(640, 360, "bt709")).unwrap();
            let mut picture = painter.compose(&[]).unwrap();
            let rect = Rect {
                x: 160,
                y: 90,
                width: 160,
                height: 90,
            };
            painter
                .draw(picture.make_mut(), &frame(source, 200), rect)
                .unwrap();
            let drawn = VideoFrameRef::from_buffer_ref_readable(&picture, painter.info()).unwrap();
            let stride = stride(&drawn, 0);
            for (at, sample) in drawn.plane_data(0).unwrap().iter().enumerate() {
                let (x, y) = ((at % stride) as u32, (at / stride) as u32);
                let inside = (160..320).contains(&x) && (90..180).contains(&y);
                let expected = if inside { 200 } else { 16 };
                assert!(x >= 640 || sample.abs_diff(expected) <= 1, "{sample} at {x}, {y}");
            }
        }
    }
}
