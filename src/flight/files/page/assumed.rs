//! What the numbers rest on, and what must be known before any of them.

use super::Figures;
use crate::flight::quality::Fault;
use crate::flight::view::FocalSource;
use crate::lang::Lang;
use crate::page::markup::Markup;
use crate::page::numbers::{count, fixed};

/// What must be known before any number.
pub(super) fn warnings(figures: &Figures<'_>) -> Vec<String> {
    let lang = figures.lang;
    let survey = figures.survey;
    let mut warnings = Vec::new();
    if survey.photos.is_empty() {
        warnings.push(lang.pick("没有照片。", "There is no photo.").to_owned());
        return warnings;
    }
    if figures.record.coverage.photos == 0 {
        let said = lang.pick(
            "没有一张照片计入：覆盖为零。",
            "No photo counts: no ground was seen.",
        );
        warnings.push(said.to_owned());
    }
    let judged = survey.photos.iter().filter(|p| p.quality.is_some()).count();
    if judged < survey.photos.len() {
        let left = count(survey.photos.len() - judged);
        warnings.push(match lang {
            Lang::Zh => format!("{left} 张照片未检查画质，模糊、遮挡的也可能计入。"),
            Lang::En => format!(
                "Photos whose pixels were not looked at: {left}. Blurred ones among them may count."
            ),
        });
    }
    let level = figures
        .record
        .sorties
        .iter()
        .filter(|sortie| sortie.take_off_from == Some("level ground"))
        .count();
    if level > 0 {
        warnings.push(
            lang.pick(
                "未用高程模型，地面按起飞点高度视为平地；山区的位置与范围会明显偏离。",
                "No elevation model: ground is taken as level at the height of the take-off. In hills places and outlines are off.",
            )
            .to_owned(),
        );
    }
    warnings
}

/// What was assumed, a line a subject.
pub(super) fn section(figures: &Figures<'_>) -> Markup {
    let all = [
        Some(heights(figures)),
        errors(figures),
        lenses(figures),
        Some(rules(figures.lang)),
        season(figures),
        exposed(figures),
    ];
    let lines: Vec<String> = all.into_iter().flatten().collect();
    Markup::list(lines.iter().map(String::as_str))
}

fn heights(figures: &Figures<'_>) -> String {
    let is_relief = |from: Option<&str>| from.is_some_and(|from| from != "level ground");
    let sorties = &figures.record.sorties;
    let relief = sorties.iter().any(|sortie| is_relief(sortie.take_off_from));
    let text = if relief {
        figures.lang.pick(
            "高度：照片所记高度从起飞点算起；起飞点地面高程取自高程模型，各架次依据见上表。地面为该高程模型，全球30米模型含树冠高度。",
            "Heights: photos say theirs above the take-off, whose height is that of the elevation model; the table of flights says what was taken for it. The ground is that model; one of the globe at 30 m includes the tops of trees.",
        )
    } else {
        figures.lang.pick(
            "高度：照片所记高度从起飞点算起；未用高程模型，地面按起飞点高度视为平地。",
            "Heights: photos say theirs above the take-off; there is no elevation model, and ground is taken as level at the height of the take-off.",
        )
    };
    text.to_owned()
}

fn errors(figures: &Figures<'_>) -> Option<String> {
    let said = figures.survey.photos.iter().filter_map(|p| p.pos_err_m);
    let mut middles: Vec<f64> = said.clone().map(|(middle, _)| middle).collect();
    let worst = said.map(|(_, worst)| worst).max_by(f64::total_cmp)?;
    middles.sort_by(f64::total_cmp);
    let middle = middles.get(middles.len() / 2).copied();
    let (middle, worst) = (fixed(middle, 1), fixed(Some(worst), 1));
    let fixed_rtk = figures
        .record
        .photos
        .iter()
        .filter(|photo| photo.rtk.is_some_and(|rtk| rtk.flag == 50))
        .count();
    let rtk = match (fixed_rtk, figures.lang) {
        (0, _) => String::new(),
        (number, Lang::Zh) => format!("（固定解 {} 张，按其自报值）", count(number)),
        (number, Lang::En) => format!(" (what it says itself for {} fixed ones)", count(number)),
    };
    Some(match figures.lang {
        Lang::Zh => format!(
            "位置误差（标准误）：画面中心中位数 {middle} 米，最大一角 {worst} 米。由接收机位置一般3米{rtk}、姿态1°、偏航3°、地面高度（有高程模型5米，无则30米）和焦距误差合成；多为设定值，非实测。"
        ),
        Lang::En => format!(
            "Errors of places (standard errors): {middle} m in the middle of pictures (median), {worst} m at the worst corner of all. Made up of the receiver's position, 3 m unless given otherwise{rtk}, 1° of pitch and roll, 3° of yaw, the height of the ground (5 m with an elevation model, 30 m without) and the focal length. Most of these are suppositions, not measured."
        ),
    })
}

