//! Detectors: how their boxes are read.

use super::classes::{backgrounds, names_of_objects};
use super::{Contract, Input, Reading, Source, Trial};
use crate::Result;
use crate::model::DetectionContract;
use crate::model::decode::boxes::{self, BoxFrame};
use crate::model::decode::{BoxDecoder, Overlap};

/// Boxes of a class that share this much of the smaller are one, when nothing tells.
const SAME_OBJECT: f64 = 0.5;

/// The least score when nothing tells.
const LEAST_SCORE: f64 = 0.25;

/// The layout of the outputs, where the shapes alone are those of a detector.
pub(super) fn guess(input: &Input, trial: &Trial) -> Option<BoxDecoder> {
    boxes::guess(&trial.shapes(), input.tile_size, None).map(|(decoder, _)| decoder)
}

/// The layout of boxes, the classes, and how boxes that overlap are told apart.
pub(super) fn understand(
    reading: &mut Reading<'_>,
    contract: &mut Contract,
    trial: &Trial,
) -> Result<()> {
    let frame = BoxFrame {
        rows: contract.tile_size.0,
        cols: contract.tile_size.1,
    };
    let named = reading.first(|t| t.heads.first().map(Vec::len));
    let named = named.map(|(count, _)| count);
    let shapes = trial.shapes();
    let told = reading.first(|t| t.decoder);
    let plain = boxes::guess(&shapes, contract.tile_size, None).map(|(decoder, _)| decoder);
    let (decoder, count) = if let Some((decoder, teller)) = told {
        if let Some(other) = plain.filter(|g| {
            is_in_rows(*g)
                .zip(is_in_rows(decoder))
                .is_some_and(|(a, b)| a != b)
        }) {
            return Err(reading.contradiction(
                teller,
                "decoder",
                format!(
                    "gives {}, which is laid out as `{other}`, but `{decoder}` is told",
                    trial.shapes_text()
                ),
            ));
        }
        (decoder, boxes::class_count(decoder, &shapes))
    } else {
        // First with the classes that are named: they settle what shapes leave open.
        let guessed = boxes::guess(&shapes, contract.tile_size, named)
            .or_else(|| boxes::guess(&shapes, contract.tile_size, None))
            .ok_or_else(|| {
                reading.unusable(
                    format!(
                        "gives {}, which is none of the known layouts of boxes",
                        trial.shapes_text()
                    ),
                    "say how its boxes are laid out with `--decoder`; docs/models.md lists the layouts",
                )
            })?;
        let decoder = boxes::refine(guessed.0, &trial.views(), frame);
        if decoder == BoxDecoder::YoloV8Obb && plain == Some(BoxDecoder::YoloV8) {
            reading.notes.push(format!(
                "read as turned boxes, since {} classes are named; name one more, or give `--decoder yolo-v8`, if boxes are upright",
                named.unwrap_or_default()
            ));
        }
        (
            decoder,
            guessed.1.or_else(|| boxes::class_count(decoder, &shapes)),
        )
    };
    contract.classes = names_of_objects(reading, count)?;
    // A trial decoding: a layout that does not fit is told now.
    let least = vec![f32::INFINITY; contract.classes.len()];
    let read = boxes::decode(
        decoder,
        &trial.views(),
        0,
        frame,
        contract.classes.len(),
        &least,
    );
    if let Err(problem) = read {
        let problem = format!("does not fit the layout `{decoder}`: {problem}");
        return Err(match told {
            Some((_, teller)) => reading.contradiction(teller, "decoder", problem),
            None => reading.unusable(problem, "say how its boxes are laid out with `--decoder`"),
        });
    }
    match told {
        Some((decoder, teller)) => reading.record("decoder", &decoder.to_string(), teller),
        None => {
            reading.otherwise("decoder", decoder, Source::Trial);
        }
    }
    let (suppression, suppression_by) = suppression_of(reading);
    contract.detection = Some(DetectionContract {
        decoder,
        suppression,
        suppression_by,
    });
    contract.is_background = backgrounds(reading, contract)?;
    if reading
        .first(|t| (!t.thresholds.is_empty()).then_some(()))
        .is_none()
    {
        contract.thresholds = vec![(String::new(), LEAST_SCORE)];
        reading.otherwise("threshold", LEAST_SCORE, Source::Default);
    }
    Ok(())
}

/// Whether each candidate is a row of the output, for layouts that differ in this.
fn is_in_rows(decoder: BoxDecoder) -> Option<bool> {
    match decoder {
        BoxDecoder::YoloV5
        | BoxDecoder::YoloV5Objectness
        | BoxDecoder::YoloV6
        | BoxDecoder::YoloX => Some(true),
        BoxDecoder::YoloV8 | BoxDecoder::YoloV8Obb | BoxDecoder::YoloV8Seg => Some(false),
        _ => None,
    }
}

fn suppression_of(reading: &mut Reading<'_>) -> (f64, Overlap) {
    let told = reading.pick("suppression", |t| t.suppression, ToString::to_string);
    let by = reading.pick("suppression-by", |t| t.suppression_by, ToString::to_string);
    // Who tells a threshold without a measure means the usual one.
    let usual = if told.is_some() {
        Overlap::Iou
    } else {
        Overlap::Ios
    };
    let value =
        told.unwrap_or_else(|| reading.otherwise("suppression", SAME_OBJECT, Source::Default));
    let by = by.unwrap_or_else(|| reading.otherwise("suppression-by", usual, Source::Default));
    (value, by)
}
