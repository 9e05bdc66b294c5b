//! Raw drone photos: from what their files say to where each pixel lies, what they are worth, and which
//! ground they cover.
//!
//! In the order of the work: [`photo`] says what a file says of itself, [`tags`] reads it, [`cameras`]
//! knows the sensors, [`sorties`] groups photos into flights, [`datum`] says where the heights of each are counted from, [`place`] places them, [`view`] says which
//! ground each pixel shows, [`quality`] what the picture is worth, [`coverage`] what they show together;
//! [`survey`] does all of it, [`record`] says it to programs and [`files`] to people.

pub mod cameras;
pub mod coverage;
pub mod datum;
pub mod files;
pub mod photo;
pub mod place;
pub mod project;
pub mod quality;
pub mod record;
pub mod sorties;
pub mod survey;
pub mod tags;
pub mod view;
