//! What a field pack says: the tasks of a round in the order in which they are walked. Every
//! format of the pack is written from this one list.

use crate::campaign::Lang;
use crate::georef::{CoordinateForms, Wgs84Place};
use geo::{LineString, MultiPolygon, Point, Polygon};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything a pack says, apart from the maps around the sites.
#[derive(Debug, Clone)]
pub struct FieldPack {
    /// What stands on every page.
    pub facts: PackFacts,
    /// The villages that have a task, in the order of their codes; those without a village last.
    pub villages: Vec<Arc<Village>>,
    /// The tasks: village by village in the order of `villages`, and within a village by team, day
    /// and stop. `seq` counts them from 1.
    pub tasks: Vec<FieldTask>,
    /// A day's walk of each team, by team and day.
    pub routes: Vec<TeamDay>,
}

/// What is the same for the whole pack.
#[derive(Debug, Clone)]
pub struct PackFacts {
    /// The campaign's name, such as `天目-26`.
    pub campaign: String,
    /// The year.
    pub year: i32,
    /// The round within the year, from 1.
    pub round: u32,
    /// The county's name; empty where it is unknown.
    pub county: String,
    /// The county's code, 6 digits.
    pub county_code: String,
    /// The day the tasks are given out, `2026-05-04`. The only date in the pack: never the clock.
    pub date: String,
    /// The language.
    pub lang: Lang,
    /// `tianmu 0.1.0`.
    pub program: String,
    /// Lines that every reader of the pack must see: what was not computed, what was left out.
    pub notes: Vec<String>,
}

impl PackFacts {
    /// `2026-05-04T00:00:00.000Z`, for files that ask for a time.
    #[must_use]
    pub fn timestamp(&self) -> String {
        format!("{}T00:00:00.000Z", self.date)
    }
}

/// A village and the units above it. Names are empty where they are unknown.
#[expect(clippy::struct_field_names, reason = "it is the village's name")]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Village {
    /// 12 digits; empty for ground outside of every village.
    pub code: String,
    /// County.
    pub county: String,
    /// Town or township.
    pub town: String,
    /// Village.
    pub village: String,
}

/// Why a place is visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskKind {
    /// A lead, for its grade.
    Lead,
    /// A lead of low grade, drawn by lot, so that recall can be known.
    ControlLow,
    /// A place where the model saw nothing, drawn by lot.
    ControlRandom,
}

impl TaskKind {
    /// The name in the campaign, never changed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::ControlLow => "control_low",
            Self::ControlRandom => "control_random",
        }
    }
}

/// The list a task stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// The main list.
    Main,
    /// Ground with a licence for the crop: `legal_crop?`, looked at but listed apart.
    LegalCrop,
    /// So near a border that the other unit must be asked, too.
    NearBorder,
    /// Drawn by lot.
    Control,
}

impl Listing {
    /// The name in the campaign, never changed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::LegalCrop => "legal_crop",
            Self::NearBorder => "near_border",
            Self::Control => "control",
        }
    }
}

/// How urgent a lead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Priority 70 and more.
    A,
    /// Priority 40 and more.
    B,
    /// The rest.
    C,
}

impl Grade {
    /// `A`, `B` or `C`.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// What kind of ground a site lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// On a roof.
    Roof,
    /// In a greenhouse.
    Greenhouse,
    /// By a house: a yard, or in front of and behind it. Entering needs its own legal paper.
    Courtyard,
    /// A clearing ringed by forest.
    Clearing,
    /// In forest.
    Forest,
    /// By water.
    Waterside,
    /// Anything else.
    Open,
    /// Not known, as the layers are missing.
    Unknown,
}

impl Setting {
    /// The machine name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Roof => "roof",
            Self::Greenhouse => "greenhouse",
            Self::Courtyard => "courtyard",
            Self::Clearing => "clearing",
            Self::Forest => "forest",
            Self::Waterside => "waterside",
            Self::Open => "open",
            Self::Unknown => "unknown",
        }
    }

    /// As people read it.
    #[must_use]
    pub fn say(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Roof => ("屋顶", "roof"),
            Self::Greenhouse => ("大棚", "greenhouse"),
            Self::Courtyard => ("庭院、房前屋后", "yard or beside a house"),
            Self::Clearing => ("林间空地", "forest clearing"),
            Self::Forest => ("林地", "forest"),
            Self::Waterside => ("水边、沟边", "waterside"),
            Self::Open => ("开阔地", "open ground"),
            Self::Unknown => ("未知", "unknown"),
        };
        lang.pick(zh, en)
    }
}

/// What lies around a site, as far as there are layers to tell. Distances in metres on the ground
/// plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// To the nearest building; 0 inside of one.
    pub building_m: Option<f64>,
    /// The nearest place on a road.
    pub access: Option<Access>,
    /// To the nearest water.
    pub water_m: Option<f64>,
    /// To the nearest border of its village.
    pub border_m: Option<f64>,
    /// The unit on the other side of that border, where it is near; empty otherwise.
    pub border_unit: String,
    /// Share of forest within 200 m, 0 to 1.
    pub canopy_ratio: Option<f64>,
    /// Slope of the ground in degrees.
    pub slope_deg: Option<f64>,
    /// Height in metres, in the height system of the elevation model.
    pub elev_m: Option<f64>,
    /// To the nearest plot of earlier years.
    pub history_m: Option<f64>,
    /// The year of that plot.
    pub history_year: Option<i32>,
}

/// The nearest place on a road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// Metres from there to the site.
    pub distance_m: f64,
    /// Direction from there to the site, degrees clockwise from north.
    pub bearing_deg: f64,
    /// The place.
    pub place: Wgs84Place,
}

