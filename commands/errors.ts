/** What commands and the bot refuse, by code; the sentences are in commands/i18n/errors-*.ts. */

import type { NoParams } from '../config/errors.ts'

type Most = { readonly most: number }

declare module '../config/errors.ts' {
  interface InputErrors {
    'image/none-here': NoParams
    'image/none-in-message': NoParams
    /** Not there any more; a fresh link may help. */
    'image/gone': NoParams
    /** Not on Discord, so it is not fetched. */
    'image/elsewhere': NoParams
    'image/not-fetched': NoParams
    'image/bad-response': { readonly status: number }
    'image/timeout': NoParams
    /** Of a file to be fetched or posted. */
    'image/too-large': { readonly maxBytes: number }
    'image/not-a-picture': NoParams
    /** All of one brightness, so it has no fingerprint. */
    'image/plain': NoParams
    'image/opted-out': NoParams
    'conversation/unknown': NoParams
    'conversation/none': NoParams
    /** What is asked about was deleted before the answer was there. */
    'conversation/deleted': NoParams
    'reply/unreadable': NoParams
    'reply/empty': NoParams
    'answer/no-other': NoParams
    'limit/daily': { readonly limit: number }
    'permission/not-yours': NoParams
    'permission/only-asker': NoParams
    'permission/only-author': NoParams
    'permission/settings': NoParams
    'permission/moderation': NoParams
    'permission/staff': NoParams
    'place/server-only': NoParams
    'channel/unreadable': NoParams
    'link/invalid': NoParams
    'link/hidden': NoParams
    'link/message-gone': NoParams
    'command/unknown': NoParams
    'button/unknown': NoParams
    'settings/too-many-channels': Most
    'moderation/not-set-up': NoParams
    'moderation/not-active': NoParams
    'moderation/needs-channel': NoParams
    'moderation/exempt': NoParams
    'moderation/needs-role-or-channel': NoParams
    'moderation/too-many': Most
    'case/unknown': NoParams
    /** @param by id of the person. */
    'case/decided': { readonly by: string }
    'case/not-now': NoParams
    'case/appealed': NoParams
    'hash/unknown': NoParams
    'hash/bad-file': NoParams
    'hash/list-full': Most
    'report/cooldown': NoParams
    'report/own-message': NoParams
    'rule/unknown': { readonly name: string }
    'rule/too-many': Most
    'rule/no-channels': NoParams
    'rule/none': NoParams
    'rule/empty-name': NoParams
    'file/missing': NoParams
    'file/folder': NoParams
    'file/forbidden': NoParams
    'file/unreadable': { readonly reason: string }
    'file/too-large': { readonly maxBytes: number }
    'restart/ask-again': NoParams
    'restart/answer-later': NoParams
    'bot/no-access': NoParams
    /** @param id under which the log has the error. */
    'bot/bug': { readonly id: string }
    /** Of a code that this version does not know. */
    'bot/unknown-error': NoParams
  }
}
