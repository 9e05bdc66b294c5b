//! Ground looked at, and what stays to be done.

use super::headings;
use crate::campaign::Lang;
use crate::campaign::coverage::reason_name;
use crate::report::Level;
use crate::report::figures::{CoverageFigures, Figures};
use crate::report::table::{Cell, Sheet, Table};
use crate::report::words::outcome_text;

/// Ground looked at.
pub(super) fn coverage(figures: &Figures) -> Sheet {
    let lang = figures.lang;
    let mut tables = Vec::new();
    match &figures.coverage {
        None => tables.push(Table {
            title: lang.pick("覆盖", "coverage").into(),
            columns: Vec::new(),
            rows: Vec::new(),
            notes: vec![
                lang.pick(
                    "未计算覆盖：无村界，或未扫描任何影像；不得作“零种植”结论",
                    "coverage was not measured: no villages, or no images; nothing may be said of zero",
                )
                .into(),
            ],
        }),
        Some(coverage) => {
            tables.push(whole(coverage, lang));
            if !coverage.villages.is_empty() {
                tables.push(villages(coverage, lang));
            }
            if !coverage.gaps.is_empty() {
                tables.push(gaps(coverage, lang));
            }
        }
    }
    Sheet {
        name: lang.pick("覆盖", "coverage"),
        tables,
    }
}

fn whole(coverage: &CoverageFigures, lang: Lang) -> Table {
    let total = &coverage.total;
    let row = |zh: &str, en: &str, value: Cell, name: &str| {
        vec![
            Cell::text(lang.pick(zh, en)),
            value,
            Cell::text(&format!("coverage.{name}")),
        ]
    };
    Table {
        title: lang.pick("覆盖", "coverage").into(),
        columns: headings(
            &[
                ("项目", "item", "item", 24.0),
                ("数值", "value", "value", 14.0),
                ("字段名", "name", "name", 26.0),
            ],
            lang,
        ),
        rows: vec![
            row(
                "村面积m2",
                "villages, m2",
                Cell::Number(total.area_m2, 0),
                "total.area_m2",
            ),
            row(
                "有影像m2",
                "imaged, m2",
                Cell::Number(total.imaged_m2, 0),
                "total.imaged_m2",
            ),
            row(
                "有效覆盖m2",
                "seen so that it counts, m2",
                Cell::Number(total.covered_m2, 0),
                "total.covered_m2",
            ),
            row(
                "有效覆盖亩",
                "the same in mu",
                Cell::Number(total.covered_mu, 1),
                "total.covered_mu",
            ),
            row(
                "有效覆盖率",
                "share",
                Cell::Share(total.share),
                "total.share",
            ),
            row(
                "两次覆盖m2",
                "seen twice, m2",
                Cell::Number(total.twice_m2, 0),
                "total.twice_m2",
            ),
            row(
                "分辨率中位数cm",
                "median GSD, cm",
                Cell::maybe(coverage.median_gsd_cm, 2),
                "median_gsd_cm",
            ),
            row(
                "分辨率限值cm",
                "coarsest GSD that counts, cm",
                Cell::Number(coverage.max_gsd_cm, 2),
                "max_gsd_cm",
            ),
        ],
        notes: [
            coverage.statement.clone(),
            match lang {
                Lang::Zh => format!(
                    "有效日期：{}；无日期影像 {} 幅",
                    coverage.dates.join("、"),
                    coverage.undated
                ),
                Lang::En => format!(
                    "days that count: {}; images without a day: {}",
                    coverage.dates.join(", "),
                    coverage.undated
                ),
            },
        ]
        .into_iter()
        .filter(|note| !note.is_empty())
        .collect(),
    }
}

