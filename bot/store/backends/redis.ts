/** The store in a Redis server, which processes on several machines can share. */

import { createClient } from '@redis/client'
import { DELETE, RETAG, SWAP, TAG, TAGS, UNTAGGED, WRITE } from './redis-scripts.ts'
import { CONNECT_TIMEOUT_MS, type Entry, NAMESPACE, type OpenBackend, PAGE } from './backend.ts'

/** `untagged` reads every value of a collection. */
const UNTAGGED_FOR_MS = 30_000

/** @param url `redis://…` or `rediss://…`; the server must be Redis 6.2 or newer. */
export const openRedis: OpenBackend = async (url, onError) => {
  const client = clientOf(url)
  client.on('error', onError)
  await connectOnce(client)
  const run = async (script: string, key: string, ...values: string[]) =>
    Number(await client.eval(script, { keys: [full(key)], arguments: [key, ...values] }))
  const keys = (prefix: string) => pagesIn(client, prefix)
  return {
    name: 'redis',
    untaggedForMs: UNTAGGED_FOR_MS,
    read: async (key) => (await client.get(full(key))) ?? undefined,
    write: async (key, entry) => void (await run(WRITE, key, ...argumentsOf(entry))),
    delete: async (key) => (await run(DELETE, key)) > 0,
    async swap(key, expected, next) {
      const before = expected === undefined ? ['0', ''] : ['1', expected]
      const after = next === undefined ? ['0'] : ['1', ...argumentsOf(next)]
      return (await run(SWAP, key, ...before, ...after)) === 1
    },
    retag: async (key, expected, tags) =>
      (await run(RETAG, key, expected, JSON.stringify(tags))) === 1,
    async *keys(prefix) {
      for await (const page of keys(prefix)) {
        yield* page
      }
    },
    async *keysWith(tag) {
      const seen = new Set<string>() // ZSCAN may return a key twice
      for await (const page of client.zScanIterator(TAG + tag, { COUNT: PAGE })) {
        for (const { value: key, score: expires } of page) {
          if (expires > Date.now() && !seen.has(key)) {
            seen.add(key)
            yield key
          }
        }
      }
    },
    async *untagged(prefix) {
      for await (const page of keys(prefix)) {
        const places = await client.eval(UNTAGGED, { keys: page.map(full), arguments: [] })
        for (const place of Array.isArray(places) ? places : []) {
          yield page[Number(place) - 1]!
        }
      }
    },
    async ping() {
      await client.ping()
    },
    async close() {
      if (client.isOpen) {
        await client.close()
      }
    },
  }
}

function clientOf(url: string) {
  return createClient({
    url,
    // While Redis is away, operations fail at once instead of waiting in a queue; outages.ts repeats them.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (attempts: number) => Math.min(2000, 50 * 2 ** attempts),
    },
  })
}

/** Yields the keys that start with the prefix, page by page. */
async function* pagesIn(
  client: ReturnType<typeof clientOf>,
  prefix: string,
): AsyncGenerator<readonly string[], void> {
  const escaped = full(prefix).replaceAll(/[*?[\]\\^]/g, String.raw`\$&`)
  const seen = new Set<string>() // SCAN may return a key twice
  for await (const page of client.scanIterator({ MATCH: `${escaped}*`, COUNT: PAGE })) {
    const fresh = new Set(page).difference(seen)
    fresh.forEach((key) => seen.add(key))
    const own = [...fresh].map((key) => key.slice(NAMESPACE.length + 2))
    yield own.filter((key) => !key.startsWith(TAGS))
  }
}

function argumentsOf({
  value,
  expires,
  tags,
}: Entry): [value: string, expires: string, tags: string] {
  return [value, String(Math.ceil(expires)), tags === undefined ? '' : JSON.stringify(tags)]
}

/** The key with the prefix of Keyv's adapter. */
function full(key: string): string {
  return `${NAMESPACE}::${key}`
}

/** Rejects after the first failure. On its own the client retries without end. */
export async function connectOnce(client: {
  connect(): Promise<unknown>
  once(event: 'error', listener: (error: unknown) => void): unknown
  destroy(): unknown
}): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    client.once('error', reject)
  })
  try {
    await Promise.race([client.connect(), refused])
  } catch (error) {
    client.destroy()
    throw error
  }
}
