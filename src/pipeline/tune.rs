//! How many tiles go into one run of the model, measured before a long scan.

use super::settings::{BatchChoice, Resolved};
use crate::model::{Device, Model, ModelSession, OutputTensor};
use crate::{Error, Result};
use ndarray::{ArrayBase, ArrayD, ArrayView4};
use std::time::Instant;

/// Batches that are tried on the processor, and on anything else.
const ON_CPU: [usize; 2] = [2, 4];
const ELSEWHERE: [usize; 4] = [2, 4, 8, 16];

/// Runs of each batch, the first of which does not count.
const RUNS: usize = 3;

/// Measuring may take this share of the scan.
const MOST_SHARE: f64 = 0.01;

/// What is less than so much faster is noise.
const GAIN: f64 = 0.95;

/// The batch for a scan, and what to say of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) tiles: usize,
    pub(super) note: Option<String>,
}

impl Batch {
    fn of(tiles: usize) -> Self {
        Self { tiles, note: None }
    }
}

/// A batch as it was measured.
#[derive(Debug, Clone, Copy)]
struct Measured {
    batch: usize,
    /// Seconds a tile.
    seconds: f64,
    /// Whether it gives what single tiles give, to the last bit.
    same: bool,
}

/// The batch for so many tiles that are still to be done: the one that was asked for; else the
/// fastest of some, where trying them does not take long beside the scan and scores stay the
/// same to the last bit, so that sites do not depend on a stopwatch.
pub(super) fn batch(model: &Model, settings: &Resolved, tiles: u64) -> Result<Batch> {
    let BatchChoice::Auto = settings.batch else {
        return Ok(Batch::of(settings.batch.unmeasured()));
    };
    let (sizes, lanes) = match model.file.device {
        Device::Cpu => (&ON_CPU[..], settings.workers),
        _ => (&ELSEWHERE[..], 1),
    };
    let tried = sizes.iter().sum::<usize>() + 1;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let worth = tiles as f64 * MOST_SHARE >= (RUNS * tried * lanes) as f64;
    if !worth && !is_asked_to_measure() {
        return Ok(Batch::of(1));
    }
    let mut trial = Trial::new(model)?;
    let Ok(mut measured) = trial.measure(1).map(|single| vec![single]) else {
        // The scan will say what is wrong with the model.
        return Ok(Batch::of(1));
    };
    for size in sizes {
        // A larger batch may want more memory than there is.
        let Ok(next) = trial.measure(*size) else {
            break;
        };
        measured.push(next);
    }
    // It has grown to the largest batch.
    trial.session.discard();
    tracing::debug!("batches: {measured:?}");
    Ok(best(&measured))
}

/// Tests measure on small images.
fn is_asked_to_measure() -> bool {
    cfg!(debug_assertions) && std::env::var_os("TIANMU_TEST_TUNE").is_some()
}

/// The fastest of those that change nothing; the first is that of single tiles.
fn best(measured: &[Measured]) -> Batch {
    let Some(single) = measured.first() else {
        return Batch::of(1);
    };
    let fastest = |same: bool| {
        measured
            .iter()
            .filter(|m| m.batch == 1 || !same || m.same)
            .filter(|m| m.batch == 1 || m.seconds < GAIN * single.seconds)
            .min_by(|a, b| a.seconds.total_cmp(&b.seconds))
            .unwrap_or(single)
    };
    let (chosen, any) = (fastest(true), fastest(false));
    let note = (any.seconds < GAIN * chosen.seconds).then(|| {
        format!(
            "`--batch {}` would be {:.1} times as fast; it is not taken by itself, since the last digits of scores differ",
            any.batch,
            chosen.seconds / any.seconds
        )
    });
    Batch {
        tiles: chosen.batch,
        note,
    }
}

/// Runs a model on made-up tiles, each other than the next.
struct Trial<'a> {
    model: &'a Model,
    session: ModelSession,
    /// What single tiles give, by tile.
    single: Vec<Vec<ArrayD<f32>>>,
}

impl<'a> Trial<'a> {
    fn new(model: &'a Model) -> Result<Self> {
        Ok(Self {
            session: model.file.session()?,
            single: Vec::new(),
            model,
        })
    }

