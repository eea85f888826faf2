/** The Lua scripts of the store in Redis: each changes a record and its tags at once. */

import { NAMESPACE } from './backend.ts'

/**
 * The tags of a record are in a hash beside it, with the SHA-1 of the value that they belong to. Each
 * tag has a sorted set of keys by expiry. All of these expire with their last record. The key of a
 * record has no `#`, so none is taken for one of these: they start with `TAGS`.
 */
export const TAGS = '#tag'
const OWN_TAGS = `${NAMESPACE}::${TAGS}s/`
export const TAG = `${NAMESPACE}::${TAGS}/`

/**
 * `untag` drops the tags of a key, `tag` writes new ones. KEYS: the record. ARGV of every script
 * begins with the key without its namespace. A record is written before its tags are dropped: where
 * Redis has no room for it, nothing is changed.
 */
const TAGGING = `
local function untag()
  local own = '${OWN_TAGS}' .. ARGV[1]
  for _, tag in ipairs(cjson.decode(redis.call('HGET', own, 'tags') or '[]')) do
    redis.call('ZREM', '${TAG}' .. tag, ARGV[1])
  end
  redis.call('DEL', own)
end
local function tag(value, tags, expires)
  local own = '${OWN_TAGS}' .. ARGV[1]
  redis.call('HSET', own, 'tags', tags, 'sha1', redis.sha1hex(value))
  redis.call('PEXPIREAT', own, expires)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, tag in ipairs(cjson.decode(tags)) do
    local index = '${TAG}' .. tag
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
    redis.call('ZADD', index, expires, ARGV[1])
    if redis.call('PTTL', index) < expires - now then redis.call('PEXPIREAT', index, expires) end
  end
end`

/** ARGV: key, value, expiry in ms since the epoch, tags as a JSON array or '' for none. */
export const WRITE = `${TAGGING}
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
untag()
if ARGV[4] ~= '' then tag(ARGV[2], ARGV[4], tonumber(ARGV[3])) end
return 1`

export const DELETE = `${TAGGING}
untag()
return redis.call('UNLINK', KEYS[1])`

/** ARGV: key, has expected ('0', '1'), expected, has next ('0', '1'), then as of WRITE. */
export const SWAP = `${TAGGING}
local current = redis.call('GET', KEYS[1])
if ARGV[2] == '0' and current then return 0 end
if ARGV[2] == '1' and current ~= ARGV[3] then return 0 end
if ARGV[4] == '0' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[5], 'PXAT', ARGV[6]) end
untag()
if ARGV[4] == '1' and ARGV[7] ~= '' then tag(ARGV[5], ARGV[7], tonumber(ARGV[6])) end
return 1`

/** ARGV: key, expected, tags as a JSON array. */
export const RETAG = `${TAGGING}
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
local expires = redis.call('PTTL', KEYS[1]) + time[1] * 1000 + math.floor(time[2] / 1000)
untag()
tag(ARGV[2], ARGV[3], expires)
return 1`

/** KEYS: records. Returns the places in KEYS of those whose tags are not those of their value. */
export const UNTAGGED = `
local places = {}
for place, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  local sha1 = redis.call('HGET', '${OWN_TAGS}' .. string.sub(key, ${NAMESPACE.length + 3}), 'sha1')
  if value and sha1 ~= redis.sha1hex(value) then table.insert(places, place) end
end
return places`
