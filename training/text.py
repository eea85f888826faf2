"""
The tokenizer and the training documents: token ids with the places where the loss is.

A document is [32 slots][</s>][text]. In stage 2 the slots hold the Q-Former's output; while
the language model learns to read, they hold a *written* description of the scene: three slots
for each of the nine cells in reading order, with its words (size, color, shape, or blanks), then
the background. It is written in two ways: `plain`, one word in each slot, as any text, and
`stacked`, the cell's three words on top of one another (their embeddings averaged) in each of its
slots, which is closer to what an image's soft words can hold and makes reading far easier to learn.
So "is the star left of the heart?" becomes a question about text, and can be learned from text.
"""

import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from training import grammar
from training.scene import BACKGROUND_NAMES, COLOR_NAMES, SHAPES, SIZES, sample_symbols

SLOTS = 32
BOS, PAD = 2, 1
VOCABULARY = 640  # with the four special tokens first and <image> last
MAX_TEXT = 159  # tokens after the slots, without </s>: 192 positions in total
GPT2_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
BLANK = '.'


def corpus(rng, scenes):
    """Text the tokenizer learns its merges from."""
    for _ in range(scenes):
        scene = sample_symbols(rng)
        yield grammar.caption(scene) + '\n'
        yield grammar.loose_caption(rng, scene) + '\n'
        yield 'Context:' + ''.join(f' Question: {t.question} Answer: {t.answer}' for t in grammar.conversation(rng, scene, 6)) + '\n'
    for words in (SHAPES, COLOR_NAMES, BACKGROUND_NAMES, SIZES):
        for word in words:
            yield from [f' {word} {BLANK}'] * 200


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
    tokenizer.train_from_iterator(corpus(random.Random(0), 12000), trainer)
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
        self.blank = self.ids(BLANK)[0]

    def ids(self, text):
        found = self.memory.get(text)
        if found is None:
            found = self.memory[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def decode(self, ids):
        return self.tokenizer.decode(list(ids), skip_special_tokens=True).strip()

    def description(self, scene, plain=False):
        """The written description: [SLOTS][3] token ids; a slot is the mean of its three words."""
        slots = [[self.blank] * 3 for _ in range(SLOTS)]
        for thing in scene['objects']:
            words = [self.one(' ' + thing[key]) for key in ('size', 'color', 'shape')]
            for offset in range(3):
                slots[3 * thing['cell'] + offset] = [words[offset]] * 3 if plain else words
        for slot in range(27, 28 if plain else SLOTS):
            slots[slot] = [self.one(' ' + scene['background'])] * 3
        return slots

    def one(self, word):
        (token,) = self.ids(word)
        return token

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
            answer = self.ids(' ' + turn.answer)
            if len(ids) + len(ask) + len(answer) > MAX_TEXT + 1:
                break
            ids += ask + answer
            labels += [-100] * (len(ids) - len(labels) - len(answer) - 1 - early) + [answer[0]] * early + answer + [self.newline]
        return ids, labels

    def document(self, rng, scene, captions=.12, turns=8, early=0, **options):
        """A random document about a scene."""
        if rng.random() < captions:
            return self.caption_document(grammar.caption(scene))
        return self.conversation_document(grammar.conversation(rng, scene, turns, **options), rng.random() < .6, early)


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
