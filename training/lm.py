"""
Stage 0b: a small OPT learns, from text alone, to caption and to answer questions about a
written scene description (see text.py). It is frozen once at least 99 % of its answers are right.

A curriculum: for the first CURRICULUM steps only single look-ups, among three or four objects
(with one or two it could guess), and always an early hint of where the answer is found.
"""

import random
import time

import torch
from torch.nn.functional import cross_entropy
from transformers import OPTForCausalLM

from training import grammar
from training.common import MINUTES, Progress, groups, initialize, match_queries_to_keys, rate
from training.model import language_config
from training.scene import sample_symbols
from training.text import Text, pad, prompt

BATCH, PEAK, STEPS = 16, 1.5e-3, 18300
CURRICULUM = 1000
EARLY = 3  # the answer is also asked for at the last word, "?" and "answer"
PLAIN, PLAIN_FROM = .25, 6000  # share of descriptions with one word in each slot, and when they begin
HARD = {'color': .7, 'shape': .6, 'size': .5, 'count': 1.8, 'position': 1, 'presence': 1, 'background': .3, 'comparison': 3.5, 'relation': 2}
EASY = {'color': 1, 'shape': 1, 'size': .5, 'position': 1.5}


def batch_of(text, step, pool, rng, size=BATCH):
    """`size` documents of like length: (slots [size, 32, 3], ids [size, L], labels [size, L])."""
    if len(pool) < 1:
        easy = step < CURRICULUM
        rows = []
        for _ in range(size * 8):
            scene = sample_symbols(rng, rng.choice((3, 4)) if easy else None)
            options = {'weights': EASY, 'follow_up_rate': 0} if easy else {'weights': HARD, 'follow_up_rate': .5}
            ids, labels = text.document(rng, scene, captions=.08, turns=rng.randint(6, 12), early=EARLY, **options)
            slots = text.description(scene, step >= PLAIN_FROM and rng.random() < PLAIN)
            rows.append((ids, labels, slots))
        rows.sort(key=lambda row: len(row[0]))
        pool += [rows[i:i + size] for i in range(0, len(rows), size)]
        rng.shuffle(pool)
    rows = pool.pop()
    return torch.tensor([r[2] for r in rows]), torch.from_numpy(pad([r[0] for r in rows], 1)), torch.from_numpy(pad([r[1] for r in rows], -100))


def answer_loss(model, hidden, labels):
    """Cross-entropy where there is a label only. hidden [B, L, D], labels [B, L]."""
    keep = labels >= 0
    return cross_entropy(model.lm_head(hidden[keep]).float(), labels[keep])


def train(run, steps=STEPS, minutes=None, ready=None):
    """Trains for `steps` steps, or until `minutes` are used up or `ready` (a file) exists."""
    torch.manual_seed(0)
    text = Text(run / 'tokenizer')
    model = OPTForCausalLM(language_config(text.newline))
    initialize(model.model.decoder, layers=6)
    match_queries_to_keys(model.model.decoder)
    torch.nn.init.normal_(model.model.decoder.embed_tokens.weight, std=.1)
    torch.nn.init.normal_(model.model.decoder.embed_positions.weight, std=.04)
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'lm', {'model': model, 'optimizer': optimizer})
    rng, pool = random.Random(progress.step + 17), []
    decoder = torch.compile(model.model.decoder, dynamic=True)
    running, since, first = 0.0, time.time(), progress.step
    while progress.step < steps:
        slots, ids, labels = batch_of(text, progress.step, pool, rng)
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, steps, PEAK)
        with torch.autocast('cpu', torch.bfloat16):
            embed = model.model.decoder.embed_tokens
            embeds = torch.cat([embed(slots).mean(2), embed(ids)], 1)
            hidden = decoder(inputs_embeds=embeds, use_cache=False).last_hidden_state[:, slots.shape[1]:]
            loss = answer_loss(model, hidden, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            progress.log(loss=round(running / min(100, progress.step - first), 4), lr=round(optimizer.param_groups[0]['lr'], 6), ms=round((time.time() - since) * 10))
            running, since = 0.0, time.time()
        if progress.step % 500 == 0:
            progress.log(**{'text': measure(model, text, 600)})
            since = time.time()
        progress.save(3 * MINUTES)
        if (minutes and progress.elapsed > minutes * MINUTES) or (ready and ready.exists()):
            break
    progress.facts['text'] = measure(model, text, 4000)
    progress.facts['plain text'] = measure(model, text, 2000, plain=True)
    progress.save()
    progress.log(**progress.facts)
    return model


@torch.inference_mode()
def measure(model, text, questions, seed=10**9, plain=False):
    """Exact greedy answers by category over written descriptions that are not in the training data."""
    rng = random.Random(seed)
    asked = []
    while len(asked) < questions:
        scene = sample_symbols(rng)
        turns = grammar.conversation(rng, scene, rng.randint(1, 5))
        asked.append((text.description(scene, plain), [2] + text.ids(prompt(turns)), turns[-1]))
    asked.sort(key=lambda item: len(item[1]))
    embed = model.model.decoder.embed_tokens
    right = {}
    for start in range(0, len(asked), 100):
        part = asked[start:start + 100]
        found = answers(model, text, [torch.cat([embed(torch.tensor(slots)).mean(1), embed(torch.tensor(ids))]) for slots, ids, _ in part])
        for (*_, turn), answer in zip(part, found):
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
        # Right padding and a causal mask: tokens after the last real one have no effect.
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
