"""
Stage 0b: a small OPT learns, from text alone, to caption and to answer questions about a
written scene description (see text.py), whose vectors it learns too. Then it is frozen.

A Llama also learns about two pictures and to read printed letters (parts/letters.py), which the LLaVA type needs.

A curriculum: for the first CURRICULUM steps only single look-ups, among few objects, and always an early hint of where the
answer is. Half of the descriptions are blurred, as an image's soft words will be: by noise, and as parts/spread.py says.
"""

import random
import time

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from training.common import MINUTES, Progress, groups, initialize, match_queries_to_keys, mixed_precision
from training.language import scene as scenes
from training.language.conversation import conversation
from training.language.reading import reading, with_reading
from training.language.two_pictures import two_pictures
from training.parts.letters import Letters, written
from training.parts.model import WIDTH, language_model
from training.parts.spread import spread
from training.text import BOS, CELLS, Description, Text, described, pad, prompt
from training.world.printed import made_up, sample_word

BATCH, PEAK = 16, 1.5e-3
STEPS = {'opt': 22_000, 'llama': 16_000}
CURRICULUM = 1500
CAPTIONS = .3  # share of the documents; the others are conversations
EARLY = 3  # the answer is also asked for at the last word, "?" and "answer"
MEASURED = 4000  # questions at the end
PAIRS = .15  # of a Llama's documents are about two pictures; an OPT has positions for one
PRINTED = .2  # share of a Llama's documents that come with a row of patches for letters, which may be blank
NOISE = .25  # of a blurred description, as a part of its standard deviation
HARD = {'color': .7, 'shape': .7, 'size': .6, 'count': 1.8, 'position': 1.3, 'digit': .1, 'presence': 1, 'absent': .8, 'background': .3, 'comparison': 3, 'relation': 2.6, 'caption': .1}
EASY = {'color': 1, 'shape': 1, 'size': .5, 'position': 1.2, 'background': .2}


class Reader(nn.Module):
    """The language model, and the vectors of written descriptions and letters, which are needed only to train."""

    def __init__(self, newline, kind='opt', layers=None):
        super().__init__()
        self.language = language_model(kind, newline, layers)
        self.description = Description(WIDTH)
        if kind == 'llama':
            self.letters = Letters(WIDTH)

    def slots(self, rows, letters=None, spreads=False):
        """
        int64 [B, 31 * P, 5] -> the vectors of P pictures, [B, 32 * P, width]; `letters`: int64 [B, ROW, 2], of which ROW more
        follow. `spreads`: objects into slots beside theirs.
        """
        each = rows.view(-1, CELLS + 1, rows.shape[-1])
        slots = self.description(each)
        if spreads:
            slots = torch.cat([spread(self.description, each), slots[:, CELLS:]], 1)
        slots = slots.reshape(len(rows), -1, WIDTH)
        return slots if letters is None else torch.cat([slots, self.letters(letters)], 1)

    def start(self):
        decoder = self.language.get_decoder()
        initialize(decoder, layers=len(decoder.layers))
        match_queries_to_keys(decoder)
        nn.init.normal_(decoder.embed_tokens.weight, std=.1)
        if hasattr(decoder, 'embed_positions'):
            nn.init.normal_(decoder.embed_positions.weight, std=.04)
        return self


