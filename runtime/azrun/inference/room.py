"""The memory that all models share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from azrun.inference import memory
from azrun.inference.errors import ModelLoadError
from azrun.inference.lifecycle import Resident
from azrun.observe.units import size as in_units


class Machine(Protocol):
    """Memory, in bytes."""

    def available(self) -> int: ...


class Room:
    """The memory that all models share: `budget` bytes, of which the least recently used idle
    ones are unloaded first.

    The budget decides what is unloaded, and never refuses a model: the machine does, where it
    has not enough memory for one.
    """

    def __init__(self, budget: int | None = None, machine: Machine = memory) -> None:
        self.budget = int(memory.total() * memory.SHARE) if budget is None else budget
        self.residents: list[Resident] = []
        self._machine = machine
        self._one_at_a_time = asyncio.Lock()
        self._arriving: set[Resident] = set()

    @asynccontextmanager
    async def for_one(self, wanted: Resident) -> AsyncIterator[None]:
        """Room for a load. ModelLoadError where the machine has not enough, whatever leaves."""
        async with self._one_at_a_time:
            wanted.size = wanted.measure()
            await self._make(wanted)
            self._arriving.add(wanted)
        try:
            yield
        finally:
            self._arriving.discard(wanted)

    async def _make(self, wanted: Resident) -> None:
        idle = [
            one
            for one in self.residents
            if one.loaded and one.size and not one.users and one is not wanted
        ]
        self._check(wanted, sum(one.size for one in idle))
        gone: set[Resident] = set()
        for one in sorted(idle, key=lambda one: one.last_used):
            if not self._is_short(wanted, gone):
                break
            await one.unload()
            gone.add(one)

    def _is_short(self, wanted: Resident, gone: set[Resident]) -> bool:
        here = {one for one in self.residents if one.loaded} - gone | self._arriving
        taken = sum(one.size for one in here - {wanted})
        promised = sum(one.size for one in self._arriving if not one.spills)
        return taken + wanted.size > self.budget or self._lacks(wanted, -promised)

    def _lacks(self, wanted: Resident, more: int) -> bool:
        """Whether the machine has too little free for it, with `more` bytes beside."""
        return not wanted.spills and 0 < wanted.size > self._machine.available() + more

    def _check(self, wanted: Resident, more: int) -> None:
        if self._lacks(wanted, more):
            free = in_units(self._machine.available() + more)
            raise ModelLoadError(
                f"{wanted.name} takes about {in_units(wanted.size)} of memory,"
                f" and this machine has {free} for it",
                "Choose a smaller quantisation or a smaller `context`, or end other programs.",
            )
