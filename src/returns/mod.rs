//! What comes back from the field, in the order of the work: each format's reader gives rows as they
//! were written ([`returned`]).

pub mod returned;

pub use returned::{Photo, ReturnFile, ReturnFormat, Returned, Written};
