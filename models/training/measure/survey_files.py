"""What survey.py writes and evaluate.py reads again: numbers of objects, names of scenes, the grid of ground covers."""

LOOKALIKES_FROM = 10_000  # Numbers of look-alikes; plots have smaller ones.


def scene_file(folder, gsd_m, seed):
    """Where a survey keeps one scene."""
    return folder / "scenes" / f"{gsd_m * 100:g}cm-{seed}.npz"


def cover_step_px(gsd_m):
    """Every how many-th pixel of a scene has its ground cover kept: about every 0.2 m."""
    return max(1, round(0.2 / gsd_m))
