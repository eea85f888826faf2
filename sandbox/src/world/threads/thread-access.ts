/**
 * Who may send, edit and respond in a thread. Source: developers/topics/threads.mdx;
 * developers/resources/channel.mdx.
 */

import { refuse } from '../../protocol/errors.ts'
import { can } from '../permissions.ts'
import type { World } from '../world.ts'
import type { Channel } from '../types.ts'

/**
 * Asserts that the user may send in the thread: only moderators can in a locked one.
 *
 * @throws {ApiError} 160005, or 50083 if it is archived as well and would have to be unarchived.
 */
export function checkSendable(world: World, channel: Channel, userId: string): void {
  if (channel.thread?.locked === true && !can(world, channel, userId, 'manageThreads')) {
    throw refuse(channel.thread.archived ? 'archivedThread' : 'lockedThread')
  }
}

/**
 * Asserts that the user may edit in the thread: nobody in an archived one, only moderators in a
 * locked one. Source: developers/topics/threads.mdx, "Thread Fields" and "Active & Archived Threads".
 *
 * @throws {ApiError} 50083 or 160005.
 */
export function checkEditable(world: World, channel: Channel, userId: string): void {
  checkActive(channel)
  checkSendable(world, channel, userId)
}

/**
 * Asserts that the application may respond to this user in the thread. A thread that was locked
 * meanwhile refuses, and an archived one takes new messages only, which unarchive it.
 * Source: github.com/discord/discord-api-docs, issues 5517 and 6884.
 *
 * @throws {ApiError} 50083.
 */
export function checkRespondable(
  world: World,
  channel: Channel,
  userId: string,
  change: 'create' | 'edit',
): void {
  if (change === 'edit') {
    checkActive(channel)
  }
  if (channel.thread?.locked === true && !can(world, channel, userId, 'manageThreads')) {
    throw refuse('archivedThread')
  }
}

/**
 * Asserts that the channel is not an archived thread, which cannot be changed.
 *
 * @throws {ApiError} 50083.
 */
export function checkActive(channel: Channel): void {
  if (channel.thread?.archived === true) {
    throw refuse('archivedThread')
  }
}
