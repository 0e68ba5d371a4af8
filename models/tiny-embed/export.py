"""Write a checkpoint of `train.py` as a GGUF file.

`python models/tiny-embed/export.py --checkpoint tiny-embed.pt`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
from bert_file import BertFile
from model import Encoder
from training.checkpoint import saved

HERE = Path(__file__).parent


def export(model: Encoder, path: Path) -> None:
    file = BertFile(path, "tiny-embed", gguf.PoolingType.MEAN)
    file.encoder(model)
    file.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-embed.pt"))
    parser.add_argument("--path", type=Path, default=HERE / "tiny-embed.gguf")
    options = parser.parse_args()
    model = Encoder()
    model.load_state_dict(saved(options.checkpoint)["model"])
    export(model, options.path)
    print(f"{options.path}: {options.path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
