"""Lines of Cyrillic, what the head computes for them in PyTorch, and two whole pictures in Russian.

    python -m venv VENV && VENV/bin/pip install -r training/ocr/cyrillic/requirements.txt
    PYTHONPATH=. VENV/bin/python test/reference/reading_cyrillic.py

Writes test/fixtures/reading-cyrillic/. The weights are those of models/ocr/cyrillic.onnx; the layers are
training/ocr/cyrillic/head.py's, on what ONNX Runtime computes of the recognizer before them.
"""

import json
import math
import pathlib

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image, ImageDraw, ImageFont

from training.ocr.cyrillic.head import Head
from training.ocr.cyrillic.texts import CHARACTERS
from training.ocr.cyrillic.train import Trunk

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / 'models' / 'ocr'
OUT = ROOT / 'test' / 'fixtures' / 'reading-cyrillic'
FONTS = pathlib.Path('/usr/share/fonts/truetype')
SANS, BOLD = FONTS / 'liberation/LiberationSans-Regular.ttf', FONTS / 'liberation/LiberationSans-Bold.ttf'

LINES = [
    'Съешь ещё этих мягких булок', 'ВЫВОД СРЕДСТВ', 'Промокод: УДАЧА7', 'встреча в 18:30', 'Цена 1 250 ₽',
    'Щедрый жук, юный эму', 'бонус 500 USDT', 'Telegram и Discord', 'Їжак і ґава', 'Добри људи, њихов џем',
    'Ці ўсё добра?', 'Объявление № 12', 'НЕТ', 'no Cyrillic here', '2024-11-18', '// медленный путь',
]
COLORS = [((255, 255, 255), (24, 24, 27)), ((49, 51, 56), (219, 222, 225)), ((88, 101, 242), (255, 240, 120))]
CASINO = [
    ('Криптоказино', 44, (255, 225, 77)), ('Успешный вывод средств', 26, (125, 255, 176)),
    ('5 600 USDT', 40, (255, 255, 255)), ('Введите промокод УДАЧА7', 22, (230, 230, 240)), ('Забрать бонус', 24, (255, 255, 255)),
]
NOTICE = [
    ('Объявление', 36, (24, 24, 27)), ('Завтра отключат воду', 26, (24, 24, 27)), ('с утра до вечера', 26, (24, 24, 27)),
    ('Запаситесь заранее', 22, (60, 60, 70)),
]


def weights(head):
    """Gives a head the weights of the shipped file, which has them in its own order."""
    graph = onnx.ModelProto.FromString((MODEL / 'cyrillic.onnx').read_bytes()).graph
    stored = [numpy_helper.to_array(each) for each in graph.initializer]
    halves = [torch.from_numpy(each.astype('float32')) for each in stored if each.dtype == np.float16]
    for parameter, value in zip(head.parameters(), halves, strict=True):
        parameter.data = value.T.contiguous() if parameter.shape != value.shape else value
    # Both are [80, 160] and [160, 80]: no shape is its own transpose but that of `mix`, a convolution.
    return head.eval()


def line(text, size, colors):
    font = ImageFont.truetype(str(SANS), size)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new('RGB', (right - left + size // 2, bottom - top + size // 3), colors[0])
    ImageDraw.Draw(image).text((size // 4 - left, size // 6 - top), text, colors[1], font)
    return image


def page(rows, background):
    image = Image.new('RGB', (480, sum(2 * size for _, size, _ in rows) + 40), background)
    pen, y = ImageDraw.Draw(image), 30
    for text, size, color in rows:
        pen.text((240, y), text, color, ImageFont.truetype(str(BOLD), size), anchor='ma')
        y += 2 * size
    return image


def read(trunk, head, pixels):
    width = math.ceil(pixels.shape[1] / pixels.shape[0] * 48)
    scaled = cv2.resize(pixels[:, :, ::-1], (width, 48), interpolation=cv2.INTER_LINEAR)
    values = np.zeros((1, 3, 48, max(160, math.ceil(width / 64) * 64)), np.float32)
    values[0, :, :, :width] = scaled.transpose(2, 0, 1) / 127.5 - 1
    with torch.no_grad():
        probabilities, classes = head(trunk(values))[0].softmax(-1).max(-1)
    steps = list(zip(classes.tolist(), probabilities.tolist()))
    kept = [(c, p) for i, (c, p) in enumerate(steps) if c != 0 and (i == 0 or c != steps[i - 1][0])]
    confidence = sum(p for _, p in kept) / max(1, len(kept))
    return {'text': ''.join(CHARACTERS[c - 1] for c, _ in kept), 'confidence': round(confidence, 4)}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    trunk = Trunk(onnx.load(str(MODEL / 'recognition.onnx')))
    head, results = weights(Head()), []
    for i, text in enumerate(LINES):
        name = f'{i:02}.png'
        line(text, 14 + i * 7 % 20, COLORS[i % 3]).quantize(32).save(OUT / name, optimize=True)
        results.append({'name': name, 'drawn': text, **read(trunk, head, np.array(Image.open(OUT / name).convert('RGB')))})
        print(results[-1])
    lines = ',\n'.join(json.dumps(result, ensure_ascii=False) for result in results)
    (OUT / 'reading.json').write_text(f'[\n{lines}\n]\n', encoding='utf-8')
    page(CASINO, (40, 8, 82)).save(OUT / 'casino.jpg', quality=70)
    page(NOTICE, (250, 250, 245)).save(OUT / 'notice.jpg', quality=70)


if __name__ == '__main__':
    main()
