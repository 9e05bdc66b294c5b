//! Each term changes a letter; the priority rises with the probability and ends at 100.

use super::fixture::{
    graded, graded_as, lead, line, near, outline, phenology, point, rect, ring_of_forest, says,
};
use super::{Buildings, EarlierPlot, Forest, GradeSettings, History, Layers, Lead, Water, grade};
use crate::campaign::Lang;
use crate::tasks::pack::{Grade, Listing, Setting};
use geo::Geometry;
use proptest::prelude::*;

fn plot(shape: Geometry<f64>, year: Option<i32>) -> EarlierPlot {
    EarlierPlot {
        shape,
        year,
        crop: String::new(),
    }
}

fn with_history(plots: Vec<EarlierPlot>) -> Layers {
    Layers {
        history: Some(History::new(plots)),
        ..Layers::default()
    }
}

fn with_forest(forest: geo::MultiPolygon<f64>) -> Layers {
    Layers {
        forest: Some(Forest::new(vec![forest])),
        ..Layers::default()
    }
}

#[test]
fn the_probability_alone_makes_the_letter() {
    let of = |prob| graded(|lead| lead.prob = prob, &Layers::default());
    graded_as(&of(0.399), Grade::C, 39.9);
    graded_as(&of(0.4), Grade::B, 40.0);
    graded_as(&of(0.699), Grade::B, 69.9);
    // What is printed as 70 is an A.
    graded_as(&of(0.699_6), Grade::A, 70.0);
    graded_as(&of(0.7), Grade::A, 70.0);
    graded_as(&of(7.0), Grade::A, 100.0);
    graded_as(&of(-1.0), Grade::C, 0.0);
    graded_as(&of(f64::NAN), Grade::C, 0.0);
    says(&of(f64::NAN), "未计算：无置信");
    says(&of(0.834), "置信 0.83");
}

#[test]
fn out_of_season_lowers() {
    let layers = Layers {
        phenology: Some(phenology()),
        ..Layers::default()
    };
    let on = |capture_time: &'static str| {
        let change = |lead: &mut Lead<'_>| (lead.prob, lead.capture_time) = (0.75, capture_time);
        graded(change, &layers)
    };
    let (inside, outside) = (on("2026-04-20T10:30:00"), on("2026-06-20"));
    graded_as(&inside, Grade::A, 75.0);
    says(&inside, "在物候窗口：罂粟 花 03-01 至 04-30 (×1)");
    graded_as(&outside, Grade::C, 37.5);
    says(&outside, "不在物候窗口：罂粟 花 03-01 至 04-30 (×0.5)");
    // One image in season is enough.
    graded_as(&on("2026-06-20; 2026-04-20T10:30:00"), Grade::A, 75.0);
    let unknown = on("");
    graded_as(&unknown, Grade::A, 75.0);
    says(&unknown, "未计算：无拍摄时间");
    let hemp = graded(|lead| lead.class = "cannabis", &layers);
    graded_as(&hemp, Grade::B, 50.0);
    says(&hemp, "未计算：物候表无此地此作物");
}

#[test]
fn coarse_pixels_lower() {
    let of = |gsd_cm, area_m2| {
        let change = |lead: &mut Lead<'_>| {
            (lead.prob, lead.gsd_cm, lead.area_m2) = (0.75, gsd_cm, area_m2);
        };
        graded(change, &Layers::default())
    };
    let fine = of(Some(3.0), 4.0);
    graded_as(&fine, Grade::A, 75.0);
    says(&fine, "分辨率 3 cm 达到 3 cm (×1)");
    let coarse = of(Some(8.0), 4.0);
    graded_as(&coarse, Grade::C, 37.5);
    says(&coarse, "分辨率 8 cm 粗于 3 cm (×0.5)");
    for (gsd_cm, area_m2, letter) in [
        (1.5, 0.9, Grade::C),
        (8.0, 20.0, Grade::A),
        (50.0, 99.0, Grade::C),
        (50.0, 100.0, Grade::A),
        (3.01, 4.0, Grade::A),
        (3.02, 4.0, Grade::C),
    ] {
        let seen = of(Some(gsd_cm), area_m2).grade;
        assert_eq!(seen, letter, "{gsd_cm} cm, {area_m2} m²");
    }
    let unknown = of(None, 4.0);
    graded_as(&unknown, Grade::A, 75.0);
    says(&unknown, "未计算：无分辨率");
    says(&of(Some(f64::NAN), 4.0), "未计算：无分辨率");
}

