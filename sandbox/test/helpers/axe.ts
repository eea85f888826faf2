/** Runs axe-core, which finds accessibility errors of a page. */

import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

type Found = {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** @throws {AssertionError} that lists each violation with the elements it concerns. */
export async function assertAccessible(page: Page, state: string): Promise<void> {
  await page.evaluate(axe.source)
  const found: readonly Found[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations)',
  )
  const sentences = found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html}\n  ${failureSummary}`),
  )
  assert.deepEqual(sentences, [], `axe-core on: ${state}`)
}
