"""Trains a bridge between two frozen ends: `python -m training.bridge --help`. See README.md."""

import argparse
import math
from pathlib import Path

import torch
from accelerate import Accelerator

from training.bridge import curves, data, loop
from training.bridge.cross_attention import CrossAttention
from training.bridge.projector import Projector
from training.bridge.qformer import QFormer

KINDS = {'projector': Projector, 'qformer': QFormer, 'cross-attention': CrossAttention}


def arguments(given):
    parser = argparse.ArgumentParser(prog='python -m training.bridge', description=__doc__)
    parser.add_argument('--kind', choices=KINDS, default='projector')
    for name in ('vision', 'language', 'data', 'out'):
        parser.add_argument(f'--{name}', type=Path, required=True, metavar='DIR')
    parser.add_argument('--bert', type=Path, metavar='DIR', help='what a Q-Former starts from, with its tokenizer')
    parser.add_argument('--settings', default='{}', metavar='JSON', help="the bridge's own sizes: see README.md")
    parser.add_argument('--steps', type=int, default=2000)
    parser.add_argument('--first-steps', type=int, help="steps of a Q-Former's first stage (default: as --steps)")
    parser.add_argument('--batch', type=int, default=32, help='examples of a step, over all processes')
    parser.add_argument('--accumulate', type=int, default=1, help='parts that a step is computed in')
    parser.add_argument('--rate', type=float, help="the highest learning rate (default: the kind's own)")
    parser.add_argument('--held-out', type=int, default=64, help='examples at the end that are not trained on')
    parser.add_argument('--minutes', type=float, default=math.inf, help='stop and save after; the same command resumes')
    parser.add_argument('--workers', type=int, default=2, help='processes that prepare pictures ahead, of each process that trains; 0: none')
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args(given)


def main(given=None):
    args = arguments(given)
    accelerator = Accelerator(mixed_precision='bf16' if torch.cuda.is_available() else 'no')
    together = args.accumulate * accelerator.num_processes
    if args.batch % together != 0:
        raise SystemExit(f'--batch {args.batch} is not a multiple of {together}: parts of a step, in all processes.')
    examples = data.read(args.data)
    if len(examples) <= args.held_out:
        raise SystemExit(f'{args.data} has {len(examples)} examples, of which --held-out {args.held_out} leaves none.')
    train, held = examples[: len(examples) - args.held_out], examples[len(examples) - args.held_out :]
    args.out.mkdir(parents=True, exist_ok=True)
    kind = KINDS[args.kind](args)
    frozen = kind.frozen()
    done = all(loop.run(stage, args, accelerator, train, held) for stage in kind.stages)
    if kind.frozen() != frozen:
        raise SystemExit('The ends changed while the bridge was trained.')
    is_new = any(stage.advanced for stage in kind.stages) or not (args.out / 'config.json').exists()
    if done and is_new and accelerator.is_main_process:
        curves.draw(args.out, [stage.name for stage in kind.stages])
        kind.save(args.out)


if __name__ == '__main__':
    main()
