//! What is known of a site before anybody goes there.

use super::describe::Pair;
use super::fit::cut;
use super::words::{clean, compass, time};
use crate::campaign::{Lang, crop_name};
use crate::georef::m2_to_mu;
use crate::tasks::pack::{FieldTask, Surroundings};

/// Ems that a value may take: two lines of half a row, two of a whole row, one of a whole row.
const HALF_EM: f64 = 15.0;
const WIDE_EM: f64 = 46.0;
const LINE_EM: f64 = 24.0;

/// List, team, day, stop, grid worker and due date: the line below the header.
pub(super) fn visit(task: &FieldTask, lang: Lang, listing: &str) -> Vec<Pair> {
    let order = match lang {
        Lang::Zh => format!("第{}天 第{}站", task.day, task.stop),
        Lang::En => format!("day {}, stop {}", task.day, task.stop),
    };
    let name = |text: &str| match clean(text) {
        text if text.is_empty() => "—".to_owned(),
        text => cut(&text, 10.0),
    };
    vec![
        Pair::new(lang.pick("清单", "list"), listing),
        Pair::new(lang.pick("责任组", "team"), name(&task.team)),
        Pair::new(lang.pick("顺序", "order"), order),
        Pair::new(lang.pick("网格员", "grid worker"), name(&task.grid_worker)),
        Pair::new(lang.pick("时限", "due"), name(&task.due)),
    ]
}

/// The facts, in rows; what is not known is left out.
pub(super) fn facts(task: &FieldTask, lang: Lang) -> Vec<Pair> {
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let mut pairs = Vec::new();
    let mut add = |label: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            pairs.push(Pair::new(label, cut(&text, HALF_EM)));
        }
    };
    add(
        say("类别", "class"),
        Some(clean(crop_name(&task.class, lang))),
    );
    let percent = task.prob.map(|p| format!("{:.0} %", p * 100.0));
    add(say("置信", "probability"), percent);
    let grade = task.grade.map(|grade| match task.priority {
        Some(priority) => format!("{} ({priority:.1})", grade.letter()),
        None => grade.letter().to_owned(),
    });
    add(say("等级(优先度)", "grade"), grade);
    let (m2, mu) = (task.area_m2, m2_to_mu(task.area_m2));
    let area = match lang {
        Lang::Zh => format!("{m2:.1} m² ({mu:.3} 亩)"),
        Lang::En => format!("{m2:.1} m² ({mu:.3} mu)"),
    };
    add(say("面积", "area"), (m2 > 0.0).then_some(area));
    add(
        say("位置类型", "setting"),
        Some(task.setting.say(lang).to_owned()),
    );
    let near = &task.near;
    add(say("坡度、高程", "slope, height"), terrain(near));
    add(say("历史点", "earlier plot"), history(near, lang));
    let forest = near
        .canopy_ratio
        .map(|ratio| format!("{:.0} %", ratio * 100.0));
    add(say("200 m内林地", "forest, 200 m"), forest);
    add(
        say("拍摄时间", "taken"),
        Some(clean(&time(&task.capture_time))),
    );
    let gsd = task.gsd_cm.map(|gsd| format!("{gsd:.1} cm"));
    add(say("分辨率", "pixel (GSD)"), gsd);
    let mut wide = |label: &str, text: Option<String>, most_em: f64| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            pairs.push(Pair::wide(label, cut(&text, most_em)));
        }
    };
    wide(say("到达", "access"), access(task, lang), WIDE_EM);
    wide(say("周边距离", "distances"), distances(near, lang), WIDE_EM);
    let licence = task.licence.as_deref().map(clean);
    wide(say("许可证号", "licence"), licence, LINE_EM);
    wide(say("影像", "image"), Some(clean(&task.src_image)), LINE_EM);
    pairs
}

fn terrain(near: &Surroundings) -> Option<String> {
    let slope = near.slope_deg.map(|slope| format!("{slope:.0}°"));
    let height = near.elev_m.map(|height| format!("{height:.0} m"));
    let parts: Vec<String> = slope.into_iter().chain(height).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn history(near: &Surroundings, lang: Lang) -> Option<String> {
    let distance = near.history_m?;
    Some(match (near.history_year, lang) {
        (Some(year), Lang::Zh) => format!("{year}年, {distance:.0} m"),
        (Some(year), Lang::En) => format!("{year}, {distance:.0} m"),
        (None, _) => format!("{distance:.0} m"),
    })
}

fn access(task: &FieldTask, lang: Lang) -> Option<String> {
    let access = task.near.access?;
    let direction = compass(access.bearing_deg, lang);
    let (place, distance, bearing) = (access.place, access.distance_m, access.bearing_deg);
    Some(match lang {
        Lang::Zh => {
            format!("最近道路点 {place} (WGS84)，由此向{direction} ({bearing:.0}°) {distance:.0} m")
        }
        Lang::En => format!(
            "nearest road at {place} (WGS 84), from there {distance:.0} m {direction} \
             ({bearing:.0}°)"
        ),
    })
}

fn distances(near: &Surroundings, lang: Lang) -> Option<String> {
    let unit = match clean(&near.border_unit) {
        unit if unit.is_empty() => String::new(),
        unit => format!(" ({unit})"),
    };
    let known = [
        (
            lang.pick("房屋", "building"),
            near.building_m,
            String::new(),
        ),
        (lang.pick("水域", "water"), near.water_m, String::new()),
        (lang.pick("村界", "border"), near.border_m, unit),
    ];
    let parts: Vec<String> = known
        .into_iter()
        .filter_map(|(name, distance, more)| {
            distance.map(|distance| format!("{name} {distance:.0} m{more}"))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(lang.pick("，", ", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::fixture;

    fn text(task: &FieldTask, lang: Lang) -> String {
        let pairs = facts(task, lang);
        let lines: Vec<String> = pairs
            .iter()
            .map(|p| format!("{}={}", p.label, p.text))
            .collect();
        lines.join("|")
    }

    #[test]
    fn facts_are_said_with_their_units() {
        let pack = fixture::pack(8, Lang::Zh);
        let zh = text(&pack.tasks[0], Lang::Zh);
        for part in [
            "类别=罂粟",
            "置信=83 %",
            "等级(优先度)=A (91.3)",
            "面积=71.5 m² (0.107 亩)",
            "历史点=2023年, 42 m",
            "拍摄时间=2026-04-20 10:30",
            "分辨率=2.5 cm",
            "由此向东北 (37°) 140 m",
            "房屋 12 m，村界 31 m",
        ] {
            assert!(zh.contains(part), "{part} in {zh}");
        }
        let en = text(&pack.tasks[5], Lang::En);
        for part in [
            "class=cannabis",
            "140 m north-east (37°)",
            "border 31 m (青岩村)",
        ] {
            assert!(en.contains(part), "{part} in {en}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut task = fixture::pack(8, Lang::Zh).tasks[7].clone();
        task.near = Surroundings::default();
        task.capture_time = String::new();
        let zh = text(&task, Lang::Zh);
        for label in [
            "类别",
            "置信",
            "等级",
            "到达",
            "周边",
            "历史",
            "拍摄",
            "分辨率",
        ] {
            assert!(!zh.contains(label), "{label} in {zh}");
        }
    }
}
