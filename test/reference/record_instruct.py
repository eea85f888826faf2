"""Records what transformers gives at every seam of an InstructBLIP, whose Q-Former reads the prompt, too."""

import torch
from record import PROMPTS, Recorder
from record_t5 import T5Recorder


class Instructed(Recorder):
    def __init__(self, model, tokenizer, pixel_values, qformer_tokenizer):
        super().__init__(model, tokenizer, pixel_values)
        self.qformer_tokenizer, self.texts = qformer_tokenizer, {}

    def ids(self, text: str):
        ids = super().ids(text)
        self.texts[tuple(ids)] = text
        return ids

    def instruction(self, text: str):
        return self.qformer_tokenizer(text).input_ids

    def extra(self, ids):
        instruction = torch.tensor([self.instruction(self.texts[tuple(ids)])])
        return {"qformer_input_ids": instruction, "qformer_attention_mask": torch.ones_like(instruction)}

    def seams(self):
        """The tokens of the empty prompt under the usual names, and those of each prompt under its own."""
        model, queries = self.model, self.config.num_query_tokens
        with torch.no_grad():
            vision = model.vision_model(self.pixel_values).last_hidden_state
            for name, text in PROMPTS.items():
                extra = self.extra(self.ids(text))
                seen = torch.ones(1, queries, dtype=torch.long)
                query = model.qformer(
                    input_ids=extra["qformer_input_ids"],
                    attention_mask=torch.cat([seen, extra["qformer_attention_mask"]], 1),
                    query_embeds=model.query_tokens, encoder_hidden_states=vision,
                    encoder_attention_mask=torch.ones(vision.shape[:2], dtype=torch.long),
                ).last_hidden_state[:, :queries]  # fmt: skip
                suffix = "" if text == "" else f".{name}"
                self.tensors[f"query_output{suffix}"] = query.numpy()
                self.tensors[f"image_tokens{suffix}"] = model.language_projection(query).numpy()
        self.tensors.update(pixel_values=self.pixel_values.numpy(), image_embeds=vision.numpy())


class InstructedLlama(Instructed):
    """Its answers begin after the prompt's ids, as an OPT's."""


class InstructedT5(Instructed, T5Recorder):
    pass
