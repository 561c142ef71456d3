"""What a snapshot's labels depend on, each with its version."""

from importlib.metadata import PackageNotFoundError, version

from sqlalchemy.orm import Session

from service.catalogue.queries import catalogue_version
from service.guidelines import in_force
from service.naming.queries import newest_naming
from service.planograms.queries import list_planograms

_MOST_PLANOGRAMS = 100_000


def versions_now(session: Session, base_version: int) -> dict[str, str]:
    """Return the versions of catalogue, guideline, planograms, detector, embedder and this program.

    Args:
        session: that holds the catalogue.
        base_version: of the detector that is fitted on.
    """
    naming = newest_naming(session)
    planograms = list_planograms(session, "", _MOST_PLANOGRAMS)
    return {
        "catalogue": str(catalogue_version(session)),
        "guideline": str(in_force(session).version),
        "detector": str(base_version),
        "embedder": "none" if naming is None else naming.embedder_id,
        "shelfloop": _program(),
        **{f"planogram/{id}": str(newest) for id, newest in planograms.items()},
    }


def _program() -> str:
    try:
        return version("shelfloop")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
