//! What may be wrong with a photo's pixels, in words, and the limits. The limits are suppositions, chosen on
//! the few photos at hand; trial in an office must confirm them.

use serde::Serialize;

/// The grey values, of 255, between the darkest and the brightest 2 % of a photo, below which it is taken
/// for uniform. Supposed: two photos through a lens cap have 3 and 5, the flattest other photo at hand 88.
pub const UNIFORM_CONTRAST: f64 = 12.0;

/// The mean grey, of 255, up to which a uniform photo is taken for one through the lens cap. Supposed.
pub const CAP_MEAN: f64 = 40.0;

/// The share of a photo's pixels that must lie on edges for its sharpness to be judged. Supposed.
pub const LEAST_EDGES: f64 = 0.0005;

/// How wide the narrowest edges of a photo may be: the standard deviation of the blur in pixels of the
/// judged picture. Supposed: drone photos and rendered scenes have 0.8 to 1.3, the blurred photo at hand 2.8.
pub const MOST_BLUR_PX: f64 = 1.6;

/// How wide edges may be in the direction in which they are widest, where [`MOST_UNEVEN`] is passed too:
/// about 6 pixels of movement. Where even the narrowest are wider it is more than movement. Supposed.
pub const MOST_MOTION_PX: f64 = 1.8;

/// How many times wider edges may be in one direction than across it. Supposed: photos of fields with rows
/// have up to 1.1, rendered scenes too.
pub const MOST_UNEVEN: f64 = 1.4;

/// The share of pixels without detail in the shadows, or in the lights, that a photo may have. Supposed: a
/// photo with a third of white sky passes.
pub const MOST_CLIPPED: f64 = 0.35;

/// The same share where a photo is too dark as a whole.
pub const MOST_DARK: f64 = 0.5;

/// A name and what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The name in files, never changed.
    pub name: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// What is wrong with the pixels of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The file breaks off or cannot be decoded.
    Damaged,
    /// Nearly uniform and dark.
    LensCap,
    /// Nearly uniform, and not dark: fog, cloud, a hand before the lens.
    Uniform,
    /// There are hardly any edges: sky, water, or so far out of focus that nothing is left.
    NoDetail,
    /// Out of focus, or shaken in all directions.
    Blurred,
    /// Smeared in one direction.
    MotionBlurred,
    /// Too much of it is black.
    Underexposed,
    /// Too much of it is white.
    Overexposed,
}

impl Fault {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::Damaged,
        Self::LensCap,
        Self::Uniform,
        Self::NoDetail,
        Self::Blurred,
        Self::MotionBlurred,
        Self::Underexposed,
        Self::Overexposed,
    ];

    /// Its name and words.
    #[must_use]
    pub fn word(self) -> Word {
        let (name, zh, en) = match self {
            Self::Damaged => ("damaged", "文件损坏", "file damaged"),
            Self::LensCap => ("lens_cap", "镜头盖未取下", "lens cap on"),
            Self::Uniform => ("uniform", "画面单一", "nothing to be seen"),
            Self::NoDetail => ("no_detail", "没有细节", "no detail"),
            Self::Blurred => ("blurred", "模糊", "blurred"),
            Self::MotionBlurred => ("motion_blurred", "运动模糊", "blurred by movement"),
            Self::Underexposed => ("underexposed", "曝光不足", "underexposed"),
            Self::Overexposed => ("overexposed", "曝光过度", "overexposed"),
        };
        Word { name, zh, en }
    }

    /// Whether ground on such a photo does not count as seen: a damaged one shows a part of it only. A photo
    /// exposed badly shows some of its ground.
    #[must_use]
    pub fn hides_ground(self) -> bool {
        !matches!(self, Self::Underexposed | Self::Overexposed)
    }
}

