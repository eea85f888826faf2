"""
Printed words of training: what is drawn, asked and spelled.

    python test/training/printed.py        # with training/requirements.txt
"""

import json
import random
import unittest

from toy_run import PART, RUN, begin

import numpy as np  # noqa: I001: after toy_run, as all of training

from training.language.conversation import conversation
from training.language.reading import NO_WORDS, reading, with_reading
from training.language.scene import sample
from training.parts.letters import LETTERS, NONE, ON_A_PATCH, ROW, on_patches, written
from training.stages import lm
from training.text import Text
from training.world import printed


def spelled(patches):
    return ''.join(LETTERS[letter] for patch in patches for letter in patch if letter != NONE)


class Printed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls)
        for folder in ('words', 'again'):
            printed.make(RUN / 'pictures', RUN / folder, parts=2)

    def scenes(self, part):
        return json.loads((RUN / 'words' / f'{part:04d}.json').read_text())

    def test_prints_beside_the_objects_of_pictures_with_few(self):
        before = {json.dumps(scene): pixels for scene, pixels in self.originals()}
        pictures = np.load(RUN / 'words' / '0000.npy')
        self.assertEqual(len(pictures), PART)
        for scene, picture in zip(self.scenes(0), pictures):
            self.assertRegex(scene['printed'], r'^([a-z]{2,8}|[0-9]{2,4})$')
            old = before[json.dumps({name: value for name, value in scene.items() if name not in ('printed', 'letters')})]
            self.assertLessEqual(len(scene['objects']), printed.MOST_OBJECTS)
            changed = np.abs(picture.astype(int) - old).max(-1)
            self.assertGreater((changed > 60).sum(), 20)  # it can be seen
            self.assertEqual(len(scene['letters']), len(scene['printed']))
            for left, top, right, bottom in scene['letters']:
                self.assertLess(left, right)
                ink = changed[max(0, int(top)) : int(bottom) + 1, max(0, int(left) - 2) : int(right) + 3]
                self.assertGreater(ink.max(initial=0), 40, scene['printed'])
            self.assertEqual(sorted(scene['letters']), scene['letters'])  # from left to right
            width, height = scene['seen']
            for thing in scene['objects']:
                left, top, right, bottom = (round(v * s) for v, s in zip(thing['box'], [width / scene['width'], height / scene['height']] * 2))
                # JPEG changes much along sharp edges, but not the middle of an object.
                x, y = (left + right) // 2, (top + bottom) // 2
                self.assertLess(changed[y : y + 1, x : x + 1].max(initial=0), 60)

    def originals(self):
        """Of the held-out pictures, on which those of the first part are printed."""
        pixels = np.load(RUN / 'pictures' / '0000.npy')
        return zip(json.loads((RUN / 'pictures' / '0000.json').read_text()), pixels)

    def test_draws_the_same_again(self):
        for name in ('0000.npy', '0001.json'):
            self.assertEqual((RUN / 'words' / name).read_bytes(), (RUN / 'again' / name).read_bytes())

    def test_prints_pages_of_many_words(self):
        for folder, options in (('pages', {}), ('other-pages', {'seed': 1})):
            printed.make(RUN / 'pictures', RUN / folder, **{**printed.PAGES, 'parts': 1, **options})
        pages = json.loads((RUN / 'pages' / '0000.json').read_text())
        self.assertGreater(sum(len(page['printed']) for page in pages), 3 * sum(len(scene['printed']) for scene in self.scenes(0)))
        for page in pages:
            self.assertEqual(len(page['letters']), len(page['printed']))
            boxes = sorted(page['letters'])
            for index, (left, top, right, bottom) in enumerate(boxes):
                crossed = [box for box in boxes[index + 1 :] if box[0] < right and box[1] < bottom and box[3] > top]
                # Letters of one word may overlap by their slant.
                self.assertTrue(all(box[1] == top and box[3] == bottom for box in crossed), page['printed'])
        self.assertNotEqual((RUN / 'pages' / '0000.json').read_text(), (RUN / 'other-pages' / '0000.json').read_text())

    def test_spells_what_is_printed(self):
        text, rng = Text(RUN / 'tokenizer'), random.Random(1)
        turn = next(turn for turn in iter(lambda: reading(rng, 'water'), None) if turn.kind == 'printed')
        ids, labels = text.conversation_document([turn], False)
        spelled = text.spelled('water')
        self.assertEqual(len(spelled), 6)
        self.assertEqual(text.decode(spelled), 'water')
        self.assertEqual(ids[-6:], spelled)
        self.assertEqual(labels[-7:], [*spelled, text.newline])

    def test_writes_words_in_their_order(self):
        rng = random.Random(4)
        rows = {word: [written(rng, word) for _ in range(50)] for word in ('star', '12', 'information')}
        for word, written_rows in rows.items():
            self.assertEqual({spelled(row) for row in written_rows}, {word})
            self.assertEqual({(len(row), len(row[0])) for row in written_rows}, {(ROW, ON_A_PATCH)})
        self.assertGreater(len({json.dumps(row) for row in rows['star']}), 20)
        self.assertEqual(spelled(written(rng, None)), '')

    def test_has_questions_about_what_is_written(self):
        text, rng, read = Text(RUN / 'tokenizer'), random.Random(5), 0
        for _ in range(30):
            ids, labels, rows, letters = lm.document_of_letters(text, rng)
            word = spelled(letters)
            wanted = text.spelled(word) if word else text.ids(f' {NO_WORDS}')
            read += any(labels[i : i + len(wanted)] == wanted for i in range(len(labels)))
        self.assertGreater(read, 24)  # others are only asked whether there is text

    def test_finds_letters_on_patches(self):
        right = 0
        for scene in self.scenes(1):
            letters, near = on_patches(scene['printed'], scene['letters'])
            right += spelled(letters.tolist()) == scene['printed']
            self.assertTrue(near[letters[:, 0] != NONE].all())
            self.assertLess(near.sum(), 3 * len(scene['printed']) + 1)
        self.assertGreater(right, 0.85 * PART)  # of three narrow letters on a patch one is left out

    def test_answers_where_nothing_is_printed(self):
        rng = random.Random(2)
        self.assertEqual({reading(rng, None).answer for _ in range(60)}, {NO_WORDS, 'no'})

    def test_leaves_follow_ups_behind_their_questions(self):
        rng, moved = random.Random(3), 0
        for _ in range(200):
            turns = conversation(rng, sample(rng, 3), 5)
            asked = with_reading(rng, turns, 'sale')
            self.assertEqual(len(asked), 6)
            for before, turn in zip([None, *turns], turns):
                if turn.history:
                    self.assertIs(asked[asked.index(turn) - 1], before)
                    moved += 1
        self.assertGreater(moved, 50)


if __name__ == '__main__':
    unittest.main()
