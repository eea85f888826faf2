"""Crops of lines with their texts, drawn once and kept on disk."""

import random

import numpy as np
from PIL import ImageFont

from training.ocr.cyrillic.draw import Drawing, draw_line, find_fonts
from training.ocr.cyrillic.texts import Texts

# Common Chinese characters: the head learns to leave them to the recognizer's own.
CHINESE = '的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市'
SHARE_CHINESE = 0.04


def one(rng, texts, drawing, chinese):
    while True:
        size = round(9 * (48 / 9) ** rng.random())
        if chinese and rng.random() < SHARE_CHINESE:
            text = ''.join(rng.choice(CHINESE) for _ in range(rng.randint(1, 10)))
            font = ImageFont.truetype(str(chinese), size)
        else:
            text = texts.line(rng, rng.choice((12, 25, 40)))
            font = drawing.font(rng, text, size)
        if font is not None and (pixels := draw_line(rng, text, font, texts.line(rng, 30))) is not None:
            return pixels, text


def make(texts, drawing, chinese, count, seed):
    """Pixels of all crops one after another, columns first, with the widths and the texts."""
    rng = random.Random(seed)
    crops = [one(rng, texts, drawing, chinese) for _ in range(count)]
    return {
        'pixels': np.concatenate([pixels.transpose(1, 0, 2) for pixels, _ in crops]),
        'widths': np.array([pixels.shape[1] for pixels, _ in crops]),
        'texts': np.array([text for _, text in crops]),
    }


class Lines:
    def __init__(self, file):
        with np.load(file) as stored:
            self.pixels, self.widths, self.texts = stored['pixels'], stored['widths'], stored['texts'].tolist()
        self.starts = np.concatenate([[0], np.cumsum(self.widths)])

    def batches(self, rng, size):
        """Indices of lines of similar width."""
        order = sorted(range(len(self.texts)), key=lambda i: self.widths[i] + rng.uniform(0, 48))
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        rng.shuffle(batches)
        return batches

    def input(self, indices, extra=0):
        """float32 [N, 3, 48, width], padded with mid-gray as the reader pads."""
        width = max(160, -(-int(max(self.widths[i] for i in indices)) // 64) * 64 + extra)
        out = np.zeros((len(indices), 3, 48, width), np.float32)
        for row, i in enumerate(indices):
            crop = self.pixels[self.starts[i] : self.starts[i + 1]]
            out[row, :, :, : len(crop)] = crop.transpose(2, 1, 0) / 127.5 - 1
        return out
