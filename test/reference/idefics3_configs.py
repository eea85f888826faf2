"""The small Idefics3 and SmolVLM checkpoints, as configs.py has those of BLIP-2.

`vision` and `text` are keyword arguments of the config classes of transformers, `images` those of the image processor.
"""

TOWER = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=28, patch_size=7)
LANGUAGE = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=320,
)  # fmt: skip

IDEFICS3_CHECKPOINTS = [
    # As SmolVLM2: pictures are split, tied.
    dict(
        name="smolvlm-tiles", kind="smolvlm", about="SmolVLM: tiles with tokens for their places, tied", dtype="bfloat16",
        scale=2, images=dict(size={"longest_edge": 56}), beams="all",
        text=dict(num_key_value_heads=2, tie_word_embeddings=True),
    ),
    # The whole picture alone; a tile is one token; a head of its own.
    dict(
        name="smolvlm-whole", kind="smolvlm", about="SmolVLM: whole pictures, one token each", dtype="float32",
        scale=4, images=dict(size={"longest_edge": 84}, do_image_splitting=False),
        vision=dict(hidden_size=33, intermediate_size=37), text=dict(hidden_size=30, num_attention_heads=5, num_key_value_heads=5),
    ),
    # As Idefics3: no tokens for places, Llama 3's rotary positions; sides that are no multiple of a tile.
    dict(
        name="idefics3-places", kind="idefics3", about="Idefics3: places of tiles are text, Llama 3's scaling, old files",
        dtype="float16", scale=3, images=dict(size={"longest_edge": 100}), old_files=True, shards=3,
        vision=dict(image_size=42),
        text=dict(num_attention_heads=4, num_key_value_heads=1, head_dim=12, max_position_embeddings=480,
                  rope_parameters=dict(rope_type="llama3", rope_theta=5000.0, factor=8.0, low_freq_factor=1.0,
                                       high_freq_factor=4.0, original_max_position_embeddings=64)),
    ),
    dict(
        name="smolvlm-blocks", kind="smolvlm", about="SmolVLM: sizes are multiples of 128", dtype="float16",
        scale=2, images=dict(size={"longest_edge": 56}),
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        text=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_key_value_heads=4, tie_word_embeddings=True),
    ),
    # Pictures keep their size: a small one is whole, a larger one split, and a prompt may have both.
    dict(
        name="smolvlm-own-size", kind="smolvlm", about="SmolVLM: pictures of their own size, whole or split", dtype="bfloat16",
        scale=2, images=dict(do_resize=False), second="rgb16.png",
        vision=dict(hidden_size=27, intermediate_size=34, num_attention_heads=3), text=dict(num_key_value_heads=2),
    ),
]  # fmt: skip
