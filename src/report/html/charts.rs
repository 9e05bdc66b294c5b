//! Charts of the figures: how leads fared, months, the way from lead to find, precision, coverage.

use super::stacked::{self, grade_name};
use super::{chart, why};
use crate::campaign::Lang;
use crate::page::markup::Markup;
use crate::page::numbers::count;
use crate::page::svg::{Bar, FULL, Group, HALF, Look, RowForm, Rows, Scale};
use crate::report::figures::{Count, Figures, Share};
use crate::report::statistics::float;

/// Villages in the chart of coverage, the lowest.
const MOST_VILLAGES: usize = 30;

/// All charts, with the reason where one cannot be drawn.
pub(super) fn section(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let mut body = Markup::default();
    let reason = if figures.leads.candidates.is_zero() {
        lang.pick(
            "无疑似点，不画等级与结果图。",
            "No chart of grades: there is no lead.",
        )
    } else {
        lang.pick(
            "主清单各等级的计数不公布或为0，不画等级与结果图。",
            "No chart of grades: counts of the main list are 0, or too small to be published.",
        )
    };
    body.push(&stacked::draw(&figures.leads, lang).unwrap_or_else(|| why(reason)));
    let pair: Markup = [funnel(figures), precision(figures)].into_iter().collect();
    body.push(&Markup::element("div", "pair", &pair));
    body.push(&months(figures));
    body.push(&coverage(figures));
    body
}

/// A chart of bars or marks, a row each.
struct Simple<'a> {
    title: &'a str,
    label: &'a str,
    caption: &'a str,
    width: f64,
    x: Scale,
    form: RowForm,
}

impl Simple<'_> {
    fn draw(self, groups: Vec<Group>) -> Markup {
        let texts: Vec<String> = groups
            .iter()
            .flat_map(|group| {
                group
                    .bars
                    .iter()
                    .map(|bar| format!("{} {}", group.name, bar.text))
            })
            .collect();
        let rows = Rows {
            title: self.title.to_owned(),
            description: texts.join("; "),
            width: self.width,
            x: self.x,
            x_label: self.label.to_owned(),
            form: self.form,
            guide: None,
            groups,
            legend: Vec::new(),
        };
        chart(self.caption, &rows.draw())
    }
}

fn bar(look: usize, value: Option<f64>, text: String) -> Bar {
    Bar {
        look: Look(look),
        value,
        interval: None,
        text,
    }
}

/// From nothing to all.
const PERCENT: Scale = Scale::Linear {
    from: 0.0,
    to: 100.0,
    step: 20.0,
};

fn percent(share: f64) -> f64 {
    share * 100.0
}

/// An axis of whole numbers from 0.
pub(super) fn counts_axis(numbers: impl Iterator<Item = f64>) -> Scale {
    let most = numbers.fold(1.0, f64::max);
    match Scale::linear([0.0, most]) {
        Scale::Linear { step, .. } if step.fract() > 0.0 && step > 1.0 => Scale::Linear {
            from: 0.0,
            to: (most / step.ceil()).ceil() * step.ceil(),
            step: step.ceil(),
        },
        Scale::Linear { step, .. } if step < 1.0 => Scale::Linear {
            from: 0.0,
            to: most.ceil(),
            step: 1.0,
        },
        axis => axis,
    }
}

fn number(count: Count) -> Option<f64> {
    count.value().map(float)
}

fn say(number: Count) -> String {
    number.value().map_or_else(|| number.say(), count)
}

fn funnel(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let leads = &figures.leads;
    let title = lang.pick("从疑似点到确认", "from candidate to confirmed");
    if leads.candidates.is_zero() {
        return why(lang.pick(
            "无疑似点，不画流程图。",
            "No leads: their way is not drawn.",
        ));
    }
    let steps = [
        (lang.pick("疑似点", "candidates"), leads.candidates),
        (lang.pick("派单", "given out"), leads.assigned),
        (lang.pick("已核查", "checked"), leads.checked),
        (lang.pick("确认", "confirmed"), leads.confirmed),
    ];
    let groups = steps.map(|(name, count)| Group {
        name: name.to_owned(),
        bars: vec![bar(0, number(count), say(count))],
    });
    Simple {
        title,
        label: lang.pick("疑似点数", "leads"),
        caption: lang.pick(
            "从疑似点到确认：只计疑似点，随机抽查点与线索外发现不计",
            "From candidate to confirmed: leads only, without cells drawn by lot and finds",
        ),
        width: HALF,
        x: counts_axis(steps.iter().filter_map(|(_, count)| number(*count))),
        form: RowForm::Bars,
    }
    .draw(groups.to_vec())
}

