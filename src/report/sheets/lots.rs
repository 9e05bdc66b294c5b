//! Field precision, and what places drawn by lot say of what was missed.

use super::headings;
use crate::campaign::Lang;
use crate::report::figures::{Count, Figures, LotFigures, Share};
use crate::report::table::{Cell, Sheet, Table};

/// Precision with its intervals.
pub(super) fn precision(figures: &Figures) -> Sheet {
    let lang = figures.lang;
    let precision = &figures.precision;
    let row = |name: &str, path: String, share: &Share, rest: Option<(Count, Count)>| {
        let rest = rest.map_or([Cell::Empty, Cell::Empty], |(false_alarm, not_found)| {
            [Cell::Count(false_alarm), Cell::Count(not_found)]
        });
        let [false_alarm, not_found] = rest;
        vec![
            Cell::text(name),
            Cell::Count(share.part),
            Cell::Count(share.whole),
            Cell::share(share.share),
            Cell::share(share.low),
            Cell::share(share.high),
            false_alarm,
            not_found,
            Cell::text(&path),
        ]
    };
    let mut rows = vec![row(
        lang.pick("主清单合计", "main list, all grades"),
        "precision.all".into(),
        &precision.all,
        None,
    )];
    for (at, grade) in precision.by_grade.iter().enumerate() {
        let name = match (grade.grade.as_str(), lang) {
            ("", _) => lang.pick("未定级", "not graded").to_owned(),
            (letter, Lang::Zh) => format!("{letter}级"),
            (letter, Lang::En) => format!("grade {letter}"),
        };
        let rest = Some((grade.false_alarm, grade.not_found));
        rows.push(row(
            &name,
            format!("precision.by_grade.{at}"),
            &grade.precision,
            rest,
        ));
    }
    let low = lang.pick("低等级抽查", "low grade, drawn by lot");
    rows.push(row(
        low,
        "precision.control_low".into(),
        &precision.control_low,
        None,
    ));
    let apart = lang.pick("许可范围内与临界点", "licensed ground and near a border");
    rows.push(row(apart, "precision.apart".into(), &precision.apart, None));
    let columns = [
        ("范围", "of", "of", 24.0),
        ("确认", "confirmed", "part", 9.0),
        (
            "确认+误报+无此地块",
            "confirmed + false alarm + not found",
            "whole",
            14.0,
        ),
        ("实地准确率", "field precision", "share", 10.0),
        ("95%下限", "95 % from", "low", 10.0),
        ("95%上限", "95 % to", "high", 10.0),
        ("误报", "false alarm", "false_alarm", 9.0),
        ("现场无此地块", "not found", "not_found", 11.0),
        ("字段名", "name", "name", 26.0),
    ];
    let notes = match lang {
        Lang::Zh => [
            "实地准确率 = 确认 /（确认 + 误报 + 现场无此地块）；区间为Wilson 95%区间（1927）",
            "合法种植、已铲除或已收、无法到达、待复查不计入；抽查点与主清单分开",
            "误报（类别错）与现场无此地块（位置错）是两种错误",
        ],
        Lang::En => [
            "field precision = confirmed / (confirmed + false alarm + not found); Wilson's 95 % interval (1927)",
            "legal crops, plots removed already, places nobody got to or to be visited again are not in it; \
             places drawn by lot stand apart from the main list",
            "a false alarm (wrong class) and a plot that is not there (wrong position) are different faults",
        ],
    };
    Sheet {
        name: lang.pick("精度", "precision"),
        tables: vec![Table {
            title: lang.pick("实地准确率", "field precision").into(),
            columns: headings(&columns, lang),
            rows,
            notes: notes.map(str::to_owned).to_vec(),
        }],
    }
}

/// What was missed.
pub(super) fn control(figures: &Figures) -> Sheet {
    let lang = figures.lang;
    let control = &figures.control;
    let mut tables = vec![Table {
        title: lang.pick("漏检估计", "what was missed").into(),
        columns: headings(
            &[
                ("项目", "item", "item", 34.0),
                ("数值", "value", "value", 12.0),
                ("字段名", "name", "name", 28.0),
            ],
            lang,
        ),
        rows: summary(figures),
        notes: says(figures),
    }];
    for (lots, name, zh, en) in [
        (
            &control.random,
            "control.random",
            "随机抽查网格（模型未报警处，20 m）",
            "cells of 20 m where the model saw nothing",
        ),
        (
            &control.low,
            "control.low",
            "低等级抽查点",
            "leads of low grade",
        ),
    ] {
        if !lots.strata.is_empty() {
            tables.push(strata(lots, lang.pick(zh, en), name, lang));
        }
    }
    Sheet {
        name: lang.pick("对照样本", "control sample"),
        tables,
    }
}

