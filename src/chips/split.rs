//! Who learns and who is measured on: a village is on one side or the other, whatever comes in later.

use crate::digest::hash_of;

/// One side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Split {
    /// To learn from.
    Train,
    /// To measure on.
    Val,
}

impl Split {
    pub(super) const ALL: [Self; 2] = [Self::Train, Self::Val];

    /// The name of its folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
        }
    }

    /// The side of a village: the first 32 bits of the SHA-256 of its code, as a share of all such
    /// numbers, lie below `val_share` or not. More chips, rounds or villages move none.
    pub(super) fn of(village: &str, val_share: f64) -> Self {
        let number = u32::from_str_radix(&hash_of(village)[..8], 16).unwrap_or(0);
        if f64::from(number) < val_share * (f64::from(u32::MAX) + 1.0) {
            Self::Val
        } else {
            Self::Train
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_villages_is_measured_on() {
        let villages: Vec<String> = (0..5000).map(|i| format!("990101{i:06}")).collect();
        let val = |share: f64| {
            let is_val = |v: &&String| Split::of(v, share) == Split::Val;
            villages.iter().filter(is_val).count()
        };
        assert!((900..1100).contains(&val(0.2)), "{}", val(0.2));
        assert_eq!((val(0.0), val(1.0)), (0, 5000));
        // Who is in a small share is in a larger one.
        for village in &villages {
            if Split::of(village, 0.1) == Split::Val {
                assert_eq!(Split::of(village, 0.3), Split::Val);
            }
        }
    }
}
