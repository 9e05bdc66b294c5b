//! The findings in plain words, for the page and for the screen.

use super::numbers::{
    NONE, count, counted, measured, rate, share, square_kilometres, threshold, with_units,
};
use super::schema::{
    BenchReport, DatasetSummary, Difference, ModelReport, SceneSummary, ThresholdChoice,
};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Goes with everything that people see.
pub(super) const ONLY_THIS_DATA: &str = "Figures are of this data set only.";

/// Other models that the summary speaks of, before it points to the table.
const MOST_COMPARED: usize = 4;

/// Below so many groups a bootstrap over them is known to give intervals that are too narrow.
const FEW_GROUPS: usize = 6;

/// The model with the highest site recall at the thresholds it was run with; of equals the one
/// with fewer false sites per km², then the first. `None` where no model has a recall.
pub(super) fn best(report: &BenchReport) -> Option<&ModelReport> {
    let rank = |model: &&ModelReport| {
        let site = model.site.as_ref()?;
        let recall = site.recall.value.filter(|r| r.is_finite())?;
        let false_sites = site.false_per_km2.value.filter(|f| f.is_finite());
        Some((recall, false_sites.unwrap_or(f64::INFINITY)))
    };
    let mut ranked = report.models.iter().filter(|model| rank(model).is_some());
    let first = ranked.next()?;
    Some(ranked.fold(first, |best, model| {
        let (Some(ours), Some(theirs)) = (rank(&best), rank(&model)) else {
            return best;
        };
        match theirs
            .0
            .total_cmp(&ours.0)
            .then(ours.1.total_cmp(&theirs.1))
        {
            Ordering::Greater => model,
            _ => best,
        }
    }))
}

/// What the data set holds, in one line.
pub(super) fn dataset_line(report: &BenchReport) -> String {
    let scenes = &report.dataset.scenes;
    let mut plots: BTreeMap<&str, usize> = BTreeMap::new();
    for (class, number) in scenes.iter().flat_map(|scene| &scene.plots) {
        *plots.entry(class).or_default() += number;
    }
    let by_class: Vec<String> = plots
        .iter()
        .map(|(class, number)| format!("{class} {}", count(number)))
        .collect();
    let mut line = counted(scenes.len(), "scene", "scenes");
    if report.dataset.group_unit == "flight" {
        let _ = write!(
            line,
            " of {}",
            counted(report.dataset.groups, "flight", "flights")
        );
    }
    let _ = write!(
        line,
        ", {}",
        counted(plots.values().sum(), "known plot", "known plots")
    );
    if !by_class.is_empty() {
        let _ = write!(line, " ({})", by_class.join(", "));
    }
    let lookalikes = scenes.iter().map(|scene| scene.lookalikes).sum();
    let _ = write!(
        line,
        ", {}",
        counted(lookalikes, "look-alike", "look-alikes")
    );
    let areas = report.models.iter().map(|model| model.km2);
    let area = areas.filter(|area| area.is_finite()).fold(0.0, f64::max);
    if area > 0.0 {
        let _ = write!(line, ", {} looked at", square_kilometres(area));
    }
    line
}

/// Whether there are intervals, and what they come from.
pub(super) fn interval_line(report: &BenchReport) -> String {
    let (unit, groups) = (unit_of(&report.dataset), report.dataset.groups);
    if groups < 2 {
        let there_is = match groups {
            0 => format!("There is no {unit}"),
            _ => format!("There is only one {unit}"),
        };
        return format!("{there_is}: no interval can be given, so no difference is sure.");
    }
    let rough = if groups < FEW_GROUPS {
        "; so few make them rough, and no difference sure"
    } else {
        ""
    };
    format!("Intervals are 95 %, from resampling {groups} {unit}s{rough}.")
}

fn unit_of(dataset: &DatasetSummary) -> &str {
    match dataset.group_unit.as_str() {
        "" => "scene",
        unit => unit,
    }
}

/// The findings, a sentence each.
pub(super) fn sentences(report: &BenchReport) -> Vec<String> {
    let mut sentences = Vec::new();
    if !report.dataset.warnings.is_empty() {
        sentences.push("Read the warnings below first.".to_owned());
    }
    let Some(best) = best(report) else {
        sentences.push(no_recall(report));
        return sentences;
    };
    let ties = ties(report, best);
    sentences.push(found_sentence(best, report.models.len() > 1, ties));
    if let Some(cost) = &best.cost {
        let processor = match cost.processor.trim() {
            "" => String::new(),
            name => format!(" on {name}"),
        };
        sentences.push(format!(
            "It looks through {} km² per hour{processor} with {}.",
            rate(Some(cost.km2_per_h)),
            counted(cost.threads, "thread", "threads")
        ));
    }
    sentences.extend(comparisons(report, best));
    let choices = choice_lines(best);
    sentences.extend(choices.iter().map(|line| format!("{line}.")));
    sentences.push(interval_line(report));
    sentences
}

