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
TRAINED = ('lm', 'vit', 'stage1', 'stage2', 'llava', 'flamingo')  # for a number of steps
STAGES = ('tokenizer', 'data', 'lm', 'vit', 'features', 'stage1', 'stage2', 'export', 'evaluate')


def run_stage(name, run, language='opt', layers=None, steps=None):
    """`steps`: of TRAINED, instead of the stage's own."""
    done = run / f'{name}.done'
    if done.exists():
        return
    if name == 'tokenizer':
        importlib.import_module('training.text').build_tokenizer(run / 'tokenizer')
    elif name == 'data':
        importlib.import_module('training.world.data').make(run, workers=os.cpu_count())
    elif name == 'lm':
        importlib.import_module('training.stages.lm').train(run, steps=steps, language=language, layers=layers)
    elif name == 'features':
        importlib.import_module('training.stages.features').write(run)
    elif name == 'printed':
        printed, vision = importlib.import_module('training.world.printed'), importlib.import_module('training.stages.vit').load(run)
        for folder, options in (('printed', {}), ('pages', printed.PAGES)):
            printed.make(run / 'pictures', run / folder / 'pictures', **options)
            importlib.import_module('training.stages.features').write(run / folder, vision)
    else:
        exports = {other: (other, 'export') for other in ('export', 'export_llava', 'export_flamingo')}
        module, function = {**exports, 'evaluate': ('write_report', 'report')}.get(name, (f'stages.{name}', 'train'))
        own = {'steps': steps} if steps is not None and name in TRAINED else {}
        getattr(importlib.import_module(f'training.{module}'), function)(run, **own)
    done.touch()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', type=Path, default=Path('training/run'), help='data and checkpoints (some GB)')
    parser.add_argument('--only', choices=(*STAGES, *OTHER_STAGES))
    parser.add_argument('--language', choices=('opt', 'llama'), default='opt', help='what the stage lm trains; stage2 takes an OPT')
    parser.add_argument('--layers', type=int, help='of the language model that the stage lm trains (default: six, which every other stage expects)')
    parser.add_argument('--steps', type=int, help="with --only: instead of the stage's own number")
    parser.add_argument('--threads', type=int)
    options = parser.parse_args()
    if options.steps is not None and options.only not in TRAINED:
        parser.error(f'--steps needs --only with one of {", ".join(TRAINED)}.')
    if options.layers and options.only != 'lm':
        parser.error('--layers needs --only lm.')
    attention_in_fp32()
    options.run.mkdir(parents=True, exist_ok=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    for name in [options.only] if options.only else STAGES:
        run_stage(name, options.run, options.language, options.layers, options.steps)


if __name__ == '__main__':
    main()
