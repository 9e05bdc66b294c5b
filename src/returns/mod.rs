//! What comes back from the field, in the order of the work: each format's reader gives rows as they
//! were written ([`returned`]), each row is judged, and good ones become checks of the campaign
//! ([`record()`]). Bad ones are kept word for word, with the reason.

mod dates;
mod judge;
mod packed;
mod plain;
mod read;
mod record;
pub mod returned;

pub use packed::PackedRow;
pub use read::read;
pub use record::{
    Conflict, FailedFile, FileReport, RecordJob, Recorded, RejectedRow, Withdrawn, record, withdraw,
};
pub use returned::{Fault, Photo, ReturnFile, ReturnFormat, Returned, Written};
