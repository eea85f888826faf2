"""Greedy answers of a bridge and its language model, and how many of them are right, by category."""

import random
from collections import Counter
from itertools import groupby

import torch
from transformers import DynamicCache

from training.language.conversation import UNKNOWN, caption, conversation
from training.language.phrases import named
from training.stages.stage2 import caption_names
from training.stages.vit import HELD_OUT
from training.text import BOS, MAX_TEXT, PAD, pad, prompt

AT_ONCE = 50
NEW_TOKENS = 70
ON_THE_WAY, AT_THE_END = 10**9 + 1, 10**9 + 2  # seeds of the questions


@torch.inference_mode()
def answers(bridge, ends, features, prompts):
    """Answers to prompts, each about the picture [1 + patches, WIDTH] at its place."""
    rows = [[BOS, *ends.text.ids(words)] for words in prompts]
    result = [''] * len(prompts)
    for part in of_one_length(rows):
        seen = bridge.see(torch.stack([features[i] for i in part]))
        for i, answer in zip(part, greedy(bridge, ends, seen, [rows[i] for i in part])):
            result[i] = answer
    return result


def of_one_length(rows):
    """Places of up to AT_ONCE rows that are equally long, so that none is padded."""
    by_length = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for _, same in groupby(by_length, key=lambda i: len(rows[i])):
        yield from parts_of(list(same))


def parts_of(order):
    for start in range(0, len(order), AT_ONCE):
        yield order[start : start + AT_ONCE]


def greedy(bridge, ends, seen, rows):
    """Continues rows of ids, all of one length, up to the newline."""
    cache, ids, live = DynamicCache(), torch.tensor(rows), torch.arange(len(rows))
    replies = [[] for _ in rows]
    for _ in range(min(NEW_TOKENS, 1 + MAX_TEXT - ids.shape[1])):
        best = ends.language.lm_head(bridge.read(ends.language, seen[live], ids, cache)[:, -1]).argmax(-1)
        goes_on = best != ends.text.newline
        live, ids = live[goes_on], best[goes_on][:, None]
        if len(live) == 0:
            break
        cache.batch_select_indices(goes_on)
        for row, token in zip(live.tolist(), ids[:, 0].tolist()):
            replies[row].append(token)
    return [ends.text.decode(reply) for reply in replies]


@torch.inference_mode()
def right_answers(bridge, ends, features, asked):
    """
    For each list of turns whether greedy decoding gives the last one's answer: whether each of its tokens, and the newline after
    them, is the likeliest after those before it. One pass shows it, where decoding takes one for each token.
    """
    prompts = [[BOS, *ends.text.ids(prompt(turns))] for turns in asked]
    expected = [ends.text.answer_ids(turns[-1]) for turns in asked]
    order = sorted(range(len(asked)), key=lambda i: len(prompts[i]) + len(expected[i]))
    result = [False] * len(asked)
    for part in parts_of(order):
        ids = torch.from_numpy(pad([(prompts[i] + expected[i])[: 1 + MAX_TEXT] for i in part], PAD, multiple=1))
        # Right padding and a causal mask: tokens after the last real one have no effect.
        best = ends.language.lm_head(bridge.read(ends.language, bridge.see(features[part]), ids)).argmax(-1)
        for i, row in zip(part, best.tolist()):
            result[i] = row[len(prompts[i]) - 1 :][: len(expected[i]) + 1] == [*expected[i], ends.text.newline]
    return result


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
    answered = right_answers(bridge, ends, ends.features[list(rows)], asked)
    right, total = Counter(), Counter()
    for turns, is_right in zip(asked, answered):
        for name in (turns[-1].category, 'all'):
            total[name] += 1
            right[name] += is_right
    return {name: round(right[name] / total[name], 4) for name in sorted(total)}


def captions(bridge, ends, count):
    """Share of captions that name every object with its color and shape, and of those that are right word by word."""
    rows = [i % HELD_OUT for i in range(count)]
    scenes = [ends.features.scenes[row] for row in rows]
    replies = answers(bridge, ends, ends.features[rows], [''] * count)
    names = [reply == UNKNOWN if scene.kind == 'other' else caption_names(reply) == sorted(map(named, scene.things)) for reply, scene in zip(replies, scenes)]
    exact = [reply == caption(scene) for reply, scene in zip(replies, scenes)]
    return {'named': round(sum(names) / count, 4), 'exact': round(sum(exact) / count, 4)}

