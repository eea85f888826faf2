/** The store in a Redis server, which several processes and machines can share. */

import KeyvRedis, { type RedisClientType } from '@keyv/redis'
import { CONNECT_TIMEOUT_MS, NAMESPACE, type OpenBackend, PAGE } from './store-backend.ts'

/** ARGV: whether something is expected, what, whether something follows, what, its end in ms. */
const REDIS_SWAP = `
local found = redis.call('GET', KEYS[1])
if ARGV[1] == '0' and found then return 0 end
if ARGV[1] == '1' and found ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[4], 'PXAT', ARGV[5]) end
return 1`

/** @param url `redis://…` or `rediss://…`; the server must be Redis 6.2 or newer. */
export const openRedis: OpenBackend = async (url, onError) => {
  const adapter = new KeyvRedis(
    {
      url,
      // While Redis is away, operations fail at once instead of piling up behind its return.
      disableOfflineQueue: true,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (attempts: number) => Math.min(2000, 50 * 2 ** attempts),
      },
    },
    { namespace: NAMESPACE, throwOnErrors: true },
  )
  const { client } = adapter
  if (!isOneServer(client)) {
    throw new TypeError('expected a client of one server, got a cluster')
  }
  client.on('error', onError)
  await connectOnce(client)
  return {
    name: 'redis',
    adapter,
    read: async (key) => (await client.get(full(key))) ?? undefined,
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
      const seen = new Set<string>() // SCAN may give a key twice
      for await (const found of client.scanIterator({ MATCH: `${escaped}*`, COUNT: PAGE })) {
        for (const key of found) {
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
  }
}

/** The key as the adapter prefixes it. */
function full(key: string): string {
  return `${NAMESPACE}::${key}`
}

/** The adapter also takes clusters, which an address alone never makes. */
function isOneServer(client: object): client is RedisClientType {
  return 'scanIterator' in client
}

/** The client would try for ever; at the start, one refusal is the operator's to know. */
async function connectOnce(
  client: Pick<RedisClientType, 'connect' | 'once' | 'destroy'>,
): Promise<void> {
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
