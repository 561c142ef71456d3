import subprocess
import sys

CHECK = """
import vision.runtime, vision.faces, sys
assert "openvino" in sys.modules
assert sys.modules["openvino_telemetry"] is None
"""


def test_openvino_cannot_report_to_its_makers() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", CHECK], check=True)
