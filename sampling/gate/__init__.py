"""The near-duplicate gate: of captures that look alike only the most valuable one stays."""
