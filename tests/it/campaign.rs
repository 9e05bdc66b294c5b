//! A campaign, through the program: the sample county comes in, two rounds are scanned, and nothing
//! that goes wrong changes anything.

// Which ground was really seen.
mod coverage;

// What comes in, and what does not.
mod imports;

// One round after the other: ids, splits, merges, what is gone.
mod rounds;

// Two programs at once, programs that are killed, rows that were altered.
mod trust;
