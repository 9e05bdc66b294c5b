//! Figures for tests of the page: an ordinary county, an empty one, a huge one.

use crate::campaign::check::Outcome;
use crate::campaign::coverage::VillageCoverage;
use crate::campaign::{CampaignFacts, Lang};
use crate::report::figures::{
    Count, CoverageFigures, CoverageTally, EffortFigures, Figures, GapRow, GradeOutcomes,
    GradePrecision, LeadFigures, MapFigures, MapPoint, MapVillage, Outcomes, PeriodTally,
    PrecisionFigures, SCHEMA_VERSION, Share, Sum, Tally, TargetFigures, UnitTally, UnmatchedReason,
    UnmatchedTarget,
};
use crate::report::level::Level;
use crate::report::statistics::{float, wilson};
use geo::{Coord, LineString, MultiPolygon, Point, Polygon, Rect};

/// A name that would be markup if it could.
pub(super) const HOSTILE: &str = "<script>alert('村' & \"b\")</script>";

/// Nothing was imported, scanned or checked.
pub(super) fn empty(lang: Lang) -> Figures {
    Figures {
        schema_version: SCHEMA_VERSION,
        campaign: CampaignFacts {
            name: "天目-26".into(),
            year: 2026,
            round: 2,
            county_code: "990101".into(),
            county: String::new(),
            created_at: "2026-03-01T00:00:00Z".into(),
            program: "tianmu".into(),
        },
        county: String::new(),
        date: "2026-06-02".into(),
        level: Level::Field,
        lang,
        program: "tianmu 0.1.0".into(),
        effort: EffortFigures::default(),
        total: Tally::default(),
        by_village: Vec::new(),
        by_town: Vec::new(),
        by_county: Vec::new(),
        by_month: Vec::new(),
        by_quarter: Vec::new(),
        by_round: Vec::new(),
        by_year: Vec::new(),
        candidates_by_import_date: Count::default(),
        leads: LeadFigures::default(),
        precision: PrecisionFigures::default(),
        control: crate::report::figures::ControlFigures::default(),
        targets: None,
        change: None,
        coverage: None,
        open: crate::report::figures::OpenWork::default(),
        map: Some(MapFigures::default()),
        ledger: crate::report::figures::Ledger::default(),
    }
}

/// A number that looks drawn by lot, below a limit.
fn some(seed: u32, limit: u32) -> u32 {
    let mut x = seed.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    x ^= x >> 15;
    x = x.wrapping_mul(0x2C1B_3C6D);
    x ^= x >> 12;
    x % limit
}

