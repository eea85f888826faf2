"""Trains one stage of a bridge: resumes, accumulates, reduces over processes, measures and saves."""

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
    while progress.step < steps:
        # What is random in a step depends on the step alone, so that a run that resumes ends as one that never stopped.
        torch.manual_seed(args.seed + 7919 * progress.step + accelerator.process_index)
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, steps, peak, warm=warm)
        examples = data.batch(train, progress.step, args.batch, args.seed)
        values = step(stage, optimizer, accelerator, parts(examples, accelerator, args.accumulate))
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


def step(stage, optimizer, accelerator, chosen):
    """One step of the optimizer. @returns the mean of each logged value, over parts and processes."""
    totals = {}
    stage.bridge.train()
    for part in chosen:
        with accelerator.autocast():
            loss, values = stage.loss(part)
        (loss / len(chosen)).backward()
        for name, value in values.items():
            totals[name] = totals.get(name, 0) + value.detach().float() / len(chosen)
    stage.bridge.eval()
    for parameter in stage.bridge.parameters():
        if parameter.grad is not None:
            parameter.grad = accelerator.reduce(parameter.grad, reduction='mean')
    torch.nn.utils.clip_grad_norm_(stage.bridge.parameters(), 1.0)
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
