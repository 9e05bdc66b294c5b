"""Counts of whole tiles: how often a classifier names the right class."""


class TileTally:
    """Precision, recall and F1 of every class but the background over whole tiles."""

    def __init__(self, classes):
        self.classes, self.pairs = classes, []

    def add(self, guess, true):
        """Counts one tile; both are class numbers."""
        self.pairs.append((guess, true))

    def report(self, tile_m2):
        """The figures by class; `tile_m2` is the ground that one tile covers."""
        figures = {}
        km2 = len(self.pairs) * tile_m2 / 1e6
        for value, name in enumerate(self.classes):
            if value == 0:
                continue
            named = sum(guess == value for guess, _ in self.pairs)
            true = sum(truth == value for _, truth in self.pairs)
            hits = sum(guess == truth == value for guess, truth in self.pairs)
            figures[name] = {
                "tiles": len(self.pairs),
                "named": named,
                "true": true,
                "hits": hits,
                "precision": round(hits / max(named, 1), 4),
                "recall": round(hits / max(true, 1), 4),
                "f1": round(2 * hits / max(named + true, 1), 4),
                "false_tiles_per_km2": round((named - hits) / km2, 1) if km2 else None,
            }
        return figures
