import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '../../config/config.ts'
import { ConfigError } from '../../config/errors.ts'

describe('readConfig, hub', () => {
  it('uses the public hub without a token when nothing is set', () => {
    const { hub } = readConfig({ HF_TOKEN: '', HF_ENDPOINT: ' ' })
    assert.equal(hub.endpoint, 'https://huggingface.co')
    assert.equal(hub.token, undefined)
  })

  it('takes a mirror with a path and cuts its last slash', () => {
    const { hub } = readConfig({ HF_ENDPOINT: 'http://mirror.local:8080/hf/' })
    assert.equal(hub.endpoint, 'http://mirror.local:8080/hf')
  })

  it('lists every wrong setting and never tells the token', () => {
    assert.throws(
      () => readConfig({ HF_ENDPOINT: 'ftp://x', HF_TOKEN: 'hf_secret\nx' }),
      (e) => e instanceof ConfigError && e.problems.length === 2 && !/secret/.test(e.message),
    )
    assert.throws(() => readConfig({ HF_ENDPOINT: 'https://me:pw@hub' }), /must not hold/)
  })

  it('takes proxies in either case', () => {
    const { hub } = readConfig({ https_proxy: 'http://a', HTTP_PROXY: 'http://b' })
    assert.deepEqual(hub.proxies, { http: 'http://b', https: 'http://a', none: undefined })
  })
})
