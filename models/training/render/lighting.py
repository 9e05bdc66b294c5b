"""Sun, sky and camera: turns colour and height into a picture as a drone brings it home."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from render.fields import gaussian_blur, smooth_noise, smoothstep


@dataclass
class Light:
    """Where the sun stands (radians; azimuth from the +col axis towards +row) and how it shines."""

    azimuth: float
    elevation: float
    sun: np.ndarray
    sky: np.ndarray
    exposure: float
    blur_px: float
    sharpen: float
    noise: float
    haze: float
    saturation: float
    contrast: float
    motion_px: float = 0.0  # Length of the smear that the flight leaves.
    chroma_px: float = 0.0  # Blur of colour alone: what a sensor of coloured pixels and JPEG leave.
    vignette: float = 0.0
    jpeg_quality: int = 90


def draw_light(rng):
    """A light of its own for every scene: hour, overcast or clear, white balance, camera."""
    clear = rng.random() < 0.8
    sun = 1.0 if clear else rng.uniform(0.15, 0.5)
    warm = rng.normal(0, 0.05)
    balance = np.float32([1 + warm, 1 + rng.normal(0, 0.02), 1 - warm])
    return Light(
        azimuth=rng.uniform(0, 2 * np.pi),
        elevation=np.radians(rng.uniform(38, 72)),
        sun=sun * np.float32([1.0, 0.95, 0.86]) * balance,
        sky=(rng.uniform(0.22, 0.36) + (1 - sun) * 0.5) * np.float32([0.86, 0.96, 1.1]) * balance,
        exposure=rng.uniform(1.05, 1.55),
        blur_px=rng.uniform(0.4, 0.95),
        sharpen=rng.uniform(0.0, 0.7),
        noise=rng.uniform(0.004, 0.016),
        haze=rng.uniform(0.0, 0.06),
        saturation=rng.uniform(0.65, 1.0),
        contrast=rng.uniform(0.0, 0.3),
    )


def draw_wide_light(rng, camera):
    """As `draw_light`, over a wider range of hours, weather and cameras; `camera` as in styles."""
    light = draw_light(rng)
    light.elevation = np.radians(rng.uniform(28, 78))
    light.haze = float(rng.choice([rng.uniform(0, 0.06), rng.uniform(0.06, 0.3)], p=[0.75, 0.25]))
    light.exposure *= np.exp(rng.normal(0, 0.14))
    light.jpeg_quality = int(rng.integers(60, 97))
    light.vignette = rng.uniform(0, 0.15)
    if camera == "mosaic":
        light.chroma_px = rng.uniform(0.8, 1.6)
        light.motion_px = rng.uniform(0.0, 1.6)
        light.blur_px = rng.uniform(0.35, 0.8)
        light.sharpen = rng.uniform(0.3, 1.1)
        light.saturation = rng.uniform(0.75, 1.2)
    else:
        light.blur_px = rng.uniform(0.35, 1.3)
        light.chroma_px = rng.choice([0.0, rng.uniform(0.4, 1.6)])
        light.motion_px = rng.choice([0.0, rng.uniform(0.0, 2.0)])
        light.sharpen = rng.uniform(0.0, 1.0)
        light.saturation = rng.uniform(0.6, 1.15)
    return light


def cast_shadows(height, gsd_m, azimuth, elevation, reach_m=14.0):
    """1 in the sun, 0 in cast shadow: an upward sweep towards the sun in doubling steps."""
    steps = int(np.ceil(np.log2(max(2.0, reach_m / gsd_m))))
    highest = height.copy()
    for k in range(steps):
        length = 2**k
        dy = int(round(np.sin(azimuth) * length))
        dx = int(round(np.cos(azimuth) * length))
        drop = np.hypot(dy, dx) * gsd_m * np.tan(elevation)
        rows, cols = height.shape
        if abs(dy) >= rows or abs(dx) >= cols:
            break
        to = (slice(max(0, -dy), rows - max(0, dy)), slice(max(0, -dx), cols - max(0, dx)))
        source = (slice(max(0, dy), rows - max(0, -dy)), slice(max(0, dx), cols - max(0, -dx)))
        raised = highest.copy()
        np.maximum(highest[to], highest[source] - drop, out=raised[to])
        highest = raised
    return 1.0 - smoothstep(highest - height, 0.01, 0.09)


def shade(rgb, height, gsd_m, light):
    """Linear radiance: direct sun with cast shadow, sky light with occlusion in hollows."""
    lit = gaussian_blur(cast_shadows(height, gsd_m, light.azimuth, light.elevation), 0.6)
    slope_y, slope_x = np.gradient(gaussian_blur(height, 0.6), gsd_m)
    slope_y, slope_x = np.clip(slope_y, -1.1, 1.1), np.clip(slope_x, -1.1, 1.1)
    to_sun = (np.cos(light.elevation) * np.cos(light.azimuth), np.cos(light.elevation) * np.sin(light.azimuth), np.sin(light.elevation))
    facing = (-slope_x * to_sun[0] - slope_y * to_sun[1] + to_sun[2]) / np.sqrt(1 + slope_x**2 + slope_y**2)
    facing = 0.35 + 0.75 * np.clip(facing, 0.0, 1.0)
    hollow = 0.45 * (gaussian_blur(height, 0.1 / gsd_m) - height) / 0.12 + 0.55 * (gaussian_blur(height, 0.8 / gsd_m) - height) / 1.2
    open_sky = np.clip(1.0 - 0.45 * hollow, 0.3, 1.25)
    direct = (lit * facing)[..., None] * light.sun
    return rgb * (direct + open_sky[..., None] * light.sky)


def expose(rng, radiance, gsd_m, light):
    """The camera: tone curve, blur, sharpening, noise, haze, uneven mosaic brightness; gives uint8."""
    image = radiance * light.exposure
    image = image * (1 + 0.05 * smooth_noise(rng, image.shape[:2], 18 / gsd_m))[..., None]
    image = gaussian_blur(image, light.blur_px)
    if light.motion_px > 0.1:
        image = _smear(image, light.motion_px)
    if light.vignette > 0.0:
        image = image * _vignette(image.shape[:2], light.vignette)[..., None]
    image = image / (1 + 0.28 * image)  # A soft shoulder instead of blown highlights.
    image = np.clip(image, 0, 1.6) ** (1 / 2.2)
    grey = image.mean(-1, keepdims=True)
    colour = image - grey
    if light.chroma_px > 0.1:
        colour = gaussian_blur(colour, light.chroma_px)
    image = grey + colour * light.saturation
    image = image + light.contrast * (image - 0.45) * (1 - np.abs(2 * image - 1).clip(0, 1))
    image = image * (1 - light.haze) + light.haze * np.float32([0.72, 0.76, 0.8])
    if light.sharpen > 0.05:
        image = image + light.sharpen * (image - gaussian_blur(image, 1.0))
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise = 0.6 * noise + 0.7 * rng.standard_normal((*image.shape[:2], 1), dtype=np.float32)
    image = image + light.noise * noise
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _smear(image, length_px):
    """Motion along the columns: the mean of the image and of it moved by up to `length_px`."""
    moved = np.concatenate([image[:1], image[:-1]])
    share = min(length_px / 2.0, 1.0) * 0.5
    return image * (1 - share) + moved * share


def _vignette(shape, depth):
    """1 in the middle, 1 - depth in the corners."""
    y, x = np.linspace(-1, 1, shape[0], dtype=np.float32), np.linspace(-1, 1, shape[1], dtype=np.float32)
    return 1 - 0.5 * depth * (y[:, None] ** 2 + x[None, :] ** 2)


def through_jpeg(image, quality):
    """The picture as it comes back from a JPEG of that quality, colour at half the resolution."""
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(packed))
