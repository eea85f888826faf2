/** ONNX Runtime's libraries for CUDA, from a registry on this machine. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createHttpClient } from '../../../../inference/download/http.ts'
import {
  installFiles,
  missingFiles,
  missingLibraries,
  providerFiles,
  type ProviderFiles,
} from '../../../../inference/runtime/cuda/libraries.ts'
import { scriptServer, type ScriptedServer, sendJson } from '../../../helpers/scripted-server.ts'
import { zipOf } from '../../../helpers/zip.ts'

const CUDA = randomBytes(5000)
const SHARED = randomBytes(300)
const PACKAGE = zipOf({
  'runtimes/linux-x64/native/libonnxruntime_providers_cuda.so': CUDA,
  'runtimes/linux-x64/native/libonnxruntime_providers_shared.so': SHARED,
  'runtimes/linux-x64/native/libonnxruntime.so': randomBytes(100),
})
const { signal } = new AbortController()

describe('providerFiles', () => {
  it('are those of the installed version, as its install script has them', () => {
    const { source, folder, files } = providerFiles()
    const { version }: { version: string } = JSON.parse(
      readFileSync('node_modules/onnxruntime-node/package.json', 'utf8'),
    )
    assert.deepEqual(source, {
      index: 'https://api.nuget.org/v3/index.json',
      name: 'Microsoft.ML.OnnxRuntime.Gpu.Linux',
      version,
    })
    assert.ok(readdirSync(folder).includes('libonnxruntime.so.1'))
    assert.deepEqual(Object.keys(files).toSorted(), [
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
    ])
  })
})

describe('installFiles', () => {
  let registry: ScriptedServer
  let served: Uint8Array
  /** What the registry says of the package. */
  let entry: object
  let files: ProviderFiles
  const client = createHttpClient(undefined)

  before(async () => {
    const base = '/v1/name/1.2.3'
    const at = () => registry.url.replace('/v1', '')
    registry = await scriptServer({
      'GET /v1/index.json': (response) =>
        sendJson(response, {
          version: '3.0.0',
          resources: [
            { '@id': `${at()}/v1/`, '@type': 'RegistrationsBaseUrl' },
            { '@id': `${at()}/v1`, '@type': 'PackageBaseAddress/3.0.0' },
          ],
        }),
      'GET /v1/name/1.2.3.json': (response) =>
        sendJson(response, { catalogEntry: `${at()}/v1/catalog.json` }),
      'GET /v1/catalog.json': (response) => sendJson(response, entry),
      [`GET ${base}/name.1.2.3.nupkg`]: (response) => {
        response.writeHead(200).end(served)
      },
    })
  })
  after(async () => {
    await client.dispatcher.close()
    await registry.close()
  })
  beforeEach(() => {
    served = PACKAGE
    entry = entryOf(PACKAGE)
    files = {
      ...providerFiles(),
      source: { index: `${registry.url}/index.json`, name: 'Name', version: '1.2.3' },
      folder: mkdtempSync(path.join(tmpdir(), 'sightseer-cuda-')),
    }
  })
  afterEach(() => rmSync(files.folder, { recursive: true }))

  it('downloads, verifies and unpacks them, and leaves nothing else', async () => {
    const seen: number[] = []
    assert.equal(missingFiles(files).length, 2)
    await installFiles(client, files, { signal, onBytes: (bytes) => seen.push(bytes) })
    const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so']
    assert.deepEqual(readdirSync(files.folder).toSorted(), names)
    const [cuda, shared] = names.map((name) => readFileSync(path.join(files.folder, name)))
    assert.deepEqual([cuda, shared], [CUDA, SHARED])
    assert.equal(seen.at(-1), PACKAGE.length)
    assert.deepEqual(missingFiles(files), [])
  })

  const refused: Readonly<Record<string, readonly [() => void, RegExp]>> = {
    'has another checksum than the registry says': [
      () => {
        served = Buffer.from(PACKAGE)
        served[40]! ^= 1
      },
      /is not what the registry says: its SHA-512 is .* It was deleted\.$/,
    ],
    'is longer than the registry says': [
      () => (served = Buffer.concat([PACKAGE, Buffer.alloc(10)])),
      /more than \d+ bytes/,
    ],
    'is cut': [() => (served = PACKAGE.subarray(0, 4000)), /4000 bytes instead of/],
    'lacks a library': [
      () => {
        served = zipOf({ 'readme.md': Buffer.from('nothing') })
        entry = entryOf(served)
      },
      /The package has no runtimes\/linux-x64/,
    ],
    'is no package': [
      () => {
        served = Buffer.from('<html>Sign in</html>')
        entry = entryOf(served)
      },
      /The package is truncated/,
    ],
    'has no checksum that is known': [
      () => (entry = { ...entry, packageHashAlgorithm: 'MD5' }),
      /catalog\.json is no document of a NuGet registry/,
    ],
  }
  for (const [how, [change, message]] of Object.entries(refused)) {
    it(`installs nothing of a package that ${how}`, async () => {
      change()
      await assert.rejects(installFiles(client, files, { signal }), {
        name: 'ConfigError',
        message,
      })
      assert.deepEqual(readdirSync(files.folder), [])
    })
  }

  it('says that the registry does not have the version', async () => {
    const source = { ...files.source, version: '9.9.9' }
    await assert.rejects(installFiles(client, { ...files, source }, { signal }), {
      name: 'ConfigError',
      message: /name\/9\.9\.9\.json answers with status 404\./,
    })
  })
})

describe('missingLibraries', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-ldd-'))
  const { PATH } = process.env
  after(() => {
    process.env['PATH'] = PATH
    rmSync(folder, { recursive: true })
  })

  it('names each library that the linker does not find, with its package', async () => {
    writeFileSync(
      path.join(folder, 'ldd'),
      `#!/bin/sh
printf '\\tlinux-vdso.so.1 (0x1)\\n\\tlibc.so.6 => /lib/libc.so.6 (0x2)\\n'
printf '\\tlibcudnn.so.9 => not found\\n\\tlibcublasLt.so.12 => not found\\n\\tlibodd.so.1 => not found\\n'
`,
    )
    chmodSync(path.join(folder, 'ldd'), 0o755)
    process.env['PATH'] = `${folder}:${PATH}`
    assert.deepEqual(await missingLibraries(providerFiles()), [
      'libcublasLt.so.12 (libcublas-12-*)',
      'libcudnn.so.9 (cudnn9-cuda-12)',
      'libodd.so.1',
    ])
  })
})

function entryOf(bytes: Uint8Array): object {
  return {
    packageHash: createHash('sha512').update(bytes).digest('base64'),
    packageHashAlgorithm: 'SHA512',
    packageSize: bytes.length,
  }
}
