//! Tests of how rows are judged.
