"""
Runs the commands of the walk in training/bridge/README.md, with few pictures and steps:

    python test/training/bridge_walk.py        # with training/requirements.txt, after npm ci; a minute
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

import toys
import torch
from PIL import Image
from transformers import Blip2Processor

from training.parts.stem import load_blip2

README = toys.ROOT / 'training' / 'bridge' / 'README.md'
SMALLER = {
    '--pictures 1500': '--pictures 8', 'pictures/1499.png': 'pictures/7.png', '--first-steps 100 --steps 700': '--first-steps 2 --steps 3',
    '--batch 16': '--batch 4', '--held-out 60': '--held-out 2',
}
MADE = ('pictures', 'bridge', 'bridge-package')
START_SECONDS = 120


def commands(folder):
    """The walk's commands, smaller, their folders in `folder`: each a dictionary of its environment, and its arguments."""
    section = re.search(r'\n## A walk through it\n(.*?)\n## ', README.read_text('utf8'), re.DOTALL)[1]
    lines = re.sub(r'\\\n', '', ''.join(re.findall(r'^    (.*\n)', section, re.MULTILINE)))
    for usual, small in SMALLER.items():
        if usual not in lines:
            raise AssertionError(f'the walk has no {usual}')
        lines = lines.replace(usual, small)
    result = []
    for line in lines.splitlines():
        words = shlex.split(line)
        own = dict(word.split('=', 1) for word in words if re.match(r'[A-Z_]+=', word))
        words = words[len(own) :]
        own = {name: placed(value, folder, is_model=True) for name, value in own.items()}
        result.append((own, [placed(word, folder, before == '--model') for before, word in zip(['', *words], words)]))
    return result


def placed(word, folder, is_model):
    """A model without `./` is one of `models/`, which a walk does not make."""
    path = word.removeprefix('./')
    return f'{folder}/{path}' if path.split('/')[0] in MADE and (not is_model or path != word) else word


class Walk(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        usual = {name: value for name, value in os.environ.items() if name != 'DISCORD_TOKEN'}
        self.environment = {**usual, 'OMP_NUM_THREADS': '1', 'SANDBOX_STATE': 'memory'}  # memory: the bot stores nothing here

    def run_command(self, own, words):
        words = [sys.executable if word == 'python' else word for word in words]
        done = subprocess.run(words, cwd=toys.ROOT, env={**self.environment, **own}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f'{shlex.join(words)}\n{done.stdout}\n{done.stderr}')
        return done.stdout

    def test_ends_with_a_bot_that_answers_as_transformers_does(self):
        *others, ask, start = commands(self.folder)
        self.assertEqual([words[:3] for _, words in others], [['python', '-m', 'training.bridge.example'], ['python', '-m', 'training.bridge'], ['npm', 'run', 'pull']])
        for own, words in others:
            self.run_command(own, words)
        self.assertEqual(ask[1][:3], ['npm', 'run', 'ask'])
        self.run_command(*ask)
        own, (npm, *rest) = ask
        answer = json.loads(self.run_command(own, [npm, '--silent', *rest, '--json', '--beams', '1', '--max-new-tokens', '12']))
        self.assertEqual(answer['tokenIds'], self.answer(answer['question']))
        self.assert_opens(*start)

    def answer(self, question):
        """What transformers answers."""
        processor, model = Blip2Processor.from_pretrained(self.folder / 'bridge'), load_blip2(self.folder / 'bridge')
        picture = Image.open(self.folder / 'pictures' / '7.png')
        inputs = processor(images=picture, text=f'Question: {question} Answer:', return_tensors='pt')
        with torch.no_grad():
            ids = model.generate(**inputs, do_sample=False, max_new_tokens=12)[0]
        return ids[inputs.input_ids.shape[1] :].tolist()

    def assert_opens(self, own, words):
        self.assertEqual(words, ['npm', 'start'])
        bot = subprocess.Popen(
            words, cwd=toys.ROOT, env={**self.environment, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        late = threading.Timer(START_SECONDS, os.killpg, (bot.pid, signal.SIGTERM))
        late.start()
        said, address = '', None
        try:
            for line in bot.stdout:
                said += line
                if address := re.search(r'Open (http://\S+) in a browser', line):
                    break
            self.assertTrue(address, said)
            self.assertIn('bridge-package', said)
            with urllib.request.urlopen(address[1]) as page:
                self.assertEqual(page.status, 200)
        finally:
            late.cancel()
            if bot.poll() is None:
                os.killpg(bot.pid, signal.SIGTERM)
            bot.communicate()


if __name__ == '__main__':
    unittest.main()
