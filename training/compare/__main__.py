"""One row of the table of three bridges: `python -m training.compare --help`. See README.md."""

import argparse
import json
import math
import os
from pathlib import Path

import torch

from training.common import freeze, read_json, sha256, write_json
from training.compare import hands
from training.compare.answering import AT_THE_END, captions, counts, measure
from training.compare.bridges import KINDS, Written
from training.compare.ends import Ends, WrittenEnds, count
from training.compare.prepare import prepare
from training.compare.reached import reached
from training.compare.training import Trainer

LEARNS = ('nothing', 'projection', 'bridge')
CAPTIONS = 500
AT_THE_END_TIMES = 5  # as many questions as on the way


def arguments(given):
    parser = argparse.ArgumentParser(prog='python -m training.compare', description=__doc__)
    parser.add_argument('--run', type=Path, required=True, metavar='DIR', help="of training.train, whose ends and pictures' features are used")
    parser.add_argument('--pictures', type=int, metavar='N', help='uses the first N, held out ones among them; what the run lacks for them is made, with the shipped ends')
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
    parser.add_argument('--threads', type=int, help="default: PyTorch's own choice")
    parser.add_argument('--minutes', type=float, default=math.inf, help='stop and save after; the same command resumes')
    parser.add_argument('--out', type=Path, metavar='DIR', help='default: compare/ in the run')
    args = parser.parse_args(given)
    if (args.swap is None) != (args.other is None):
        parser.error('--swap and --other belong together.')
    if args.swap and (args.kind != 'qformer' or args.adapt):
        parser.error('--swap is about a Q-Former, with the language model as it is.')
    args.folder = args.out or args.run / 'compare'
    args.base = f'{args.kind}{"-adapted" if args.adapt else ""}-{args.seed}'
    args.name = f'{args.base}-{args.swap}-{args.other.resolve().name}-{args.learns}' if args.swap else args.base
    args.rate = args.rate or KINDS[args.kind].rate
    args.steps = 0 if args.swap and args.learns == 'nothing' else args.samples // args.batch
    return args


def main(given=None):
    args = arguments(given)
    if args.threads:
        torch.set_num_threads(args.threads)
    for run in filter(None, (args.run, args.other) if args.pictures else ()):
        prepare(run, args.pictures)
    args.folder.mkdir(parents=True, exist_ok=True)
    ends = Ends(**{end: args.other if args.swap == end else args.run for end in ('vision', 'language')}, pictures=args.pictures)
    before = ends.hashes()
    torch.manual_seed(args.seed)
    bridge = KINDS[args.kind](ends.language)
    if args.swap:
        learn_after_swap(bridge, args)
    trained = count_trained(bridge) + (count(ends.language) if args.adapt else 0)
    facts = train(bridge, ends, args)
    if facts is None:
        return
    freeze(bridge)
    after = ends.hashes()
    if args.adapt:
        del after['language_model']
    if after != {name: before[name] for name in after}:
        raise SystemExit('A frozen end changed while the bridge was trained.')
    row = {
        'kind': args.kind, 'seed': args.seed, 'adapted': args.adapt, 'swap': swap_of(args), 'ends': before, 'frozen': after,
        'samples': args.steps * args.batch, 'pictures': len(ends.features), 'command': command(args, len(ends.features)), 'cores': os.cpu_count(),
        'threads': torch.get_num_threads(), 'parameters': {'trained': trained, **ends.parameters()}, 'reads': bridge.reads,
        'seconds': round(facts.get('trained', 0), 1), **measured(bridge, ends, args, facts.get('curve', [])),
    }  # fmt: skip
    # One line, so that rows can be put into one file.
    (args.folder / f'{args.name}.json').write_text(json.dumps(row) + '\n')
    print(args.folder / f'{args.name}.json', flush=True)


def measured(bridge, ends, args, curve):
    """What a row says of the answers. `curve`: of the questions asked on the way."""
    asked = {'on the way': counts(ends, args.questions), 'at the end': counts(ends, AT_THE_END_TIMES * args.questions, AT_THE_END)}
    final = measure(bridge, ends, AT_THE_END_TIMES * args.questions, AT_THE_END)
    vision = args.other if args.swap == 'vision' else args.run
    kept = args.folder / f'hands-{vision.resolve().name}-{args.hands}-{sha256(ends.tower)[:8]}.npy'
    return {
        'curve': curve, 'reached': reached(curve, final, asked['on the way']), 'asked': asked, 'final': final, 'captions': captions(bridge, ends, CAPTIONS),
        'text': written(ends, args), 'tags': ends.tags, 'hands': hands.say(bridge, ends, args.hands, kept),
    }  # fmt: skip


def written(ends, args):
    """The same questions, asked about the descriptions of the same pictures: kept, as it is the same for every bridge."""
    ends = WrittenEnds(ends)
    kept = args.folder / 'kept' / f'written-{sha256(ends.language)[:8]}-{args.questions}.json'
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        write_json(kept, measure(Written(ends.language, ends.description), ends, AT_THE_END_TIMES * args.questions, AT_THE_END))
    return read_json(kept)


def train(bridge, ends, args):
    """What was measured on the way; None where `--minutes` ended before the steps did."""
    if args.steps == 0:
        return {}
    trainer = Trainer(bridge, ends, args, args.steps)
    return trainer.progress.facts if trainer.run() else None


def learn_after_swap(bridge, args):
    """The trained bridge, of which `--learns` says what goes on learning."""
    base = args.folder / f'{args.base}.pt'
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
    """`base`: hashes of the ends that the Q-Former was trained between."""
    if args.swap is None:
        return None
    return {'end': args.swap, 'other': args.other.resolve().name, 'learns': args.learns, 'base': Ends(args.run, args.run).hashes()}


def command(args, pictures):
    """The command that makes this row again, with all that its numbers depend on; folders as they were given."""
    words = [f'python -m training.compare --run {args.run} --pictures {pictures} --kind {args.kind} --seed {args.seed}']
    if args.swap:
        words.append(f'--swap {args.swap} --other {args.other} --learns {args.learns}')
    if args.steps:
        words.append(f'--samples {args.samples} --batch {args.batch} --rate {args.rate:g}')
        if args.kind == 'qformer' and not args.swap:
            words.append(f'--first {args.first:g}')
    if args.adapt:
        words.append(f'--adapt --adapt-from {args.adapt_from:g}')
    words.append(f'--questions {args.questions} --hands {args.hands} --threads {torch.get_num_threads()}')
    if args.out:
        words.append(f'--out {args.out}')
    return ' '.join(words)


if __name__ == '__main__':
    main()
