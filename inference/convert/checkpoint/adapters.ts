/**
 * Refuses LoRA adapters, alone or beside full weights. transformers loads the base model and applies
 * the adapter with peft; here the adapter would be ignored without a word.
 *
 * Source: transformers 5.18, integrations/peft.py.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../../config/errors.ts'
import { readJson } from '../../families/common/read-json.ts'

export const ADAPTER_CONFIG = 'adapter_config.json'

/** @throws {ConfigError} if the folder has a LoRA adapter, with the commands that merge it. */
export function refuseAdapter(folder: string): void {
  if (!existsSync(path.join(folder, ADAPTER_CONFIG))) {
    return
  }
  if (existsSync(path.join(folder, 'config.json'))) {
    const move = `mkdir adapter && mv ${quoted(folder)}/adapter_* adapter/`
    throw new ConfigError([besideWeights(folder, folder, [move])])
  }
  const base = readJson(folder, ADAPTER_CONFIG, [])?.['base_model_name_or_path']
  throw new ConfigError([adapterAlone(folder, typeof base === 'string' ? base : null)])
}

/**
 * The problem of a repository on the hub that has an `adapter_config.json`.
 *
 * @param hasWeights whether full weights are beside the adapter.
 */
export function adapterOnHub(id: string, hasWeights: boolean): string {
  if (!hasWeights) {
    return adapterAlone(id, null)
  }
  const local = 'checkpoint'
  return besideWeights(id, local, [
    `hf download ${id} --local-dir ${local}`,
    `mkdir adapter && mv ${local}/adapter_* adapter/`,
  ])
}

function adapterAlone(model: string, base: string | null): string {
  return [
    `${model} is a LoRA adapter (${ADAPTER_CONFIG}): it changes the weights of ${base ?? 'another model'}. Merge it into that model first, in Python with transformers and peft:`,
    ...mergeCommands(base ?? 'OWNER/BASE-MODEL', model),
  ].join('\n')
}

/** @param weights folder with the full weights once `commands` have moved the adapter out of it. */
function besideWeights(model: string, weights: string, commands: readonly string[]): string {
  return [
    `${model} has a LoRA adapter (${ADAPTER_CONFIG}) beside its full weights, and transformers applies it to them. To use the weights without the adapter, delete its files. To merge it first:`,
    ...commands.map((command) => `  ${command}`),
    'then in Python with transformers and peft:',
    ...mergeCommands(weights, 'adapter'),
  ].join('\n')
}

function mergeCommands(base: string, adapter: string): readonly string[] {
  return [
    '  from transformers import AutoProcessor, AutoModelForImageTextToText',
    '  from peft import PeftModel',
    `  base = AutoModelForImageTextToText.from_pretrained(${quoted(base)})`,
    `  model = PeftModel.from_pretrained(base, ${quoted(adapter)}).merge_and_unload()`,
    '  model.save_pretrained("merged")',
    `  AutoProcessor.from_pretrained(${quoted(base)}).save_pretrained("merged")`,
    'and then: npm run pull -- --from merged',
  ]
}

/** A string as Python and a shell read it. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
