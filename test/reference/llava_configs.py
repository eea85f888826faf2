"""The small LLaVA checkpoints, as configs.py has those of BLIP-2.

`vision` and `text` are keyword arguments of the config classes of transformers; `names` says how tensors are called:
"published" as on the hub, "modules" as the modules of transformers 5, absent as transformers 5 saves them.
"""

TOWER = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, image_size=28, patch_size=7)
LANGUAGE = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=160,
)  # fmt: skip

LLAVA_CHECKPOINTS = [
    # As llava-1.5: CLIP's second last state, the older steps of Llama's tokenizer, a head of its own.
    dict(
        name="llava-clip", about="LLaVA 1.5 as published: CLIP, two linear layers, Llama", dtype="float16",
        names="published", tokenizer="older", beams="all", old_files=True,
    ),
    # Nothing is a multiple of 8; patches do not fill the picture.
    dict(
        name="llava-odd-sizes", about="LLaVA: SigLIP's last state, Qwen2 with biases, tied, odd sizes", dtype="float32",
        names="modules", tower="siglip", language="qwen2", layer=-1, select="full",
        vision=dict(hidden_size=33, intermediate_size=37, image_size=30),
        text=dict(hidden_size=30, intermediate_size=51, num_attention_heads=5, num_key_value_heads=5, num_hidden_layers=3,
                  tie_word_embeddings=True),
    ),
    # Several states side by side, with the class token; bars around the picture first.
    dict(
        name="llava-states", about="LLaVA: two states of CLIP with the class token, no projector biases, shards, bfloat16",
        dtype="bfloat16", layer=[-3, 1], select="full", pad=True, shards=3, tokenizer="first",
        projector=dict(multimodal_projector_bias=False, projector_hidden_act="gelu_new"),
        text=dict(hidden_size=36, num_attention_heads=6, num_key_value_heads=2, head_dim=10, attention_bias=True),
    ),
    dict(
        name="llava-qwen3", about="LLaVA: SigLIP, Qwen3 with normalized heads, grouped keys", dtype="float16",
        tower="siglip", language="qwen3", layer=-2, select="default",
        text=dict(num_key_value_heads=2, head_dim=16),
    ),
    dict(
        name="llava-blocks", about="LLaVA: sizes are multiples of 128", dtype="float16", tower="siglip", language="qwen2",
        layer=-1, select="full",
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        text=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_key_value_heads=4,
                  tie_word_embeddings=True),
    ),
]  # fmt: skip
