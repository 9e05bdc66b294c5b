"""Detections and masks of the sample equal GeoDeep's, which are kept in tests/golden/geodeep.

The models are in GeoDeep's convention, and everything is read from their metadata: no flag is given.
Away from seams, each of GeoDeep's detections is among ours. Ours are among those that GeoDeep has
before its last step, which removes boxes by what nearby ones cover of them. Components of GeoDeep's
mask are compared before its median filter and sieve, which smooth outlines; what is smaller than
`seg_small_segment` makes no site of ours.
"""

import common
import geodeep_compare as compare
import scenes

IMAGE = common.REPOSITORY / "samples/hill-county/scene.tif"
GOLDEN = common.REPOSITORY / "tests/golden/geodeep"


def main():
    args, checks = common.start("geodeep_golden", __doc__.splitlines()[0])
    path = args.work / "scene.tif"
    _, _, transform, crs = scenes.lossless_copy(IMAGE, path)
    compare.detections(args, checks, path, GOLDEN, transform, crs)
    compare.masks(args, checks, path, GOLDEN, transform, crs)
    checks.finish()


main()
