"""How honest probabilities are: log loss, expected calibration error, reliability table."""

import numpy as np

BINS = 15


def log_loss(probability, truth):
    """Mean negative log likelihood of probabilities `[n, class]` for classes `[n]`."""
    given = probability[np.arange(len(truth)), truth]
    return round(float(-np.log(np.maximum(given, 1e-12)).mean()), 6)


def reliability(said, happened):
    """For each of 15 equal steps of probability: how sure the model was, how often it was so, of how many."""
    step = np.minimum((said * BINS).astype(int), BINS - 1)
    count = np.bincount(step, minlength=BINS)
    sum_said, sum_true = (np.bincount(step, values.astype(np.float64), BINS) for values in (said, happened))
    return [
        {"from": round(k / BINS, 4), "to": round((k + 1) / BINS, 4), "said": round(sum_said[k] / count[k], 4), "true": round(sum_true[k] / count[k], 4), "count": int(count[k])}
        for k in range(BINS) if count[k]
    ]


def expected_error(said, happened):
    """Expected calibration error: the mean distance between said and true, weighted by how many."""
    table = reliability(said, happened)
    return round(sum(abs(row["said"] - row["true"]) * row["count"] for row in table) / len(said), 6)
