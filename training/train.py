"""
Trains the miniature BLIP-2: `python -m training.train --run DIR` runs every stage in order,
skips finished ones and resumes others. `--only NAME` runs one stage (for a machine
where stages run side by side); the order is tokenizer, data, lm, vit, features, stage1, stage2.
"""

import argparse
import importlib
import os
from pathlib import Path

import torch

from training.common import attention_in_fp32

# Run only when named: see stages/llava.py and stages/flamingo.py.
OTHER_STAGES = ('printed', 'llava', 'export_llava', 'flamingo', 'export_flamingo')
STAGES = ('tokenizer', 'data', 'lm', 'vit', 'features', 'stage1', 'stage2', 'export', 'evaluate')


def run_stage(name, run, language='opt'):
    done = run / f'{name}.done'
    if done.exists():
        return
    if name == 'tokenizer':
        importlib.import_module('training.text').build_tokenizer(run / 'tokenizer')
    elif name == 'data':
        importlib.import_module('training.world.data').make(run, workers=os.cpu_count())
    elif name == 'lm':
        importlib.import_module('training.stages.lm').train(run, language=language)
    elif name == 'features':
        importlib.import_module('training.stages.features').write(run)
    elif name == 'printed':
        importlib.import_module('training.world.printed').make(run / 'pictures', run / 'printed' / 'pictures')
        importlib.import_module('training.stages.features').write(run / 'printed', importlib.import_module('training.stages.vit').load(run))
    else:
        exports = {other: (other, 'export') for other in ('export', 'export_llava', 'export_flamingo')}
        module, function = {**exports, 'evaluate': ('write_report', 'report')}.get(name, (f'stages.{name}', 'train'))
        getattr(importlib.import_module(f'training.{module}'), function)(run)
    done.touch()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', type=Path, default=Path('training/run'), help='data and checkpoints (some GB)')
    parser.add_argument('--only', choices=(*STAGES, *OTHER_STAGES))
    parser.add_argument('--language', choices=('opt', 'llama'), default='opt', help='what the stage lm trains; stage2 takes an OPT')
    parser.add_argument('--threads', type=int)
    options = parser.parse_args()
    attention_in_fp32()
    options.run.mkdir(parents=True, exist_ok=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    for name in [options.only] if options.only else STAGES:
        run_stage(name, options.run, options.language)


if __name__ == '__main__':
    main()
