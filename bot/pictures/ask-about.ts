/**
 * Asks the model about a picture, the way it is shown that: a still picture, or frames of a moving one,
 * which it is told they are.
 */

import { hasCode } from '../../config/errors.ts'
import type {
  Answer,
  GenerationOptions,
  ImageInput,
  ImageSource,
  Model,
  RequestOptions,
  StreamOptions,
  Turn,
} from '../../inference/contract/types.ts'
import type { SeenPicture } from './moving-pictures.ts'

/** Before the first question, in the language of the models. */
const FRAMES = 'These pictures are frames of one moving picture, in order.'

type Asking = GenerationOptions & RequestOptions & StreamOptions

/** The frames that a model is shown of a picture; empty: it is shown the picture. */
export function framesIn(image: ImageInput | SeenPicture): readonly ImageSource[] {
  return 'frames' in image ? image.frames : []
}

/**
 * Asks a question after past turns, oldest first. Each frame is seen in low detail, as so many pictures
 * take the room and the time of one in high detail.
 */
export function askAbout(
  model: Pick<Model, 'ask'>,
  image: ImageInput | SeenPicture,
  question: string,
  { history = [], ...options }: Asking & { readonly history?: readonly Turn[] },
): Promise<Answer> {
  const frames = framesIn(image)
  if (frames.length === 0) {
    return model.ask(image, question, { ...options, history })
  }
  const [first, ...later] = history
  // The same beginning for each question, so that what was computed for the last one is used again.
  const turns = first ? [{ ...first, question: `${FRAMES} ${first.question}` }, ...later] : []
  return model.ask(frames, first ? question : `${FRAMES} ${question}`, {
    ...options,
    history: turns,
    detail: 'low',
  })
}

/**
 * Does work with a picture as it is seen. Where its frames leave no room for what is said of them, as a
 * small model's positions do or a long question, the work is done again with the still.
 *
 * @returns what the work gave, and how the picture was seen.
 */
export async function withFrames<Given>(
  image: SeenPicture,
  work: (image: SeenPicture) => Promise<Given>,
): Promise<{ readonly given: Given; readonly image: SeenPicture }> {
  try {
    return { given: await work(image), image }
  } catch (error) {
    if (image.frames.length === 0 || !hasCode(error, 'image/no-room', 'text/too-long')) {
      throw error
    }
    const still = { ...image, frames: [] }
    return { given: await work(still), image: still }
  }
}
