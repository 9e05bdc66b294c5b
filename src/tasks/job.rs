//! What `tasks` is asked for, and what became of it.

use super::select::Choice;
use super::settings::TaskSettings;
use crate::campaign::{Lang, Moment};
use crate::vector::StoreTarget;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A format of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The ledger as a workbook.
    Xlsx,
    /// The ledger as CSV.
    Csv,
    /// For map programs on phones.
    Kmz,
    /// For satellite receivers.
    Gpx,
    /// For `QField`.
    Qfield,
    /// For ODK and `KoBo`.
    Odk,
    /// For Ovital.
    Ovital,
    /// For `MapRoulette`.
    Maproulette,
    /// A printed page a site, PDF.
    Pdf,
    /// A printed page a site, HTML.
    Html,
}

impl Format {
    /// All formats, in the order in which they are told of.
    pub const ALL: [Self; 10] = [
        Self::Xlsx,
        Self::Csv,
        Self::Kmz,
        Self::Gpx,
        Self::Qfield,
        Self::Odk,
        Self::Ovital,
        Self::Maproulette,
        Self::Pdf,
        Self::Html,
    ];

    /// Those that this program can write.
    #[must_use]
    pub fn known() -> Vec<Self> {
        let mut known = Self::ALL.to_vec();
        known.retain(|format| cfg!(feature = "pdf") || *format != Self::Pdf);
        known
    }

    /// Its files within the pack, and what they are for, in Chinese and English.
    pub(super) fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Xlsx => (
                "ledger.xlsx",
                "台账（汇总表与分村表）",
                "ledger: summary and a sheet a village",
            ),
            Self::Csv => ("ledger.csv", "台账，UTF-8", "ledger in UTF-8"),
            Self::Kmz => (
                "sites.kmz",
                "手机地图软件、谷歌地球",
                "map programs on phones, Google Earth",
            ),
            Self::Gpx => (
                "sites.gpx",
                "手持导航仪：航点与每日路线",
                "receivers: waypoints, a route a team and day",
            ),
            Self::Qfield => (
                "qfield/checks.gpkg",
                "QField / QGIS 现场填报",
                "forms in QField and QGIS",
            ),
            Self::Odk => (
                "odk/",
                "ODK、KoBo 表单与点位",
                "form and sites for ODK and KoBo",
            ),
            Self::Ovital => ("ovital.txt", "奥维导入", "for Ovital"),
            Self::Maproulette => (
                "maproulette.geojson",
                "MapRoulette 逐行 GeoJSON",
                "line by line for MapRoulette",
            ),
            Self::Pdf => (
                "sheets/*.pdf",
                "核查单，每处一页",
                "sheets to print, a page a site",
            ),
            Self::Html => (
                "sheets/*.html",
                "核查单，浏览器打印",
                "the same for a browser",
            ),
        }
    }
}

/// Which tasks get a printed sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetChoice {
    /// Every task.
    All,
    /// So many of the most urgent.
    Most(usize),
}

/// What `tasks` is asked for.
pub struct TaskJob<'a> {
    /// The campaign.
    pub target: &'a StoreTarget,
    /// The folder of the pack; with a passphrase the file that it is sealed in.
    pub output: &'a Path,
    /// Replace a pack that exists, unless somebody worked in it.
    pub overwrite: bool,
    /// Seals the pack in one file.
    pub passphrase: Option<&'a str>,
    /// Settings of grade and order.
    pub settings: &'a TaskSettings,
    /// Which leads are visited.
    pub choice: &'a Choice,
    /// The language.
    pub lang: Lang,
    /// The day they are given out, `2026-05-04`.
    pub date: &'a str,
    /// Days until the answer is due.
    pub due_days: u32,
    /// Only so many days of each team.
    pub most_days: Option<u32>,
    /// An elevation model in place of the one that the campaign names.
    pub dem: Option<&'a Path>,
    /// Where images are looked for by name that are no longer where they were scanned.
    pub images: Option<&'a Path>,
    /// What is written.
    pub formats: &'a [Format],
    /// Which tasks get a printed sheet.
    pub sheets: SheetChoice,
    /// Fonts that have what the bundled one lacks.
    pub fonts: &'a [PathBuf],
    /// When, and how long to wait for another program.
    pub moment: Moment<'a>,
    /// Says what is being done.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Whether the user called a halt.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TasksDone {
    /// Tasks in the pack.
    pub tasks: usize,
    /// Of those, in no earlier pack.
    pub new: usize,
    /// Leads by grade, A, B, C.
    pub by_grade: [usize; 3],
    /// Places drawn by lot.
    pub control: usize,
    /// On licensed ground.
    pub licensed: usize,
    /// Near a border.
    pub near_border: usize,
    /// Villages with a task.
    pub villages: usize,
    /// Teams.
    pub teams: usize,
    /// Days of teams.
    pub team_days: usize,
    /// Pictures.
    pub pictures: usize,
    /// Leads of a grade that was not asked for.
    pub left: usize,
    /// Tasks of later days than were asked for.
    pub later: usize,
    /// Leads dismissed at the screen.
    pub dismissed: usize,
    /// Leads answered in this round.
    pub answered: usize,
    /// What to know of the pack.
    pub notes: Vec<String>,
}
