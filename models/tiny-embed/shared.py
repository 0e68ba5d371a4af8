"""Makes what the models share importable here: `training`, and `world`, the data of the texts."""

from __future__ import annotations

import sys
from pathlib import Path

MODELS = str(Path(__file__).parents[1])
if MODELS not in sys.path:
    sys.path.append(MODELS)
