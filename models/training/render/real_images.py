"""Real pictures of ground without a target crop: some to plant rendered plots on, others to count false alarms.

They are not in the repository; real_scenes.py and real_survey.py are told their FOLDER. It needs an
`images.json`, a list of `{"file", "gsd_m", "use": "training" or "held-out", "gsd_from", "window"}`, or it has
the layout of `KNOWN`. `window` is `[row, col, rows, cols]` in pixels of the file.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal
from PIL import Image

gdal.UseExceptions()
Image.MAX_IMAGE_PIXELS = None


@dataclass
class RealImage:
    """One picture: `gsd_m` metres a pixel, and where that figure comes from."""

    file: str
    gsd_m: float
    use: str
    gsd_from: str
    window: tuple | None = None
    name: str = ""

    @property
    def title(self):
        """What a report calls it."""
        return self.name or Path(self.file).stem


_PHOTO = "height above take-off 40 m, focal length 3.61 mm, sensor 6.17 mm wide"
_ASSUMED = "assumed: the photo does not say how high it was taken"
_GEO = "geotransform"
KNOWN = [
    *(RealImage(f"drone_photos/dji_flight/DJI_00{n}.JPG", 0.0171, "training", _PHOTO) for n in (18, 19, 20, 21, 22)),
    RealImage("field_mosaic/potato_weed_mosaic.tif", 0.005, "training", _GEO, (0, 0, 6400, 8320), "field mosaic, columns 0-12"),
    RealImage("field_mosaic/potato_weed_mosaic.tif", 0.005, "held-out", _GEO, (0, 8320, 6400, 1280), "field mosaic, columns 13-14"),
    RealImage("geotiffs/OSBS_029.tif", 0.1, "held-out", _GEO, None, "NEON OSBS_029"),
    RealImage("geotiffs/australia.tif", 0.018, "held-out", _GEO),
    RealImage("geotiffs/dummy_fotomap_small.tif", 0.02, "held-out", _GEO, None, "fotomap"),
    RealImage("geotiffs/pix4d_alpha_nodata.tif", 0.35272, "held-out", _GEO, None, "Pix4D fields"),
    *(RealImage(f"drone_photos/sensefly/IMG_046{n}.jpg", 0.04, "held-out", _ASSUMED) for n in (0, 1)),
    RealImage("drone_photos/dji_defects/DJI_20251001132715_0396_D_POOR_SHARPNESS.JPG", 0.03, "held-out", _ASSUMED, None, "DJI blurred photo"),
    RealImage("drone_photos/dji_defects/DJI_20251001213509_0003_D_LENS_CAP.JPG", 0.03, "held-out", _ASSUMED, None, "DJI lens cap"),
    RealImage("drone_photos/canon_gps_only/img_4092.jpg", 0.05, "held-out", _ASSUMED + "; oblique, with sky", None, "Canon oblique"),
]


def list_images(folder):
    """The real images of a folder that are there."""
    folder = Path(folder)
    listing = folder / "images.json"
    images = [RealImage(**entry) for entry in json.loads(listing.read_text(encoding="utf-8"))] if listing.exists() else KNOWN
    there = [image for image in images if (folder / image.file).exists()]
    if not there:
        raise SystemExit(f"error: no real image in {folder}\nhint: write {listing}, see models/training/README.md")
    return there


def read(folder, image):
    """Pixels `[row, col, rgb]` uint8 and validity `[row, col]` at the image's own ground sample distance."""
    data = gdal.Open(str(Path(folder) / image.file))
    row, col, rows, cols = image.window or (0, 0, data.RasterYSize, data.RasterXSize)
    bands = [data.GetRasterBand(n).ReadAsArray(col, row, cols, rows) for n in (1, 2, 3)]
    pixels = np.stack(bands, -1)
    if pixels.dtype != np.uint8:
        low, high = np.percentile(pixels, [2, 98])
        pixels = (np.clip((pixels - low) / max(high - low, 1e-9), 0, 1) * 255).astype(np.uint8)
    valid = data.GetRasterBand(1).GetMaskBand().ReadAsArray(col, row, cols, rows) > 0
    return pixels, valid


def at_gsd(pixels, from_m, to_m):
    """An image `[row, col(, band)]` on a grid of `to_m`; means of what a new pixel covers, bilinear when enlarging."""
    size = (max(1, round(pixels.shape[1] * from_m / to_m)), max(1, round(pixels.shape[0] * from_m / to_m)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.BILINEAR))
