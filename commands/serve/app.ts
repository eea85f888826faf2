/** The HTTP API: OpenAI's chat completions, and routes of our own. */

import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ApiError } from './api-error.ts'
import { chatRoute } from './chat/chat-route.ts'
import { type Api, failed, requireModel } from './context.ts'
import { engineRoute, forgetRoute } from './engine-route.ts'
import type { Clients } from './keys.ts'
import { modelList, modelObject } from './model-objects.ts'
import { openApi } from './open-api.ts'
import { matchRoute, readRoute, scoreRoute } from './own-routes.ts'

/** The host of a request to this machine by its own names. */
const OWN_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i

/**
 * Keeps pages that somebody on this machine visits from using the model: without keys a request has to
 * be for the machine's own name, which a page cannot claim for another one; and a body has to be
 * declared as JSON, which a browser asks about before it sends it to another site.
 *
 * @throws {ApiError} 401 where the key is missing, 403 or 415.
 */
function requireTrusted(c: Context, clients: Clients): void {
  clients.nameOf(c.req.header('authorization'))
  if (clients.isOpen && !OWN_HOST.test(c.req.header('host') ?? '')) {
    throw new ApiError('Without keys this server answers only to localhost.', {
      code: 'unknown_host',
      status: 403,
    })
  }
  const isJson = /^application\/json\b/i.test(c.req.header('content-type') ?? '')
  if (c.req.method === 'POST' && !isJson) {
    throw new ApiError('The request needs "content-type: application/json".', {
      code: 'unsupported_media_type',
      status: 415,
    })
  }
}

/** Everything but the two routes for health needs a key where there are keys. */
export function createApp(api: Api): Hono {
  const { model, clients, metrics, log, maxBytes } = api
  const app = new Hono()
  app.onError((error, c) => failed(c, error, log))
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}; /openapi.json says what there is.`
    return failed(c, new ApiError(message, { code: 'unknown_url', status: 404 }), log)
  })
  app.get('/livez', (c) => c.text('ok\n'))
  app.get('/readyz', (c) => c.text('ok\n')) // it listens once the model is open
  app.use(async (c, next) => {
    requireTrusted(c, clients)
    await next()
  })
  app.get('/metrics', async (c) => c.text(await metrics.text()))
  app.get('/openapi.json', (c) => c.json(openApi()))
  app.get('/v1/models', (c) => c.json(modelList(model)))
  app.get('/v1/models/:name', (c) => {
    requireModel(model, c.req.param('name'))
    return c.json(modelObject(model))
  })
  app.use(
    bodyLimit({
      maxSize: maxBytes,
      onError: () => {
        const message = `The request has more than ${maxBytes} bytes.`
        throw new ApiError(message, { code: 'request_too_large', status: 413 })
      },
    }),
  )
  app.post('/v1/chat/completions', (c) => chatRoute(c, api))
  app.post('/v1/score', (c) => scoreRoute(c, api))
  app.post('/v1/match', (c) => matchRoute(c, api))
  app.post('/v1/read', (c) => readRoute(c, api))
  app.post('/v1/engine', (c) => engineRoute(c, api))
  app.post('/v1/forget', (c) => forgetRoute(c, api))
  return app
}
