"""
The miniatures of the LLaVA and the Flamingo type, trained for a few steps around a Llama that hardly learned:

    python test/training/miniatures.py        # with training/requirements.txt; fetches the ImageNet weights
"""

import json
import random
import unittest
from unittest.mock import patch

from toy_run import PART, RUN, begin

import toys
import torch  # noqa: I001: after toy_run, as all of training
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import BlipImageProcessorPil, PreTrainedTokenizerFast

from training import snapshot, train
from training.compare.bridges import Projector
from training.parts import aims
from training.parts.idefics import load_idefics
from training.parts.letters import LETTERS, NONE
from training.parts.model import SIDE
from training.parts.stem import load_llava
from training.stages import flamingo, llava, lm, vit
from training.stages.features import Features
from training.stages.stage2 import load_reader
from training.text import BOS, Text, described
from training.world import data

LLAMA = RUN / 'llama'
STEPS = 8  # enough of them for some about two pictures


def randomize(file):
    """Weights whose answers are not one token again and again."""
    torch.manual_seed(9)
    state = torch.load(file, weights_only=False)
    for part in ('language', 'bridge'):
        for tensor in state[part].values():
            if tensor.ndim > 1:
                tensor.normal_(std=0.25)
    state['language']['lm_head.weight'] = state['language']['model.embed_tokens.weight']
    torch.save(state, file)


class Miniatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls)
        vit.train(RUN, steps=0)
        train.run_stage('features', RUN)
        LLAMA.mkdir()
        for name in ('tokenizer', 'pictures', 'features', 'vit.pt'):
            (LLAMA / name).symlink_to(RUN / name)
        lm.train(LLAMA, steps=2, language='llama')
        train.run_stage('printed', LLAMA)
        for index in (0, 1):
            data.picture_at(index)[0].save(LLAMA / f'{index}.png')

    def test_projector_then_language(self):
        words = torch.load(LLAMA / 'lm.pt', weights_only=False)['model']
        state = lambda: torch.load(LLAMA / 'llava.pt', weights_only=False)  # noqa: E731
        lengths = set()  # of soft words
        for steps, unchanged in ((llava.ADAPTED_FROM, True), (STEPS, False)):
            with patch.object(Projector, 'read', autospec=True, side_effect=Projector.read) as read:
                llava.train(LLAMA, steps=steps)
            lengths |= {call.args[2].shape[1] for call in read.call_args_list}
            self.assertEqual(all(torch.equal(tensor, words[f'language.{name}']) for name, tensor in state()['language'].items()), unchanged)
        self.assertIn('two pictures', state()['facts']['answers'])
        self.assertEqual(lengths, {SIDE * SIDE, 2 * SIDE * SIDE + 1})  # a token between two
        self.assertIn('all', state()['facts']['printed'])
        self.assertIn('letters', state()['facts'])
        self.assert_keeps_what_is_no_link()
        randomize(LLAMA / 'llava.pt')
        train.run_stage('export_llava', LLAMA)
        self.assert_converts()

    def assert_keeps_what_is_no_link(self):
        kept, again = LLAMA / 'kept', LLAMA / 'again'
        steps = snapshot.save(LLAMA, kept)
        self.assertEqual((steps['lm'], steps['llava']), (2, STEPS))
        self.assertEqual({path.name for path in kept.iterdir()}, {f'{stage}.{kind}' for stage in steps for kind in ('safetensors', 'log.jsonl')})
        self.assertEqual(snapshot.load(again, kept), steps)
        self.assertNotIn('vit', steps)
        self.assertEqual((again / 'llava.log.jsonl').read_text(), (LLAMA / 'llava.log.jsonl').read_text())
        own, other = (torch.load(folder / 'llava.pt', weights_only=False) for folder in (LLAMA, again))
        for part in ('bridge', 'language'):
            self.assertTrue(all(torch.equal(tensor.half().float(), other[part][name]) for name, tensor in own[part].items()))

    def assert_converts(self):
        """The converted miniature answers as transformers' own LLaVA does, about one picture and about two."""
        files = [LLAMA / f'{index}.png' for index in (0, 1)]
        folder, package = LLAMA / 'demo-llava-hf', LLAMA / 'package'
        model = load_llava(folder)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        toys.node([toys.TERMINAL / 'pull.ts', '--from', folder, '--out', package, '--precision', 'fp32'])
        asked = ['--model', package, '--json', '--max-new-tokens', '12', '--beams', '1']
        for shown, question in ((files[:1], 'what color is the circle?'), (files, 'which one has more stars?')):
            content = [*({'type': 'image'} for _ in shown), {'type': 'text', 'text': question}]
            prompt = tokenizer.apply_chat_template([{'role': 'user', 'content': content}], tokenize=False, add_generation_prompt=True)
            self.assertEqual(prompt, '<image></s>' * len(shown) + f'Question: {question} Answer:')
            pixels = BlipImageProcessorPil.from_pretrained(folder)([Image.open(file).convert('RGB') for file in shown], return_tensors='pt')['pixel_values']
            ids = torch.tensor([tokenizer(prompt.replace('<image>', '<image>' * SIDE * SIDE)).input_ids])
            with torch.inference_mode():
                out = model.generate(pixel_values=pixels, input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False)
            said = json.loads(toys.node([toys.TERMINAL / 'ask.ts', *shown, question, *asked]))
            self.assertEqual(said['tokenIds'], out[0, ids.shape[1] :].tolist())
            self.assertGreater(len(set(said['tokenIds'])), 3)

    def test_two_pictures_have_a_token_between_them(self):
        language = load_reader(LLAMA, Text(LLAMA / 'tokenizer'), 'llama').language
        soft = torch.randn(3, 2 * 5, language.config.hidden_size)
        both = lm.joined(language, soft, 2)
        self.assertTrue(torch.equal(both[:, 5], language.get_input_embeddings().weight[[BOS] * 3]))
        self.assertTrue(torch.equal(torch.cat([both[:, :5], both[:, 6:]], 1), soft))
        self.assertTrue(torch.equal(lm.joined(language, soft, 1), soft))

    def test_aims_at_what_is_written(self):
        """Of a picture with a word, the projector's targets are the vectors of its objects and letters, where these are."""
        reader, features = load_reader(LLAMA, Text(LLAMA / 'tokenizer'), 'llama'), Features(LLAMA / 'printed')
        every = torch.cartesian_prod(torch.arange(NONE + 1), torch.arange(NONE + 1))
        vectors, spelled, there, objects = reader.letters(every), 0, 0, 0
        for row in range(PART):
            aim = aims.aim_of(reader, features, row)
            same = (aim.wanted[:, None] == vectors).all(-1)
            letters = every[same.max(-1).indices[same.any(-1)]].flatten()
            spelled += ''.join(LETTERS[letter] for letter in letters if letter != NONE) == features.printed[row]
            things = features.scenes[row].things
            cells = reader.description.cells(torch.tensor([described(features.scenes[row])[thing.slot] for thing in things])) if things else []
            there += sum((aim.wanted - cell).abs().amax(-1).min().item() < 1e-6 for cell in cells)
            objects += len(things)
            self.assertLess((aim.weights == aims.FULL).sum(), 4 * len(features.printed[row]) + len(things))
            soft = aim.wanted[None]
            self.assertEqual(aims.distance(soft, [aim]), 0)
            self.assertGreater(aims.distance(soft.roll(1, 1), [aim]), 0.1)
            printed, letters = aims.letter_patches(features, [row])
            self.assertTrue(torch.equal(printed, features[[row]][0, 1:][aim.near].half()))
            near = soft[0][aim.near]
            self.assertLess(aims.letters_loss(reader, near, letters), aims.letters_loss(reader, near.roll(1, 0), letters))
            self.assertEqual(aims.letters_told(reader, near, letters), 1)
            self.assertLess(aims.letters_told(reader, near.roll(1, 0), letters), 1)
            empty = torch.zeros_like(soft)
            written = aims.with_written_letters(random.Random(1), empty, [aim], 1)
            self.assertTrue(torch.equal(written[0][aim.near], aim.wanted[aim.near]))
            self.assertEqual(written[0][~aim.near].abs().sum(), 0)
            self.assertIs(aims.with_written_letters(random.Random(1), empty, [aim], 0), empty)
        self.assertGreater(spelled, 0.7 * PART)
        self.assertGreater(there, 0.9 * objects)  # of two on one patch, one is left

    def test_gated_layers(self):
        """They learn, and the converted miniature answers as transformers' own IDEFICS does."""
        flamingo.train(LLAMA, steps=3)
        state = torch.load(LLAMA / 'flamingo.pt', weights_only=False)
        self.assertTrue(any(state['gated'][f'{i}.alpha_cross_attn'].abs().item() > 0 for i in range(3)))
        self.assertIn('all', state['facts']['answers'])
        train.run_stage('export_flamingo', LLAMA)
        folder, package = LLAMA / 'demo-flamingo-hf', LLAMA / 'gated'
        torch.manual_seed(11)
        tensors = load_file(folder / 'model.safetensors')
        for name, tensor in tensors.items():  # whose answers are not one token again and again
            if tensor.ndim > 1 and 'vision_model' not in name:
                tensor.normal_(std=0.25)
            elif 'alpha' in name:
                tensor.fill_(0.7)
        save_file(tensors, folder / 'model.safetensors', {'format': 'pt'})
        toys.node([toys.TERMINAL / 'pull.ts', '--from', folder, '--out', package, '--precision', 'fp32'])
        self.assertNotIn('furtherPicture', json.loads((package / 'model.json').read_text())['prompts'])
        model, tokenizer = load_idefics(folder), PreTrainedTokenizerFast.from_pretrained(folder)
        said_of_each = set()
        for index in (0, 1):
            file, question = LLAMA / f'{index}.png', 'what color is the circle?'
            around = '<fake_token_around_image>'
            ids = torch.tensor([tokenizer(f'</s>{around}<image>{around}Question: {question} Answer:', add_special_tokens=False).input_ids])
            self.assertEqual(ids[0, :4].tolist(), [2, *flamingo.picture(Text(LLAMA / 'tokenizer'))])
            pixels = BlipImageProcessorPil.from_pretrained(folder)([Image.open(file).convert('RGB')], return_tensors='pt')['pixel_values']
            sees = (ids == ids[0, 2]).cumsum(1)[..., None]
            with torch.inference_mode():
                out = model.generate(input_ids=ids, pixel_values=pixels[:, None], image_attention_mask=sees, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False)
            said = json.loads(toys.node([toys.TERMINAL / 'ask.ts', file, question, '--model', package, '--json', '--max-new-tokens', '12', '--beams', '1']))
            self.assertEqual(said['tokenIds'], out[0, ids.shape[1] :].tolist())
            self.assertGreater(len(set(said['tokenIds'])), 3)
            said_of_each.add(tuple(said['tokenIds']))
        self.assertEqual(len(said_of_each), 2)  # it looks


if __name__ == '__main__':
    unittest.main()
