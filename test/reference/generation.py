"""Records what transformers' `generate` gives for a toy language model and many settings.

The toy's logits depend on the last two ids only, so the TypeScript tests can compute the same
logits without a network: whatever differs then is the search itself. Also recorded: what single
logits processors give. Run from the repository root:

    python test/reference/generation.py > test/fixtures/generation.json
"""

import itertools
import json
import sys

import torch
from transformers import GenerationConfig, PretrainedConfig, PreTrainedModel
from transformers.generation import GenerationMixin
from transformers.generation.logits_process import (
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from transformers.modeling_outputs import CausalLMOutput

VOCAB = 16
PROMPTS = [[15, 15, 15, 2], [15, 2, 7, 3, 9, 7, 3], [15, 2, 12, 4, 10]]


class ToyConfig(PretrainedConfig):
    model_type = "toy"
    vocab_size = VOCAB


class Toy(PreTrainedModel, GenerationMixin):
    config_class = ToyConfig

    def __init__(self, config, table):
        super().__init__(config)
        self.table = torch.nn.Parameter(table)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, input_ids, **_):
        before = torch.cat([input_ids[:, :1], input_ids[:, :-1]], dim=1)
        return CausalLMOutput(logits=self.table[0][input_ids] + self.table[1][before])


def settings():
    """Every combination of what shapes a beam search, then what changes the logits."""
    for beams, penalty, early in itertools.product([1, 2, 3, 5], [-1.0, 0.0, 1.0, 2.5], [False, True, "never"]):
        if beams > 1 or (penalty == 1.0 and early is False):
            yield {"num_beams": beams, "length_penalty": penalty, "early_stopping": early}
    for beams in [1, 4]:
        for more in [
            {"repetition_penalty": 1.5},
            {"repetition_penalty": 0.7},
            {"no_repeat_ngram_size": 1},
            {"no_repeat_ngram_size": 2},
            {"no_repeat_ngram_size": 3, "repetition_penalty": 1.2},
            {"min_new_tokens": 6},
            {"min_new_tokens": 3, "repetition_penalty": 1.3, "no_repeat_ngram_size": 2},
            {"eos_token_id": [1, 5]},
            {"eos_token_id": [1, 5, 8], "min_new_tokens": 2},
        ]:
            yield {"num_beams": beams, **more}


def searches(model):
    for prompt, max_new, options in itertools.product(PROMPTS, [4, 12], settings()):
        # The toy's own config must not lend anything: every setting is in `options`.
        config = GenerationConfig(**{"eos_token_id": 1, "pad_token_id": 0, **options}, max_new_tokens=max_new)
        out = model.generate(torch.tensor([prompt]), generation_config=config, use_cache=False, do_sample=False)
        yield {"prompt": prompt, "maxNewTokens": max_new, "options": options, "ids": out[0, len(prompt) :].tolist()}


def processors(logits):
    ids = torch.tensor([[15, 15, 2, 7, 3, 9, 7, 3, 40]])
    for name, processor in [
        ("repetitionPenalty", RepetitionPenaltyLogitsProcessor(1.5)),
        ("noRepeatNgramSize", NoRepeatNGramLogitsProcessor(2)),
        ("temperature", TemperatureLogitsWarper(0.7)),
        ("topK", TopKLogitsWarper(5)),
        ("topP", TopPLogitsWarper(0.6)),
    ]:
        for cut in [8, 9]:
            scores = processor(ids[:, :cut], logits.clone()[None])[0]
            kept = [None if s == -float("inf") else s for s in scores.tolist()]
            yield {"name": name, "ids": ids[0, :cut].tolist(), "scores": kept}


def main():
    torch.manual_seed(0)
    # The stop ids are made likelier, so that searches end at many lengths.
    table = torch.randn(2, VOCAB, VOCAB) * 0.9
    table[:, :, 1] += 0.3
    logits = torch.randn(VOCAB) * 2
    model = Toy(ToyConfig(), table).eval()
    with torch.no_grad():
        result = {
            "table": [round(v, 9) for v in table.flatten().tolist()],
            "logits": logits.tolist(),
            "searches": list(searches(model)),
            "processors": list(processors(logits)),
        }
    json.dump(result, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
