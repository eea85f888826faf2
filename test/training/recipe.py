"""
Trains the miniature as training/README.md says, a few steps a stage, and has the converted result answer:

    python test/training/recipe.py        # with training/requirements.txt; fetches the ImageNet weights
"""

import json
import random
import unittest

import toys
from toy_run import PART, PARTS, RUN, begin

import torch  # noqa: I001: after toy_run, as all of training
from PIL import Image
from transformers import BlipImageProcessorPil, PreTrainedTokenizerFast

from training import evaluate, text, train
from training.common import sha256
from training.language.conversation import caption
from training.parts.qformer import StageOne, StageTwo
from training.parts.stem import load_blip2
from training.stages import features, lm, stage1, stage2, stored, vit
from training.world import data

QUESTION = 'Question: what color is the circle? Answer:'
NEW_TOKENS = 12
STEPS = 16  # of stage 2, of which the first learn from written descriptions


class Recipe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls)

    def learn(self, stage, steps, loss):
        """Trains a stage in two pieces. `loss(state)`: of a module's state, on one batch."""
        name = stage.__name__.rsplit('.', 1)[-1]
        state = lambda: torch.load(RUN / f'{name}.pt', weights_only=False)  # noqa: E731
        train.run_stage(name, RUN, steps=0)
        self.assertEqual(state()['step'], 0, name)
        before = loss(state()['model'])
        (RUN / f'{name}.done').unlink()
        train.run_stage(name, RUN, steps=steps)
        self.assertEqual(state()['step'], steps)
        self.assertLess(loss(state()['model']), 0.99 * before, name)
        return state()['facts']

    def test_learns_freezes_and_answers_as_converted(self):
        self.assertEqual(len(data.Pictures(RUN / 'pictures')), PART * PARTS)
        self.learn(vit, 5, self.vision_loss)
        self.assert_stored_is_seen()
        self.learn(lm, 12, self.reading_loss)
        words = text.Text(RUN / 'tokenizer')
        frozen = {'vision_model': sha256(vit.load(RUN)), 'language_model': sha256(stage2.load_reader(RUN, words).language)}
        train.run_stage('features', RUN)
        self.learn(stage1, 5, self.contrast_loss)
        facts = self.learn(stage2, STEPS, self.prompting_loss)
        self.assertEqual(facts['frozen before'], frozen)
        self.assertEqual(facts['frozen after'], frozen)
        train.run_stage('export', RUN)
        model = load_blip2(RUN / 'demo-hf')
        self.assertEqual(sha256(model.vision_model), sha256(vit.load(RUN).half()))
        self.assertEqual(sha256(model.language_model), sha256(stage2.load_reader(RUN, words).language.half()))
        self.assert_converts(model)
        train.run_stage('evaluate', RUN)
        self.assertEqual(json.loads((RUN / 'report' / 'report.json').read_text())['stages']['stage2']['steps'], STEPS)

    @torch.no_grad()
    def vision_loss(self, state):
        model, pictures = vit.Tagger(), data.Pictures(RUN / 'pictures')
        model.load_state_dict(state)
        pixels, scenes = vit.batch_of(pictures, random.Random(1), 12, 160)
        return vit.tag_loss(model(pixels)[1], vit.targets_of(scenes, 160 // vit.PATCH)).item()

    @torch.no_grad()
    def assert_stored_is_seen(self):
        """What is stored of pictures, mirrored or not, becomes the same features as their pixels."""
        model, pictures = vit.Tagger(), data.Pictures(RUN / 'pictures')
        model.load_state_dict(torch.load(RUN / 'vit.pt', weights_only=False)['model'])
        kept = stored.Stored(RUN, pictures, model.vision.embeddings.patch_embedding, vit.STEM_FROZEN_TO)
        self.assertEqual(len(kept), len(pictures))
        rows = list(range(24))
        hidden, scenes = kept[rows]
        mirrored = [scene is not pictures.scenes[row] for row, scene in enumerate(scenes)]
        self.assertTrue(3 < sum(mirrored) < 20)
        images, seen = pictures.pixels(rows), [scene['seen'] for scene in scenes]
        stored.flip(images, seen, mirrored)
        own, _ = model(hidden, vit.STEM_FROZEN_TO)
        direct, _ = model(vit.pixel_values(images, seen))
        far = lambda a, b: ((a - b).square().mean((1, 2)) / b.var((1, 2))).max().item()  # noqa: E731
        self.assertLess(far(own, direct), 0.01)  # float16, of bf16 where the processor has it
        self.assertGreater(far(own.roll(1, 0), direct), 0.05)

    @torch.no_grad()
    def reading_loss(self, state):
        words = text.Text(RUN / 'tokenizer')
        reader = lm.Reader(words.newline)
        reader.load_state_dict(state)
        rows, _, ids, labels = lm.batch_of(words, 0, [], random.Random(1), 12)
        slots = reader.description(rows)
        embeds = torch.cat([slots, reader.language.get_input_embeddings()(ids)], 1)
        hidden = reader.language.model.decoder(inputs_embeds=embeds).last_hidden_state[:, slots.shape[1] :]
        return lm.answer_loss(reader.language, hidden, labels).item()

    @torch.no_grad()
    def contrast_loss(self, state):
        words, seen = text.Text(RUN / 'tokenizer'), features.Features(RUN)
        model = StageOne()
        model.load_state_dict(state)
        torch.manual_seed(1)
        rows = list(range(PART, PART + 16))
        captions = [caption(seen.scenes[row]) for row in rows]
        same = torch.tensor([[own == other for other in captions] for own in captions])
        return sum(stage1.losses(model, seen[rows], captions, same, words)).item()

    @torch.no_grad()
    def prompting_loss(self, state):
        words, seen = text.Text(RUN / 'tokenizer'), features.Features(RUN)
        model = StageTwo()
        model.load_state_dict(state)
        rows = list(range(PART, PART + 16))
        return stage2.description_loss(stage2.load_reader(RUN, words), model(seen[rows]), [seen.scenes[row] for row in rows]).item()

    def assert_converts(self, model):
        file = RUN / 'picture.png'
        data.picture_at(evaluate.UNSEEN)[0].save(file)
        processor = BlipImageProcessorPil.from_pretrained(RUN / 'demo-hf')
        pixels = processor(Image.open(file).convert('RGB'), return_tensors='pt')['pixel_values']
        ids = PreTrainedTokenizerFast.from_pretrained(RUN / 'demo-hf')(QUESTION).input_ids
        ids = torch.tensor([[model.config.image_token_index] * model.config.num_query_tokens + ids])
        with torch.inference_mode():
            out = model.generate(pixel_values=pixels, input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS)
        package = RUN / 'package'
        toys.node([toys.TERMINAL / 'pull.ts', '--from', RUN / 'demo-hf', '--out', package, '--precision', 'fp32'])
        asked = ['--prompt', QUESTION, '--model', package, '--json', '--max-new-tokens', str(NEW_TOKENS), '--beams', '1']
        said = json.loads(toys.node([toys.TERMINAL / 'describe.ts', file, *asked]))
        self.assertEqual(said['tokenIds'], out[0, ids.shape[1] :].tolist())


if __name__ == '__main__':
    unittest.main()
