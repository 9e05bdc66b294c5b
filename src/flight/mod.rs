//! Raw drone photos: from what their files say to where each pixel lies, what they are worth, and which
//! ground they cover.
//!
//! In the order of the work: [`photo`] says what a file says of itself, [`tags`] reads it, [`cameras`]
//! knows the sensors, [`sorties`] groups photos into flights, [`place`] places them, [`view`] says which
//! ground each pixel shows, [`quality`] what the picture is worth, [`coverage`] what they show together.

pub mod cameras;
pub mod coverage;
pub mod photo;
pub mod place;
pub mod quality;
pub mod sorties;
pub mod tags;
pub mod view;
