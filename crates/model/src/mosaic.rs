//! The multiview's geometry: one mosaic picture, the same numbers for the mixer that draws it and for the
//! page that lays labels over it.

use crate::SourceId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where everything stands in the multiview picture. Pixels, origin at the top left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Mosaic {
    /// Width of the whole picture.
    pub width: u32,
    /// Height of the whole picture.
    pub height: u32,
    /// Preview, program, then the sources in their order.
    pub tiles: Vec<Tile>,
}

/// One picture of the mosaic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Tile {
    /// What it shows.
    pub of: TileOf,
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What a tile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum TileOf {
    /// The scene prepared.
    Preview,
    /// The scene on air.
    Program,
    /// One source.
    Source {
        /// Which.
        id: SourceId,
    },
}

impl Mosaic {
    /// Preview and program side by side on top, the sources below: four across up to eight of them, six
    /// across beyond.
    pub fn of(sources: &[SourceId]) -> Self {
        const WIDTH: u32 = 1280;
        const HEIGHT: u32 = 720;
        let (columns, width, height) = if sources.len() <= 8 {
            (4, 320, 180)
        } else {
            (6, 212, 120)
        };
        let mut tiles = vec![
            Tile {
                of: TileOf::Preview,
                x: 0,
                y: 0,
                width: WIDTH / 2,
                height: HEIGHT / 2,
            },
            Tile {
                of: TileOf::Program,
                x: WIDTH / 2,
                y: 0,
                width: WIDTH / 2,
                height: HEIGHT / 2,
            },
        ];
        tiles.extend(sources.iter().zip(0u32..).map(|(id, n)| Tile {
            of: TileOf::Source { id: *id },
            x: n % columns * width,
            y: HEIGHT / 2 + n / columns * height,
            width,
            height,
        }));
        Self {
            width: WIDTH,
            height: HEIGHT,
            tiles,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_is_inside_and_alone() {
        for count in 0..=crate::SLOTS as u32 {
            let ids: Vec<_> = (0..count).map(SourceId).collect();
            let mosaic = Mosaic::of(&ids);
            assert_eq!(mosaic.tiles.len(), ids.len() + 2);
            for (n, a) in mosaic.tiles.iter().enumerate() {
                assert!(
                    a.x + a.width <= mosaic.width && a.y + a.height <= mosaic.height,
                    "{count}: {a:?}"
                );
                for b in &mosaic.tiles[n + 1..] {
                    let apart = a.x + a.width <= b.x
                        || b.x + b.width <= a.x
                        || a.y + a.height <= b.y
                        || b.y + b.height <= a.y;
                    assert!(apart, "{count}: {a:?} covers {b:?}");
                }
            }
        }
    }
}
