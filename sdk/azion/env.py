"""Environment variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from azion import _host


class Env(Mapping[str, str]):
    """The function's environment variables, by `get`, as a mapping, or as attributes."""

    __slots__ = ()

    def __getitem__(self, name: str) -> str:
        return _host.current().env()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_host.current().env())

    def __len__(self) -> int:
        return len(_host.current().env())

    def __getattr__(self, name: str) -> str:
        try:
            return _host.current().env()[name]
        except KeyError:
            raise AttributeError(
                f"{name} is not set. Set it in the environment, or read it with env.get({name!r})."
            ) from None

    def __repr__(self) -> str:
        return f"Env({', '.join(self)})"  # names alone: values are often secrets


env = Env()
