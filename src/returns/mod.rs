//! What comes back from the field, in the order of the work: each format's reader gives rows as they
//! were written ([`returned`]).

mod read;
pub mod returned;

pub use read::read;
pub use returned::{Photo, ReturnFile, ReturnFormat, Returned, Written};
