"""Smooth random fields and blurs on numpy arrays: the raw material of every texture in a scene."""

import numpy as np
from PIL import Image


def smooth_noise(rng, shape, scale_px):
    """One octave of noise with features of about `scale_px`, mean 0, standard deviation about 1."""
    height, width = shape
    scale_px = max(float(scale_px), 1.0)
    grid_height = int(np.ceil(height / scale_px)) + 4
    grid_width = int(np.ceil(width / scale_px)) + 4
    grid = rng.standard_normal((grid_height, grid_width), dtype=np.float32)
    if scale_px <= 1.0:
        return grid[:height, :width]
    off_y, off_x = rng.uniform(0.5, 1.5, 2)
    box = (off_x, off_y, off_x + width / scale_px, off_y + height / scale_px)
    image = Image.fromarray(grid).resize((width, height), Image.BICUBIC, box=box)
    return np.asarray(image, dtype=np.float32) * 1.4


def fractal_noise(rng, shape, scale_px, octaves=4, gain=0.6):
    """Several octaves from `scale_px` downwards, mean 0, standard deviation 1."""
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for _ in range(octaves):
        total += weight * smooth_noise(rng, shape, scale_px)
        weight *= gain
        scale_px /= 2.0
        if scale_px < 1.0:
            break
    return (total - total.mean()) / (total.std() + 1e-6)


def ridged_noise(rng, shape, scale_px):
    """Noise of thin creases around lumps of about `scale_px`, mean 0, standard deviation 1."""
    total = 1.0 - np.abs(smooth_noise(rng, shape, scale_px)) - 0.6 * np.abs(smooth_noise(rng, shape, scale_px / 2.2))
    return (total - total.mean()) / (total.std() + 1e-6)


def _kernel(sigma):
    radius = max(1, int(np.ceil(2.5 * sigma)))
    x = np.arange(-radius, radius + 1, dtype=np.float32)
    kernel = np.exp(-0.5 * (x / sigma) ** 2)
    return kernel / kernel.sum()


def gaussian_blur(image, sigma):
    """Gaussian blur of `[row, col]` or `[row, col, band]`; a wide one works on a reduced copy."""
    if sigma < 0.15:
        return image
    if image.ndim == 3:
        return np.stack([gaussian_blur(image[..., i], sigma) for i in range(image.shape[2])], -1)
    if sigma > 3.0:
        factor = sigma / 1.5
        height, width = image.shape
        small_size = (max(2, int(width / factor)), max(2, int(height / factor)))
        small = Image.fromarray(image.astype(np.float32)).resize(small_size, Image.BOX)
        small = gaussian_blur(np.asarray(small), 1.5)
        return np.asarray(Image.fromarray(small).resize((width, height), Image.BICUBIC))
    kernel = _kernel(sigma)
    radius = len(kernel) // 2
    height, width = image.shape
    padded = np.pad(image.astype(np.float32), ((radius, radius), (0, 0)), mode="edge")
    rows = sum(k * padded[i : i + height] for i, k in enumerate(kernel))
    padded = np.pad(rows, ((0, 0), (radius, radius)), mode="edge")
    return sum(k * padded[:, i : i + width] for i, k in enumerate(kernel))


def smoothstep(x, low, high):
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def srgb(*values):
    """A colour given as 0-255 screen values, in the linear 0-1 space in which light adds up."""
    return (np.asarray(values, np.float32) / 255.0) ** 2.2
