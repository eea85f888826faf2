"""Makes the small `.bin` files of torch.save in test/fixtures/torch: python test/reference/torch_files.py"""

import pathlib
from collections import OrderedDict

import torch

FOLDER = pathlib.Path(__file__).parent.parent / "fixtures" / "torch"
FOLDER.mkdir(exist_ok=True)

shared = torch.arange(6, dtype=torch.float32).reshape(2, 3)
module = torch.nn.Linear(2, 1, bias=False)
module.weight.data = torch.tensor([[0.5, -2.0]])
state = module.state_dict()  # an OrderedDict with `_metadata`
state.update(
    f32=shared,
    tied=shared,
    row=shared[1],  # a part of the same storage
    f16=torch.tensor([1.0, -0.5], dtype=torch.float16),
    bf16=torch.tensor([[3.0]], dtype=torch.bfloat16),
    f64=torch.tensor([1e300], dtype=torch.float64),
    ids=torch.arange(3),
    scalar=torch.tensor(7.0),
)
torch.save(state, FOLDER / "tensors.bin")
torch.save({"weight": module.weight}, FOLDER / "parameter.bin")
torch.save(OrderedDict(turned=shared.t()), FOLDER / "turned.bin")
torch.save(OrderedDict(a=torch.ones(1)), FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)


class Attack:
    def __reduce__(self):
        import os

        return os.system, ("true",)


torch.save(OrderedDict(a=torch.ones(1), b=Attack()), FOLDER / "attack.bin")
