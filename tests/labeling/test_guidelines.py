from labeling.guidelines import GUIDELINE_V1
from labeling.leases import SkipReason
from retail.boxes import DetectionKind


def test_every_kind_has_rules_and_every_skip_reason_is_explained() -> None:
    assert GUIDELINE_V1.version == 1
    assert set(GUIDELINE_V1.rules) == set(DetectionKind)
    assert all(GUIDELINE_V1.rules.values())
    assert [line.split(":")[0] for line in GUIDELINE_V1.when_to_skip] == list(SkipReason)
