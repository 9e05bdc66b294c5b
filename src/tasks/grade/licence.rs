//! Whether a licence holds for a lead: its ground, its crop and its days.

use super::layers::Licence;
use crate::campaign::phenology::calendar_day;
use crate::campaign::vocabulary::SPECIES;
use chrono::NaiveDate;

/// What a licence whose ground a lead meets means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds.
    Holds,
    /// It is for another crop.
    OtherCrop,
    /// The last image was taken before its first day or after its last.
    OtherDays(NaiveDate),
    /// It is limited in time, and nobody knows when the images were taken.
    NoDate,
    /// A limit is not a day.
    Unreadable,
}

/// Judges a licence for a class of a model, seen last on a day. Only a licence that holds beyond
/// doubt sets a lead apart: the others are said, and the lead stays where it is.
pub(super) fn judge(licence: &Licence, class: &str, seen: Option<NaiveDate>) -> Standing {
    if !is_for(&licence.crop, class) {
        return Standing::OtherCrop;
    }
    let limits = [&licence.valid_from, &licence.valid_to].map(|text| {
        let text = text.trim();
        (!text.is_empty()).then(|| calendar_day(text))
    });
    let [from, to] = match limits {
        [Some(None), _] | [_, Some(None)] => return Standing::Unreadable,
        limits => limits.map(Option::flatten),
    };
    match seen {
        _ if from.is_none() && to.is_none() => Standing::Holds,
        None => Standing::NoDate,
        Some(day) if from.is_some_and(|from| day < from) || to.is_some_and(|to| day > to) => {
            Standing::OtherDays(day)
        }
        Some(_) => Standing::Holds,
    }
}

/// Whether the crop of a licence is a class of a model: by its machine name, or as people say it.
fn is_for(crop: &str, class: &str) -> bool {
    let crop = crop.trim().to_lowercase();
    let also: &[&str] = match class {
        "cannabis" => &["工业大麻", "hemp", "industrial hemp"],
        "opium_poppy" => &["药用罂粟"],
        _ => &[],
    };
    let words = SPECIES.get(class).map(|word| [word.zh, word.en]);
    crop.is_empty()
        || crop == class.to_lowercase()
        || words.is_some_and(|words| words.contains(&crop.as_str()))
        || also.contains(&crop.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::MultiPolygon;

    fn licence(crop: &str, from: &str, to: &str) -> Licence {
        Licence {
            id: "1".into(),
            holder_unit: String::new(),
            crop: crop.into(),
            valid_from: from.into(),
            valid_to: to.into(),
            area: MultiPolygon::new(vec![]),
        }
    }

    #[test]
    fn crops_are_known_by_all_their_names() {
        for crop in ["", "cannabis", "Cannabis", "大麻", " 工业大麻 ", "hemp"] {
            assert!(is_for(crop, "cannabis"), "{crop}");
        }
        assert!(is_for("opium poppy", "opium_poppy") && is_for("tobacco", "Tobacco"));
        assert!(!is_for("hemp", "opium_poppy") && !is_for("其他", "cannabis"));
    }

    #[test]
    fn both_ends_of_the_days_hold() {
        let limited = licence("", "2026-04-01", "2026-05-31");
        let day = |text| calendar_day(text);
        for (seen, wanted) in [
            ("2026-04-01", true),
            ("2026-05-31", true),
            ("2026-03-31", false),
            ("2026-06-01", false),
        ] {
            let standing = judge(&limited, "cannabis", day(seen));
            assert_eq!(standing == Standing::Holds, wanted, "{seen}");
        }
        assert_eq!(judge(&limited, "cannabis", None), Standing::NoDate);
        let endless = licence("", "2026-04-01", "");
        assert_eq!(
            judge(&endless, "cannabis", day("2030-01-01")),
            Standing::Holds
        );
        assert_eq!(
            judge(&licence("", "", ""), "cannabis", None),
            Standing::Holds
        );
        let odd = licence("", "", "next year");
        assert_eq!(
            judge(&odd, "cannabis", day("2026-04-01")),
            Standing::Unreadable
        );
    }
}