def batch_of(text, step, pool, rng, size=BATCH, more=False):
    """
    `size` documents of like length: (rows [size, 31 * P, 5], letters [size, ROW, 2] or None, ids [size, L], labels [size, L]), of
    P pictures each: 1, or with `more` sometimes 2, or 1 with letters.
    """
    if len(pool) < 1:
        easy = step < CURRICULUM
        documents = []
        for _ in range(size * 8):
            scene = scenes.sample(rng, rng.choice((2, 3, 4)) if easy else None)
            options = {'weights': EASY, 'follow_up_rate': 0} if easy else {'weights': HARD, 'follow_up_rate': .45}
            ids, labels = text.document(rng, scene, captions=CAPTIONS, turns=rng.randint(6, 13), early=EARLY, **options)
            documents.append((ids, labels, described(scene), None))
        documents.sort(key=lambda row: len(row[0]))
        pool += [documents[i:i + size] for i in range(0, len(documents), size)]
        for share, document in ((PAIRS, document_of_two), (PRINTED, document_of_letters)) if more and not easy else ():
            pool += [[document(text, rng) for _ in range(size)] for _ in range(8) if rng.random() < share]
        rng.shuffle(pool)
    ids, labels, rows, letters = zip(*pool.pop())
    return torch.tensor(rows), torch.tensor(letters) if letters[0] else None, torch.from_numpy(pad(ids, 1)), torch.from_numpy(pad(labels, -100))


def document_of_two(text, rng):
    """A conversation about two written scenes: (ids, labels, rows [62, 5], None)."""
    two = [scenes.sample(rng, rng.randint(0, 5)) for _ in range(2)]
    ids, labels = text.conversation_document(two_pictures(rng, two, rng.randint(5, 9)), False, EARLY)
    return ids, labels, [row for scene in two for row in described(scene)], None


def document_of_letters(text, rng):
    """A short conversation about a written scene and what is printed there: (ids, labels, rows [31, 5], letters [ROW, 2])."""
    scene, word = scenes.sample(rng, rng.randint(0, 3)), letters_to_read(rng)
    turns = with_reading(rng, [reading(rng, word), *conversation(rng, scene, rng.randint(0, 4))], word)
    ids, labels = text.conversation_document(turns, False)
    return ids, labels, described(scene), written(rng, word)


def letters_to_read(rng):
    """A word, a number, letters that are no word, or None: letters are to be read, and not to be guessed."""
    if rng.random() < .15:
        return None
    return made_up(rng) if rng.random() < .5 else sample_word(rng)


def pictures_of(rows):
    """Of documents as batch_of makes them."""
    return len(rows[0]) // (CELLS + 1)


def joined(language, soft, pictures):
    """What stands for so many pictures, soft [B, P * N, width], with </s> between them: [B, P * N + P - 1, width]."""
    between = language.get_input_embeddings().weight[BOS].expand(len(soft), 1, -1)
    first, *others = soft.chunk(pictures, 1)
    return torch.cat([first, *(part for other in others for part in (between, other))], 1)


def answer_loss(language, hidden, labels):
    """Cross-entropy where there is a label only. hidden [B, L, D], labels [B, L]."""
    keep = labels >= 0
    return cross_entropy(language.lm_head(hidden[keep]).float(), labels[keep])


def blurred(model, rows, letters):
    """The vectors of descriptions, of which every second one is spread and noisy."""
    clean, other = (model.slots(rows[i::2], letters if letters is None else letters[i::2], spreads=i == 1) for i in range(2))
    other = other + torch.randn_like(other) * clean.detach().std() * NOISE
    return torch.stack([clean, other], 1).flatten(0, 1)


