"""
Stage 2: Q-Former and projection learn to prompt the frozen language model with an image, over captions and
conversations in which every answer is supervised. Frozen parts must not change; their hashes before and after are stored.

In the first `WARM_UP` steps the loss pulls the soft prompts towards the vectors of the written description that the
language model learned to read, without running the language model: this saves hours without a GPU. From then on the language
model's loss counts, and the distance a little: by that loss alone an object spreads over the slots around its own, and captions
name it twice and miss another.
"""

import random
import time

import torch

from training.stages import lm
from training.common import MINUTES, Progress, freeze, groups, mixed_precision, sha256
from training.stages.features import Features
from training.language.conversation import UNKNOWN, caption, conversation
from training.language.phrases import named
from training.parts.qformer import StageTwo
from training.text import ATTRIBUTES, CELLS, Text, described, pad, prompt
from training.stages.vit import HELD_OUT
from training.stages.vit import load as load_vision

BATCH, PEAK, STEPS = 32, 6e-4, 16_000
WARM_UP = 3000
PULL = .3  # weight of the distance from written vectors, after the warm-up
FULL = 6  # weight of a cell with an object; most cells are blank
CAPTIONS = .3  # share of the documents; the others are conversations
MEASURED = 600  # questions at the end
POOL = 8  # batches of like length are drawn together


def load_reader(run, text, language='opt'):
    """The frozen language model with the description's vectors."""
    reader = lm.Reader(text.newline, language)
    reader.load_state_dict(torch.load(run / 'lm.pt', weights_only=False)['model'])
    return freeze(reader)


def batches(rng, text, features):
    """Endless (rows, ids, labels) of BATCH documents of like length."""
    while True:
        documents = []
        for row in features.training_rows(rng, BATCH * POOL):
            documents.append((row, *text.document(rng, features.scenes[row], captions=CAPTIONS, turns=rng.randint(5, 11))))
        documents.sort(key=lambda item: len(item[1]))
        parts = [documents[i:i + BATCH] for i in range(0, len(documents), BATCH)]
        rng.shuffle(parts)
        for part in parts:
            part.sort(key=lambda item: item[0])
            yield [p[0] for p in part], torch.from_numpy(pad([p[1] for p in part], 1)), torch.from_numpy(pad([p[2] for p in part], -100))


def train(run, steps=STEPS, minutes=None):
    torch.manual_seed(3)
    text, features = Text(run / 'tokenizer'), Features(run)
    reader = load_reader(run, text)
    language, model = reader.language, StageTwo()
    model.start_from(torch.load(run / 'stage1.pt', weights_only=False)['model'])
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'stage2', {'model': model, 'optimizer': optimizer})
    frozen = {'vision_model': sha256(load_vision(run)), 'language_model': sha256(language)}
    if progress.facts.get('frozen before', frozen) != frozen:
        progress.facts['frozen parts replaced at step'] = progress.step
    progress.facts['frozen before'] = frozen
    rng = random.Random(progress.step + 11)
    source = batches(rng, text, features)
    running, since, first, started = torch.zeros(2), time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        for group in optimizer.param_groups:
            group['lr'] = progress.rate(steps, PEAK, warm=200, decay=.6)
        warms_up = progress.step < WARM_UP
        rows, ids, labels = (sorted(features.training_rows(rng, 2 * BATCH)), None, None) if warms_up else next(source)
        with mixed_precision():
            soft = model(features[rows])
        away = description_loss(reader, soft.float(), [features.scenes[row] for row in rows])
        loss = away if warms_up else prompting_loss(language, soft, ids, labels) + PULL * away
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += torch.stack([loss, away]).detach()
        progress.step += 1
        if progress.step % 100 == 0:
            total, distance = (running / min(100, progress.step - first)).tolist()
            progress.log(loss=round(total, 4), distance=round(distance, 4), ms=round((time.time() - since) * 10))
            running, since = torch.zeros(2), time.time()
        if progress.step % 3000 == 0:
            progress.log(answers=measure(model, language, text, features, 300), captions=captions(model, language, text, features, 100))
            since = time.time()
        progress.save(2 * MINUTES)
    progress.facts['frozen after'] = {'vision_model': sha256(load_vision(run)), 'language_model': sha256(language)}
    progress.facts['answers'] = measure(model, language, text, features, MEASURED)
    progress.save()
    progress.log(**progress.facts)


def prompting_loss(language, soft, ids, labels):
    """Of the texts ids [B, L] behind soft words [B, 32, WIDTH]."""
    embeds = torch.cat([soft, language.get_input_embeddings().weight[ids]], 1)
    with mixed_precision():
        hidden = language.get_decoder()(inputs_embeds=embeds, use_cache=False).last_hidden_state
        return lm.answer_loss(language, hidden[:, soft.shape[1]:], labels)


def description_loss(reader, soft, scenes):
    """Mean square of the soft prompts' distance from the written descriptions, as a share of their variance."""
    rows = torch.tensor([described(scene) for scene in scenes])
    wanted = reader.description(rows)
    blank = rows[:, :CELLS, 0] == ATTRIBUTES['noun']
    weight = torch.ones(wanted.shape[:2])
    weight[:, :CELLS][~blank] = FULL
    error = (soft - wanted).square().mean(-1) * weight
    return error.sum() / weight.sum() / wanted.var()


@torch.inference_mode()
def measure(model, language, text, features, questions, seed=10**9 + 1):
    """Exact greedy answers by category on held-out pictures."""
    rng = random.Random(seed)
    table, right = language.get_input_embeddings().weight, {}
    for start in range(0, questions, 100):
        rows = [row % HELD_OUT for row in range(start, min(start + 100, questions))]
        asked = [conversation(rng, features.scenes[row], rng.randint(1, 5)) for row in rows]
        soft = model(features[rows])
        replies = lm.answers(language, text, [torch.cat([s, table[[2] + text.ids(prompt(turns))]]) for s, turns in zip(soft, asked)])
        for turns, answer in zip(asked, replies):
            right.setdefault(turns[-1].category, []).append(answer == turns[-1].answer)
    result = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    return {**result, 'all': round(sum(map(sum, right.values())) / questions, 4)}


@torch.inference_mode()
def captions(model, language, text, features, count):
    """Share of captions that name every object with its color and shape, and of exact captions."""
    rows = list(range(count))
    start = language.get_input_embeddings().weight[[2]]
    replies = lm.answers(language, text, [torch.cat([s, start]) for s in model(features[rows])])
    scenes = [features.scenes[row] for row in rows]
    names = [reply == UNKNOWN if scene.kind == 'other' else caption_names(reply) == sorted(map(named, scene.things)) for reply, scene in zip(replies, scenes)]
    exact = [reply == caption(scene) for reply, scene in zip(replies, scenes)]
    return {'named': sum(names) / count, 'exact': sum(exact) / count}


def caption_names(words):
    """Sorted "red circle"s of a caption."""
    things = words.removesuffix(' background').rsplit(' on a', 1)[0].replace(' and ', ', ').split(', ')
    names = []
    for thing in things:
        bare = thing.split(' at the ')[0].split(' on the ')[0].split(' in the ')[0]
        names.append(' '.join(word for word in bare.split() if word not in ('a', 'an', 'small', 'medium', 'large')))
    return sorted(name for name in names if name != 'nothing')
