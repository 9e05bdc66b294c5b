//! Vocabulary of place: windows, transforms, reference systems, ground sample
//! distance, areas. No file is read or written here.

mod area;
mod cast;
mod crs;
mod gsd;
mod local;
mod transform;
mod window;

pub use area::{MU_M2, geodesic_area_m2, m2_to_mu};
pub use cast::{ceil_to_u32, floor_to_u32, round_to_u16, round_to_u32, to_f32};
pub use crs::{Crs, ToWgs84, Wgs84ToMap};
pub use gsd::{Gsd, geodesic_distance_m};
pub use local::LocalMetres;
pub use transform::GeoTransform;
pub use window::Window;