/// A fault with the value seen and the limit that it passes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// What is wrong.
    pub fault: Fault,
    /// The value seen; of which kind, the fault's sentence says.
    pub value: f64,
    /// The limit.
    pub limit: f64,
    /// Of a damaged file, what the reader said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Verdict {
    pub(super) fn new(fault: Fault, value: f64, limit: f64) -> Self {
        Self {
            fault,
            value,
            limit,
            reason: String::new(),
        }
    }

    /// The finding in an English sentence.
    #[must_use]
    pub fn en(&self) -> String {
        let (value, limit) = (self.value, self.limit);
        let (seen, most) = (100.0 * value, 100.0 * limit);
        match self.fault {
            Fault::Damaged => format!(
                "the file is damaged: {seen:.0} % of its rows can be read ({})",
                self.reason
            ),
            Fault::LensCap => format!(
                "the picture is dark and uniform, as with the lens cap on: grey values span {value:.1} of 255, wanted {limit:.0} or more"
            ),
            Fault::Uniform => format!(
                "the picture is uniform: grey values span {value:.1} of 255, wanted {limit:.0} or more"
            ),
            Fault::NoDetail => format!(
                "the picture has hardly any edges: {seen:.3} % of its pixels, wanted {most:.2} % or more"
            ),
            Fault::Blurred => format!(
                "the picture is blurred: its edges have a spread of {value:.1} pixels, wanted at most {limit:.1}"
            ),
            Fault::MotionBlurred => format!(
                "the picture is smeared in one direction: edges there have a spread of {value:.1} pixels, wanted at most {limit:.1}"
            ),
            Fault::Underexposed => format!(
                "the picture is underexposed: {seen:.0} % of it is black or nearly, wanted at most {most:.0} %"
            ),
            Fault::Overexposed => format!(
                "the picture is overexposed: {seen:.0} % of it is white or nearly, wanted at most {most:.0} %"
            ),
        }
    }

    /// The finding in a Chinese sentence.
    #[must_use]
    pub fn zh(&self) -> String {
        let (value, limit) = (self.value, self.limit);
        let (seen, most) = (100.0 * value, 100.0 * limit);
        match self.fault {
            Fault::Damaged => {
                format!("文件损坏：只能读出 {seen:.0}% 的行（{}）", self.reason)
            }
            Fault::LensCap => format!(
                "画面又暗又单一，疑似未取下镜头盖：灰度跨度 {value:.1}（满值 255），应不小于 {limit:.0}"
            ),
            Fault::Uniform => {
                format!("画面单一：灰度跨度 {value:.1}（满值 255），应不小于 {limit:.0}")
            }
            Fault::NoDetail => {
                format!("画面几乎没有边缘：占 {seen:.3}%，应不小于 {most:.2}%")
            }
            Fault::Blurred => {
                format!("画面模糊：边缘扩散 {value:.1} 像素，应不大于 {limit:.1}")
            }
            Fault::MotionBlurred => {
                format!("画面沿一个方向拖影：该方向边缘扩散 {value:.1} 像素，应不大于 {limit:.1}")
            }
            Fault::Underexposed => {
                format!("曝光不足：{seen:.0}% 的画面全黑或近黑，应不大于 {most:.0}%")
            }
            Fault::Overexposed => {
                format!("曝光过度：{seen:.0}% 的画面全白或近白，应不大于 {most:.0}%")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_they_are_written() {
        for fault in Fault::ALL {
            let written = serde_json::to_value(fault).unwrap();
            assert_eq!(written, fault.word().name);
        }
    }

    #[test]
    fn sentences_name_the_value_and_the_limit() {
        for fault in Fault::ALL {
            let verdict = Verdict {
                reason: "premature end".into(),
                ..Verdict::new(fault, 0.52, 0.3)
            };
            for text in [verdict.en(), verdict.zh()] {
                let seen = ["0.5", "52"].iter().any(|v| text.contains(v));
                let limit = ["0.3", "30", " 0 ", "0"].iter().any(|v| text.contains(v));
                assert!(seen && (limit || fault == Fault::Damaged), "{text}");
            }
        }
    }
}
