"""On a cluster of two nodes everything comes out as it does in one process, bit for bit."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.context import Context
from tests.service.scale.conftest import TASK_FREE

FIVE_THOUSAND = int(os.environ.get("SHELFLOOP_RAY_CAPTURES", "5000"))
ROOT = Path(__file__).parents[3]
WITH_RAY = ROOT / ".venv-scale" / "bin" / "python"


@pytest.fixture
def compare(context: Context, missing: Callable[[str], None]) -> Callable[..., dict[str, Any]]:
    if not WITH_RAY.exists():
        missing("Ray, which 'make scale' installs,")

    def both_paths(**more: str) -> dict[str, Any]:
        environment = {
            **os.environ,
            "SHELFLOOP_HOME": str(context.settings.home),
            "SHELFLOOP_DATABASE_URL": context.settings.database_url,
            "SHELFLOOP_VISION__BLUR_FACES": "false",
            "SHELFLOOP_VISION__THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "SHELFLOOP_VISION__CONFIDENCE": "0.05",
            "PYTHONPATH": str(ROOT),
            **more,
        }
        script = [str(WITH_RAY), str(Path(__file__).with_name("ray_paths.py"))]
        done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return both_paths


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_five_thousand_captures(
    database_url: str,
    serve_tiny: Callable[[], int],
    fill_pool: Callable[[int], None],
    compare: Callable[..., dict[str, Any]],
) -> None:
    with_names = not database_url.startswith("sqlite")
    number = 300 if with_names else FIVE_THOUSAND
    fill_pool(number)
    serve_tiny()
    found = compare(SHELFLOOP_NAMING__ENABLED=str(with_names))
    found.pop("seconds")
    assert found.pop("different_scores") > number / TASK_FREE / 2  # else it would be easy to be alike
    assert found == {
        **{"nodes": 2, "looked_at": number, "changed": number, "signatures_alike": True, "looks_alike": True},
        **{"scores": number // TASK_FREE, "scores_alike": True, "curves": 4, "curves_alike": True},
    }
