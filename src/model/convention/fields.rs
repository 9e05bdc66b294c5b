//! Typed settings out of a sidecar or out of metadata. What is wrong is said with the
//! key, the value seen and the value wanted.

use super::literal;
use crate::model::BandScaling;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The entries of one object, by key.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The value of `key`; null and empty text count as nothing.
    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        let value = self.0.get(key)?;
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    /// The value of `key` as `read` takes it.
    fn typed<T>(
        self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        self.get(key)
            .map(|value| read(value).ok_or_else(|| wrong(key, value, wanted)))
            .transpose()
    }

    pub(super) fn text(self, key: &str) -> Result<Option<&'a str>, String> {
        self.typed(key, "text", Value::as_str)
    }

    pub(super) fn flag(self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A number that something is multiplied with.
    pub(super) fn factor(self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number other than zero", |v| {
            v.as_f64().filter(|n| n.is_finite() && *n != 0.0)
        })
    }

    pub(super) fn not_negative(self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number not below zero", |v| {
            v.as_f64().filter(|n| n.is_finite() && *n >= 0.0)
        })
    }

    pub(super) fn positive(self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number above zero", |v| {
            v.as_f64().filter(|n| n.is_finite() && *n > 0.0)
        })
    }

    pub(super) fn share(self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number from 0 to 1", |v| {
            v.as_f64().filter(|n| (0.0..=1.0).contains(n))
        })
    }

    /// A whole number, zero included.
    pub(super) fn count(self, key: &str) -> Result<Option<u32>, String> {
        self.typed(key, "a whole number of pixels", whole)
    }

    /// A whole number of at least 1.
    pub(super) fn size(self, key: &str) -> Result<Option<u32>, String> {
        self.typed(key, "a whole number above zero", |v| {
            whole(v).filter(|n| *n > 0)
        })
    }

    pub(super) fn numbers(self, key: &str) -> Result<Option<Vec<f32>>, String> {
        self.typed(key, "a list of numbers", |v| {
            let list: Vec<f32> = serde_json::from_value(v.clone()).ok()?;
            list.iter().all(|n| n.is_finite()).then_some(list)
        })
    }

    /// One of an enum's words.
    pub(super) fn word<T: DeserializeOwned>(
        self,
        key: &str,
        wanted: &str,
    ) -> Result<Option<T>, String> {
        self.typed(key, wanted, |v| serde_json::from_value(v.clone()).ok())
    }
}

/// A whole number, also one written as `512.0`.
pub(super) fn whole(value: &Value) -> Option<u32> {
    let number = value.as_f64()?;
    // Text of a whole float has no fraction, so no cast is needed.
    format!("{number}").parse().ok()
}

/// What is wrong with `key`.
pub(super) fn wrong(key: &str, seen: &Value, wanted: &str) -> String {
    let seen = match seen {
        Value::String(text) => shortened(text),
        other => shortened(&other.to_string()),
    };
    format!("has `{key}` `{seen}`, wanted {wanted}")
}

/// The start of a long text, so that a message stays one.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}

/// The metadata of an ONNX file, whose values are text: parsed where they are literals,
/// as they stand where they are not.
pub(super) fn metadata(metadata: &[(String, String)]) -> Map<String, Value> {
    let parse = |text: &str| match literal::parse(text) {
        // A number within quotes is the number.
        Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => Value::String(inner),
        },
        Ok(value) => value,
        Err(_) => Value::String(text.trim().to_owned()),
    };
    metadata
        .iter()
        .map(|(key, text)| (key.clone(), parse(text)))
        .collect()
}

/// Class names: a list, or an object of names by index from 0 without gaps.
pub(super) fn class_names(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let name = |v: &Value| match v {
        Value::String(name) => Some(name.clone()),
        Value::Number(name) => Some(name.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => {
            let names: Option<Vec<_>> = list.iter().map(name).collect();
            names.ok_or_else(|| wrong(key, value, "a list of names"))
        }
        Value::Object(by_index) => {
            let mut names: Vec<Option<String>> = vec![None; by_index.len()];
            for (index, entry) in by_index {
                let slot = index.parse::<usize>().ok().and_then(|i| names.get_mut(i));
                let (Some(slot @ None), Some(name)) = (slot, name(entry)) else {
                    return Err(format!(
                        "has class `{}` under `{}` in `{key}`, wanted names under 0 to {}",
                        shortened(&entry.to_string()),
                        shortened(index),
                        by_index.len() - 1
                    ));
                };
                *slot = Some(name);
            }
            Ok(names.into_iter().flatten().collect())
        }
        _ => Err(wrong(
            key,
            value,
            "names by index, such as {\"0\": \"poppy\"}",
        )),
    }
}

/// `first`, then `(value − mean) / std`, a band each.
pub(super) fn standardised(
    first: BandScaling,
    (mean_key, mean): (&str, &[f32]),
    (std_key, std): (&str, &[f32]),
) -> Result<Vec<BandScaling>, String> {
    if mean.len() != std.len() || mean.is_empty() {
        return Err(format!(
            "has {} values in `{mean_key}` and {} in `{std_key}`, wanted one a band in both",
            mean.len(),
            std.len()
        ));
    }
    if let Some(zero) = std.iter().find(|s| !(1.0 / **s).is_finite()) {
        return Err(format!(
            "has `{zero}` in `{std_key}`, wanted numbers other than zero"
        ));
    }
    let pairs = mean.iter().zip(std);
    Ok(pairs
        .map(|(mean, std)| first.then_affine(1.0 / std, -mean / std))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_checked_and_named() {
        let json = json!({"a": "two", "b": 0, "c": 512.0, "d": 1.5, "e": null, "f": ""});
        let fields = Fields(json.as_object().unwrap());
        assert_eq!(
            fields.positive("a").unwrap_err(),
            "has `a` `two`, wanted a number above zero"
        );
        assert!(fields.positive("b").is_err());
        assert_eq!(fields.not_negative("b").unwrap(), Some(0.0));
        assert_eq!(fields.size("c").unwrap(), Some(512));
        assert!(fields.size("b").is_err());
        assert!(fields.count("d").is_err());
        assert!(fields.share("d").is_err());
        assert_eq!(fields.text("e").unwrap(), None);
        assert_eq!(fields.text("f").unwrap(), None);
    }

    #[test]
    fn class_names_have_no_gaps() {
        assert_eq!(
            class_names("n", &json!({"1": "b", "0": "a"})).unwrap(),
            ["a", "b"]
        );
        assert_eq!(class_names("n", &json!(["a", 7])).unwrap(), ["a", "7"]);
        for bad in [
            json!({"1": "a"}),
            json!({"0": "a", "00": "b"}),
            json!({"0": null}),
            json!(3),
        ] {
            assert!(class_names("n", &bad).is_err(), "{bad}");
        }
        let message = class_names("names", &json!({"0": "a", "2": "c"})).unwrap_err();
        assert_eq!(
            message,
            "has class `\"c\"` under `2` in `names`, wanted names under 0 to 1"
        );
    }

    #[test]
    fn metadata_are_parsed_leniently() {
        let pairs = [
            ("t", "Segmentor"),
            ("n", "\"10\""),
            ("q", "\"x\""),
            ("b", "True"),
        ];
        let pairs: Vec<_> = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let expected = json!({"t": "Segmentor", "n": 10, "q": "x", "b": true});
        assert_eq!(Value::Object(metadata(&pairs)), expected);
    }
}
