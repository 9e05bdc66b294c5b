//! Thresholds as text, and what they say for each class.

use super::by_class::class_values;
use crate::model::decode::{LabelRule, Pass};
use crate::model::{Contract, Head, ModelTask, by_class_text};
use crate::{Error, Result};

/// The model's thresholds as a user would write them; `None` where it has none.
pub(super) fn threshold_text(contract: &Contract) -> Option<String> {
    let value = |value: &f64| {
        if contract.must_win {
            format!("argmax>={value}")
        } else {
            value.to_string()
        }
    };
    let texts = contract.thresholds.iter();
    let texts: Vec<_> = texts.map(|(class, v)| (class.clone(), value(v))).collect();
    (!texts.is_empty()).then(|| by_class_text(&texts))
}

/// Head by head: exclusive classes are decided by the highest score, single channels and
/// independent classes at one half.
pub(super) fn default_threshold(contract: &Contract) -> String {
    let of = |head: &Head| {
        if head.exclusive && !head.single_channel {
            "argmax"
        } else {
            "0.5"
        }
    };
    let mut words: Vec<&str> = contract.heads.iter().map(of).collect();
    words.dedup();
    match words.as_slice() {
        [] => "0.5".into(),
        [one] => (*one).to_owned(),
        _ => {
            let heads = contract.heads.iter();
            let classes = heads.flat_map(|h| {
                contract.classes[h.classes.clone()]
                    .iter()
                    .zip(std::iter::repeat(of(h)))
            });
            let parts: Vec<String> = classes
                .map(|(class, word)| format!("{class}={word}"))
                .collect();
            parts.join(",")
        }
    }
}

/// A text as a probability.
fn share(text: &str) -> Option<f32> {
    text.parse().ok().filter(|v: &f32| (0.0..=1.0).contains(v))
}

/// Overrides thresholds by what a text says: for one class, or for all.
pub(super) fn set_thresholds(text: &str, contract: &Contract, by_class: &mut [Pass]) -> Result<()> {
    for part in class_values(text, contract) {
        let least = part.value.strip_prefix("argmax>=").map(str::trim);
        let pass = match (part.value, least) {
            ("argmax", _) if contract.task == ModelTask::Detection => {
                return Err(Error::setting(
                    "threshold",
                    part.part,
                    "0 to 1: an object has its best class anyway",
                ));
            }
            ("argmax", _) => Some(Pass::Highest),
            (_, Some(least)) => share(least).map(Pass::HighestAtLeast),
            (value, None) => share(value).map(Pass::AtLeast),
        };
        let forms = "0 to 1, `class=0.5`, `argmax` or `argmax>=0.5`";
        let pass = pass.ok_or_else(|| part.refused("threshold", forms, contract))?;
        match part.class {
            Some(index) => by_class[index] = pass,
            None => by_class.fill(pass),
        }
    }
    Ok(())
}

/// Lets outlines reach down to what a text says: thresholds become the least score that makes
/// a site, what the text says becomes the least score of its cells. Nothing is raised
/// above a threshold; what a user asks for by flag (`asked`) and cannot have is an error.
pub(super) fn set_outlines(
    text: &str,
    asked: bool,
    contract: &Contract,
    rule: &mut LabelRule,
) -> Result<()> {
    const NAME: &str = "outline-threshold";
    for part in class_values(text, contract) {
        if contract.task == ModelTask::Detection || contract.task == ModelTask::Regression {
            let wanted = format!(
                "a model that labels pixels or tiles; this is one of {}",
                contract.task
            );
            return Err(Error::setting(NAME, part.part, &wanted));
        }
        let least = share(part.value)
            .ok_or_else(|| part.refused(NAME, "0 to 1 or `class=0.5`", contract))?;
        let classes = part.class.map_or(0..contract.classes.len(), |k| k..k + 1);
        for k in classes {
            let name = &contract.classes[k];
            let named = part.class.is_some() && asked;
            let (peak, pass): (f32, fn(f32) -> Pass) = match rule.passes[k] {
                Pass::AtLeast(least) => (least.max(rule.peaks[k]), Pass::AtLeast),
                Pass::HighestAtLeast(least) => (least.max(rule.peaks[k]), Pass::HighestAtLeast),
                Pass::Highest if named => {
                    let wanted = format!("a threshold of `{name}` that is a number, not `argmax`");
                    return Err(Error::setting(NAME, part.part, &wanted));
                }
                Pass::Highest => continue,
            };
            if least > peak && asked && rule.wanted[k] {
                let wanted = format!("at most the threshold of `{name}`, {peak}");
                return Err(Error::setting(NAME, part.part, &wanted));
            }
            rule.passes[k] = pass(least.min(peak));
            rule.peaks[k] = peak;
        }
    }
    Ok(())
}
