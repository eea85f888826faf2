/** What a request depends on. When any of it is deleted, the request is aborted. */

import type { Job } from '../jobs/job-record.ts'
import type { Subject } from '../memory/deletions.ts'
import type { Request } from './request.ts'

/** With which of these the record of a job is deleted; it names the others only by keys of records. */
export function recordSubjectsOf(job: Job, request: Request): Subject[] {
  return subjectsOf(job, request).filter((subject) =>
    /^(?:message|channel|guild|user|member)\//.test(subject),
  )
}

/** What a request depends on; when any of it is deleted, the request is aborted. */
export function subjectsOf({ answer }: Job, request: Request): Subject[] {
  const { asker, place } = request
  const pictures = 'pictures' in request ? request.pictures : []
  return [
    `channel/${place.channelId}`,
    `user/${asker}`,
    `member/${place.channelId}/${asker}`,
    ...(place.guildId === null ? [] : [`guild/${place.guildId}` as const]),
    ...(answer.to === 'message' ? [`message/${answer.messageId}` as const] : []),
    ...('talk' in request
      ? [request, ...request.others].map(({ talk }) => `conversation/${talk}` as const)
      : []),
    ...('answer' in request ? [`answer/${request.answer}` as const] : []),
    ...pictures.flatMap(({ key, source }): Subject[] =>
      source
        ? [
            `message/${source.messageId}`,
            `channel/${source.channelId}`,
            `user/${source.authorId}`,
            `picture/${source.messageId}/${key}`,
          ]
        : [],
    ),
  ]
}
