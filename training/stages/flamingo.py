"""
The Flamingo type between the same frozen ends as the LLaVA's: an IDEFICS without a resampler, of whose gated layers alone
learn (Alayrac et al. 2022, arXiv 2204.14198, section 2.2). Conversations about one picture: a word sees the last picture
before it, and no other.

Its run has the stage `lm` of a Llama, and the first run's tokenizer, pictures, features and vit.pt (links will do).
"""

import random
import time

import torch

from training.common import MINUTES, Progress, freeze, groups, initialize, mixed_precision, sha256
from training.compare.bridges import INTERVAL
from training.language.conversation import conversation
from training.parts.idefics import idefics_of_llama
from training.parts.model import vision_config
from training.stages import lm
from training.stages.features import Features
from training.stages.llava import rows_of, turns_of
from training.stages.stage2 import POOL, load_reader
from training.stages.vit import HELD_OUT
from training.stages.vit import load as load_vision
from training.text import BOS, PAD, Text, pad, prompt

BATCH, PEAK, STEPS = 32, 1e-3, 8_000
MEASURED = 600
NEW_TOKENS = 70


def picture(text):
    """The ids that stand for a picture, behind BOS. The first and last is the one that IDEFICS puts around <image>."""
    return [text.image + 1, text.image, text.image + 1]


def assemble(language, vision=None):
    """An IDEFICS of the language model, which is frozen, with gated layers that do nothing yet; `vision`: a tower's weights."""
    model = idefics_of_llama(language.config, vision_config(), INTERVAL)
    if model.load_state_dict(language.state_dict(), strict=False).unexpected_keys:
        raise RuntimeError('the language model has parts that an IDEFICS lacks')
    if vision is not None:
        model.model.vision_model.load_state_dict(vision.state_dict())
    freeze(model)
    initialize(model.model.gated_cross_attn_layers)
    model.model.gated_cross_attn_layers.requires_grad_(True)
    return model


def batches(rng, text, features):
    """Endless (rows [BATCH], ids, labels) of documents of like length."""
    while True:
        documents = []
        for (row,) in rows_of(rng, features, 1, BATCH * POOL):
            ids, labels = text.conversation_document(turns_of(rng, features.scenes[row]), False)
            documents.append((row, [BOS, *picture(text), *ids[1:]], [*[-100] * 3, *labels]))
        documents.sort(key=lambda item: len(item[1]))
        parts = [documents[i:i + BATCH] for i in range(0, len(documents), BATCH)]
        rng.shuffle(parts)
        for part in parts:
            yield [p[0] for p in part], torch.from_numpy(pad([p[1] for p in part], PAD)), torch.from_numpy(pad([p[2] for p in part], -100))


def read(model, seen, ids, image):
    """seen [B, 197, WIDTH], ids [B, L] -> hidden states [B, L, WIDTH]; what follows <image> sees the picture."""
    sees = (ids == image).cumsum(1)[..., None]
    inputs = {'image_encoder_embeddings': seen[:, None], 'image_attention_mask': sees, 'attention_mask': torch.ones_like(ids)}
    return model.model(input_ids=ids, **inputs, use_cache=False).last_hidden_state


def train(run, steps=STEPS, minutes=None):
    torch.manual_seed(7)
    text, features = Text(run / 'tokenizer'), Features(run)
    language = load_reader(run, text, 'llama').language
    model = assemble(language)
    gated = model.model.gated_cross_attn_layers
    optimizer = torch.optim.AdamW(groups(gated), lr=PEAK, betas=(.9, .98), fused=True)
    progress = Progress(run, 'flamingo', {'gated': gated, 'optimizer': optimizer})
    progress.facts.setdefault('frozen', {'language_model': sha256(language), 'vision_model': sha256(load_vision(run))})
    source = batches(random.Random(progress.step + 29), text, features)
    running, since, first, started = 0.0, time.time(), progress.step, time.time()
    while progress.step < steps and (minutes is None or time.time() - started < minutes * MINUTES):
        for group in optimizer.param_groups:
            group['lr'] = progress.rate(steps, PEAK, decay=.5)
        rows, ids, labels = next(source)
        with mixed_precision():
            loss = lm.answer_loss(model, read(model, features[rows], ids, text.image), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(gated.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        progress.step += 1
        if progress.step % 100 == 0:
            gates = [round(layer.alpha_cross_attn.tanh().item(), 3) for layer in gated]
            progress.log(loss=round(running / min(100, progress.step - first), 4), gates=gates, ms=round((time.time() - since) * 10))
            running, since = 0.0, time.time()
        progress.save(2 * MINUTES)
    state = model.state_dict()
    if any(not torch.equal(tensor, state[name]) for name, tensor in language.state_dict().items()):
        raise SystemExit('The frozen language model changed.')
    progress.facts['answers'] = measure(model, text, features, MEASURED)
    progress.save()
    progress.log(**progress.facts)


@torch.inference_mode()
def measure(model, text, features, questions, seed=10**9 + 1):
    """Exact greedy answers by category on held-out pictures."""
    rng, right = random.Random(seed), {}
    asked = [(i % HELD_OUT, conversation(rng, features.scenes[i % HELD_OUT], rng.randint(1, 5))) for i in range(questions)]
    for start in range(0, questions, 50):
        part = asked[start:start + 50]
        rows = [[BOS, *picture(text), *text.ids(prompt(turns, False))] for _, turns in part]
        for (_, turns), answer in zip(part, answers(model, text, features[[row for row, _ in part]], rows)):
            right.setdefault(turns[-1].category, []).append(answer == turns[-1].answer)
    table = {name: round(sum(marks) / len(marks), 4) for name, marks in sorted(right.items())}
    return {**table, 'all': round(sum(map(sum, right.values())) / questions, 4)}


@torch.inference_mode()
def answers(model, text, seen, rows):
    """Greedy continuations of rows of ids, up to the newline."""
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.full((len(rows), int(lengths.max()) + NEW_TOKENS), PAD)
    for index, row in enumerate(rows):
        ids[index, :len(row)] = torch.tensor(row)
    every = torch.arange(len(rows))
    for offset in range(NEW_TOKENS):
        # Right padding and a causal mask: ids after the last real one have no effect.
        hidden = read(model, seen, ids[:, :int(lengths.max()) + offset], text.image)
        ids[every, lengths + offset] = model.lm_head(hidden[every, lengths - 1 + offset]).argmax(-1)
        said = [row[length:length + offset + 1].tolist() for row, length in zip(ids, lengths)]
        if all(text.newline in one for one in said):
            break
    return [text.decode(one[:one.index(text.newline)] if text.newline in one else one) for one in said]
