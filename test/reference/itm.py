"""Makes the random checkpoints of image-text matching and records what transformers gives for pictures and texts.

Unlike generation there is no search: every number is compared, so the first seed will do.
"""

import shutil
from pathlib import Path

import torch
import transformers
from PIL import Image
from tokenizers import AddedToken
from transformers import AutoTokenizer, Blip2Config, Blip2ForImageTextRetrieval, Blip2Processor, BlipImageProcessorPil

import checkpoints
import wordpieces_made
from configs import QFORMER, VISION
from record import write

VOCAB = 128  # ids of the tokenizer below, `[DEC]` included
MAX_POSITIONS = 64
TEXTS = [
    "a red circle", "A small blue square, and a large green star!", "how many squares are there", "",
    "a photo of a star " * 6, "CIRCLE\tstar?",
]  # fmt: skip


def build(spec) -> Blip2ForImageTextRetrieval:
    config = Blip2Config(
        vision_config={**VISION, **spec.get("vision", {})},
        qformer_config={**QFORMER, "vocab_size": VOCAB, "max_position_embeddings": MAX_POSITIONS,
                        "use_qformer_text_input": True, **spec.get("qformer", {})},
        num_query_tokens=spec.get("queries", 4),
        image_token_index=VOCAB if spec.get("image_token", True) else None,
        image_text_hidden_size=spec.get("shared", 16),
    )  # fmt: skip
    return Blip2ForImageTextRetrieval(config).eval()


def save(model, spec, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    stored = model.to(getattr(torch, spec["dtype"]))
    if spec.get("mixed"):  # as transformers keeps them
        stored.qformer.float()
        stored.query_tokens.data = stored.query_tokens.data.float()
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)
    image_token = spec.get("image_token", True)
    tokenizer = wordpieces_made.miniature(VOCAB, image_token)
    wordpieces_made.save(tokenizer, folder, image_token)
    side = {**VISION, **spec.get("vision", {})}["image_size"]
    images = BlipImageProcessorPil(size={"height": side, "width": side})
    if image_token:
        Blip2Processor(images, AutoTokenizer.from_pretrained(folder), num_query_tokens=spec.get("queries", 4)).save_pretrained(folder)
        wordpieces_made.save(tokenizer, folder, image_token)  # the same again, compact
    else:
        images.save_pretrained(folder)
    if spec.get("vocabulary_file"):  # as the oldest repositories have it
        vocab = tokenizer.get_vocab()
        (folder / "vocab.txt").write_text("".join(f"{t}\n" for t in sorted(vocab, key=vocab.get)), "utf8")
        (folder / "tokenizer.json").unlink()


def record(spec, folder: Path, images: list[Path], fixtures: Path):
    model = Blip2ForImageTextRetrieval.from_pretrained(folder, dtype=torch.float32).eval()
    pictures = BlipImageProcessorPil.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    queries, token = model.config.num_query_tokens, model.config.image_token_index
    prefix = [] if token is None else [token] * queries
    processor = Blip2Processor(pictures, tokenizer, num_query_tokens=queries)
    processor.image_token = AddedToken("<image>", normalized=False, special=True)  # 5.18 loads a string and wants this
    tensors, matches = {}, []
    for image in images:
        pixels = pictures(Image.open(image), return_tensors="pt").pixel_values
        for text in TEXTS:
            ids = prefix + tokenizer(text).input_ids
            if token is not None:
                assert processor(images=Image.open(image), text=text).input_ids[0] == ids, text
            inputs = {"pixel_values": pixels, "input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
            with torch.no_grad():
                matched = model(**inputs, use_image_text_matching_head=True)
                contrasted = model(**inputs, use_image_text_matching_head=False)
            matches.append({
                "image": str(image.relative_to(fixtures)), "text": text, "ids": ids[len(prefix):],
                "logits": matched.logits_per_image[0].tolist(), "itm": matched.logits_per_image[0].softmax(-1)[1].item(),
                "itc": contrasted.logits_per_image.item(),
            })  # fmt: skip
            if image == images[0]:
                tensors[f"text.{TEXTS.index(text)}"] = contrasted.text_embeds[0].numpy()
        name = images.index(image)
        with torch.no_grad():
            seen = model.vision_model(pixels).last_hidden_state
            tensors[f"image_embeds.{name}"] = seen.numpy()
            tensors[f"query_output.{name}"] = model.qformer(
                query_embeds=model.query_tokens, encoder_hidden_states=seen
            ).last_hidden_state.numpy()
            tensors[f"image_vectors.{name}"] = contrasted.image_embeds[0].numpy()
    header = {
        "name": spec["name"], "about": spec["about"],
        "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
        "queryTokens": queries, "matches": matches,
    }  # fmt: skip
    write(fixtures / "parity" / spec["name"], header, tensors)
    return header


def make(spec, fixtures: Path, images: list[Path]):
    folder = fixtures / "checkpoints" / spec["name"]
    model = build(spec)
    checkpoints.random_weights(model, seed=1)
    save(model, spec, folder)
    return record(spec, folder, images, fixtures)
