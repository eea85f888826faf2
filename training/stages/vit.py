"""
Stage 0a: the image encoder (transformers' Blip2VisionModel behind a convolutional stem). Every patch says which noun,
color and size the object on it has, where that object's center is in the picture, and where it is itself; the class token
names the background. From `WORDS_FROM` of the steps on, two more heads learn contrast and captions over the same features
(words.py); the pictures grow to their full size (`SIDES`), of which stored.py keeps what the frozen blocks make. Then it is frozen.
"""

import random
import time

import torch
from torch import nn
from torch.nn.functional import cross_entropy, smooth_l1_loss
from transformers import Blip2VisionModel

from training.common import MINUTES, Progress, freeze, groups, initialize, mixed_precision
from training.parts.model import IMAGE_SIDE, PATCH, STEM, VISION_LAYERS, WIDTH, pixel_values, vision_config
from training.parts.imagenet import fetch, fill
from training.parts.stem import with_stem
from training.text import Text
from training.parts.targets import COLORLESS, OUTSIDE, mirrored, targets_of
from training.stages.stored import Stored, flip
from training.world.data import Pictures
from training.world.vocabulary import BACKGROUNDS, COLORS, NOUNS, SHAPES, SIZE_EDGES
from training.parts.words import WordHeads

BATCH, PEAK, STEPS = 64, 1.2e-3, 10_000
STEM_FROZEN_TO = 5  # blocks of the stem that stay as ImageNet left them: their gradients cost most, and edges are edges
STEM_RATE = .25  # of the learning rate, for the blocks after them, whose depthwise kernels stay, too
# Pixels of a side up to a share of the steps: what is large is learned first, at a fraction of the cost
# (progressive resizing: Tan and Le, EfficientNetV2, section 4).
SIDES = ((.3, 160), (1, IMAGE_SIDE))
WORDS_FROM = .06
HELD_OUT = 2000  # the first pictures: never trained on, in any stage
CLASSES = {'noun': len(NOUNS) + 1, 'color': len(COLORS) + 1, 'size': len(SIZE_EDGES) + 1}


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.vision = Blip2VisionModel(vision_config())
        initialize(self.vision, layers=VISION_LAYERS)
        with_stem(self.vision, STEM)
        nn.init.normal_(self.vision.embeddings.position_embedding, std=.3)
        self.heads = nn.ModuleDict({key: nn.Linear(WIDTH, size) for key, size in CLASSES.items()})
        self.heads['place'] = nn.Linear(WIDTH, 5)
        self.heads['background'] = nn.Linear(WIDTH, len(BACKGROUNDS) + 1)
        self.words = WordHeads()

    def forward(self, pixels, given=0):
        """
        pixels [B, 3, side, side] -> (features [B, 1 + patches, WIDTH], logits by name). `given`: `pixels` are what so many blocks of
        the stem make of pictures of full size.
        """
        self.vision.embeddings.patch_embedding.given = given
        hidden = self.vision(pixel_values=pixels, interpolate_pos_encoding=not given and pixels.shape[-1] != IMAGE_SIDE).last_hidden_state
        return hidden, {key: head(hidden[:, 0] if key == 'background' else hidden[:, 1:]) for key, head in self.heads.items()}


def tag_loss(logits, targets):
    weight = targets['weight'] / targets['weight'].sum()
    loss = cross_entropy(logits['background'], targets['background'])
    for key, share in (('noun', 3), ('color', 2), ('size', 1)):
        each = cross_entropy(logits[key].flatten(0, 1), targets[key].flatten(), ignore_index=OUTSIDE, reduction='none')
        full = weight.flatten() * (targets[key].flatten() != OUTSIDE)
        loss = loss + share * (each * full).sum() / full.sum()
    error = smooth_l1_loss(logits['place'], targets['place'], reduction='none', beta=.05)
    on = (targets['color'] != OUTSIDE) * weight
    return loss + 4 * ((error[..., [0, 1, 4]].sum(-1) * on).sum() / on.sum() + (error[..., 2:4].sum(-1) * (targets['noun'] != OUTSIDE) * weight).sum())


def rows_of(rng, size, pictures):
    return [rng.randrange(HELD_OUT, len(pictures)) for _ in range(size)]


def batch_of(pictures, rng, size, side):
    """(pixel values, scenes) of random pictures, some mirrored."""
    rows = rows_of(rng, size, pictures)
    images, scenes = pictures.pixels(rows), [pictures.scenes[row] for row in rows]
    flips = [scene['flips'] and rng.random() < .5 for scene in scenes]
    seen = [scene['seen'] for scene in scenes]
    flip(images, seen, flips)
    return pixel_values(images, seen, side), [mirrored(scene) if flips_it else scene for scene, flips_it in zip(scenes, flips)]


