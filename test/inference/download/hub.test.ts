import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { createHttpClient, type HttpClient } from '../../../inference/download/http.ts'
import { isRepositoryId, readRepository, type Repository } from '../../../inference/download/hub.ts'
import { selectFirstFiles, selectShards } from '../../../inference/download/select-files.ts'
import { ConfigError } from '../../../config/errors.ts'
import {
  COMMIT,
  gitSha1,
  REPOSITORY,
  sha256,
  startHub,
  type Fault,
  type HubOptions,
  type HubServer,
} from '../../helpers/hub-server.ts'

const CONFIG = Buffer.from('{}')
const WEIGHTS = Buffer.from('weights')
const FILES = new Map([
  ['config.json', CONFIG],
  ['model.safetensors', WEIGHTS],
])

let hub: HubServer | undefined
let client: HttpClient | undefined

afterEach(async () => {
  await client?.dispatcher.destroy()
  await hub?.close()
  hub = undefined
})

async function read(options: Partial<HubOptions> = {}, token?: string, revision = 'main') {
  hub = await startHub({ files: FILES, ...options })
  client = createHttpClient(token)
  const retry = { signal: new AbortController().signal, wait: async () => {} }
  return readRepository({ endpoint: hub.endpoint, client }, REPOSITORY, revision, retry)
}

function refused(status: number, headers: Record<string, string> = {}) {
  const fault: Fault = { kind: 'status', status, headers }
  return { describeFault: () => fault }
}

function repositoryOf(...names: readonly string[]): Repository {
  const digest = { kind: 'sha256', hex: '' } as const
  const files = names.map((name) => ({ name, bytes: 1, digest }))
  return { id: 'a/b', commit: COMMIT, license: null, files }
}

function namesOf(files: readonly { readonly name: string }[]): readonly string[] {
  return files.map(({ name }) => name)
}

const INDEX = { index: 'model.safetensors.index.json', extension: '.safetensors' }

function indexOf(shard: string): string {
  return JSON.stringify({ weight_map: { tensor: shard } })
}

function says(pattern: RegExp) {
  return (error: unknown) => error instanceof ConfigError && pattern.test(error.message)
}

