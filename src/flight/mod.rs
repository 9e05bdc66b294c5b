//! Raw drone photos: from what their files say to where each pixel lies, what they are worth, and which
//! ground they cover.
//!
//! In the order of the work: [`photo`] says what a file says of itself, [`tags`] reads it, [`cameras`] knows
//! the sensors.

pub mod cameras;
pub mod photo;
pub mod tags;
