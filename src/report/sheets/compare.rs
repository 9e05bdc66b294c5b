//! Official targets, and earlier rounds.

use crate::campaign::{Lang, crop_name};
use crate::report::figures::{Figures, UnmatchedReason, UnmatchedTarget};
use crate::report::table::{Cell, Heading, Sheet, Table};
use crate::report::words::outcome_text;

/// A table of items and their values.
fn items(title: &str, rows: Vec<(&str, Cell, &str)>, notes: Vec<String>, lang: Lang) -> Table {
    Table {
        title: title.to_owned(),
        columns: vec![
            Heading::new(lang.pick("项目", "item"), "item", 24.0),
            Heading::new(lang.pick("数值", "value"), "value", 12.0),
            Heading::new(lang.pick("字段名", "name"), "name", 24.0),
        ],
        rows: rows
            .into_iter()
            .map(|(item, value, name)| vec![Cell::text(item), value, Cell::text(name)])
            .collect(),
        notes,
    }
}

/// Why a target has no place of ours, in words.
#[must_use]
pub(super) fn reason_text(reason: UnmatchedReason, lang: Lang) -> &'static str {
    match reason {
        UnmatchedReason::NotImaged => lang.pick("无影像", "no image shows it"),
        UnmatchedReason::NothingSeen => {
            lang.pick("有影像，200 m内无疑似点", "imaged, no site within 200 m")
        }
        UnmatchedReason::NotGivenOut => lang.pick(
            "半径内有疑似点，未派单、未核查",
            "a site within the radius, neither given out nor checked",
        ),
        UnmatchedReason::FurtherAway => lang.pick(
            "200 m内有疑似点，在半径之外",
            "a site within 200 m, beyond the radius",
        ),
    }
}

/// Official targets.
pub(super) fn targets(figures: &Figures) -> Option<Sheet> {
    let lang = figures.lang;
    let targets = figures.targets.as_ref()?;
    let matched = &targets.matched;
    let mut rows = vec![
        (
            lang.pick("靶标", "targets"),
            Cell::Count(matched.whole),
            "targets.matched.whole",
        ),
        (
            lang.pick("吻合", "matched"),
            Cell::Count(matched.part),
            "targets.matched.part",
        ),
        (
            lang.pick("靶标吻合率", "share matched"),
            Cell::share(matched.share),
            "targets.matched.share",
        ),
        (
            lang.pick("95%下限", "95 % from"),
            Cell::share(matched.low),
            "targets.matched.low",
        ),
        (
            lang.pick("95%上限", "95 % to"),
            Cell::share(matched.high),
            "targets.matched.high",
        ),
        (
            lang.pick("吻合半径m", "radius, m"),
            Cell::Number(targets.radius_m, 0),
            "targets.radius_m",
        ),
        (
            lang.pick(
                "本地点位（已派单或已核查）",
                "own places, given out or checked",
            ),
            Cell::Count(targets.places),
            "targets.places",
        ),
        (
            lang.pick("其中靶标之外", "of them outside of targets"),
            Cell::Count(targets.places_outside),
            "targets.places_outside",
        ),
        (
            lang.pick("其中靶标之外已确认", "of them confirmed"),
            Cell::Count(targets.confirmed_outside),
            "targets.confirmed_outside",
        ),
    ];
    for (reason, count) in &targets.reasons {
        rows.push((
            reason_text(*reason, lang),
            Cell::Count(*count),
            "targets.reasons",
        ));
    }
    let note = match lang {
        Lang::Zh => format!(
            "吻合：靶标在本地点位 {} m 之内，或与其轮廓重叠。计入的点位：已派单或已有核查结果的疑似点、抽查点、线索外发现",
            targets.radius_m
        ),
        Lang::En => format!(
            "matched: within {} m of a place of ours, or overlapping its outline. Places that count: given out, or with \
             an answer; leads, places drawn by lot, finds",
            targets.radius_m
        ),
    };
    let mut tables = vec![items(
        lang.pick("靶标吻合率", "targets"),
        rows,
        vec![note],
        lang,
    )];
    if !targets.unmatched.is_empty() {
        tables.push(unmatched(&targets.unmatched, lang));
    }
    Some(Sheet {
        name: lang.pick("靶标", "targets"),
        tables,
    })
}

