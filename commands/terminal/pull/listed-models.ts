/** `npm run pull` without a model: the known ones, and what they would be on this machine. */

import { totalmem } from 'node:os'
import { formatGb } from '../../../inference/download/disk.ts'
import { cpuSpeed, type CpuSpeed } from '../../../inference/runtime/speed/cpu-speed.ts'
import { printJson } from '../run.ts'
import { KNOWN_MODELS, type KnownModel } from './known-models.ts'
import { botMemory } from './memory.ts'
import { estimateSeconds, MEASURED_ON } from './picture-work.ts'

/** Memory of a machine, or of what a container may use of it, in bytes. */
export type Memory = {
  readonly machineBytes: number
  /** What nothing uses now. */
  readonly freeBytes: number
}

/** What this process may use; a container's limit counts. */
function memoryHere(): Memory {
  const limit = process.constrainedMemory()
  const machineBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { machineBytes, freeBytes: Math.min(process.availableMemory(), machineBytes) }
}

/** What a model would run on. */
export type Machine = { readonly memory: Memory; readonly speed: CpuSpeed }

/** A known model, and what it is on a machine. */
export type ListedModel = Omit<
  KnownModel,
  'shape' | 'secondsPerPicture' | 'secondsPerTiledPicture'
> & {
  /** Of a checkpoint with 16 bits a weight; one with 32 has twice as many. */
  readonly downloadBytes: number
  /** Of a busy bot with an int4 package, estimated. */
  readonly memoryBytes: number
  readonly fits: boolean
  readonly recommended: boolean
  /** To describe a picture on this machine, estimated. */
  readonly secondsPerPicture: number
  /** The same for a picture that is cut into as many tiles as a large one; null: the model cuts none. */
  readonly secondsPerTiledPicture: number | null
  /** Whether the model was timed on another machine; else its shapes alone tell. */
  readonly timed: boolean
}

const CHECKPOINT_BYTES = 2

export function listedModels({ memory, speed }: Machine): readonly ListedModel[] {
  const best = recommended(memory)
  return KNOWN_MODELS.map((model) => {
    const { shape: _, ...listed } = model
    return {
      ...listed,
      downloadBytes: model.parameters * 1e6 * CHECKPOINT_BYTES,
      memoryBytes: botMemory(model.packageBytes),
      fits: isWithin(memory.machineBytes, model),
      recommended: model === best,
      ...secondsOn(speed, model),
      timed: model.secondsPerPicture !== null,
    }
  })
}

/** As timed, as much slower or faster as its shapes tell that this machine is; or by its shapes alone. */
function secondsOn(
  speed: CpuSpeed,
  { shape, secondsPerPicture, secondsPerTiledPicture }: KnownModel,
): Pick<ListedModel, 'secondsPerPicture' | 'secondsPerTiledPicture'> {
  const here = estimateSeconds(shape, speed)
  const there = estimateSeconds(shape, MEASURED_ON)
  return {
    secondsPerPicture: scaled(secondsPerPicture, here.one, there.one),
    secondsPerTiledPicture:
      here.tiled === null || there.tiled === null
        ? null
        : scaled(secondsPerTiledPicture, here.tiled, there.tiled),
  }
}

function scaled(timed: number | null, here: number, there: number): number {
  return timed === null ? here : (timed * here) / there
}

/** The first that there is room for now; where there is for none, that the machine would have room for. */
export function recommended({ machineBytes, freeBytes }: Memory): KnownModel | null {
  return firstWithin(freeBytes) ?? firstWithin(machineBytes) ?? null
}

function firstWithin(bytes: number): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => isWithin(bytes, model))
}

function isWithin(bytes: number, { packageBytes }: KnownModel): boolean {
  return botMemory(packageBytes) <= bytes
}

/** @param json as one object. */
export async function printKnownModels(json: boolean): Promise<void> {
  const machine = { memory: memoryHere(), speed: await cpuSpeed() }
  if (json) {
    const { memory, speed } = machine
    printJson({ ...memory, ...speed, models: listedModels(machine) })
  } else {
    process.stdout.write(knownModelsText(machine))
  }
}

export function knownModelsText(machine: Machine): string {
  const { memory } = machine
  const models = listedModels(machine)
  const rows = models.map((model) => [
    model.repository,
    model.license,
    formatGb(model.downloadBytes),
    formatGb(model.packageBytes),
    `${formatGb(model.memoryBytes)}${model.fits ? '' : ' (!)'}`,
    seconds(model),
    model.languages.join(', '),
    model.about,
  ])
  const head = ['model', 'license', 'download', 'package', 'memory', 'a picture', 'languages', '']
  const best = models.find((model) => model.recommended)
  return `${aligned([head, ...rows])}
A download is one of 16 bits a weight; some checkpoints have 32, so twice as much. Packages are in int4. Memory is
that of a busy bot, estimated; (!) is more than the ${formatGb(memory.machineBytes)} of this machine, of which ${formatGb(memory.freeBytes)}
are free. A picture is the time to describe one on this machine, estimated: as five of these were timed on two AVX-512
cores, here ${times(MEASURED_ON.gops / machine.speed.gops)} at products of matrices; ~ is by the model's shapes alone, which told 0.6 to 1 of what
was timed. The second is for a picture that is cut into tiles. These kinds of models were compared with transformers
by small random weights. None was run with its published weights here.
${best === undefined ? '' : `\nFor this machine: npm run pull -- ${best.repository} --precision int4\n`}`
}

/** For example `1.7–11.4 s`. */
function seconds({ secondsPerPicture, secondsPerTiledPicture, timed }: ListedModel): string {
  const all = [secondsPerPicture, secondsPerTiledPicture].flatMap((value) => value ?? [])
  const texts = all.map((value) => (value < 10 ? value.toFixed(1) : String(Math.round(value))))
  return `${timed ? '' : '~'}${texts.join('–')} s`
}

/** For example `1.3 times slower`. */
function times(slower: number): string {
  return slower >= 1
    ? `${slower.toFixed(1)} times slower`
    : `${(1 / slower).toFixed(1)} times faster`
}

/** Columns as wide as their longest text. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((text, i) => text.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
