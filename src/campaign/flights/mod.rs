//! Flights in a campaign: what was flown, before anybody looked at it.
//!
//! `row.rs` makes rows of a survey, `keep.rs` puts them into the campaign, `flown.rs` gives the ground
//! for planning the next flight.

mod flown;
mod keep;
mod row;
#[cfg(test)]
mod row_tests;

pub use flown::flown;
pub use keep::{Kept, keep_flights};
pub use row::FlightRow;
