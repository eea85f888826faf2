"""The small LLaVA-OneVision checkpoints, as llava_configs.py has those of LLaVA; `images` are arguments of the image processor."""

from llava_configs import LANGUAGE, TOWER

__all__ = ["LANGUAGE", "ONEVISION_CHECKPOINTS", "TOWER"]


def pinpoints(side: int, most: int):
    return [[rows * side, columns * side] for rows in range(1, most + 1) for columns in range(1, most + 1)]


ONEVISION_CHECKPOINTS = [
    # As llava-onevision-qwen2-0.5b-ov-hf: SigLIP's last state, grouped keys, tied.
    dict(
        name="onevision-tiles", about="LLaVA-OneVision: SigLIP, Qwen2, tied, files as published", dtype="bfloat16",
        names="published", old_files=True, beams="all", resolutions=pinpoints(28, 3),
        images=dict(image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5]),
        text=dict(num_key_value_heads=2, tie_word_embeddings=True, max_position_embeddings=480),
    ),
    # The map of features is made smaller; patches do not fill a tile; nothing is a multiple of 8; CLIP's colors.
    dict(
        name="onevision-smaller", about="LLaVA-OneVision: smaller maps of features, odd sizes, a head of its own", dtype="float32",
        resolutions=pinpoints(30, 3), aspect="anyres_max_1", images={}, shards=2,
        vision=dict(hidden_size=33, intermediate_size=37, image_size=30),
        text=dict(hidden_size=30, intermediate_size=51, num_attention_heads=5, num_key_value_heads=5,
                  max_position_embeddings=320),
    ),
    # Without CLIP's class token.
    dict(
        name="onevision-clip", about="LLaVA-OneVision: CLIP without its class token, Qwen3", dtype="float16", tower="clip",
        select="default", layer=-2, resolutions=[[28, 56], [56, 28], [56, 56], [28, 28]], aspect="anyres_max_4", images={},
        language="qwen3", text=dict(num_key_value_heads=2, head_dim=16, max_position_embeddings=320),
    ),
    dict(
        name="onevision-blocks", about="LLaVA-OneVision: sizes are multiples of 128", dtype="float16",
        resolutions=pinpoints(28, 2), images={},
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        text=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_key_value_heads=4,
                  tie_word_embeddings=True, max_position_embeddings=320),
    ),
]  # fmt: skip
