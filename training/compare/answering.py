"""Greedy answers of a bridge and its language model, and how many of them are right, by category."""

import random
from collections import Counter

import torch

from training.language.conversation import UNKNOWN, caption, conversation
from training.language.phrases import named
from training.stages.stage2 import caption_names
from training.stages.vit import HELD_OUT
from training.text import BOS, MAX_TEXT, PAD, prompt

AT_ONCE = 50
NEW_TOKENS = 70
ON_THE_WAY, AT_THE_END = 10**9 + 1, 10**9 + 2  # seeds of the questions


@torch.inference_mode()
def answers(bridge, ends, features, prompts):
    """Answers to prompts, each about the picture [1 + patches, WIDTH] at its place."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    result = [''] * len(prompts)
    for start in range(0, len(order), AT_ONCE):
        part = order[start : start + AT_ONCE]
        seen = bridge.see(torch.stack([features[i] for i in part]))
        for i, answer in zip(part, greedy(bridge, ends, seen, [[BOS, *ends.text.ids(prompts[i])] for i in part])):
            result[i] = answer
    return result


def greedy(bridge, ends, seen, rows):
    """Continues each row of ids up to the newline."""
    lengths = torch.tensor([len(row) for row in rows])
    width = min(int(lengths.max()) + NEW_TOKENS, 1 + MAX_TEXT)
    ids = torch.full((len(rows), width), PAD)
    for place, row in zip(ids, rows):
        place[: len(row)] = torch.tensor(row)
    live, ends_at = torch.arange(len(rows)), lengths.clone()
    while len(live):
        # Right padding and a causal mask: tokens after the last real one have no effect.
        hidden = bridge.read(ends.language, seen[live], ids[live, : int(ends_at[live].max())])
        best = ends.language.lm_head(hidden[torch.arange(len(live)), ends_at[live] - 1]).argmax(-1)
        goes_on = (best != ends.text.newline) & (ends_at[live] < width) & (ends_at[live] - lengths[live] < NEW_TOKENS)
        live = live[goes_on]
        ids[live, ends_at[live]] = best[goes_on]
        ends_at[live] += 1
    return [ends.text.decode(row[start:end].tolist()) for row, start, end in zip(ids, lengths.tolist(), ends_at.tolist())]


def asked_about(scenes, questions, seed):
    """[(row, turns)] of held-out pictures, of whose turns the last is to be answered."""
    rng = random.Random(seed)
    return [(row, conversation(rng, scenes[row], rng.randint(1, 5))) for row in (i % HELD_OUT for i in range(questions))]


def counts(ends, questions, seed=ON_THE_WAY):
    """How many questions `measure` asks, by category."""
    categories = Counter(turns[-1].category for _, turns in asked_about(ends.features.scenes, questions, seed))
    return {**dict(sorted(categories.items())), 'all': questions}


def measure(bridge, ends, questions, seed=ON_THE_WAY):
    """Share of exact answers by category, about held-out pictures."""
    rows, asked = zip(*asked_about(ends.features.scenes, questions, seed))
    replies = answers(bridge, ends, ends.features[list(rows)], [prompt(turns) for turns in asked])
    right, total = Counter(), Counter()
    for turns, reply in zip(asked, replies):
        for name in (turns[-1].category, 'all'):
            total[name] += 1
            right[name] += reply == turns[-1].answer
    return {name: round(right[name] / total[name], 4) for name in sorted(total)}


def captions(bridge, ends, count):
    """Share of captions that name every object with its color and shape, and of those that are right word by word."""
    rows = [i % HELD_OUT for i in range(count)]
    scenes = [ends.features.scenes[row] for row in rows]
    replies = answers(bridge, ends, ends.features[rows], [''] * count)
    names = [reply == UNKNOWN if scene.kind == 'other' else caption_names(reply) == sorted(map(named, scene.things)) for reply, scene in zip(replies, scenes)]
    exact = [reply == caption(scene) for reply, scene in zip(replies, scenes)]
    return {'named': round(sum(names) / count, 4), 'exact': round(sum(exact) / count, 4)}

