/** Which frames of a moving picture stand for it: so many, spread over the time that it takes. */

/** Browsers show a frame for this long where its file says that it is shown for next to no time. */
const USUAL_MS = 100
const LEAST_MS = 11

/**
 * Frames in the middle of equal parts of the time; where that is one frame several times, the frames
 * after it too.
 *
 * @param delays how long each frame is shown, in milliseconds.
 * @param most frames to choose, at most.
 * @returns indices, ascending.
 */
export function chooseFrames(delays: readonly number[], most: number): number[] {
  const count = Math.min(delays.length, most)
  const ends: number[] = []
  for (const delay of delays) {
    ends.push((ends.at(-1) ?? 0) + (delay < LEAST_MS ? USUAL_MS : delay))
  }
  const total = ends.at(-1) ?? 0
  const chosen: number[] = []
  for (let i = 0; i < count; i++) {
    const time = ((i + 0.5) * total) / count
    const shown = ends.findIndex((end) => end > time)
    const first = (chosen.at(-1) ?? -1) + 1
    const last = delays.length - (count - i) // the others need a frame each
    chosen.push(Math.min(Math.max(shown, first), last))
  }
  return chosen
}
