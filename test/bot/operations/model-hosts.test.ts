import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from '../../../bot/operations/logs.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { ModelHosts } from '../../../bot/operations/model-hosts.ts'

const HOST = 'http://gpu:8080/v1'

describe('the servers of a model', () => {
  it('are usable while one is, and the metrics name each', async () => {
    const lines: string[] = []
    const stream = { write: (line: string) => lines.push(line) }
    const metrics = createMetrics()
    const hosts = new ModelHosts(createLog({ level: 'info', stream }), metrics)
    assert.ok(hosts.areUsable(), 'a model of this process has none')
    hosts.listen({ type: 'up', host: HOST })
    hosts.listen({ type: 'down', host: 'http://other/v1', reason: 'it is away' })
    assert.ok(hosts.areUsable())
    hosts.listen({ type: 'failure', host: HOST, reason: 'it was silent' })
    assert.ok(hosts.areUsable(), 'a request failed, not the server')
    hosts.listen({ type: 'down', host: HOST, reason: 'it is away, too' })
    assert.ok(!hosts.areUsable())
    const text = await metrics.text()
    assert.match(text, /sightseer_model_host_up\{host="http:\/\/gpu:8080\/v1"\} 0/)
    assert.match(lines.join(''), /it is away, too/)
    hosts.listen({ type: 'up', host: HOST })
    assert.ok(hosts.areUsable())
  })
})
