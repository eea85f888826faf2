"""The small checkpoints: one dictionary each, every one different from `base` in a way that can break a port.

`vision`, `qformer` and `text` are keyword arguments of the config classes of transformers; what is
missing there comes from VISION, QFORMER and TEXT below. With `t5` instead of `text` the language model is
a T5, and what is missing comes from T5.
"""

VISION = dict(
    hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
    image_size=28, patch_size=7, hidden_act="gelu", qkv_bias=True,
)
QFORMER = dict(
    hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
    cross_attention_frequency=2, vocab_size=64, max_position_embeddings=32,
)
TEXT = dict(
    hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=4,
    activation_function="relu", max_position_embeddings=96, vocab_size=304,
    pad_token_id=1, bos_token_id=2,
)  # fmt: skip
T5 = dict(
    d_model=32, d_kv=8, d_ff=48, num_layers=3, num_decoder_layers=2, num_heads=4,
    relative_attention_num_buckets=32, relative_attention_max_distance=128, vocab_size=304,
    feed_forward_proj="relu", dropout_rate=0.0,
    pad_token_id=0, bos_token_id=1, eos_token_id=1, decoder_start_token_id=0,
)  # fmt: skip

LLAMA = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=96,
    vocab_size=421, pad_token_id=419, bos_token_id=1, eos_token_id=2,
)  # fmt: skip

CHECKPOINTS = [
    # Head sizes are multiples of 8, tied embeddings, as the published checkpoints are.
    dict(name="base", about="the common shape", dtype="float16", beams="all"),
    # Nothing is a multiple of 8, other activations, another vocabulary size.
    dict(
        name="odd-sizes", about="odd hidden and head sizes, cross attention in every layer", dtype="float32",
        vision=dict(hidden_size=33, intermediate_size=37, num_attention_heads=3, hidden_act="gelu_new"),
        qformer=dict(hidden_size=21, intermediate_size=35, num_attention_heads=7, num_hidden_layers=3,
                     cross_attention_frequency=1, hidden_act="relu"),
        text=dict(hidden_size=30, ffn_dim=51, num_attention_heads=6, num_hidden_layers=3, vocab_size=307,
                  activation_function="gelu"),
        queries=5, beams="all",
    ),
    # Several shards; bfloat16 with the Q-Former in float32, as transformers keeps it.
    dict(
        name="queries", about="7 queries, cross attention in every third layer, shards, bfloat16", dtype="bfloat16",
        qformer=dict(num_hidden_layers=4, cross_attention_frequency=3),
        queries=7, shards=4, mixed=True,
    ),
    dict(
        name="no-bias", about="qkv_bias off, OPT without biases, quick_gelu", dtype="float16",
        vision=dict(qkv_bias=False, hidden_act="quick_gelu"), text=dict(enable_bias=False),
    ),
    # OPT-350m's shape: embeddings narrower than the decoder, norms after the blocks.
    dict(
        name="projected", about="word_embed_proj_dim below hidden_size, norms after", dtype="float16",
        text=dict(hidden_size=40, num_attention_heads=5, word_embed_proj_dim=24, do_layer_norm_before=False),
    ),
    dict(
        name="projected-pre-norm", about="word_embed_proj_dim below hidden_size, norms before", dtype="float16",
        text=dict(word_embed_proj_dim=20),
    ),
    dict(
        name="post-norm", about="do_layer_norm_before off", dtype="float16",
        text=dict(do_layer_norm_before=False, activation_function="gelu_new"),
    ),
    dict(
        name="separate-head", about="lm_head of its own, several shards, final norm left out", dtype="float32",
        text=dict(tie_word_embeddings=False, _remove_final_layer_norm=True), shards=3,
    ),
    # The config says tied, the file has another lm_head: transformers uses the file's.
    dict(
        name="old-style", about="no image_token_index, hub files of 2023, lm_head against the config", dtype="float32",
        old=True, head=True,
    ),
    # Matrices whose shapes fit blocks of 128, so that int8 and int4 are really exercised.
    dict(
        name="blocks", about="hidden sizes are multiples of 128", dtype="float16",
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        text=dict(hidden_size=128, ffn_dim=256, num_hidden_layers=1, num_attention_heads=4),
    ),
    dict(
        name="stem", about="a convolutional stem of inverted residuals, pictures padded to a square", dtype="float16",
        vision=dict(stem=dict(channels=6, stages=[[1, 3, 1, 8, 1], [3, 5, 1, 10, 2], [2, 3, 2, 12, 2], [4, 5, 2, 14, 1]], fine=2),
                    image_size=32, patch_size=8), pad=True, beams="few",
    ),
    dict(
        name="224px", about="the published geometry: 224 px, patches of 14, 32 queries", dtype="float16",
        vision=dict(hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1,
                    image_size=224, patch_size=14),
        queries=32, beams="few",
    ),
    dict(
        name="364px", about="the COCO geometry: 364 px, patches of 14", dtype="float16",
        vision=dict(hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1,
                    image_size=364, patch_size=14),
        queries=4, beams="few",
    ),
    # As the published BLIP-2 with Flan-T5: exact GELU in the gate, a head of its own, logits not scaled.
    dict(
        name="t5-gated", about="T5: gated GELU, lm_head of its own, wo and Q-Former in float32", dtype="float16",
        t5=dict(feed_forward_proj="gated-gelu", dense_act_fn="gelu", tie_word_embeddings=False),
        head=True, mixed=True, beams="all",
    ),
    dict(
        name="t5-relu", about="T5 1.0: ReLU, tied head with scaled logits, shards", dtype="float32",
        t5=dict(), shards=3,
    ),
    # Nothing is a multiple of 8, the heads are together narrower than the model, and few buckets are reached soon.
    dict(
        name="t5-odd-sizes", about="T5: odd sizes, tanh GELU, 8 buckets, tied head without scaling, bfloat16", dtype="bfloat16",
        vision=dict(hidden_size=33, intermediate_size=37, num_attention_heads=3),
        t5=dict(d_model=30, d_kv=5, d_ff=51, num_heads=5, num_decoder_layers=3, feed_forward_proj="gated-gelu",
                relative_attention_num_buckets=8, relative_attention_max_distance=14, layer_norm_epsilon=1e-4,
                vocab_size=307, tie_word_embeddings=False),
        queries=5, shards=2,
    ),
    dict(
        name="t5-blocks", about="T5: sizes are multiples of 128", dtype="float16",
        t5=dict(d_model=128, d_kv=32, d_ff=256, num_layers=1, num_decoder_layers=1, feed_forward_proj="gated-silu"),
        beams="few",
    ),
    # InstructBLIP: the Q-Former reads the prompt by a tokenizer of its own.
    dict(
        name="instruct-t5", about="InstructBLIP with a T5 as published: gated GELU, own lm_head, Q-Former and wo in float32",
        dtype="bfloat16", instruct=True,
        t5=dict(feed_forward_proj="gated-gelu", dense_act_fn="gelu", tie_word_embeddings=False),
        head=True, mixed=True, shards=2, beams="all",
    ),
    dict(
        name="instruct-odd-sizes", about="InstructBLIP: odd sizes, cross attention in every layer, T5 with gated ReLU", dtype="float32",
        instruct=True,
        vision=dict(hidden_size=33, intermediate_size=37, num_attention_heads=3),
        qformer=dict(hidden_size=21, intermediate_size=35, num_attention_heads=7, num_hidden_layers=3,
                     cross_attention_frequency=1, hidden_act="relu"),
        t5=dict(d_model=30, d_kv=5, d_ff=51, num_heads=5, num_layers=2, vocab_size=307, feed_forward_proj="gated-relu",
                tie_word_embeddings=False),
        queries=5, beams="few",
    ),
    dict(
        name="instruct-blocks", about="InstructBLIP: sizes are multiples of 128", dtype="float16", instruct=True,
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        qformer=dict(hidden_size=128, intermediate_size=128, num_attention_heads=4),
        t5=dict(d_model=128, d_kv=32, d_ff=128, num_layers=1, num_decoder_layers=1, feed_forward_proj="gated-silu"),
        beams="few",
    ),
    dict(
        name="instruct-llama", about="InstructBLIP with a Llama as Vicuna: as many key heads as heads, lm_head of its own",
        dtype="float16", instruct=True, llama=dict(), shards=3, beams="all",
    ),
    # Grouped keys, a head size that GroupQueryAttention takes and that is not the width's share.
    dict(
        name="instruct-grouped", about="InstructBLIP with a Llama: grouped keys, biases, tied, llama3 scaling", dtype="bfloat16",
        instruct=True, mixed=True,
        llama=dict(num_key_value_heads=2, head_dim=16, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
                   rms_norm_eps=1e-4,
                   rope_parameters=dict(rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0,
                                        high_freq_factor=4.0, original_max_position_embeddings=32)),
        queries=7,
        beams="few",
    ),
    dict(
        name="instruct-narrow", about="InstructBLIP with a Llama: head size 6, grouped keys, linear scaling", dtype="float32",
        instruct=True,
        llama=dict(hidden_size=30, intermediate_size=51, num_attention_heads=6, num_key_value_heads=3, head_dim=6,
                   num_hidden_layers=3, hidden_act="gelu", max_position_embeddings=80,
                   rope_parameters=dict(rope_type="linear", rope_theta=1000.0, factor=2.0)),
        queries=5, beams="few",
    ),
]  # fmt: skip

