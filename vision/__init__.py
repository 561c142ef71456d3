"""What a camera sees: decoding, one-pass detection, condition of a photo."""

import sys
from typing import Any, cast

# OpenVINO reports its import and every conversion to its makers. Where this package is missing it takes a stub that
# does nothing; None makes it look missing, and must stand here before anything imports OpenVINO.
cast("dict[str, Any]", sys.modules).setdefault("openvino_telemetry", None)
