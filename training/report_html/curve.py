"""The learning curve over retrainings, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 14, 46


@dataclass(frozen=True, slots=True)
class Point:
    """One retraining.

    Attributes:
        name: of the candidate, short.
        captures: it was trained on, None where that was not kept.
        champion: AP of the champion on that retraining's validation captures.
        candidate: AP of the candidate there.
        low: lower end of the candidate's interval.
        high: upper end.
        promoted: whether it passed its gate.
    """

    name: str
    captures: int | None
    champion: float | None
    candidate: float
    low: float | None
    high: float | None
    promoted: bool


def learning_curve(points: Sequence[Point]) -> str:
    """Return AP of champion (hollow) and candidate (full, with its interval) of each retraining, oldest first."""
    across = (WIDTH - _LEFT - _RIGHT) / max(1, len(points))
    parts = [_axis()]
    for number, point in enumerate(points):
        x = _LEFT + across * (number + 0.5)
        if point.low is not None and point.high is not None:
            parts.append(f'<path d="M{x:.1f} {_y(point.low):.1f}V{_y(point.high):.1f}" stroke="#0b6e4f" opacity=".5"/>')
        if point.champion is not None:
            parts.append(f'<circle cx="{x:.1f}" cy="{_y(point.champion):.1f}" r="4" fill="none" stroke="#777"/>')
        colour = "#0b6e4f" if point.promoted else "#b03030"
        parts.append(f'<circle cx="{x:.1f}" cy="{_y(point.candidate):.1f}" r="4" fill="{colour}"/>')
        under = "" if point.captures is None else f"{point.captures:,} photos"
        parts += [_text(x, HEIGHT - 28, point.name), _text(x, HEIGHT - 12, under)]
    line = " ".join(
        f"{_LEFT + across * (number + 0.5):.1f},{_y(point.candidate):.1f}" for number, point in enumerate(points)
    )
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0b6e4f" stroke-width="1.5" opacity=".6"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="AP of each retraining" font-family="sans-serif" font-size="11">{"".join(parts)}</svg>'
    )


def _axis() -> str:
    lines = "".join(
        f'<path d="M{_LEFT} {_y(tick):.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{_y(tick) + 4:.1f}" text-anchor="end" fill="#555">{tick:.1f}</text>'
        for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return lines + _text(14, HEIGHT / 2, "AP")


def _y(value: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value)


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="#333">{escape(text)}</text>'
