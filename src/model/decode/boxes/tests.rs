//! What holds of every layout: nothing panics, and candidates that are not numbers are
//! left out. Also what the tests of the layouts share.

use super::candidate::Keep;
use super::*;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

/// A tensor of these values.
pub(super) fn tensor(shape: &[usize], values: &[f32]) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap()
}

/// Keeps every candidate.
pub(super) fn all(classes: usize) -> Keep<'static> {
    const ZEROS: [f32; 8] = [0.0; 8];
    Keep::new(&ZEROS[..classes])
}

/// Shapes of outputs, the layout, and the number of classes they tell.
type KnownShape = (&'static [&'static [i64]], BoxDecoder, Option<usize>);

/// Shapes that published models give for an input of 640 × 640.
pub(super) const KNOWN_SHAPES: &[KnownShape] = &[
    (&[&[1, 84, 8400]], BoxDecoder::YoloV8, Some(80)),
    (&[&[1, 5, 8400]], BoxDecoder::YoloV8, Some(1)),
    (
        &[&[1, 116, 8400], &[1, 32, 160, 160]],
        BoxDecoder::YoloV8Seg,
        Some(80),
    ),
    (&[&[1, 300, 6]], BoxDecoder::EndToEnd, None),
    (&[&[1, 300, 7]], BoxDecoder::EndToEndObb, None),
    (
        &[&[1, 300, 38], &[1, 32, 160, 160]],
        BoxDecoder::EndToEndSeg,
        None,
    ),
    (&[&[1, 25200, 85]], BoxDecoder::YoloV5, Some(80)),
    (&[&[1, 25200, 6]], BoxDecoder::YoloV5, Some(1)),
    (
        &[
            &[1, 25200, 85],
            &[1, 3, 80, 80, 85],
            &[1, 3, 40, 40, 85],
            &[1, 3, 20, 20, 85],
        ],
        BoxDecoder::YoloV5,
        Some(80),
    ),
    (&[&[1, 8400, 85]], BoxDecoder::YoloV5, Some(80)),
    (&[&[37, 4], &[37], &[37]], BoxDecoder::RetinaNet, None),
    (&[&[0, 4], &[0], &[0]], BoxDecoder::RetinaNet, None),
    (
        &[&[1, 300, 4], &[1, 300], &[1, 300]],
        BoxDecoder::RetinaNet,
        None,
    ),
    (&[&[1, 100, 92], &[1, 100, 4]], BoxDecoder::Detr, Some(91)),
];

const DECODERS: [BoxDecoder; 12] = [
    BoxDecoder::YoloV5,
    BoxDecoder::YoloV5Objectness,
    BoxDecoder::YoloV6,
    BoxDecoder::YoloV8,
    BoxDecoder::YoloV8Obb,
    BoxDecoder::YoloV8Seg,
    BoxDecoder::EndToEnd,
    BoxDecoder::EndToEndObb,
    BoxDecoder::EndToEndSeg,
    BoxDecoder::YoloX,
    BoxDecoder::RetinaNet,
    BoxDecoder::Detr,
];

/// Numbers as models give them, and as they should not.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => 0.0..1.0f32,
        2 => -5.0..70.0f32,
        1 => (0..5u8).prop_map(f32::from),
        1 => any::<f32>(),
        1 => prop_oneof![
            Just(f32::NAN),
            Just(f32::INFINITY),
            Just(f32::NEG_INFINITY),
            Just(f32::MAX),
            Just(-0.0),
        ],
    ]
}

/// A tensor of this shape.
fn values(shape: Vec<usize>) -> impl Strategy<Value = ArrayD<f32>> {
    let count = shape.iter().product::<usize>();
    proptest::collection::vec(value(), count).prop_map(move |values| tensor(&shape, &values))
}

/// Tensors of any shapes.
fn any_outputs() -> impl Strategy<Value = Vec<ArrayD<f32>>> {
    let shape = proptest::collection::vec(0..10usize, 0..5);
    proptest::collection::vec(shape.prop_flat_map(values), 0..4)
}

