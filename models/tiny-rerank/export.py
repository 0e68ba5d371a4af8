"""Write a checkpoint of `train.py` as a GGUF file.

`python models/tiny-rerank/export.py --checkpoint tiny-rerank.pt`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import sources
from bert_file import BertFile
from ranker import BLOCKS, Ranker
from training.checkpoint import saved


def export(model: Ranker, path: Path) -> None:
    file = BertFile(path, "tiny-rerank", gguf.PoolingType.RANK, BLOCKS)
    file.encoder(model.encoder)
    file.linear("cls", model.dense)
    file.plain("cls.output.weight", model.out.weight)
    file.plain("cls.output.bias", model.out.bias)
    file.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-rerank.pt"))
    parser.add_argument("--path", type=Path, default=sources.HERE / "tiny-rerank.gguf")
    options = parser.parse_args()
    model = Ranker()
    model.load_state_dict(saved(options.checkpoint)["model"])
    export(model, options.path)
    print(f"{options.path}: {options.path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