describe('readRepository', () => {
  it('gives the commit, the license, and size and digest of every file', async () => {
    assert.deepEqual(await read(), {
      id: REPOSITORY,
      commit: COMMIT,
      license: 'mit',
      files: [
        { name: 'config.json', bytes: 2, digest: { kind: 'git-sha1', hex: gitSha1(CONFIG) } },
        { name: 'model.safetensors', bytes: 7, digest: { kind: 'sha256', hex: sha256(WEIGHTS) } },
      ],
    })
  })

  it('asks for a revision with a slash in it as one part of the path', async () => {
    await read({}, undefined, 'refs/pr/7')
    assert.deepEqual(hub?.paths, [`/api/models/${REPOSITORY}/revision/refs%2Fpr%2F7?blobs=true`])
  })

  it('names the license behind "other"', async () => {
    const cardData = { license: 'other', license_name: 'opt-175b' }
    const { license } = await read({ describe: (answer) => ({ ...answer, cardData }) })
    assert.equal(license, 'opt-175b')
  })

  it('tries again while the hub is busy', async () => {
    const busy: Fault = { kind: 'status', status: 503 }
    const describeFault = (nth: number) => (nth < 3 ? busy : undefined)
    assert.equal((await read({ describeFault })).commit, COMMIT)
  })

  it('says what to do about a gated repository', async () => {
    const gated = refused(403, { 'x-error-code': 'GatedRepo' })
    const terms = /is gated.* Accept the terms at http:\/\/127\.0\.0\.1:\d+\/someone\/tiny-blip2/
    await assert.rejects(read(gated), says(new RegExp(`${terms.source} .*put a token`)))
    await hub?.close()
    await assert.rejects(read(gated, 'hf_x'), says(/account that HF_TOKEN belongs to/))
  })

  it('says what to do about a repository that is missing or private', async () => {
    await assert.rejects(read(refused(401)), says(/shows no repository .*token .* into HF_TOKEN/))
    await hub?.close()
    await assert.rejects(read(refused(404), 'hf_x'), says(/HF_TOKEN must belong to an account/))
  })

  it('says that a token is not accepted, without telling it', async () => {
    const headers = { 'x-error-message': 'Invalid credentials in Authorization header' }
    await assert.rejects(
      read(refused(401, headers), 'hf_secret'),
      (e) => says(/does not accept HF_TOKEN/)(e) && !/hf_secret/.test(String(e)),
    )
  })

  it('says that a token may not read, a revision is missing, a repository is disabled', async () => {
    await assert.rejects(read(refused(403), 'hf_x'), says(/HF_TOKEN may not read/))
    await hub?.close()
    const revision = refused(404, { 'x-error-code': 'RevisionNotFound' })
    await assert.rejects(read(revision, undefined, 'v9'), says(/has no revision v9/))
    await hub?.close()
    const disabled = { 'x-error-message': 'Access to this resource is disabled.' }
    await assert.rejects(read(refused(403, disabled)), says(/has disabled someone\/tiny-blip2/))
  })

  it('says that the endpoint is not a hub', async () => {
    await assert.rejects(read({ describe: () => 'hello' }), says(/does not answer as a model hub/))
    await hub?.close()
    const sha = '../../up'
    await assert.rejects(
      read({ describe: (answer) => ({ ...answer, sha }) }),
      says(/does not answer as a model hub/),
    )
    await hub?.close()
    await assert.rejects(read(refused(418)), says(/answered 418 .*Check HF_ENDPOINT/))
  })

  it('says what another hub says to which a mirror redirects', async () => {
    const gated = refused(403, { 'x-error-code': 'GatedRepo' })
    const other = await startHub({ files: FILES, ...gated })
    const redirect: Fault = { kind: 'redirect', to: `${other.endpoint}/api/models/x` }
    await assert.rejects(read({ describeFault: () => redirect }), says(/is gated: its owner asks/))
    await other.close()
    await hub?.close()
    const missing = refused(404, { 'x-error-code': 'RepoNotFound' })
    const second = await startHub({ files: FILES, ...missing })
    const again: Fault = { kind: 'redirect', to: `${second.endpoint}/api/models/x` }
    await assert.rejects(read({ describeFault: () => again }), says(/shows no repository/))
    await second.close()
  })

  it('says that an endpoint lists files without sizes and digests', async () => {
    const siblings = [...FILES.keys()].map((rfilename) => ({ rfilename }))
    await assert.rejects(
      read({ describe: (answer) => ({ ...answer, siblings }) }),
      says(/lists the files of someone\/tiny-blip2 without their sizes and digests/),
    )
  })

  it('says that nobody listens', async () => {
    const gone = await startHub({ files: FILES })
    const { endpoint } = gone
    await gone.close()
    client = createHttpClient(undefined)
    const retry = { signal: new AbortController().signal, wait: async () => {} }
    await assert.rejects(
      readRepository({ endpoint, client }, REPOSITORY, 'main', retry),
      says(/127\.0\.0\.1:\d+ refuses connections \(4 tries\)/),
    )
  })
})

describe('isRepositoryId', () => {
  it('takes OWNER/NAME and nothing that could lead elsewhere', () => {
    assert.ok(isRepositoryId('Salesforce/blip2-opt-2.7b'))
    for (const id of [
      'a',
      'a/b/c',
      '../b',
      'a/..',
      'a/.b',
      '/b',
      'a/',
      'a/b?c',
      'a/b#c',
      'a/b%2e',
      'a\\b',
      'a/b..c',
      '',
    ]) {
      assert.ok(!isRepositoryId(id), id)
    }
  })
})

