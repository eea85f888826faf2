"""
The tokenizer and the training documents: token ids with the places where the loss is.

A document is [32 slots][</s>][text]. In stage 2 the slots hold the Q-Former's output; while the language model
learns to read, they hold a *written* description of the scene: a slot for each cell of the picture, with the noun, color,
size and place of the object in it (or blank), then two for the background. A slot is the sum of one learned vector for each
of these attributes (class Description), which is as much as an image's soft word can hold. So "is the star left of
the heart?" becomes a question about text, and can be learned from text.
"""

import json
import random
import re
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

import torch
from torch import nn

from training.language import scene as scenes
from training.language.conversation import caption, conversation, loose_caption
from training.language.phrases import OTHER_NAMES, plural
from training.language.scene import CELL_COLUMNS, CELL_ROWS
from training.world.vocabulary import BACKGROUNDS, BINS, COLORS, NOUNS, SIZE_EDGES

SLOTS = 32
CLS, PAD, BOS = 0, 1, 2  # <s> starts a text that is only encoded, </s> one that is generated
VOCABULARY = 1024  # with the four special tokens first and <image> last
DOCUMENTS, WORD_DOCUMENTS = 12_000, 6_000  # scenes that the tokenizer's merges, and the card's words, are taken from
MAX_TEXT = 191  # tokens after the slots, without </s>: 224 positions in total
VOCABULARY_ROWS = 912  # the tokenizer's 908, rounded up
GPT2_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CELLS = CELL_COLUMNS * CELL_ROWS
# Rows of the description's tables: the last of each is "blank" (for colors: of things).
ATTRIBUTES = {'noun': len(NOUNS), 'color': len(COLORS), 'size': len(SIZE_EDGES) + 1, 'x': BINS, 'y': BINS}
ELSE = len(BACKGROUNDS)  # the background of what is no drawing


def corpus(rng, count):
    """Text the tokenizer learns its merges from."""
    for _ in range(count):
        scene = scenes.sample(rng)
        yield caption(scene) + '\n'
        yield loose_caption(rng, scene) + '\n'
        yield 'Context:' + ''.join(f' Question: {t.question} Answer: {t.answer}' for t in conversation(rng, scene, 6)) + '\n'
    for word in (*NOUNS, *map(plural, NOUNS), *BACKGROUNDS):
        yield from [f' {word}'] * 300


def vocabulary(further=()):
    """The words that the model learns, for its card: a question with another word is not answered. `further`: texts that hold more."""
    names = [name for noun in NOUNS for name in (noun, *OTHER_NAMES.get(noun, ()))]
    texts = [*corpus(random.Random(1), WORD_DOCUMENTS), *names, *map(plural, names), *further]
    return sorted({word for text in texts for word in re.findall(r'[^\W_]+', text.lower())} - {'question', 'answer', 'context'})


