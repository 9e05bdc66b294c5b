"""Sun, sky and camera: turns colour and height into a picture as a drone brings it home."""

from dataclasses import dataclass

import numpy as np

from fields import gaussian_blur, smooth_noise, smoothstep


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
    image = image / (1 + 0.28 * image)  # A soft shoulder instead of blown highlights.
    image = np.clip(image, 0, 1.6) ** (1 / 2.2)
    grey = image.mean(-1, keepdims=True)
    image = grey + (image - grey) * light.saturation
    image = image + light.contrast * (image - 0.45) * (1 - np.abs(2 * image - 1).clip(0, 1))
    image = image * (1 - light.haze) + light.haze * np.float32([0.72, 0.76, 0.8])
    if light.sharpen > 0.05:
        image = image + light.sharpen * (image - gaussian_blur(image, 1.0))
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise = 0.6 * noise + 0.7 * rng.standard_normal((*image.shape[:2], 1), dtype=np.float32)
    image = image + light.noise * noise
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
