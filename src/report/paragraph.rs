//! The paragraph of a work summary (工作总结) with its figures filled in, in Chinese and English.

mod english;

use super::figures::{Count, Figures, Share, SortiesFrom, Sum};
use super::level::Level;
use crate::campaign::coverage::smallest_plot_m2;
use crate::campaign::{Lang, crop_name};
use crate::tasks::pack::NOT_EVIDENCE;

/// The paragraph, in the language of the figures.
#[must_use]
pub fn paragraph(figures: &Figures) -> String {
    let said: Vec<String> = match figures.lang {
        Lang::Zh => chinese(figures),
        Lang::En => english::english(figures),
    };
    said.concat()
}

/// `paragraph.txt`: the paragraph, what it is, and how it was reckoned.
#[must_use]
pub(super) fn text(figures: &Figures) -> String {
    let lang = figures.lang;
    let level = super::words::level_note(figures.level, lang);
    let mut lines = vec![
        super::xlsx::title(figures),
        String::new(),
        paragraph(figures),
        String::new(),
    ];
    if !level.is_empty() {
        lines.push(level.to_owned());
    }
    lines.push(lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1).to_owned());
    lines.push(format!("{} · {}", figures.date, figures.program));
    // Notepad needs the mark and the line ends.
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

fn chinese(figures: &Figures) -> Vec<String> {
    let campaign = &figures.campaign;
    let total = &figures.total;
    let county = if figures.county.is_empty() {
        "本县"
    } else {
        &figures.county
    };
    let mut said = vec![format!(
        "截至{}，{county}开展“{}”{}年第{}轮禁种铲毒踏查。",
        day(&figures.date),
        campaign.name,
        campaign.year,
        campaign.round
    )];
    said.push(flown(figures));
    said.push(covered(figures));
    said.push(format!(
        "共排查疑似点{}个，其中A级{}个、B级{}个、C级{}个、未定级{}个，许可种植范围内{}个、临界{}个另列。",
        total.candidates.say(),
        total.grade_a.say(),
        total.grade_b.say(),
        total.grade_c.say(),
        total.ungraded.say(),
        total.licensed.say(),
        total.border.say()
    ));
    said.push(format!(
        "派单核查{}处，已核查{}处，办结{}处，其中按时办结{}处。",
        total.assigned.say(),
        total.checked.say(),
        total.closed.say(),
        total.closed_in_time.say()
    ));
    let outcomes = &total.outcomes;
    said.push(format!(
        "疑似点核查结果：确认{}处、误报{}处、合法种植{}处、已铲除或已收{}处、现场无此地块{}处、无法到达{}处、待复查{}处；另随机抽查确认{}处、线索外发现{}处。",
        outcomes.confirmed.say(),
        outcomes.false_alarm.say(),
        outcomes.legal_crop.say(),
        outcomes.already_removed.say(),
        outcomes.not_found.say(),
        outcomes.unreachable.say(),
        outcomes.revisit.say(),
        total.lots_confirmed.say(),
        total.finds.say()
    ));
    said.push(if total.confirmed.is_zero() {
        zero(figures)
    } else {
        found(figures)
    });
    said.push(match percent(&figures.precision.all) {
        Some((share, low, high)) => format!(
            "主清单实地准确率{share}（{}/{}，95%置信区间{low}至{high}）。",
            figures.precision.all.part.say(),
            figures.precision.all.whole.say()
        ),
        None => "主清单实地准确率：核查数不足，不作计算。".into(),
    });
    said.push(missed(figures));
    if let Some(targets) = &figures.targets {
        let rate = percent(&targets.matched)
            .map_or_else(String::new, |(share, ..)| format!("，吻合率{share}"));
        said.push(format!(
            "上级下发靶标{}个，与本地点位吻合（{} m内）{}个{rate}；未吻合的逐一说明。",
            targets.matched.whole.say(),
            targets.radius_m,
            targets.matched.part.say()
        ));
    }
    if let Some(change) = &figures.change {
        said.push(format!(
            "与往轮比较：新增{}个、延续{}个、消失{}个，往轮点本轮未覆盖、情况不明{}个，往轮确认后再次确认{}个。",
            change.new.say(),
            change.persisting.say(),
            change.gone.say(),
            change.not_seen.say(),
            change.confirmed_again.say()
        ));
    }
    said.push(format!(
        "尚有{}处待核查（其中逾期{}处）、{}条答复待核对、{}条退回记录未处理。",
        total.pending.say(),
        total.overdue.say(),
        total.flagged.say(),
        total.rejected.say()
    ));
    said.push("疑似点均为线索，非证据；以现场核查和依法取证为准。".into());
    said
}

