"""`azion.config.json` and `azrun.toml`, read into one typed model."""

from azrun.config.limits import Limits
from azrun.config.load import Config, load_config

__all__ = ["Config", "Limits", "load_config"]
