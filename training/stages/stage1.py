"""
Stage 1: the Q-Former learns image-text contrast, matching and image-grounded text generation
together (BLIP-2, section 3.2), over the frozen image encoder's features.
"""

import random
import time

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from training.common import MINUTES, Progress, groups, mixed_precision
from training.stages.features import Features
from training.language.conversation import caption, loose_caption
from training.language.search_words import search_words
from training.parts.qformer import StageOne
from training.text import BOS, CLS, PAD, Text, pad

BATCH, PEAK, STEPS = 32, 1e-3, 6000
SEARCHES = .4  # share of the texts that name only some of what is there, as people do who look for a picture
ROUNDS = {64: 4, 256: 4}  # of retrieval among so many held-out pictures


def texts_of(rng, scenes):
    """(a text for each scene, bool [B, B]: whether a scene fits a text)"""
    searches = [search_words(rng, scene) if rng.random() < SEARCHES else None for scene in scenes]
    texts = [search.text if search else caption(scene) if rng.random() < .4 else loose_caption(rng, scene) for scene, search in zip(scenes, searches)]
    fits = [[(search.fits(scene) if search else False) or own == other for search, other in zip(searches, texts)] for scene, own in zip(scenes, texts)]
    return texts, torch.tensor(fits)


def losses(model, image, captions, same, text):
    """(ITC, ITM, ITG) of a batch: image [B, 197, D], captions a list of B strings, same bool [B images, B captions]: which fit."""
    ids = torch.from_numpy(pad([[BOS, *text.ids(c)] for c in captions], PAD))
    targets = torch.from_numpy(pad([[*text.ids(c), text.newline] for c in captions], -100))
    plain = ids.clone()
    plain[:, 0] = CLS
    images, logits = model.generate(image, ids)
    texts = model.text_features(plain)
    itg = cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), label_smoothing=.1)

    # similarity [image, text]: the best of an image's 32 queries
    with torch.autocast('cpu', enabled=False):  # a temperature of .07 multiplies what bf16 rounds off
        similar = torch.einsum('iqd,td->itq', images, texts).amax(-1) / model.temperature
    by_image, by_text = same.float() / same.sum(1, keepdim=True), same.T.float() / same.T.sum(1, keepdim=True)
    itc = (cross_entropy(similar, by_image, label_smoothing=.1) + cross_entropy(similar.T, by_text, label_smoothing=.1)) / 2

    with torch.no_grad():
        wrong_text = torch.multinomial(similar.masked_fill(same, -1e4).softmax(1), 1)[:, 0]
        wrong_image = torch.multinomial(similar.T.masked_fill(same.T, -1e4).softmax(1), 1)[:, 0]
    # Half of the batch gets a wrong text, the other half a wrong image: as many wrong pairs as right ones.
    half = len(image) // 2
    wrong_image[:half], wrong_text[half:] = torch.arange(half), torch.arange(half, len(image))
    scores = model.match(torch.cat([image, image[wrong_image]]), torch.cat([plain, plain[wrong_text]]))
    itm = cross_entropy(scores, torch.cat([torch.ones(len(image)), torch.zeros(len(image))]).long())
    return itc, itm, itg


def train(run, steps=STEPS, minutes=None):
    torch.manual_seed(2)
    text, features = Text(run / 'tokenizer'), Features(run)
    model = StageOne()
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'stage1', {'model': model, 'optimizer': optimizer})
    rng = random.Random(progress.step + 3)
    running, since, first, started = np.zeros(3), time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        rows = sorted(features.training_rows(rng, BATCH))
        captions, same = texts_of(rng, [features.scenes[row] for row in rows])
        for group in optimizer.param_groups:
            group['lr'] = progress.rate(steps, PEAK, decay=.4, floor=.1)
        with mixed_precision():
            parts = losses(model, features[rows], captions, same, text)
        sum(parts).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            model.temperature.clamp_(.01, .5)
        running += [part.item() for part in parts]
        progress.step += 1
        if progress.step % 50 == 0:
            itc, itm, itg = (running / min(50, progress.step - first)).round(4).tolist()
            progress.log(itc=itc, itm=itm, itg=itg, temperature=round(model.temperature.item(), 4), ms=round((time.time() - since) * 20))
            running, since = np.zeros(3), time.time()
        progress.save(3 * MINUTES)
    progress.facts['retrieval'] = retrieval(model, text, features)
    progress.save()
    progress.log(retrieval=progress.facts['retrieval'])


@torch.inference_mode()
def retrieval(model, text, features):
    """R@1 both ways among held-out images, by contrast."""
    result = {}
    for count, rounds in ROUNDS.items():
        hits = np.zeros(2)
        for start in range(0, rounds * count, count):
            image = features[range(start, start + count)]
            captions = [caption(s) for s in features.scenes[start:start + count]]
            ids = torch.from_numpy(pad([[CLS, *text.ids(c)] for c in captions], PAD))
            similar = torch.einsum('iqd,td->itq', model.image_features(image), model.text_features(ids)).amax(-1)
            same = torch.tensor([[a == b for b in captions] for a in captions])
            every = torch.arange(count)
            hits += [same[every, similar.argmax(1)].float().mean().item(), same[similar.argmax(0), every].float().mean().item()]
        result[f'image to text, 1 of {count}'], result[f'text to image, 1 of {count}'] = (hits / rounds).round(4).tolist()
    return result
