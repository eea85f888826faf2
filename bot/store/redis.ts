/** The store in a Redis server, which processes on several machines can share. */

import { createClient } from '@redis/client'
import { CONNECT_TIMEOUT_MS, NAMESPACE, type OpenBackend, PAGE } from './backend.ts'

/** ARGV: has expected ('0', '1'), expected, has next ('0', '1'), next, expiry in ms since the epoch. */
const REDIS_SWAP = `
local current = redis.call('GET', KEYS[1])
if ARGV[1] == '0' and current then return 0 end
if ARGV[1] == '1' and current ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[4], 'PXAT', ARGV[5]) end
return 1`

/** @param url `redis://…` or `rediss://…`; the server must be Redis 6.2 or newer. */
export const openRedis: OpenBackend = async (url, onError) => {
  const client = createClient({
    url,
    // While Redis is unavailable, operations fail at once instead of waiting in a queue.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (attempts: number) => Math.min(2000, 50 * 2 ** attempts),
    },
  })
  client.on('error', onError)
  await connectOnce(client)
  return {
    name: 'redis',
    read: async (key) => (await client.get(full(key))) ?? undefined,
    async write(key, value, expires) {
      const expiration = { type: 'PXAT', value: Math.ceil(expires) } as const
      await client.set(full(key), value, { expiration })
    },
    delete: async (key) => (await client.unlink(full(key))) > 0,
    async swap(key, expected, next, expires) {
      const values = [
        expected === undefined ? '0' : '1',
        expected ?? '',
        next === undefined ? '0' : '1',
        next ?? '',
        String(Math.ceil(expires)),
      ]
      return (await client.eval(REDIS_SWAP, { keys: [full(key)], arguments: values })) === 1
    },
    async *keys(prefix) {
      const escaped = full(prefix).replaceAll(/[*?[\]\\^]/g, String.raw`\$&`)
      const seen = new Set<string>() // SCAN may return a key twice
      for await (const keys of client.scanIterator({ MATCH: `${escaped}*`, COUNT: PAGE })) {
        for (const key of keys) {
          if (!seen.has(key)) {
            seen.add(key)
            yield key.slice(NAMESPACE.length + 2)
          }
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

/** The key with the prefix of Keyv's adapter. */
function full(key: string): string {
  return `${NAMESPACE}::${key}`
}

/** Rejects after the first failure. On its own the client retries without end. */
async function connectOnce(client: {
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
