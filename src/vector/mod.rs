//! All reading and writing of vector layers; the only place that knows
//! GeoPackage from PostGIS.
//! It knows layers, rows and styles, never what they mean.

mod features;
mod form;
pub mod geopackage;
mod layer;
mod places;
mod read;
mod shapefile;
mod store;
mod style;
mod thread_options;
mod wkb;

pub use features::{LayerFeature, read_features, read_table, shape_from_wkt};
pub use form::{Form, FormDefault, FormField, FormItem, Widget};
pub use layer::{Field, FieldKind, GeometryKind, Layer, Row, Shape, Value};
pub use places::{FeatureShape, PlacedFeature, PlacedFeatures, read_places, repaired};
pub use read::{PolygonFeature, read_polygons};
pub use store::{Change, Filter, Store, StoreTarget, StoredRow, StoredShape, Table};
pub use style::{
    ClassColor, LayerStyle, Symbols, categorized_points, categorized_polygons, plain_polygons,
    with_form,
};
