"""
Trains bridges between made-up ends, as training/bridge/README.md says, and has the converted checkpoint answer:

    python test/training/bridge.py        # with torch, transformers and accelerate; half a minute
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from safetensors.torch import load_file
from transformers import AutoProcessor, CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM, LlavaForConditionalGeneration

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'test' / 'reference'))

import llamas_made  # noqa: E402
from tokenizers import processors  # noqa: E402

COLORS = ('red', 'green', 'blue')
STEPS = 60
ENVIRONMENT = {**os.environ, 'OMP_NUM_THREADS': '1'}  # such small ends are not faster with more
NODE = ROOT / 'node_modules' / '.bin' / 'node'


def make_ends(folder):
    torch.manual_seed(1)
    tower = CLIPVisionConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=28, patch_size=7)
    CLIPVisionModel(tower).save_pretrained(folder / 'vision')
    tokenizer = llamas_made.train(['a red circle, a green circle, a blue circle'], 110)
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s> $B', special_tokens=[('<s>', 1)])
    llamas_made.save(tokenizer, folder / 'language')
    file = folder / 'language' / 'tokenizer_config.json'
    config = {**json.loads(file.read_text()), 'bos_token': '<s>', 'unk_token': '<unk>'}
    file.write_text(json.dumps(config))
    language = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=160, bos_token_id=1, eos_token_id=2, pad_token_id=tokenizer.token_to_id('[PAD]'),
        initializer_range=0.2,
    )
    LlamaForCausalLM(language).save_pretrained(folder / 'language')


def draw(folder, count):
    folder.mkdir()
    rows = []
    for i in range(count):
        color = COLORS[i % len(COLORS)]
        picture = Image.new('RGB', (32, 32), 'white')
        ImageDraw.Draw(picture).ellipse((4 + i % 5, 4, 26, 26), fill=color)
        picture.save(folder / f'{i}.png')
        asked = {'question': 'What color is it?', 'answer': color} if i % 2 else {'text': f'a {color} circle'}
        rows.append(json.dumps({'file_name': f'{i}.png', **asked}))
    (folder / 'metadata.jsonl').write_text('\n'.join(rows) + '\n')


def run(folder, *more):
    command = [
        sys.executable, '-m', 'training.bridge', '--vision', folder / 'vision', '--language', folder / 'language',
        '--data', folder / 'data', '--out', folder / 'out', '--batch', '6', '--held-out', '6', '--rate', '0.01', *more,
    ]
    return subprocess.run(list(map(str, command)), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def logged(folder):
    return [json.loads(line) for line in (folder / 'out' / 'projector.log.jsonl').read_text().splitlines()]


class Bridge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        make_ends(cls.folder)
        draw(cls.folder / 'data', 30)
        cls.done = run(cls.folder, '--steps', str(STEPS), '--accumulate', '2')

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_learns_and_leaves_the_ends_as_they_are(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        losses = [row['loss'] for row in logged(self.folder) if 'loss' in row]
        self.assertLess(sum(losses[-5:]), 0.9 * sum(losses[:5]))
        last = logged(self.folder)[-1]
        self.assertLess(last['held_out_loss'], losses[0])
        self.assertIn('held_out_exact', last)
        written = load_file(self.folder / 'out' / 'model.safetensors')
        for end, old, new in (('vision', '', 'vision_tower.'), ('language', 'model.', 'language_model.model.')):
            tensors = load_file(self.folder / end / 'model.safetensors')
            for name, tensor in tensors.items():
                if name.startswith(old):
                    self.assertTrue(torch.equal(tensor, written[new + name.removeprefix(old)]), name)

    def test_does_not_train_a_finished_run_again(self):
        before = logged(self.folder)
        again = run(self.folder, '--steps', str(STEPS), '--accumulate', '2')
        self.assertIn(f'resumed at step {STEPS}', again.stdout)
        self.assertEqual(logged(self.folder), before)

    def test_answers_the_same_once_it_is_converted(self):
        out, picture, package = self.folder / 'out', self.folder / 'data' / '1.png', self.folder / 'package'
        model = LlavaForConditionalGeneration.from_pretrained(out).eval()
        processor = AutoProcessor.from_pretrained(out)
        turn = {'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': 'What color is it?'}]}
        text = processor.apply_chat_template([turn], add_generation_prompt=True)
        inputs = processor(text=text, images=Image.open(picture), return_tensors='pt')
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=12)[0, inputs.input_ids.shape[1] :].tolist()
        terminal = ROOT / 'commands' / 'terminal'
        pull = [NODE, terminal / 'pull.ts', '--from', out, '--out', package, '--precision', 'fp32']
        subprocess.run(list(map(str, pull)), cwd=ROOT, check=True, capture_output=True)
        ask = [NODE, terminal / 'ask.ts', picture, 'What color is it?', '--model', package, '--json', '--max-new-tokens', '12']
        answer = subprocess.run(list(map(str, ask)), cwd=ROOT, check=True, capture_output=True, text=True)
        self.assertEqual(json.loads(answer.stdout)['tokenIds'], ids)

    def test_refuses_other_ends_and_too_few_examples(self):
        swapped = run(self.folder, '--vision', str(self.folder / 'language'), '--out', str(self.folder / 'none'))
        self.assertIn('is a llama; a projector takes', swapped.stderr)
        few = run(self.folder, '--held-out', '30', '--out', str(self.folder / 'none'))
        self.assertIn('leaves none', few.stderr)


if __name__ == '__main__':
    unittest.main()