fn precision(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let precision = &figures.precision;
    if precision.all.whole.is_zero() {
        return why(lang.pick(
            "尚无确认、误报或无此地块的核查结果，不画准确率图。",
            "No lead was confirmed, a false alarm or not found: precision is not drawn.",
        ));
    }
    let of_grades = precision.by_grade.iter().map(|grade| &grade.precision);
    if of_grades
        .chain([&precision.all])
        .all(|share| share.share.is_none())
    {
        return why(lang.pick(
            "核查数过少，准确率不公布，不画图。",
            "Too few to be published: precision is not drawn.",
        ));
    }
    let row = |name: String, look: usize, share: &Share| {
        let text = match share.share {
            Some(value) => format!(
                "{}/{} {:.0}%",
                say(share.part),
                say(share.whole),
                value * 100.0
            ),
            None if share.whole.is_zero() => lang.pick("无核查", "none").to_owned(),
            None => lang.pick("不公布", "hidden").to_owned(),
        };
        Group {
            name,
            bars: vec![Bar {
                look: Look(look),
                value: share.share.map(percent),
                interval: share
                    .low
                    .zip(share.high)
                    .map(|(low, high)| (percent(low), percent(high))),
                text,
            }],
        }
    };
    let mut groups = vec![row(lang.pick("合计", "all").to_owned(), 0, &precision.all)];
    groups.extend(
        precision
            .by_grade
            .iter()
            .filter(|grade| !grade.grade.is_empty() || !grade.precision.whole.is_zero())
            .map(|grade| row(grade_name(&grade.grade, lang), 1, &grade.precision)),
    );
    Simple {
        title: lang.pick("主清单实地准确率", "field precision of the main list"),
        label: lang.pick("实地准确率，%", "field precision, %"),
        caption: lang.pick(
            "主清单实地准确率，横线为Wilson 95%区间；确认 /（确认+误报+现场无此地块）",
            "Field precision of the main list with Wilson's 95 % interval: confirmed / (confirmed + \
             false alarm + not found)",
        ),
        width: HALF,
        x: PERCENT,
        form: RowForm::Marks,
    }
    .draw(groups)
}

fn months(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let months: Vec<_> = figures
        .by_month
        .iter()
        .filter(|month| !month.tally.checked.is_zero())
        .collect();
    if months.is_empty() {
        return why(lang.pick(
            "尚无核查结果，不画按月图。",
            "No answer yet: months are not drawn.",
        ));
    }
    let numbers = months
        .iter()
        .filter_map(|month| number(month.tally.checked));
    let groups = months.iter().map(|month| Group {
        name: if month.period.is_empty() {
            lang.pick("无日期", "no date").to_owned()
        } else {
            month.period.clone()
        },
        bars: [
            (0, month.tally.checked, lang.pick("已核查", "checked")),
            (1, month.tally.confirmed, lang.pick("确认", "confirmed")),
        ]
        .map(|(look, count, name)| bar(look, number(count), format!("{name} {}", say(count))))
        .to_vec(),
    });
    Simple {
        title: lang.pick("按月核查与确认", "checked and confirmed by month"),
        label: lang.pick(
            "处数（含抽查点与线索外发现）",
            "places, with those drawn by lot and finds",
        ),
        caption: lang.pick(
            "按核查日期的月份：已核查与其中确认",
            "By month of the check: checked, and of these confirmed",
        ),
        width: FULL,
        x: counts_axis(numbers),
        form: RowForm::Bars,
    }
    .draw(groups.collect())
}

fn coverage(figures: &Figures) -> Markup {
    let lang = figures.lang;
    let Some(coverage) = &figures.coverage else {
        return why(lang.pick(
            "未计算覆盖（无村界或未扫描影像），不画覆盖图。",
            "Coverage was not measured (no villages, or no images): it is not drawn.",
        ));
    };
    let mut body = by_share(coverage.villages_by_share, lang);
    if coverage.villages.is_empty() {
        return body;
    }
    let mut villages: Vec<_> = coverage.villages.iter().collect();
    villages.sort_by(|a, b| {
        a.share()
            .total_cmp(&b.share())
            .then_with(|| a.xzqdm.cmp(&b.xzqdm))
    });
    let rest = villages.len().saturating_sub(MOST_VILLAGES);
    let caption = match (rest, lang) {
        (0, Lang::Zh) => "各村有效覆盖率，由低到高".to_owned(),
        (0, Lang::En) => {
            "Share of each village seen so that it counts, the lowest first".to_owned()
        }
        (_, Lang::Zh) => format!(
            "有效覆盖率最低的{MOST_VILLAGES}个村；其余{}个村不低于{:.1}%，见report.xlsx",
            count(rest),
            villages[MOST_VILLAGES].share() * 100.0
        ),
        (_, Lang::En) => format!(
            "The {MOST_VILLAGES} villages of which least was seen; the other {} are at {:.1}% or above, \
             in report.xlsx",
            count(rest),
            villages[MOST_VILLAGES].share() * 100.0
        ),
    };
    let groups = villages.iter().take(MOST_VILLAGES).map(|village| Group {
        name: format!("{} {}", village.town, village.village)
            .trim()
            .to_owned(),
        bars: vec![bar(
            2,
            Some(percent(village.share())),
            format!("{:.1}%", village.share() * 100.0),
        )],
    });
    let villages = Simple {
        title: lang.pick("各村有效覆盖率", "share of villages seen"),
        label: lang.pick("有效覆盖率，%", "share seen so that it counts, %"),
        caption: &caption,
        width: FULL,
        x: PERCENT,
        form: RowForm::Bars,
    };
    body.push(&villages.draw(groups.collect()));
    body
}

fn by_share(counts: [usize; 4], lang: Lang) -> Markup {
    let names = match lang {
        Lang::Zh => ["低于50%", "50%至80%", "80%至95%", "95%及以上"],
        Lang::En => ["below 50 %", "50 to 80 %", "80 to 95 %", "95 % and more"],
    };
    let counts = counts.map(Count::of);
    let groups = names.into_iter().zip(counts).map(|(name, count)| Group {
        name: name.to_owned(),
        bars: vec![bar(2, number(count), say(count))],
    });
    Simple {
        title: lang.pick("按有效覆盖率的村数", "villages by share seen"),
        label: lang.pick("村数", "villages"),
        caption: lang.pick(
            "按有效覆盖率分档的村数",
            "Villages by the share of them that was seen so that it counts",
        ),
        width: FULL,
        x: counts_axis(counts.into_iter().filter_map(number)),
        form: RowForm::Bars,
    }
    .draw(groups.collect())
}