fn flown(figures: &Figures) -> String {
    let effort = &figures.effort;
    let mut parts = Vec::new();
    if let Some(people) = effort.typed.people {
        parts.push(format!("出动{people}人次"));
    }
    if let Some(vehicles) = effort.typed.vehicles {
        parts.push(format!("车辆{vehicles}台次"));
    }
    parts.push(match (effort.sorties, effort.sorties_from) {
        (Some(sorties), Some(SortiesFrom::Flights)) => {
            format!("飞行{sorties}架次（按航摄照片统计）")
        }
        (Some(sorties), _) => format!("飞行{sorties}架次"),
        (None, _) => "飞行架次未填报".into(),
    });
    let days = match (effort.capture_dates.first(), effort.capture_dates.last()) {
        (Some(first), Some(last)) if first == last => format!("{}拍摄", day(first)),
        (Some(first), Some(last)) => format!(
            "{}至{}共{}天拍摄",
            day(first),
            day(last),
            effort.capture_dates.len()
        ),
        _ => "拍摄日期不明".into(),
    };
    let images = effort.images.say();
    // Photos of flights need not be among the images that were scanned.
    if effort.flown_dates.is_empty() {
        parts.push(format!("使用影像{images}幅（{days}）"));
    } else {
        parts.push(days);
        parts.push(format!("使用影像{images}幅"));
    }
    format!("{}。", parts.join("，"))
}

fn covered(figures: &Figures) -> String {
    let Some(coverage) = &figures.coverage else {
        return "覆盖面积未计算。".into();
    };
    let total = &coverage.total;
    format!(
        "有效覆盖{:.1}亩，占{}个村面积的{:.1}%（分辨率不低于{} cm/像素且在物候期内{}）。",
        total.covered_mu,
        total.villages,
        total.share * 100.0,
        coverage.max_gsd_cm,
        coverage
            .median_gsd_cm
            .map_or_else(String::new, |gsd| format!("，中位{gsd:.1} cm"))
    )
}

/// What may be said where nothing was found: only of the ground that was seen, how finely, and when.
fn zero(figures: &Figures) -> String {
    let total = &figures.total;
    let looked = figures
        .coverage
        .as_ref()
        .filter(|c| c.total.covered_m2 > 0.0);
    let Some(coverage) = looked else {
        return "未确认毒品原植物；因覆盖未计算或无有效覆盖，不得据此认定“零种植”。".into();
    };
    let crops: Vec<&str> = coverage
        .crops
        .iter()
        .map(|crop| crop_name(crop, Lang::Zh))
        .collect();
    // All that counts is at least as fine as the limit.
    let smallest = smallest_plot_m2(coverage.max_gsd_cm)
        .map_or_else(String::new, |m2| format!("、可辨{m2:.0}平方米及以上的地块"));
    let days = match (coverage.dates.first(), coverage.dates.last()) {
        (Some(first), Some(last)) if first == last => day(first),
        (Some(first), Some(last)) => format!("{}至{}", day(first), day(last)),
        _ => "日期不明".into(),
    };
    let gsd = coverage
        .median_gsd_cm
        .map_or_else(String::new, |gsd| format!("、中位分辨率{gsd:.1} cm"));
    let open = if total.pending.is_zero() {
        String::new()
    } else {
        format!("，且尚有{}处待核查", total.pending.say())
    };
    format!(
        "在有效覆盖的{:.1}%面积内（{days}{gsd}{smallest}），已核查点未确认{}；此结论不及于未覆盖的{:.1}%面积{open}，不等于“零种植”。",
        coverage.total.share * 100.0,
        crops.join("、"),
        (1.0 - coverage.total.share) * 100.0
    )
}

