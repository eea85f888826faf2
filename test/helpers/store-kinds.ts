/** Collections of records for tests, and the stores that a test opens. */

import { z } from 'zod'
import { openStore, type StoreOptions } from '../../bot/store/store.ts'
import type { CollectionSpec, Store } from '../../bot/store/types.ts'

export const TURNS: CollectionSpec<readonly string[]> = {
  name: 'turns',
  ttlMs: 60_000,
  decode: (data) => z.array(z.string()).parse(data),
}

/** Rejects with the reason why a store does not open, or because it does; then it is closed. */
export async function refused(opening: Promise<Store>): Promise<never> {
  const store = await opening
  await store.close()
  throw new Error('the store has opened')
}

/** Opens stores, and closes those that a test that failed has left open. */
export class OpenedStores {
  readonly #opened = new Set<Store>()

  async open(options: StoreOptions): Promise<Store> {
    const store = await openStore(options)
    const close = async () => {
      this.#opened.delete(opened)
      await store.close()
    }
    const opened: Store = {
      backend: store.backend,
      collection: (spec) => store.collection(spec),
      ping: () => store.ping(),
      close,
    }
    this.#opened.add(opened)
    return opened
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened].map((store) => store.close()))
  }
}
