"""What training/bridge reads of folders and shards: `python test/training/data.py`."""

import io
import json
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))

from training.bridge import data  # noqa: E402


def png(color):
    file = io.BytesIO()
    Image.new('RGB', (3, 2), color).save(file, 'png')
    return file.getvalue()


class Data(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def shard(self, name, **files):
        with tarfile.open(self.folder / name, 'w') as tar:
            for path, content in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))

    def test_reads_a_folder_and_then_its_shards(self):
        (self.folder / 'a.png').write_bytes(png('red'))
        rows = [{'file_name': 'a.png', 'text': ' one '}, {'file_name': 'a.png', 'question': 'two?', 'answer': '2'}]
        (self.folder / 'metadata.jsonl').write_text('\n'.join(map(json.dumps, rows)) + '\n\n')
        asked = json.dumps([{'question': 'four?', 'answer': '4'}, {'text': 'five'}]).encode()
        self.shard('b.tar', **{'x/4.json': asked, 'x/4.seg.png': png('white'), 'x/4.png': png('lime'), 'x/5.cls': b'1'})
        self.shard('a.tar', **{'3.PNG': png('blue'), '3.txt': b'three\n'})
        examples = data.read(self.folder)
        self.assertEqual([(one.question, one.answer) for one in examples],
                         [(None, 'one'), ('two?', '2'), (None, 'three'), ('four?', '4'), (None, 'five')])
        colors = [one.picture().getpixel((0, 0)) for one in examples]
        self.assertEqual(colors, [(255, 0, 0)] * 2 + [(0, 0, 255)] + [(0, 255, 0)] * 2)

    def test_says_what_is_missing(self):
        with self.assertRaisesRegex(SystemExit, 'neither metadata.jsonl nor shards'):
            data.read(self.folder)
        self.shard('a.tar', **{'3.png': png('blue')})
        with self.assertRaisesRegex(SystemExit, r'a\.tar, 3: neither a text nor a question with its answer'):
            data.read(self.folder)
        (self.folder / 'metadata.jsonl').write_text(json.dumps({'file_name': 'no.png', 'text': 'x'}))
        with self.assertRaisesRegex(SystemExit, r'line 1: .*no\.png is missing'):
            data.read(self.folder)

    def test_each_round_has_all_examples_in_another_order(self):
        rounds = [[one for step in range(5) for one in data.batch(range(10), 5 * turn + step, 2, seed=3)] for turn in range(2)]
        self.assertEqual([sorted(one) for one in rounds], [list(range(10))] * 2)
        self.assertNotEqual(*rounds)


if __name__ == '__main__':
    unittest.main()
