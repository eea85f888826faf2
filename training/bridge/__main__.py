"""Trains a bridge between two frozen ends: `python -m training.bridge --help`. See README.md."""

import argparse
from pathlib import Path

import torch
from accelerate import Accelerator

from training.bridge import data
from training.bridge.projector import Projector
from training.common import Progress, groups, rate

KINDS = {'projector': Projector}
ANSWER_TOKENS = 40
SAVE_SECONDS = 300


def arguments():
    parser = argparse.ArgumentParser(prog='python -m training.bridge', description=__doc__)
    parser.add_argument('--kind', choices=KINDS, default='projector')
    for name in ('vision', 'language', 'data', 'out'):
        parser.add_argument(f'--{name}', type=Path, required=True, metavar='DIR')
    parser.add_argument('--steps', type=int, default=2000)
    parser.add_argument('--batch', type=int, default=32, help='examples of a step, over all processes')
    parser.add_argument('--accumulate', type=int, default=1, help='parts that a step is computed in')
    parser.add_argument('--rate', type=float, default=1e-3, help='the highest learning rate')
    parser.add_argument('--held-out', type=int, default=64, help='examples at the end that are not trained on')
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args()


def parts(examples, accelerator, accumulate):
    """The examples of this process, in as many parts as a step is computed in."""
    own = examples[accelerator.process_index :: accelerator.num_processes]
    return [own[i::accumulate] for i in range(accumulate)]


def held_out(bridge, accelerator, examples):
    """Mean loss, and the share of examples that are answered word by word."""
    with torch.no_grad(), accelerator.autocast():
        losses = [bridge.model(**on(accelerator, bridge.inputs([one]))).loss.item() for one in examples]
    exact = sum(bridge.answer(one, ANSWER_TOKENS) == one.answer for one in examples)
    return {'held_out_loss': round(sum(losses) / len(losses), 4), 'held_out_exact': round(exact / len(examples), 4)}


def on(accelerator, inputs):
    return {name: tensor.to(accelerator.device) for name, tensor in inputs.items()}


def main():
    args = arguments()
    accelerator = Accelerator(mixed_precision='bf16' if torch.cuda.is_available() else 'no')
    together = args.accumulate * accelerator.num_processes
    if args.batch % together != 0:
        raise SystemExit(f'--batch {args.batch} is not a multiple of {together}: parts of a step, in all processes.')
    args.out.mkdir(parents=True, exist_ok=True)
    examples = data.read(args.data)
    if len(examples) <= args.held_out:
        raise SystemExit(f'{args.data} has {len(examples)} examples, of which --held-out {args.held_out} leaves none.')
    train, held = examples[: len(examples) - args.held_out], examples[len(examples) - args.held_out :]
    bridge = KINDS[args.kind](args.vision, args.language, args.seed)
    bridge.model.to(accelerator.device)
    frozen = bridge.frozen()
    optimizer = torch.optim.AdamW(groups(bridge.bridge), lr=args.rate, betas=(0.9, 0.98))
    progress = Progress(args.out, args.kind, {'bridge': bridge.bridge, 'optimizer': optimizer})
    warm = min(200, args.steps // 10 + 1)
    while progress.step < args.steps:
        chosen = parts(data.batch(train, progress.step, args.batch, args.seed), accelerator, args.accumulate)
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, args.steps, args.rate, warm=warm)
        total = torch.zeros((), device=accelerator.device)
        for part in chosen:
            with accelerator.autocast():
                loss = bridge.model(**on(accelerator, bridge.inputs(part))).loss / len(chosen)
            loss.backward()
            total += loss.detach()
        for parameter in bridge.bridge.parameters():
            parameter.grad = accelerator.reduce(parameter.grad, reduction='mean')
        torch.nn.utils.clip_grad_norm_(bridge.bridge.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        progress.step += 1
        mean = accelerator.reduce(total, reduction='mean').item()
        if accelerator.is_main_process:
            if progress.step % max(1, args.steps // 50) == 0:
                progress.log(loss=round(mean, 4))
            progress.save(SAVE_SECONDS)
    if bridge.frozen() != frozen:
        raise SystemExit('The ends changed while the bridge was trained.')
    if accelerator.is_main_process and not (args.out / 'config.json').exists():
        progress.save()
        progress.log(trained=sum(one.numel() for one in bridge.bridge.parameters()), **held_out(bridge, accelerator, held))
        bridge.save(args.out)


if __name__ == '__main__':
    main()
