"""Records a vision tower with layer scale, InternVL's, for the block that writes vision towers. No checkpoint of a family has one."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import InternVLVisionConfig, InternVLVisionModel

from checkpoints import coarse
from record import write

NAME = "layer-scale"
SIDE = 28
# The block writer's names of the tensors, which are those of CLIP's modules.
NAMES = [
    ("cls_token", "class_embedding"), ("patch_embeddings.projection", "patch_embedding"),
    ("position_embeddings", "position_embedding"), ("encoder.layer.", "encoder.layers."), ("attention.", "self_attn."),
    ("projection_layer", "out_proj"), ("layernorm_before", "layer_norm1"), ("layernorm_after", "layer_norm2"),
]  # fmt: skip


def build(seed: int) -> InternVLVisionModel:
    config = InternVLVisionConfig(
        hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=SIDE, patch_size=7,
        attention_bias=True,
    )  # fmt: skip
    model = InternVLVisionModel(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "lambda_" in name:  # far from 1, of both signs: without them, or exchanged, the states are others
                value = noise * 1.5
            elif "layernorm" in name:
                value = noise * 0.2 + (1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                value = noise * 0.2
            elif "token" in name or "position" in name:
                value = noise * 0.6
            else:
                value = noise * 1.6 / parameter[0].numel() ** 0.5
            parameter.copy_(coarse(value))
    return model


def renamed(name: str) -> str:
    for old, new in NAMES:
        name = name.replace(old, new)
    return f"vision_model.{name}"


def record(fixtures: Path) -> int:
    """@returns how many tensors the tower has."""
    model = build(1)
    tensors = {renamed(name): tensor.contiguous() for name, tensor in model.state_dict().items()}
    folder = fixtures / "checkpoints" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    pixels = torch.randn((2, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        states = model(pixels, output_hidden_states=True).hidden_states
    recorded = {"pixel_values": pixels.numpy(), **{f"state.{i}": state.numpy() for i, state in enumerate(states)}}
    write(fixtures / "parity" / NAME, {"name": NAME}, recorded)
    return len(tensors)