fn unmatched(targets: &[UnmatchedTarget], lang: Lang) -> Table {
    let columns = [
        ("靶标编号", "target", "target_id", 24.0),
        ("经度 (WGS84)", "longitude (WGS 84)", "lon", 12.0),
        ("纬度 (WGS84)", "latitude (WGS 84)", "lat", 24.0),
        ("行政区代码", "division code", "xzqdm", 15.0),
        ("乡镇", "town", "town", 11.0),
        ("村", "village", "village", 11.0),
        ("有影像", "imaged", "imaged", 8.0),
        ("分辨率cm", "GSD, cm", "gsd_cm", 9.0),
        ("拍摄日期", "days of images", "dates", 22.0),
        (
            "200 m内最高置信",
            "highest probability within 200 m",
            "best_prob",
            10.0,
        ),
        ("该疑似点", "that site", "best_site", 24.0),
        ("最近距离m", "nearest, m", "nearest_m", 9.0),
        ("原因", "why", "reason", 28.0),
    ];
    Table {
        title: lang
            .pick("未吻合靶标", "targets without a place of ours")
            .into(),
        columns: columns
            .iter()
            .map(|(zh, en, name, width)| Heading::new(lang.pick(zh, en), name, *width))
            .collect(),
        rows: targets
            .iter()
            .map(|target| {
                vec![
                    Cell::text(&target.target_id),
                    Cell::maybe(target.lon_lat.map(|(lon, _)| lon), 7),
                    Cell::maybe(target.lon_lat.map(|(_, lat)| lat), 7),
                    Cell::text(&target.xzqdm),
                    Cell::text(&target.town),
                    Cell::text(&target.village),
                    Cell::text(if target.imaged {
                        lang.pick("是", "yes")
                    } else {
                        lang.pick("否", "no")
                    }),
                    Cell::maybe(target.gsd_cm, 2),
                    Cell::text(&target.dates.join("; ")),
                    Cell::maybe(target.best_prob, 3),
                    Cell::text(&target.best_site),
                    Cell::maybe(target.nearest_m, 1),
                    Cell::text(reason_text(target.reason, lang)),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}

/// Earlier rounds.
pub(super) fn change(figures: &Figures) -> Option<Sheet> {
    let lang = figures.lang;
    let change = figures.change.as_ref()?;
    let rows = vec![
        (
            lang.pick("往轮点", "plots of earlier rounds"),
            Cell::Count(change.before),
            "change.before",
        ),
        (
            lang.pick("新增", "new"),
            Cell::Count(change.new),
            "change.new",
        ),
        (
            lang.pick("延续", "persisting"),
            Cell::Count(change.persisting),
            "change.persisting",
        ),
        (
            lang.pick("消失（本轮已覆盖）", "gone, though looked at"),
            Cell::Count(change.gone),
            "change.gone",
        ),
        (
            lang.pick("本轮未覆盖", "not looked at"),
            Cell::Count(change.not_seen),
            "change.not_seen",
        ),
        (
            lang.pick("往轮确认、本轮再次确认", "confirmed before and again"),
            Cell::Count(change.confirmed_again),
            "change.confirmed_again",
        ),
    ];
    let note = lang.pick(
        "“本轮未覆盖”的点一无所知，不得计为消失",
        "nothing is known of plots that were not looked at: they are not gone",
    );
    let mut tables = vec![items(
        lang.pick("与往轮比较", "against earlier rounds"),
        rows,
        vec![note.into()],
        lang,
    )];
    if !change.outcomes.is_empty() {
        tables.push(Table {
            title: lang
                .pick("延续点的结果变化", "persisting sites by outcome")
                .into(),
            columns: vec![
                Heading::new(lang.pick("往轮结果", "earlier outcome"), "before", 24.0),
                Heading::new(lang.pick("本轮结果", "outcome now"), "now", 12.0),
                Heading::new(lang.pick("点数", "sites"), "sites", 24.0),
            ],
            rows: change
                .outcomes
                .iter()
                .map(|row| {
                    vec![
                        Cell::text(outcome_text(&row.before, lang)),
                        Cell::text(outcome_text(&row.now, lang)),
                        Cell::Count(row.sites),
                    ]
                })
                .collect(),
            notes: Vec::new(),
        });
    }
    if !change.plots.is_empty() {
        tables.push(plots(figures, lang));
    }
    Some(Sheet {
        name: lang.pick("变化", "change"),
        tables,
    })
}

fn plots(figures: &Figures, lang: Lang) -> Table {
    let columns = [
        ("疑似点编号", "site id", "site_id", 26.0),
        ("轮次", "round", "round", 12.0),
        ("去向", "what became of it", "state", 24.0),
        ("类别", "class", "class", 9.0),
        ("经度 (WGS84)", "longitude (WGS 84)", "lon", 12.0),
        ("纬度 (WGS84)", "latitude (WGS 84)", "lat", 12.0),
        ("往轮结果", "earlier outcome", "before", 14.0),
        ("本轮结果", "outcome now", "now", 14.0),
    ];
    let state = |name: &str| match name {
        "persisting" => lang.pick("延续", "persisting"),
        "merged" => lang.pick("并入他点", "merged into another"),
        "gone" => lang.pick("消失", "gone"),
        _ => lang.pick("本轮未覆盖", "not looked at"),
    };
    Table {
        title: lang
            .pick("往轮点逐一", "plots of earlier rounds, one by one")
            .into(),
        columns: columns
            .iter()
            .map(|(zh, en, name, width)| Heading::new(lang.pick(zh, en), name, *width))
            .collect(),
        rows: figures
            .change
            .iter()
            .flat_map(|change| &change.plots)
            .map(|plot| {
                vec![
                    Cell::text(&plot.site_id),
                    Cell::text(&plot.round),
                    Cell::text(state(plot.state)),
                    Cell::text(crop_name(&plot.class, lang)),
                    Cell::Number(plot.lon, 7),
                    Cell::Number(plot.lat, 7),
                    Cell::text(outcome_text(&plot.before, lang)),
                    Cell::text(outcome_text(&plot.now, lang)),
                ]
            })
            .collect(),
        notes: Vec::new(),
    }
}
