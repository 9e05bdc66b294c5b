//! Bars of several parts: how leads of each grade fared. A part shows its outcome's mark and its
//! number where there is room for them.

use super::chart;
use super::charts::counts_axis;
use super::marks::{OUTCOMES, class, mark, outcome_key, said};
use crate::campaign::Lang;
use crate::campaign::check::Outcome;
use crate::page::map::{Key, legend};
use crate::page::markup::Markup;
use crate::page::numbers::count;
use crate::page::svg::{Anchor, Drawing, FONT, FULL, width_of};
use crate::report::figures::{Count, GradeOutcomes, LeadFigures};
use crate::report::statistics::float;

/// Height of a bar, and from one to the next.
const BAR: f64 = 22.0;
const STEP: f64 = 32.0;

/// Room for the names of grades, and for numbers behind bars.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 76.0;

/// Leads by grade and outcome; nothing where there is no number to be drawn.
pub(super) fn draw(leads: &LeadFigures, lang: Lang) -> Option<Markup> {
    let rows: Vec<&GradeOutcomes> = leads
        .by_grade
        .iter()
        .filter(|row| !row.leads.is_zero())
        .collect();
    let sums = rows
        .iter()
        .map(|row| shown(row).iter().map(|(_, n)| *n).sum());
    let most: u64 = sums.max().filter(|most| *most > 0)?;
    let axis = counts_axis(std::iter::once(float(most)));
    let (left, right) = (LEFT, FULL - RIGHT);
    let across = |number: u64| left + axis.place(float(number)).unwrap_or(0.0) * (right - left);
    let mut drawing = Drawing::default();
    let bottom = 6.0 + STEP * float(u64::try_from(rows.len()).unwrap_or(0));
    for tick in axis.ticks() {
        let x = left + tick.at * (right - left);
        drawing.line("grid", (x, 4.0), (x, bottom));
        drawing.text("tick", (x, bottom + 12.0), Anchor::Middle, &tick.label);
    }
    let mut texts = Vec::new();
    let mut y = 6.0;
    for row in rows {
        let name = grade_name(&row.grade, lang);
        drawing.text("name", (left - 8.0, y + BAR / 2.0), Anchor::End, &name);
        let mut sum = 0;
        for (outcome, number) in shown(row) {
            let (from, to) = (across(sum), across(sum + number));
            let says = format!("{name} {} {}", said(outcome, lang), count(number));
            draw_part(&mut drawing, outcome, (from, to), y, number, &says);
            texts.push(says);
            sum += number;
        }
        let total = match row.leads.value() {
            Some(number) => count(number),
            None => row.leads.say(),
        };
        drawing.text(
            "tick",
            (across(sum) + 8.0, y + BAR / 2.0),
            Anchor::Start,
            &total,
        );
        y += STEP;
    }
    drawing.line("axis", (left, bottom), (right, bottom));
    let label = lang.pick("主清单疑似点数", "leads of the main list");
    let middle = f64::midpoint(left, right);
    drawing.text("label", (middle, bottom + 30.0), Anchor::Middle, label);
    let title = lang.pick("各等级疑似点的核查结果", "leads by grade and outcome");
    let mut plot = drawing.finish((FULL, bottom + 42.0), title, &texts.join("; "));
    plot.push(&legend(&keys(leads, lang)));
    let caption = lang.pick(
        "各等级疑似点的核查结果（只计主清单；随机抽查点与线索外发现不计）",
        "Leads by grade and outcome: the main list only, without cells drawn by lot and finds",
    );
    let hidden = if leads.by_grade.iter().any(hides) {
        lang.pick(
            "；1至4的计数不公布，不画",
            "; counts of 1 to 4 are not published and not drawn",
        )
    } else {
        ""
    };
    Some(chart(&format!("{caption}{hidden}"), &plot))
}

fn draw_part(
    drawing: &mut Drawing,
    outcome: &str,
    (from, to): (f64, f64),
    top: f64,
    number: u64,
    says: &str,
) {
    let (width, middle) = (to - from, f64::midpoint(from, to));
    let box_path = format!(
        "M{from:.1},{top:.1}L{to:.1},{top:.1}L{to:.1},{bottom:.1}L{from:.1},{bottom:.1}Z",
        bottom = top + BAR
    );
    drawing.path(&format!("part {}", class(outcome)), &box_path, says);
    let text = count(number);
    let with_text = width_of(&text, FONT) + 22.0;
    let y = top + BAR / 2.0;
    let site = format!("site {}", class(outcome));
    if width >= with_text {
        let x = middle - with_text / 2.0 + 10.0;
        drawing.path(&site, &mark(outcome, (x, y)), "");
        drawing.text("name", (x + 8.0, y), Anchor::Start, &text);
    } else if width >= 12.0 {
        drawing.path(&site, &mark(outcome, (middle, y)), "");
    }
}

/// Parts of a bar that are not nothing, in the order of legends.
fn shown(row: &GradeOutcomes) -> Vec<(&'static str, u64)> {
    let parts = OUTCOMES.map(|name| (name, of(row, name).value().unwrap_or(0)));
    parts
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .collect()
}

fn of(row: &GradeOutcomes, outcome: &str) -> Count {
    Outcome::parse(outcome).map_or(row.unchecked, |outcome| row.outcomes.get(outcome))
}

fn hides(row: &GradeOutcomes) -> bool {
    OUTCOMES.iter().any(|name| of(row, name) == Count::Few)
}

fn keys(leads: &LeadFigures, lang: Lang) -> Vec<Key> {
    OUTCOMES
        .into_iter()
        .filter(|name| {
            leads
                .by_grade
                .iter()
                .any(|row| of(row, name).value() > Some(0))
        })
        .map(|name| outcome_key(name, said(name, lang).to_owned()))
        .collect()
}

/// A grade as people read it.
pub(super) fn grade_name(grade: &str, lang: Lang) -> String {
    match (grade, lang) {
        ("", _) => lang.pick("未定级", "not graded").to_owned(),
        (letter, Lang::Zh) => format!("{letter}级"),
        (letter, Lang::En) => format!("grade {letter}"),
    }
}
