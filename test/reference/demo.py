"""
What transformers answers with the demo model's checkpoint, for test/models/demo.test.ts:

    python test/reference/demo.py > test/fixtures/demo.json
"""

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from transformers import BlipImageProcessorPil, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from training.parts.stem import load_blip2  # noqa: E402  transformers has no class with a convolutional stem

CHECKPOINT = ROOT / 'models' / 'demo' / 'checkpoint'
PICTURE = 'docs/scene.png'
PROMPTS = (
    '',
    'Question: what color is the circle? Answer:',
    'Context: Question: what color is the circle? Answer: red Question: and the star? Answer:',
)


def main():
    model = load_blip2(CHECKPOINT)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(CHECKPOINT)
    processor = BlipImageProcessorPil.from_pretrained(CHECKPOINT)
    pixel_values = processor(Image.open(ROOT / PICTURE).convert('RGB'), return_tensors='pt')['pixel_values']
    answers = []
    for prompt in PROMPTS:
        ids = [model.config.image_token_index] * model.config.num_query_tokens + tokenizer(prompt).input_ids
        with torch.inference_mode():
            out = model.generate(pixel_values=pixel_values, input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=72)
        answers.append({'prompt': prompt, 'tokenIds': out[0, len(ids):].tolist()})
    json.dump({'picture': PICTURE, 'answers': answers}, sys.stdout, indent=1)
    print()


if __name__ == '__main__':
    main()
