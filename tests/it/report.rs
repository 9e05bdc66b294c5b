//! Reports of a campaign made by hand, with numbers that can be worked out on paper.

// The campaign.
mod world;

// What is counted, and what the counts mean.
mod counts;

// The state on a day, and years of several rounds.
mod days;

// Flights, counted or typed in.
mod flights;

// What each level may say.
mod levels;

// The page.
mod html;

// The folder of a report, and what the campaign notes of it.
mod folder;

// A campaign that the program itself made.
mod sample;
