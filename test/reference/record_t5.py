"""Records what transformers gives at every seam of a checkpoint whose language model is a T5."""

import torch
from record import ANSWERS, OPTION_NAMES, NEW_TOKENS, PROMPTS, Recorder

START = 0  # the decoder's first id, which is not part of an answer


class T5Recorder(Recorder):
    def ids(self, text: str):
        """What Blip2Processor gives for the text after the image: `</s>` last. Without text: that alone."""
        return self.tokenizer(text).input_ids

    def generate(self, ids, options, **more):
        kwargs = {OPTION_NAMES[k]: v for k, v in {"maxNewTokens": NEW_TOKENS, **options}.items()}
        if "stopStrings" in options:
            kwargs["tokenizer"] = self.tokenizer
        out = self.model.generate(
            pixel_values=self.pixel_values.to(self.model.dtype), input_ids=self.inputs(ids), return_dict_in_generate=True,
            **{"do_sample": False, **kwargs, **self.extra(ids), **more},
        )  # fmt: skip
        return out, out.sequences[0, 1:].tolist()

    def forward(self, ids, decoder_ids):
        """Encoder output [E, D] and logits of every position of the decoder [T, V]."""
        with torch.no_grad():
            out = self.model(
                pixel_values=self.pixel_values, input_ids=self.inputs(ids), decoder_input_ids=torch.tensor([decoder_ids]),
                **self.extra(ids),
            )
        return out.language_model_outputs.encoder_last_hidden_state[0], out.logits[0]

    def logits(self, name, ids):
        """The encoder's output, and the raw logits of plain greedy steps."""
        self.tensors[f"encoded.{name}"] = self.forward(ids, [START])[0].numpy()
        out, _ = self.generate(ids, {"maxNewTokens": 8 if name == "caption" else 4}, output_logits=True)
        self.tensors[f"logits.{name}.steps"] = torch.cat(out.logits).numpy()

    def scores(self):
        recorded = []
        for name, text in PROMPTS.items():
            for answer in ANSWERS:
                ids = self.ids(answer)[:-1]
                _, logits = self.forward(self.ids(text), [START, *ids[:-1]])
                rows = logits.log_softmax(-1)
                each = [float(rows[i, token]) for i, token in enumerate(ids)]
                recorded.append({"prompt": name, "answer": answer, "ids": ids, "logProbabilities": each})
        return recorded
