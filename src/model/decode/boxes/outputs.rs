//! The tensors of one item among a detector's outputs, told by their shapes.

use ndarray::{ArrayView2, ArrayView3, ArrayViewD, Axis, Ix3, Ix4};

/// Item `item` of the first output `[batch, a, b]` whose last two axes fit.
pub(super) fn matrix<'a>(
    outputs: &'a [ArrayViewD<'_, f32>],
    item: usize,
    fits: impl Fn(usize, usize) -> bool,
) -> Option<ArrayView2<'a, f32>> {
    outputs.iter().find_map(|output| {
        let output = output.view().into_dimensionality::<Ix3>().ok()?;
        let (batch, a, b) = output.dim();
        (item < batch && fits(a, b)).then(|| output.index_axis_move(Axis(0), item))
    })
}

/// Item `item` of the first output with four axes.
pub(super) fn planes<'a>(
    outputs: &'a [ArrayViewD<'_, f32>],
    item: usize,
) -> Option<ArrayView3<'a, f32>> {
    outputs.iter().find_map(|output| {
        let output = output.view().into_dimensionality::<Ix4>().ok()?;
        (item < output.dim().0).then(|| output.index_axis_move(Axis(0), item))
    })
}

/// Says which outputs were seen and what was `wanted`.
pub(super) fn mismatch(outputs: &[ArrayViewD<'_, f32>], item: usize, wanted: &str) -> String {
    let seen: Vec<String> = outputs
        .iter()
        .map(|output| format!("{:?}", output.shape()))
        .collect();
    let seen = if seen.is_empty() {
        "no outputs of floats".to_owned()
    } else {
        format!("outputs of shape {}", seen.join(" and "))
    };
    let batch = if item == 0 {
        String::new()
    } else {
        format!(", a batch of more than {item}")
    };
    format!("{seen}, wanted {wanted}{batch}")
}