def train(run, steps=None, minutes=None, language='opt', layers=None):
    """
    Trains for `steps` steps (default STEPS), or stops after `minutes`, to be resumed. `language`: of training.parts.model.LANGUAGES,
    with its own number of layers unless `layers` says another.
    """
    steps = STEPS[language] if steps is None else steps
    torch.manual_seed(0)
    text = Text(run / 'tokenizer')
    model = Reader(text.newline, language, layers).start()
    optimizer = torch.optim.AdamW(groups(model), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'lm', {'model': model, 'optimizer': optimizer})
    rng, pool, more = random.Random(progress.step + 17), [], language == 'llama'
    decoder, embed = model.language.get_decoder(), model.language.get_input_embeddings()
    running, since, first, started = 0.0, time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        rows, letters, ids, labels = batch_of(text, progress.step, pool, rng, more=more)
        for group in optimizer.param_groups:
            group['lr'] = progress.rate(steps, PEAK, decay=.35)
        with mixed_precision():
            slots = joined(model.language, blurred(model, rows, letters), pictures_of(rows))
            hidden = decoder(inputs_embeds=torch.cat([slots, embed(ids)], 1), use_cache=False).last_hidden_state[:, slots.shape[1]:]
            loss = answer_loss(model.language, hidden, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            progress.log(loss=round(running / min(100, progress.step - first), 4), lr=round(optimizer.param_groups[0]['lr'], 6), ms=round((time.time() - since) * 10))
            running, since = 0.0, time.time()
        if progress.step % 1000 == 0:
            progress.log(**{'text': measure(model, text, 600, more=more)})
            since = time.time()
        progress.save(3 * MINUTES)
    progress.facts['text'] = measure(model, text, MEASURED, more=more)
    progress.save()
    progress.log(**progress.facts)
    return model


@torch.inference_mode()
def measure(model, text, questions, seed=10**9, more=False):
    """Exact greedy answers by category over written descriptions that are not in the training data."""
    rng = random.Random(seed)
    asked = [question_of(text, rng, rng.choices(('one', 'two', 'letters'), (1 - PAIRS - PRINTED, PAIRS, PRINTED))[0] if more else 'one') for _ in range(questions)]
    asked.sort(key=lambda item: len(item[2]))
    embed = model.language.get_input_embeddings()
    right = {}
    for start in range(0, len(asked), 100):
        part = asked[start:start + 100]
        soft = [joined(model.language, model.slots(torch.tensor([rows]), letters and torch.tensor([letters])), pictures_of([rows]))[0] for rows, letters, _, _ in part]
        replies = answers(model.language, text, [torch.cat([s, embed(torch.tensor(ids))]) for s, (_, _, ids, _) in zip(soft, part)])
        for (*_, turn), answer in zip(part, replies):
            right.setdefault(turn.category, []).append(answer == turn.answer)
    table = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    table['all'] = round(sum(map(sum, right.values())) / questions, 4)
    return table


def question_of(text, rng, about):
    """(rows, letters or None, ids, turn); `about`: 'one' picture, 'two', or 'letters' on one."""
    if about == 'two':
        shown = [scenes.sample(rng, rng.randint(0, 5)) for _ in range(2)]
        turns = two_pictures(rng, shown, rng.randint(1, 3))
    elif about == 'letters':
        shown, word = [scenes.sample(rng, rng.randint(0, 3))], letters_to_read(rng)
        turns = [*conversation(rng, shown[0], rng.randint(0, 2)), reading(rng, word)]
    else:
        shown = [scenes.sample(rng)]
        turns = conversation(rng, shown[0], rng.randint(1, 5))
    ids = [2] + text.ids(prompt(turns, None if about == 'one' else False))
    return [row for scene in shown for row in described(scene)], written(rng, word) if about == 'letters' else None, ids, turns[-1]


@torch.inference_mode()
def answers(language, text, rows, new_tokens=70):
    """Greedy continuations of embedding rows ([length, D] each, any lengths), up to the newline."""
    lengths = torch.tensor([len(row) for row in rows])
    embeds = torch.zeros(len(rows), int(lengths.max()) + new_tokens, rows[0].shape[-1])
    for index, row in enumerate(rows):
        embeds[index, :len(row)] = row
    produced = [[] for _ in rows]
    every = torch.arange(len(rows))
    for offset in range(new_tokens):
        # Right padding and a causal mask: tokens after the last real one have no effect.
        used = min(int(lengths.max()) + offset, language.config.max_position_embeddings)
        hidden = language.get_decoder()(inputs_embeds=embeds[:, :used], use_cache=False).last_hidden_state
        best = language.lm_head(hidden[every, (lengths - 1 + offset).clamp(max=used - 1)]).argmax(-1)
        embeds[every, lengths + offset] = language.get_input_embeddings()(best).float()
        for row, token in zip(produced, best.tolist()):
            row.append(token)
        if all(text.newline in row for row in produced):
            break
    return [text.decode(row[:row.index(text.newline)] if text.newline in row else row) for row in produced]
