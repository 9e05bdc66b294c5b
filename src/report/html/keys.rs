//! The key figures: what leaders ask first. A number that nobody knows is never 0; the reason stands
//! in its place.

use crate::campaign::Lang;
use crate::page::cards::{self, Card};
use crate::page::markup::Markup;
use crate::page::numbers::{count, fixed};
use crate::report::figures::{Count, Figures, Share, Tally};
use crate::report::level::Level;

/// The key figures as cards.
pub(super) fn cards(figures: &Figures) -> Markup {
    cards::cards(keys(figures))
}

fn keys(figures: &Figures) -> Vec<Card> {
    let lang = figures.lang;
    let total = &figures.total;
    let unscanned = figures.effort.images.is_zero() && total.candidates.is_zero();
    let not_given = || lang.pick("尚未派单", "nothing was given out");
    vec![
        covered(figures),
        Card {
            name: lang.pick("疑似点", "candidate sites"),
            value: if unscanned {
                Err(lang.pick("未扫描影像", "no image was scanned"))
            } else {
                Ok(say(total.candidates))
            },
            rest: grades(total, lang),
        },
        Card {
            name: lang.pick("派单", "given out"),
            value: known(total.assigned, not_given()),
            rest: if total.assigned.is_zero() {
                String::new()
            } else {
                lang.pick("含随机抽查点", "with places drawn by lot").into()
            },
        },
        checked(total, lang),
        confirmed(total, lang),
        plants(figures),
        precision(&figures.precision.all, figures.level, lang),
        Card {
            name: lang.pick("待核查", "pending"),
            value: if total.assigned.is_zero() {
                Err(not_given())
            } else {
                Ok(say(total.pending))
            },
            rest: match (total.assigned.is_zero(), lang) {
                (true, _) => String::new(),
                (false, Lang::Zh) => format!("其中逾期 {}", say(total.overdue)),
                (false, Lang::En) => format!("overdue: {}", say(total.overdue)),
            },
        },
    ]
}

/// A count as people read it.
fn say(number: Count) -> String {
    number.value().map_or_else(|| number.say(), count)
}

/// A count of what was done; none where nothing was.
fn known(number: Count, none: &'static str) -> Result<String, &'static str> {
    if number.is_zero() {
        Err(none)
    } else {
        Ok(say(number))
    }
}

fn grades(total: &Tally, lang: Lang) -> String {
    if total.candidates.is_zero() {
        return String::new();
    }
    let [a, b, c] = [total.grade_a, total.grade_b, total.grade_c].map(say);
    match lang {
        Lang::Zh => format!("A级 {a} · B级 {b} · C级 {c}"),
        Lang::En => format!("A {a} · B {b} · C {c}"),
    }
}

fn covered(figures: &Figures) -> Card {
    let lang = figures.lang;
    let name = lang.pick("有效覆盖率", "ground seen");
    match &figures.coverage {
        None => Card {
            name,
            value: Err(lang.pick("未计算", "not measured")),
            rest: lang
                .pick("无村界或未扫描影像", "no villages, or no images")
                .into(),
        },
        Some(coverage) => {
            let total = &coverage.total;
            let mu = fixed(Some(total.covered_mu), 0);
            Card {
                name,
                value: Ok(format!("{:.1}%", total.share * 100.0)),
                rest: match lang {
                    Lang::Zh => format!("{mu} 亩，{} 个村", total.villages),
                    Lang::En => format!("{mu} mu, {} villages", total.villages),
                },
            }
        }
    }
}

fn checked(total: &Tally, lang: Lang) -> Card {
    let none = lang.pick("尚无核查结果", "no answer yet");
    let [closed, in_time] = [total.closed, total.closed_in_time].map(say);
    Card {
        name: lang.pick("已核查", "checked"),
        value: known(total.checked, none),
        rest: match (total.checked.is_zero(), lang) {
            (true, _) => String::new(),
            (false, Lang::Zh) => format!("办结 {closed}，按时 {in_time}"),
            (false, Lang::En) => format!("closed {closed}, in time {in_time}"),
        },
    }
}

fn confirmed(total: &Tally, lang: Lang) -> Card {
    let [leads, lots, finds] =
        [total.outcomes.confirmed, total.lots_confirmed, total.finds].map(say);
    let unknown = total.checked.is_zero();
    Card {
        name: lang.pick("确认合计", "confirmed in all"),
        value: if unknown {
            Err(lang.pick("尚未核查，情况不明", "nothing was checked: not known"))
        } else {
            Ok(say(total.confirmed))
        },
        rest: match (unknown, lang) {
            (true, _) => String::new(),
            (false, Lang::Zh) => format!("疑似点 {leads} · 抽查 {lots} · 线索外 {finds}"),
            (false, Lang::En) => format!("leads {leads} · by lot {lots} · finds {finds}"),
        },
    }
}

fn plants(figures: &Figures) -> Card {
    let lang = figures.lang;
    let total = &figures.total;
    let plants = &total.plants;
    let value = match plants.sum {
        _ if total.checked.is_zero() => {
            Err(lang.pick("尚未核查，情况不明", "nothing was checked: not known"))
        }
        None => Err(lang.pick("处数过少，不公布", "too few places to be published")),
        Some(_) if plants.places.is_zero() && !total.confirmed.is_zero() => {
            Err(lang.pick("确认点均未报株数", "no confirmed place has a count"))
        }
        Some(sum) => Ok(fixed(Some(sum), 0)),
    };
    let mut rest = Vec::new();
    if let (Ok(_), Some(error)) = (&value, plants.standard_error.filter(|e| *e > 0.0)) {
        let error = fixed(Some(error), 0);
        rest.push(match lang {
            Lang::Zh => format!("标准误 {error}"),
            Lang::En => format!("standard error {error}"),
        });
    }
    if !plants.without.is_zero() {
        let without = say(plants.without);
        rest.push(match lang {
            Lang::Zh => format!("{without} 处未报，未计入"),
            Lang::En => format!("{without} places without a count are not in it"),
        });
    }
    Card {
        name: lang.pick("株数", "plants"),
        value,
        rest: rest.join(lang.pick("；", "; ")),
    }
}

fn precision(all: &Share, level: Level, lang: Lang) -> Card {
    let value = match all.share {
        Some(share) => Ok(format!("{:.1}%", share * 100.0)),
        None if level == Level::Public && !all.whole.is_zero() => {
            Err(lang.pick("核查数过少，不公布", "too few to be published"))
        }
        None => Err(lang.pick("尚无可计算的核查结果", "no answer that it could be of")),
    };
    let rest = match (all.low, all.high, lang) {
        (Some(low), Some(high), Lang::Zh) => format!(
            "{}/{}，95%区间 {:.1}%–{:.1}%",
            say(all.part),
            say(all.whole),
            low * 100.0,
            high * 100.0
        ),
        (Some(low), Some(high), Lang::En) => format!(
            "{} of {}, 95 % from {:.1}% to {:.1}%",
            say(all.part),
            say(all.whole),
            low * 100.0,
            high * 100.0
        ),
        _ => String::new(),
    };
    Card {
        name: lang.pick("主清单实地准确率", "field precision"),
        value,
        rest,
    }
}
