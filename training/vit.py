"""
Stage 0a: the image encoder (transformers' Blip2VisionModel) learns from scenes alone, by tagging:
every patch says which shape, color and size the object in its cell has (or none) and which patch
it is (else positions are lost), and the class token predicts the background. Then it is frozen and
its features are written to <run>/features.npy, since it never changes again.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import Blip2VisionModel

from training import data
from training.common import MINUTES, Progress, freeze, groups, initialize, rate
from training.model import MEAN, PATCHES, STD, WIDTH, vision_config
from training.scene import BACKGROUND_NAMES, COLOR_NAMES, SHAPES, SIZES

BATCH, PEAK, STEPS = 96, 1.5e-3, 10_000
SHIFT = 3  # pixels by which a batch is moved, either way
HELD_OUT = 2000  # the last scenes: never trained on, in any stage
NAMES = {'shape': SHAPES, 'color': COLOR_NAMES, 'size': SIZES}
SIDE = int(PATCHES ** .5)
CELL_OF_PATCH = torch.tensor([(p // SIDE) // (SIDE // 3) * 3 + p % SIDE // (SIDE // 3) for p in range(PATCHES)])


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.vision = Blip2VisionModel(vision_config())
        initialize(self.vision, layers=4)
        nn.init.normal_(self.vision.embeddings.position_embedding, std=.3)
        self.heads = nn.ModuleDict({key: nn.Linear(WIDTH, len(names) + 1) for key, names in NAMES.items()})
        self.heads['patch'] = nn.Linear(WIDTH, PATCHES)
        self.heads['background'] = nn.Linear(WIDTH, len(BACKGROUND_NAMES))

    def forward(self, pixels):
        """pixels [B, 3, side, side] -> logits: per patch [B, 81, classes], background [B, 5]."""
        hidden = self.vision(pixel_values=pixels).last_hidden_state
        return {key: head(hidden[:, 0] if key == 'background' else hidden[:, 1:]) for key, head in self.heads.items()}


def labels_of(scenes):
    """{'shape', 'color', 'size': [N, 9] (the last class is "none"), 'background': [N]}"""
    tags = {key: torch.full((len(scenes), 9), len(names)) for key, names in NAMES.items()}
    for index, scene in enumerate(scenes):
        for thing in scene['objects']:
            for key, names in NAMES.items():
                tags[key][index, thing['cell']] = names.index(thing[key])
    tags['background'] = torch.tensor([BACKGROUND_NAMES.index(scene['background']) for scene in scenes])
    return tags


def normalized(images):
    """uint8 [B, side, side, 3] -> float [B, 3, side, side], as BlipImageProcessor does."""
    pixels = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255
    return (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def train(run, steps=STEPS):
    torch.manual_seed(1)
    model = Tagger()
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'vit', {'model': model, 'optimizer': optimizer})
    tags = labels_of(data.symbols(data.SCENES))
    rng = np.random.default_rng(progress.step + 5)
    mirrored = torch.tensor([2, 1, 0, 5, 4, 3, 8, 7, 6])
    running, since, first = 0.0, time.time(), progress.step
    while progress.step < steps:
        images, ready = data.load(run)
        rows = np.sort(rng.integers(0, min(ready, data.SCENES - HELD_OUT), BATCH))
        flip = torch.from_numpy(rng.random(BATCH) < .5)
        pixels = normalized(images[rows])
        pixels = torch.where(flip.view(-1, 1, 1, 1), pixels.flip(3), pixels)
        pixels = pixels.roll(tuple(rng.integers(-SHIFT, SHIFT + 1, 2)), (2, 3))
        pixels *= torch.from_numpy(rng.uniform(.93, 1.05, (BATCH, 1, 1, 1))).float()
        for group in optimizer.param_groups:
            group['lr'] = rate(progress.step, steps, PEAK, decay=.3)
        with torch.autocast('cpu', torch.bfloat16):
            logits = model(pixels)
            loss = .3 * cross_entropy(logits['patch'].flatten(0, 1).float(), torch.arange(PATCHES).repeat(BATCH))
            loss = loss + cross_entropy(logits['background'].float(), tags['background'][rows])
            for key in NAMES:
                cells = tags[key][rows]
                target = torch.where(flip[:, None], cells[:, mirrored], cells)[:, CELL_OF_PATCH]
                loss = loss + 2 * cross_entropy(logits[key].flatten(0, 1).float(), target.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            progress.log(loss=round(running / min(100, progress.step - first), 4), ms=round((time.time() - since) * 10), ready=ready)
            running, since = 0.0, time.time()
        if progress.step % 500 == 0:
            progress.log(tags=measure(model, run, tags, min(ready - HELD_OUT, data.SCENES - HELD_OUT), 400))
            since = time.time()
        progress.save(3 * MINUTES)
    progress.facts['tags'] = measure(model, run, tags, data.SCENES - HELD_OUT, HELD_OUT)
    progress.save()
    progress.log(tags=progress.facts['tags'])


@torch.inference_mode()
def measure(model, run, tags, first, count):
    """Share of occupied cells whose middle patch has the right tags, in all and among small objects; exact scenes."""
    images, _ = data.load(run)
    right = {key: [] for key in (*NAMES, 'background', 'small shape', 'cells')}
    middle = torch.tensor([(SIDE * (3 * (c // 3) + 1)) + 3 * (c % 3) + 1 for c in range(9)])
    model.eval()
    for start in range(first, first + count, 200):
        rows = slice(start, min(start + 200, first + count))
        with torch.autocast('cpu', torch.bfloat16):
            logits = model(normalized(images[rows]))
        right['background'].append((logits['background'].argmax(-1) == tags['background'][rows]).float())
        every = True
        full = tags['shape'][rows] < len(SHAPES)
        for key in NAMES:
            hit = logits[key][:, middle].argmax(-1) == tags[key][rows]
            every = hit & every
            right[key].append(hit[full].float())
            if key == 'shape':
                right['small shape'].append(hit[full & (tags['size'][rows] == 0)].float())
        right['cells'].append(every.float().flatten())
    model.train()
    return {key: round(torch.cat(parts).mean().item(), 4) for key, parts in right.items()}


def load(run):
    """The frozen encoder."""
    model = Tagger()
    model.load_state_dict(torch.load(run / 'vit.pt', weights_only=False)['model'])
    return freeze(model.vision)


@torch.inference_mode()
def encode(vision, images):
    """uint8 [B, side, side, 3] -> features [B, 82, 128] float32."""
    return vision(pixel_values=normalized(images)).last_hidden_state.float()


def write_features(run):
    vision = load(run)
    images, _ = data.load(run)
    features = np.lib.format.open_memmap(run / 'features.npy', 'w+', np.float16, (data.SCENES, PATCHES + 1, WIDTH))
    for start in range(0, data.SCENES, 200):
        with torch.autocast('cpu', torch.bfloat16):
            features[start:start + 200] = encode(vision, images[start:start + 200]).numpy()
    features.flush()
