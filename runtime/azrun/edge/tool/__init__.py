"""The tool's own pages, under `/-/`: its models for clients and playgrounds, and its state."""

from azrun.edge.tool.tool import METRICS, PREFIX, Tool

__all__ = ["METRICS", "PREFIX", "Tool"]
