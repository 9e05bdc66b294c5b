//! A campaign, through the program: the sample county comes in, two rounds are scanned, and nothing
//! that goes wrong changes anything.

// Which ground was really seen.
mod coverage;

// What was flown.
mod flights;

// Answers of a round, for the tests below.
mod answers;

// What a round found, as training chips.
mod chips;

// What comes in.
mod imports;

// What does not come in.
mod bad_files;

// What columns may be called, so that none holds a villager's name.
mod names;

// What goes after a round, and what never does.
mod purge;

// One round after the other: ids, splits, merges, what is gone.
mod rounds;

// Two programs at once, programs that are killed, rows that were altered.
mod trust;

// What was touched, and what was not.
mod verify;
