"""Light, lens and sensor: what turns a clean rendering into a photo."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.conditions import Lighting
from training.synthetic.artwork import Image

Floats = NDArray[np.float32]

# Exposure and the gains of red and blue, as ranges.
_CAST: dict[Lighting, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    Lighting.NEUTRAL: ((0.9, 1.12), (0.97, 1.03), (0.97, 1.03)),
    Lighting.WARM: ((0.82, 1.05), (1.06, 1.18), (0.68, 0.84)),
    Lighting.COLD: ((0.85, 1.08), (0.8, 0.92), (1.06, 1.2)),
    Lighting.DIM: ((0.36, 0.56), (0.98, 1.1), (0.85, 1.0)),
    Lighting.GLARE: ((0.95, 1.15), (0.97, 1.05), (0.97, 1.05)),
    Lighting.MIXED: ((0.8, 1.05), (0.95, 1.05), (0.95, 1.05)),
}
_GRID = 24  # light varies slowly: it is computed on this many cells and enlarged


def expose(image: Image, lighting: Lighting, rng: Generator) -> Image:
    """Light a rendering and photograph it: cast, falloff, glare, blur, noise, JPEG; (h, w, 3) in and out."""
    height, width = image.shape[:2]
    gain, glow = _light_fields(lighting, rng)
    lit = cv2.multiply(_blurred(image, rng), _enlarged(gain, width, height), dtype=cv2.CV_32F)
    if glow is not None:
        lit += _enlarged(glow, width, height)
    noise = float(rng.uniform(3, 9) if lighting is Lighting.DIM else rng.uniform(0.8, 4))
    lit += _noise(rng, width, height, noise)
    return _compressed(_toned(np.clip(lit, 0, 255).astype(np.uint8), rng), rng)


def _light_fields(lighting: Lighting, rng: Generator) -> tuple[Floats, Floats | None]:
    """Return what multiplies the picture and, where there is any, the stray light added to it."""
    exposure, red, blue = (float(rng.uniform(*bounds)) for bounds in _CAST[lighting])
    yy, xx = np.mgrid[-1 : 1 : _GRID * 1j, -1 : 1 : _GRID * 1j].astype(np.float32)
    vignette = 1 - float(rng.uniform(0, 0.22)) * (xx**2 + yy**2) / 2
    slope = 1 + float(rng.uniform(-0.12, 0.12)) * xx + float(rng.uniform(-0.12, 0.2)) * -yy
    gain = (vignette * slope * exposure)[..., None] * np.array([red, 1.0, blue], np.float32)
    if lighting is Lighting.MIXED:
        turn = float(rng.uniform(0, 2 * np.pi))
        share = 1 / (1 + np.exp(-4 * (xx * np.cos(turn) + yy * np.sin(turn) + float(rng.uniform(-0.4, 0.4)))))
        warm, cold = np.array([1.2, 1.0, 0.72], np.float32), np.array([0.82, 0.98, 1.18], np.float32)
        gain = gain * (share[..., None] * warm + (1 - share[..., None]) * cold)
    glow = _glare(xx, yy, rng) if lighting is Lighting.GLARE else None
    return gain.astype(np.float32), glow


def _glare(xx: Floats, yy: Floats, rng: Generator) -> Floats:
    """Window light and lamps mirrored by glass and film."""
    total = np.full_like(xx, float(rng.uniform(6, 26)))
    for _ in range(int(rng.integers(1, 5))):
        cx, cy = float(rng.uniform(-0.9, 0.9)), float(rng.uniform(-0.9, 0.9))
        wide, tall = float(rng.uniform(0.06, 0.5)), float(rng.uniform(0.06, 0.5))
        total += float(rng.uniform(50, 170)) * np.exp(-(((xx - cx) / wide) ** 2) - ((yy - cy) / tall) ** 2)
    return np.repeat(total[..., None], 3, axis=2).astype(np.float32)


def _enlarged(field: Floats, width: int, height: int) -> Floats:
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _blurred(image: Image, rng: Generator) -> Image:
    kind = rng.random()
    if kind < 0.45:
        return image
    if kind < 0.88:
        sigma = float(rng.uniform(0.4, 1.3))
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    length, turn = int(rng.integers(3, 9)), float(rng.uniform(0, np.pi))
    kernel = np.zeros((9, 9), np.float32)
    reach = np.array([np.cos(turn), np.sin(turn)]) * length / 2
    start, end = (4 - reach).round().astype(int).tolist(), (4 + reach).round().astype(int).tolist()
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _noise(rng: Generator, width: int, height: int, strength: float) -> Floats:
    """Sensor noise after in-camera smoothing: slightly correlated, the same for the three channels, plus colour."""
    luma = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32) * np.float32(strength)
    luma += rng.standard_normal((height // 2 + 1, width // 2 + 1, 1), np.float32) * np.float32(strength)
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _toned(image: Image, rng: Generator) -> Image:
    """A camera's tone curve: gamma, and contrast about the middle."""
    levels = np.linspace(0, 1, 256)
    curve = levels ** float(rng.uniform(0.85, 1.2))
    bend = float(rng.uniform(-0.1, 0.35))
    curve = curve + bend * curve * (1 - curve) * (2 * curve - 1)
    return np.asarray(cv2.LUT(image, np.clip(curve * 255, 0, 255).astype(np.uint8)), np.uint8)


def _compressed(image: Image, rng: Generator) -> Image:
    quality = int(rng.integers(45, 96))
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
