"""One row of the table of three bridges: `python -m training.compare --help`. See README.md."""

import argparse
import math
import os
from pathlib import Path

import torch

from training.common import freeze, sha256, write_json
from training.compare import hands
from training.compare.answering import captions, measure
from training.compare.bridges import KINDS
from training.compare.ends import Ends, count
from training.compare.training import Trainer

LEARNS = ('nothing', 'projection', 'bridge')
REACHED = (0.9, 0.95)
CAPTIONS = 500


def arguments(given):
    parser = argparse.ArgumentParser(prog='python -m training.compare', description=__doc__)
    parser.add_argument('--run', type=Path, required=True, metavar='DIR', help="of training.train, whose ends and pictures' features are used")
    parser.add_argument('--kind', choices=KINDS, default='qformer')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--adapt', action='store_true', help='the language model learns, too, after a share of the samples')
    parser.add_argument('--swap', choices=('vision', 'language'), help='takes this end of --other, under the trained Q-Former of the same seed')
    parser.add_argument('--other', type=Path, metavar='DIR', help='a run with the same pictures and tokenizer')
    parser.add_argument('--learns', choices=LEARNS, default='nothing', help='after a swap: the layers that meet the new end, or the whole bridge')
    parser.add_argument('--samples', type=int, default=320_000)
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--first', type=float, default=0.25, metavar='SHARE', help="of the samples, for a Q-Former's first stage")
    parser.add_argument('--adapt-from', type=float, default=0.25, metavar='SHARE')
    parser.add_argument('--rate', type=float, help="the highest learning rate (default: the kind's own)")
    parser.add_argument('--questions', type=int, default=600, help='asked each time on the way; five times as many at the end')
    parser.add_argument('--hands', type=int, default=10_000, metavar='N', help='pictures of each renderer of bench/hands')
    parser.add_argument('--minutes', type=float, default=math.inf, help='stop and save after; the same command resumes')
    parser.add_argument('--out', type=Path, metavar='DIR', help='default: compare/ in the run')
    args = parser.parse_args(given)
    if (args.swap is None) != (args.other is None):
        parser.error('--swap and --other belong together.')
    if args.swap and (args.kind != 'qformer' or args.adapt):
        parser.error('--swap is about a Q-Former, with the language model as it is.')
    args.out = args.out or args.run / 'compare'
    args.base = f'{args.kind}{"-adapted" if args.adapt else ""}-{args.seed}'
    args.name = f'{args.base}-{args.swap}-{args.other.resolve().name}-{args.learns}' if args.swap else args.base
    return args


def main(given=None):
    args = arguments(given)
    args.out.mkdir(parents=True, exist_ok=True)
    ends = Ends(**{end: args.other if args.swap == end else args.run for end in ('vision', 'language')})
    before = ends.hashes()
    torch.manual_seed(args.seed)
    bridge = KINDS[args.kind](ends.language)
    if args.swap:
        learn_after_swap(bridge, args)
    trained = count_trained(bridge) + (count(ends.language) if args.adapt else 0)
    steps = 0 if args.swap and args.learns == 'nothing' else args.samples // args.batch
    facts = train(bridge, ends, args, steps)
    if facts is None:
        return
    freeze(bridge)
    after = ends.hashes()
    if args.adapt:
        del before['language_model'], after['language_model']
    if before != after:
        raise SystemExit('A frozen end changed while the bridge was trained.')
    final = measure(bridge, ends, 5 * args.questions, seed=10**9 + 2)
    curve = facts.get('curve', [])
    vision = args.other if args.swap == 'vision' else args.run
    write_json(args.out / f'{args.name}.json', {
        'kind': args.kind, 'seed': args.seed, 'adapted': args.adapt, 'swap': swap_of(args), 'samples': steps * args.batch,
        'command': command(args), 'cores': os.cpu_count(), 'threads': torch.get_num_threads(),
        'parameters': {'trained': trained, **ends.parameters()}, 'reads': bridge.reads, 'frozen': after,
        'seconds': round(facts.get('trained', 0), 1), 'curve': curve, 'reached': reached(curve, final), 'final': final,
        'captions': captions(bridge, ends, CAPTIONS), 'text': ends.ceiling, 'tags': ends.tags,
        'hands': hands.say(bridge, ends, args.hands, args.out / f'hands-{vision.resolve().name}-{args.hands}-{sha256(ends.tower)[:8]}.npy'),
    })  # fmt: skip
    print(args.out / f'{args.name}.json', flush=True)


def train(bridge, ends, args, steps):
    """What was measured on the way; None where `--minutes` ended before the steps did."""
    if steps == 0:
        return {}
    trainer = Trainer(bridge, ends, args, steps)
    return trainer.progress.facts if trainer.run() else None


def learn_after_swap(bridge, args):
    """The trained bridge, of which `--learns` says what goes on learning."""
    base = args.out / f'{args.base}.pt'
    if not base.exists():
        raise SystemExit(f'{base} is missing: train it first, without --swap.')
    bridge.load_state_dict(torch.load(base, weights_only=False)['bridge'])
    if args.learns != 'bridge':
        bridge.requires_grad_(False)
    if args.learns == 'projection':
        for layer in bridge.next_to(args.swap):
            layer.requires_grad_(True)


def count_trained(bridge):
    return sum(parameter.numel() for parameter in bridge.parameters() if parameter.requires_grad)


def swap_of(args):
    return {'end': args.swap, 'other': args.other.resolve().name, 'learns': args.learns} if args.swap else None


def command(args):
    """The command that makes this row, with a run's folder as the reader names it."""
    words = ['python -m training.compare --run RUN', f'--kind {args.kind}', f'--seed {args.seed}', f'--samples {args.samples}']
    words += ['--adapt'] if args.adapt else []
    words += [f'--swap {args.swap} --other {args.other.resolve().name} --learns {args.learns}'] if args.swap else []
    return ' '.join(words)


def reached(curve, final):
    """Samples and seconds after which a share of the final accuracy was reached, by category; none: not on the way."""
    result = {}
    for category, accuracy in final.items():
        result[category] = {}
        for share in REACHED:
            row = next((one for one in curve if one['answers'].get(category, 0) >= share * accuracy), None)
            result[category][f'{share:g}'] = row and {'samples': row['samples'], 'seconds': row['seconds']}
    return result


if __name__ == '__main__':
    main()
