"""A camera above the ground, written apart from the program: lens, attitude, rays, flat ground and elevation models.

Frames: pixels (column, row) with (0, 0) at the outer corner of the first one; the lens's plane (right, down)
at distance 1; the local frame (north, east, down) in metres, whose origin lies on the ground plane under the
camera. Local offsets become longitude and latitude along a geodesic of their bearing and length.
Angles in degrees: yaw from true north clockwise, pitch -90 straight down, R = Rz(yaw) Ry(pitch) Rx(roll).
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
import pyproj
import rasterio

GEOD = pyproj.Geod(ellps="WGS84")
# The diagonal of 36 mm by 24 mm film, to the digits that the formula in use has.
FILM_DIAGONAL_MM = 43.267


@dataclass(frozen=True)
class Lens:
    """Brown's model with the terms in the order of OpenCV; lengths in pixels, centre from the picture's corner."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0

    @staticmethod
    def pinhole(width, height, focal):
        return Lens(width, height, focal, focal, width / 2, height / 2)

    @staticmethod
    def of_film(width, height, focal_35mm):
        return Lens.pinhole(width, height, focal_35mm * np.hypot(width, height) / FILM_DIAGONAL_MM)

    def distort(self, x, y):
        r2 = x * x + y * y
        radial = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        return (
            x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x),
            y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y,
        )

    def plane(self, col, row):
        """The undistorted place of pixels on the lens's plane: Newton's steps with a numeric derivative."""
        wanted_x, wanted_y = (np.asarray(col, float) - self.cx) / self.fx, (np.asarray(row, float) - self.cy) / self.fy
        x, y, step = wanted_x.copy(), wanted_y.copy(), 1e-6
        for _ in range(30):
            at_x, at_y = self.distort(x, y)
            xx, yx = ((a - b) / (2 * step) for a, b in zip(self.distort(x + step, y), self.distort(x - step, y)))
            xy, yy = ((a - b) / (2 * step) for a, b in zip(self.distort(x, y + step), self.distort(x, y - step)))
            det = xx * yy - xy * yx
            off_x, off_y = wanted_x - at_x, wanted_y - at_y
            x, y = x + (yy * off_x - xy * off_y) / det, y + (xx * off_y - yx * off_x) / det
        return x, y

    def pixel(self, x, y):
        x, y = self.distort(x, y)
        return self.fx * x + self.cx, self.fy * y + self.cy

    def scaled(self, factor):
        """The same lens before a picture resized to `factor` of its width and height."""
        lengths = {name: getattr(self, name) * factor for name in ("fx", "fy", "cx", "cy")}
        return replace(self, width=round(self.width * factor), height=round(self.height * factor), **lengths)


