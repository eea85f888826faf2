"""
The Q-Former around transformers' own Blip2QFormerModel, with the text branch stage 1 needs
(word embeddings, heads) and the paper's three attention masks. Stage 2 keeps the query half.
"""

import torch
from torch import nn
from torch.nn.functional import normalize
from transformers import Blip2QFormerModel

from training.common import initialize
from training.parts.model import TEXT_MAX, VOCABULARY_ROWS, WIDTH, qformer_config
from training.text import PAD, SLOTS

ITC_WIDTH = 128


class StageOne(nn.Module):
    def __init__(self):
        super().__init__()
        self.query_tokens = nn.Parameter(torch.randn(1, SLOTS, WIDTH))
        self.qformer = Blip2QFormerModel(qformer_config(True))
        initialize(self.qformer)
        self.words = nn.Embedding(VOCABULARY_ROWS, WIDTH, padding_idx=PAD)
        self.positions = nn.Embedding(TEXT_MAX, WIDTH)
        nn.init.normal_(self.words.weight, std=.02)
        nn.init.normal_(self.positions.weight, std=.02)
        self.image_proj, self.text_proj = nn.Linear(WIDTH, ITC_WIDTH), nn.Linear(WIDTH, ITC_WIDTH)
        self.itm_head = nn.Linear(WIDTH, 2)
        self.temperature = nn.Parameter(torch.tensor(.07))
        self.lm_transform = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.LayerNorm(WIDTH))
        self.lm_bias = nn.Parameter(torch.zeros(VOCABULARY_ROWS))

    def text(self, ids):
        """ids [B, L] -> embeddings [B, L, D]"""
        return self.words(ids) + self.positions.weight[:ids.shape[1]]

    def run(self, embeds, queries, mask, image):
        return self.qformer(query_embeds=embeds, query_length=queries, attention_mask=mask, encoder_hidden_states=image).last_hidden_state

    def text_features(self, ids):
        """Unimodal mask: the text alone. -> [B, ITC_WIDTH], unit length"""
        hidden = self.run(self.text(ids), 0, (ids != PAD).long(), None)
        return normalize(self.text_proj(hidden[:, 0]).float(), dim=-1)

    def generate(self, image, ids):
        """Multimodal causal mask: queries see queries, text sees queries and the text before it.

        image [B, 197, D], ids [B, L] -> (query features [B, 32, ITC_WIDTH], logits [B, L, V])
        """
        size, length = ids.shape
        mask = torch.zeros(1, SLOTS + length, SLOTS + length, dtype=torch.bool)
        mask[:, :, :SLOTS] = True
        mask[:, SLOTS:, SLOTS:] = torch.ones(length, length, dtype=torch.bool).tril()
        embeds = torch.cat([self.query_tokens.expand(size, -1, -1), self.text(ids)], 1)
        hidden = self.run(embeds, SLOTS, mask.expand(size, 1, -1, -1), image)
        logits = self.lm_transform(hidden[:, SLOTS:]) @ self.words.weight.T + self.lm_bias
        return normalize(self.image_proj(hidden[:, :SLOTS]).float(), dim=-1), logits

    def match(self, image, ids):
        """Bidirectional mask: everything sees everything. -> logits [B, 2]"""
        queries = self.query_tokens.expand(len(ids), -1, -1)
        mask = torch.cat([torch.ones(len(ids), SLOTS, dtype=torch.long), (ids != PAD).long()], 1)
        hidden = self.run(torch.cat([queries, self.text(ids)], 1), SLOTS, mask, image)
        return self.itm_head(hidden[:, :SLOTS]).mean(1).float()

    def image_features(self, image):
        hidden = self.run(self.query_tokens.expand(len(image), -1, -1), SLOTS, None, image)
        return normalize(self.image_proj(hidden).float(), dim=-1)


class StageTwo(nn.Module):
    """The Q-Former without its text branch, and the projection into the language model."""

    def __init__(self):
        super().__init__()
        self.query_tokens = nn.Parameter(torch.zeros(1, SLOTS, WIDTH))
        self.qformer = Blip2QFormerModel(qformer_config(False))
        self.language_projection = nn.Linear(WIDTH, WIDTH)

    def start_from(self, stage_one):
        """Takes what stage 1 learned; text-only weights stay behind."""
        kept = {key: value for key, value in stage_one.items() if key in self.state_dict()}
        missing = self.load_state_dict(kept, strict=False).missing_keys
        if any(not key.startswith('language_projection') for key in missing):
            raise RuntimeError(f'stage 1 lacks {missing}')

    def forward(self, image):
        """image [B, 197, D] -> the 32 soft words [B, 32, D]"""
        queries = self.query_tokens.expand(len(image), -1, -1)
        return self.language_projection(self.qformer(query_embeds=queries, encoder_hidden_states=image).last_hidden_state)
