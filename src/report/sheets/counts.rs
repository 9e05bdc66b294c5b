//! Counts: of the whole, by village and town, by period.

use crate::campaign::Lang;
use crate::report::figures::{
    Count, EffortFigures, Figures, PeriodTally, SortiesFrom, Tally, UnitTally,
};
use crate::report::table::{Cell, Heading, Sheet, Table};
use crate::report::words::{level_note, rules, tally_items};

/// What the report is of, and the counts of the whole, one below the other.
pub(super) fn summary(figures: &Figures) -> Sheet {
    let lang = figures.lang;
    let mut tables = vec![facts(figures), whole(&figures.total, lang)];
    if !figures.by_county.is_empty() {
        tables.push(units(
            &figures.by_county,
            lang.pick("按县", "by county"),
            1,
            lang,
        ));
    }
    Sheet {
        name: lang.pick("汇总", "summary"),
        tables,
    }
}

fn facts(figures: &Figures) -> Table {
    let lang = figures.lang;
    let effort = &figures.effort;
    let typed = |number: Option<u64>| match number {
        Some(number) => Cell::text(&number.to_string()),
        None => Cell::text(lang.pick("未填", "not typed in")),
    };
    let gsd = effort.gsd_cm.map_or_else(String::new, |(fine, coarse)| {
        format!("{fine:.1}–{coarse:.1}")
    });
    let dates = match (effort.capture_dates.first(), effort.capture_dates.last()) {
        (Some(first), Some(last)) if first == last => first.clone(),
        (Some(first), Some(last)) => format!("{first} – {last}"),
        _ => String::new(),
    };
    let campaign = &figures.campaign;
    let rows = vec![
        (
            ("任务", "campaign"),
            "campaign.name",
            Cell::text(&campaign.name),
        ),
        (("县", "county"), "county", Cell::text(&figures.county)),
        (
            ("县代码", "county code"),
            "campaign.county_code",
            Cell::text(&campaign.county_code),
        ),
        (
            ("年度、轮次", "year and round"),
            "campaign.round",
            Cell::text(&campaign.label()),
        ),
        (
            ("报告日期", "date of the report"),
            "date",
            Cell::text(&figures.date),
        ),
        (("版本", "level"), "level", Cell::text(figures.level.name())),
        (
            ("架次", "flights"),
            "effort.sorties",
            Cell::text(&sorties_said(effort, lang)),
        ),
        (
            ("人数", "people"),
            "effort.typed.people",
            typed(effort.typed.people),
        ),
        (
            ("车辆", "vehicles"),
            "effort.typed.vehicles",
            typed(effort.typed.vehicles),
        ),
        (
            ("影像", "images"),
            "effort.images",
            Cell::Count(effort.images),
        ),
        (
            ("未能扫描的影像", "images that could not be scanned"),
            "effort.images_failed",
            Cell::Count(effort.images_failed),
        ),
        (
            ("拍摄日期", "days of the images"),
            "effort.capture_dates",
            Cell::text(&dates),
        ),
        (("分辨率cm", "GSD, cm"), "effort.gsd_cm", Cell::text(&gsd)),
    ];
    let mut notes: Vec<String> = vec![level_note(figures.level, lang).to_owned()];
    notes.retain(|note| !note.is_empty());
    Table {
        title: lang.pick("基本情况", "what this is").into(),
        columns: item_columns(lang),
        rows: rows
            .into_iter()
            .map(|((zh, en), name, value)| {
                vec![Cell::text(lang.pick(zh, en)), value, Cell::text(name)]
            })
            .collect(),
        notes,
    }
}

/// The number of flights and where it comes from; without one what is known of the images.
fn sorties_said(effort: &EffortFigures, lang: Lang) -> String {
    let days = effort.flown_dates.len();
    match (effort.sorties, effort.sorties_from, lang) {
        (Some(number), Some(SortiesFrom::Flights), Lang::Zh) => {
            format!("{number}（按航摄照片统计，{days} 天）")
        }
        (Some(number), Some(SortiesFrom::Flights), Lang::En) => {
            format!("{number} (counted from photos; days: {days})")
        }
        (Some(number), _, Lang::Zh) => format!("{number}（填报）"),
        (Some(number), _, Lang::En) => format!("{number} (typed in)"),
        (None, _, Lang::Zh) => format!(
            "未填；影像 {} 幅，拍摄日期 {} 天",
            effort.images.say(),
            effort.capture_dates.len()
        ),
        (None, _, Lang::En) => format!(
            "not typed in; {} images of {} days",
            effort.images.say(),
            effort.capture_dates.len()
        ),
    }
}

fn item_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading::new(lang.pick("项目", "item"), "item", 24.0),
        Heading::new(lang.pick("数值", "value"), "value", 18.0),
        Heading::new(lang.pick("字段名", "name"), "name", 30.0),
    ]
}

fn whole(tally: &Tally, lang: Lang) -> Table {
    let rows = tally_items().into_iter().map(|item| {
        vec![
            Cell::text(item.say(lang)),
            item.of(tally),
            Cell::text(&format!("total.{}", item.name)),
        ]
    });
    Table {
        title: lang.pick("总计", "in all").into(),
        columns: item_columns(lang),
        rows: rows.collect(),
        notes: rules(lang).map(str::to_owned).to_vec(),
    }
}

