"""
Trains bridges between made-up ends, as training/bridge/README.md says, and has the converted checkpoints answer:

    python test/training/bridge.py        # with training/requirements.txt; a minute
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import torch
import toys
from PIL import Image
from safetensors.torch import load_file, save_file
from toy_case import PICTURE, Case
from transformers import (
    AutoProcessor,
    AutoTokenizer,
    BertForMaskedLM,
    Blip2ForConditionalGeneration,
    Blip2VisionModel,
    BlipImageProcessorPil,
    IdeficsForVisionText2Text,
    LlamaForCausalLM,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from training.bridge import data, loop
from training.bridge.__main__ import arguments
from training.bridge.cross_attention import AROUND
from training.bridge.cross_attention import CrossAttention as CrossAttentionKind
from training.bridge.qformer import QFormer as QFormerKind
from training.parts.idefics import load_idefics
from training.parts.stem import Tower, load_llava

STEPS = 60
RESAMPLER = {'resampler_depth': 1, 'resampler_n_heads': 3, 'resampler_head_dim': 8, 'resampler_n_latents': 4}
QFORMER = {'hidden_size': 24, 'num_hidden_layers': 2, 'num_attention_heads': 3, 'intermediate_size': 40, 'queries': 4, 'shared': 16}


class Log(unittest.TestCase):
    def test_forgets_steps_that_are_done_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'stage.log.jsonl'
            path.write_text(''.join(json.dumps({'step': step, 'loss': 1.5}) + '\n' for step in (1, 2, 3, 3, 4)))
            loop.trim(SimpleNamespace(log_path=path, step=3))
            self.assertEqual([json.loads(line)['step'] for line in path.read_text().splitlines()], [1, 2, 3, 3])


class Projector(Case):
    @classmethod
    def make_ends(cls):
        toys.clip(cls.folder / 'vision')
        toys.eva(cls.folder / 'eva')
        toys.llama(cls.folder / 'language')
        toys.t5(cls.folder / 't5')

    def test_learns_and_leaves_the_ends_as_they_are(self):
        self.train('out', '--steps', str(STEPS), '--accumulate', '2')
        rows = toys.logged(self.folder / 'out', 'projector')
        self.assert_falls(rows)
        measured = [row for row in rows if 'held_out_loss' in row]
        self.assertEqual(len(measured), 5)
        self.assertLess(measured[-1]['held_out_loss'], rows[0]['loss'])
        self.assertIn('held_out_exact', measured[-1])
        self.assert_same_ends('out', [('vision', '', 'vision_tower.'), ('language', 'model.', 'language_model.model.')])

        before = toys.logged(self.folder / 'out', 'projector')
        self.train('out', '--steps', str(STEPS), '--accumulate', '2')
        self.assertEqual(toys.logged(self.folder / 'out', 'projector'), before)
        finished = (self.folder / 'out' / 'model.safetensors').read_bytes()
        self.train('out', '--steps', str(STEPS + 1), '--accumulate', '2')
        self.assertEqual(toys.logged(self.folder / 'out', 'projector')[-1]['step'], STEPS + 1)
        self.assertNotEqual((self.folder / 'out' / 'model.safetensors').read_bytes(), finished)

        model = LlavaForConditionalGeneration.from_pretrained(self.folder / 'out').eval()
        self.assert_converts('out', self.answer(model, AutoProcessor.from_pretrained(self.folder / 'out')))

    def answer(self, model, processor):
        """What transformers answers."""
        turn = {'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': toys.QUESTION}]}
        text = processor.apply_chat_template([turn], add_generation_prompt=True)
        inputs = processor(text=text, images=Image.open(self.folder / 'data' / PICTURE), return_tensors='pt')
        return model.generate(**inputs, do_sample=False, max_new_tokens=12)[0, inputs.input_ids.shape[1] :].tolist()

    def test_refuses_other_ends_and_too_few_examples(self):
        with self.assertRaisesRegex(SystemExit, 'is a llama; this kind of bridge takes clip_vision_model.*: no other is converted'):
            self.train('none', vision='language')
        with self.assertRaisesRegex(SystemExit, 'is a t5; .*a T5, which has an encoder, could not stand in one'):
            self.train('none', language='t5')
        with self.assertRaisesRegex(SystemExit, 'leaves none'):
            self.train('none', '--held-out', '30')

    def test_takes_the_tower_of_a_blip2(self):
        self.train('out-eva', '--steps', '3', vision='eva')
        self.assert_same_ends('out-eva', [('eva', '', 'vision_tower.'), ('language', 'model.', 'language_model.model.')])
        self.assert_same_tower('out-eva', 'eva')
        model, processor = load_llava(self.folder / 'out-eva'), LlavaProcessor.from_pretrained(self.folder / 'out-eva')
        model.model.vision_tower = Tower.from_pretrained(self.folder / 'eva').eval()  # whatever the checkpoint says of it
        self.assert_converts('out-eva', self.answer(model, processor))

    def test_prepares_the_same_in_other_processes(self):
        for out, workers in (('ahead', '2'), ('here', '0')):
            self.train(out, '--steps', '3', '--workers', workers)
        ahead, here = (load_file(self.folder / out / 'model.safetensors') for out in ('ahead', 'here'))
        self.assertTrue(all(torch.equal(tensor, here[name]) for name, tensor in ahead.items()))

    def test_several_processes_train_as_one(self):
        self.train('alone', '--steps', '3', '--accumulate', '2')
        command = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2', '-m', 'training.bridge']
        environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'ACCELERATE_USE_CPU': 'true'}
        done = subprocess.run(
            [*command, *self.arguments('together', '--steps', '3')], cwd=toys.ROOT, env=environment, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        alone, together = (load_file(self.folder / out / 'model.safetensors') for out in ('alone', 'together'))
        for name, tensor in alone.items():
            torch.testing.assert_close(together[name], tensor, rtol=1e-3, atol=1e-4)


class QFormer(Case):
    @classmethod
    def make_ends(cls):
        toys.eva(cls.folder / 'vision')
        for name in ('opt', 't5', 'qwen2', 'bert'):
            getattr(toys, name)(cls.folder / name)

    def train(self, out, *more, **ends):
        super().train(out, '--kind', 'qformer', '--settings', json.dumps(QFORMER), *more, **ends)

    def answer(self, out, question):
        """What transformers answers."""
        model = Blip2ForConditionalGeneration.from_pretrained(self.folder / out).eval()
        processor = AutoProcessor.from_pretrained(self.folder / out)
        inputs = processor(images=Image.open(self.folder / 'data' / PICTURE), text=question, return_tensors='pt')
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=12)[0].tolist()
        return ids[1:] if model.config.is_encoder_decoder else ids[inputs.input_ids.shape[1] :]

    def test_learns_in_two_stages_and_leaves_the_ends_as_they_are(self):
        self.train('out', '--steps', '40', language='opt')
        first, second = (toys.logged(self.folder / 'out', f'stage{i}') for i in (1, 2))
        for name in ('itc', 'itg'):
            self.assert_falls(first, name)
        self.assertIn('image_to_text_1', first[-1])
        self.assert_falls(second)
        self.assertIn('held_out_exact', second[-1])
        self.assert_same_ends('out', [('vision', '', 'vision_model.'), ('opt', 'model.', 'language_model.model.')])
        self.assert_converts('out', self.answer('out', f'Question: {toys.QUESTION} Answer:'))

    def test_prompts_a_t5(self):
        self.train('out-t5', '--steps', '3', language='t5')
        self.assert_same_ends('out-t5', [('t5', '', 'language_model.')])
        self.assert_converts('out-t5', self.answer('out-t5', f'Question: {toys.QUESTION} Short answer:'))

    def test_prompts_a_qwen2(self):
        self.train('out-qwen2', '--steps', '3', language='qwen2')
        self.assert_same_ends('out-qwen2', [('qwen2', 'model.', 'language_model.model.')])
        self.assert_converts('out-qwen2', self.answer('out-qwen2', f'Question: {toys.QUESTION} Answer:'))

    def test_refuses_a_clip_and_says_why(self):
        toys.clip(self.folder / 'clip')
        with self.assertRaisesRegex(SystemExit, 'is a clip_vision_model; .*has no norm before the first layer'):
            self.train('none', vision='clip', language='opt')

    def test_starts_from_a_bert(self):
        given = self.arguments('none', '--kind', 'qformer', '--bert', str(self.folder / 'bert'), language='opt')
        contrast = QFormerKind(arguments(given)).stages[0]
        ids = contrast.encode(['a red circle'])
        reference = BertForMaskedLM.from_pretrained(self.folder / 'bert').eval()
        self.assertEqual(ids.tolist(), AutoTokenizer.from_pretrained(self.folder / 'bert')(['a red circle']).input_ids)
        contrast.begin('cpu')
        with torch.no_grad():
            hidden = contrast.run(ids, 0, None, None)
            wanted = reference.bert(ids).last_hidden_state
            written = contrast.bridge.write(hidden) @ contrast.model.embeddings.word_embeddings.weight.T + contrast.bridge.bias
            logits = reference(ids).logits
        torch.testing.assert_close(hidden, wanted)
        torch.testing.assert_close(written[..., : logits.shape[-1]], logits, rtol=1e-4, atol=1e-4)

    def test_each_loss_has_its_own_mask(self):
        contrast = QFormerKind(arguments(self.arguments('none', '--kind', 'qformer', '--settings', json.dumps(QFORMER), language='opt'))).stages[0]
        contrast.begin('cpu')
        image = contrast.see(contrast.pixels(data.read(self.folder / 'data')[:2]))
        ids = contrast.encode(['a red circle', 'a blue circle'])
        other = ids.clone()
        other[:, 3] += 1
        with torch.no_grad():
            (seen, logits), (seen_other, logits_other) = contrast.write(image, ids), contrast.write(image, other)
            torch.testing.assert_close(seen, contrast.look(image))  # queries see no text
            torch.testing.assert_close(seen, seen_other)
            torch.testing.assert_close(logits[:, :3], logits_other[:, :3])  # nor does a text what follows
            self.assertFalse(torch.allclose(logits[:, 3:], logits_other[:, 3:]))
            self.assertFalse(torch.allclose(logits[:, :3], contrast.write(image.flip(0), ids)[1][:, :3]))
            self.assertFalse(torch.allclose(contrast.match(image, ids), contrast.match(image, other)))
            padded = contrast.encode(['a red circle', 'a red circle on a white picture'])
            torch.testing.assert_close(contrast.read(padded)[:1], contrast.read(ids[:1, : len(contrast.encode(['a red circle'])[0])]))
        same = torch.tensor([[True, False, False], [False, True, True], [False, True, True]])
        chances = contrast.chances(torch.tensor([[9.0, 1.0, 3.0], [1.0, 9.0, 9.0], [2.0, 9.0, 9.0]]), same)
        self.assertTrue((chances[same] == 0).all())
        self.assertGreater(chances[0, 2], chances[0, 1])  # the more similar, the likelier

    def test_ends_the_same_when_it_stops_and_resumes(self):
        self.train('whole', '--steps', '3', language='opt')
        for _ in range(6):
            self.train('pieces', '--steps', '3', '--minutes', '0', language='opt')
        whole, pieces = (load_file(self.folder / out / 'model.safetensors') for out in ('whole', 'pieces'))
        self.assertTrue(all(torch.equal(tensor, pieces[name]) for name, tensor in whole.items()))
        for stage in ('stage1', 'stage2'):
            rows = [[{k: v for k, v in row.items() if k != 'seconds'} for row in toys.logged(self.folder / out, stage)] for out in ('whole', 'pieces')]
            self.assertEqual(*rows)


class CrossAttention(Case):
    @classmethod
    def make_ends(cls):
        toys.clip(cls.folder / 'vision')
        toys.eva(cls.folder / 'eva')
        toys.llama(cls.folder / 'language', num_key_value_heads=2, vocab_size=370)  # all but `<image>`
        toys.llama(cls.folder / 'biased', attention_bias=True)

    def train(self, out, settings, *more, **ends):
        super().train(out, '--kind', 'cross-attention', '--settings', json.dumps(settings), *more, **ends)

    def assert_same_answers(self, out):
        model = IdeficsForVisionText2Text.from_pretrained(self.folder / out).eval()
        processor = AutoProcessor.from_pretrained(self.folder / out)
        asked = ['User:', Image.open(self.folder / 'data' / PICTURE), f'{toys.QUESTION}\nAssistant:']
        inputs = processor(text=[asked], return_tensors='pt')
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=12)[0, inputs.input_ids.shape[1] :].tolist()
        self.assert_converts(out, ids)

    def test_learns_with_a_resampler_and_leaves_the_ends_as_they_are(self):
        self.train('out', {'use_resampler': True, 'qk_layer_norms': True, **RESAMPLER}, '--steps', '60')
        rows = toys.logged(self.folder / 'out', 'cross-attention')
        self.assert_falls(rows)
        self.assertIn('held_out_exact', rows[-1])
        written = load_file(self.folder / 'out' / 'model.safetensors')
        for i in range(2):
            self.assertGreater(written[f'model.gated_cross_attn_layers.{i}.alpha_cross_attn'].abs().item(), 0)
        self.assertEqual(written['model.embed_tokens.additional_embedding.weight'].shape[0], 2)
        self.assert_same_ends('out', [('vision', '', 'model.vision_model.')])
        for name, tensor in load_file(self.folder / 'language' / 'model.safetensors').items():
            if name.endswith(('k_proj.weight', 'v_proj.weight')):
                tensor = tensor.unflatten(0, (2, 8)).repeat_interleave(2, 0).flatten(0, 1)
            self.assertTrue(torch.equal(tensor, written[name]), name)
        self.assert_same_answers('out')

    def test_takes_the_tower_of_a_blip2(self):
        self.train('out-eva', {'use_resampler': True, **RESAMPLER}, '--steps', '3', vision='eva')
        self.assert_same_ends('out-eva', [('eva', '', 'model.vision_model.')])
        self.assert_same_tower('out-eva', 'eva')
        file = self.folder / 'out-eva' / 'model.safetensors'
        wide = {name: tensor.fill_(0.7) if 'alpha' in name else tensor for name, tensor in load_file(file).items()}
        save_file(wide, file, {'format': 'pt'})  # whose gates are open, so that what is seen matters
        model, tokenizer = load_idefics(self.folder / 'out-eva'), AutoTokenizer.from_pretrained(self.folder / 'out-eva')
        model.model.vision_model = Blip2VisionModel.from_pretrained(self.folder / 'eva').eval()  # whatever the checkpoint says of it
        images = BlipImageProcessorPil.from_pretrained(self.folder / 'eva')
        picture = Image.open(self.folder / 'data' / PICTURE).convert('RGB')
        text = f'<s>User:{AROUND}<image>{AROUND}{toys.QUESTION}\nAssistant:'
        ids = tokenizer(text, add_special_tokens=False, return_tensors='pt').input_ids
        seen = (ids == tokenizer.convert_tokens_to_ids('<image>')).cumsum(1)[:, :, None]
        inputs = {'input_ids': ids, 'attention_mask': torch.ones_like(ids), 'image_attention_mask': seen}
        pixels = images(picture, return_tensors='pt').pixel_values[:, None]
        kind = CrossAttentionKind(arguments(self.arguments('none', '--kind', 'cross-attention', vision='eva')))
        self.assertTrue(torch.equal(kind.inputs(data.read(self.folder / 'data')[1:2])['pixel_values'], pixels))
        written = model.generate(**inputs, pixel_values=pixels, do_sample=False, max_new_tokens=12)[0, ids.shape[1] :].tolist()
        self.assert_converts('out-eva', written)

    def test_begins_as_the_language_model_alone(self):
        kind = CrossAttentionKind(arguments(self.arguments('none', '--kind', 'cross-attention')))
        language = LlamaForCausalLM.from_pretrained(self.folder / 'language').eval()
        example = data.read(self.folder / 'data')[1]
        inputs = kind.inputs([example])
        inputs.pop('labels')
        own = inputs['input_ids'][:, :4].clamp(max=369)
        inputs.update(input_ids=own, attention_mask=torch.ones_like(own), image_attention_mask=inputs['image_attention_mask'][:, :4])
        with torch.no_grad():
            torch.testing.assert_close(kind.model.eval()(**inputs).logits[..., :370], language(own).logits)

    def test_looks_at_all_rows_of_the_tower(self):
        self.train('direct', {'alpha_type': 'vector'}, '--steps', '3')
        self.assert_same_answers('direct')

    def test_refuses_what_an_idefics_lacks(self):
        with self.assertRaisesRegex(SystemExit, 'has biases; the Llama of an IDEFICS has none'):
            self.train('none', {}, language='biased')
        with self.assertRaisesRegex(SystemExit, 'cross_layer_interval 3 does not divide 2 layers'):
            self.train('none', {'cross_layer_interval': 3})
        with self.assertRaisesRegex(SystemExit, 'unknown queries'):
            self.train('none', {'queries': 3})


if __name__ == '__main__':
    unittest.main()
