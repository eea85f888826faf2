"""
Three bridges from the miniature's vision tower to its language model, of transformers' own parts where it has them: the
Q-Former of a BLIP-2, the projector of a LLaVA, the gated cross-attention of an IDEFICS. Their input are features
[B, 1 + SIDE * SIDE, WIDTH]; what `see` makes of them is kept for all questions about a picture.

None is exported. transformers' LLaVA could have this OPT behind its projector, but `npm run pull` takes an OPT behind a Q-Former alone;
its IDEFICS is a Llama.
"""

import torch
from torch import nn
from transformers import IdeficsConfig
from transformers.models.idefics.modeling_idefics import IdeficsGatedCrossAttentionLayer

from training.common import initialize
from training.language.scene import CELL_COLUMNS, CELL_ROWS
from training.parts.model import FFN, HEADS, SIDE, WIDTH
from training.parts.qformer import StageTwo
from training.text import SLOTS

INTERVAL = 2  # layers of the language model from one gated layer to the next


class SoftWords(nn.Module):
    """
    The language model reads these before the text. An OPT learned to read SLOTS vectors there, at the positions 0 to SLOTS - 1, and
    has a vector for each of these: soft words get `positions` among them. To a Llama only the order matters.
    """

    def __init__(self, language, positions):
        super().__init__()
        self.reads = len(positions)
        has_places = language.config.model_type == 'opt'
        self.register_buffer('positions', torch.tensor(positions) if has_places else None, persistent=False)
        self.size = language.get_input_embeddings().weight.std().item()

    def read(self, language, soft, ids, cache=None):
        """soft [B, reads of each picture, WIDTH], ids [B, L], those after a `cache` -> hidden states of the text [B, L, WIDTH]"""
        length = cache.get_seq_length() if cache is not None else 0
        embeds = language.get_input_embeddings()(ids)
        if length == 0:
            embeds = torch.cat([soft, embeds], 1)
        if self.positions is None:
            places = length + torch.arange(embeds.shape[1])
        else:
            places = text_places(ids, length - self.reads) if length else torch.cat([self.positions, text_places(ids)])
        positions = places.expand(len(ids), -1)
        output = language.get_decoder()(inputs_embeds=embeds, position_ids=positions, past_key_values=cache, use_cache=cache is not None)
        return output.last_hidden_state[:, -ids.shape[1] :]

    def scale(self, layer):
        """Soft words begin as large as the words that the language model knows."""
        nn.init.normal_(layer.weight, std=self.size * layer.in_features**-0.5)
        nn.init.zeros_(layer.bias)


class QFormer(SoftWords):
    rate = 6e-4

    def __init__(self, language):
        super().__init__(language, range(SLOTS))
        self.inner = StageTwo()
        self.scale(self.inner.language_projection)

    def see(self, features):
        return self.inner(features)

    def next_to(self, end):
        """The layers that meet an end."""
        if end == 'language':
            return [self.inner.language_projection]
        attentions = [layer.crossattention.attention for layer in self.inner.qformer.encoder.layer]
        return [part for attention in attentions for part in (attention.key, attention.value)]


class Written(SoftWords):
    """No bridge: the language model reads the scene's description, as it learned to. What it answers then is the others' ceiling."""

    def __init__(self, language, description):
        super().__init__(language, range(SLOTS))
        self.description = description

    def see(self, rows):
        return self.description(rows)


class Projector(SoftWords):
    """Each patch becomes a soft word, at the position of the slot that described its part of the picture."""

    rate = 1e-3

    def __init__(self, language):
        super().__init__(language, [slot_of(patch) for patch in range(SIDE * SIDE)])
        self.layers = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))
        initialize(self.layers)
        self.scale(self.layers[-1])

    def see(self, features):
        return self.layers(features[:, 1:])


class CrossAttention(nn.Module):
    """The language model reads the text alone; before every INTERVAL-th of its layers a gated one looks at the picture."""

    rate, reads = 6e-4, 0

    def __init__(self, language):
        super().__init__()
        config = IdeficsConfig(
            hidden_size=WIDTH, intermediate_size=FFN, num_attention_heads=HEADS, qk_layer_norms=True, vision_config={'embed_dim': WIDTH}
        )
        config._attn_implementation = 'sdpa'
        self.layers = nn.ModuleList(IdeficsGatedCrossAttentionLayer(config, i) for i in range(0, len(language.get_decoder().layers), INTERVAL))
        initialize(self.layers)

    def see(self, features):
        return features

    def read(self, language, seen, ids, cache=None):
        gate = torch.ones_like(ids)
        all_rows = seen.new_zeros(len(ids), 1, 1, seen.shape[1]).expand(-1, -1, ids.shape[1], -1)

        def looking(layer):
            def hook(_, args, kwargs):
                hidden = layer(args[0], image_hidden_states=seen, image_attention_mask=all_rows, cross_attention_gate=gate)
                return (hidden, *args[1:]), kwargs

            return hook

        decoder = language.get_decoder()
        hooks = [
            before.register_forward_pre_hook(looking(layer), with_kwargs=True) for before, layer in zip(decoder.layers[::INTERVAL], self.layers)
        ]
        try:
            places = text_places(ids, cache.get_seq_length() if cache is not None else 0).expand(len(ids), -1)
            return decoder(input_ids=ids, position_ids=places, past_key_values=cache, use_cache=cache is not None).last_hidden_state
        finally:
            for hook in hooks:
                hook.remove()


KINDS = {'qformer': QFormer, 'projector': Projector, 'cross-attention': CrossAttention}


def slot_of(patch):
    """The slot of the cell that a patch's center lies in."""
    row, column = divmod(patch, SIDE)
    return int((row + 0.5) / SIDE * CELL_ROWS) * CELL_COLUMNS + int((column + 0.5) / SIDE * CELL_COLUMNS)


def text_places(ids, before=0):
    """Positions of an OPT; `before`: how many tokens of text are."""
    return SLOTS + before + torch.arange(ids.shape[1])
