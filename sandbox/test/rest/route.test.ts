/** That a path finds its route, in whatever order the routes are listed. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apiRoutes } from '../../src/rest/api.ts'
import { RouteTable } from '../../src/rest/route.ts'

describe('RouteTable', () => {
  for (const [order, routes] of [
    ['as they are listed', apiRoutes],
    ['in reverse', apiRoutes.toReversed()],
  ] as const) {
    it(`finds every route by its own path, with the routes ${order}`, () => {
      const table = new RouteTable(routes)
      for (const route of apiRoutes) {
        const path = route.path.replaceAll(/:\w+/g, '123')
        const { params, ...rest } = table.find(route.method, path)
        assert.equal(rest.route, route)
        assert.ok(Object.values(params).every((value) => value === '123'))
      }
    })
  }

  it('tells an unknown path from an unknown method', () => {
    const table = new RouteTable(apiRoutes)
    assert.throws(() => table.find('GET', '/nowhere'), { status: 404 })
    assert.throws(() => table.find('PUT', '/gateway'), { status: 405 })
  })
})
