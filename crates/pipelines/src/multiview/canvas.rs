//! The mosaic's picture. It stays between ticks, and only what changed is drawn.

use crate::Error;
use crate::mixer::layout::Rect;
use crate::mixer::paint::Painter;
use crate::mixer::{Latest, Mixer};
use crate::slot::Frame;
use gst_video::VideoInfo;
use gstreamer as gst;
use gstreamer_video as gst_video;
use regie_model::{Mosaic, Scene, SourceId, Tile, TileOf};

/// See the module.
pub struct Canvas {
    painter: Painter,
    picture: gst::Buffer,
    /// What stands in each tile, in the order of the mosaic.
    drawn: Vec<Option<Drawn>>,
    tiles: Vec<Tile>,
}

/// What a tile was drawn from: where it is the same, nothing is to do.
#[derive(Clone, PartialEq)]
struct Drawn {
    from: Vec<(SourceId, Option<u64>)>,
    /// Where pictures stand: where this changes, the tile is cleared first.
    places: Vec<Rect>,
    scene: Option<Scene>,
}

impl Canvas {
    /// A black one.
    pub fn new(info: VideoInfo) -> Result<Self, Error> {
        let mut painter = Painter::new(info)?;
        let black = painter.compose(&[])?;
        let mut canvas = Self {
            picture: painter.fresh()?,
            painter,
            drawn: Vec::new(),
            tiles: Vec::new(),
        };
        canvas.copy(&black)?;
        Ok(canvas)
    }

    /// Brings the tiles up to date and gives a copy, its PTS that of program's picture.
    pub fn draw(
        &mut self,
        mixer: &Mixer,
        latest: &Latest,
        preview: &Scene,
        mosaic: &Mosaic,
    ) -> Result<gst::Buffer, Error> {
        if self.tiles != mosaic.tiles {
            let whole = self.whole();
            self.painter.clear(self.picture.make_mut(), whole)?;
            self.tiles.clone_from(&mosaic.tiles);
            self.drawn = vec![None; self.tiles.len()];
        }
        for n in 0..self.tiles.len() {
            let Some(rect) = self.inside(&self.tiles[n]) else {
                continue;
            };
            match self.tiles[n].of {
                TileOf::Program => self.program(latest, rect)?,
                TileOf::Preview => self.scene(n, mixer, preview, rect)?,
                TileOf::Source { id } => self.scene(n, mixer, &Scene::full(id), rect)?,
            }
        }
        let whole = self.whole();
        let info = self.painter.info().clone();
        let buffer = self.picture.clone();
        let mut copy = self.painter.fresh()?;
        self.painter
            .draw(copy.make_mut(), &Frame { buffer, info }, whole)?;
        let header = copy.make_mut();
        header.set_pts(latest.time);
        header.set_duration(latest.picture.buffer.duration());
        Ok(copy)
    }

    fn program(&mut self, latest: &Latest, rect: Rect) -> Result<(), Error> {
        let info = &latest.picture.info;
        let place = rect.fit((info.width(), info.height()));
        self.painter.draw(self.picture.make_mut(), &latest.picture, place)
    }

    fn scene(&mut self, n: usize, mixer: &Mixer, scene: &Scene, rect: Rect) -> Result<(), Error> {
        let from: Vec<_> = scene
            .placed()
            .map(|(source, _)| (source, mixer.shown(source).map(|(_, serial)| serial)))
            .collect();
        let same = |drawn: &Drawn| drawn.from == from && drawn.scene.as_ref() == Some(scene);
        if self.drawn[n].as_ref().is_some_and(same) {
            return Ok(());
        }
        let placed = mixer.placed(scene, rect);
        let places: Vec<_> = placed.iter().map(|(_, rect)| *rect).collect();
        if self.drawn[n].as_ref().is_none_or(|drawn| drawn.places != places) {
            self.painter.clear(self.picture.make_mut(), rect)?;
        }
        for (frame, place) in &placed {
            self.painter.place(self.picture.make_mut(), frame, *place)?;
        }
        self.drawn[n] = Some(Drawn {
            from,
            places,
            scene: Some(scene.clone()),
        });
        Ok(())
    }

    fn copy(&mut self, from: &gst::Buffer) -> Result<(), Error> {
        let info = self.painter.info().clone();
        let (buffer, whole) = (from.clone(), self.whole());
        self.painter
            .draw(self.picture.make_mut(), &Frame { buffer, info }, whole)
    }

    fn whole(&self) -> Rect {
        Rect::whole(self.painter.info().width(), self.painter.info().height())
    }

    /// The tile as far as it can be drawn: `None` where it is not inside.
    fn inside(&self, tile: &Tile) -> Option<Rect> {
        let rect = Rect {
            x: tile.x & !1,
            y: tile.y & !1,
            width: tile.width & !1,
            height: tile.height & !1,
        };
        let (right, bottom) = (rect.x.checked_add(rect.width)?, rect.y.checked_add(rect.height)?);
        let info = self.painter.info();
        let fits = rect.width >= 2 && rect.height >= 2 && right <= info.width() && bottom <= info.height();
        fits.then_some(rect)
    }
}