fn villages(coverage: &CoverageFigures, lang: Lang) -> Table {
    Table {
        title: lang.pick("按村", "by village").into(),
        columns: headings(
            &[
                ("行政区代码", "division code", "xzqdm", 24.0),
                ("乡镇", "town", "town", 14.0),
                ("村", "village", "village", 26.0),
                ("村面积m2", "village, m2", "area_m2", 13.0),
                ("有影像m2", "imaged, m2", "imaged_m2", 13.0),
                ("有效覆盖m2", "counts, m2", "covered_m2", 13.0),
                ("有效覆盖率", "share", "share", 10.0),
                ("两次覆盖m2", "twice, m2", "twice_m2", 13.0),
                ("分辨率中位数cm", "median GSD, cm", "median_gsd_cm", 10.0),
                ("日期", "days", "dates", 30.0),
            ],
            lang,
        ),
        rows: coverage
            .villages
            .iter()
            .map(|village| {
                vec![
                    Cell::text(&village.xzqdm),
                    Cell::text(&village.town),
                    Cell::text(&village.village),
                    Cell::Number(village.area_m2, 0),
                    Cell::Number(village.imaged_m2, 0),
                    Cell::Number(village.covered_m2, 0),
                    Cell::Share(village.share()),
                    Cell::Number(village.twice_m2, 0),
                    Cell::maybe(village.median_gsd_cm, 2),
                    Cell::text(&village.dates.join("; ")),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}

fn gaps(coverage: &CoverageFigures, lang: Lang) -> Table {
    Table {
        title: lang.pick("待补飞", "to fly again").into(),
        columns: headings(
            &[
                ("行政区代码", "division code", "xzqdm", 24.0),
                ("村", "village", "village", 14.0),
                ("原因", "why", "reason", 26.0),
                ("面积m2", "area, m2", "area_m2", 13.0),
            ],
            lang,
        ),
        rows: coverage
            .gaps
            .iter()
            .map(|gap| {
                vec![
                    Cell::text(&gap.xzqdm),
                    Cell::text(&gap.village),
                    Cell::text(reason_name(gap.reason, lang)),
                    Cell::Number(gap.area_m2, 0),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}

/// What stays to be done, place by place.
pub(super) fn open(figures: &Figures) -> Option<Sheet> {
    let lang = figures.lang;
    (figures.level == Level::Field).then(|| Sheet {
        name: lang.pick("待办", "open work"),
        tables: vec![pending(figures), flagged(figures), rejected(figures)],
    })
}

/// The first column of open work.
const SITE: (&str, &str, &str, f64) = ("疑似点编号", "site id", "site_id", 26.0);

fn pending(figures: &Figures) -> Table {
    let lang = figures.lang;
    let rows = figures.open.pending.iter().map(|row| {
        let overdue = if row.overdue {
            lang.pick("是", "yes")
        } else {
            ""
        };
        let outcome = if row.outcome.is_empty() {
            ""
        } else {
            outcome_text(&row.outcome, lang)
        };
        [
            row.site_id.as_str(),
            &row.code,
            &row.town,
            &row.village,
            &row.team,
            &row.grade,
            &row.assigned_on,
            &row.due,
            overdue,
            outcome,
        ]
        .map(Cell::text)
        .to_vec()
    });
    Table {
        title: lang.pick("待核查", "pending").into(),
        columns: headings(
            &[
                SITE,
                ("简码", "short code", "code", 14.0),
                ("乡镇", "town", "town", 12.0),
                ("村", "village", "village", 14.0),
                ("责任人", "assigned to", "team", 20.0),
                ("等级", "grade", "grade", 14.0),
                ("派单日期", "given out on", "assigned_on", 14.0),
                ("时限", "due", "due", 11.0),
                ("逾期", "overdue", "overdue", 7.0),
                ("结果", "outcome", "outcome", 12.0),
            ],
            lang,
        ),
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn flagged(figures: &Figures) -> Table {
    let lang = figures.lang;
    let rows = figures.open.flagged.iter().map(|row| {
        [
            row.site_id.as_str(),
            &row.check_id,
            outcome_text(&row.outcome, lang),
            &row.checked_at,
            &row.flag,
            &row.source,
            &row.place,
        ]
        .map(Cell::text)
        .to_vec()
    });
    Table {
        title: lang
            .pick(
                "待核对答复（相互矛盾等）",
                "answers to look into, such as contradictions",
            )
            .into(),
        columns: headings(
            &[
                SITE,
                ("核查编号", "answer", "check_id", 14.0),
                ("结果", "outcome", "outcome", 12.0),
                ("核查时间", "checked at", "checked_at", 14.0),
                ("提示", "why", "flag", 20.0),
                ("来源", "file", "source", 14.0),
                ("出处", "place in it", "place", 14.0),
            ],
            lang,
        ),
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn rejected(figures: &Figures) -> Table {
    let lang = figures.lang;
    let rows = figures.open.rejected.iter().map(|row| {
        [
            row.site_id.as_str(),
            &row.source,
            &row.place,
            &row.cell,
            &row.reason,
        ]
        .map(Cell::text)
        .to_vec()
    });
    Table {
        title: lang.pick("退回未处理", "rows sent back").into(),
        columns: headings(
            &[
                SITE,
                ("来源", "file", "source", 14.0),
                ("出处", "place in it", "place", 12.0),
                ("单元格", "cell", "cell", 14.0),
                ("原因", "why", "reason", 20.0),
            ],
            lang,
        ),
        rows: rows.collect(),
        notes: Vec::new(),
    }
}
