//! Made-up packs for tests: two towns, a few villages, every kind of task.

use super::pack::{
    Access, FieldPack, FieldTask, Grade, Listing, PackFacts, Setting, Surroundings, TaskKind,
    TeamDay, Village,
};
use crate::campaign::Lang;
use crate::georef::{CoordinateForms, Wgs84Place, ZoneProjectors};
use geo::{MultiPolygon, Rect, coord};
use std::sync::Arc;

/// A pack of `count` tasks, eight a village; the same every time.
pub(crate) fn pack(count: u32, lang: Lang) -> FieldPack {
    let mut projectors = ZoneProjectors::default();
    let village_count = count.div_ceil(8).max(1);
    let villages: Vec<Arc<Village>> = (0..village_count).map(village).collect();
    let tasks: Vec<FieldTask> = (0..count)
        .map(|i| task(i, &villages[(i / 8) as usize], &mut projectors, lang))
        .collect();
    let routes = (0..village_count)
        .map(|v| TeamDay {
            team: format!("{}组", v + 1),
            day: 1,
            start: Wgs84Place::new(101.63, 24.75).ok(),
            stops: (v * 8..count.min(v * 8 + 8)).map(|i| i as usize).collect(),
            length_m: 2345.6,
            climb_m: Some(210.0),
        })
        .collect();
    FieldPack {
        facts: PackFacts {
            campaign: "天目-26".into(),
            year: 2026,
            round: 1,
            county: "天目县".into(),
            county_code: "990101".into(),
            date: "2026-05-04".into(),
            lang,
            program: "tianmu 0.1.0".into(),
            notes: vec![
                lang.pick("未计算：无水系图层", "not computed: no water layer")
                    .into(),
            ],
        },
        villages,
        tasks,
        routes,
    }
}

fn village(index: u32) -> Arc<Village> {
    let names = ["石门村", "青岩村", "柳湾村", "白水村"];
    let name = names[index as usize % names.len()];
    Arc::new(Village {
        code: format!("990101{:03}{:03}", 101 + index / 600, 201 + index % 600),
        county: "天目县".into(),
        town: "云岭镇".into(),
        village: if index < 4 {
            name.into()
        } else {
            format!("{name}{index}")
        },
    })
}

fn task(
    index: u32,
    village: &Arc<Village>,
    projectors: &mut ZoneProjectors,
    lang: Lang,
) -> FieldTask {
    let (lon, lat) = (
        101.6367 + f64::from(index % 100) * 0.001,
        24.7548 + f64::from(index / 100) * 0.001,
    );
    let place = Wgs84Place::new(lon, lat).unwrap();
    let kind = match index % 8 {
        6 => TaskKind::ControlLow,
        7 => TaskKind::ControlRandom,
        _ => TaskKind::Lead,
    };
    let listing = match (kind, index % 8) {
        (TaskKind::Lead, 4) => Listing::LegalCrop,
        (TaskKind::Lead, 5) => Listing::NearBorder,
        (TaskKind::Lead, _) => Listing::Main,
        _ => Listing::Control,
    };
    let is_lead = kind != TaskKind::ControlRandom;
    let half = 4e-5;
    FieldTask {
        seq: index + 1,
        code: format!("{}-{:02}", &village.code[6..], index % 8 + 1),
        uuid: format!("00000000-0000-5000-8000-{index:012}"),
        site_id: format!("{}-2026R1-{:04}", village.code, index + 1),
        kind,
        listing,
        village: Arc::clone(village),
        group: "3".into(),
        grid_worker: "网格员-03".into(),
        team: format!("{}组", index / 8 + 1),
        day: 1,
        stop: index % 8 + 1,
        assigned: "2026-05-04".into(),
        due: "2026-05-11".into(),
        forms: CoordinateForms::of(place, projectors).unwrap(),
        pos_err_m: 2.4,
        outline: MultiPolygon::new(vec![
            Rect::new(
                coord! {x: lon - half, y: lat - half},
                coord! {x: lon + half, y: lat + half},
            )
            .to_polygon(),
        ]),
        class: if is_lead {
            ["opium_poppy", "cannabis"][index as usize % 2].into()
        } else {
            String::new()
        },
        prob: is_lead.then_some(0.83),
        priority: is_lead.then_some([91.3, 55.0, 18.2][index as usize % 3]),
        grade: is_lead.then_some([Grade::A, Grade::B, Grade::C][index as usize % 3]),
        area_m2: 71.5,
        setting: [Setting::Courtyard, Setting::Clearing, Setting::Open][index as usize % 3],
        near: Surroundings {
            building_m: Some(12.0),
            access: Some(Access {
                distance_m: 140.0,
                bearing_deg: 37.0,
                place: Wgs84Place::new(lon - 0.001, lat - 0.001).unwrap(),
            }),
            water_m: None,
            border_m: Some(31.0),
            border_unit: if index % 8 == 5 {
                "青岩村".into()
            } else {
                String::new()
            },
            canopy_ratio: Some(0.62),
            slope_deg: Some(18.0),
            elev_m: Some(1840.0),
            history_m: index.is_multiple_of(2).then_some(42.0),
            history_year: index.is_multiple_of(2).then_some(2023),
        },
        courtyard: index.is_multiple_of(3),
        licence: (listing == Listing::LegalCrop).then(|| "YN-2026-007".into()),
        reasons: vec![
            lang.pick("置信 0.83", "probability 0.83").into(),
            lang.pick("历史点 42 m (+0.5)", "plot of earlier years at 42 m (+0.5)")
                .into(),
            lang.pick("未计算：无水系图层", "not computed: no water layer")
                .into(),
        ],
        src_image: "round1.tif".into(),
        capture_time: "2026-04-20T10:30:00".into(),
        gsd_cm: is_lead.then_some(2.5),
        earlier: String::new(),
        close_up: None,
        earlier_picture: None,
    }
}
