//! A site of a campaign, and its way to and from a table.

use super::matching::Plot;
use super::tables::SITES;
use super::villages::Location;
use crate::vector::{Row, Shape, StoredRow, StoredShape, Value};
use geo::{MultiPolygon, Point};

/// Where a site stands in the work.
pub const CANDIDATE: &str = "candidate";
/// A site that went into another.
pub const MERGED: &str = "merged";
/// Nobody saw it before this round.
pub const NEW: &str = "new";
/// An earlier round found it, too.
pub const PERSISTING: &str = "persisting";

/// Relation of a link: the site went into the other.
pub const MERGED_INTO: &str = "merged_into";

/// A link: the site is what remains of a part of the other.
pub const SPLIT_FROM: &str = "split_from";

/// Relation of a link: the site once bore the other number.
pub const RENUMBERED: &str = "was_numbered";

/// A site of a campaign, as in its table.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns of the table say it")]
pub struct CampaignSite {
    pub fid: i64,
    pub site_id: String,
    pub uuid: String,
    pub status: String,
    pub relation: String,
    pub class: String,
    pub prob: f64,
    pub point: Point<f64>,
    pub pos_err_m: f64,
    pub area_m2: f64,
    pub gsd_cm: Option<f64>,
    pub n_detections: i64,
    pub src_image: String,
    pub src_sha256: String,
    pub capture_time: String,
    pub run_id: String,
    pub model: String,
    pub times_seen: i64,
    pub xzqdm: String,
    pub county: String,
    pub town: String,
    pub village: String,
    pub group: String,
    pub border_m: Option<f64>,
    pub border_unit: String,
    pub grade: String,
    pub priority: Option<f64>,
    pub listing: String,
    pub setting: String,
    pub reasons: String,
    pub outline: MultiPolygon<f64>,
}

impl CampaignSite {
    /// A row of the table `sites`.
    #[must_use]
    pub fn from_row(row: StoredRow) -> Self {
        let real = |name: &str| row.real(name).unwrap_or(f64::NAN);
        let integer = |name: &str| row.integer(name).unwrap_or(0);
        Self {
            fid: row.fid,
            site_id: row.text("site_id"),
            uuid: row.text("uuid"),
            status: row.text("status"),
            relation: row.text("relation"),
            class: row.text("class"),
            prob: real("prob"),
            point: Point::new(real("lon"), real("lat")),
            pos_err_m: real("pos_err_m"),
            area_m2: real("area_m2"),
            gsd_cm: row.real("gsd_cm"),
            n_detections: integer("n_detections"),
            src_image: row.text("src_image"),
            src_sha256: row.text("src_sha256"),
            capture_time: row.text("capture_time"),
            run_id: row.text("run_id"),
            model: row.text("model"),
            times_seen: integer("times_seen"),
            xzqdm: row.text("xzqdm"),
            county: row.text("county"),
            town: row.text("town"),
            village: row.text("village"),
            group: row.text("grp"),
            border_m: row.real("border_m"),
            border_unit: row.text("border_unit"),
            grade: row.text("grade"),
            priority: row.real("priority"),
            listing: row.text("listing"),
            setting: row.text("setting"),
            reasons: row.text("reasons"),
            outline: row
                .shape
                .map_or_else(|| MultiPolygon::new(vec![]), StoredShape::into_area),
        }
    }

    /// The row for the table `sites`.
    #[must_use]
    pub fn to_row(&self) -> Row<'_> {
        let real = |value: Option<f64>| value.map_or(Value::Null, Value::Real);
        let values = vec![
            self.site_id.as_str().into(),
            self.uuid.as_str().into(),
            self.status.as_str().into(),
            self.relation.as_str().into(),
            self.class.as_str().into(),
            self.prob.into(),
            self.point.x().into(),
            self.point.y().into(),
            self.pos_err_m.into(),
            self.area_m2.into(),
            real(self.gsd_cm),
            Value::Integer(self.n_detections),
            self.src_image.as_str().into(),
            self.src_sha256.as_str().into(),
            self.capture_time.as_str().into(),
            self.run_id.as_str().into(),
            self.model.as_str().into(),
            Value::Integer(self.times_seen),
            self.xzqdm.as_str().into(),
            self.county.as_str().into(),
            self.town.as_str().into(),
            self.village.as_str().into(),
            self.group.as_str().into(),
            real(self.border_m),
            self.border_unit.as_str().into(),
            self.grade.as_str().into(),
            real(self.priority),
            self.listing.as_str().into(),
            self.setting.as_str().into(),
            self.reasons.as_str().into(),
        ];
        debug_assert_eq!(values.len(), SITES.fields.len());
        Row {
            shape: Shape::MultiPolygon(&self.outline),
            values,
        }
    }

    /// Puts it where it was found to lie; outside of all units only the county is known.
    pub(super) fn lie_in(&mut self, location: Option<Location>, county: &str) {
        self.border_m = location.as_ref().map(|place| place.border_m);
        let place = location.unwrap_or_default();
        self.county = if place.county.is_empty() {
            county.to_owned()
        } else {
            place.county
        };
        self.xzqdm = place.xzqdm;
        self.town = place.town;
        self.village = place.village;
        self.group = place.group;
        self.border_unit = place.border_unit;
    }

    /// The plot as it was seen.
    #[must_use]
    pub fn plot(&self) -> Plot<'_> {
        Plot::of(&self.outline, self.point, self.pos_err_m, &self.class)
    }
}
