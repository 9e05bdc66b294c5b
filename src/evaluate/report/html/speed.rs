//! What the models cost to run.

use super::{Section, figure, looks};
use crate::evaluate::report::markup::{Align, Markup, Table, count_cell};
use crate::evaluate::report::numbers::{NONE, count, fixed, mebibytes, rate, share};
use crate::evaluate::report::schema::{BenchReport, Cost};
use crate::evaluate::report::summary::or_dash;
use crate::page::svg::{Bar, FULL, Group, Look, RowForm, Rows, Scale};

/// The section.
pub(super) fn section(report: &BenchReport) -> Section {
    let costs: Vec<(Look, &str, &Cost)> = looks(report)
        .filter_map(|(look, model)| Some((look, model.name.as_str(), model.cost.as_ref()?)))
        .collect();
    let mut body = Markup::default();
    if !costs.is_empty() {
        let caption = "Ground per hour, median; whiskers: the slowest and the fastest run.";
        body.push(&figure(&speed_plot(&costs), caption));
        let caption = "How near the whole scan comes to what decoding and the model alone would \
                       allow; dashed: the limit.";
        body.push(&figure(&limit_plot(&costs), caption));
        body.push(&table(&costs));
        for (_, name, cost) in &costs {
            body.push(&Markup::paragraph("note", &how(name, cost)));
        }
    }
    Section::of_level("Speed and memory", body, report, "cost")
}

fn speed_plot(costs: &[(Look, &str, &Cost)]) -> Markup {
    let range = |cost: &Cost| {
        let work = cost.km2_per_h * cost.seconds;
        let (fastest, slowest) = cost.seconds_range;
        let ends = (work / slowest, work / fastest);
        (ends.0.is_finite() && ends.1.is_finite()).then_some(ends)
    };
    let ends = costs
        .iter()
        .filter_map(|(_, _, cost)| range(cost).map(|ends| ends.1));
    let numbers = costs.iter().map(|(_, _, cost)| cost.km2_per_h);
    let groups = costs.iter().map(|(look, name, cost)| {
        let text = format!("{} km²/h", rate(Some(cost.km2_per_h)));
        group(name, *look, cost.km2_per_h, range(cost), text)
    });
    let rows = Rows {
        title: "Square kilometres per hour".into(),
        description: described(costs, |cost| rate(Some(cost.km2_per_h))),
        width: FULL,
        x: Scale::linear(numbers.chain(ends).chain([0.0])),
        x_label: "km² per hour".into(),
        form: RowForm::Bars,
        guide: None,
        groups: groups.collect(),
        legend: vec![],
    };
    rows.draw()
}

fn limit_plot(costs: &[(Look, &str, &Cost)]) -> Markup {
    let numbers = costs.iter().map(|(_, _, cost)| cost.share_of_limit);
    let groups = costs.iter().map(|(look, name, cost)| {
        let text = share(Some(cost.share_of_limit));
        group(name, *look, cost.share_of_limit, None, text)
    });
    let rows = Rows {
        title: "Share of the limit".into(),
        description: described(costs, |cost| share(Some(cost.share_of_limit))),
        width: FULL,
        x: Scale::linear(numbers.chain([0.0, 1.0])),
        x_label: "share of the limit".into(),
        form: RowForm::Bars,
        guide: Some(1.0),
        groups: groups.collect(),
        legend: vec![],
    };
    rows.draw()
}

fn group(name: &str, look: Look, value: f64, interval: Option<(f64, f64)>, text: String) -> Group {
    Group {
        name: name.to_owned(),
        bars: vec![Bar {
            look,
            value: Some(value),
            interval,
            text,
        }],
    }
}

fn described(costs: &[(Look, &str, &Cost)], number: impl Fn(&Cost) -> String) -> String {
    let texts = costs
        .iter()
        .map(|(_, name, cost)| format!("{name}: {}", number(cost)));
    texts.collect::<Vec<_>>().join("; ")
}

fn table(costs: &[(Look, &str, &Cost)]) -> Markup {
    let columns = [
        ("Model", Align::Text),
        ("km² per hour", Align::Number),
        ("Seconds", Align::Number),
        ("Fastest–slowest", Align::Number),
        ("Mpx per s", Align::Number),
        ("Tiles per s", Align::Number),
        ("Share of limit", Align::Number),
        ("Memory", Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for (_, name, cost) in costs {
        let (fastest, slowest) = cost.seconds_range;
        let memory = cost.peak_memory_bytes;
        table.row(
            "",
            [
                Markup::text(name),
                Markup::text(&rate(Some(cost.km2_per_h))),
                Markup::text(&rate(Some(cost.seconds))),
                Markup::text(&format!("{}–{}", rate(Some(fastest)), rate(Some(slowest)))),
                Markup::text(&fixed(Some(cost.mpx_per_s), 2)),
                Markup::text(&rate(Some(cost.tiles_per_s))),
                Markup::text(&share(Some(cost.share_of_limit))),
                memory.map_or_else(
                    || Markup::text(NONE),
                    |bytes| Markup::text(&mebibytes(bytes)),
                ),
            ],
        );
    }
    let mut stages: Vec<&str> = Vec::new();
    for name in costs.iter().flat_map(|(_, _, cost)| cost.stages.keys()) {
        if !stages.contains(&name.as_str()) {
            stages.push(name);
        }
    }
    let mut columns = vec![("Model", Align::Text), ("Tiles", Align::Number)];
    columns.extend(stages.iter().map(|stage| (*stage, Align::Number)));
    columns.extend([
        ("decode alone", Align::Number),
        ("infer alone", Align::Number),
    ]);
    let caption = "Seconds of all workers together, by stage";
    let mut by_stage = Table::new(caption, &columns);
    for (_, name, cost) in costs {
        let mut cells = vec![Markup::text(name), count_cell(cost.tiles)];
        let seconds = stages.iter().map(|stage| cost.stages.get(*stage).copied());
        let alone = [Some(cost.decode_alone_s), Some(cost.infer_alone_s)];
        cells.extend(seconds.chain(alone).map(|s| Markup::text(&rate(s))));
        by_stage.row("", cells);
    }
    let mut body = table.finish();
    body.push(&by_stage.finish());
    body
}

/// What was timed, in a sentence.
fn how(name: &str, cost: &Cost) -> String {
    format!(
        "“{name}” on the scene “{}”: {} image pixels; {} timed runs after one to warm up; {} of \
         {} cores, {}, device {}.",
        cost.scene,
        count(cost.pixels),
        count(cost.repeats),
        count(cost.threads),
        count(cost.cores),
        or_dash(&cost.processor),
        or_dash(&cost.device),
    )
}
