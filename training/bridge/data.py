"""Pictures with texts: an image folder with `metadata.jsonl`, and the tar shards of webdataset."""

import functools
import io
import json
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch.utils.data import DataLoader, Dataset

CAPTION = 'Describe this picture in one or two sentences.'
PICTURES = ('jpg', 'jpeg', 'png', 'webp')


@dataclass(frozen=True)
class Example:
    file: Path
    question: str | None
    """None: the answer is a caption."""
    answer: str
    place: tuple[int, int] | None = None
    """Of a picture in a shard: where in the file it begins, and its bytes."""

    def picture(self):
        source = self.file
        if self.place is not None:
            with open(self.file, 'rb') as shard:
                shard.seek(self.place[0])
                source = io.BytesIO(shard.read(self.place[1]))
        return ImageOps.exif_transpose(Image.open(source)).convert('RGB')

    @property
    def text(self):
        return self.answer if self.question is None else f'{self.question} {self.answer}'


def read(folder):
    """All examples: those of `metadata.jsonl`, then those of the shards by their names, each in the order of its file."""
    listed, shards = folder / 'metadata.jsonl', sorted(folder.glob('*.tar'))
    if not listed.exists() and not shards:
        raise SystemExit(f'{folder} has neither metadata.jsonl nor shards (*.tar).')
    lines = listed.read_text('utf8').splitlines() if listed.exists() else []
    examples = [of_line(folder, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return examples + [one for shard in shards for one in of_shard(shard)]


def of_line(folder, number, line):
    row, where = json.loads(line), f'metadata.jsonl, line {number}'
    file = folder / row['file_name']
    if not file.is_file():
        raise SystemExit(f'{where}: {file} is missing.')
    return example(row, where, file)


def of_shard(shard):
    """
    The examples of a tar file. Files of one example stand together and have one name up to the first dot: a picture, and
    `.txt`, its caption, or `.json`, as a line of `metadata.jsonl` or a list of them.
    """
    examples, last, parts = [], None, {}
    with tarfile.open(shard, 'r:') as tar:
        for member in [*tar, None]:
            key, kind = (None, None) if member is None else split(member.name)
            if key != last:
                examples += of_parts(shard, last, parts)
                last, parts = key, {}
            if member is not None and member.isfile():
                in_memory = kind in ('txt', 'json')
                parts[kind] = tar.extractfile(member).read().decode('utf8') if in_memory else (member.offset_data, member.size)
    return examples


def split(name):
    """`a/b.seg.png` is of the example `a/b`, and of the kind `seg.png`."""
    folder, _, file = name.rpartition('/')
    key, _, kind = file.partition('.')
    return f'{folder}/{key}', kind.lower()


def of_parts(shard, key, parts):
    place = next((parts[kind] for kind in PICTURES if kind in parts), None)
    if place is None:
        return []
    where = f'{shard.name}, {key.removeprefix("/")}'
    if 'json' in parts:
        rows = json.loads(parts['json'])
        return [example(row, where, shard, place) for row in (rows if isinstance(rows, list) else [rows])]
    return [example({'text': parts['txt']} if 'txt' in parts else {}, where, shard, place)]


def example(row, where, file, place=None):
    if 'question' in row and 'answer' in row:
        return Example(file, row['question'].strip(), row['answer'].strip(), place)
    if 'text' not in row:
        raise SystemExit(f'{where}: neither a text nor a question with its answer.')
    return Example(file, None, row['text'].strip(), place)


def batch(examples, step, size, seed):
    """
    The examples of one step, of all processes and accumulated parts together. A function of the step, so that a run that
    resumes sees what it would have seen: each round over the data has an order of its own.
    """
    chosen = []
    for place in range(step * size, (step + 1) * size):
        turn, at = divmod(place, len(examples))
        chosen.append(examples[order(len(examples), seed, turn)[at]])
    return chosen


@functools.lru_cache(maxsize=2)
def order(count, seed, turn):
    generator = torch.Generator().manual_seed(seed * 1_000_003 + turn)
    return torch.randperm(count, generator=generator).tolist()


class Steps(Dataset):
    """What a function makes of the number of a step."""

    def __init__(self, make):
        self.make = make

    def __getitem__(self, step):
        return self.make(step)


def of_steps(make, steps, workers):
    """
    What `make` makes of each of `steps`, in their order and ahead of time, in `workers` processes; 0: here, when it is
    wanted. Processes are forked, since the models that `make` knows are not to be copied: only on Linux.
    """
    workers = workers if sys.platform == 'linux' else 0
    # batch_size None: a step is no sample of a batch. A generator of its own leaves torch's as it is.
    return DataLoader(
        Steps(make), batch_size=None, sampler=steps, num_workers=min(workers, len(steps)), generator=torch.Generator(),
        multiprocessing_context='fork' if workers > 0 and len(steps) > 0 else None,
    )
