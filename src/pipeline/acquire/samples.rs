//! Pixels as they were read.

use gdal::raster::GdalType;

/// Pixel values of the used bands, `[band, row, col]`.
#[derive(Debug, Clone)]
pub enum Samples {
    /// Bytes.
    U8(Vec<u8>),
    /// 16-bit.
    U16(Vec<u16>),
    /// Floats.
    F32(Vec<f32>),
}

impl Default for Samples {
    fn default() -> Self {
        Self::U8(Vec::new())
    }
}

/// A window of source pixels.
#[derive(Debug, Clone, Default)]
pub struct SourcePixels {
    /// Columns of the window.
    pub width: usize,
    /// Rows of the window.
    pub height: usize,
    /// The values.
    pub samples: Samples,
    /// 1 where the pixel counts, 0 where it is empty; `None`: all count.
    pub valid: Option<Vec<u8>>,
}

/// A type that pixels are read as.
pub(super) trait Sample: GdalType + Copy + Default + Send + 'static {
    /// The values, if they are of this type, else none.
    fn values(samples: &Samples) -> &[Self];
    /// The values' own memory, whatever is in it; new memory where they are of another type.
    fn room(samples: Samples) -> Vec<Self>;
    /// Values of this type.
    fn wrap(values: Vec<Self>) -> Samples;
}

macro_rules! sample {
    ($type:ty, $variant:ident) => {
        impl Sample for $type {
            fn values(samples: &Samples) -> &[Self] {
                match samples {
                    Samples::$variant(values) => values,
                    _ => &[],
                }
            }

            fn room(samples: Samples) -> Vec<Self> {
                match samples {
                    Samples::$variant(values) => values,
                    _ => Vec::new(),
                }
            }

            fn wrap(values: Vec<Self>) -> Samples {
                Samples::$variant(values)
            }
        }
    };
}

sample!(u8, U8);
sample!(u16, U16);
sample!(f32, F32);
