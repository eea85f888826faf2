"""Pictures with texts: an image folder with `metadata.jsonl`."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps

CAPTION = 'Describe this picture in one or two sentences.'


@dataclass(frozen=True)
class Example:
    file: Path
    question: str
    answer: str

    def picture(self):
        return ImageOps.exif_transpose(Image.open(self.file)).convert('RGB')


def read(folder):
    """All examples, in the order of the file. A caption is the answer to CAPTION."""
    lines = (folder / 'metadata.jsonl').read_text('utf8').splitlines()
    return [example(folder, number, json.loads(line)) for number, line in enumerate(lines, 1) if line.strip()]


def example(folder, number, row):
    file = folder / row['file_name']
    if not file.is_file():
        raise SystemExit(f'metadata.jsonl, line {number}: {file} is missing.')
    if 'answer' in row:
        return Example(file, row['question'].strip(), row['answer'].strip())
    return Example(file, CAPTION, row['text'].strip())


def batch(examples, step, size, seed):
    """
    The examples of one step, of all processes and accumulated parts together. A function of the step, so that a run that
    resumes sees what it would have seen: each round over the data has an order of its own.
    """
    chosen = []
    for place in range(step * size, (step + 1) * size):
        turn, at = divmod(place, len(examples))
        generator = torch.Generator().manual_seed(seed * 1_000_003 + turn)
        chosen.append(examples[torch.randperm(len(examples), generator=generator)[at]])
    return chosen
