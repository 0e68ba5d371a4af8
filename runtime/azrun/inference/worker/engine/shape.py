"""How a model's context is laid out, where its settings leave that to us."""

from __future__ import annotations

from dataclasses import replace

from azrun.inference.layout import DEFAULT_CONTEXT, SLOTS, cells, unified
from azrun.inference.types import ModelSettings
from azrun.inference.worker.engine.context import Shape
from azrun.inference.worker.engine.draft import DEPTH
from azrun.inference.worker.model import Model
from azrun.inference.worker.threads import default_threads

BATCH = 512
POOLED_SEQUENCES = 64
PADDING = 256  # cells


def generating(model: Model, settings: ModelSettings) -> Shape:
    """For a model that writes."""
    context = _context(model, settings)
    slots = settings.slots or SLOTS
    guesses = DEPTH if settings.draft else 0
    most = cells(context, slots)
    return Shape(
        cells=most,
        sequences=slots,
        batch=min(max(settings.batch or BATCH, slots * (1 + guesses)), most),
        outputs=slots * (1 + guesses),
        threads=settings.threads or default_threads(model.size),
        unified=unified(slots),
        flash_attn=settings.flash_attn,
        cache_type=settings.cache_type,
    )


def drafting(shape: Shape) -> Shape:
    """For a draft model beside the one of `shape`."""
    return replace(shape, outputs=shape.sequences, cache_type="f16")


def pooled(model: Model, settings: ModelSettings) -> Shape:
    """For a model that makes vectors or scores: a text is read in one piece."""
    context = _context(model, settings)
    return Shape(
        cells=context,
        sequences=POOLED_SEQUENCES,
        batch=context,
        outputs=context,
        threads=settings.threads or default_threads(model.size),
        pooled=True,
        flash_attn=settings.flash_attn,
        cache_type=settings.cache_type,
    )


def _context(model: Model, settings: ModelSettings) -> int:
    """Rounded up as llama.cpp does: it does not round up the batch that it cuts to the context."""
    context = settings.context or min(model.trained_context, DEFAULT_CONTEXT)
    return -(-context // PADDING) * PADDING
