/**
 * Tensors that stay on a device between runs: makes, copies and frees them, all those of a cache
 * at once.
 *
 * ONNX Runtime's binding leaves three things to its caller. A tensor on a device is never freed
 * by itself, so all of them pass through here and are counted. Reading its data in JavaScript
 * ends the process. So does releasing a session while tensors live that a session has made.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { emptyGraph, joinGraph, takeGraph } from '../onnx/cache-graphs.ts'

/** One tensor for the keys and one for the values of each layer, of one shape. */
export type DeviceTensors = readonly Tensor[]

type Sessions = {
  readonly empty: InferenceSession
  readonly takeRows: InferenceSession
  readonly takePositions: InferenceSession
  readonly join: InferenceSession
}

export class DeviceMemory {
  readonly #sessions: Sessions
  readonly #count: number
  readonly #living = new Set<Tensor>()

  private constructor(sessions: Sessions, count: number) {
    this.#sessions = sessions
    this.#count = count
  }

  /**
   * @param options those of a session on the device.
   * @param count tensors that are worked on at once.
   */
  static async open(
    options: InferenceSession.SessionOptions,
    count: number,
  ): Promise<DeviceMemory> {
    const open = (model: Uint8Array) =>
      InferenceSession.create(model, {
        ...options,
        // Equal nodes would otherwise be made one, and all tensors of a cache the same.
        graphOptimizationLevel: 'disabled',
        preferredOutputLocation: Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`out_${i}`, 'gpu-buffer']),
        ),
      })
    const sessions = {
      empty: await open(emptyGraph(count)),
      takeRows: await open(takeGraph(count, 0)),
      takePositions: await open(takeGraph(count, 2)),
      join: await open(joinGraph(count)),
    }
    return new DeviceMemory(sessions, count)
  }

  /** Tensors not yet freed. */
  get living(): number {
    return this.#living.size
  }

  /** Tensors of zeros. */
  empty(shape: readonly number[]): Promise<DeviceTensors> {
    const dims = new Tensor('int64', BigInt64Array.from(shape, BigInt), [shape.length])
    return this.#run(this.#sessions.empty, { shape: dims })
  }

  /** Copies of some rows (axis 0) or positions (axis 2). */
  take(
    tensors: DeviceTensors,
    axis: 'rows' | 'positions',
    indices: readonly number[],
  ): Promise<DeviceTensors> {
    const session = axis === 'rows' ? this.#sessions.takeRows : this.#sessions.takePositions
    const taken = new Tensor('int32', Int32Array.from(indices), [indices.length])
    return this.#run(session, { indices: taken, ...named('in', tensors) })
  }

  /** Copies of the rows of both, which have equally many positions. */
  join(tensors: DeviceTensors, more: DeviceTensors): Promise<DeviceTensors> {
    return this.#run(this.#sessions.join, { ...named('in', tensors), ...named('more', more) })
  }

  free(tensors: DeviceTensors): void {
    for (const tensor of tensors) {
      if (this.#living.delete(tensor)) {
        tensor.dispose()
      }
    }
  }

  /** Frees everything. */
  async close(): Promise<void> {
    this.free([...this.#living])
    for (const session of Object.values(this.#sessions)) {
      await session.release()
    }
  }

  async #run(session: InferenceSession, feeds: Record<string, Tensor>): Promise<DeviceTensors> {
    const outputs = await session.run(feeds)
    const tensors = Array.from({ length: this.#count }, (_, i) => onDevice(outputs[`out_${i}`]))
    tensors.forEach((tensor) => this.#living.add(tensor))
    return tensors
  }
}

function named(name: string, tensors: DeviceTensors): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}_${i}`, tensor]))
}

function onDevice(value: InferenceSession.OnnxValueMapType[string] | undefined): Tensor {
  if (!(value instanceof Tensor) || value.location !== 'gpu-buffer') {
    throw new TypeError('expected a tensor on the device')
  }
  return value
}
