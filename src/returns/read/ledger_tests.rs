//! Tests of the reader of ledgers.
