"""
The LLaVA type between the same frozen encoder and a Llama: first the projector alone learns, then the language model, too
(LLaVA's two stages, Liu et al. 2023, arXiv 2304.08485, section 4.2). Conversations about one picture, about two, and about what is
printed on one.

The language model learned from text alone to answer about written scenes and letters. The projector learns from its answers and, as
stage 2 does at first, from the vectors of what was written: answers alone teach no reading.

Its run has the stages `lm` of a Llama and `printed`, and the first run's tokenizer, pictures, features and vit.pt (links will do).
"""

import random
import time
from collections import Counter

import torch

from training.common import MINUTES, Progress, groups, mixed_precision, sha256
from training.compare.bridges import Projector
from training.language.conversation import WEIGHTS, WHAT_IS_IT, caption, conversation
from training.language.questions import Turn
from training.language.reading import reading, with_reading
from training.language.two_pictures import two_pictures
from training.parts.aims import aims_of, distance, letter_patches, letters_loss, letters_told, with_written_letters
from training.stages import lm
from training.stages.features import Features
from training.stages.stage2 import POOL, load_reader
from training.stages.vit import HELD_OUT
from training.stages.vit import load as load_vision
from training.text import BOS, PAD, Text, pad, prompt

BATCH, PEAK, STEPS = 16, 1e-3, 18_400
ADAPTED_FROM, ADAPTED_PEAK = 1_000, 8e-4  # the language model's first step, and its highest rate
CAPTIONS, TWO = .25, .3  # shares of documents that begin with a caption, and of those about two pictures
PRINTED, NOT_PRINTED = .5, .04  # shares of documents about a printed word, which are short, and of others that ask for words all the same
PULL = 1, .2  # weight of the distance from written vectors, while the language model is frozen and then
LETTERS, LETTER_PATCHES = 2, 4096  # weight of the letters' cross-entropy, over so many patches a step
WRITTEN = .2  # share of printed words of which the language model reads the letters' own vectors, so that it learns where to look
MEASURED, MEASURED_PRINTED = 600, 300


def turns_of(rng, scene, least=5, most=11):
    """A conversation, in which a caption is an answer, too."""
    turns = conversation(rng, scene, rng.randint(least, most), {**WEIGHTS, 'caption': 0})
    return [Turn(rng.choice(WHAT_IS_IT), caption(scene), 'caption'), *turns] if rng.random() < CAPTIONS else turns


def batches(rng, text, features, printed):
    """
    Endless (see, ids, labels) of documents of like length; `see`: [BATCH][P] of (features, row). `printed`: the features of pictures
    with words.
    """
    while True:
        parts = of_length(one_picture(rng, text, features, row, False) for [row] in rows_of(rng, features, 1, BATCH * POOL))
        for _ in range(POOL):
            if rng.random() < TWO / (1 - TWO):
                parts.append([([(features, row) for row in rows], *text.conversation_document(two_pictures(rng, [features.scenes[row] for row in rows], rng.randint(5, 9)), False))
                              for rows in rows_of(rng, features, 2, BATCH)])
        parts += of_length(one_picture(rng, text, printed, row, True) for row in printed.training_rows(rng, BATCH * round(POOL * PRINTED / (1 - PRINTED))))
        rng.shuffle(parts)
        for part in parts:
            yield [p[0] for p in part], torch.from_numpy(pad([p[1] for p in part], PAD)), torch.from_numpy(pad([p[2] for p in part], -100))


def one_picture(rng, text, features, row, asks):
    """A document about a picture: ([(features, row)], ids, labels); `asks`: also for what is printed there."""
    turns = turns_of(rng, features.scenes[row], 1, 4) if asks else turns_of(rng, features.scenes[row])
    if asks or (features.scenes[row].kind != 'other' and rng.random() < NOT_PRINTED):
        turns = with_reading(rng, turns, features.printed[row])
    return [(features, row)], *text.conversation_document(turns, False)


def of_length(documents):
    """Parts of BATCH documents of like length."""
    documents = sorted(documents, key=lambda item: len(item[1]))
    return [documents[i:i + BATCH] for i in range(0, len(documents), BATCH)]


def rows_of(rng, features, pictures, count):
    """`count` times so many rows; of two, both are drawings."""
    rows = features.training_rows(rng, count * pictures * (2 if pictures > 1 else 1))
    if pictures > 1:
        rows = [row for row in rows if features.scenes[row].kind != 'other']
    return [rows[i * pictures:(i + 1) * pictures] for i in range(count)]


def see(bridge, shown):
    """[B][P] of (features, row) -> soft words [B, P * 196, WIDTH]; lm.joined puts </s> between pictures."""
    seen = torch.cat([features[[row]] for one in shown for features, row in one])
    return bridge.see(seen).reshape(len(shown), -1, bridge.layers[-1].out_features)


