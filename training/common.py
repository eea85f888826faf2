"""
What every stage shares: schedules, checkpoints that resume exactly, the training log.
"""

import hashlib
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor

import torch

MINUTES = 60


def groups(module, weight_decay=.05):
    """AdamW groups: no weight decay on biases, norms and embeddings of positions."""
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    return [{'params': [p for n, p in named if p.ndim > 1 and 'embed' not in n], 'weight_decay': weight_decay},
            {'params': [p for n, p in named if not (p.ndim > 1 and 'embed' not in n)], 'weight_decay': 0.0}]


def rate(step, total, peak, warm=200, decay=.25, floor=.02):
    """Warm-up, stable, then linear decay over the last `decay` of `total` steps."""
    if step < warm:
        return peak * (step + 1) / warm
    left = (total - step) / (total * decay)
    return peak * max(floor, min(1, left))


REWARM = 100  # steps in which the rate rises again where a run goes on without its optimizer's state


class Progress:
    """
    Counts steps and seconds over all runs, logs losses, saves and restores everything.
    A checkpoint may lack its optimizer (training/snapshot.py): then the rate rises again from zero.
    """

    def __init__(self, folder, name, parts):
        self.path, self.log_path = folder / f'{name}.pt', folder / f'{name}.log.jsonl'
        self.parts = parts  # name -> module or optimizer
        self.step, self.seconds, self.facts = 0, 0.0, {}
        self.cold_from = None  # the step at which an optimizer started without its state
        self.saved = self.started = time.time()
        if self.path.exists():
            # Each process loads it: where it was saved from the first GPU, all of them would put it there.
            state = torch.load(self.path, map_location='cpu', weights_only=False)
            for key in parts.keys() & state.keys():
                parts[key].load_state_dict(state[key])
            self.step, self.seconds, self.facts = state['step'], state['seconds'], state['facts']
            if parts.keys() <= state.keys():
                torch.set_rng_state(state['rng'])
            else:
                self.cold_from = self.step
            print(f'{name}: resumed at step {self.step}', flush=True)

    @property
    def elapsed(self):
        return self.seconds + time.time() - self.started

    def rate(self, total, peak, **schedule):
        """The learning rate of the next step: see `rate`."""
        risen = 1 if self.cold_from is None else min(1, (self.step - self.cold_from + 1) / REWARM)
        return risen * rate(self.step, total, peak, **schedule)

    def log(self, **values):
        row = {'step': self.step, 'seconds': round(self.elapsed), **values}
        with open(self.log_path, 'a') as file:
            file.write(json.dumps(row) + '\n')
        print(json.dumps(row), flush=True)

    def save(self, every=0):
        """Writes the checkpoint if the last one is `every` seconds old."""
        if time.time() - self.saved < every:
            return
        state = {key: part.state_dict() for key, part in self.parts.items()}
        state.update(step=self.step, seconds=self.elapsed, rng=torch.get_rng_state(), facts=self.facts)
        torch.save(state, self.path.with_suffix('.new'))
        os.replace(self.path.with_suffix('.new'), self.path)
        self.saved = time.time()


def mixed_precision():
    """
    bf16 for matrix products where the processor multiplies it (AVX512-BF16 or AMX), which saves a third of a step; the
    weights, their gradients and the losses stay fp32. Elsewhere everything stays fp32.
    """
    return torch.autocast('cpu', torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def freeze(module):
    module.requires_grad_(False)
    return module.eval()


def sha256(module):
    """One hash over all tensors of a module, to show that a frozen part did not change."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else {}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + '\n')


def attention_in_fp32():
    """PyTorch's bf16 attention on a CPU is several times slower backwards than its fp32 one (2.13)."""
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    inner = ALL_ATTENTION_FUNCTIONS['sdpa']

    def attention(module, query, key, value, attention_mask, **options):
        with torch.autocast('cpu', enabled=False):
            output, weights = inner(module, query.float(), key.float(), value.float(), attention_mask, **options)
        return output.to(query.dtype), weights

    ALL_ATTENTION_FUNCTIONS['sdpa'] = attention


def initialize(module, layers=0):
    """Weights of variance 1/fan-in instead of the .02 (the vision model: 1e-10) meant for wide models.

    With `layers`, what is added to the residual stream starts smaller (pre-norm models).
    """
    adds = ('out_proj', 'fc2', 'projection', 'o_proj', 'down_proj')
    for name, part in module.named_modules():
        if isinstance(part, (torch.nn.Linear, torch.nn.Conv2d)):
            scale = (2 * layers) ** -.5 if layers and name.rsplit('.', 1)[-1] in adds else 1
            torch.nn.init.normal_(part.weight, std=scale * part.weight[0].numel() ** -.5)
            if part.bias is not None:
                torch.nn.init.zeros_(part.bias)


def in_processes(function, items):
    """
    Calls function(item) in a process for each thread of this one: a few pictures at a time are too few for several threads. Forked,
    PyTorch would wait for threads that it lost.
    """
    with ProcessPoolExecutor(torch.get_num_threads(), multiprocessing.get_context('spawn'), alone) as pool:
        for _ in pool.map(function, items):
            pass


def alone():
    torch.set_num_threads(1)
    attention_in_fp32()


def match_queries_to_keys(decoder):
    """Initializes every attention head to attend to similar tokens, which is most of a look-up by word."""
    for layer in decoder.layers:
        layer.self_attn.k_proj.weight.data.copy_(layer.self_attn.q_proj.weight.data)