/// One task: a place to go to, and what is known of it.
#[derive(Debug, Clone)]
pub struct FieldTask {
    /// Its number in the pack, from 1.
    pub seq: u32,
    /// A short name of at most 10 characters of ASCII, unique in the pack, such as `101201-07`.
    pub code: String,
    /// Name-based UUID (version 5) of campaign and site.
    pub uuid: String,
    /// `{code12}-{year}R{round}-{nnnn}`.
    pub site_id: String,
    /// Why it is visited.
    pub kind: TaskKind,
    /// The list it stands in.
    pub listing: Listing,
    /// Its village, of `FieldPack::villages`.
    pub village: Arc<Village>,
    /// Village group; empty where it is unknown.
    pub group: String,
    /// The grid worker in charge, as the office's table names the role.
    pub grid_worker: String,
    /// The team that goes there.
    pub team: String,
    /// On which day of the team, from 1.
    pub day: u32,
    /// As which stop of that day, from 1.
    pub stop: u32,
    /// When it was first given out, `2026-05-04`.
    pub assigned: String,
    /// Last day for the answer, `2026-05-11`.
    pub due: String,
    /// Its point in all forms.
    pub forms: CoordinateForms,
    /// How far the point may lie from the truth, in metres.
    pub pos_err_m: f64,
    /// Its parts, WGS 84 longitude and latitude; the cell for a place drawn by lot.
    pub outline: MultiPolygon<f64>,
    /// The model's class; empty for a place drawn by lot.
    pub class: String,
    /// Probability, 0 to 1.
    pub prob: Option<f64>,
    /// 0 to 100.
    pub priority: Option<f64>,
    /// A, B or C.
    pub grade: Option<Grade>,
    /// Area of all parts in square metres.
    pub area_m2: f64,
    /// What kind of ground it lies on.
    pub setting: Setting,
    /// What lies around it.
    pub near: Surroundings,
    /// Whether entering may mean entering a home: every page then prints 庭院：入户须依法.
    pub courtyard: bool,
    /// The licence whose ground it lies on.
    pub licence: Option<String>,
    /// Each term of the grade, in words of the pack's language; also what was not computed.
    pub reasons: Vec<String>,
    /// The images that show it, joined with `; `.
    pub src_image: String,
    /// When they were taken, ISO 8601; empty where unknown.
    pub capture_time: String,
    /// Ground sample distance of the finest image, in centimetres.
    pub gsd_cm: Option<f64>,
    /// What earlier checks and rounds say of it, in words; empty where nothing.
    pub earlier: String,
    /// The site with 20 m around it.
    pub close_up: Option<Picture>,
    /// The same ground in an earlier image.
    pub earlier_picture: Option<Picture>,
}

/// A JPEG of the pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Where the file is now.
    pub file: PathBuf,
    /// Its name within the pack, with `/`, such as `pictures/990101101201-2026R1-0001.jpg`.
    pub name: String,
    /// Pixels along a row.
    pub width: u32,
    /// Pixels along a column.
    pub height: u32,
    /// Metres along a pixel's edge.
    pub m_per_px: f64,
    /// Where its top points, degrees clockwise from north.
    pub top_bearing_deg: f64,
    /// Pixel of the site's point: x to the right, y down, from the upper left corner.
    pub site_px: (f64, f64),
    /// When it was taken, ISO 8601; empty where unknown.
    pub capture_time: String,
}

/// A day's walk of a team.
#[derive(Debug, Clone, PartialEq)]
pub struct TeamDay {
    /// The team.
    pub team: String,
    /// The day, from 1.
    pub day: u32,
    /// Where the walk starts and ends; `None` where nobody said: it then starts at the first stop.
    pub start: Option<Wgs84Place>,
    /// Places in `FieldPack::tasks`, in visiting order.
    pub stops: Vec<usize>,
    /// Length of the walk from stop to stop as the crow flies, in metres.
    pub length_m: f64,
    /// Metres up on the way; `None` without an elevation model.
    pub climb_m: Option<f64>,
}

/// The ground around a site for a map, in metres east (x) and north (y) of the site's point.
#[derive(Debug, Clone, Default)]
pub struct LocalMap {
    /// The map shows this far to each side.
    pub half_m: f64,
    /// Roads.
    pub roads: Vec<LineString<f64>>,
    /// Buildings.
    pub buildings: Vec<Polygon<f64>>,
    /// Water areas.
    pub water: Vec<Polygon<f64>>,
    /// Streams.
    pub streams: Vec<LineString<f64>>,
    /// Forest.
    pub forest: Vec<Polygon<f64>>,
    /// Borders of villages.
    pub borders: Vec<LineString<f64>>,
    /// Contour lines with their heights in metres.
    pub contours: Vec<(f64, LineString<f64>)>,
    /// Other tasks of the pack: where, and their short code.
    pub neighbours: Vec<(Point<f64>, String)>,
    /// The site's own parts.
    pub outline: Vec<Polygon<f64>>,
    /// An image under it all, if there is one: the picture and its bounds on the map
    /// (west, south, east, north in metres).
    pub background: Option<(Picture, [f64; 4])>,
}

/// Draws the ground around tasks on demand, as a pack may have a hundred thousand of them.
pub trait MapSource: Sync {
    /// The ground around a task, `half_m` to each side.
    fn around(&self, task: &FieldTask, half_m: f64) -> LocalMap;
}

/// Said on every page.
pub const NOT_EVIDENCE: (&str, &str) = ("线索，非证据", "leads, not evidence");

/// Said wherever a home may be entered.
pub const COURTYARD: (&str, &str) = ("庭院：入户须依法", "a home: enter only as the law allows");