def train(run, steps=STEPS, minutes=None):
    torch.manual_seed(5)
    text, features, printed = Text(run / 'tokenizer'), Features(run), Features(run / 'printed')
    reader = load_reader(run, text, 'llama')
    language = reader.language
    bridge = Projector(language)
    learned = [{**group, 'peak': PEAK} for group in groups(bridge)]
    learned += [{**group, 'peak': ADAPTED_PEAK} for group in groups(language.requires_grad_(True))]
    optimizer = torch.optim.AdamW(learned, lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'llava', {'bridge': bridge, 'language': language, 'optimizer': optimizer})
    progress.facts.setdefault('language before', sha256(language))
    progress.facts.setdefault('vision_model', sha256(load_vision(run)))
    rng = random.Random(progress.step + 23)
    source = batches(rng, text, features, printed)
    pages = Features(run / 'pages')
    sets = [letter_patches(pictures, range(HELD_OUT, len(pictures))) for pictures in (printed, pages)]
    patches, letters = (torch.cat(part) for part in zip(*sets))
    running, since, first, started = Counter(), time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        adapts = progress.step >= ADAPTED_FROM
        language.requires_grad_(adapts)
        for group in optimizer.param_groups:
            group['lr'] = progress.rate(steps, group['peak'], decay=.5)
        shown, ids, labels = next(source)
        with mixed_precision():
            soft, aims = see(bridge, shown), aims_of(reader, shown)
            seen = lm.joined(language, with_written_letters(rng, soft, aims, WRITTEN), len(shown[0]))
            loss = lm.answer_loss(language, bridge.read(language, seen, ids), labels)
        away, some = distance(soft, aims), torch.randint(len(letters), (LETTER_PATCHES,))
        unread = letters_loss(reader, bridge.layers(patches[some].float()), letters[some])
        (loss + PULL[adapts] * away + LETTERS * unread).backward()
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group['params']], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        for name, value in (('loss', loss), ('distance', away), ('letters', unread)):
            running[name] += value.item()
        progress.step += 1
        if progress.step == ADAPTED_FROM:
            progress.log(frozen=measure(bridge, language, text, features, MEASURED), unchanged=sha256(language) == progress.facts['language before'])
            since = time.time()
        if progress.step % 100 == 0:
            progress.log(**{name: round(total / min(100, progress.step - first), 4) for name, total in running.items()}, ms=round((time.time() - since) * 10))
            running, since = Counter(), time.time()
        progress.save(2 * MINUTES)
    if progress.facts['vision_model'] != sha256(load_vision(run)):
        raise SystemExit('The frozen encoder changed.')
    progress.facts['answers'] = measure(bridge, language, text, features, MEASURED)
    progress.facts['printed'] = measure_printed(bridge, language, text, printed, MEASURED_PRINTED)
    progress.facts['letters'] = measure_letters(bridge, reader, pages)
    progress.save()
    progress.log(**progress.facts)


@torch.inference_mode()
def measure(bridge, language, text, features, questions, seed=10**9 + 1):
    """Exact greedy answers by category on held-out pictures; every eighth question is about two."""
    rng = random.Random(seed)
    drawings = [row for row in range(HELD_OUT) if features.scenes[row].kind != 'other']
    asked = []
    for i in range(questions):
        rows = [drawings[(i + j) % len(drawings)] for j in range(2)] if i % 8 == 7 else [i % HELD_OUT]
        scenes = [features.scenes[row] for row in rows]
        turns = two_pictures(rng, scenes, rng.randint(1, 3)) if len(rows) == 2 else conversation(rng, scenes[0], rng.randint(1, 5))
        asked.append(([(features, row) for row in rows], turns, turns[-1].category))
    return table_of(bridge, language, text, asked)


@torch.inference_mode()
def measure_printed(bridge, language, text, features, questions, seed=10**9 + 2):
    """The same of what is printed on held-out pictures: words, numbers, and whether there is any text."""
    rng, asked = random.Random(seed), []
    for row in range(questions):
        turn = reading(rng, features.printed[row])
        kind = 'is there text' if turn.kind != 'printed' else 'number' if turn.answer.isdigit() else 'word'
        asked.append(([(features, row)], [turn], kind))
    return table_of(bridge, language, text, asked)


@torch.inference_mode()
def measure_letters(bridge, reader, pages):
    """The share of the letters of held-out pages that the projector tells."""
    patches, letters = letter_patches(pages, range(HELD_OUT))
    return round(letters_told(reader, bridge.layers(patches.float()), letters), 4)


def table_of(bridge, language, text, asked):
    """asked: [([(features, row)], turns, category)] -> the shares of right answers."""
    table, right = language.get_input_embeddings().weight, {}
    for start in range(0, len(asked), 50):
        part = asked[start:start + 50]
        soft = [torch.cat([lm.joined(language, see(bridge, [shown]), len(shown))[0], table[[BOS] + text.ids(prompt(turns, False))]]) for shown, turns, _ in part]
        for (_, turns, category), answer in zip(part, lm.answers(language, text, soft)):
            right.setdefault(category, []).append(answer == turns[-1].answer)
    result = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    return {**result, 'all': round(sum(map(sum, right.values())) / len(asked), 4)}
