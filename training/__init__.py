"""How it improves: synthetic shelves, snapshots, fit, export, evaluation, gate, tracking."""

import os

# Ultralytics reads these while it is imported, so they must be set before any module here imports it:
# no look-ups of hosts, no events, no packages installed behind the user's back, no banners.
os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false")
