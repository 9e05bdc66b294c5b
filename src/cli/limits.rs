//! `--fail-under`: figures that must not be worse.

use crate::evaluate::report::schema::ModelReport;
use crate::evaluate::{HEADLINES, Headline};
use crate::{Error, Result};

/// A limit of `--fail-under`.
#[derive(Debug, Clone)]
pub(super) struct FailUnder {
    model: Option<String>,
    headline: Headline,
    limit: f64,
}

impl std::str::FromStr for FailUnder {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let keys = || {
            let keys: Vec<&str> = HEADLINES.iter().map(|h| h.key).collect();
            keys.join(", ")
        };
        let (key, limit) = text
            .rsplit_once('=')
            .ok_or_else(|| "wanted KEY=VALUE, such as site_recall=0.9".to_owned())?;
        let (model, key) = match key.rsplit_once(':') {
            Some((model, key)) => (Some(model.trim().to_owned()), key),
            None => (None, key),
        };
        let key = key.trim();
        let headline =
            Headline::of(key).ok_or_else(|| format!("`{key}`, wanted one of {}", keys()))?;
        let limit = limit.trim().parse().ok().filter(|v: &f64| v.is_finite());
        Ok(Self {
            model,
            headline,
            limit: limit.ok_or_else(|| "the value is no number".to_owned())?,
        })
    }
}

/// Refuses limits for models that are not there.
pub(super) fn check_names(limits: &[FailUnder], names: &[&str]) -> Result<()> {
    let unknown = limits.iter().filter_map(|limit| limit.model.as_deref());
    match unknown.into_iter().find(|name| !names.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let wanted = format!("one of the models {}", names.join(", "));
            Err(Error::setting("fail-under", name, &wanted))
        }
    }
}

/// What is worse than it may be.
pub(super) fn failures(limits: &[FailUnder], models: &[ModelReport]) -> Vec<String> {
    let mut failed = Vec::new();
    for limit in limits {
        let named = |m: &&ModelReport| limit.model.as_ref().is_none_or(|name| *name == m.name);
        for model in models.iter().filter(named) {
            let headline = limit.headline;
            let value = headline.value(model);
            let is_kept = value.is_some_and(|value| {
                if headline.higher_is_better {
                    value >= limit.limit
                } else {
                    value <= limit.limit
                }
            });
            if !is_kept {
                let bound = if headline.higher_is_better {
                    "least"
                } else {
                    "most"
                };
                let value = value.map_or("not known".to_owned(), |value| format!("{value:.4}"));
                failed.push(format!(
                    "{} of `{}` is {value}, wanted at {bound} {}",
                    headline.key, model.name, limit.limit
                ));
            }
        }
    }
    failed
}