describe('selectFirstFiles', () => {
  it('takes one file of weights before an index, as transformers does', () => {
    const both = repositoryOf('config.json', 'model.safetensors', 'model.safetensors.index.json')
    const { small, weights } = selectFirstFiles(both)
    assert.ok('single' in weights)
    assert.equal(weights.single.name, 'model.safetensors')
    assert.deepEqual(namesOf(small), ['config.json'])
  })

  it('leaves files of other names and folders alone', () => {
    const { small } = selectFirstFiles(
      repositoryOf(
        'config.json',
        'model.safetensors',
        '../vocab.json',
        'sub/vocab.json',
        'vocab.json',
        'x.py',
      ),
    )
    assert.deepEqual(namesOf(small), ['config.json', 'vocab.json'])
  })

  it("takes a family's further tokenizers from their folders", () => {
    const names = ['config.json', 'x/vocab.txt', 'x/weights.bin', 'qformer_tokenizer/run.py']
    const tokenizers = ['qformer_tokenizer/vocab.txt', 'qformer_tokenizer/tokenizer.json']
    const { small } = selectFirstFiles(repositoryOf(...names, 'model.safetensors', ...tokenizers))
    assert.deepEqual(namesOf(small), ['config.json', ...tokenizers])
  })

  it('takes a subfolder and what is missing in it from the root', () => {
    const { small, weights } = selectFirstFiles(
      repositoryOf(
        'config.json',
        'vocab.json',
        'x/config.json',
        'x/pytorch_model.bin',
        'y/vocab.json',
      ),
      'x',
    )
    assert.deepEqual(namesOf(small), ['config.json', 'vocab.json', 'x/config.json'])
    assert.ok('single' in weights)
    assert.equal(weights.single.name, 'x/pytorch_model.bin')
    const sharded = repositoryOf(
      'x/config.json',
      'x/model.safetensors.index.json',
      'x/a.safetensors',
    )
    const listed = selectFirstFiles(sharded, 'x').weights
    assert.ok('index' in listed)
    const shards = selectShards(sharded, listed, indexOf('a.safetensors'))
    assert.deepEqual(namesOf(shards), ['x/a.safetensors'])
    assert.throws(() => selectFirstFiles(sharded, 'z'), says(/has no config\.json/))
  })

  it('takes weights of torch.save where there are no safetensors', () => {
    const sharded = repositoryOf('config.json', 'pytorch_model.bin.index.json', 'x-1.bin')
    const { small, weights } = selectFirstFiles(sharded)
    assert.deepEqual(weights, { index: 'pytorch_model.bin.index.json', extension: '.bin' })
    assert.deepEqual(namesOf(small), ['config.json', 'pytorch_model.bin.index.json'])
    assert.ok('index' in weights)
    assert.deepEqual(namesOf(selectShards(sharded, weights, indexOf('x-1.bin'))), ['x-1.bin'])
    const both = repositoryOf('config.json', 'pytorch_model.bin', 'model.safetensors')
    const first = selectFirstFiles(both).weights
    assert.ok('single' in first)
    assert.equal(first.single.name, 'model.safetensors')
  })

  it('refuses a LoRA adapter, with the commands that merge it', () => {
    assert.throws(
      () => selectFirstFiles(repositoryOf('adapter_config.json', 'adapter_model.safetensors')),
      says(/^a\/b is a LoRA adapter .*\n(?:.*\n)*.*PeftModel\.from_pretrained\(base, "a\/b"\)/),
    )
    assert.throws(
      () =>
        selectFirstFiles(repositoryOf('config.json', 'model.safetensors', 'adapter_config.json')),
      says(/beside its full weights.*\n  hf download a\/b --local-dir checkpoint\n/),
    )
  })

  it('refuses a repository without weights or configuration', () => {
    assert.throws(
      () => selectFirstFiles(repositoryOf('config.json')),
      says(/a\/b has no weights: none of model\.safetensors, .*pytorch_model\.bin/),
    )
    assert.throws(
      () => selectFirstFiles(repositoryOf('model.safetensors')),
      says(/has no config\.json/),
    )
  })

  it('refuses an index that leads out of the folder or names what is missing', () => {
    const repository = repositoryOf('a.safetensors', '../b.safetensors')
    assert.deepEqual(namesOf(selectShards(repository, INDEX, indexOf('a.safetensors'))), [
      'a.safetensors',
    ])
    for (const name of [
      '../b.safetensors',
      '/b.safetensors',
      'x\\b.safetensors',
      'b\n.safetensors',
    ]) {
      assert.throws(
        () => selectShards(repository, INDEX, indexOf(name)),
        says(/not a plain file name/),
      )
    }
    assert.throws(
      () => selectShards(repository, INDEX, indexOf('c.safetensors')),
      says(/has no c\.safe/),
    )
    assert.throws(() => selectShards(repository, INDEX, '[1'), says(/not a list of shards/))
  })
})