/// Tensors of shapes that decoders take for a chip of 32 × 32 and two classes.
fn fitting_outputs() -> impl Strategy<Value = Vec<ArrayD<f32>>> {
    let boxes = prop_oneof![
        Just(vec![1, 21, 7]),
        Just(vec![1, 6, 21]),
        Just(vec![1, 21, 6]),
        Just(vec![1, 9, 9]),
        Just(vec![2, 8, 21]),
        Just(vec![1, 21, 8]),
        Just(vec![1, 21, 3]),
        Just(vec![21, 4]),
    ];
    let rest = prop_oneof![
        Just(vec![vec![1, 2, 3, 5]]),
        Just(vec![vec![1, 21, 4]]),
        Just(vec![vec![21], vec![21]]),
    ];
    (boxes, rest).prop_flat_map(|(first, rest)| {
        let mut shapes = vec![first];
        shapes.extend(rest);
        shapes.into_iter().map(values).collect::<Vec<_>>()
    })
}

fn numbers(shape: &PredictedShape) -> Vec<f32> {
    match *shape {
        PredictedShape::Box {
            left,
            top,
            right,
            bottom,
        } => vec![left, top, right, bottom],
        PredictedShape::Turned {
            x,
            y,
            width,
            height,
            angle,
        } => vec![x, y, width, height, angle],
        PredictedShape::Mask { .. } => vec![],
    }
}

/// What can be asked of any prediction.
fn check(prediction: &Prediction, frame: BoxFrame, classes: usize, least_score: &[f32]) {
    let Prediction {
        class,
        score,
        class_scores,
        shape,
    } = prediction;
    assert!(*class < classes && *score >= least_score[*class]);
    assert!(class_scores.is_empty() || class_scores.len() == classes);
    assert!(score.is_finite() && class_scores.iter().all(|s| s.is_finite()));
    assert!(numbers(shape).iter().all(|n| n.is_finite()), "{shape:?}");
    if let PredictedShape::Mask {
        col,
        row,
        width,
        pixels,
    } = shape
    {
        let height = u32::try_from(pixels.len()).unwrap() / width;
        assert_eq!(pixels.len(), (width * height) as usize);
        assert!(col + width <= frame.cols && row + height <= frame.rows);
        assert!(pixels.contains(&1) && pixels.iter().all(|p| *p <= 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_tensor_makes_a_decoder_panic(
        outputs in prop_oneof![any_outputs(), fitting_outputs(), fitting_outputs()],
        item in 0..2usize,
        side in prop_oneof![Just(32), 0..70u32],
        classes in prop_oneof![Just(2), 0..4usize],
        least in prop_oneof![0.0..1.0f32, value()],
    ) {
        let frame = BoxFrame { rows: side, cols: side };
        let views: Vec<_> = outputs.iter().map(|o| o.view()).collect();
        let mut least_score = vec![least; classes];
        if let Some(last) = least_score.get_mut(2) {
            *last = f32::INFINITY;
        }
        for decoder in DECODERS {
            refine(decoder, &views, frame);
            let found = decode(decoder, &views, item, frame, classes, &least_score);
            for prediction in found.unwrap_or_default() {
                check(&prediction, frame, classes, &least_score);
            }
        }
    }

    #[test]
    fn no_shape_makes_the_guess_panic(
        shapes in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![-1..10i64, Just(300), Just(8400), any::<i64>()], 0..6,
            ),
            0..5,
        ),
        input in (any::<u32>(), 0..1000u32),
        classes in proptest::option::of(prop_oneof![0..5usize, any::<usize>()]),
    ) {
        if let Some((_, Some(found))) = guess(&shapes, input, classes) {
            prop_assert!(classes.is_none_or(|given| given == found));
        }
    }
}

#[test]
fn any_number_of_classes_is_an_error_not_a_panic() {
    let output = tensor(&[1, 3, 3], &[0.0; 9]);
    let prototypes = tensor(&[1, 2, 2, 2], &[0.0; 8]);
    let frame = BoxFrame { rows: 32, cols: 32 };
    for decoder in DECODERS {
        let outputs = [output.view(), prototypes.view()];
        assert!(decode(decoder, &outputs, 0, frame, usize::MAX, &[]).is_err());
        let problem = decode(decoder, &[], 0, frame, 2, &[0.5; 2]).unwrap_err();
        assert!(
            problem.starts_with("no outputs of floats, wanted "),
            "{problem}"
        );
    }
}