/// A row for each village.
pub(super) fn villages(figures: &Figures) -> Option<Sheet> {
    let lang = figures.lang;
    let units = (!figures.by_village.is_empty()).then(|| {
        units(
            &figures.by_village,
            lang.pick("按村", "by village"),
            3,
            lang,
        )
    })?;
    Some(Sheet {
        name: lang.pick("按村", "by village"),
        tables: vec![units],
    })
}

/// A row for each town.
pub(super) fn towns(figures: &Figures) -> Option<Sheet> {
    let lang = figures.lang;
    let units = (!figures.by_town.is_empty())
        .then(|| units(&figures.by_town, lang.pick("按乡镇", "by town"), 2, lang))?;
    Some(Sheet {
        name: lang.pick("按乡镇", "by town"),
        tables: vec![units],
    })
}

/// Units of one level: 1 county, 2 town, 3 village.
fn units(units: &[UnitTally], title: &str, level: usize, lang: Lang) -> Table {
    let names = [("县", "county"), ("乡镇", "town"), ("村", "village")];
    let mut columns = vec![Heading::new(
        lang.pick("行政区代码", "division code"),
        "code",
        15.0,
    )];
    columns.extend(
        names[..level]
            .iter()
            .map(|(zh, en)| Heading::new(lang.pick(zh, en), en, 11.0)),
    );
    columns.extend(tally_columns(lang));
    let items = tally_items();
    let rows = units.iter().map(|unit| {
        let outside = lang.pick("村外", "outside of villages");
        let code = if unit.code.is_empty() {
            outside
        } else {
            &unit.code
        };
        let names = [&unit.county, &unit.town, &unit.village];
        let mut row = vec![Cell::text(code)];
        row.extend(names[..level].iter().map(|name| Cell::text(name)));
        row.extend(items.iter().map(|item| item.of(&unit.tally)));
        row
    });
    Table {
        title: title.to_owned(),
        columns,
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

fn tally_columns(lang: Lang) -> Vec<Heading> {
    tally_items()
        .into_iter()
        .map(|item| Heading::new(item.say(lang), &item.name, 9.0))
        .collect()
}

/// Months, quarters, rounds, years.
pub(super) fn periods(figures: &Figures) -> Sheet {
    let lang = figures.lang;
    let table = |title: &str, periods: &[PeriodTally]| {
        let mut columns = vec![
            Heading::new(lang.pick("时段", "period"), "period", 15.0),
            Heading::new(lang.pick("来源", "source"), "source", 18.0),
            Heading::new(lang.pick("架次", "flights"), "sorties", 9.0),
        ];
        columns.extend(tally_columns(lang));
        let items = tally_items();
        let rows = periods.iter().map(|period| {
            let none = lang.pick("无日期", "without a date");
            let name = if period.period.is_empty() {
                none
            } else {
                &period.period
            };
            let sorties = period.sorties.map(|n| Cell::Count(Count::Exact(n)));
            let sorties = sorties.unwrap_or(Cell::Empty);
            let mut row = vec![Cell::text(name), Cell::text(period.source), sorties];
            row.extend(items.iter().map(|item| item.of(&period.tally)));
            row
        });
        Table {
            title: title.to_owned(),
            columns,
            rows: rows.collect(),
            notes: Vec::new(),
        }
    };
    let mut tables = vec![
        table(lang.pick("按月", "by month"), &figures.by_month),
        table(lang.pick("按季", "by quarter"), &figures.by_quarter),
        table(lang.pick("按轮次", "by round"), &figures.by_round),
        table(lang.pick("按年度", "by year"), &figures.by_year),
    ];
    if !figures.candidates_by_import_date.is_zero() {
        let count = figures.candidates_by_import_date.say();
        tables[0].notes.push(match lang {
            Lang::Zh => format!("{count} 个疑似点无拍摄日期，按入库日期计"),
            Lang::En => format!(
                "{count} candidates have no day of capture and count on the day they came in"
            ),
        });
    }
    Sheet {
        name: lang.pick("按月季", "by period"),
        tables,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_flights_says_where_it_comes_from() {
        let said = |sorties, from| {
            let effort = EffortFigures {
                sorties,
                sorties_from: from,
                flown_dates: vec!["2026-04-20".into()],
                capture_dates: vec!["2026-04-20".into(), "2026-04-21".into()],
                ..EffortFigures::default()
            };
            [Lang::Zh, Lang::En].map(|lang| sorties_said(&effort, lang))
        };
        assert_eq!(
            said(Some(3), Some(SortiesFrom::Flights)),
            [
                "3（按航摄照片统计，1 天）",
                "3 (counted from photos; days: 1)"
            ]
        );
        assert_eq!(
            said(Some(3), Some(SortiesFrom::Typed)),
            ["3（填报）", "3 (typed in)"]
        );
        assert_eq!(
            said(None, None),
            [
                "未填；影像 0 幅，拍摄日期 2 天",
                "not typed in; 0 images of 2 days"
            ]
        );
    }
}
