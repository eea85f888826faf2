"""Trains the head by CTC on crops; the recognizer's layers before it run in ONNX Runtime and stay as they are."""

import math
import random
import time

import onnx
import onnxruntime
import torch
from torch.nn import functional as F

from training.ocr.cyrillic.head import FEATURES, Head, start
from training.ocr.cyrillic.texts import CHARACTERS, CLASS, CYRILLIC, UNKNOWN, labels

BATCH, RATE, WARM = 24, 1.5e-3, 100


class Trunk:
    """What the recognizer computes before its last stage."""

    def __init__(self, recognizer: onnx.ModelProto):
        model = onnx.ModelProto.FromString(recognizer.SerializeToString())
        del model.graph.output[:]
        model.graph.output.append(onnx.ValueInfoProto(name=FEATURES))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    def __call__(self, pixels):
        features = torch.from_numpy(self.session.run(None, {'x': pixels})[0])
        return features.contiguous(memory_format=torch.channels_last)


def train(recognizer, known, sets, held_out, steps, log):
    """@returns the head. @param sets of lines, taken one after the other. @param log is given a line of text."""
    torch.manual_seed(1)
    rng = random.Random(5)
    head, trunk = Head(), Trunk(recognizer)
    start(head, recognizer, known)
    head = head.to(memory_format=torch.channels_last)
    stage = list(head.stage.parameters())
    others = [each for module in (head.along, head.mix, head.narrow, head.classes) for each in module.parameters()]
    optimizer = torch.optim.AdamW([{'params': others, 'share': 1}, {'params': stage, 'share': 0.5}], lr=RATE, weight_decay=0.01)
    begun, total = time.time(), 0
    for step, (lines, batch) in enumerate(batches(sets, rng, steps)):
        rate = RATE * min(1, (step + 1) / WARM) * (0.01 + 0.49 * (1 + math.cos(math.pi * step / steps)))
        for group in optimizer.param_groups:
            group['lr'] = rate * group['share']
        loss = loss_of(head, trunk(lines.input(batch, rng.choice((0, 0, 64)))), [lines.texts[i] for i in batch])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if (step + 1) % 50 == 0:
            log(f'{step + 1} of {steps}: loss {total / 50:.3f}, {time.time() - begun:.0f} s')
            total = 0
        if (step + 1) % 300 == 0 or step + 1 == steps:
            log(f'  error rates of held-out lines: {evaluate(head, trunk, held_out)}')
    return head


def batches(sets, rng, steps):
    """Batches of lines of similar width, set after set."""
    count = 0
    while True:
        for lines in sets:
            for batch in lines.batches(rng, BATCH):
                if count == steps:
                    return
                count += 1
                yield lines, batch


def loss_of(head, features, texts):
    """CTC, per character."""
    scores = head(features).log_softmax(-1).transpose(0, 1)
    targets = [labels(text) for text in texts]
    lengths = [len(target) for target in targets]
    flat = torch.tensor([label for target in targets for label in target])
    steps = torch.full((len(texts),), scores.shape[0])
    loss = F.ctc_loss(scores, flat, steps, torch.tensor(lengths), reduction='sum', zero_infinity=True)
    return loss / sum(lengths)


def evaluate(head, trunk, lines):
    """Edits per character, of lines with Cyrillic letters, of those with letters that are unknown, and of others."""
    errors = {'Cyrillic': [0, 0], 'unknown': [0, 0], 'others': [0, 0]}
    with torch.no_grad():
        for batch in lines.batches(random.Random(0), 16):
            classes = head(trunk(lines.input(batch))).argmax(-1).tolist()
            for i, row in zip(batch, classes):
                text = ''.join(c if c in CLASS else UNKNOWN for c in lines.texts[i])
                kind = 'Cyrillic' if any(c in CYRILLIC for c in text) else 'unknown' if UNKNOWN in text else 'others'
                errors[kind][0] += edits(text, decode(row).strip())
                errors[kind][1] += len(text)
    return {kind: f'{wrong / max(1, length):.2%}' for kind, (wrong, length) in errors.items()}


def decode(classes):
    kept = [c for i, c in enumerate(classes) if c != 0 and (i == 0 or c != classes[i - 1])]
    return ''.join(CHARACTERS[c - 1] for c in kept)


def edits(expected, actual):
    row = list(range(len(actual) + 1))
    for i, character in enumerate(expected):
        previous, row = row, [i + 1]
        for j, other in enumerate(actual):
            row.append(min(previous[j] + (character != other), previous[j + 1] + 1, row[j] + 1))
    return row[-1]
