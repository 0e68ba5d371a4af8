"""Models from Hugging Face, or from any hub that speaks its protocol."""

from azrun.inference.hub.errors import HubError
from azrun.inference.hub.pull import Report, pull

__all__ = ["HubError", "Report", "pull"]
