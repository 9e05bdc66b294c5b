//! Names of classes, and which of them are background.

use super::{Contract, ModelTask, Reading, Source};
use crate::Result;
use crate::model::Told;

/// Names that mean "nothing of interest".
const BACKGROUND_NAMES: [&str; 11] = [
    "background",
    "bg",
    "other",
    "others",
    "none",
    "negative",
    "nothing",
    "unlabelled",
    "unlabeled",
    "背景",
    "其他",
];

/// More classes than a label has room for.
const MOST_CLASSES: usize = 255;

/// Class names by output, of the first source that names any.
pub(super) fn told_heads<'a>(reading: &Reading<'a>) -> Option<(Vec<Vec<String>>, &'a Told)> {
    reading.first(|t| (!t.heads.is_empty()).then(|| t.heads.clone()))
}

/// Class names of each head. `channels` counts the channels of each output, `None` where it
/// gives class numbers. A single channel has two classes.
pub(super) fn names_of_heads(
    reading: &mut Reading<'_>,
    channels: &[Option<usize>],
) -> Result<Vec<Vec<String>>> {
    let told = told_heads(reading);
    let mut all = Vec::new();
    for (index, count) in channels.iter().enumerate() {
        let named = told.as_ref().and_then(|(heads, _)| heads.get(index));
        let given = named.map_or(&[][..], Vec::as_slice);
        all.push(match (count, given) {
            (Some(1), []) => vec!["background".into(), "target".into()],
            (Some(1), [one]) => vec!["background".into(), one.clone()],
            (Some(1), [_, _]) => named.cloned().unwrap_or_default(),
            (Some(n), []) => (0..*n).map(|k| format!("class_{k}")).collect(),
            (Some(n), _) if given.len() == *n => given.to_vec(),
            (None, _) if given.len() > 1 => given.to_vec(),
            (seen, _) => {
                let seen = seen.map_or("an unknown number of".into(), |n| n.to_string());
                let listed = if given.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", given.join(", "))
                };
                let problem = format!(
                    "gives {seen} {} but {} are named{listed}",
                    if *count == Some(1) {
                        "channel"
                    } else {
                        "classes"
                    },
                    given.len()
                );
                return Err(match &told {
                    Some((_, teller)) => reading.contradiction(teller, "class-names", problem),
                    None => reading.unusable(
                        problem,
                        "name every class, background included, with `--class-names`",
                    ),
                });
            }
        });
    }
    check_count(reading, all.iter().map(Vec::len).sum())?;
    make_unique(&mut all);
    record(reading, &all.concat(), told.map(|(_, teller)| teller));
    Ok(all)
}

/// Two heads may both have a class of one name; names tell classes apart everywhere else.
fn make_unique(heads: &mut [Vec<String>]) {
    let mut taken: Vec<String> = Vec::new();
    for name in heads.iter_mut().flatten() {
        if taken.contains(name) {
            let unique = (2..=taken.len() + 1)
                .map(|n| format!("{name} ({n})"))
                .find(|unique| !taken.contains(unique));
            *name = unique.unwrap_or_default();
        }
        taken.push(name.clone());
    }
}

/// A name without the number that tells it from its like.
fn plain(name: &str) -> &str {
    let number = |rest: &&str| {
        rest.strip_suffix(')')
            .is_some_and(|n| n.parse::<u32>().is_ok())
    };
    match name.rsplit_once(" (") {
        Some((plain, rest)) if number(&rest) => plain,
        _ => name,
    }
}

/// Class names of a detector with `count` classes, where its shapes tell how many.
pub(super) fn names_of_objects(
    reading: &mut Reading<'_>,
    count: Option<usize>,
) -> Result<Vec<String>> {
    let told =
        told_heads(reading).and_then(|(heads, teller)| Some((heads.first()?.clone(), teller)));
    let names = match (&told, count) {
        (Some((names, _)), None) => names.clone(),
        (Some((names, _)), Some(n)) if n == names.len() => names.clone(),
        (Some((names, teller)), Some(n)) => {
            return Err(reading.contradiction(
                teller,
                "class-names",
                format!("gives {n} classes but {} are named", names.len()),
            ));
        }
        (None, Some(n)) => (0..n).map(|k| format!("class_{k}")).collect(),
        (None, None) => {
            return Err(reading.unusable(
                "does not say how many classes it has".into(),
                "name every class with `--class-names`",
            ));
        }
    };
    check_count(reading, names.len())?;
    let mut heads = [names];
    make_unique(&mut heads);
    let [names] = heads;
    record(reading, &names, told.map(|(_, teller)| teller));
    Ok(names)
}

fn check_count(reading: &Reading<'_>, count: usize) -> Result<()> {
    if (1..=MOST_CLASSES).contains(&count) {
        return Ok(());
    }
    Err(reading.unusable(
        format!("has {count} classes, wanted 1 to {MOST_CLASSES}"),
        "group the classes of the model",
    ))
}

fn record(reading: &mut Reading<'_>, names: &[String], teller: Option<&Told>) {
    let text = names.join(", ");
    match teller {
        Some(teller) => reading.record("class-names", &text, teller),
        None => {
            reading.otherwise("class-names", text, Source::Default);
        }
    }
}

/// Which classes never become sites: as told, by name, else the first of each head that
/// scores pixels.
pub(super) fn backgrounds(reading: &mut Reading<'_>, contract: &Contract) -> Result<Vec<bool>> {
    let classes = &contract.classes;
    let told = reading.first(|t| (!t.background.is_empty()).then(|| t.background.clone()));
    if let Some((told, teller)) = told {
        if let Some(unknown) = told.iter().find(|b| !classes.contains(b)) {
            let wanted = classes.join(", ");
            return Err(reading.contradiction(
                teller,
                "background",
                format!("has background `{unknown}`, wanted one of {wanted}"),
            ));
        }
        reading.record("background", &told.join(", "), teller);
        return Ok(classes.iter().map(|c| told.contains(c)).collect());
    }
    let mut is_background: Vec<bool> = classes
        .iter()
        .map(|c| {
            BACKGROUND_NAMES.contains(&plain(c).trim_start_matches('_').to_lowercase().as_str())
        })
        .collect();
    for head in &contract.heads {
        let range = head.classes.clone();
        if contract.task != ModelTask::Segmentation || is_background[range.clone()].contains(&true)
        {
            continue;
        }
        is_background[range.start] = true;
        reading.notes.push(format!(
            "class `{}` is taken as background, being the first; name another with `--background`",
            classes[range.start]
        ));
    }
    if contract.task == ModelTask::Classification && !is_background.contains(&true) {
        reading.notes.push(
            "no class is background: every tile belongs to some class; choose with `--classes`"
                .into(),
        );
    }
    let names: Vec<&str> = classes
        .iter()
        .zip(&is_background)
        .filter(|(_, b)| **b)
        .map(|(c, _)| c.as_str())
        .collect();
    let text = if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    };
    reading.otherwise("background", text, Source::Default);
    Ok(is_background)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_one_name_are_told_apart() {
        let mut heads = [vec!["a", "b", "a"], vec!["a", "c"]]
            .map(|h| h.into_iter().map(str::to_owned).collect());
        make_unique(&mut heads);
        assert_eq!(heads.concat(), ["a", "b", "a (2)", "a (3)", "c"]);
        assert_eq!(plain("a (3)"), "a");
        assert_eq!(plain("other (poppy)"), "other (poppy)");
    }
}
