"""Trains one stage of a bridge: resumes, accumulates, measures and saves. accelerate reduces gradients over processes."""

import contextlib
import json
import math
import time

import torch

from training.bridge import data
from training.common import MINUTES, Progress, groups, rate

SAVE_SECONDS = 300


def run(stage, args, accelerator, train, held):
    """False where `--minutes` ended before the stage did; the same command goes on then."""
    stage.begin(accelerator.device)
    steps = args.first_steps if stage.name == 'stage1' and args.first_steps else args.steps
    peak = args.rate or stage.rate
    optimizer = torch.optim.AdamW(groups(stage.bridge), lr=peak, betas=(0.9, 0.98))
    progress = Progress(args.out, stage.name, {'bridge': stage.bridge, 'optimizer': optimizer})
    if accelerator.is_main_process:
        trim(progress)
    stage.advanced = progress.step < steps
    warm, started = min(200, steps // 10 + 1), time.time()
    loss = accelerator.prepare_model(Loss(stage))

    def make(at):
        examples = data.batch(train, at, args.batch, args.seed)
        return [stage.inputs(part) for part in parts(examples, accelerator, args.accumulate)]

    for made in data.of_steps(make, range(progress.step, steps), args.workers):
        # What is random in a step depends on the step alone, so that a run that resumes ends as one that never stopped.
        torch.manual_seed(args.seed + 7919 * progress.step + accelerator.process_index)
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, steps, peak, warm=warm)
        values = step(loss, optimizer, accelerator, made)
        progress.step += 1
        if accelerator.is_main_process:
            record(stage, progress, accelerator, steps, values, held)
        if progress.step < steps and is_over(started, args.minutes, accelerator):
            break
    if accelerator.is_main_process:
        progress.save()
    accelerator.wait_for_everyone()
    return progress.step == steps


def is_over(started, minutes, accelerator):
    """Whether the time of any process is: all of them stop after the same step."""
    if minutes == math.inf:
        return False
    over = torch.tensor(float(time.time() - started > minutes * MINUTES), device=accelerator.device)
    return accelerator.reduce(over, reduction='sum').item() > 0


def parts(examples, accelerator, accumulate):
    """The examples of this process, in as many parts as a step is computed in."""
    own = examples[accelerator.process_index :: accelerator.num_processes]
    return [own[i::accumulate] for i in range(accumulate)]


class Loss(torch.nn.Module):
    """
    What accelerate prepares: one call computes a loss, and backward from it reduces the gradients over processes. Its parameters are
    those of the bridge alone.
    """

    def __init__(self, stage):
        super().__init__()
        self.bridge, self.compute = stage.bridge, stage.loss

    def forward(self, inputs):
        return self.compute(inputs)


def step(loss, optimizer, accelerator, made):
    """
    One step of the optimizer.

    @param made what the stage's `inputs` made of each part.
    @returns the mean of each logged value, over parts and processes.
    """
    totals = {}
    loss.train()
    for i, inputs in enumerate(made):
        is_last = i + 1 == len(made)
        with contextlib.nullcontext() if is_last else accelerator.no_sync(loss):
            total, values = loss(inputs)
            accelerator.backward(total / len(made))
        for name, value in values.items():
            totals[name] = totals.get(name, 0) + value.detach().float() / len(made)
    loss.eval()
    accelerator.clip_grad_norm_(loss.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return {name: round(accelerator.reduce(total, reduction='mean').item(), 4) for name, total in totals.items()}


def record(stage, progress, accelerator, steps, values, held):
    """Logs 50 times a stage, measures five times, and saves when the last time is a while ago."""
    if progress.step % max(1, steps // 50) == 0:
        progress.log(**values)
    if progress.step == steps or progress.step % max(1, steps // 5) == 0:
        with accelerator.autocast():
            progress.log(**stage.measure(held))
    progress.save(SAVE_SECONDS)


def trim(progress):
    """Takes rows of steps off the log that came after the last save, and are done again."""
    if progress.log_path.exists():
        rows = progress.log_path.read_text().splitlines(keepends=True)
        progress.log_path.write_text(''.join(row for row in rows if json.loads(row)['step'] <= progress.step))
