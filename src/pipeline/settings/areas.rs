//! Smallest areas as text, and what they say for each class.

use super::by_class::class_values;
use crate::Result;
use crate::model::Contract;

/// Overrides smallest areas, square metres, by what a text says: for one class, or for all.
pub(super) fn set_areas(text: &str, contract: &Contract, by_class: &mut [f64]) -> Result<()> {
    for part in class_values(text, contract) {
        let area = part.value.parse().ok();
        let area = area
            .filter(|area: &f64| *area >= 0.0 && area.is_finite())
            .ok_or_else(|| {
                let forms = "square metres, a number not below zero, or `class=0.5`";
                part.refused("min-area", forms, contract)
            })?;
        match part.class {
            Some(index) => by_class[index] = area,
            None => by_class.fill(area),
        }
    }
    Ok(())
}

/// The smallest areas of the classes searched for, for people: `0.6 m²`, or `1 m² (poppy), 0.2
/// m² (hemp)` where they differ; `None` where nothing is too small.
pub(super) fn areas_text(contract: &Contract, wanted: &[bool], by_class: &[f64]) -> Option<String> {
    let classes = contract.classes.iter().zip(wanted).zip(by_class);
    let searched: Vec<(&String, f64)> = classes
        .filter(|((_, wanted), _)| **wanted)
        .map(|((class, _), area)| (class, *area))
        .collect();
    let (_, first) = *searched.first()?;
    if searched.iter().any(|(_, area)| (area - first).abs() > 0.0) {
        let texts = searched
            .iter()
            .map(|(class, area)| format!("{area} m² ({class})"));
        return Some(texts.collect::<Vec<_>>().join(", "));
    }
    (first > 0.0).then(|| format!("{first} m²"))
}
