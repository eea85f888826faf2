"""
Measures the exported folder on unseen scenes, through pictures, and writes <run>/report/:
exact answers by category, captions, follow-ups without their history, a shuffled and a missing
image, and the best answers from the question alone.
"""

import json
import random
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
import torch
from transformers import Blip2ForConditionalGeneration

from training import grammar, lm
from training.common import write_json
from training.data import scene_at
from training.model import IMAGE_SIDE
from training.render import squashed
from training.scene import sample_symbols
from training.stage2 import caption_names
from training.text import Text, prompt
from training.vit import encode

UNSEEN = 10_000_000  # scene numbers from here on are in no training set
QUESTIONS, SCENES = 2000, 500


def soft_words(model, images):
    """uint8 [N, side, side, 3] -> [N, 32, D]"""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), 100):
            features = encode(model.vision_model, images[start:start + 100])
            queries = model.query_tokens.expand(len(features), -1, -1)
            parts.append(model.language_projection(model.qformer(query_embeds=queries, encoder_hidden_states=features).last_hidden_state))
    return torch.cat(parts)


def ask(model, text, soft, prompts, new_tokens=8):
    """Greedy answers to prompts, one soft prompt [32, D] (or None) each; sorted by length for speed."""
    table = model.get_input_embeddings().weight
    order = sorted(range(len(prompts)), key=lambda i: len(text.ids(prompts[i])))
    result = [''] * len(prompts)
    for start in range(0, len(order), 100):
        part = order[start:start + 100]
        rows = [torch.cat([soft[i], table[[2] + text.ids(prompts[i])]]) for i in part]
        for i, answer in zip(part, lm.answers(model.language_model, text, rows, new_tokens)):
            result[i] = answer
    return result


def questions(rng, scenes, count):
    """`count` (scene number, turns): the last turn is the question, the ones before its history."""
    result = []
    for index in range(count):
        turns = grammar.conversation(rng, scenes[index % len(scenes)], rng.randint(1, 6))
        result.append((index % len(scenes), turns if rng.random() < .5 or turns[-1].history else turns[-1:]))
    return result


def blind_answers(rng, asked):
    """The best answer without an image: the most frequent one to that question, else in that category."""
    usual, fallback = {}, {}
    for _ in range(20000):
        for turn in grammar.conversation(rng, sample_symbols(rng), 5):
            usual.setdefault(turn.question.removesuffix('?'), Counter())[turn.answer] += 1
            fallback.setdefault(turn.category, Counter())[turn.answer] += 1
    return [(usual.get(t.question.removesuffix('?')) or fallback[t.category]).most_common(1)[0][0] for t in asked]


def without_history(rng, scene, question, tries=300):
    """The likeliest answer to a follow-up, given the scene but not the history."""
    heard = Counter()
    for _ in range(tries):
        for turn in grammar.conversation(rng, scene, 4):
            if turn.history and turn.question.removesuffix('?') == question.removesuffix('?'):
                heard[turn.answer] += 1
    return heard.most_common(1)[0][0] if heard else None


def table(asked, found):
    marks = {}
    for turn, answer in zip(asked, found):
        marks.setdefault(turn.category, []).append(answer == turn.answer)
    rows = {name: round(sum(m) / len(m), 4) for name, m in sorted(marks.items())}
    return {**rows, 'all': round(sum(map(sum, marks.values())) / len(asked), 4)}


