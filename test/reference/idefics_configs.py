"""The small IDEFICS checkpoints, as configs.py has those of BLIP-2.

`vision`, `perceiver` and `text` are keyword arguments of the config classes of transformers. Without `perceiver` the
decoder looks at the rows of the vision tower itself. `turn` is whether the tokenizer has `<end_of_utterance>`.
"""

TOWER = dict(embed_dim=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=28, patch_size=7)
PERCEIVER = dict(
    use_resampler=True, resampler_depth=2, resampler_n_heads=3, resampler_head_dim=16, resampler_n_latents=5,
    qk_layer_norms_perceiver=True,
)  # fmt: skip
LANGUAGE = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, max_position_embeddings=160,
    cross_layer_interval=2,
)  # fmt: skip

IDEFICS_CHECKPOINTS = [
    # As idefics-9b-instruct: normalized heads in both attentions, one number a gate, turns that end with a token.
    dict(
        name="idefics-resampler", about="IDEFICS as published: resampler, normalized heads, interval of 2", dtype="float16",
        perceiver=PERCEIVER, turn=True, old_files=True, beams="all", text=dict(qk_layer_norms=True),
    ),
    # Nothing is a multiple of 8; the decoder looks at all rows before every layer, with a gate for each number.
    dict(
        name="idefics-direct", about="IDEFICS: no resampler, gates as vectors, tied, odd sizes, older spaces", dtype="float32",
        legacy=True, vision=dict(embed_dim=33, intermediate_size=37, image_size=30, hidden_act="gelu_pytorch_tanh"),
        text=dict(hidden_size=30, intermediate_size=51, num_attention_heads=5, num_hidden_layers=3, cross_layer_interval=1,
                  alpha_type="vector", tie_word_embeddings=True),
    ),
    dict(
        name="idefics-blocks", about="IDEFICS: sizes are multiples of 128, shards, bfloat16", dtype="bfloat16", shards=3,
        vision=dict(embed_dim=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        perceiver=dict(PERCEIVER, resampler_depth=1, resampler_n_heads=4, resampler_head_dim=32, qk_layer_norms_perceiver=False),
        text=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=2),
    ),
]  # fmt: skip
