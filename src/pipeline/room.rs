//! How many workers there is memory for.

use super::acquire::Raster;
use super::blocks::BlockRoom;
use super::chip::{ModelGrid, Tiling};
use super::settings::Resolved;
use crate::memory;
use crate::model::{Device, Model};

/// Share of free memory that is left to others, and to sites.
const LEFT_FREE: f64 = 0.1;

/// Workers for an image, at most as many as were asked for, and what to say where memory
/// decides.
pub(super) struct Crew {
    pub(super) workers: usize,
    pub(super) warning: Option<String>,
}

/// As many workers as there is memory for; one at least.
pub(super) fn crew(
    model: &Model,
    settings: &Resolved,
    batch: usize,
    (raster, grid, tiling): (&Raster, &ModelGrid, &Tiling),
) -> Crew {
    let worker = worker_bytes(model, batch, grid);
    tracing::debug!(
        "a session may come to {:?} bytes, a worker to {worker}",
        model.session_bytes
    );
    let need = |workers: usize| {
        let blocks = BlockRoom::new(raster, grid, tiling, workers);
        let workers_need = worker.saturating_mul(workers as u64);
        blocks.bytes(workers).saturating_add(workers_need)
    };
    match memory::available() {
        Some(free) => fitting(settings.workers, free, need),
        None => Crew {
            workers: settings.workers,
            warning: None,
        },
    }
}

/// What a worker holds: a session, as often as a batch is larger than the trial's, and a batch of
/// tiles, of their pixels and of the answers on them.
fn worker_bytes(model: &Model, batch: usize, grid: &ModelGrid) -> u64 {
    let contract = &model.contract;
    let (rows, cols) = contract.tile_size;
    let values = contract.input_shape(batch, rows as usize, cols as usize);
    let input = 4 * values.iter().product::<usize>() as u64;
    let scale = (grid.scale_x * grid.scale_y).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate"
    )]
    let pixels = (input as f64 * scale / batch as f64) as u64;
    let session = match model.file.device {
        Device::Cpu => {
            let times = batch / contract.fixed_batch.unwrap_or(1).max(1);
            model.session_bytes.unwrap_or(0) * times.max(1) as u64
        }
        // All share one.
        _ => 0,
    };
    session + 2 * input + pixels
}

fn fitting(asked: usize, free: u64, need: impl Fn(usize) -> u64) -> Crew {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate"
    )]
    let room = (free as f64 * (1.0 - LEFT_FREE)) as u64;
    let workers = (1..=asked).rev().find(|n| need(*n) <= room).unwrap_or(1);
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let warning = if need(workers) > room {
        Some(format!(
            "may not fit into memory: one worker needs about {} MiB, {} MiB are free; close other programs, or take a smaller `--tile-size`",
            mib(need(1)),
            mib(free)
        ))
    } else if workers < asked {
        Some(format!(
            "is scanned by {workers} of {asked} workers: all would need about {} MiB, {} MiB are free; close other programs to go faster",
            mib(need(asked)),
            mib(free)
        ))
    } else {
        None
    };
    Crew { workers, warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: usize, free: u64) -> (usize, String) {
        let crew = fitting(asked, free << 20, |n| (100 + 200 * n as u64) << 20);
        (crew.workers, crew.warning.unwrap_or_default())
    }

    #[test]
    fn as_many_as_fit_and_one_at_least() {
        assert_eq!(of(4, 1001), (4, String::new()));
        let (workers, text) = of(4, 999);
        assert_eq!(workers, 3);
        assert!(text.starts_with(
            "is scanned by 3 of 4 workers: all would need about 900 MiB, 999 MiB are free"
        ));
        assert_eq!(of(4, 340).0, 1);
        let (workers, text) = of(4, 200);
        assert_eq!(workers, 1);
        assert!(text.starts_with("may not fit into memory: one worker needs about 300 MiB"));
        assert_eq!(of(1, 340), (1, String::new()));
    }
}
