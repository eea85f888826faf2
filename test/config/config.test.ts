import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { readConfig, unknownSettings } from '../../config/config.ts'
import { settings } from '../../config/environment.ts'
import { ConfigError } from '../../config/errors.ts'
import { findModel, MODELS_FOLDER } from '../../config/models.ts'
import { SHIPPED_FOLDERS } from '../helpers/shipped.ts'

/** What is set, without the settings of the hub, which have their own tests. */
function read(env: Record<string, string>) {
  const { hub: _, renamed: __, bot, ...own } = readConfig(env)
  return { ...defined(own), bot: defined(bot) }
}

function matcherOf(env: Record<string, string>) {
  return readConfig(env).matcher
}

function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const KEY = randomBytes(32)

const DEFAULTS = {
  model: 'demo',
  workerQueue: 'redis://127.0.0.1:6379',
  reader: 'ocr',
  matcher: 'demo-match',
  isMatcherSet: false,
  detail: 'auto',
  provider: 'cpu',
  prepare: false,
  imageLimits: {},
  sandboxState: 'data/loopback/discord',
  store: { url: 'sqlite:data/loopback/discord.bot', keys: [] },
  bot: { shards: { count: 'auto', ids: undefined }, retentionMs: 86_400_000, stopLimitMs: 20_000 },
  logLevel: 'info',
}