#[test]
fn a_plot_of_earlier_years_raises() {
    let layers = |east_m: f64| {
        with_history(vec![
            plot(point(east_m, 0.0), Some(2019)),
            plot(point(east_m, 0.0), Some(2023)),
            plot(point(900.0, 0.0), Some(2025)),
        ])
    };
    let close = graded(|_| (), &layers(43.0));
    graded_as(&close, Grade::A, 75.0);
    // From the edge, 1 m east of the point; of two on one place the latest.
    says(&close, "历史点 2023年 42 m (+0.5)");
    near(close.near.history_m, 42.0);
    assert_eq!(close.near.history_year, Some(2023));
    graded_as(&graded(|_| (), &layers(100.9)), Grade::A, 75.0);
    let far = graded(|_| (), &layers(101.1));
    graded_as(&far, Grade::B, 50.0);
    near(far.near.history_m, 100.1);
    let around = vec![plot(rect(-30.0, -30.0, 30.0, 30.0).into(), None)];
    says(&graded(|_| (), &with_history(around)), "历史点 0 m (+0.5)");
    let none = graded(|_| (), &with_history(vec![]));
    graded_as(&none, Grade::B, 50.0);
    assert_eq!(none.near.history_m, None);
}

#[test]
fn a_clearing_raises() {
    let of = |forest| graded(|lead| lead.prob = 0.6, &with_forest(forest));
    let clearing = of(ring_of_forest());
    graded_as(&clearing, Grade::A, 78.0);
    assert_eq!(clearing.setting, Setting::Clearing);
    // 40 m by 40 m of 125,664 m² are 1.3 %; 4 of 256 places are 1.6 %.
    says(&clearing, "林间空地：200 m 内林地占 0.98 (+0.3)");
    let forest = of(rect(-300.0, -300.0, 300.0, 300.0));
    graded_as(&forest, Grade::B, 60.0);
    assert_eq!(forest.setting, Setting::Forest);
    near(forest.near.canopy_ratio, 1.0);
    let edge = of(rect(30.0, -300.0, 300.0, 300.0));
    graded_as(&edge, Grade::B, 60.0);
    assert_eq!(edge.setting, Setting::Open);
}

#[test]
fn a_house_nearby_raises() {
    let layers = |gap_m: f64| Layers {
        buildings: Some(Buildings::new(vec![(
            rect(1.0 + gap_m, -5.0, 11.0 + gap_m, 5.0),
            "住宅".into(),
        )])),
        ..Layers::default()
    };
    let close = graded(|lead| lead.prob = 0.6, &layers(29.9));
    graded_as(&close, Grade::A, 72.0);
    says(&close, "庭院：距房屋 30 m (+0.2)");
    assert!(close.courtyard && close.setting == Setting::Courtyard);
    let far = graded(|lead| lead.prob = 0.6, &layers(30.1));
    graded_as(&far, Grade::B, 60.0);
    assert!(!far.courtyard && far.setting == Setting::Open);
    near(far.near.building_m, 30.1);
    assert_eq!(graded(|_| (), &layers(501.0)).near.building_m, None);
    // A large plot reaches to the wall, however far away its point is.
    let large = rect(-40.0, -40.0, 40.0, 40.0);
    let lead = Lead {
        prob: 0.6,
        ..lead(&large)
    };
    let by_wall = grade(&lead, &layers(41.0), &GradeSettings::default(), Lang::Zh);
    graded_as(&by_wall, Grade::A, 72.0);
    near(by_wall.near.building_m, 2.0);
}

#[test]
fn a_border_nearby_raises() {
    let layers = Layers {
        has_villages: true,
        ..Layers::default()
    };
    let of = |border_m| {
        let change = |lead: &mut Lead<'_>| {
            (lead.prob, lead.border_m, lead.border_unit) = (0.65, border_m, "青岩村");
        };
        graded(change, &layers)
    };
    let close = of(Some(50.0));
    graded_as(&close, Grade::A, 71.5);
    says(&close, "距界 50 m，邻青岩村 (+0.1)");
    assert_eq!(close.listing, Listing::NearBorder);
    assert_eq!(close.near.border_unit, "青岩村");
    let far = of(Some(50.1));
    graded_as(&far, Grade::B, 65.0);
    assert_eq!(far.listing, Listing::Main);
    assert_eq!(far.near.border_unit, "");
    says(&of(None), "未计算：不在任何村内");
}

