"""Light, lens and sensor: what turns a clean rendering into a photo."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.conditions import Lighting
from training.synthetic.groups import Group
from training.synthetic.lettering import Image

Floats = NDArray[np.float32]

Range = tuple[float, float]
# Exposure and the gains of red and blue, as ranges.
_USUAL_CAST: dict[Lighting, tuple[Range, Range, Range]] = {
    Lighting.NEUTRAL: ((0.9, 1.12), (0.97, 1.03), (0.97, 1.03)),
    Lighting.WARM: ((0.82, 1.05), (1.06, 1.18), (0.68, 0.84)),
    Lighting.COLD: ((0.85, 1.08), (0.8, 0.92), (1.06, 1.2)),
    Lighting.DIM: ((0.36, 0.56), (0.98, 1.1), (0.85, 1.0)),
    Lighting.GLARE: ((0.95, 1.15), (0.97, 1.05), (0.97, 1.05)),
    Lighting.MIXED: ((0.8, 1.05), (0.95, 1.05), (0.95, 1.05)),
}
# Tubes with too much green, sodium lamps, violet diodes.
_HELD_OUT_CAST: dict[Lighting, tuple[Range, Range, Range]] = {
    Lighting.NEUTRAL: ((0.9, 1.1), (0.88, 0.94), (0.88, 0.94)),
    Lighting.WARM: ((0.8, 1.0), (1.2, 1.28), (0.56, 0.66)),
    Lighting.COLD: ((0.85, 1.05), (0.92, 0.98), (1.22, 1.32)),
    Lighting.DIM: ((0.32, 0.5), (1.1, 1.2), (0.74, 0.84)),
    Lighting.GLARE: ((1.0, 1.18), (1.05, 1.1), (0.9, 0.96)),
    Lighting.MIXED: ((0.8, 1.0), (0.9, 1.0), (1.0, 1.1)),
}
_CAST = {Group.USUAL: _USUAL_CAST, Group.HELD_OUT: _HELD_OUT_CAST}
_GRID = 24  # light varies slowly: it is computed on this many cells and enlarged


def expose(image: Image, lighting: Lighting, rng: Generator, group: Group = Group.USUAL) -> Image:
    """Light a rendering and photograph it: cast, falloff, glare, blur, noise, JPEG; (h, w, 3) in and out."""
    height, width = image.shape[:2]
    gain, glow = _light_fields(lighting, rng, group)
    lit = cv2.multiply(_blurred(image, rng), _enlarged(gain, width, height), dtype=cv2.CV_32F)
    if glow is not None:
        lit += _enlarged(glow, width, height)
    strength = float(rng.uniform(3, 9) if lighting is Lighting.DIM else rng.uniform(0.8, 4))
    lit += _NOISE[group](rng, width, height, strength)
    return _compressed(_toned(np.clip(lit, 0, 255).astype(np.uint8), rng), rng)


def _light_fields(lighting: Lighting, rng: Generator, group: Group) -> tuple[Floats, Floats | None]:
    """Return what multiplies the picture and, where there is any, the stray light added to it."""
    exposure, red, blue = (float(rng.uniform(*bounds)) for bounds in _CAST[group][lighting])
    yy, xx = np.mgrid[-1 : 1 : _GRID * 1j, -1 : 1 : _GRID * 1j].astype(np.float32)
    falloff = _evenly(xx, yy, rng) if group is Group.USUAL else _in_spots(xx, yy, rng)
    gain = (falloff * exposure)[..., None] * np.array([red, 1.0, blue], np.float32)
    if lighting is Lighting.MIXED:
        turn = float(rng.uniform(0, 2 * np.pi))
        share = 1 / (1 + np.exp(-4 * (xx * np.cos(turn) + yy * np.sin(turn) + float(rng.uniform(-0.4, 0.4)))))
        warm, cold = np.array([1.2, 1.0, 0.72], np.float32), np.array([0.82, 0.98, 1.18], np.float32)
        gain = gain * (share[..., None] * warm + (1 - share[..., None]) * cold)
    glow = _glare(xx, yy, rng) if lighting is Lighting.GLARE else None
    return gain.astype(np.float32), glow


def _evenly(xx: Floats, yy: Floats, rng: Generator) -> Floats:
    """Ceiling light and a lens that darkens its corners."""
    vignette = 1 - float(rng.uniform(0, 0.22)) * (xx**2 + yy**2) / 2
    slope = 1 + float(rng.uniform(-0.12, 0.12)) * xx + float(rng.uniform(-0.12, 0.2)) * -yy
    return np.asarray(vignette * slope, np.float32)


def _in_spots(xx: Floats, yy: Floats, rng: Generator) -> Floats:
    """Spot lights in a row: pools of light with dusk between them."""
    period, phase = float(rng.uniform(0.7, 1.6)), float(rng.uniform(0, 2 * np.pi))
    pools = 0.5 + 0.5 * np.cos(2 * np.pi * xx / period + phase)
    high = np.exp(-((yy - float(rng.uniform(-0.6, 0.2))) ** 2) / float(rng.uniform(0.6, 1.6)))
    return np.asarray(0.72 + 0.5 * pools * high, np.float32)


def _glare(xx: Floats, yy: Floats, rng: Generator) -> Floats:
    """Window light and lamps mirrored by glass and film."""
    total = np.full_like(xx, float(rng.uniform(6, 26)))
    for _ in range(int(rng.integers(1, 6))):
        cx, cy = float(rng.uniform(-0.9, 0.9)), float(rng.uniform(-0.9, 0.9))
        wide, tall = float(rng.uniform(0.03, 0.35)), float(rng.uniform(0.03, 0.35))
        total += float(rng.uniform(40, 130)) * np.exp(-(((xx - cx) / wide) ** 2) - ((yy - cy) / tall) ** 2)
    return np.repeat(total[..., None], 3, axis=2).astype(np.float32)


def _enlarged(field: Floats, width: int, height: int) -> Floats:
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _blurred(image: Image, rng: Generator) -> Image:
    """Sharp, soft, out of focus, shaken, from a small sensor, or sharpened by the phone."""
    kind, scale = rng.random(), max(image.shape) / 960
    if kind < 0.3:
        return image
    if kind < 0.6:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.3)) * scale), np.uint8)
    if kind < 0.68:
        side = 2 * round(float(rng.uniform(1, 2.6)) * scale) + 1
        disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.float32)
        return np.asarray(cv2.filter2D(image, -1, disc / disc.sum()), np.uint8)
    if kind < 0.76:
        return _shaken(image, float(rng.uniform(3, 10)) * scale, float(rng.uniform(0, np.pi)))
    if kind < 0.86:
        size, part = image.shape[1::-1], float(rng.uniform(0.45, 0.8))
        small = cv2.resize(image, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    soft, strength = cv2.GaussianBlur(image, (0, 0), 1.2 * scale), float(rng.uniform(0.3, 1.2))
    return np.asarray(cv2.addWeighted(image, 1 + strength, soft, -strength, 0), np.uint8)


def _shaken(image: Image, length: float, turn: float) -> Image:
    half = int(np.ceil(length / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    reach = np.array([np.cos(turn), np.sin(turn)]) * length / 2
    start, end = (half - reach).round().astype(int).tolist(), (half + reach).round().astype(int).tolist()
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _noise(rng: Generator, width: int, height: int, strength: float) -> Floats:
    """Sensor noise after in-camera smoothing: slightly correlated, the same for the three channels, plus colour."""
    luma = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32) * np.float32(strength)
    luma += rng.standard_normal((height // 2 + 1, width // 2 + 1, 1), np.float32) * np.float32(strength)
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _grain(rng: Generator, width: int, height: int, strength: float) -> Floats:
    """Noise of a sensor that is read line by line: sharp grain, and lines that differ a little."""
    grain = rng.standard_normal((height, width, 1), np.float32) * np.float32(1.4 * strength)
    lines = rng.standard_normal((height, 1, 1), np.float32) * np.float32(0.4 * strength)
    return np.repeat(grain + lines, 3, axis=2)


_NOISE = {Group.USUAL: _noise, Group.HELD_OUT: _grain}


def _toned(image: Image, rng: Generator) -> Image:
    """A camera's tone curve: gamma, and contrast about the middle."""
    levels = np.linspace(0, 1, 256)
    curve = levels ** float(rng.uniform(0.85, 1.2))
    bend = float(rng.uniform(-0.1, 0.35))
    curve = curve + bend * curve * (1 - curve) * (2 * curve - 1)
    return np.asarray(cv2.LUT(image, np.clip(curve * 255, 0, 255).astype(np.uint8)), np.uint8)


def _compressed(image: Image, rng: Generator) -> Image:
    quality = int(rng.integers(30, 96))
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
