"""Trains the head for Cyrillic and writes it beside the recognizer: `python -m training.ocr.cyrillic --help`. See README.md."""

import argparse
import pathlib

import numpy as np
import onnx
import torch

from training.ocr.cyrillic import export
from training.ocr.cyrillic.data import Lines, make
from training.ocr.cyrillic.draw import HELD_OUT, LEFT_OUT, Drawing, find_fonts
from training.ocr.cyrillic.packages import unpack
from training.ocr.cyrillic.texts import CHARACTERS, Texts
from training.ocr.cyrillic.train import train
from training.ocr.take_weights import TARGET, write_card

SETS, LINES, HELD_OUT_LINES = 3, 12_000, 1000


def arguments():
    parser = argparse.ArgumentParser(prog='python -m training.ocr.cyrillic', description=__doc__)
    parser.add_argument('--work', type=pathlib.Path, required=True, metavar='DIR', help='gets packages and drawn lines, 2 GB')
    parser.add_argument('--steps', type=int, default=950)
    parser.add_argument('--threads', type=int, default=1)
    return parser.parse_args()


def draw(work):
    """The drawn sets, and the held-out lines, in fonts that no other line has."""
    files = unpack(work)
    texts, chinese = Texts(files), next(files.rglob('wqy-microhei.ttc'))
    jobs = {f'lines-{i}.npz': (LEFT_OUT, LINES, i) for i in range(SETS)}
    jobs['held-out.npz'] = (None, HELD_OUT_LINES, 777)
    for name, (left_out, count, seed) in jobs.items():
        if not (work / name).exists():
            fonts = find_fonts(files, left_out) if left_out else find_fonts(pathlib.Path('/usr/share/fonts/truetype'), only=HELD_OUT)
            np.savez(work / name, **make(texts, Drawing(fonts), chinese, count, seed))
    return [Lines(work / name) for name in jobs]


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    *sets, held_out = draw(args.work)
    recognizer = (TARGET / 'recognition.onnx').read_bytes()
    known = [*filter(None, (TARGET / 'characters.txt').read_text(encoding='utf-8').split('\n')), ' ']
    head = train(onnx.ModelProto.FromString(recognizer), known, sets, held_out, args.steps, lambda line: print(line, flush=True))
    torch.save(head.state_dict(), args.work / 'head.pt')
    added = export.addition(head)
    print('largest difference from torch:', export.check(recognizer, added, head, held_out.input([0, 1, 2, 3])))
    (TARGET / 'cyrillic.onnx').write_bytes(added)
    (TARGET / 'cyrillic.txt').write_text('\n'.join(CHARACTERS[:-1]) + '\n', encoding='utf-8')
    write_card()


if __name__ == '__main__':
    main()
