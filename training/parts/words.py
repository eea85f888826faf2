"""
What ties the image encoder to language while it learns: a caption written from its patches, and a contrast between
its class token and captions. Both heads are left behind when the encoder is frozen.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from training.language.conversation import caption, loose_caption
from training.language.scene import of_picture
from training.parts.model import FFN, HEADS, TEXT_MAX, WIDTH
from training.text import BOS, PAD, VOCABULARY_ROWS, pad


class WordHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY_ROWS, WIDTH, padding_idx=PAD)
        self.positions = nn.Embedding(TEXT_MAX, WIDTH)
        nn.init.normal_(self.words.weight, std=.05)
        nn.init.normal_(self.positions.weight, std=.02)
        self.decoder = nn.TransformerDecoderLayer(WIDTH, HEADS, FFN, 0.0, 'gelu', batch_first=True, norm_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.image, self.text = nn.Linear(WIDTH, WIDTH), nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))
        self.temperature = nn.Parameter(torch.tensor(.07))

    def caption_loss(self, features, ids, labels):
        """features [B, 1 + patches, WIDTH], ids and labels int64 [B, L]"""
        length = ids.shape[1]
        ahead = torch.ones(length, length, dtype=torch.bool).triu(1)
        embeds = self.words(ids) + self.positions.weight[:length]
        hidden = self.norm(self.decoder(embeds, features, tgt_mask=ahead))
        keep = labels >= 0
        return cross_entropy((hidden[keep] @ self.words.weight.T).float(), labels[keep])

    def contrast_loss(self, features, ids, same):
        """The class token against the words of captions, whose order it does not see. `same`: bool [B, B]."""
        there = (ids != PAD).float()[..., None]
        text = normalize(self.text((self.words(ids) * there).sum(1) / there.sum(1)), dim=-1)
        similar = (normalize(self.image(features[:, 0]), dim=-1) @ text.T).float() / self.temperature.clamp(.02, .5)
        wanted = same.float() / same.sum(1, keepdim=True)
        return (cross_entropy(similar, wanted) + cross_entropy(similar.T, wanted)) / 2

    def forward(self, features, scenes, text, rng):
        """The sum of both losses for the pictures of drawn scenes."""
        views = [of_picture(scene) for scene in scenes]
        captions = [caption(view) for view in views]
        ids = torch.from_numpy(pad([[BOS, *text.ids(words)] for words in captions], PAD))
        labels = torch.from_numpy(pad([[*text.ids(words), text.newline] for words in captions], -100))
        loose = [loose_caption(rng, view) for view in views]
        loose_ids = torch.from_numpy(pad([text.ids(words) for words in loose], PAD))
        same = torch.tensor([[a == b for b in captions] for a in captions])
        return self.caption_loss(features, ids, labels) + .5 * self.contrast_loss(features, loose_ids, same)
