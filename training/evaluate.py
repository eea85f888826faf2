"""
Measures an exported folder on pictures of the training's own hands that were never trained on, with controls: the
answers with another picture's features, with a black picture, and the best answers from the question alone.
How it does on pictures by other hands, `npm run bench -- demo` says.
"""

import random
from collections import Counter

import numpy as np
import torch

from training.stages import lm
from training.language import scene as scenes
from training.language.conversation import UNKNOWN, caption, conversation
from training.language.phrases import named
from training.stages.stage2 import caption_names
from training.parts.stem import load_blip2
from training.text import Text, prompt
from training.stages.vit import encode
from training.world.data import picture_at
from training.world.spoil import letterboxed

UNSEEN = 10_000_000  # picture numbers from here on are in no training set
QUESTIONS, PICTURES = 2000, 500
USUAL = 20_000  # conversations that the most frequent answers are taken from


def unseen_pictures(count):
    """(uint8 [count, 224, 224, 3], [(width, height)], [Scene])"""
    images, seen, views = [], [], []
    for index in range(UNSEEN, UNSEEN + count):
        image, scene = picture_at(index)
        pixels, sides = letterboxed(image)
        images.append(pixels)
        seen.append(sides)
        views.append(scenes.of_picture(scene))
    return np.stack(images), seen, views


@torch.inference_mode()
def soft_words(model, images, seen):
    """-> [N, 32, WIDTH]"""
    parts = []
    for start in range(0, len(images), 100):
        features = encode(model.vision_model, images[start:start + 100], seen[start:start + 100])
        queries = model.query_tokens.expand(len(features), -1, -1)
        parts.append(model.language_projection(model.qformer(query_embeds=queries, encoder_hidden_states=features).last_hidden_state))
    return torch.cat(parts)


@torch.inference_mode()
def ask(model, text, soft, prompts):
    """Greedy answers to prompts, one soft prompt [32, WIDTH] each; sorted by length for speed."""
    table = model.get_input_embeddings().weight
    order = sorted(range(len(prompts)), key=lambda i: len(text.ids(prompts[i])))
    result = [''] * len(prompts)
    for start in range(0, len(order), 100):
        part = order[start:start + 100]
        rows = [torch.cat([soft[i], table[[2] + text.ids(prompts[i])]]) for i in part]
        for i, answer in zip(part, lm.answers(model.language_model, text, rows)):
            result[i] = answer
    return result


def questions(rng, views, count):
    """`count` (picture number, turns): the last turn is the question, the ones before its history."""
    result = []
    for index in range(count):
        turns = conversation(rng, views[index % len(views)], rng.randint(1, 6))
        result.append((index % len(views), turns if rng.random() < .5 or turns[-1].history else turns[-1:]))
    return result


def blind_answers(rng, asked):
    """The best answer without a picture: the most frequent one to that question, else in that category."""
    usual, fallback = {}, {}
    for _ in range(USUAL):
        for turn in conversation(rng, scenes.sample(rng), 5):
            usual.setdefault(turn.question.removesuffix('?'), Counter())[turn.answer] += 1
            fallback.setdefault(turn.category, Counter())[turn.answer] += 1
    return [(usual.get(t.question.removesuffix('?')) or fallback[t.category]).most_common(1)[0][0] for t in asked]


def table(asked, replies):
    marks = {}
    for turn, answer in zip(asked, replies):
        marks.setdefault(turn.category, []).append(answer == turn.answer)
    rows = {name: round(sum(m) / len(m), 4) for name, m in sorted(marks.items())}
    return {**rows, 'all': round(sum(map(sum, marks.values())) / len(asked), 4)}


def is_named(reply, view):
    return reply == UNKNOWN if view.kind == 'other' else caption_names(reply) == sorted(map(named, view.things))


def measure(folder):
    """(all numbers of an exported folder, a list of pictures with their captions)"""
    model, text, rng = load_blip2(folder), Text(folder), random.Random(99)
    images, seen, views = unseen_pictures(PICTURES)
    soft = soft_words(model, images, seen)
    nothing = soft_words(model, np.zeros_like(images[:1]), [(224, 224)])[0]
    asked = questions(rng, views, QUESTIONS)
    last, prompts = [turns[-1] for _, turns in asked], [prompt(turns) for _, turns in asked]
    result = {'answers': table(last, ask(model, text, [soft[s] for s, _ in asked], prompts))}
    result['shuffled image'] = table(last, ask(model, text, [soft[(s + 7) % PICTURES] for s, _ in asked], prompts))
    result['no image (black)'] = table(last, ask(model, text, [nothing] * len(asked), prompts))
    result['question only'] = table(last, blind_answers(rng, last))
    replies = ask(model, text, list(soft), [''] * PICTURES)
    right = [is_named(reply, view) for reply, view in zip(replies, views)]
    few = [mark for mark, view in zip(right, views) if 1 <= len(view.things) <= 3]
    result['captions'] = {'every object named': round(sum(right) / PICTURES, 4), 'of 1 to 3 objects': round(sum(few) / len(few), 4),
                          'exact': round(sum(reply == caption(view) for reply, view in zip(replies, views)) / PICTURES, 4)}
    gallery = [{'pixels': image, 'seen': sides, 'right': mark, 'reply': reply, 'wanted': caption(view)}
               for image, sides, mark, reply, view in zip(images, seen, right, replies, views)]
    return result, gallery
