"""Makes everything under test/fixtures that comes from transformers: `python test/reference/make_fixtures.py`."""

import argparse
import copy
import hashlib
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoProcessor, AutoTokenizer, BlipImageProcessorPil

import chat_answers
import checkpoints
import filters
import idefics
import idefics3
import itm
import layer_scale
import llava
import llava_onevision
import llava_several
import pictures
import strings
from configs import CHECKPOINTS, ITM_CHECKPOINTS
from idefics_configs import IDEFICS_CHECKPOINTS
from idefics3_configs import IDEFICS3_CHECKPOINTS
from llava_configs import LLAVA_CHECKPOINTS
from llava_onevision_configs import ONEVISION_CHECKPOINTS
from record import BEAMS_ALL, BEAMS_FEW, NEW_TOKENS, QUESTION, Recorder, write
from record_instruct import InstructedLlama, InstructedT5
from record_t5 import START, T5Recorder

FIXTURES = Path(__file__).parent.parent / "fixtures"
SEEDS = range(1, 40)
STRENGTHS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


def make_checkpoint(spec, image: Path):
    """Tries seeds until the answers are worth comparing, and writes the first that is."""
    folder = FIXTURES / "checkpoints" / spec["name"]
    for seed in SEEDS:
        for strength in STRENGTHS:
            model = checkpoints.build(spec)
            checkpoints.random_weights(model, seed)
            checkpoints.save_processor(spec, folder)
            recorder = open_recorder(model, spec, folder, image)
            recorder.seams()
            checkpoints.lift_stop(model, prompts_of(recorder), strength)
            recorder = open_recorder(model, spec, folder, image)
            if not varied(recorder, checkpoints.stop_id(spec)):
                continue
            checkpoints.save(model, spec, folder)
            entry = record(spec, folder, image, seed)
            if entry is not None:
                return entry
    raise SystemExit(f"{spec['name']}: no seed gives answers worth comparing")


def open_recorder(model, spec, folder, image):
    pixel_values = BlipImageProcessorPil.from_pretrained(folder)(Image.open(image), return_tensors="pt").pixel_values
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if spec.get("instruct"):
        reader = AutoTokenizer.from_pretrained(folder / checkpoints.QFORMER_FOLDER)
        recorder = InstructedT5 if "t5" in spec else InstructedLlama
        return recorder(model, tokenizer, pixel_values, reader)
    return (T5Recorder if "t5" in spec else Recorder)(model, tokenizer, pixel_values)


def prompts_of(recorder):
    tokens = torch.from_numpy(recorder.tensors["image_tokens"])
    embed = recorder.model.get_input_embeddings()
    texts = [recorder.ids(""), recorder.ids(QUESTION), [2, 100], [2, 100, 50, 220]]
    with torch.no_grad():
        return [torch.cat([tokens, embed(torch.tensor([ids]))], 1) for ids in texts]


def varied(recorder, stop_id: int) -> bool:
    _, caption = recorder.generate(recorder.ids(""), {})
    _, beams = recorder.generate(recorder.ids(""), {"beams": 3})
    stops = caption[-1] == stop_id and 5 <= len(caption) < NEW_TOKENS
    return stops and len(set(caption)) >= 5 and len(beams) >= 2 and beams != caption


