//! Values for each pixel: `[batch, values, rows, columns]` or `[batch, rows, columns]`.

use super::super::Contract;
use super::super::session::OutputTensor;
use super::ChipFrame;
use super::pixels::ItemPixels;
use crate::Result;

/// Reads the values of the core's pixels of one item, one plane a value.
pub(super) fn decode(
    contract: &Contract,
    outputs: &[OutputTensor<'_>],
    item: usize,
    frame: ChipFrame,
) -> Result<Vec<Vec<f32>>> {
    let core = frame.core;
    let width = core.width as usize;
    let mut planes = Vec::with_capacity(contract.classes.len());
    for head in &contract.heads {
        let pixels = ItemPixels::of(contract, head, outputs, item, frame)?;
        let channels = head.channels();
        let first = planes.len();
        planes.resize_with(first + channels, || {
            Vec::with_capacity(width * core.height as usize)
        });
        let mut line = vec![0.0; channels * width];
        for row in 0..core.height {
            pixels.read_row(core.row_off + row, core.col_off, width, &mut line);
            for (plane, values) in planes[first..].iter_mut().zip(line.chunks_exact(width)) {
                plane.extend(values.iter().map(|v| v * contract.output_scaling));
            }
        }
    }
    Ok(planes)
}
