"""Makes what the trainings share, `training`, importable here."""

from __future__ import annotations

import sys
from pathlib import Path

MODELS = str(Path(__file__).parents[1])
if MODELS not in sys.path:
    sys.path.append(MODELS)
