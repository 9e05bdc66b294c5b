//! A count as it may be shown: exact, or too small to be published.

use serde::{Serialize, Serializer};
use std::ops::AddAssign;

/// Counts from 1 to this are not published at the level `public`.
pub const FEW: u64 = 4;

/// A count. Before a level is applied every count is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many. At the level `public` a multiple of 5.
    Exact(u64),
    /// 1 to [`FEW`], at the level `public`.
    Few,
}

impl Count {
    /// The count of something that has a length.
    #[must_use]
    pub fn of(number: usize) -> Self {
        Self::Exact(u64::try_from(number).unwrap_or(u64::MAX))
    }

    /// The number; `None` where it is not published.
    #[must_use]
    pub fn value(self) -> Option<u64> {
        match self {
            Self::Exact(number) => Some(number),
            Self::Few => None,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::Exact(0)
    }

    /// As people read it: `12`, or `<5`.
    #[must_use]
    pub fn say(self) -> String {
        match self {
            Self::Exact(number) => number.to_string(),
            Self::Few => format!("<{}", FEW + 1),
        }
    }
}

impl Default for Count {
    fn default() -> Self {
        Self::Exact(0)
    }
}

impl AddAssign<u64> for Count {
    fn add_assign(&mut self, more: u64) {
        if let Self::Exact(number) = self {
            *number += more;
        }
    }
}

/// A number, or the text `<5`.
impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(number) => serializer.serialize_u64(*number),
            Self::Few => serializer.serialize_str(&self.say()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_neither_counted_nor_said() {
        let mut count = Count::of(2);
        count += 3;
        assert_eq!((count.value(), count.say().as_str()), (Some(5), "5"));
        assert_eq!(Count::Few.value(), None);
        assert_eq!(
            serde_json::json!([count, Count::Few]).to_string(),
            r#"[5,"<5"]"#
        );
        assert!(Count::default().is_zero() && !Count::Few.is_zero());
    }
}
