"""Global Trade Item Numbers, kept as GTIN-14 strings."""

from typing import NewType

Gtin = NewType("Gtin", str)

_LENGTHS = (8, 12, 13, 14)


class InvalidGtin(ValueError):
    """A text that is not a GTIN: wrong length, other characters, or a wrong check digit."""


def check_digit(digits: str) -> str:
    """Return the mod-10 check digit for the digits before it.

    GS1 General Specifications, section 7.9: weights 3 and 1 alternate from the right.
    """
    total = 3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))
    return str(-total % 10)


def parse_gtin(text: str) -> Gtin:
    """Read a GTIN-8, -12, -13 or -14 and return it zero-padded to 14 digits.

    Raises:
        InvalidGtin: with the expected check digit in its message where only that is wrong.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in _LENGTHS:
        raise InvalidGtin(f"{text!r} is not a GTIN: expected 8, 12, 13 or 14 digits")
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        raise InvalidGtin(f"{text!r} has check digit {digits[-1]}, expected {expected}")
    return Gtin(digits.zfill(14))
