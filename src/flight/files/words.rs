//! What speaks against a photo, in sentences.

use crate::flight::place::Missing;
use crate::flight::record::problem;
use crate::flight::survey::{Against, FlightPhoto};
use crate::lang::Lang;
use std::path::Path;

/// Why the ground of a photo does not count, a sentence a reason; empty where it does.
pub(super) fn reasons(photo: &FlightPhoto, lang: Lang) -> Vec<String> {
    let mut sentences = Vec::new();
    for against in &photo.against {
        match against {
            Against::Quality => sentences.extend(verdicts(photo, true, lang)),
            other => sentences.push(reason(photo, *other, lang)),
        }
    }
    sentences
}

/// The reason in one sentence; of the picture's quality, that it is poor.
fn reason(photo: &FlightPhoto, against: Against, lang: Lang) -> String {
    let (zh, en) = against.words();
    let head = lang.pick(zh, en);
    let detail = match against {
        Against::NotPlaced => unplaced(photo, lang),
        Against::TooFlat => lang
            .pick(
                "画面各处的俯角都小于下限",
                "no part of it looks down steeply enough",
            )
            .to_owned(),
        Against::Infrared => lang
            .pick("模型看的是颜色", "models look at colours")
            .to_owned(),
        Against::Copy => match &photo.copy_of {
            Some((_, [en, zh])) => return lang.pick(zh, en).to_owned(),
            None => String::new(),
        },
        Against::TooCoarse => photo.gsd.map_or_else(String::new, |gsd| {
            let cm = gsd.mean_m() * 100.0;
            match lang {
                Lang::Zh => format!("每像素 {cm:.1} 厘米"),
                Lang::En => format!("{cm:.1} cm a pixel"),
            }
        }),
        Against::OutOfSeason => photo.tags.taken.map_or_else(String::new, |taken| {
            let day = taken.local.date();
            match lang {
                Lang::Zh => format!("拍摄于 {day}"),
                Lang::En => format!("taken on {day}"),
            }
        }),
        Against::Quality => String::new(),
    };
    if detail.is_empty() {
        return head.to_owned();
    }
    match lang {
        Lang::Zh => format!("{head}：{detail}"),
        Lang::En => format!("{head}: {detail}"),
    }
}

/// What a photo without a place does not say. Problems other than missing tags are English.
fn unplaced(photo: &FlightPhoto, lang: Lang) -> String {
    if lang == Lang::En {
        return problem(photo);
    }
    let missing: Vec<&str> = photo.placed.missing.iter().map(|m| missing(*m)).collect();
    let missing = (!missing.is_empty()).then(|| format!("缺少{}", missing.join("、")));
    let others = photo.placed.problems.iter().cloned();
    missing
        .into_iter()
        .chain(others)
        .collect::<Vec<String>>()
        .join("；")
}

/// What a photo does not say, in Chinese.
fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::Position => "拍摄位置（GPSLatitude、GPSLongitude）",
        Missing::Height => "相对起飞点的高度（RelativeAltitude）",
        Missing::Direction => "相机朝向（GimbalYawDegree、GimbalPitchDegree）",
        Missing::Lens => {
            "像素焦距（CalibratedFocalLength、已知相机的FocalLength或FocalLengthIn35mmFilm）"
        }
        Missing::Ground => "下方地面高程（高程模型在该处无值）",
    }
}

/// Findings on the picture, those that hide the ground or the others.
fn verdicts(photo: &FlightPhoto, hiding: bool, lang: Lang) -> Vec<String> {
    let quality = photo.quality.iter().flat_map(|quality| &quality.verdicts);
    quality
        .filter(|verdict| verdict.fault.hides_ground() == hiding)
        .map(|verdict| match lang {
            Lang::Zh => verdict.zh(),
            Lang::En => verdict.en(),
        })
        .collect()
}

/// What else is wrong with a photo, and takes nothing from the ground it shows.
pub(super) fn remarks(photo: &FlightPhoto, lang: Lang) -> Vec<String> {
    let mut remarks = verdicts(photo, false, lang);
    if photo.placed.view().is_some() {
        remarks.extend(photo.placed.problems.iter().cloned());
    }
    remarks
}

/// All that there is to say of a photo.
pub(super) fn explanation(photo: &FlightPhoto, lang: Lang) -> String {
    let mut all = reasons(photo, lang);
    all.extend(remarks(photo, lang));
    all.join(lang.pick("；", "; "))
}

/// The reasons in a word each.
pub(super) fn brief(photo: &FlightPhoto, lang: Lang) -> String {
    let words = photo.against.iter().map(|against| {
        let (zh, en) = against.words();
        lang.pick(zh, en)
    });
    let words: Vec<&str> = words.collect();
    words.join(lang.pick("、", ", "))
}

/// The machine name of a reason.
pub(super) fn name(against: Against) -> String {
    let value = serde_json::to_value(against).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What was taken for the take-off, in Chinese and English.
pub(super) fn take_off(from: &str) -> (&'static str, &'static str) {
    match from {
        "given" => ("指定的起飞点", "as given"),
        "lowest photo" => ("最低的一张照片处", "below the lowest photo"),
        "first photo" => ("首张照片处", "below the first photo"),
        _ => ("视为平地", "level ground"),
    }
}

/// The folders that all paths begin with.
pub(super) fn common_folder<'a>(paths: impl IntoIterator<Item = &'a Path>) -> &'a Path {
    let mut paths = paths.into_iter();
    let first = paths.next().and_then(Path::parent);
    paths.fold(first.unwrap_or(Path::new("")), |folder, path| {
        let mut above = folder.ancestors();
        above
            .find(|above| path.starts_with(above))
            .unwrap_or(Path::new(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_common() {
        let paths = ["/a/b/c/1.jpg", "/a/b/d/1.jpg", "/a/b/2.jpg"].map(Path::new);
        assert_eq!(common_folder(paths), Path::new("/a/b"));
        assert_eq!(common_folder([Path::new("x/1.jpg")]), Path::new("x"));
        assert_eq!(
            common_folder(["x/1.jpg", "y/1.jpg"].map(Path::new)),
            Path::new("")
        );
        assert_eq!(common_folder([]), Path::new(""));
    }

    #[test]
    fn names_are_those_of_the_record() {
        assert_eq!(name(Against::TooCoarse), "too_coarse");
        assert_eq!(name(Against::OutOfSeason), "out_of_season");
    }
}
