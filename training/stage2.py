"""
Stage 2: Q-Former and projection learn to prompt the frozen language model with an image, over
captions and conversations in which every answer is supervised. Frozen parts must not change; their
hashes before and after are stored.

In the first `WARM_UP` steps the loss also pulls the soft prompts towards the embeddings of the
written description that the language model learned to read: this saves hours without a GPU.
"""

import random
import time

import numpy as np
import torch
from transformers import OPTForCausalLM

from training import data, grammar, lm
from training.common import MINUTES, Progress, freeze, groups, rate, sha256
from training.model import language_config
from training.qformer import StageTwo
from training.text import Text, pad, prompt
from training.vit import HELD_OUT
from training.vit import load as load_vision

BATCH, PEAK, STEPS = 32, 6e-4, 7500  # from 1e-3 it diverges after some 3,000 steps
WARM_UP = 1500
CAPTIONS = .3  # share of the documents; the others are conversations
POOL = 8  # batches of like length are drawn together


def load_language(run, text):
    model = OPTForCausalLM(language_config(text.newline))
    model.load_state_dict(torch.load(run / 'lm.pt', weights_only=False)['model'])
    return freeze(model)


def batches(rng, text, scenes, last):
    """Endless (rows, ids, labels) of BATCH documents of like length."""
    while True:
        rows = []
        for row in rng.sample(range(last), BATCH * POOL):
            rows.append((row, *text.document(rng, scenes[row], captions=CAPTIONS, turns=rng.randint(6, 12))))
        rows.sort(key=lambda item: len(item[1]))
        parts = [rows[i:i + BATCH] for i in range(0, len(rows), BATCH)]
        rng.shuffle(parts)
        for part in parts:
            part.sort()
            yield [p[0] for p in part], torch.from_numpy(pad([p[1] for p in part], 1)), torch.from_numpy(pad([p[2] for p in part], -100))


def train(run, steps=STEPS, minutes=None):
    """Trains for `steps` steps or, if given, `minutes` minutes from now; the rate falls towards either end."""
    torch.manual_seed(3)
    text = Text(run / 'tokenizer')
    features = np.load(run / 'features.npy', mmap_mode='r')
    scenes = data.symbols(len(features))
    language = load_language(run, text)
    table = language.get_input_embeddings().weight
    model = StageTwo()
    model.start_from(torch.load(run / 'stage1.pt', weights_only=False)['model'])
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'stage2', {'model': model, 'optimizer': optimizer})
    frozen = {'vision_model': sha256(load_vision(run)), 'language_model': sha256(language)}
    if progress.facts.get('frozen before', frozen) != frozen:
        progress.facts['frozen parts replaced at step'] = progress.step
    progress.facts['frozen before'] = frozen
    words = torch.tensor([text.description(scene) for scene in scenes])
    source = batches(random.Random(progress.step + 11), text, scenes, len(features) - HELD_OUT)
    running, since, first = 0.0, time.time(), progress.step
    share = 0.0 if minutes else progress.step / steps
    while share < 1:
        rows, ids, labels = next(source)
        for group in optimizer.param_groups:
            group['lr'] = rate(share * steps, steps, PEAK, warm=200, decay=.6)
        with torch.autocast('cpu', torch.bfloat16):
            soft = model(torch.from_numpy(features[rows]).float())
            embeds = torch.cat([soft, table[ids]], 1)
            hidden = language.model.decoder(inputs_embeds=embeds, use_cache=False).last_hidden_state
            loss = told = lm.answer_loss(language, hidden[:, soft.shape[1]:], labels)
        if progress.step < WARM_UP:
            loss = told + (soft.float() - table[words[rows]].mean(2)).square().mean() / table.var()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += told.item()
        progress.step += 1
        share = (time.time() - progress.started) / (60 * minutes) if minutes else progress.step / steps
        if progress.step % 100 == 0:
            progress.log(loss=round(running / min(100, progress.step - first), 4), ms=round((time.time() - since) * 10))
            running, since = 0.0, time.time()
        if progress.step % 1000 == 0:
            progress.log(answers=measure(model, language, text, features, scenes, 600), captions=captions(model, language, text, features, scenes, 100))
            since = time.time()
        progress.save(2 * MINUTES)
    progress.facts['frozen after'] = {'vision_model': sha256(load_vision(run)), 'language_model': sha256(language)}
    progress.facts['answers'] = measure(model, language, text, features, scenes, 2000)
    progress.save()
    progress.log(**progress.facts)


@torch.inference_mode()
def measure(model, language, text, features, scenes, questions, seed=10**9 + 1):
    """Exact greedy answers by category on held-out scenes."""
    rng = random.Random(seed)
    table, first, right = language.get_input_embeddings().weight, len(features) - HELD_OUT, {}
    for start in range(0, questions, 100):
        asked, rows = [], []
        for index in range(start, min(start + 100, questions)):
            row = first + index % HELD_OUT
            turns = grammar.conversation(rng, scenes[row], rng.randint(1, 5))
            asked.append(turns)
            rows.append(row)
        soft = model(torch.from_numpy(features[rows]).float())
        found = lm.answers(language, text, [torch.cat([s, table[[2] + text.ids(prompt(turns))]]) for s, turns in zip(soft, asked)])
        for turns, answer in zip(asked, found):
            right.setdefault(turns[-1].category, []).append(answer == turns[-1].answer)
    result = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    return {**result, 'all': round(sum(map(sum, right.values())) / questions, 4)}


@torch.inference_mode()
def captions(model, language, text, features, scenes, count):
    """Share of captions that name every object with its color and shape, and of exact captions."""
    first = len(features) - HELD_OUT
    rows = list(range(first, first + count))
    soft = model(torch.from_numpy(features[rows]).float())
    start = language.get_input_embeddings().weight[[2]]
    found = lm.answers(language, text, [torch.cat([s, start]) for s in soft], 60)
    named = [caption_names(answer) == sorted(map(grammar.named, scenes[row]['objects'])) for row, answer in zip(rows, found)]
    exact = [answer == grammar.caption(scenes[row]) for row, answer in zip(rows, found)]
    return {'named': sum(named) / count, 'exact': sum(exact) / count}


def caption_names(caption):
    """Sorted "red circle"s of a caption."""
    things = caption.removesuffix(' background').rsplit(' on a ', 1)[0].replace(' and ', ', ').split(', ')
    return sorted(' '.join(thing.split()[2:4]) for thing in things)
