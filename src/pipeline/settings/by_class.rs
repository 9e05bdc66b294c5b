//! Text that gives a value for all classes, or one a class: `0.5,poppy=0.7`.

use super::wrong;
use crate::model::Contract;

/// Values by class as a user would write them, the empty name standing for all; `None` for
/// none.
pub(super) fn class_text(values: &[(String, f64)]) -> Option<String> {
    let texts = values.iter().map(|(class, value)| match class.as_str() {
        "" => value.to_string(),
        class => format!("{class}={value}"),
    });
    (!values.is_empty()).then(|| texts.collect::<Vec<_>>().join(","))
}

/// One part of a list such as `0.5,poppy=0.7`.
pub(super) struct ClassValue<'a> {
    /// The part as written.
    pub(super) part: &'a str,
    /// The class it names; none where it holds for all.
    pub(super) class: Option<usize>,
    /// What stands after the class.
    pub(super) value: &'a str,
}

impl ClassValue<'_> {
    /// The error that it is not `forms`, or names no class.
    pub(super) fn refused(&self, setting: &str, forms: &str, contract: &Contract) -> crate::Error {
        let unknown_class = self.class.is_none()
            && self
                .part
                .split_once('=')
                .is_some_and(|(class, _)| !class.ends_with('>'));
        if unknown_class {
            let wanted = format!("one of the classes {}", contract.classes.join(", "));
            return wrong(setting, self.part, &wanted);
        }
        wrong(setting, self.part, forms)
    }
}

/// The parts of a list; what holds for all comes first, wherever it stands.
pub(super) fn class_values<'a>(text: &'a str, contract: &Contract) -> Vec<ClassValue<'a>> {
    let mut parts: Vec<ClassValue<'_>> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let named = contract.classes.iter().enumerate().find_map(|(k, class)| {
                let rest = part.strip_prefix(class.as_str())?.trim_start();
                Some((k, rest.strip_prefix('=')?.trim()))
            });
            ClassValue {
                part,
                class: named.map(|(k, _)| k),
                value: named.map_or(part, |(_, value)| value),
            }
        })
        .collect();
    parts.sort_by_key(|part| part.class.is_some());
    parts
}