fn no_recall(report: &BenchReport) -> String {
    if report.models.is_empty() {
        return "No model was measured.".into();
    }
    let plots = |scene: &SceneSummary| scene.plots.values().sum::<usize>();
    let reasons = report.models.iter().filter_map(|m| m.left_out.get("site"));
    let reason = match reasons.into_iter().next() {
        Some(reason) => reason.trim_end_matches('.').to_owned(),
        None if report.dataset.scenes.iter().all(|scene| plots(scene) == 0) => {
            "the data set knows no plots".into()
        }
        None => "no model gave sites".into(),
    };
    format!("No share of plots found can be given: {reason}.")
}

/// How many other models find as large a share.
fn ties(report: &BenchReport, best: &ModelReport) -> usize {
    let recall = |m: &ModelReport| m.site.as_ref()?.recall.value.map(f64::to_bits);
    let others = report.models.iter().filter(|m| m.name != best.name);
    others.filter(|m| recall(m) == recall(best)).count()
}

fn found_sentence(model: &ModelReport, several: bool, ties: usize) -> String {
    let Some(site) = &model.site else {
        return String::new();
    };
    let recall = measured(&site.recall, share);
    let plots = format!(
        "{} of {}",
        count(site.found),
        counted(site.plots, "plot", "plots")
    );
    let finds = if ties > 0 {
        format!(
            "finds a share of {recall} of the known plots at its thresholds, {plots}, and {} as many",
            counted(ties, "other model finds", "other models find")
        )
    } else if several {
        format!("finds the largest share of known plots at its thresholds: {recall}, {plots}")
    } else {
        format!("finds a share of {recall} of the known plots at its thresholds, {plots}")
    };
    format!(
        "“{}” {finds}, with {} false sites per km²{}.",
        model.name,
        measured(&site.false_per_km2, rate),
        bound(model).map_or_else(String::new, |bound| format!(" ({bound})"))
    )
}

/// How many false sites stand on how much ground, and what rate that leaves possible.
fn bound(model: &ModelReport) -> Option<String> {
    let site = model.site.as_ref()?;
    let below = site.false_per_km2_below.filter(|below| below.is_finite())?;
    Some(format!(
        "{} on {}: below {} with 95 % confidence",
        count(site.false_sites),
        square_kilometres(model.km2),
        rate(Some(below))
    ))
}

/// The same of all models, a line; none where the ground is not known.
pub(super) fn bounds_line(report: &BenchReport) -> Option<String> {
    let of = |model: &ModelReport| Some(format!("“{}” {}", model.name, bound(model)?));
    let bounds: Vec<String> = report.models.iter().filter_map(of).collect();
    (!bounds.is_empty()).then(|| format!("False sites per km²: {}.", bounds.join("; ")))
}

/// What can be said of the best model against each of the others.
fn comparisons(report: &BenchReport, best: &ModelReport) -> Vec<String> {
    let others = report.models.iter().filter(|other| other.name != best.name);
    let mut sentences = Vec::new();
    for other in others.clone().take(MOST_COMPARED) {
        let (mut better, mut worse, mut unsure) = (vec![], vec![], vec![]);
        for difference in &report.differences {
            let measure = with_units(&difference.measure);
            match gain(difference, &best.name, &other.name) {
                Some(Ordering::Greater) => better.push(measure),
                Some(Ordering::Less) => worse.push(measure),
                Some(Ordering::Equal) => unsure.push(measure),
                None => {}
            }
        }
        let mut parts = Vec::new();
        for (word, measures) in [("better", &better), ("worse", &worse)] {
            if !measures.is_empty() {
                parts.push(format!("it is surely {word} in {}", listed(measures)));
            }
        }
        if !unsure.is_empty() {
            parts.push(format!("this data set cannot tell for {}", listed(&unsure)));
        }
        if parts.is_empty() {
            parts.push("this data set cannot tell whether it is better".into());
        }
        sentences.push(format!("Against “{}” {}.", other.name, parts.join("; ")));
    }
    if others.count() > MOST_COMPARED {
        sentences.push("All pairs of models stand in the table of differences.".into());
    }
    sentences
}

