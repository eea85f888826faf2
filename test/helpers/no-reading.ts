/** For schedulers of tests in which no text is read. */

import type { ReadingOptions } from '../../inference/engine/reading/readings.ts'

export const NO_READING: ReadingOptions = {
  open: () => Promise.reject(new Error('no text was to be read')),
  pictures: { page: () => Promise.reject(new Error('no page was to be decoded')) },
}
