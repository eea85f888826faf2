/** Chooses where the keys and values of a model are kept. */

import { attendsInPlace } from '../blocks/decoder/causal-attention.ts'
import { deviceCaches } from './device-cache.ts'
import { DeviceMemory } from './device-memory.ts'
import { hostCaches } from './host-cache.ts'
import type { KvCaches, KvShape } from './kv-cache.ts'
import type { Device } from '../runtime/device.ts'
import { onDevice } from '../runtime/provider.ts'

/**
 * On the device where that is possible: ONNX Runtime's binding leaves tensors on a device for
 * WebGPU only, and only attention in one operator writes into its past in place.
 */
export async function openCaches(shape: KvShape, device: Device): Promise<KvCaches> {
  if (device !== 'webgpu' || !attendsInPlace(shape.headDim)) {
    return hostCaches(shape)
  }
  const options = onDevice({ logSeverityLevel: 3 }, device)
  return deviceCaches(await DeviceMemory.open(options, 2 * shape.layers), shape)
}