def measure(folder):
    """All numbers of an exported folder."""
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    text, rng = Text(folder), random.Random(99)
    scenes = [scene_at(UNSEEN + index) for index in range(SCENES)]
    soft = soft_words(model, np.stack([squashed(scene, IMAGE_SIDE) for scene in scenes]))
    nothing = soft_words(model, np.zeros((1, IMAGE_SIDE, IMAGE_SIDE, 3), np.uint8))[0]
    asked = questions(rng, scenes, QUESTIONS)
    last = [turns[-1] for _, turns in asked]
    prompts = [prompt(turns) for _, turns in asked]
    right = ask(model, text, [soft[s] for s, _ in asked], prompts)
    result = {'answers': table(last, right)}
    result['shuffled image'] = table(last, ask(model, text, [soft[(s + 7) % SCENES] for s, _ in asked], prompts))
    result['no image (black)'] = table(last, ask(model, text, [nothing] * len(asked), prompts))
    result['question only'] = table(last, blind_answers(rng, last))
    later = [(s, turns) for s, turns in asked if turns[-1].history]
    without = ask(model, text, [soft[s] for s, _ in later], [prompt(turns[-1:]) for _, turns in later])
    result['follow-ups without their history'] = table([turns[-1] for _, turns in later], without)['all']
    guessed = [without_history(rng, scenes[s], turns[-1].question) == turns[-1].answer for s, turns in later]
    result['follow-ups guessed best from the scene alone'] = round(sum(guessed) / len(guessed), 4)
    captions = ask(model, text, list(soft), [''] * SCENES, 60)
    named = [caption_names(c) == sorted(map(grammar.named, s['objects'])) for c, s in zip(captions, scenes)]
    result['captions'] = {'every object named': sum(named) / SCENES, 'exact': sum(c == grammar.caption(s) for c, s in zip(captions, scenes)) / SCENES}
    wrong = [{'scene': s, 'prompt': p, 'expected': t.answer, 'got': a} for (s, _), p, t, a in zip(asked, prompts, last, right) if a != t.answer]
    return result, wrong


def report(run, name='stage2'):
    folder = run / 'report'
    folder.mkdir(exist_ok=True)
    result, wrong = measure(run / 'demo-hf')
    stages = {}
    for stage in ('lm', 'vit', 'stage1', name):
        path = run / f'{stage}.pt'
        if path.exists():
            state = torch.load(path, weights_only=False)
            stages[stage] = {'steps': state['step'], 'seconds': round(state['seconds']), **state['facts']}
    write_json(folder / 'report.json', {'command': 'python -m training.train', 'stages': stages, 'final': result})
    write_json(folder / 'wrong.json', wrong[:200])
    (folder / 'REPORT.md').write_text(markdown(result, stages))
    curves(run, folder / 'losses.png', name)
    print(json.dumps(result, indent=1))


def markdown(result, stages):
    names = list(result['answers'])
    columns = ['answers', 'shuffled image', 'no image (black)', 'question only']
    lines = ['# Training report', '', f'{QUESTIONS} unseen questions about {SCENES} unseen scenes, exact match, greedy.', '',
             '| | ' + ' | '.join(columns) + ' |', '|---|' + '---|' * len(columns)]
    lines += [f'| {name} | ' + ' | '.join(f'{100 * result[c].get(name, 0):.1f} %' for c in columns) + ' |' for name in names]
    lines += ['', f"Follow-ups without their history: {100 * result['follow-ups without their history']:.1f} % (the likeliest "
              f"answer for one who sees the scene: {100 * result['follow-ups guessed best from the scene alone']:.1f} %). "
              f"Captions that name every object with its color and shape: {100 * result['captions']['every object named']:.1f} % "
              f"(word for word: {100 * result['captions']['exact']:.1f} %).", '', '## Stages', '']
    for stage, facts in stages.items():
        lines += [f"**{stage}**: {facts['steps']} steps, {facts['seconds'] / 60:.0f} minutes"]
        lines += [f'- {key}: ' + (', '.join(f'{k} {v}' for k, v in value.items()) if isinstance(value, dict) else str(value))
                  for key, value in facts.items() if key not in ('steps', 'seconds')] + ['']
    return '\n'.join([*lines, '![losses](losses.png)', ''])


def curves(run, path, name):
    """One picture: the loss of each stage over its steps."""
    matplotlib.use('Agg')
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(15, 3.2))
    for axis, (stage, title) in zip(axes, (('vit', '0a image encoder'), ('lm', '0b language model'), ('stage1', '1 Q-Former'), (name, '2 soft prompt'))):
        log = Path(run / f'{stage}.log.jsonl')
        rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        for key in ('loss', 'itc', 'itm', 'itg'):
            points = [(row['step'], row[key]) for row in rows if key in row]
            if points:
                axis.plot(*zip(*points), label=key)
        axis.set(title=title, xlabel='step', yscale='log')
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)
