"""A model's tensors in a GGUF file."""

from __future__ import annotations

import gguf
import numpy as np
from numpy.typing import DTypeLike, NDArray
from torch import Tensor


def add(writer: gguf.GGUFWriter, name: str, tensor: Tensor) -> None:
    """A matrix in F16, anything of one dimension in F32."""
    writer.add_tensor(name, array(tensor, np.float16 if tensor.ndim > 1 else np.float32))


def add_linear(writer: gguf.GGUFWriter, name: str, weight: Tensor, bias: Tensor) -> None:
    add(writer, f"{name}.weight", weight)
    add(writer, f"{name}.bias", bias)


def array(tensor: Tensor, kind: DTypeLike = np.float32) -> NDArray[np.floating]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy(), kind)


def finish(writer: gguf.GGUFWriter) -> None:
    """Write all that was added."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