describe('readConfig', () => {
  it('needs nothing; empty is as good as absent', () => {
    assert.deepEqual(read({}), DEFAULTS)
    assert.deepEqual(read({ DISCORD_TOKEN: '', SIGHTSEER_THREADS: ' ', SHARDS: '' }), DEFAULTS)
  })

  it('has a matcher of its own for the shipped models only', () => {
    assert.equal(matcherOf({ SIGHTSEER_MODEL: 'demo' }), 'demo-match')
    assert.equal(matcherOf({ SIGHTSEER_MODEL: 'demo-llava' }), 'demo-match')
    assert.equal(matcherOf({ SIGHTSEER_MODEL: 'demolition' }), undefined)
    assert.equal(matcherOf({ SIGHTSEER_MODEL: './demo' }), undefined)
    assert.equal(matcherOf({ SIGHTSEER_MODEL: 'mine' }), undefined)
    assert.equal(matcherOf({ SIGHTSEER_MATCHER: 'other' }), 'other')
    assert.equal(matcherOf({ SIGHTSEER_MATCHER: 'none' }), undefined)
  })

  it('reads what is set', () => {
    assert.deepEqual(
      read({
        DISCORD_TOKEN: ' abc ',
        SIGHTSEER_MODEL: 'big',
        SIGHTSEER_MODELS: '/models',
        SIGHTSEER_READER: 'ocr-small',
        SIGHTSEER_MATCHER: 'blip2-itm-vit-g',
        SIGHTSEER_DETAIL: 'high',
        SIGHTSEER_THREADS: '4',
        SIGHTSEER_MAX_IMAGE_BYTES: '1000',
        SIGHTSEER_MAX_IMAGE_PIXELS: '2000',
        SIGHTSEER_WORKER_QUEUE: 'rediss://queue:6380',
        SIGHTSEER_STORE: 'redis://cache:6379/1',
        SIGHTSEER_STORE_KEY: `${KEY.toString('base64')}, ${KEY.toString('hex')}`,
        SIGHTSEER_GUILD: '123456789012345678',
        PROVIDER: 'webgpu',
        SIGHTSEER_PREPARE: 'yes',
        SIGHTSEER_MAX_SEQUENCES: '16',
        SIGHTSEER_CONVERSATION_MIB: '1',
        SIGHTSEER_IMAGE_CACHE_MIB: '2',
        SIGHTSEER_QUEUE: '7',
        SIGHTSEER_RETENTION_HOURS: '2',
        SIGHTSEER_OPERATIONS_PORT: '9090',
        SIGHTSEER_STOP_SECONDS: '0',
        DISCORD_API: 'http://127.0.0.1:8080/api/',
        LOG_LEVEL: 'debug',
        SHARDS: '9',
        SHARD_IDS: '0-2, 7',
        PATH: 'ignored',
      }),
      {
        store: { url: 'redis://cache:6379/1', keys: [new Uint8Array(KEY), new Uint8Array(KEY)] },
        bot: {
          api: 'http://127.0.0.1:8080/api',
          guild: '123456789012345678',
          shards: { count: 9, ids: [0, 1, 2, 7] },
          queue: 7,
          retentionMs: 7_200_000,
          stopLimitMs: 0,
        },
        logLevel: 'debug',
        operations: { host: '127.0.0.1', port: 9090 },
        provider: 'webgpu',
        prepare: true,
        maxSequences: 16,
        conversationBytes: 1_048_576,
        imageCacheBytes: 2_097_152,
        discordToken: 'abc',
        workerQueue: 'rediss://queue:6380',
        model: 'big',
        modelsFolder: '/models',
        reader: 'ocr-small',
        matcher: 'blip2-itm-vit-g',
        isMatcherSet: true,
        detail: 'high',
        threads: 4,
        imageLimits: { maxBytes: 1000, maxPixels: 2000 },
      },
    )
  })

  it('refuses shards of this process that are none of all shards', () => {
    const wrong = [
      [{ SHARD_IDS: '0' }, /^ConfigError: SHARD_IDS needs SHARDS/],
      [{ SHARD_IDS: '0', SHARDS: 'auto' }, /SHARD_IDS needs SHARDS/],
      [{ SHARD_IDS: '0-2', SHARDS: '2' }, /names shard 2, but SHARDS is 2: the last one is 1\./],
      ...['x', '1-', '2-1', '1,,2', '-1', '16384'].map(
        (ids) => [{ SHARD_IDS: ids, SHARDS: '16384' }, /SHARD_IDS must be numbers/] as const,
      ),
    ] as const
    for (const [settings, message] of wrong) {
      assert.throws(() => readConfig(settings), message)
    }
  })

  it('takes the old name of a setting, and tells of it', () => {
    const renamed = [{ from: 'SIGHTSEER_ROWS', to: 'SIGHTSEER_MAX_SEQUENCES' }]
    const old = readConfig({ SIGHTSEER_ROWS: '16' })
    assert.deepEqual([old.maxSequences, old.renamed], [16, renamed])
    const both = readConfig({ SIGHTSEER_ROWS: '16', SIGHTSEER_MAX_SEQUENCES: '4' })
    assert.deepEqual([both.maxSequences, both.renamed], [4, []])
    assert.throws(() => readConfig({ SIGHTSEER_ROWS: 'x' }), /^ConfigError: SIGHTSEER_ROWS must be/)
  })

  it('lists every variable that is wrong', () => {
    assert.throws(
      () => readConfig({ SIGHTSEER_THREADS: 'many', SIGHTSEER_MAX_IMAGE_BYTES: '-1' }),
      (error) =>
        error instanceof ConfigError &&
        error.problems.length === 2 &&
        /SIGHTSEER_THREADS must be a whole number from 1 to 256/.test(error.message),
    )
  })

  it('sees pictures in the detail that is set, or by their size', () => {
    assert.equal(readConfig({}).detail, 'auto')
    assert.equal(readConfig({ SIGHTSEER_DETAIL: 'low' }).detail, 'low')
    assert.throws(
      () => readConfig({ SIGHTSEER_DETAIL: 'most' }),
      /SIGHTSEER_DETAIL must be one of auto, low, high/,
    )
  })

  it('takes a system prompt of 2,000 characters at most', () => {
    const longest = 'x'.repeat(2000)
    assert.equal(readConfig({ SIGHTSEER_SYSTEM_PROMPT: longest }).systemPrompt, longest)
    assert.throws(
      () => readConfig({ SIGHTSEER_SYSTEM_PROMPT: `${longest}x` }),
      /SIGHTSEER_SYSTEM_PROMPT must have at most 2000 characters/,
    )
  })
})