def record(spec, folder, image, seed):
    """None if an answer depends on the last digits: a float32 port could not reproduce it."""
    model = checkpoints.load(spec, folder)
    recorder = open_recorder(model, spec, folder, image)
    recorder.assert_processed(AutoProcessor.from_pretrained(folder), Image.open(image))
    beams = BEAMS_ALL if spec.get("beams") == "all" else BEAMS_FEW
    generations = recorder.generations(beams)
    shaken = copy.deepcopy(model).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in shaken.parameters():
            parameter.mul_(1 + 1e-5 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    again = open_recorder(shaken, spec, folder, image).generations(beams)
    if [g["ids"] for g in again] != [g["ids"] for g in generations]:
        return None
    recorder.seams()
    for name, text in (("caption", ""), ("question", QUESTION)):
        recorder.logits(name, recorder.ids(text))
    config = model.config
    header = {
        "name": spec["name"], "about": spec["about"], "seed": seed,
        "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
        "image": str(image.relative_to(FIXTURES)),
        "imageSize": config.vision_config.image_size, "fit": "pad" if spec.get("pad") else "squash",
        "pixelValuesSha256": hashlib.sha256(recorder.pixel_values.numpy().tobytes()).hexdigest(),
        "tokens": {**tokens_of(spec), "stop": [checkpoints.stop_id(spec)], "image": config.image_token_index},
        "queryTokens": config.num_query_tokens, "vocabSize": config.text_config.vocab_size,
        "prompts": {n: {"text": t, "ids": recorder.ids(t),
                        **({"instruction": recorder.instruction(t)} if spec.get("instruct") else {})}
                    for n, t in (("caption", ""), ("question", QUESTION))},
        "scores": recorder.scores(), "generations": generations, "sampling": recorder.sampling(),
    }  # fmt: skip
    write(FIXTURES / "parity" / spec["name"], header, recorder.tensors)
    return header


def tokens_of(spec):
    if "llama" in spec:
        return {"bos": 1, "pad": 419}
    return {"bos": 1, "pad": 0, "decoderStart": START} if "t5" in spec else {"bos": 2, "pad": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="checkpoints, pictures, filters or strings; all by default")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    image = pictures.parity_image(FIXTURES / "images")
    if not only or "pictures" in only:
        print(f"{pictures.record(FIXTURES / 'images')} pictures", flush=True)
    if not only or "filters" in only:
        print(f"{filters.record(FIXTURES / 'images')} pictures with other filters", flush=True)
    if not only or "strings" in only:
        print(f"{strings.record(FIXTURES)} strings", flush=True)
    for spec in CHECKPOINTS:
        if not only or spec["name"] in only:
            made = make_checkpoint(spec, image)
            lengths = sorted({len(g["ids"]) for g in made["generations"]})
            print(f"{spec['name']}: seed {made['seed']}, answers of {lengths} tokens", flush=True)
    for spec in LLAVA_CHECKPOINTS:
        if not only or spec["name"] in only:
            made = llava.make(spec, FIXTURES, image)
            print(f"{spec['name']}: seed {made['seed']}", flush=True)
    for spec in ONEVISION_CHECKPOINTS:
        if not only or spec["name"] in only:
            made = llava_onevision.make(spec, FIXTURES, image)
            print(f"{spec['name']}: seed {made['seed']}", flush=True)
    for spec in IDEFICS3_CHECKPOINTS:
        if not only or spec["name"] in only:
            made = idefics3.make(spec, FIXTURES, image)
            print(f"{spec['name']}: seed {made['seed']}", flush=True)
    if not only or "llava-texts" in only:
        print(f"{llava.record_texts(FIXTURES)} texts for LLaVA's tokenizers", flush=True)
    if not only or "llava-several" in only:
        print(f"answers about two pictures: {llava_several.record_several(LLAVA_CHECKPOINTS, FIXTURES)}", flush=True)
    if not only or "layer-scale" in only:
        print(f"layer-scale: {layer_scale.record(FIXTURES)} tensors", flush=True)
    if not only or "chat-answers" in only:
        print(f"answers of the chat families: {chat_answers.record(FIXTURES)}", flush=True)
    for spec in IDEFICS_CHECKPOINTS:
        if not only or spec["name"] in only:
            made = idefics.make(spec, FIXTURES, image)
            print(f"{spec['name']}: seed {made['seed']}", flush=True)
    for spec in ITM_CHECKPOINTS:
        if not only or spec["name"] in only:
            made = itm.make(spec, FIXTURES, [image, FIXTURES / "images" / "size-448x448.png"])
            print(f"{spec['name']}: {[round(m['itm'], 3) for m in made['matches']]}", flush=True)


if __name__ == "__main__":
    main()
