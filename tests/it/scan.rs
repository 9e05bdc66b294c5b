//! What a scan finds: scene, run, expected sites. One module a concern.

// Tile edges leave no trace, and no pixel is left out.
mod seams;

// The same plan gives the same result.
mod equality;

// Pixels that do not count, and areas that are not asked for.
mod validity;

// From stored values to what the model sees.
mod values;

// Where the scene lies on the ground, and from which level it is read.
mod placement;

// Several images in one run, and images that fail.
mod inputs;

// Photos: images in their own pixel frame, whose pixels meet the ground ray by ray.
mod photos;

// Which settings hold, and what they do to the sites.
mod settings;

// A coarse look before the fine one.
mod screen;

// Outlines that reach down to a lower score.
mod outlines;

// Files that a scan writes, or leaves alone.
mod outputs;

// Training chips of the sites.
mod chips;

// Models in all their shapes, and what is wrong with some.
mod models;

// Detectors: every layout of boxes, seams, suppression.
mod detectors;

// Kinds of answers beyond one score vector: several heads, several labels, values.
mod kinds;

// What models say of themselves, in every convention, and who is believed.
mod conventions;

// The bundled models on the bundled sample.
mod sample;
