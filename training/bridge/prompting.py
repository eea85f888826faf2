"""Stage 2 of a Q-Former: it learns to prompt the frozen language model (BLIP-2, section 3.3)."""

import torch

from training.bridge.ends import IGNORED, answer_end, common, learned, padded
from training.bridge.measure import answers

PARTS = ('query_tokens', 'qformer', 'language_projection')
# As inference/families/blip2/card.ts asks.
QUESTION, T5_QUESTION = 'Question: {} Answer:', 'Question: {} Short answer:'


class Prompting:
    """Trains a Blip2ForConditionalGeneration without its ends."""

    name, rate = 'stage2', 1e-4

    def __init__(self, model, processor, contrast):
        self.model, self.processor, self.contrast = model, processor, contrast
        self.bridge = learned(model, PARTS)
        self.end = answer_end(model.language_model)
        self.reads = model.language_model.config.is_encoder_decoder
        projection, table = model.language_projection, model.language_model.get_input_embeddings().weight
        # Soft words are as large as the words that the language model knows.
        torch.nn.init.normal_(projection.weight, std=table.std().item() * projection.in_features**-0.5)

    def begin(self, device):
        """Takes what stage 1 learned; what only reads texts stays behind."""
        first = self.contrast.model
        self.model.query_tokens.data.copy_(first.query_tokens)
        missing = self.model.qformer.load_state_dict(first.qformer.state_dict(), strict=False).missing_keys
        if missing:
            raise RuntimeError(f'stage 1 lacks {missing}')
        self.model.to(device).eval()

    def loss(self, inputs):
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        loss = self.model(**inputs).loss
        return loss, {'loss': loss}

    def measure(self, examples):
        return answers(self, examples)

    def prompt(self, example):
        """A caption follows the picture alone."""
        return '' if example.question is None else (T5_QUESTION if self.reads else QUESTION).format(example.question)

    def inputs(self, examples):
        """What the model takes of examples, with labels for the answers and their ends alone."""
        tokenizer, prompts = self.processor.tokenizer, [self.prompt(one) for one in examples]
        batch = self.processor(images=[one.picture() for one in examples], text=prompts)
        pixels = torch.stack([torch.as_tensor(one) for one in batch['pixel_values']])
        asked = batch['input_ids']
        if self.reads:
            labels = [[*tokenizer(one.answer, add_special_tokens=False).input_ids, self.end] for one in examples]
            return {
                'pixel_values': pixels, 'input_ids': padded(asked, tokenizer.pad_token_id),
                'attention_mask': padded([[1] * len(row) for row in asked], 0), 'labels': padded(labels, IGNORED),
            }
        queries = self.model.config.num_query_tokens
        texts = [f'{prompt} {one.answer}'.strip() for prompt, one in zip(prompts, examples)]
        rows = [[*row[:queries], *ids, self.end] for row, ids in zip(asked, tokenizer(texts).input_ids)]
        labels = [[IGNORED] * (start := common(row, ask)) + row[start:] for row, ask in zip(rows, asked)]
        return {
            'pixel_values': pixels, 'input_ids': padded(rows, tokenizer.pad_token_id),
            'attention_mask': padded([[1] * len(row) for row in rows], 0), 'labels': padded(labels, IGNORED),
        }

    def answer(self, example, tokens):
        inputs = self.processor(images=example.picture(), text=self.prompt(example), return_tensors='pt').to(self.model.device)
        ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=tokens, eos_token_id=self.end)[0]
        ids = ids if self.reads else ids[inputs['input_ids'].shape[1] :]
        return self.processor.decode(ids, skip_special_tokens=True).strip()
