//! One colour and one letter for each class, the same in every format of a report.

use crate::pipeline::site::CandidateSite;
use crate::vector::ClassColor;
use std::collections::BTreeSet;

/// Colours that people with any colour sight tell apart (Okabe and Ito), the
/// strongest on green ground first.
const COLORS: [[u8; 3]; 7] = [
    [213, 94, 0],
    [204, 121, 167],
    [0, 114, 178],
    [230, 159, 0],
    [86, 180, 233],
    [240, 228, 66],
    [0, 158, 115],
];

/// The classes of a report, sorted by name.
pub(super) struct Palette<'a> {
    classes: Vec<&'a str>,
}

impl<'a> Palette<'a> {
    pub(super) fn new(sites: &'a [CandidateSite]) -> Self {
        let classes: BTreeSet<&str> = sites.iter().map(|s| s.class.as_str()).collect();
        Self {
            classes: classes.into_iter().collect(),
        }
    }

    /// The crops we look for have colours of their own; other classes take theirs from
    /// their name, so that a class looks the same in every run.
    #[expect(clippy::unused_self, reason = "stands beside the others")]
    fn rgb(&self, class: &str) -> [u8; 3] {
        match class {
            "opium_poppy" => COLORS[0],
            "cannabis" => COLORS[2],
            other => {
                let sum = other.bytes().fold(0_usize, |s, b| {
                    s.wrapping_mul(31).wrapping_add(usize::from(b))
                });
                COLORS[sum % COLORS.len()]
            }
        }
    }

    /// The colour as `#rrggbb`.
    pub(super) fn hex(&self, class: &str) -> String {
        let [r, g, b] = self.rgb(class);
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The first letter of the class, for map markers.
    #[expect(clippy::unused_self, reason = "stands beside the colour")]
    pub(super) fn symbol(&self, class: &str) -> char {
        class.chars().find(|c| c.is_alphanumeric()).unwrap_or('?')
    }

    /// Every class with its colour, for styles.
    pub(super) fn class_colors(&self) -> Vec<ClassColor> {
        let color = |c: &&str| ClassColor {
            value: (*c).to_owned(),
            rgb: self.rgb(c),
        };
        self.classes.iter().map(color).collect()
    }
}
