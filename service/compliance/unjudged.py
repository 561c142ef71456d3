"""Why a capture has no compliance, in words."""

from typing import Any

from service.compliance.schemas import Unjudged

_WORDS = {
    Unjudged.NOT_ASKED: "The photo was sent with planogram=false.",
    Unjudged.NOT_RECOGNISED: "The photo was sent with recognise=false: without names no position can be judged.",
    Unjudged.NO_NAMES: "Nothing named the facings: naming is off, or no product has a picture to be recognised by.",
    Unjudged.NO_PLANOGRAM: "Bay {bay_id} had no planogram in force when the photo came; "
    "PUT /v1/bays/{bay_id}/planogram gives it one.",
    Unjudged.EARLIER: "The photo came before compliance was judged.",
}


def unjudged_answer(why: str | None, bay_id: str) -> dict[str, Any]:
    """Return why a capture of a bay has no compliance, as `schemas.UnjudgedAnswer` describes it.

    Args:
        why: as it was recorded; None for captures from before anything was judged.
        bay_id: what the capture shows.
    """
    code = Unjudged.EARLIER if why is None else Unjudged(why)
    return {"code": code.value, "message": _WORDS[code].format(bay_id=bay_id)}
