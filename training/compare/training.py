"""Trains a bridge for one row of the table, in pieces that resume, and logs how it answers on the way."""

import random
import time

import torch

from training.common import MINUTES, Progress, groups, rate
from training.compare.answering import measure
from training.parts.qformer import StageOne
from training.stages.lm import answer_loss
from training.stages.stage1 import losses, texts_of

FIRST_RATE = 1e-3  # of a Q-Former's first stage
ADAPTED_RATE = 3e-4  # of the language model, where it is adapted
MEASURES = 20
SAVE_SECONDS = 180
DECAY = 0.4


class Trainer:
    """
    Counts the processor's seconds of the steps alone, of all threads together: other work on the machine, which changes how long a
    step takes, hardly changes these.
    """

    def __init__(self, bridge, ends, args, steps):
        self.bridge, self.ends, self.args, self.steps, self.peak = bridge, ends, args, steps, args.rate
        # As in the paper, a Q-Former first learns with pictures and texts alone. A trained one that is swapped does not.
        self.first = round(steps * args.first) if args.kind == 'qformer' and args.swap is None else 0
        self.adapts_from = round(steps * args.adapt_from) if args.adapt else steps
        torch.manual_seed(args.seed)
        self.contrast = StageOne() if self.first else None
        shares = [(bridge, 1.0)]
        shares += [(self.contrast, 1.0)] if self.first else []
        shares += [(ends.language.requires_grad_(True), ADAPTED_RATE / self.peak)] if args.adapt else []
        own = [{**group, 'share': share} for part, share in shares for group in groups(part)]
        self.optimizer = torch.optim.AdamW([group for group in own if group['params']], lr=self.peak, betas=(0.9, 0.98))
        ends.language.requires_grad_(False)
        parts = {'bridge': bridge, 'optimizer': self.optimizer}
        parts |= {'contrast': self.contrast} if self.first else {}
        parts |= {'language': ends.language} if args.adapt else {}
        self.progress = Progress(args.folder, args.name, parts)

    def run(self):
        """False where `--minutes` ended before the steps did."""
        progress, started = self.progress, time.time()
        while progress.step < self.steps:
            begun = time.process_time()
            loss = self.step()
            progress.step += 1
            facts = progress.facts
            facts['trained'] = facts.get('trained', 0) + time.process_time() - begun
            if progress.step % max(1, self.steps // 100) == 0:
                progress.log(samples=progress.step * self.args.batch, trained=round(facts['trained'], 2), loss=round(loss, 4))
            if progress.step % max(1, self.steps // MEASURES) == 0 or progress.step == self.steps:
                self.note()
            progress.save(SAVE_SECONDS)
            if progress.step < self.steps and time.time() - started > self.args.minutes * MINUTES:
                progress.save()
                return False
        progress.save()
        return True

    def note(self):
        """How it answers now; kept with the checkpoint, so that a run that resumes has no row twice."""
        self.bridge.eval()
        facts, table = self.progress.facts, measure(self.bridge, self.ends, self.args.questions)
        row = {'samples': self.progress.step * self.args.batch, 'seconds': round(facts['trained'], 2), 'answers': table}
        facts['curve'] = [*facts.get('curve', []), row]
        self.progress.log(answers=table)

    def step(self):
        step, args = self.progress.step, self.args
        torch.manual_seed(args.seed + 7919 * step)
        if step == self.first > 0:
            self.bridge.inner.start_from(self.contrast.state_dict())
        self.bridge.train()
        self.ends.language.requires_grad_(args.adapt and step >= self.adapts_from)
        rows, ids, labels = self.ends.batch(step, args.batch, args.seed)
        features = self.ends.features[rows]
        if step < self.first:
            scenes = [self.ends.features.scenes[row] for row in rows]
            loss = sum(losses(self.contrast, features, *texts_of(random.Random(f'{args.seed} {step}'), scenes), self.ends.text))
            now = self.rate(step, self.first, FIRST_RATE)
        else:
            hidden = self.bridge.read(self.ends.language, self.bridge.see(features), ids)
            loss = answer_loss(self.ends.language, hidden, labels)
            now = self.rate(step - self.first, self.steps - self.first, self.peak)
        loss.backward()
        for group in self.optimizer.param_groups:
            group['lr'] = now * group['share']
            torch.nn.utils.clip_grad_norm_(group['params'], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()

    @staticmethod
    def rate(step, total, peak):
        return rate(step, total, peak, warm=min(200, total // 10 + 1), decay=DECAY)
