//! Scenes: which sources, where. And how one scene follows another.

use crate::SourceId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which sources, where. A box with no source is black.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Scene {
    /// How the boxes stand.
    pub layout: Layout,
    /// What fills each box, in the layout's order. A scene has exactly `layout.boxes()` of them.
    pub sources: Vec<Option<SourceId>>,
}

/// How the boxes of a scene stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Layout {
    /// One source fills the frame.
    Full,
    /// Two sources, left and right, each half as wide as the frame.
    SideBySide,
}

/// A rectangle in fractions of the frame, `0.0..=1.0`, origin at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Region {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Layout {
    /// The boxes, back to front. Side by side keeps 16:9 boxes, centred in height.
    pub fn regions(self) -> &'static [Region] {
        const FULL: [Region; 1] = [Region {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        }];
        const SIDE_BY_SIDE: [Region; 2] = [
            Region {
                x: 0.0,
                y: 0.25,
                width: 0.5,
                height: 0.5,
            },
            Region {
                x: 0.5,
                y: 0.25,
                width: 0.5,
                height: 0.5,
            },
        ];
        match self {
            Layout::Full => &FULL,
            Layout::SideBySide => &SIDE_BY_SIDE,
        }
    }

    /// How many sources the layout takes.
    pub fn boxes(self) -> usize {
        self.regions().len()
    }
}

impl Scene {
    /// Black: the full layout with nothing in it.
    pub fn black() -> Self {
        Self {
            layout: Layout::Full,
            sources: vec![None],
        }
    }

    /// One source, full frame.
    pub fn full(source: SourceId) -> Self {
        Self {
            layout: Layout::Full,
            sources: vec![Some(source)],
        }
    }

    /// Two sources side by side.
    pub fn side_by_side(left: SourceId, right: SourceId) -> Self {
        Self {
            layout: Layout::SideBySide,
            sources: vec![Some(left), Some(right)],
        }
    }

    /// Whether this source stands in the scene.
    pub fn shows(&self, source: SourceId) -> bool {
        self.sources.contains(&Some(source))
    }

    /// Each box that has a source, back to front.
    pub fn placed(&self) -> impl Iterator<Item = (SourceId, Region)> + '_ {
        self.sources
            .iter()
            .zip(self.layout.regions())
            .filter_map(|(source, region)| Some(((*source)?, *region)))
    }
}

/// What a source is now. Program wins over preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Tally {
    /// Not in use.
    Off,
    /// In the scene prepared.
    Preview,
    /// On air.
    Program,
}

/// How preview becomes program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Transition {
    /// On the next frame.
    Cut,
    /// A dissolve.
    Mix {
        /// How long, 40 to 10 000 ms.
        duration_ms: u32,
    },
}