describe('the settings of the bot', () => {
  it('remembers on disk with a token, else beside the loopback Discord', () => {
    assert.equal(readConfig({ DISCORD_TOKEN: 'x' }).store.url, 'sqlite:data/sightseer.sqlite')
    assert.equal(readConfig({ DISCORD_TOKEN: 'x' }).sandboxState, undefined)
    assert.equal(readConfig({ SANDBOX_STATE: 'a/world' }).store.url, 'sqlite:a/world.bot')
    const { sandboxState, store } = readConfig({ SANDBOX_STATE: 'memory' })
    assert.deepEqual([sandboxState, store.url], [undefined, 'memory:'])
  })

  it('says of each wrong one what it must be, and tells no secret', () => {
    const env = {
      SIGHTSEER_STORE: 'mysql://me:hunter2@host/db',
      SIGHTSEER_STORE_KEY: `${KEY.toString('base64')},c2VjcmV0`,
      SIGHTSEER_GUILD: 'my server',
      SIGHTSEER_QUEUE: '0',
      SIGHTSEER_RETENTION_HOURS: '1000',
      SIGHTSEER_OPERATIONS_PORT: 'http',
      DISCORD_API: 'localhost',
      LOG_LEVEL: 'loud',
      PROVIDER: 'tpu',
      SHARDS: 'many',
    }
    assert.throws(
      () => readConfig(env),
      (error) => {
        assert.ok(error instanceof ConfigError)
        const named = error.problems.map((problem) => problem.split(' ')[0] ?? '')
        assert.deepEqual(named.toSorted(), Object.keys(env).toSorted())
        for (const secret of ['hunter2', 'c2VjcmV0', KEY.toString('base64')]) {
          assert.ok(!error.message.includes(secret))
        }
        assert.match(error.message, /SIGHTSEER_STORE must be sqlite:PATH, redis:/)
        assert.match(error.message, /SIGHTSEER_STORE_KEY must be 32 bytes in base64 \(number 2\)/)
        return true
      },
    )
  })

  it('takes files, Redis and Postgres for a store, and nothing else', () => {
    const good = ['memory:', 'sqlite:a/b.sqlite', 'sqlite:/a', 'rediss://a', 'postgresql://u:p@a/b']
    for (const SIGHTSEER_STORE of good) {
      assert.equal(readConfig({ SIGHTSEER_STORE }).store.url, SIGHTSEER_STORE)
    }
    for (const SIGHTSEER_WORKER_QUEUE of ['queue', 'http://queue', 'sqlite:a']) {
      assert.throws(() => readConfig({ SIGHTSEER_WORKER_QUEUE }), ConfigError)
    }
    for (const SIGHTSEER_STORE of ['sqlite:', 'sqlite://a', 'redis:', 'file:a', 'a.sqlite']) {
      assert.throws(() => readConfig({ SIGHTSEER_STORE }), ConfigError, SIGHTSEER_STORE)
    }
  })
})

describe('servers of a model', () => {
  const KEY = 'a-secret'

  it('are addresses, each with its key', () => {
    const one = readConfig({ SIGHTSEER_MODEL: 'http://gpu:8080/', SIGHTSEER_MODEL_KEY: KEY })
    assert.deepEqual(one.servers, {
      addresses: [{ base: 'http://gpu:8080/v1', key: KEY }],
      model: undefined,
      silenceMs: 60_000,
    })
    const two = readConfig({
      SIGHTSEER_MODEL: 'http://a , https://b/api/v1/',
      SIGHTSEER_MODEL_KEY: `${KEY},other`,
      SIGHTSEER_MODEL_NAME: 'eyes',
      SIGHTSEER_MODEL_SECONDS: '5',
    })
    assert.deepEqual(two.servers, {
      addresses: [
        { base: 'http://a/v1', key: KEY },
        { base: 'https://b/api/v1', key: 'other' },
      ],
      model: 'eyes',
      silenceMs: 5000,
    })
    assert.equal(readConfig({ SIGHTSEER_MODEL: 'demo' }).servers, undefined)
    assert.equal(findModel('http://gpu:8080'), 'http://gpu:8080')
  })

  it('are refused where they are none, without repeating them', () => {
    const wrong = [
      `http://me:${KEY}@gpu`,
      `http://gpu/?key=${KEY}`,
      'http://gpu,blip2',
      'http://gpu,http://gpu/v1',
    ]
    for (const SIGHTSEER_MODEL of wrong) {
      assert.throws(
        () => readConfig({ SIGHTSEER_MODEL }),
        (error) => error instanceof ConfigError && !error.message.includes(KEY),
        SIGHTSEER_MODEL,
      )
    }
    const SIGHTSEER_MODEL = 'http://a,http://b,http://c'
    assert.throws(
      () => readConfig({ SIGHTSEER_MODEL, SIGHTSEER_MODEL_KEY: `${KEY},other` }),
      (error) => error instanceof ConfigError && !error.message.includes(KEY),
    )
  })
})

