//! The words of a grade: each term with what it does to the priority.

use super::layers::Licence;
use super::licence::Standing;
use crate::campaign::phenology::Window;
use crate::campaign::{Lang, crop_name};

/// A layer that an office may not have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layer {
    Phenology,
    History,
    Forest,
    Buildings,
    Villages,
    Licences,
    Water,
    Roads,
    Elevation,
}

/// Sentences in one language, in the order said.
pub(super) struct Reasons {
    lang: Lang,
    said: Vec<String>,
}

impl Reasons {
    pub(super) fn new(lang: Lang) -> Self {
        let said = Vec::new();
        Self { lang, said }
    }

    pub(super) fn into_sentences(self) -> Vec<String> {
        self.said
    }

    fn say(&mut self, zh: impl FnOnce() -> String, en: impl FnOnce() -> String) {
        let sentence = match self.lang {
            Lang::Zh => zh(),
            Lang::En => en(),
        };
        // Two licences of one number need not be said twice.
        if !self.said.contains(&sentence) {
            self.said.push(sentence);
        }
    }

    pub(super) fn not_computed(&mut self, zh: &str, en: &str) {
        self.say(|| format!("未计算：{zh}"), || format!("not computed: {en}"));
    }

    pub(super) fn no_layer(&mut self, layer: Layer) {
        let (zh, en) = match layer {
            Layer::Phenology => ("物候", "phenology"),
            Layer::History => ("历史点", "history"),
            Layer::Forest => ("林地", "forest"),
            Layer::Buildings => ("房屋", "buildings"),
            Layer::Villages => ("村界", "villages"),
            Layer::Licences => ("许可", "whitelist"),
            Layer::Water => ("水系", "water"),
            Layer::Roads => ("道路", "roads"),
            Layer::Elevation => ("高程", "elevation"),
        };
        self.not_computed(&format!("无{zh}图层"), &format!("no {en} layer"));
    }

    pub(super) fn probability(&mut self, prob: f64) {
        self.say(
            || format!("置信 {prob:.2}"),
            || format!("probability {prob:.2}"),
        );
    }

    pub(super) fn season(&mut self, window: &Window, is_in: bool, factor: f64) {
        let (window, factor) = (window.say(self.lang), times(factor));
        let not = if is_in { "" } else { "不" };
        let out = if is_in { "in season" } else { "out of season" };
        self.say(
            || format!("{not}在物候窗口：{window} {factor}"),
            || format!("{out}: {window} {factor}"),
        );
    }

    pub(super) fn resolution(&mut self, gsd_cm: f64, most_cm: f64, fits: bool, factor: f64) {
        let (gsd, most, factor) = (plain(gsd_cm), plain(most_cm), times(factor));
        if fits {
            self.say(
                || format!("分辨率 {gsd} cm 达到 {most} cm {factor}"),
                || format!("resolution {gsd} cm, as fine as {most} cm {factor}"),
            );
        } else {
            self.say(
                || format!("分辨率 {gsd} cm 粗于 {most} cm {factor}"),
                || format!("resolution {gsd} cm, coarser than {most} cm {factor}"),
            );
        }
    }

    pub(super) fn history(&mut self, year: Option<i32>, distance_m: f64, weight: f64) {
        let effect = plus(weight);
        match year {
            Some(year) => self.say(
                || format!("历史点 {year}年 {distance_m:.0} m {effect}"),
                || format!("plot of {year} at {distance_m:.0} m {effect}"),
            ),
            None => self.say(
                || format!("历史点 {distance_m:.0} m {effect}"),
                || format!("plot of earlier years at {distance_m:.0} m {effect}"),
            ),
        }
    }

    pub(super) fn clearing(&mut self, canopy_ratio: f64, weight: f64) {
        let effect = plus(weight);
        self.say(
            || format!("林间空地：200 m 内林地占 {canopy_ratio:.2} {effect}"),
            || format!("clearing: {canopy_ratio:.2} of the ground within 200 m is forest {effect}"),
        );
    }

    pub(super) fn courtyard(&mut self, home_m: f64, weight: f64) {
        let effect = plus(weight);
        self.say(
            || format!("庭院：距房屋 {home_m:.0} m {effect}"),
            || format!("yard: building at {home_m:.0} m {effect}"),
        );
    }

    pub(super) fn border(&mut self, border_m: f64, unit: &str, weight: f64) {
        let effect = plus(weight);
        let (zh, en) = if unit.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("，邻{unit}"), format!(", {unit} beyond"))
        };
        self.say(
            || format!("距界 {border_m:.0} m{zh} {effect}"),
            || format!("border at {border_m:.0} m{en} {effect}"),
        );
    }

    pub(super) fn area(&mut self, area_m2: f64, large_m2: f64, weight: f64) {
        let (area, large, effect) = (plain(area_m2), plain(large_m2), plus(weight));
        self.say(
            || format!("面积 {area} m² 大于 {large} m² {effect}"),
            || format!("area {area} m², larger than {large} m² {effect}"),
        );
    }

    pub(super) fn capped(&mut self, raw: f64) {
        self.say(
            || format!("合计 {raw:.1}，按 100 计"),
            || format!("{raw:.1} in all, taken as 100"),
        );
    }

    pub(super) fn licence(&mut self, licence: &Licence, standing: Standing) {
        let lang = self.lang;
        let Licence { id, crop, .. } = licence;
        let holder = match (licence.holder_unit.as_str(), lang) {
            ("", _) => String::new(),
            (unit, Lang::Zh) => format!("（{unit}）"),
            (unit, Lang::En) => format!(" ({unit})"),
        };
        let no_limit = lang.pick("不限", "any day");
        let [from, to] = [&licence.valid_from, &licence.valid_to].map(|day| {
            let day = day.trim();
            if day.is_empty() { no_limit } else { day }
        });
        match standing {
            Standing::Holds => self.say(
                || format!("在许可地块内：许可证 {id}{holder}"),
                || format!("on licensed ground: licence {id}{holder}"),
            ),
            Standing::OtherCrop => {
                let crop = crop_name(crop, lang);
                self.say(
                    || format!("许可证 {id}{holder} 不适用：作物为{crop}"),
                    || format!("licence {id}{holder} does not apply: its crop is {crop}"),
                );
            }
            Standing::OtherDays(seen) => self.say(
                || format!("许可证 {id}{holder} 不适用：有效期 {from} 至 {to}，拍摄于 {seen}"),
                || {
                    format!(
                        "licence {id}{holder} does not apply: valid from {from} to {to}, \
                         image of {seen}"
                    )
                },
            ),
            Standing::NoDate => self.say(
                || format!("许可证 {id}{holder} 未核对：有效期 {from} 至 {to}，无拍摄时间"),
                || {
                    format!(
                        "licence {id}{holder} not checked: valid from {from} to {to}, \
                         no capture time"
                    )
                },
            ),
            Standing::Unreadable => self.say(
                || format!("许可证 {id}{holder} 未核对：有效期 {from} 至 {to} 不是日期"),
                || {
                    format!(
                        "licence {id}{holder} not checked: valid from {from} to {to}, \
                         which are no days"
                    )
                },
            ),
        }
    }
}

fn plus(weight: f64) -> String {
    format!("(+{})", plain(weight))
}

fn times(factor: f64) -> String {
    format!("(×{})", plain(factor))
}

/// At most two decimals, without zeros at the end.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
