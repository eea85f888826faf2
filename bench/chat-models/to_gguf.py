"""Runs llama.cpp's own converter on a checkpoint of random weights, whose vocabulary it does not know by its hash.

    to_gguf.py LLAMA_CPP CHECKPOINT [options of convert_hf_to_gguf.py] [--one-tile]

--one-tile: pictures are scaled to one tile. (llama.cpp then encodes that tile and the whole picture, which are the same.)
"""

import runpy
import sys
from pathlib import Path

source, checkpoint, options = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
sys.path[:0] = [str(source / "gguf-py"), str(source)]

from conversion import base, smolvlm  # noqa: E402

base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "smollm"

if "--one-tile" in options:
    options.remove("--one-tile")
    usual = smolvlm.SmolVLMModel.set_gguf_parameters

    def one_tile(self):
        self.preprocessor_config["size"] = {"longest_edge": self.hparams["image_size"]}
        usual(self)

    smolvlm.SmolVLMModel.set_gguf_parameters = one_tile

sys.argv = ["convert_hf_to_gguf.py", checkpoint, *options]
runpy.run_path(str(source / "convert_hf_to_gguf.py"), run_name="__main__")