    fn measure(&mut self, batch: usize) -> Result<Measured> {
        let item = self.shape(1).iter().product::<usize>();
        let values = made_up(batch * item);
        let mut seconds = f64::INFINITY;
        let mut given = Vec::new();
        for run in 0..RUNS {
            let start = Instant::now();
            given = self.run(batch, &values)?;
            if run > 0 {
                seconds = seconds.min(start.elapsed().as_secs_f64());
            }
        }
        for tile in values.chunks_exact(item).skip(self.single.len()) {
            let single = self.run(1, tile)?;
            self.single.push(single);
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of tiles")]
        let seconds = seconds / batch as f64;
        Ok(Measured {
            batch,
            seconds,
            same: (0..batch).all(|item| same_item(&given, item, &self.single[item])),
        })
    }

    fn run(&mut self, batch: usize, values: &[f32]) -> Result<Vec<ArrayD<f32>>> {
        let input = ArrayView4::from_shape(self.shape(batch), values)
            .map_err(|e| Error::Internal(e.to_string()))?;
        self.session.run(&input, owned)
    }

    fn shape(&self, batch: usize) -> [usize; 4] {
        let contract = &self.model.contract;
        let (rows, cols) = contract.tile_size;
        contract.input_shape(batch, rows as usize, cols as usize)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the session asks for a result")]
fn owned(outputs: &[OutputTensor<'_>]) -> Result<Vec<ArrayD<f32>>> {
    Ok(outputs.iter().map(ArrayBase::to_owned).collect())
}

/// Values from 0 to 1 without a pattern that tiles share; the first of a longer row are those of
/// a shorter one.
fn made_up(count: usize) -> Vec<f32> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from(u8::try_from(state >> 24).unwrap_or(0)) / 255.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Whether item `item` of the outputs of a batch is what `single`, a batch of one, gave.
fn same_item(batch: &[ArrayD<f32>], item: usize, single: &[ArrayD<f32>]) -> bool {
    batch.len() == single.len()
        && batch.iter().zip(single).all(|(many, one)| {
            let fits = many.ndim() > 0
                && one.ndim() == many.ndim()
                && one.shape()[0] == 1
                && item < many.shape()[0]
                && one.shape()[1..] == many.shape()[1..];
            fits && {
                let (many, one) = (
                    many.index_axis(ndarray::Axis(0), item),
                    one.index_axis(ndarray::Axis(0), 0),
                );
                many.iter()
                    .zip(one.iter())
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &[(usize, f64, bool)]) -> (usize, String) {
        let measured = all.iter().map(|(batch, seconds, same)| Measured {
            batch: *batch,
            seconds: *seconds,
            same: *same,
        });
        let batch = best(&measured.collect::<Vec<_>>());
        (batch.tiles, batch.note.unwrap_or_default())
    }

    #[test]
    fn the_fastest_that_changes_nothing() {
        let none = String::new();
        assert_eq!(of(&[]), (1, none.clone()));
        assert_eq!(of(&[(1, 1.0, true), (2, 0.97, true)]), (1, none.clone()));
        assert_eq!(
            of(&[(1, 1.0, true), (2, 0.8, true), (4, 0.6, true)]),
            (4, none.clone())
        );
        assert_eq!(
            of(&[(1, 1.0, true), (2, 0.8, true), (4, 0.9, true)]),
            (2, none.clone())
        );
        let (chosen, text) = of(&[(1, 1.0, true), (2, 0.8, true), (4, 0.4, false)]);
        assert_eq!(chosen, 2);
        assert!(
            text.starts_with("`--batch 4` would be 2.0 times as fast"),
            "{text}"
        );
        assert_eq!(of(&[(1, 1.0, true), (4, 0.97, false)]), (1, none));
    }

    #[test]
    fn items_are_compared_to_the_last_bit() {
        let array = |shape: &[usize], values: &[f32]| {
            ArrayD::from_shape_vec(shape, values.to_vec()).unwrap()
        };
        let many = [array(&[2, 2], &[1.0, 2.0, 3.0, f32::NAN])];
        assert!(same_item(&many, 1, &[array(&[1, 2], &[3.0, f32::NAN])]));
        assert!(!same_item(&many, 0, &[array(&[1, 2], &[1.0, 2.000_000_2])]));
        assert!(!same_item(&many, 2, &[array(&[1, 2], &[1.0, 2.0])]));
        assert!(!same_item(&many, 0, &[array(&[2], &[1.0, 2.0])]));
        assert_eq!(made_up(8)[..4], made_up(4)[..]);
    }
}
