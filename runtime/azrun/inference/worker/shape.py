"""How a model's context is laid out, where its settings leave that to us."""

from __future__ import annotations

from azrun.inference.types import ModelSettings
from azrun.inference.worker.context import Shape
from azrun.inference.worker.model import Model
from azrun.inference.worker.threads import default_threads

DEFAULT_CONTEXT = 8192  # a model's own may be 128k: gigabytes of cache that few requests use
SLOTS = 8
# Sharing the cells lets one request use all of them, and shares prefixes for nothing. With more
# slots than this every token would look past too many cells that are not its own.
MOST_SHARING = 8
BATCH = 512
POOLED_SEQUENCES = 64


def generating(model: Model, settings: ModelSettings) -> Shape:
    """For a model that writes."""
    context = settings.context or min(model.trained_context, DEFAULT_CONTEXT)
    slots = settings.slots or SLOTS
    unified = slots <= MOST_SHARING
    return Shape(
        cells=context if unified else context * slots,
        sequences=slots,
        batch=max(settings.batch or BATCH, slots),
        outputs=slots,
        threads=settings.threads or default_threads(model.size),
        unified=unified,
        flash_attn=settings.flash_attn,
        cache_type=settings.cache_type,
    )


def pooled(model: Model, settings: ModelSettings) -> Shape:
    """For a model that makes vectors or scores: a text is read in one piece."""
    context = settings.context or min(model.trained_context, DEFAULT_CONTEXT)
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
