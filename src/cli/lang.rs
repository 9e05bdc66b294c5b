//! The language of what leaves for the field or the superiors, as an argument.

use crate::campaign::Lang;
use clap::ValueEnum;
use clap::builder::PossibleValue;

impl ValueEnum for Lang {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Zh, Self::En]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Zh => PossibleValue::new("zh").help("Chinese"),
            Self::En => PossibleValue::new("en").help("English"),
        })
    }
}