/// Whether `one` is better than `other` in this difference; `None` where it is of other models.
fn gain(difference: &Difference, one: &str, other: &str) -> Option<Ordering> {
    let pair = (difference.first.as_str(), difference.second.as_str());
    let of_first = match difference.verdict.as_str() {
        "first is better" => Ordering::Greater,
        "second is better" => Ordering::Less,
        _ => Ordering::Equal,
    };
    if pair == (one, other) {
        Some(of_first)
    } else if pair == (other, one) {
        Some(of_first.reverse())
    } else {
        None
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// The thresholds that keep the limit that was asked for, a line a class without a full stop.
pub(super) fn choice_lines(model: &ModelReport) -> Vec<String> {
    let choices = model.choices.iter();
    choices.map(|choice| choice_line(model, choice)).collect()
}

fn choice_line(model: &ModelReport, choice: &ThresholdChoice) -> String {
    let of = if model.classes.len() > 1 {
        format!("“{}” for {}", model.name, choice.class)
    } else {
        format!("“{}”", model.name)
    };
    let limit = with_units(&choice.limit);
    let Some(row) = &choice.row else {
        return format!("No threshold of {of} keeps {limit}");
    };
    let which = match row.threshold {
        Some(value) => format!("Threshold {}", threshold(value)),
        None => "The thresholds it was run with".into(),
    };
    let keeps = if row.threshold.is_some() {
        "keeps"
    } else {
        "keep"
    };
    let mut line = format!(
        "{which} of {of} {keeps} {limit}: {} of the plots found, {} false sites per km²",
        share(row.recall),
        rate(row.false_per_km2)
    );
    if let Some(below) = row.false_per_km2_below {
        let _ = write!(line, " (below {} with 95 % confidence)", rate(Some(below)));
    }
    // From a few hectares to 100 km² is too far to say it in a sentence.
    if row.visits_per_100_km2.is_some() && model.km2 >= 1.0 {
        let _ = write!(
            line,
            ", {} visits per 100 km²",
            rate(row.visits_per_100_km2)
        );
    }
    if let Some(file) = &choice.written_to {
        let _ = write!(line, "; written to {file}");
    }
    line
}

/// Why no model has figures of a level, in half a sentence.
pub(super) fn absence(report: &BenchReport, level: &str) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for model in &report.models {
        let Some(reason) = model.left_out.get(level) else {
            continue;
        };
        let name = model.name.as_str();
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    match reasons.as_slice() {
        [] => "nothing was measured".into(),
        [(reason, names)] if names.len() == report.models.len() => (*reason).to_owned(),
        several => {
            let each = several
                .iter()
                .map(|(reason, names)| format!("{reason} ({})", names.join(", ")));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A text, or a dash where it is empty.
pub(super) fn or_dash(text: &str) -> &str {
    if text.trim().is_empty() { NONE } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::example::{empty, example};
    use super::*;

    #[test]
    fn the_best_model_and_what_is_sure_of_it() {
        let report = example();
        assert_eq!(best(&report).unwrap().name, report.models[0].name);
        let text = sentences(&report).join(" ");
        for part in [
            "Read the warnings below first.",
            "finds the largest share of known plots at its thresholds: 0.912 (0.824–0.971), 31 of \
             34 plots, with 3.21 (1.90–5.02) false sites per km²",
            "It looks through 12.4 km² per hour on AMD EPYC 7B13 with 2 threads.",
            "it is surely better in site recall; this data set cannot tell for false sites per km²",
            "Threshold 0.548 of",
            "keeps at most 5 false sites per km²: 0.971 of the plots found, 4.86 false sites per km²",
            "Intervals are 95 %, from resampling 4 flights; so few make them rough, and no difference sure.",
        ] {
            assert!(text.contains(part), "{part}\nin\n{text}");
        }
    }

    #[test]
    fn a_verdict_is_turned_round_with_its_pair() {
        let difference = Difference {
            first: "a".into(),
            second: "b".into(),
            verdict: "second is better".into(),
            ..Difference::default()
        };
        assert_eq!(gain(&difference, "b", "a"), Some(Ordering::Greater));
        assert_eq!(gain(&difference, "a", "b"), Some(Ordering::Less));
        assert_eq!(gain(&difference, "a", "c"), None);
    }

    #[test]
    fn nothing_measured_is_said() {
        let mut report = empty();
        assert_eq!(sentences(&report), ["No model was measured."]);
        assert_eq!(absence(&report, "tile"), "nothing was measured");
        report.models = example().models;
        for model in &mut report.models {
            model.site = None;
            model.left_out.insert("site".into(), "no truth.".into());
        }
        let text = sentences(&report);
        assert_eq!(text, ["No share of plots found can be given: no truth."]);
        assert_eq!(absence(&report, "site"), "no truth.");
    }

    #[test]
    fn words_are_listed() {
        let words = ["a", "b", "c"].map(String::from);
        assert_eq!(listed(&words), "a, b and c");
        assert_eq!(listed(&words[..1]), "a");
    }
}