fn lenses(figures: &Figures<'_>) -> Option<String> {
    let lang = figures.lang;
    let names = [
        (FocalSource::Dewarp, "镜头标定", "calibration of the lens"),
        (
            FocalSource::Calibrated,
            "厂家像素焦距",
            "focal length in pixels of the maker",
        ),
        (
            FocalSource::Sensor,
            "焦距与传感器尺寸",
            "focal length and sensor size",
        ),
        (
            FocalSource::Film35,
            "等效焦距（误差约4%）",
            "focal length for film (off by some 4 %)",
        ),
    ];
    let parts: Vec<String> = names
        .into_iter()
        .filter_map(|(source, zh, en)| {
            let photos = &figures.record.photos;
            let own = photos.iter().filter(|p| p.focal_source == Some(source));
            let number = own.count();
            (number > 0).then(|| match lang {
                Lang::Zh => format!("{zh} {} 张", count(number)),
                Lang::En => format!("{en}: {}", count(number)),
            })
        })
        .collect();
    (!parts.is_empty()).then(|| match lang {
        Lang::Zh => format!("镜头：{}。", parts.join("，")),
        Lang::En => format!("Lenses, by photos: {}.", parts.join(", ")),
    })
}

fn rules(lang: Lang) -> String {
    lang.pick(
        "计入：已定位、俯角够大、画质合格、不重复、像元不超限、在物候期内（不明时不扣）的照片，其地面算作已拍到；每处地面只计一次面积，面积按椭球计算。",
        "What counts: ground of photos that are placed, look down steeply enough, are fit to be seen, no copies, fine enough and in season (or nobody knows). Each place counts once; areas are those on the ellipsoid.",
    )
    .to_owned()
}

fn season(figures: &Figures<'_>) -> Option<String> {
    let photos = &figures.survey.photos;
    let unknown = photos.iter().filter(|p| p.in_season.is_none()).count();
    (unknown > 0).then(|| match figures.lang {
        Lang::Zh => format!("物候期：{} 张照片无从判断，未扣除。", count(unknown)),
        Lang::En => format!(
            "Season: of {} photos nobody knows whether they are in season; they count.",
            count(unknown)
        ),
    })
}

/// Photos that count although something is wrong with them.
fn exposed(figures: &Figures<'_>) -> Option<String> {
    let lang = figures.lang;
    let counted: Vec<_> = figures
        .survey
        .footprints()
        .map(|(photo, _)| photo)
        .collect();
    let parts: Vec<String> = Fault::ALL
        .into_iter()
        .filter(|fault| !fault.hides_ground())
        .filter_map(|fault| {
            let own = counted
                .iter()
                .filter(|p| p.quality.as_ref().is_some_and(|q| q.has(fault)));
            let number = own.count();
            let word = fault.word();
            (number > 0).then(|| match lang {
                Lang::Zh => format!("{} {} 张", word.zh, count(number)),
                Lang::En => format!("{}: {}", word.en, count(number)),
            })
        })
        .collect();
    (!parts.is_empty()).then(|| match lang {
        Lang::Zh => format!("计入但画面有缺陷：{}。", parts.join("，")),
        Lang::En => format!(
            "Photos that count although something is wrong: {}.",
            parts.join(", ")
        ),
    })
}
