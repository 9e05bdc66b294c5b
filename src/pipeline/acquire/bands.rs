//! Which bands of a raster a model sees, and in which order.

use super::{AcquireOptions, RasterInfo};
use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use std::convert::Infallible;
use std::path::Path;
use std::str::FromStr;

/// One band as a user names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum BandChoice {
    /// By its number, counted from 1.
    Number(usize),
    /// By its colour interpretation or its own name.
    Name(String),
}

impl FromStr for BandChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let text = text.trim();
        Ok(text
            .parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Number))
    }
}

impl<'de> Deserialize<'de> for BandChoice {
    fn deserialize<D: Deserializer<'de>>(value: D) -> std::result::Result<Self, D::Error> {
        match toml::Value::deserialize(value)? {
            toml::Value::Integer(n) => usize::try_from(n).map(Self::Number).map_err(|_| {
                serde::de::Error::custom(format!("band `{n}`, wanted a number from 1"))
            }),
            toml::Value::String(name) => Ok(Self::Name(name)),
            other => Err(serde::de::Error::custom(format!(
                "band `{other}`, wanted a number or a name"
            ))),
        }
    }
}

/// Settles which bands a model with `channels` bands named `names` (may be empty) sees.
pub(super) fn choose_bands(
    path: &Path,
    info: &RasterInfo,
    channels: usize,
    names: &[String],
    options: &AcquireOptions,
) -> Result<Vec<usize>> {
    let unusable = |problem: String, hint: String| Error::UnusableRaster {
        path: path.to_owned(),
        problem,
        hint,
    };
    let available = info.color_count();
    if let Some(bands) = &options.bands {
        if bands.len() != channels {
            return Err(unusable(
                format!(
                    "is given {} bands, but the model takes {channels}",
                    bands.len()
                ),
                format!("name {channels} bands in `--bands`"),
            ));
        }
        return bands
            .iter()
            .map(|choice| match choice {
                BandChoice::Number(n) if (1..=available).contains(n) => Ok(*n),
                BandChoice::Number(n) => Err(unusable(
                    format!("has no band {n}, only 1 to {available}"),
                    "correct `--bands`".into(),
                )),
                BandChoice::Name(name) => info
                    .bands_by_name(std::slice::from_ref(name))
                    .and_then(|found| found.first().copied())
                    .ok_or_else(|| {
                        unusable(
                            format!(
                                "has no band `{name}`, its bands are {}",
                                info.band_names().join(", ")
                            ),
                            "name bands by number, colour or name in `--bands`".into(),
                        )
                    }),
            })
            .collect();
    }
    if let Some(by_color) = info.bands_by_name(names) {
        return Ok(by_color);
    }
    let data = info.data_bands();
    if info.bands_are_named() && !names.is_empty() && data.len() >= channels {
        return Err(unusable(
            format!(
                "has bands {}, but the model takes {}",
                info.band_names().join(", "),
                names.join(", ")
            ),
            "say which of its bands serve with `--bands`, or pick another model".into(),
        ));
    }
    if data.len() < channels {
        let listed = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        return Err(unusable(
            format!(
                "has {} data bands, but the model takes {channels}{listed}",
                data.len()
            ),
            if data.len() == 1 {
                "repeat the one band with `--bands 1,1,1` if that makes sense, or pick another model".into()
            } else {
                "choose bands with `--bands`, or pick another model".into()
            },
        ));
    }
    Ok(data[..channels].to_vec())
}