/// The border of a village in row and column, `degrees` wide, with a crooked border.
fn border(row: u32, column: u32, degrees: f64) -> MultiPolygon<f64> {
    let steps = 24;
    // Neighbours share their borders, so where one lies depends on its place alone.
    let corner = |x: f64, y: f64| {
        let bend = |v: f64| (v * 9.0).sin() * degrees * 0.04 + (v * 4.0).cos() * degrees * 0.05;
        Coord {
            x: 101.6 + x * degrees + bend(y * 1.3 + x),
            y: 24.7 + y * degrees + bend(x * 1.7 - y),
        }
    };
    let (left, low) = (f64::from(column), f64::from(row));
    let along = |from: (f64, f64), to: (f64, f64)| {
        (0..steps).map(move |index| {
            let t = f64::from(index) / f64::from(steps);
            corner(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
        })
    };
    let (right, high) = (left + 1.0, low + 1.0);
    let ring: Vec<Coord<f64>> = along((left, low), (right, low))
        .chain(along((right, low), (right, high)))
        .chain(along((right, high), (left, high)))
        .chain(along((left, high), (left, low)))
        .collect();
    Polygon::new(LineString::new(ring), vec![]).into()
}

/// A county of so many villages in a square, and so many sites.
pub(super) fn county(side: u32, sites: u32, lang: Lang) -> Figures {
    let degrees = 0.36 / f64::from(side);
    let mut f = empty(lang);
    f.county = "天目县".into();
    let mut map = MapFigures::default();
    let mut villages = Vec::new();
    for row in 0..side {
        for column in 0..side {
            let number = row * side + column;
            let (code, name) = village(number);
            let share = match number {
                0 => 0.0,
                _ => f64::from(some(number, 1001)) / 1000.0,
            };
            f.by_village.push(UnitTally {
                code: code.clone(),
                county: "天目县".into(),
                town: town(number),
                village: name.clone(),
                tally: tally(u64::from(some(number + 7, 40))),
            });
            villages.push(VillageCoverage {
                xzqdm: code.clone(),
                county: "天目县".into(),
                town: town(number),
                village: name.clone(),
                area_m2: 4e6,
                imaged_m2: 4e6,
                covered_m2: 4e6 * share,
                twice_m2: 0.0,
                median_gsd_cm: Some(2.4),
                dates: vec!["2026-04-20".into()],
                crops: Vec::new(),
            });
            let outline = border(row, column, degrees);
            if share < 0.1 {
                map.gaps.push(outline.clone());
            }
            map.villages.push(MapVillage {
                code,
                name,
                outline,
            });
        }
    }
    let outcomes = Outcome::ALL.map(|outcome| outcome.word().name);
    for index in 0..sites {
        let at = |seed: u32| f64::from(some(index * 2 + seed, 100_000)) / 100_000.0 * 0.36;
        let outcome = some(index + 3, 12);
        let outcome = outcomes.get(outcome as usize).copied().unwrap_or("");
        map.points.push(MapPoint {
            site_id: format!("{}-2026R2-{index:04}", village(index % (side * side)).0),
            point: Point::new(101.6 + at(0), 24.7 + at(1)),
            grade: ["A", "B", "C"][(index % 3) as usize].into(),
            kind: if index % 29 == 0 {
                "control_random"
            } else {
                "lead"
            },
            outcome,
        });
    }
    for index in 0..12 {
        let at = |seed: u32| f64::from(some(index * 5 + seed, 1000)) / 1000.0 * 0.36;
        map.targets
            .push((Point::new(101.6 + at(1), 24.7 + at(2)), index % 3 > 0));
    }
    f.total = tally(u64::from(sites));
    f.by_county = vec![UnitTally {
        code: "990101".into(),
        county: "天目县".into(),
        tally: tally(u64::from(sites)),
        ..UnitTally::default()
    }];
    f.by_month = ["2026-04", "2026-05", "2026-06", ""]
        .iter()
        .zip([0, 40, 10, 3])
        .map(|(period, number)| period_of(period, "campaign", tally(number)))
        .collect();
    f.by_round = vec![
        period_of(
            "2025R1",
            "previous_table",
            Tally {
                checked: Count::Exact(3),
                candidates: Count::Exact(4),
                ..Tally::default()
            },
        ),
        period_of("2026R2", "campaign", tally(u64::from(sites))),
    ];
    f.leads = leads(u64::from(sites));
    f.precision = precision();
    f.targets = Some(targets());
    f.coverage = Some(coverage(villages));
    f.total.coverage = f.coverage.as_ref().map(|c| c.total);
    f.map = Some(map);
    f
}

fn village(number: u32) -> (String, String) {
    let name = match number {
        2 => HOSTILE.to_owned(),
        3 => "村名很长很长很长很长很长很长很长很长的村".into(),
        _ => format!(
            "{}村",
            ["石门", "青岩", "柳湾", "云岭"][(number % 4) as usize]
        ),
    };
    (format!("9901011{number:05}"), name)
}

fn town(number: u32) -> String {
    ["云岭镇", "柳湾镇"][(number % 2) as usize].into()
}

fn period_of(period: &str, source: &'static str, tally: Tally) -> PeriodTally {
    PeriodTally {
        period: period.into(),
        source,
        sorties: None,
        tally,
    }
}

fn tally(number: u64) -> Tally {
    let count = Count::Exact;
    Tally {
        candidates: count(number),
        grade_a: count(number / 3),
        grade_b: count(number / 3),
        grade_c: count(number - number / 3 * 2),
        assigned: count(number * 9 / 10),
        checked: count(number * 3 / 4),
        closed: count(number * 2 / 3),
        closed_in_time: count(number / 2),
        outcomes: outcomes(number),
        confirmed: count(number / 5 + 2),
        lots_confirmed: count(1),
        finds: count(1),
        plants: Sum {
            sum: Some(float(number) * 60.0),
            standard_error: Some(float(number)),
            places: count(number / 5),
            without: count(2),
        },
        measured_mu: Some(float(number) / 7.0),
        pending: count(number / 10),
        overdue: count(number / 30),
        ..Tally::default()
    }
}

fn outcomes(number: u64) -> Outcomes {
    Outcomes {
        confirmed: Count::Exact(number / 5),
        false_alarm: Count::Exact(number / 5),
        legal_crop: Count::Exact(number / 20),
        already_removed: Count::Exact(number / 15),
        not_found: Count::Exact(number / 10),
        unreachable: Count::Exact(number / 40),
        revisit: Count::Exact(number / 30),
    }
}

fn leads(number: u64) -> LeadFigures {
    LeadFigures {
        candidates: Count::Exact(number),
        assigned: Count::Exact(number * 9 / 10),
        checked: Count::Exact(number * 3 / 4),
        confirmed: Count::Exact(number / 5),
        by_grade: [
            ("A", number / 2),
            ("B", number / 3),
            ("C", number / 6),
            ("", 0),
        ]
        .map(|(grade, number)| GradeOutcomes {
            grade: grade.into(),
            leads: Count::Exact(number),
            outcomes: outcomes(number),
            unchecked: Count::Exact(number / 4),
        })
        .to_vec(),
    }
}

fn share(part: u64, whole: u64) -> Share {
    let ends = wilson(part, whole);
    Share {
        part: Count::Exact(part),
        whole: Count::Exact(whole),
        share: ends.map(|_| float(part) / float(whole)),
        low: ends.map(|ends| ends.0),
        high: ends.map(|ends| ends.1),
    }
}

fn precision() -> PrecisionFigures {
    PrecisionFigures {
        all: share(31, 80),
        by_grade: [("A", 24, 40), ("B", 7, 30), ("C", 0, 10), ("", 0, 0)]
            .map(|(grade, part, whole)| GradePrecision {
                grade: grade.into(),
                precision: share(part, whole),
                ..GradePrecision::default()
            })
            .to_vec(),
        ..PrecisionFigures::default()
    }
}

fn targets() -> TargetFigures {
    TargetFigures {
        radius_m: 30.0,
        matched: share(8, 12),
        places: Count::Exact(90),
        places_outside: Count::Exact(80),
        confirmed_outside: Count::Exact(20),
        reasons: vec![(UnmatchedReason::NotImaged, Count::Exact(4))],
        unmatched: vec![UnmatchedTarget {
            target_id: HOSTILE.into(),
            lon_lat: Some((101.7, 24.8)),
            xzqdm: "990101100001".into(),
            town: "云岭镇".into(),
            village: "石门村".into(),
            imaged: false,
            gsd_cm: None,
            dates: Vec::new(),
            best_prob: None,
            best_site: String::new(),
            nearest_m: None,
            reason: UnmatchedReason::NotImaged,
        }],
    }
}

fn coverage(villages: Vec<VillageCoverage>) -> CoverageFigures {
    let mut total = CoverageTally {
        villages: villages.len(),
        ..CoverageTally::default()
    };
    let mut by_share = [0; 4];
    for village in &villages {
        total.area_m2 += village.area_m2;
        total.covered_m2 += village.covered_m2;
        let class = match village.share() {
            share if share < 0.5 => 0,
            share if share < 0.8 => 1,
            share if share < 0.95 => 2,
            _ => 3,
        };
        by_share[class] += 1;
    }
    total.covered_mu = total.covered_m2 * 3.0 / 2000.0;
    total.share = total.covered_m2 / total.area_m2;
    CoverageFigures {
        crops: vec!["opium_poppy".into()],
        max_gsd_cm: 5.0,
        days_apart: 7,
        undated: 0,
        total,
        statement: String::new(),
        villages_by_share: by_share,
        dates: vec!["2026-04-20".into()],
        median_gsd_cm: Some(2.4),
        villages,
        gaps: vec![GapRow {
            xzqdm: "990101100000".into(),
            village: "石门村".into(),
            area_m2: 4e6,
            reason: "not_imaged",
        }],
    }
}

/// A rectangle in degrees.
pub(super) fn rectangle(low: (f64, f64), high: (f64, f64)) -> MultiPolygon<f64> {
    let corner = |(x, y)| Coord { x, y };
    Rect::new(corner(low), corner(high)).to_polygon().into()
}
