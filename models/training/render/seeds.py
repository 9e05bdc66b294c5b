"""Which seeds belong to which purpose: training, validation, test and the samples never share one."""

SAMPLE_SEED = 20260418
COUNTY_SEED = 20260438  # Of samples/ridge-county.
TRAINING_SEEDS = range(1_000_000, 2_000_000)
VALIDATION_SEEDS = range(2_000_000, 3_000_000)
TEST_SEEDS = range(3_000_000, 4_000_000)
FLIGHT_SEEDS = range(4_000_000, 5_000_000)  # Of samples/flights.
