"""Azion: the platform's own capabilities."""

from __future__ import annotations

from azion.ai import AI as _AI
from azion.env import env as _env


class Azion:
    """What the platform offers beside the web's own interfaces."""

    AI = _AI()
    env = _env
