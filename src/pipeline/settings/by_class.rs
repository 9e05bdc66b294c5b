//! Text that gives a value for all classes, or one a class: `0.5,poppy=0.7`.

use crate::Error;
use crate::model::{Contract, by_class_text};

/// Values by class as a user would write them, the empty name standing for all; `None` for
/// none.
pub(super) fn class_text(values: &[(String, f64)]) -> Option<String> {
    (!values.is_empty()).then(|| by_class_text(values))
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
    pub(super) fn refused(&self, setting: &str, forms: &str, contract: &Contract) -> Error {
        let unknown_class = self.class.is_none()
            && self
                .part
                .split_once('=')
                .is_some_and(|(class, _)| !class.ends_with('>'));
        if unknown_class {
            let wanted = format!("one of the classes {}", contract.classes.join(", "));
            return Error::setting(setting, self.part, &wanted);
        }
        Error::setting(setting, self.part, forms)
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
