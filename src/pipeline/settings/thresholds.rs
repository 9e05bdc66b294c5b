//! Thresholds as text, and what they say for each class.

use super::wrong;
use crate::Result;
use crate::model::decode::Pass;
use crate::model::{Contract, Head, ModelTask};

/// The model's thresholds as a user would write them; `None` where it has none.
pub(super) fn threshold_text(contract: &Contract) -> Option<String> {
    let texts: Vec<String> = contract
        .thresholds
        .iter()
        .map(|(class, value)| {
            let value = if contract.must_win {
                format!("argmax>={value}")
            } else {
                value.to_string()
            };
            if class.is_empty() {
                value
            } else {
                format!("{class}={value}")
            }
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(","))
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

/// Overrides thresholds by what a text says: for one class, or for all.
pub(super) fn set_thresholds(text: &str, contract: &Contract, by_class: &mut [Pass]) -> Result<()> {
    let named_class = |part: &str| {
        contract.classes.iter().position(|class| {
            part.strip_prefix(class.as_str())
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        })
    };
    let mut parts: Vec<&str> = text.split(',').map(str::trim).collect();
    parts.retain(|part| !part.is_empty());
    // What holds for all comes first, wherever it stands.
    parts.sort_by_key(|part| named_class(part).is_some());
    for part in parts {
        let named = named_class(part);
        let value = match named {
            Some(index) => part[contract.classes[index].len()..]
                .trim_start()
                .trim_start_matches('=')
                .trim(),
            None => part,
        };
        let number = |text: &str| text.parse().ok().filter(|v: &f32| (0.0..=1.0).contains(v));
        let least = value.strip_prefix("argmax>=").map(str::trim);
        let pass = match (value, least) {
            ("argmax", _) if contract.task == ModelTask::Detection => {
                return Err(wrong(
                    "threshold",
                    part,
                    "0 to 1: an object has its best class anyway",
                ));
            }
            ("argmax", _) => Some(Pass::Highest),
            (_, Some(least)) => number(least).map(Pass::HighestAtLeast),
            (value, None) => number(value).map(Pass::AtLeast),
        };
        let Some(pass) = pass else {
            let unknown_class = named.is_none()
                && part
                    .split_once('=')
                    .is_some_and(|(class, _)| !class.ends_with('>'));
            let wanted = if unknown_class {
                format!("one of the classes {}", contract.classes.join(", "))
            } else {
                "0 to 1, `class=0.5`, `argmax` or `argmax>=0.5`".into()
            };
            return Err(wrong("threshold", part, &wanted));
        };
        match named {
            Some(index) => by_class[index] = pass,
            None => by_class.fill(pass),
        }
    }
    Ok(())
}
