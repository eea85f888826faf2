"""
Stage 0b: a small OPT learns, from text alone, to caption and to answer questions about a
written scene description (see text.py). It is frozen once it answers at least 99 % rightly.

A curriculum: for the first CURRICULUM steps fewer objects and mostly single look-ups.
"""

import random
import time

import torch
from torch.nn.functional import cross_entropy
from transformers import OPTForCausalLM

from training import grammar
from training.common import MINUTES, Progress, groups, rate
from training.model import language_config
from training.scene import sample_symbols
from training.text import Text, pad, prompt

BATCH, PEAK, STEPS = 32, 2e-3, 8000
CURRICULUM = 1200
EASY = {'color': 1, 'shape': 1, 'size': 1, 'position': 2, 'presence': 1, 'count': 1, 'background': .5, 'relation': .5, 'comparison': .3}


def batch_of(text, step, pool, rng, size=BATCH):
    """`size` documents of like length: (ids, labels), each [size, slots + longest]."""
    if len(pool) < 1:
        easy = step < CURRICULUM
        rows = []
        for _ in range(size * 8):
            scene = sample_symbols(rng, rng.choice((1, 1, 2, 2)) if easy and rng.random() < .7 else None)
            options = {'weights': EASY, 'follow_up_rate': .2} if easy else {}
            ids, labels = text.document(rng, scene, captions=.08, turns=rng.randint(6, 12), **options)
            slots = text.description(scene)
            rows.append((slots + ids, [-100] * len(slots) + labels))
        rows.sort(key=lambda row: len(row[0]))
        pool += [rows[i:i + size] for i in range(0, len(rows), size)]
        rng.shuffle(pool)
    rows = pool.pop()
    return torch.from_numpy(pad([r[0] for r in rows], 1)), torch.from_numpy(pad([r[1] for r in rows], -100))


def answer_loss(model, hidden, labels):
    """Cross-entropy where there is a label only. hidden [B, L, D], labels [B, L]."""
    keep = labels >= 0
    return cross_entropy(model.lm_head(hidden[keep]).float(), labels[keep])


def train(run, steps=STEPS, minutes=None, ready=None):
    """Trains for `steps` steps, or until `minutes` are used up or `ready` (a file) exists."""
    torch.manual_seed(0)
    text = Text(run / 'tokenizer')
    model = OPTForCausalLM(language_config(text.newline))
    for parameter in (model.model.decoder.embed_tokens.weight, model.model.decoder.embed_positions.weight):
        torch.nn.init.normal_(parameter, std=.06)
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'lm', {'model': model, 'optimizer': optimizer})
    rng, pool = random.Random(progress.step + 17), []
    decoder = torch.compile(model.model.decoder, dynamic=True)
    running, since = 0.0, time.time()
    while progress.step < steps:
        ids, labels = batch_of(text, progress.step, pool, rng)
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, steps, PEAK)
        with torch.autocast('cpu', torch.bfloat16):
            hidden = decoder(inputs_embeds=model.model.decoder.embed_tokens(ids), use_cache=False).last_hidden_state
            loss = answer_loss(model, hidden, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            progress.log(loss=round(running / 100, 4), lr=round(optimizer.param_groups[0]['lr'], 6), ms=round((time.time() - since) * 10))
            running, since = 0.0, time.time()
        if progress.step % 1000 == 0:
            progress.log(**{'text': measure(model, text, 600)})
            since = time.time()
        progress.save(3 * MINUTES)
        if (minutes and progress.elapsed > minutes * MINUTES) or (ready and ready.exists()):
            break
    progress.facts['text'] = measure(model, text, 4000)
    progress.save()
    progress.log(text=progress.facts['text'])
    return model


@torch.inference_mode()
def measure(model, text, questions, seed=10**9):
    """Exact greedy answers by category over written descriptions nobody trained on."""
    rng = random.Random(seed)
    asked = []
    while len(asked) < questions:
        scene = sample_symbols(rng)
        turns = grammar.conversation(rng, scene, rng.randint(1, 5))
        turns = turns[-2:] if turns[-1].history else turns
        asked.append((text.description(scene) + [2] + text.ids(prompt(turns)), turns[-1]))
    asked.sort(key=lambda item: len(item[0]))
    right = {}
    for start in range(0, len(asked), 100):
        part = asked[start:start + 100]
        found = answers(model, text, [model.model.decoder.embed_tokens(torch.tensor(ids)) for ids, _ in part])
        for (_, turn), answer in zip(part, found):
            right.setdefault(turn.category, []).append(answer == turn.answer)
    table = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    table['all'] = round(sum(map(sum, right.values())) / questions, 4)
    return table


@torch.inference_mode()
def answers(model, text, rows, new_tokens=6):
    """Greedy continuations of embedding rows ([length, D] each, any lengths), up to the newline."""
    lengths = torch.tensor([len(row) for row in rows])
    embeds = torch.zeros(len(rows), int(lengths.max()) + new_tokens, rows[0].shape[-1])
    for index, row in enumerate(rows):
        embeds[index, :len(row)] = row
    produced = [[] for _ in rows]
    every = torch.arange(len(rows))
    for offset in range(new_tokens):
        # Right padding and a causal mask: what is behind the last real token does not matter.
        used = int(lengths.max()) + offset
        with torch.autocast('cpu', torch.bfloat16):
            hidden = model.model.decoder(inputs_embeds=embeds[:, :used], use_cache=False).last_hidden_state
            best = model.lm_head(hidden[every, lengths - 1 + offset]).argmax(-1)
        embeds[every, lengths + offset] = model.model.decoder.embed_tokens(best).float()
        for row, token in zip(produced, best.tolist()):
            row.append(token)
        if all(text.newline in row for row in produced):
            break
    return [text.decode(row[:row.index(text.newline)] if text.newline in row else row) for row in produced]