def parameter_groups(model):
    """AdamW groups with the share of the learning rate of each; the first blocks of the stem are frozen."""
    stem = model.vision.embeddings.patch_embedding
    for part in (stem.first, *stem.blocks[:STEM_FROZEN_TO]):
        part.requires_grad_(False)
    rest = stem.blocks[STEM_FROZEN_TO:]
    for block in rest:
        block.depthwise.requires_grad_(False)
    own = [{**group, 'share': STEM_RATE} for group in groups(rest, weight_decay=0.0)]
    in_rest = {id(parameter) for group in own for parameter in group['params']}
    others = [{**group, 'params': [parameter for parameter in group['params'] if id(parameter) not in in_rest], 'share': 1} for group in groups(model)]
    return own + others


def train(run, steps=STEPS, minutes=None):
    torch.manual_seed(1)
    model = Tagger().to(memory_format=torch.channels_last)
    fill(model.vision.embeddings.patch_embedding, fetch(run))
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'vit', {'model': model, 'optimizer': optimizer})
    pictures, text, rng = Pictures(run / 'pictures'), Text(run / 'tokenizer'), random.Random(progress.step + 5)
    stored, running, since, first, started = None, 0.0, time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        side = next(side for until, side in SIDES if progress.step < steps * until)
        if side == IMAGE_SIDE and stored is None:
            stored = Stored(run, pictures, model.vision.embeddings.patch_embedding, STEM_FROZEN_TO)
            since = time.time()
        pixels, scenes = stored[rows_of(rng, BATCH, stored)] if stored else batch_of(pictures, rng, BATCH, side)
        for group in optimizer.param_groups:
            group['lr'] = group['share'] * progress.rate(steps, PEAK, warm=200, decay=.35)
        with mixed_precision():
            features, logits = model(pixels.contiguous(memory_format=torch.channels_last), STEM_FROZEN_TO if stored else 0)
            loss = tag_loss({key: value.float() for key, value in logits.items()}, targets_of(scenes, side // PATCH))
            if progress.step >= steps * WORDS_FROM:
                loss = loss + model.words(features, scenes, text, rng)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            pictures.refresh()
            progress.log(loss=round(running / min(100, progress.step - first), 4), ms=round((time.time() - since) * 10), pictures=len(stored or pictures))
            running, since = 0.0, time.time()
        if progress.step % 1000 == 0:
            progress.log(tags=measure(model, pictures, 600, side))
            since = time.time()
        progress.save(3 * MINUTES)
    progress.facts['tags'] = measure(model, pictures, HELD_OUT, IMAGE_SIDE)
    progress.save()
    progress.log(tags=progress.facts['tags'])


@torch.inference_mode()
def measure(model, pictures, count, side):
    """Of held-out objects, read at the patch of their center: the share named rightly, by noun group and by size."""
    right, total = {}, {}
    model.eval()

    def note(name, hit):
        right[name], total[name] = right.get(name, 0) + int(hit), total.get(name, 0) + 1

    for start in range(0, count, 100):
        rows = list(range(start, min(start + 100, count)))
        scenes = [pictures.scenes[row] for row in rows]
        _, logits = model(pixel_values(pictures.pixels(rows), [s['seen'] for s in scenes], side))
        best = {key: logits[key].argmax(-1) for key in (*CLASSES, 'background')}
        for index, scene in enumerate(scenes):
            grid = side // PATCH
            every = True
            for thing in scene['objects']:
                across = min(grid - 1, int(thing['x'] * scene['seen'][0] / IMAGE_SIDE * grid))
                patch = min(grid - 1, int(thing['y'] * scene['seen'][1] / IMAGE_SIDE * grid)) * grid + across
                noun = best['noun'][index, patch] == NOUNS.index(thing['shape'])
                color = best['color'][index, patch] == (COLORLESS if thing['color'] is None else COLORS.index(thing['color']))
                note('shape' if thing['shape'] in SHAPES else 'digit' if thing['shape'].isdigit() else 'thing', noun)
                if thing['color']:
                    note('color', color)
                note('small' if thing['size'] < .2 else 'medium' if thing['size'] < .45 else 'large', noun & color)
                every = every and bool(noun & color)
            note('background' if scene['kind'] == 'drawing' else 'other', best['background'][index] == (BACKGROUNDS.index(scene['background']) if scene['kind'] == 'drawing' else len(BACKGROUNDS)))
            if scene['objects']:
                note('all objects', every)
    model.train()
    return {name: round(right[name] / total[name], 4) for name in sorted(total)}


def load(run):
    """The frozen encoder."""
    model = Tagger()
    model.load_state_dict(torch.load(run / 'vit.pt', weights_only=False)['model'])
    return freeze(model.vision)


@torch.inference_mode()
def encode(vision, images, seen):
    """uint8 [B, 224, 224, 3], letterboxed -> features [B, 1 + SIDE * SIDE, WIDTH] float32."""
    return vision(pixel_values=pixel_values(images, seen)).last_hidden_state.float()
