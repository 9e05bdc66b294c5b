//! The two parts of a scan alone, for knowing how near a scan comes to them: reading tiles, and
//! running the model.

use super::ScanJob;
use super::chip::{ChipReader, InputSpec};
use super::fit::stretched;
use super::image::Prepared;
use crate::model::augment::Symmetry;
use crate::{Error, Result};
use ndarray::Array4;
use std::time::{Duration, Instant};

/// Seconds that one thread takes to read, resample and scale the tiles of the image that is
/// `index` in the job's list, and how many those are. Tiles outside the area of interest are
/// left out, as a scan does.
pub fn read_alone(job: &ScanJob<'_>, index: usize) -> Result<(f64, u64)> {
    let image = Prepared::new(job, &job.images[index])?;
    let input = InputSpec {
        layout: job.model.contract.layout,
        scaling: stretched(job.model, image.stretch()),
    };
    let tiling = image.tiling();
    let (width, height) = tiling.chip_size();
    let length = job.model.contract.channels * width as usize * height as usize;
    let mut values = vec![0.0; length];
    let mut reader = ChipReader::open(image.raster(), *image.grid(), input)?;
    let begun = Instant::now();
    let mut count = 0;
    for row in 0..tiling.row_count() {
        for col in 0..tiling.column_count() {
            let tile = tiling.tile(row, col);
            if image.leaves_out(&tile) {
                continue;
            }
            match reader.read(&tile, &mut values) {
                Ok(_) => count += 1,
                Err(Error::ReadRaster { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok((begun.elapsed().as_secs_f64(), count))
}

/// Seconds of one thread for one tile of an image in the model alone, in all symmetries where the
/// job asks for them, while as many threads as the job has workers do the same for about so long.
pub fn infer_alone(job: &ScanJob<'_>, index: usize, about: Duration) -> Result<f64> {
    let contract = &job.model.contract;
    let image = Prepared::new(job, &job.images[index])?;
    let (cols, rows) = image.tiling().chip_size();
    let symmetries = if job.settings.tta {
        Symmetry::all(rows == cols).len()
    } else {
        1
    };
    let batch = contract.fixed_batch.unwrap_or(1);
    let shape = contract.input_shape(batch, rows as usize, cols as usize);
    let input = Array4::from_shape_fn(shape, |(_, c, y, x)| {
        let value = (c * 71 + y * 13 + x * 7) % 251;
        f32::from(u8::try_from(value).unwrap_or(0)) / 255.0
    });
    let one = || -> Result<f64> {
        let mut session = job.model.file.session()?;
        session.run(&input.view(), |_| Ok(()))?;
        let (begun, mut runs) = (Instant::now(), 0_u32);
        while begun.elapsed() < about || runs < 3 {
            session.run(&input.view(), |_| Ok(()))?;
            runs += 1;
        }
        Ok(begun.elapsed().as_secs_f64() / f64::from(runs))
    };
    let lanes = job.settings.workers.max(1);
    let seconds: Vec<f64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..lanes).map(|_| scope.spawn(one)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<f64>>| {
            thread.join().unwrap_or_else(|panic| {
                Err(Error::Internal(super::detect::panic_text(panic.as_ref())))
            })
        };
        threads.into_iter().map(join).collect::<Result<_>>()
    })?;
    let count = f64::from(u32::try_from(seconds.len() * batch).unwrap_or(1));
    let shown = f64::from(u32::try_from(symmetries).unwrap_or(1));
    Ok(shown * seconds.iter().sum::<f64>() / count)
}
