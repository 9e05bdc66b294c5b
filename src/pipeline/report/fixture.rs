//! A small report that the tests of every format share.

use crate::pipeline::site::{CandidateSite, Coverage, RunFacts};
use geo::{MultiPolygon, Point, Rect};

/// A square of about ten metres in the hills; `number` moves it east.
pub(super) fn site(number: u32) -> CandidateSite {
    let (lon, lat) = (104.1 + f64::from(number) * 0.001, 25.2);
    let half = 0.000_05;
    CandidateSite {
        site_id: format!("S{number:04}"),
        class: "poppy".into(),
        prob: 0.9,
        prob_max: 0.99,
        evidence: vec![("poppy".into(), 0.9), ("other".into(), 0.1)],
        outline: MultiPolygon::new(vec![
            Rect::new((lon - half, lat - half), (lon + half, lat + half)).to_polygon(),
        ]),
        point: Point::new(lon, lat),
        map_x: 611_000.123_4,
        map_y: 2_788_000.5,
        map_crs: "EPSG:4543".into(),
        pos_err_m: 2.5,
        area_m2: 100.0,
        n_detections: 3,
        src_image: vec!["罂粟沟 正射.tif".into()],
        src_sha256: vec!["00ff".into()],
        capture_time: vec!["2026-05-04T10:00:00+08:00".into()],
        gsd_cm: 5.0,
        tile_ids: vec!["r0c0".into()],
        status: "candidate".into(),
        source: crate::pipeline::site::SourceWindow {
            image: 0,
            window: crate::georef::Window {
                col_off: 0,
                row_off: 0,
                width: 1,
                height: 1,
            },
        },
        picture: None,
        seen_in: vec![],
        views: None,
    }
}

/// Ground around the sites.
pub(super) fn coverage() -> Coverage {
    Coverage {
        image: "罂粟沟 正射.tif".into(),
        capture_time: "2026-05-04T10:00:00+08:00".into(),
        gsd_cm: 5.0,
        area_m2: 1e6,
        outline: MultiPolygon::new(vec![Rect::new((104.0, 25.1), (104.2, 25.3)).to_polygon()]),
    }
}

/// Facts of a run.
pub(super) fn facts() -> RunFacts {
    let fact = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    RunFacts {
        plan_date: "2026-05-04T00:00:00.000Z".into(),
        facts: vec![
            fact("run_id", "abc"),
            fact("model", "poppy-seg"),
            fact("model_sha256", "ffee"),
            fact("statement", "1 lead in 1 km²"),
        ],
    }
}
