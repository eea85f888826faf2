/** Walks over many records, in batches that do not delay other work of the process. */

import type { Backend } from './backends/backend.ts'
import { Pace } from './pace.ts'

/** Values that are read at once. A value may have a megabyte. */
const READ_AT_ONCE = 16

/** Yields the items in arrays of up to `size`. */
export async function* batchesOf<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<readonly T[], void> {
  const pace = new Pace()
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length === size) {
      await pace.step()
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) {
    yield batch
  }
}

/** Yields each key with its value; undefined: it was deleted or has expired meanwhile. */
export async function* readAll(
  backend: Pick<Backend, 'read'>,
  keys: AsyncIterable<string>,
): AsyncGenerator<readonly [key: string, value: string | undefined], void> {
  const pace = new Pace()
  for await (const batch of batchesOf(keys, READ_AT_ONCE)) {
    const values = await Promise.all(batch.map((key) => backend.read(key)))
    for (const [i, key] of batch.entries()) {
      await pace.step()
      yield [key, values[i]]
    }
  }
}