#[test]
fn a_large_area_raises() {
    let of = |area_m2| {
        let change = |lead: &mut Lead<'_>| (lead.prob, lead.area_m2) = (0.6, area_m2);
        graded(change, &Layers::default())
    };
    graded_as(&of(200.0), Grade::B, 60.0);
    graded_as(&of(350.0), Grade::A, 78.0);
    says(&of(350.0), "面积 350 m² 大于 200 m² (+0.3)");
    // The figure that is printed is larger, too.
    says(&of(200.4), "面积 200.4 m² 大于 200 m² (+0.3)");
}

#[test]
fn terms_add_up_and_end_at_100() {
    let layers = Layers {
        history: Some(History::new(vec![plot(point(5.0, 0.0), None)])),
        ..with_forest(ring_of_forest())
    };
    let all = graded(|lead| (lead.prob, lead.area_m2) = (0.9, 300.0), &layers);
    graded_as(&all, Grade::A, 100.0);
    says(&all, "合计 189.0，按 100 计");
    // Half for pixels, 1.8 for the two terms.
    let coarse = graded(|lead| lead.gsd_cm = Some(8.0), &layers);
    graded_as(&coarse, Grade::B, 45.0);
}

#[test]
fn settings_change_weights_and_bounds() {
    let settings: GradeSettings = toml::from_str("area-weight = 0.0\ngrade-a = 60.0").unwrap();
    settings.check().unwrap();
    let outline = outline();
    let lead = Lead {
        prob: 0.6,
        area_m2: 350.0,
        ..lead(&outline)
    };
    let graded = grade(&lead, &Layers::default(), &settings, Lang::Zh);
    graded_as(&graded, Grade::A, 60.0);
}

#[test]
fn what_is_said_is_said_in_english_too() {
    let layers = Layers {
        phenology: Some(phenology()),
        history: Some(History::new(vec![plot(point(43.0, 0.0), Some(2023))])),
        buildings: Some(Buildings::new(vec![(
            rect(13.0, -5.0, 20.0, 5.0),
            String::new(),
        )])),
        water: Some(Water::new(vec![], vec![line(&[(0.0, 9.0), (9.0, 9.0)])])),
        has_villages: true,
        ..with_forest(ring_of_forest())
    };
    let outline = outline();
    let lead = Lead {
        prob: 0.3,
        area_m2: 250.0,
        gsd_cm: Some(2.5),
        border_m: Some(12.0),
        border_unit: "Qingyan",
        ..lead(&outline)
    };
    let graded = grade(&lead, &layers, &GradeSettings::default(), Lang::En);
    let wanted = [
        "probability 0.30",
        "in season: opium poppy flower 03-01 to 04-30 (×1)",
        "resolution 2.5 cm, as fine as 100 cm (×1)",
        "plot of 2023 at 42 m (+0.5)",
        "clearing: 0.98 of the ground within 200 m is forest (+0.3)",
        "yard: building at 12 m (+0.2)",
        "border at 12 m, Qingyan beyond (+0.1)",
        "area 250 m², larger than 200 m² (+0.3)",
        "not computed: no whitelist layer",
        "not computed: no roads layer",
        "not computed: no elevation layer",
    ];
    assert_eq!(graded.reasons, wanted);
    graded_as(&graded, Grade::A, 72.0);
}

proptest! {
    #[test]
    fn the_priority_rises_with_the_probability_and_never_passes_100(
        probs in prop::array::uniform2(0.0_f64..=1.0),
        area_m2 in 0.1_f64..1000.0,
        gsd_cm in prop::option::of(0.1_f64..200.0),
        border_m in prop::option::of(0.0_f64..100.0),
        date in prop::sample::select(vec!["", "2026-04-01", "2026-08-01"]),
        plot_m in 0.0_f64..200.0,
        with_layers: bool,
    ) {
        let layers = if with_layers {
            Layers {
                history: Some(History::new(vec![plot(point(plot_m, 0.0), None)])),
                phenology: Some(phenology()),
                has_villages: true,
                ..with_forest(ring_of_forest())
            }
        } else {
            Layers::default()
        };
        let of = |prob| graded(|lead| {
            lead.prob = prob;
            lead.area_m2 = area_m2;
            lead.gsd_cm = gsd_cm;
            lead.border_m = border_m;
            lead.capture_time = date;
        }, &layers);
        let (low, high) = (of(probs[0].min(probs[1])), of(probs[0].max(probs[1])));
        prop_assert!(low.priority >= 0.0);
        prop_assert!(low.priority <= high.priority && high.priority <= 100.0);
        prop_assert!(low.grade >= high.grade, "A comes before B and C");
    }
}