describe('.env.example', () => {
  it('has every setting, empty, with the words of --help', () => {
    const file = readFileSync(path.join(import.meta.dirname, '..', '..', '.env.example'), 'utf8')
    const blocks = file.trim().split('\n\n').slice(1)
    const told = blocks.map((block) => {
      const lines = block.split('\n')
      const about = lines.slice(0, -1).map((line) => line.replace(/^# /, ''))
      return { name: lines.at(-1)?.replace(/=$/, ''), about: about.join(' ') }
    })
    assert.deepEqual(told, settings())
    assert.ok(settings().every(({ about }) => about.length > 20))
  })
})

describe('findModel', () => {
  it('knows the demo, names, and paths', () => {
    assert.equal(findModel('demo', '/elsewhere'), path.join(MODELS_FOLDER, 'demo'))
    assert.equal(findModel('big'), path.join(MODELS_FOLDER, 'big'))
    assert.equal(findModel('./big', undefined, '/home'), path.resolve('/home/big'))
    assert.equal(findModel('sub/big', undefined, '/home'), path.resolve('/home/sub/big'))
    assert.equal(findModel('/data/big'), path.resolve('/data/big'))
  })

  it('finds the shipped ones whatever the own folder has', () => {
    const own = mkdtempSync(path.join(tmpdir(), 'models-'))
    for (const name of SHIPPED_FOLDERS) {
      mkdirSync(path.join(own, name))
      assert.equal(findModel(name, own), path.join(MODELS_FOLDER, name))
    }
    rmSync(own, { recursive: true })
  })

  it('finds no package at the address of a queue, and does not repeat its password', () => {
    assert.throws(
      () => findModel('redis://:secret@queue:6379/1'),
      (error: Error) =>
        /redis:\/\/queue:6379\/1\./.test(error.message) && !/secret/.test(error.message),
    )
  })

  it('searches the own folder first', () => {
    const own = mkdtempSync(path.join(tmpdir(), 'models-'))
    mkdirSync(path.join(own, 'big'))
    assert.equal(findModel('big', own), path.join(own, 'big'))
    assert.equal(findModel('small', own), path.join(MODELS_FOLDER, 'small'))
    mkdirSync(path.join(own, 'demo-another'))
    assert.equal(findModel('demo-another', own), path.join(own, 'demo-another'))
    rmSync(own, { recursive: true })
  })
})

describe('unknownSettings', () => {
  it('names what has the prefix or is in .env, with what was probably meant', () => {
    const env = { SIGHTSEER_MODE: 'x', SIGHTSEER_MODEL: 'y', SIGHTSEER_ROWS: '4', PATH: '/bin' }
    assert.deepEqual(unknownSettings(env, ['DISCORD_TOKN', 'HF_TOKEN', 'SOMETHING_ELSE']), [
      { name: 'DISCORD_TOKN', nearest: 'DISCORD_TOKEN' },
      { name: 'SOMETHING_ELSE', nearest: undefined },
      { name: 'SIGHTSEER_MODE', nearest: 'SIGHTSEER_MODEL' },
    ])
  })
})
