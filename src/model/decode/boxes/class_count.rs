//! How many classes outputs of a known layout have.

use super::BoxDecoder;

/// The number of classes that the shapes of a trial run tell for `decoder`; `None` where
/// they do not.
pub(in crate::model) fn class_count(decoder: BoxDecoder, shapes: &[Vec<i64>]) -> Option<usize> {
    let of_rank = |rank: usize| shapes.iter().find(|s| s.len() == rank);
    let main = of_rank(3)?;
    let (middle, last) = (main[1], main[2]);
    let count = match decoder {
        BoxDecoder::YoloV5
        | BoxDecoder::YoloV5Objectness
        | BoxDecoder::YoloV6
        | BoxDecoder::YoloX => last - 5,
        BoxDecoder::YoloV8 if middle > last && last > 4 => last - 4,
        BoxDecoder::YoloV8 => middle - 4,
        BoxDecoder::YoloV8Obb => middle - 5,
        BoxDecoder::YoloV8Seg => middle - 4 - of_rank(4)?[1],
        BoxDecoder::Detr => {
            let logits = shapes.iter().find(|s| s.len() == 3 && s[2] != 4);
            logits.unwrap_or(main)[2] - 1
        }
        BoxDecoder::EndToEnd
        | BoxDecoder::EndToEndObb
        | BoxDecoder::EndToEndSeg
        | BoxDecoder::RetinaNet => return None,
    };
    usize::try_from(count).ok().filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_what_boxes_leave() {
        let count = |decoder, shapes: &[&[i64]]| {
            let shapes: Vec<Vec<i64>> = shapes.iter().map(|s| s.to_vec()).collect();
            class_count(decoder, &shapes)
        };
        assert_eq!(count(BoxDecoder::YoloV5, &[&[1, 25200, 85]]), Some(80));
        assert_eq!(count(BoxDecoder::YoloV8, &[&[1, 84, 8400]]), Some(80));
        assert_eq!(count(BoxDecoder::YoloV8, &[&[1, 8400, 84]]), Some(80));
        assert_eq!(count(BoxDecoder::YoloV8Obb, &[&[1, 20, 8400]]), Some(15));
        let masks: [&[i64]; 2] = [&[1, 116, 8400], &[1, 32, 160, 160]];
        assert_eq!(count(BoxDecoder::YoloV8Seg, &masks), Some(80));
        assert_eq!(
            count(BoxDecoder::Detr, &[&[1, 100, 92], &[1, 100, 4]]),
            Some(91)
        );
        assert_eq!(count(BoxDecoder::EndToEnd, &[&[1, 300, 6]]), None);
        assert_eq!(count(BoxDecoder::YoloV5, &[&[1, 2, 3]]), None);
    }
}