def rotation(yaw, pitch, roll):
    """From the camera's frame (forward, right, down) to north, east, down."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    about_down = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    about_east = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_north = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    return about_down @ about_east @ about_north


@dataclass(frozen=True)
class Pose:
    """Where the camera is, `z` in metres in the datum of the ground, and how it is turned."""

    lon: float
    lat: float
    z: float
    yaw: float
    pitch: float
    roll: float = 0.0

    def matrix(self):
        return rotation(self.yaw, self.pitch, self.roll)

    def as_dict(self):
        return {name: round(value, 9) for name, value in asdict(self).items()}


def moved(lon, lat, east, north):
    """Longitude and latitude of places some metres away."""
    east, north = np.broadcast_arrays(np.asarray(east, float), np.asarray(north, float))
    bearing, length = np.degrees(np.arctan2(east, north)), np.hypot(east, north)
    to_lon, to_lat, _ = GEOD.fwd(np.full(east.shape, lon), np.full(east.shape, lat), bearing, length)
    return np.asarray(to_lon), np.asarray(to_lat)


def offsets(lon, lat, to_lon, to_lat):
    """Metres east and north of places, from one of them."""
    to_lon, to_lat = np.broadcast_arrays(np.asarray(to_lon, float), np.asarray(to_lat, float))
    bearing, _, length = GEOD.inv(np.full(to_lon.shape, lon), np.full(to_lon.shape, lat), to_lon, to_lat)
    return np.asarray(length) * np.sin(np.radians(bearing)), np.asarray(length) * np.cos(np.radians(bearing))


class Flat:
    """Ground of one height."""

    def __init__(self, z=0.0):
        self.z = z

    def height(self, lon, lat):
        return np.full(np.shape(lon), self.z)

    def hit(self, pose, direction, _quick=False):
        """Metres east and north, and down, of where rays [3, ...] meet the ground; NaN where they do not."""
        down = np.where(direction[2] > 0, direction[2], np.nan)
        t = (pose.z - self.z) / down
        return t * direction[1], t * direction[0], t * direction[2]


class Dem:
    """Heights at the centres of a raster's cells, linear in both directions between them."""

    def __init__(self, path):
        with rasterio.open(path) as raster:
            self.cells, self.inverse = raster.read(1).astype(float), ~raster.transform
            self.into = pyproj.Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True)
        self.low, self.high = float(self.cells.min()), float(self.cells.max())

    def at_map(self, x, y):
        col, row = self.inverse * (np.asarray(x, float), np.asarray(y, float))
        height, width = self.cells.shape
        col, row = np.clip(col - 0.5, 0, width - 1), np.clip(row - 0.5, 0, height - 1)
        left, top = np.minimum(col.astype(int), width - 2), np.minimum(row.astype(int), height - 2)
        u, v = col - left, row - top
        upper = self.cells[top, left] * (1 - u) + self.cells[top, left + 1] * u
        lower = self.cells[top + 1, left] * (1 - u) + self.cells[top + 1, left + 1] * u
        return upper * (1 - v) + lower * v

    def height(self, lon, lat):
        return self.at_map(*self.into.transform(np.asarray(lon, float), np.asarray(lat, float)))

    def around(self, lon, lat):
        """Heights by metres east and north of a place, the map taken as flat there: quick, for some ten metres."""
        x, y = self.into.transform(*moved(lon, lat, [0, 50, 0], [0, 0, 50]))
        x, y = np.asarray(x), np.asarray(y)
        return lambda e, n: self.at_map(
            x[0] + (e * (x[1] - x[0]) + n * (x[2] - x[0])) / 50, y[0] + (e * (y[1] - y[0]) + n * (y[2] - y[0])) / 50
        )

    def hit(self, pose, direction, quick=False):
        """As that of flat ground: the first crossing, stepped and then halved; `quick` within some ten metres."""
        shape = direction.shape[1:]
        d = direction.reshape(3, -1)
        d = np.where(d[2] > 1e-6, d, np.nan)
        surface = self.around(pose.lon, pose.lat) if quick else lambda e, n: self.height(*moved(pose.lon, pose.lat, e, n))
        above = lambda t: pose.z - t * d[2] - surface(np.nan_to_num(t * d[1]), np.nan_to_num(t * d[0]))
        near, far = max(pose.z - self.high, 0.0), pose.z - self.low + 0.01
        steps = np.linspace(near, far, 60 if quick else 300)
        before, after = near / d[2], np.full(d.shape[1], np.nan)
        for step in steps:
            t = step / d[2]
            crossed = np.isnan(after) & (above(t) <= 0)
            after = np.where(crossed, t, after)
            before = np.where(np.isnan(after), t, before)
        for _ in range(20 if quick else 40):
            middle = (before + after) / 2
            under = above(middle) <= 0
            after, before = np.where(under, middle, after), np.where(under, before, middle)
        return tuple((after * d[i]).reshape(shape) for i in (1, 0, 2))


@dataclass(frozen=True)
class View:
    """A picture: lens, pose and ground."""

    lens: Lens
    pose: Pose
    ground: object

    def directions(self, col, row):
        """Rays [3, ...] of pixels in north, east, down; their forward part is 1."""
        x, y = self.lens.plane(col, row)
        return np.tensordot(self.pose.matrix(), np.stack([np.ones_like(x), x, y]), axes=1)

    def depression(self, col, row):
        """Degrees below level."""
        d = self.directions(col, row)
        return np.degrees(np.arctan2(d[2], np.hypot(d[0], d[1])))

    def to_local(self, col, row, quick=False):
        return self.ground.hit(self.pose, self.directions(col, row), quick)

    def to_ground(self, col, row):
        """Longitude and latitude; NaN where a ray meets no ground."""
        east, north, _ = self.to_local(col, row)
        return moved(self.pose.lon, self.pose.lat, east, north)

    def to_pixel(self, lon, lat):
        """Column and row; NaN behind the camera. Whether something stands in between is not asked."""
        east, north = offsets(self.pose.lon, self.pose.lat, lon, lat)
        down = self.pose.z - self.ground.height(np.asarray(lon, float), np.asarray(lat, float))
        forward, right, low = np.tensordot(self.pose.matrix().T, np.stack([north, east, down]), axes=1)
        forward = np.where(forward > 0, forward, np.nan)
        return self.lens.pixel(right / forward, low / forward)

    def border(self, per_side=64):
        """Pixels along the frame, clockwise from the top left."""
        w, h, s = self.lens.width, self.lens.height, np.arange(per_side) / per_side
        zero = np.zeros_like(s)
        col = np.concatenate([s * w, zero + w, w - s * w, zero])
        return col, np.concatenate([zero, s * h, zero + h, h - s * h])

    def sees(self, lon, lat, grown=0.0):
        """Whether places lie in the frame, grown by a share of its width and height."""
        col, row = self.to_pixel(lon, lat)
        inside = lambda v, size: (v >= -grown * size) & (v <= (1 + grown) * size)
        return inside(col, self.lens.width) & inside(row, self.lens.height)

    def gsd_cm(self, col, row):
        """Centimetres of level ground per pixel across and along the look, for a lens without distortion there."""
        east, north, down = self.to_local(col, row)
        slant = np.sqrt(east**2 + north**2 + down**2)
        return 100 * slant / self.lens.fx, 100 * slant**2 / (self.lens.fx * down)