fn found(figures: &Figures) -> String {
    let total = &figures.total;
    let plants = plants(&total.plants, "株", "未填报");
    let area = match (total.measured_m2.sum, total.measured_mu) {
        (Some(m2), Some(mu)) => format!("{m2:.1}平方米（{mu:.3}亩）"),
        _ => "不公布".into(),
    };
    let missing = |sum: &Sum, what: &str| {
        if sum.without.is_zero() {
            String::new()
        } else {
            format!("（{}处未报{what}，未计入）", sum.without.say())
        }
    };
    let d = &total.disposals;
    format!(
        "确认合计{}处，{plants}{}，实测面积{area}{}；处置：成熟前自行铲除{}处、成熟后自行铲除{}处、强制铲除{}处、移交{}处、未处置{}处、未填{}处。",
        total.confirmed.say(),
        missing(&total.plants, "株数"),
        missing(&total.measured_m2, "面积"),
        d.self_before_maturity.say(),
        d.self_after.say(),
        d.forced.say(),
        d.transferred.say(),
        d.none.say(),
        d.unsaid.say()
    )
}

/// Plants with their standard error, where quadrats were counted.
fn plants(sum: &Sum, unit: &str, none: &str) -> String {
    match (sum.sum, sum.standard_error) {
        (None, _) => none.to_owned(),
        (Some(_), _) if sum.places.is_zero() => none.to_owned(),
        (Some(plants), Some(error)) if error > 0.0 => {
            format!("{plants:.0}{unit}（抽样估计，标准误{error:.0}{unit}）")
        }
        (Some(plants), Some(_)) => format!("{plants:.0}{unit}"),
        (Some(plants), None) => format!("{plants:.0}{unit}（标准误不详）"),
    }
}

fn missed(figures: &Figures) -> String {
    let control = &figures.control;
    let (random, low) = (&control.random, &control.low);
    if random.checked.is_zero() && low.checked.is_zero() {
        return "对照样本尚未核查，漏检情况不明。".into();
    }
    let mut said = Vec::new();
    for (lots, what) in [(random, "未报警网格"), (low, "低等级点")] {
        if lots.checked.is_zero() {
            said.push(format!("{what}尚未抽查"));
            continue;
        }
        let upper = lots.share_upper.map_or_else(String::new, |upper| {
            format!("，比例95%上限{:.2}%", upper * 100.0)
        });
        said.push(format!(
            "{what}抽查{}处，发现{}处{upper}",
            lots.checked.say(),
            lots.found.say()
        ));
    }
    // An estimate from a few places is worth little without its lower end.
    let at_least = control.recall_lower.map_or_else(String::new, |lower| {
        format!("（95%下限{:.1}%）", lower * 100.0)
    });
    let recall = match (control.missed, control.missed_upper, control.recall) {
        (Some(missed), Some(upper), Some(recall)) => format!(
            "，推算漏检{missed:.1}处（95%上限{upper:.0}处），召回率估计{:.1}%{at_least}",
            recall * 100.0
        ),
        (Some(missed), Some(upper), None) => {
            format!("，推算漏检{missed:.1}处（95%上限{upper:.0}处）")
        }
        _ => String::new(),
    };
    let beyond = if random.cells_unchecked.is_zero() {
        String::new()
    } else {
        "；未抽查到的村不在推算之内".into()
    };
    format!("对照样本：{}{recall}{beyond}。", said.join("；"))
}

/// A share and its interval in percent; `None` where there is none.
fn percent(share: &Share) -> Option<(String, String, String)> {
    let text = |value: f64| format!("{:.1}%", value * 100.0);
    Some((text(share.share?), text(share.low?), text(share.high?)))
}

/// `2026年5月31日` of `2026-05-31`.
fn day(date: &str) -> String {
    let mut parts = date.split('-').map(|part| part.trim_start_matches('0'));
    match (parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day)) => format!("{year}年{month}月{day}日"),
        _ => date.to_owned(),
    }
}

/// Whether numbers are rounded, as for everybody.
fn is_rounded(figures: &Figures) -> bool {
    figures.level == Level::Public
}

/// A count with its noun.
fn counted(count: Count, one: &str, many: &str) -> String {
    let noun = if count == Count::Exact(1) { one } else { many };
    format!("{} {noun}", count.say())
}
