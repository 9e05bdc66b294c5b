//! Vocabulary of place: windows, transforms, reference systems, ground sample
//! distance, areas, and the forms in which coordinates are written. No file is read
//! or written here.

mod area;
mod bd09;
mod bounds;
mod cast;
mod crs;
mod dms;
mod forms;
mod gauss_kruger;
mod gcj02;
mod gsd;
mod local;
mod pixel_ground;
mod place;
mod placement;
mod same_plot;
mod transform;
mod union;
mod window;
mod written_angle;

#[cfg(test)]
mod coordinate_tests;

pub use area::{MU_M2, geodesic_area_m2, m2_to_mu};
pub use bd09::{bd09_to_gcj02, bd09_to_wgs84, gcj02_to_bd09, wgs84_to_bd09};
pub use bounds::around;
pub use cast::{ceil_to_u32, floor_to_u32, round_to_u16, round_to_u32, to_f32};
pub use crs::{Crs, ToWgs84, Wgs84ToMap};
pub use dms::{Axis, Dms};
pub use forms::{CoordinateForms, FormKind, PrintedForm};
pub use gauss_kruger::{
    Cgcs2000Zone, EastingForm, GaussKrugerPlace, ZoneProjector, ZoneProjectors,
};
pub use gcj02::{gcj02_to_wgs84, wgs84_to_gcj02};
pub use gsd::{Gsd, geodesic_distance_m};
pub use local::LocalMetres;
pub use pixel_ground::PixelGround;
pub use place::{Bd09Place, Gcj02Place, Wgs84Place};
pub use placement::{GridPlacement, Placement};
pub use same_plot::{Overlap, PlotIndex, SAME_IOU, SeenPlot, pair, pair_with};
pub use transform::GeoTransform;
pub use union::union;
pub use window::Window;
pub use written_angle::parse_angle;
