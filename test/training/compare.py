"""
Trains each bridge of training/compare for a few steps, between ends that hardly learned:

    python test/training/compare.py        # with training/requirements.txt; fetches the ImageNet weights
"""

import json
import shutil
import unittest
from unittest.mock import patch

from toy_run import PART, PARTS, RUN, begin

import torch  # noqa: I001: after toy_run, as all of training

from training import snapshot, train
from training.compare import __main__ as compare
from training.compare import training
from training.compare.answering import NEW_TOKENS, answers, asked_about, greedy, right_answers
from training.compare.bridges import KINDS, slot_of
from training.compare.ends import Ends, WrittenEnds
from training.compare.prepare import prepare
from training.compare.reached import reached
from training.common import sha256
from training.parts.model import SIDE
from training.stages import lm, vit
from training.text import prompt

STEPS, BATCH = 40, 6
OUT = RUN / 'compare'


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls)
        for module, name in ((training, 'MEASURES'), (compare, 'CAPTIONS')):
            patched = patch.object(module, name, 2)
            patched.start()
            cls.addClassCleanup(patched.stop)
        vit.train(RUN, steps=0)
        lm.train(RUN, steps=12)
        train.run_stage('features', RUN)
        cls.other = RUN / 'other'
        cls.other.mkdir()
        for name in ('tokenizer', 'pictures', 'features', 'vit.pt'):
            (cls.other / name).symlink_to(RUN / name)
        shutil.copy(RUN / 'lm.pt', cls.other)
        lm.train(cls.other, steps=13)

    def compare(self, *more):
        compare.main(['--run', str(RUN), '--samples', str(STEPS * BATCH), '--batch', str(BATCH), '--rate', '0.003', '--questions', '2', '--hands', '1', *more])

    def result(self, name):
        return json.loads((OUT / f'{name}.json').read_text())

    @torch.no_grad()
    def loss(self, ends, kind, trained):
        """On the first samples, as documents differ too much for steps to be compared."""
        torch.manual_seed(1)
        bridge = KINDS[kind](ends.language)
        if trained:
            bridge.load_state_dict(torch.load(OUT / f'{kind}-1.pt', weights_only=False)['bridge'])
        total = 0
        for step in range(4):
            rows, ids, labels = ends.batch(step, BATCH, 1)
            total += lm.answer_loss(ends.language, bridge.read(ends.language, bridge.see(ends.features[rows]), ids), labels).item()
        return total

    def test_trains_all_kinds_on_the_same_samples(self):
        ends = Ends(RUN, RUN)
        for kind, reads in (('qformer', 32), ('projector', SIDE * SIDE), ('cross-attention', 0)):
            self.compare('--kind', kind)
            result = self.result(f'{kind}-1')
            self.assertEqual((result['samples'], result['reads']), (STEPS * BATCH, reads))
            self.assertEqual(result['frozen'], ends.hashes())
            self.assertEqual(result['curve'][-1]['samples'], STEPS * BATCH)
            self.assertIn('all', result['final'])
            self.assertEqual([len(one['answers']) > 0 for one in result['hands']], [True] * 3)
            self.assertEqual([*result['text']], [*result['final']])  # the same questions
            self.assertEqual((result['ends'], result['asked']['at the end']['all']), (ends.hashes(), 10))
            self.assert_repeats(result)
            self.assertLess(self.loss(ends, kind, trained=True), 0.995 * self.loss(ends, kind, trained=False), kind)
        self.assert_swaps()

    def assert_repeats(self, result):
        """The command that a row names has all that this test gave."""
        args = compare.arguments(result['command'].split()[3:])
        given = ('run', 'pictures', 'kind', 'seed', 'samples', 'batch', 'rate', 'questions', 'hands', 'threads', 'first')
        self.assertEqual([getattr(args, name) for name in given], [RUN, PARTS * PART, result['kind'], 1, STEPS * BATCH, BATCH, 0.003, 2, 1, 1, 0.25])

    def assert_swaps(self):
        self.compare('--swap', 'language', '--other', str(self.other))
        self.compare('--swap', 'vision', '--other', str(self.other), '--learns', 'projection')
        as_it_is, learned = (self.result(f'qformer-1-{name}') for name in ('language-other-nothing', 'vision-other-projection'))
        self.assertEqual((as_it_is['parameters']['trained'], as_it_is['samples']), (0, 0))
        self.assertEqual(as_it_is['frozen'], Ends(RUN, self.other).hashes())
        self.assertEqual(as_it_is['swap']['base'], self.result('qformer-1')['ends'])
        again = compare.arguments(learned['command'].split()[3:])
        self.assertEqual((again.name, again.other, again.steps), ('qformer-1-vision-other-projection', self.other, STEPS))
        before, after = (torch.load(OUT / f'{name}.pt', weights_only=False)['bridge'] for name in ('qformer-1', 'qformer-1-vision-other-projection'))
        changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
        weights = [name for name in changed if name.endswith('weight')]  # a bias of keys changes no answer
        self.assertEqual(len(weights), 4 * 2)  # layers, keys and values
        self.assertTrue(all('.crossattention.attention.' in name for name in changed))

    def test_adapts_the_language_model_in_pieces(self):
        self.compare('--kind', 'projector', '--adapt', '--seed', '2', '--samples', str(4 * BATCH))
        whole = self.result('projector-adapted-2')
        for _ in range(4):
            self.compare('--kind', 'projector', '--adapt', '--seed', '2', '--samples', str(4 * BATCH), '--minutes', '0', '--out', str(RUN / 'pieces'))
        pieces = json.loads((RUN / 'pieces' / 'projector-adapted-2.json').read_text())
        self.assertEqual([row['answers'] for row in pieces['curve']], [row['answers'] for row in whole['curve']])
        left, right = (torch.load(folder / 'projector-adapted-2.pt', weights_only=False) for folder in (OUT, RUN / 'pieces'))
        for part in ('bridge', 'language'):
            for name, tensor in left[part].items():
                self.assertTrue(torch.equal(tensor, right[part][name]), name)
        before = torch.load(RUN / 'lm.pt', weights_only=False)['model']
        self.assertFalse(torch.equal(left['language']['model.decoder.layers.0.fc1.weight'], before['language.model.decoder.layers.0.fc1.weight']))

    def test_makes_what_a_run_lacks(self):
        run, shipped = RUN / 'new', RUN / 'shipped'
        snapshot.save(RUN, shipped)
        (shipped / 'tokenizer.json').write_text((shipped / 'tokenizer.json').read_text() + '\n')  # is not the one that would be built
        with patch.object(snapshot, 'FOLDER', shipped):
            prepare(run, PART + 1)
            with self.assertRaisesRegex(SystemExit, 'tokenizer.json differs'):
                prepare(RUN, PART + 1)
        self.assertEqual((run / 'tokenizer' / 'tokenizer.json').read_bytes(), (shipped / 'tokenizer.json').read_bytes())
        (run / 'tokenizer' / 'tokenizer.json').write_bytes((RUN / 'tokenizer' / 'tokenizer.json').read_bytes())
        ends, own = Ends(run, run), Ends(RUN, RUN, PART + 1)
        self.assertEqual(ends.hashes(), own.hashes())  # in half precision and not
        self.assertEqual((len(ends.features), len(own.features), len(Ends(RUN, RUN).features)), (2 * PART, 2 * PART, PARTS * PART))
        rows = [0, PART, 2 * PART - 1]  # of towers that differ by their rounding
        self.assertLess((ends.features[rows] - own.features[rows]).abs().mean(), 0.2 * own.features[rows].std())
        with self.assertRaisesRegex(SystemExit, 'the features of 80 pictures'):
            Ends(run, run, 3 * PART).features
        with self.assertRaisesRegex(SystemExit, f'more than the {PART} that are held out'):
            prepare(run, PART)

    def test_trains_ends_of_other_sizes(self):
        run = RUN / 'lower'
        run.mkdir()
        for name in ('tokenizer', 'pictures', 'features', 'vit.pt'):
            (run / name).symlink_to(RUN / name)
        train.run_stage('lm', run, layers=2, steps=3)
        self.assertEqual(torch.load(run / 'lm.pt', weights_only=False)['step'], 3)
        self.assertEqual(len(Ends(RUN, run).language.get_decoder().layers), 2)

    def test_reads_descriptions_as_the_language_model_was_before(self):
        ends = Ends(RUN, RUN)
        before = sha256(ends.language)
        torch.nn.init.ones_(ends.language.get_decoder().layers[0].fc1.bias)
        written = WrittenEnds(ends)
        self.assertEqual(sha256(written.language), before)
        reader = lm.Reader(ends.text.newline)
        reader.load_state_dict(torch.load(RUN / 'lm.pt', weights_only=False)['model'])
        rows = written.features[[3, 5]]
        torch.testing.assert_close(written.description(rows), reader.slots(rows), rtol=1e-3, atol=1e-3)

    def ends_that_say_anything(self):
        """And a bridge of each kind, with gates that are open."""
        torch.manual_seed(5)
        ends = Ends(RUN, RUN)
        bridges = [KINDS[kind](ends.language) for kind in KINDS]
        for name, tensor in (named for module in (ends.language, *bridges) for named in module.named_parameters()):
            if 'alpha' in name:
                torch.nn.init.ones_(tensor)
            elif tensor.ndim > 1:
                torch.nn.init.normal_(tensor, std=0.25)
        return ends, bridges

    def newline_among(self, reply):
        """Something said for the first time, after other things."""
        return next(token for i, token in enumerate(reply) if i > 1 and token not in reply[:i])

    @torch.no_grad()
    def test_answers_together_as_alone(self):
        """Rows that end early leave the batch; the text so far is read once."""
        ends, bridges = self.ends_that_say_anything()
        ends.text.decode = list
        rows = [[2, 40, 50], [2, 60, 61], [2, 70, 80]]
        for bridge in bridges:
            seen, ends.text.newline = bridge.see(ends.features[[0, 1, 2]]), -1
            ends.text.newline = self.newline_among(greedy(bridge, ends, seen, rows)[1])
            together = greedy(bridge, ends, seen, rows)
            self.assertGreater(len({*map(len, together)}), 1)
            for i, reply in enumerate(together):
                ids = rows[i]
                for token in [*reply, ends.text.newline][:9]:
                    hidden = bridge.read(ends.language, seen[i : i + 1], torch.tensor([ids]))
                    self.assertEqual(ends.language.lm_head(hidden[0, -1]).argmax(), token)
                    ids = [*ids, token]

    @torch.no_grad()
    def test_counts_as_right_what_greedy_decoding_says(self):
        ends, bridges = self.ends_that_say_anything()
        asked = [turns for _, turns in asked_about(ends.features.scenes, 8, 3)]
        prompts, features, ends.text.decode = [*map(prompt, asked)], ends.features[list(range(8))], list
        for bridge in bridges:
            ends.text.newline = -1
            ends.text.newline = self.newline_among(answers(bridge, ends, features, prompts)[4])
            said = answers(bridge, ends, features, prompts)
            said.append(said[4][:-1])
            said.append([said[4][0] + 1, *said[4][1:]])
            with patch.object(ends.text, 'answer_ids', side_effect=said):
                right = right_answers(bridge, ends, features[[*range(8), 4, 4]], [*asked, asked[4], asked[4]])
            # One that fills all places has no newline after it.
            self.assertEqual(right, [*(len(reply) < NEW_TOKENS for reply in said[:8]), False, False])

    def test_takes_a_llama_too(self):
        run = RUN / 'llama'
        run.mkdir()
        for name in ('tokenizer', 'pictures', 'features', 'vit.pt'):
            (run / name).symlink_to(RUN / name)
        lm.train(run, steps=2, language='llama')
        for kind in ('projector', 'cross-attention'):
            self.compare('--run', str(run), '--out', str(OUT), '--kind', kind, '--seed', '7', '--samples', str(2 * BATCH))
            self.assertEqual(self.result(f'{kind}-7')['frozen'], Ends(RUN, run).hashes())
        self.assertEqual(type(Ends(RUN, run).language).__name__, 'LlamaForCausalLM')

    def test_gated_layers_begin_as_the_language_model_alone(self):
        ends = Ends(RUN, RUN)
        ids = torch.tensor([[2, 40, 50, 60]])
        bridge = KINDS['cross-attention'](ends.language)
        places = torch.arange(32, 36)[None]
        with torch.no_grad():
            alone = ends.language.get_decoder()(input_ids=ids, position_ids=places).last_hidden_state
            torch.testing.assert_close(bridge.read(ends.language, torch.randn(1, 197, 160), ids), alone)
            torch.nn.init.ones_(bridge.layers[1].alpha_cross_attn)
            one, other = torch.randn(2, 1, 197, 160)
            self.assertFalse(torch.allclose(bridge.read(ends.language, one, ids), bridge.read(ends.language, other, ids)))

    def test_a_patch_has_the_place_of_its_cell(self):
        self.assertEqual([slot_of(patch) for patch in (0, 2, 3, 13, 14 * 13, 14 * 14 - 1)], [0, 1, 1, 5, 24, 29])


class Reached(unittest.TestCase):
    def test_takes_what_holds_twice_in_a_row(self):
        shares = [0.1, 0.85, 0.5, 0.81, 0.9, 0.97, 0.93, 0.94, 0.99]
        curve = [{'samples': 10 * i, 'seconds': i, 'answers': {'all': share, 'digit': 1}} for i, share in enumerate(shares)]
        result = reached(curve, {'all': 0.9, 'digit': 1.0, 'size': 1.0}, {'all': 600, 'digit': 19, 'size': 20})
        self.assertEqual(result['all'], {'0.9': {'samples': 30, 'seconds': 3}, '0.95': {'samples': 40, 'seconds': 4}})
        self.assertEqual(result['digit'], {'0.9': None, '0.95': None})  # asked too seldom
        self.assertEqual(result['size'], {'0.9': None, '0.95': None})
        # After the last there is none.
        self.assertEqual(reached(curve, {'all': 1.04}, {'all': 600})['all']['0.95'], {'samples': 80, 'seconds': 8})


if __name__ == '__main__':
    unittest.main()
