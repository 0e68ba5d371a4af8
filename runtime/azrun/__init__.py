"""azrun: the local runtime for Azion functions with AI."""

from importlib.metadata import version

__version__ = version("azrun")