def build_tokenizer(folder):
    """Trains the byte-level BPE and writes the files transformers and tokenizers.js load."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(GPT2_SPLIT), 'isolated'),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - 1, min_frequency=2, special_tokens=['<s>', '<pad>', '</s>', '<unk>'],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(random.Random(0), DOCUMENTS), trainer)
    tokenizer.add_special_tokens(['<image>'])
    tokenizer.post_processor = processors.TemplateProcessing(single='</s> $A', pair='</s> $A </s> $B', special_tokens=[('</s>', BOS)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token='</s>', eos_token='</s>', unk_token='</s>', pad_token='<pad>',
                                   add_bos_token=True, clean_up_tokenization_spaces=False, model_max_length=SLOTS + 1 + MAX_TEXT)
    fast.save_pretrained(folder)
    # The class name transformers 4 and 5 and tokenizers.js all know.
    path = Path(folder) / 'tokenizer_config.json'
    config = json.loads(path.read_text())
    config['tokenizer_class'] = 'PreTrainedTokenizerFast'
    path.write_text(json.dumps(config, indent=2) + '\n')


class Text:
    """Encodes strings without </s>, with a cache, since the grammar repeats itself."""

    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(Path(folder) / 'tokenizer.json'))
        self.size = self.tokenizer.get_vocab_size()
        self.memory = {}
        self.newline = self.ids('\n')[0]
        self.image = self.tokenizer.token_to_id('<image>')

    def ids(self, text):
        known = self.memory.get(text)
        if known is None:
            known = self.memory[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return known

    def spelled(self, word):
        """" word", a token for each character."""
        return [self.tokenizer.token_to_id(character) for character in ('Ġ', *word)]

    def answer_ids(self, turn):
        return self.spelled(turn.answer) if turn.kind == 'printed' else self.ids(' ' + turn.answer)

    def decode(self, ids):
        return self.tokenizer.decode(list(ids), skip_special_tokens=True).strip()

    def caption_document(self, text):
        """(ids, labels) of a caption: labels[i] is the token after ids[i]; -100 where there is no loss."""
        ids = [BOS, *self.ids(text)]
        return ids, [*ids[1:], self.newline]

    def conversation_document(self, turns, context, early=0):
        """The same for a conversation. After each answer the label is always the newline.

        `early` also asks for the answer's first word that many tokens before the question is
        over: at the noun itself the look-up takes one step, which is how it is learned at all.
        """
        ids, labels = [BOS, *self.ids('Context:')] if context else [BOS], []
        for index, turn in enumerate(turns):
            ask = self.ids(('' if index == 0 and not context else ' ') + 'Question:') + self.ids(' ' + turn.question) + self.ids(' Answer:')
            answer = self.answer_ids(turn)
            if len(ids) + len(ask) + len(answer) > MAX_TEXT + 1:
                break
            ids += ask + answer
            labels += [-100] * (len(ids) - len(labels) - len(answer) - 1 - early) + [answer[0]] * early + answer + [self.newline]
        return ids, labels

    def document(self, rng, scene, captions=.12, turns=8, early=0, **options):
        """A random document about a scene."""
        if rng.random() < captions:
            return self.caption_document(caption(scene))
        return self.conversation_document(conversation(rng, scene, turns, **options), rng.random() < .6, early)


def described(scene):
    """The written description: int64 [CELLS + 1][5] rows of the tables; the last row holds the background alone."""
    rows = [list(ATTRIBUTES.values()) for _ in range(CELLS)]
    for thing in scene.things:
        color = ATTRIBUTES['color'] if thing.color is None else COLORS.index(thing.color)
        rows[thing.slot] = [NOUNS.index(thing.shape), color, thing.size_bin, thing.x_bin, thing.y_bin]
    background = ELSE if scene.kind == 'other' else BACKGROUNDS.index(scene.background)
    return [*rows, [background, 0, 0, 0, 0]]


class Description(nn.Module):
    """Turns described scenes into the vectors that the language model reads in place of the image's soft words."""

    def __init__(self, width):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size + 1, width) for size in ATTRIBUTES.values())
        self.backgrounds = nn.Embedding(ELSE + 1, width)
        for table in (*self.tables, self.backgrounds):
            nn.init.normal_(table.weight, std=.1)

    def forward(self, rows):
        """int64 [B, CELLS + 1, 5] -> [B, SLOTS, width]"""
        cells = self.cells(rows[:, :CELLS])
        background = self.backgrounds(rows[:, CELLS, 0])[:, None].expand(-1, SLOTS - CELLS, -1)
        return torch.cat([cells, background], 1)

    def cells(self, rows):
        """int64 [..., 5] -> [..., width]"""
        return sum(table(rows[..., index]) for index, table in enumerate(self.tables))


def prompt(turns, context=None):
    """What the model is given for the last of `turns`; `context` defaults to "is there a history?"."""
    if context is None:
        context = len(turns) > 1
    past = ''.join(f' Question: {t.question} Answer: {t.answer}' for t in turns[:-1])
    text = past + f' Question: {turns[-1].question} Answer:'
    return 'Context:' + text if context else text[1:]


def pad(rows, value, multiple=8):
    """Rows of unequal length -> int64 array [rows, longest rounded up]."""
    length = -(-max(map(len, rows)) // multiple) * multiple
    array = np.full((len(rows), length), value, np.int64)
    for index, row in enumerate(rows):
        array[index, :len(row)] = row
    return array
