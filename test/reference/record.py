"""Records what transformers gives at every seam of one checkpoint. Format: test/helpers/parity.ts."""

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken

QUESTION = "Question: what is it? Answer:"
PROMPTS = {"caption": "", "question": QUESTION}
ANSWERS = [" red", " a blue circle", " two\n", " no"]
NEW_TOKENS = 12
ALL_ROWS = 16  # longest prefill whose logits are stored for every position

# Names as in GenerationOptions (inference/contract/types.ts), and what transformers calls them.
OPTION_NAMES = {
    "maxNewTokens": "max_new_tokens", "minNewTokens": "min_new_tokens", "beams": "num_beams",
    "lengthPenalty": "length_penalty", "earlyStopping": "early_stopping",
    "repetitionPenalty": "repetition_penalty", "noRepeatNgramSize": "no_repeat_ngram_size",
    "stopIds": "eos_token_id", "stopStrings": "stop_strings",
    "temperature": "temperature", "topK": "top_k", "topP": "top_p",
}  # fmt: skip

BEAMS_ALL = [
    {"beams": beams, "lengthPenalty": penalty, "earlyStopping": early}
    for beams in (2, 3, 5)
    for penalty in (-1.0, 0.0, 1.0, 2.0)
    for early in (True, False, "never")
]
BEAMS_FEW = [b for i, b in enumerate(BEAMS_ALL) if i % 5 == 0]
GREEDY = [
    {},
    {"maxNewTokens": 1},
    {"maxNewTokens": 4},
    {"repetitionPenalty": 1.3},
    {"repetitionPenalty": 2.5, "maxNewTokens": 16},
    {"repetitionPenalty": 0.7},
    {"noRepeatNgramSize": 1},
    {"noRepeatNgramSize": 2, "maxNewTokens": 16},
    {"minNewTokens": 10},
    {"minNewTokens": 8, "noRepeatNgramSize": 2, "repetitionPenalty": 1.2},
]
BEAMS_MIXED = [
    {"beams": 3, "repetitionPenalty": 1.5},
    {"beams": 3, "noRepeatNgramSize": 2, "minNewTokens": 8},
    {"beams": 4, "noRepeatNgramSize": 1, "lengthPenalty": -1.0},
    {"beams": 4, "minNewTokens": 6, "maxNewTokens": 7, "earlyStopping": True},
    {"beams": 5, "maxNewTokens": 1},
    {"beams": 2, "maxNewTokens": 2, "lengthPenalty": 0.5, "repetitionPenalty": 0.8},
]
SAMPLING = [
    {"temperature": 1.0, "topK": 0, "topP": 1.0},
    {"temperature": 0.7, "topK": 5, "topP": 1.0},
    {"temperature": 1.5, "topK": 0, "topP": 0.6},
    {"temperature": 0.9, "topK": 20, "topP": 0.8, "repetitionPenalty": 1.4, "minNewTokens": 2},
    {"temperature": 1.0, "topK": 50, "topP": 0.05},
]