# Image-text matching: no language model, the Q-Former reads texts. See itm.py.
ITM_CHECKPOINTS = [
    dict(name="itm-common", about="ITM and ITC: the published form, bfloat16, Q-Former in float32, shards", dtype="bfloat16",
         mixed=True, shards=3),
    dict(
        name="itm-odd-sizes", about="ITM and ITC: odd sizes, cross attention in every layer, no image_token_index", dtype="float32",
        vision=dict(hidden_size=33, intermediate_size=37, num_attention_heads=3),
        qformer=dict(hidden_size=21, intermediate_size=35, num_attention_heads=7, num_hidden_layers=3,
                     cross_attention_frequency=1, hidden_act="relu"),
        queries=5, shared=11, image_token=False,
    ),
    dict(
        name="itm-deep", about="ITM and ITC: cross attention in every third layer, float16, vocab.txt alone", dtype="float16",
        qformer=dict(num_hidden_layers=4, cross_attention_frequency=3, hidden_act="gelu_new"),
        queries=7, shared=24, vocabulary_file=True,
    ),
    dict(
        name="itm-blocks", about="ITM and ITC: sizes are multiples of 128", dtype="float16",
        vision=dict(hidden_size=128, intermediate_size=128, num_hidden_layers=1, num_attention_heads=4),
        qformer=dict(hidden_size=128, intermediate_size=128, num_attention_heads=4),
    ),
]  # fmt: skip
