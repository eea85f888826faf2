/** A copy of a checkpoint for every test, to change and convert. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach } from 'node:test'
import { checkpointFolder } from './parity.ts'
import type { ParityName } from './parity-names.ts'
import { readTensors, writeTensors } from './safetensors.ts'
import type { RawTensors } from './safetensors.ts'

export const OPTIONS = { precision: 'fp32', name: 'tiny', source: null } as const
export const WEIGHTS = 'model.safetensors'

/** Holds nothing but these two. */
export let folder: string
/** The checkpoint of the current test, and where its package goes. */
export let from: string
export let out: string

/** Call it once per test file. */
export function giveEachTestACheckpoint(): void {
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'convert-'))
    from = path.join(folder, 'from')
    out = path.join(folder, 'out')
    useCheckpoint('base')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
}

export function useCheckpoint(name: ParityName) {
  rmSync(from, { recursive: true, force: true })
  cpSync(checkpointFolder(name), from, { recursive: true })
}

type Json = Record<string, unknown>

export function change(file: string, edit: (json: Json & Record<string, Json>) => void) {
  const json = JSON.parse(readFileSync(path.join(from, file), 'utf8'))
  edit(json)
  writeFileSync(path.join(from, file), JSON.stringify(json))
}

export function changeWeights(edit: (tensors: RawTensors) => void) {
  const tensors = readTensors(from)
  edit(tensors)
  writeTensors(path.join(from, WEIGHTS), tensors)
}
