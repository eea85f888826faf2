/** Routes that return the gateway's URL. Source: events/gateway.mdx, "Get Gateway Bot". */

import { ok } from './route.ts'
import type { Route } from './route.ts'

/** All routes of this file. */
export const gatewayRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gateway',
    open: true,
    handle: ({ gateway }) => ok({ url: gateway.url }),
  },
  {
    method: 'GET',
    path: '/gateway/bot',
    handle: ({ gateway }) => ok(gateway.describe()),
  },
]