class Recorder:
    def __init__(self, model, tokenizer, pixel_values):
        self.model, self.tokenizer, self.pixel_values = model, tokenizer, pixel_values
        self.config = model.config
        self.prompts = PROMPTS
        self.tensors: dict[str, np.ndarray] = {}

    def ids(self, text: str):
        """What Blip2Processor gives for the text after the image: BOS first. Without text: BOS alone."""
        return self.tokenizer(text).input_ids

    def inputs(self, ids):
        prefix = [self.config.image_token_index] * self.config.num_query_tokens
        return torch.tensor([prefix + list(ids)])

    def extra(self, ids):
        """What the model is given besides, for a prompt."""
        return {}

    def assert_processed(self, processor, picture):
        """Of a picture with each prompt, the checkpoint's own processor makes the inputs that are recorded."""
        processor.image_token = AddedToken("<image>", normalized=False, special=True)  # 5.18 loads a string and wants this
        processor.num_query_tokens = self.config.num_query_tokens  # the oldest configs lack it
        for text in self.prompts.values():
            ids = self.ids(text)
            expected = {"pixel_values": self.pixel_values, "input_ids": self.inputs(ids), **self.extra(ids)}
            made = processor(images=picture, text=text, return_tensors="pt")
            assert made.keys() == {*expected, "attention_mask"}, made.keys()
            assert made.attention_mask.all(), text  # as without one
            for name, value in expected.items():
                assert torch.equal(made[name], value), (text, name)

    def generate(self, ids, options, **more):
        """The generated ids only, as transformers' `generate` ends them."""
        kwargs = {OPTION_NAMES[k]: v for k, v in {"maxNewTokens": NEW_TOKENS, **options}.items()}
        if "stopStrings" in options:
            kwargs["tokenizer"] = self.tokenizer
        input_ids = self.inputs(ids)
        out = self.model.generate(
            pixel_values=self.pixel_values.to(self.model.dtype), input_ids=input_ids, return_dict_in_generate=True,
            **{"do_sample": False, **kwargs, **self.extra(ids), **more},
        )  # fmt: skip
        return out, out.sequences[0, input_ids.shape[1] :].tolist()

    def stop_id(self):
        return self.config.text_config.eos_token_id

    def seams(self):
        model = self.model
        with torch.no_grad():
            vision = model.vision_model(self.pixel_values).last_hidden_state
            query = model.qformer(
                query_embeds=model.query_tokens, encoder_hidden_states=vision,
                encoder_attention_mask=torch.ones(vision.shape[:2], dtype=torch.long),
            ).last_hidden_state  # fmt: skip
            projected = model.language_projection(query)
        width = getattr(self.config.text_config, "word_embed_proj_dim", projected.shape[-1])
        # transformers scatters the projected rows as one flat run of numbers: with narrower embeddings the
        # first rows are cut into pieces and the last are never used. That is what the reference runs.
        tokens = projected.flatten()[: query.shape[1] * width].reshape(1, query.shape[1], width)
        if self.pixel_values.shape[-1] <= 42:
            self.tensors["pixel_values"] = self.pixel_values.numpy()
        self.tensors.update(image_embeds=vision.numpy(), query_output=query.numpy(), image_tokens=tokens.numpy())
        if width != projected.shape[-1]:
            self.tensors["projected"] = projected.numpy()

    def logits(self, name, ids):
        """Prefill logits of every position (when few), and those of each greedy step."""
        with torch.no_grad():
            prefill = self.model(pixel_values=self.pixel_values, input_ids=self.inputs(ids), **self.extra(ids)).logits[0]
        if prefill.shape[0] <= ALL_ROWS:
            self.tensors[f"logits.{name}.prefill"] = prefill.numpy()
        out, _ = self.generate(ids, {"maxNewTokens": 8 if name == "caption" else 4}, output_logits=True)
        self.tensors[f"logits.{name}.steps"] = torch.cat(out.logits).numpy()

    def stop_strings(self, ids):
        """A string inside what greedy says, one across two tokens where there is one."""
        _, new = self.generate(ids, {})
        texts = [self.tokenizer.decode([i]) for i in new]
        printable = [t.isascii() and t.isprintable() and t != "" for t in texts]
        for i in range(1, len(new)):
            if printable[i - 1] and printable[i]:
                return [texts[i - 1][-1] + texts[i][0]]
        return [next((t[0] for t, ok in zip(texts, printable) if ok), "a")]

    def generations(self, beams):
        recorded = []
        for name, text in self.prompts.items():
            ids = self.ids(text)
            _, plain = self.generate(ids, {})
            stop_ids = {"stopIds": sorted({self.stop_id(), plain[len(plain) // 2]})}
            options = GREEDY + [stop_ids, {"stopStrings": [*self.stop_strings(ids), "zz"]}]
            options += [{**stop_ids, "beams": 3}, {"stopStrings": self.stop_strings(ids), "beams": 2}]
            options += BEAMS_MIXED + beams
            for one in options:
                out, new = self.generate(ids, one, output_scores=True)
                entry = {"prompt": name, "options": {"maxNewTokens": NEW_TOKENS, **one}, "ids": new}
                if one.get("beams", 1) > 1:
                    entry["score"] = float(out.sequences_scores[0])
                recorded.append(entry)
        return recorded

    def sampling(self):
        """The distribution a token is drawn from, over three steps along one drawn answer."""
        recorded = []
        for name, text in self.prompts.items():
            for seed, options in enumerate(SAMPLING):
                torch.manual_seed(seed)
                ids = self.ids(text)
                out, new = self.generate(ids, {**options, "maxNewTokens": 3}, do_sample=True, output_scores=True)
                steps = []
                for scores in out.scores:
                    probabilities = scores[0].softmax(-1)
                    kept = probabilities.nonzero()[:, 0]
                    most = kept[probabilities[kept].argsort(descending=True)][:24]
                    steps.append({
                        "kept": len(kept),
                        "ids": most.tolist(),
                        "probabilities": [float(f"{p:.7g}") for p in probabilities[most].tolist()],
                    })  # fmt: skip
                recorded.append({"prompt": name, "options": options, "drawn": new, "steps": steps})
        return recorded

    def scores(self):
        """Log-probability of each token of each answer after the prompt, teacher-forced."""
        recorded = []
        for name, text in self.prompts.items():
            prompt = self.ids(text)
            for answer in ANSWERS:
                ids = self.ids(answer)[1:]
                inputs = self.inputs(prompt + ids)
                with torch.no_grad():
                    logits = self.model(pixel_values=self.pixel_values, input_ids=inputs, **self.extra(prompt)).logits[0]
                rows = logits[-len(ids) - 1 : -1].log_softmax(-1)
                each = [float(rows[i, token]) for i, token in enumerate(ids)]
                recorded.append({"prompt": name, "answer": answer, "ids": ids, "logProbabilities": each})
        return recorded


def write(path: Path, header: dict, tensors: dict[str, np.ndarray]):
    """NAME.json with the plain data and where each tensor lies in NAME.bin."""
    offset, index, chunks = 0, {}, []
    for name, tensor in tensors.items():
        data = np.ascontiguousarray(tensor, dtype="<f4")
        index[name] = {"shape": list(data.shape), "offset": offset}
        chunks.append(data.tobytes())
        offset += data.nbytes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".bin").write_bytes(b"".join(chunks))
    lines = [f'"{key}": {compact(value)}' for key, value in {**header, "tensors": index}.items()]
    path.with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def compact(value):
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)