fn summary(figures: &Figures) -> Vec<Vec<Cell>> {
    let lang = figures.lang;
    let control = &figures.control;
    let mut rows = sample(
        &control.random,
        "random",
        lang.pick("随机抽查网格", "cells"),
        lang,
    );
    rows.extend(sample(
        &control.low,
        "low",
        lang.pick("低等级", "low grade"),
        lang,
    ));
    let all = [
        (
            "确认的疑似点",
            "confirmed leads",
            Cell::Count(control.true_positives),
            "true_positives",
        ),
        (
            "漏检估计合计",
            "missed, estimated",
            Cell::maybe(control.missed, 1),
            "missed",
        ),
        (
            "召回率估计",
            "recall, estimated",
            Cell::share(control.recall),
            "recall",
        ),
        (
            "漏检95%上限合计",
            "missed at most, 95 %",
            Cell::maybe(control.missed_upper, 1),
            "missed_upper",
        ),
        (
            "召回率下限",
            "recall at least",
            Cell::share(control.recall_lower),
            "recall_lower",
        ),
    ];
    rows.extend(all.map(|(zh, en, value, name)| {
        let name = format!("control.{name}");
        vec![Cell::text(lang.pick(zh, en)), value, Cell::text(&name)]
    }));
    rows
}

/// What one sample says.
fn sample(lots: &LotFigures, name: &str, of: &str, lang: Lang) -> Vec<Vec<Cell>> {
    [
        ("总数", "all", Cell::Count(lots.cells), "cells"),
        ("抽取", "drawn", Cell::Count(lots.drawn), "drawn"),
        ("已核查", "checked", Cell::Count(lots.checked), "checked"),
        (
            "有目标作物",
            "with the crop",
            Cell::Count(lots.found),
            "found",
        ),
        (
            "漏检估计",
            "missed, estimated",
            Cell::maybe(lots.missed, 1),
            "missed",
        ),
        (
            "比例95%上限（精确）",
            "exact upper end of the share, 95 %",
            Cell::share(lots.share_upper),
            "share_upper",
        ),
        (
            "3/n",
            "rule of three",
            Cell::share(lots.rule_of_three),
            "rule_of_three",
        ),
        (
            "漏检95%上限",
            "missed at most, 95 %",
            Cell::maybe(lots.missed_upper, 1),
            "missed_upper",
        ),
        (
            "无核查的层内总数",
            "in strata without a check",
            Cell::Count(lots.cells_unchecked),
            "cells_unchecked",
        ),
    ]
    .map(|(zh, en, value, field)| {
        let item = format!("{of}{}{}", lang.pick("：", ": "), lang.pick(zh, en));
        let name = format!("control.{name}.{field}");
        vec![Cell::text(&item), value, Cell::text(&name)]
    })
    .to_vec()
}

/// What the sample allows to say.
fn says(figures: &Figures) -> Vec<String> {
    let lang = figures.lang;
    let control = &figures.control;
    let mut notes = Vec::new();
    if control.random.checked.is_zero() && control.low.checked.is_zero() {
        notes.push(
            lang.pick(
                "对照样本尚无一处核查：漏检多少，无从知道",
                "no place drawn by lot was checked: nothing is known of what was missed",
            )
            .to_owned(),
        );
    }
    notes.push(
        lang.pick(
            "漏检估计 = Σ N_h·m_h/n_h（层内总数 × 发现数 / 核查数），单位为有目标作物的网格或疑似点",
            "missed = Σ N_h·m_h/n_h (size of the stratum × found / checked), in cells or leads with the crop",
        )
        .to_owned(),
    );
    notes.push(
        lang.pick(
            "上限取 max(N_h/n_h) × 全部核查的精确上限，对各层分布不作假设；所在层无核查的网格不在其内；两种样本同时成立时各取97.5%",
            "the upper end is the largest N_h/n_h times the exact end of all checks together, whatever the \
             spread over strata; strata without a check are not in it; of two samples each is taken at 97.5 %",
        )
        .to_owned(),
    );
    notes
}

fn strata(lots: &LotFigures, title: &str, path: &str, lang: Lang) -> Table {
    let columns = [
        ("抽样层", "stratum", "stratum", 34.0),
        ("乡镇", "town", "town", 12.0),
        ("村", "village", "village", 12.0),
        ("总数 N_h", "size N_h", "cells", 10.0),
        ("抽取", "drawn", "drawn", 9.0),
        ("已核查 n_h", "checked n_h", "checked", 10.0),
        ("发现 m_h", "found m_h", "found", 9.0),
        ("漏检估计", "missed", "missed", 10.0),
        ("比例95%上限", "upper end of the share", "share_upper", 10.0),
    ];
    Table {
        title: format!("{title} {path}"),
        columns: headings(&columns, lang),
        rows: lots
            .strata
            .iter()
            .map(|stratum| {
                vec![
                    Cell::text(&stratum.stratum),
                    Cell::text(&stratum.town),
                    Cell::text(&stratum.village),
                    Cell::Count(stratum.cells),
                    Cell::Count(stratum.drawn),
                    Cell::Count(stratum.checked),
                    Cell::Count(stratum.found),
                    Cell::maybe(stratum.missed, 1),
                    Cell::share(stratum.share_upper),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}
