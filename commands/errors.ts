/** Error codes of the commands and the bot. The sentences are in commands/i18n/errors-*.ts. */

import type { NoParams } from '../config/errors.ts'

type Most = { readonly most: number }

declare module '../config/errors.ts' {
  interface InputErrors {
    'image/none-here': NoParams
    /** In direct messages. */
    'image/none-sent': NoParams
    'image/none-in-message': NoParams
    /** Deleted, or its link expired. */
    'image/gone': NoParams
    /** Not on Discord, so it is not fetched. */
    'image/elsewhere': NoParams
    'image/not-fetched': NoParams
    'image/bad-response': { readonly status: number }
    'image/timeout': NoParams
    /** A file to download or to post. */
    'image/too-large': { readonly maxBytes: number }
    'image/not-a-picture': NoParams
    /** It has one brightness everywhere, so it has no fingerprint. */
    'image/plain': NoParams
    'image/opted-out': NoParams
    /** The server's moderators judged it, so the bot does not post it. */
    'image/judged': NoParams
    /** It is in an age-restricted channel, and the question is not. */
    'image/age-restricted': NoParams
    /** @param name of the file. */
    'message/unreadable-file': {
      readonly name: string
      readonly type: 'video' | 'audio' | 'svg' | 'other'
    }
    /** An animation in Lottie's format. @param name of the sticker. */
    'message/unreadable-sticker': { readonly name: string }
    'message/forward-without-picture': NoParams
    'message/link-without-picture': NoParams
    /** The model does not know the language of the question. */
    'question/language': {
      /** What it knows, as ISO 639 codes. */
      readonly languages: readonly string[]
      readonly inChinese: boolean
      /** Questions that were suggested about the picture. */
      readonly examples: readonly string[]
    }
    'question/too-long': NoParams
    'conversation/unknown': NoParams
    'conversation/none': NoParams
    /** The picture or conversation was deleted before the answer was ready. */
    'conversation/deleted': NoParams
    /** A deletion failed half-way and is repeated. */
    'deletion/pending': NoParams
    'reply/unreadable': NoParams
    'reply/empty': NoParams
    /** The message was deleted, or the bot cannot see it. */
    'reply/gone': NoParams
    /** To the direct message about a case of moderation. */
    'reply/notice': NoParams
    'answer/no-other': NoParams
    /** Its pictures were posted with alternative text. */
    'answer/reposted': NoParams
    'privacy/busy': NoParams
    'limit/daily': { readonly limit: number }
    'permission/not-yours': NoParams
    'permission/only-asker': NoParams
    'permission/only-author': NoParams
    'permission/settings': NoParams
    'permission/moderation': NoParams
    'permission/staff': NoParams
    'place/server-only': NoParams
    'channel/unreadable': NoParams
    /** The person lacks Read Message History. */
    'channel/history-hidden': NoParams
    /** The bot lacks Read Message History. */
    'channel/no-history': NoParams
    'link/invalid': NoParams
    'link/hidden': NoParams
    'link/message-gone': NoParams
    'command/unknown': NoParams
    'button/unknown': NoParams
    'settings/too-many-channels': Most
    /** There is no letter and no digit in what is looked for. */
    'find/no-words': NoParams
    /** @param everywhere no channel of the server is searchable; else: this one is not. */
    'find/not-searchable': { readonly everywhere: boolean }
    /** The pages of an answer are no longer in memory. */
    'find/expired': NoParams
    'moderation/not-set-up': NoParams
    'moderation/not-active': NoParams
    'moderation/needs-channel': NoParams
    'moderation/exempt': NoParams
    'moderation/needs-role-or-channel': NoParams
    'moderation/too-many': Most
    'case/unknown': NoParams
    /** @param by id of the user who decided. */
    'case/decided': { readonly by: string }
    'case/not-now': NoParams
    'case/appealed': NoParams
    'store/full': NoParams
    'hash/unknown': NoParams
    'hash/bad-file': NoParams
    'hash/list-full': Most
    'report/cooldown': NoParams
    'report/own-message': NoParams
    /** The model does not know such pictures; `knows` completes "I only know …". */
    'rule/outside-domain': { readonly knows: { readonly en: string; readonly zh: string } | null }
    'rule/unknown': { readonly name: string }
    'rule/too-many': Most
    'rule/no-channels': NoParams
    'rule/none': NoParams
    'rule/empty-name': NoParams
    /** The model does not know the language of the question. @param languages that it knows, as ISO 639 codes. */
    'rule/language': { readonly languages: readonly string[] }
    /** It starts with a word such as "what". */
    'rule/open-question': NoParams
    /** The model does not know these words of it. */
    'rule/words': { readonly words: readonly string[] }
    'rule/no-question': NoParams
    /** Neither a question nor words. */
    /** No model compares pictures with texts. */
    'rule/no-matcher': NoParams
    'rule/no-subject': NoParams
    'rule/two-subjects': NoParams
    'rule/needs-threshold': NoParams
    /** A question has no words to show. */
    'rule/no-words': { readonly name: string }
    'rule/bad-file': { readonly maxBytes: number }
    'rule/no-terms': NoParams
    'rule/too-many-terms': Most
    /** Too few letters, or `*` in the middle. */
    'rule/bad-term': { readonly term: string }
    'rule/long-term': { readonly term: string; readonly most: number }
    'rule/bad-weight': { readonly term: string; readonly min: number; readonly max: number }
    'rule/bad-pattern': {
      readonly pattern: string
      readonly problem: 'unclosed' | 'unsupported' | 'too-large' | 'matches-all' | 'invalid'
    }
    'file/missing': NoParams
    'file/folder': NoParams
    'file/forbidden': NoParams
    'file/unreadable': { readonly reason: string }
    'file/too-large': { readonly maxBytes: number }
    /** The process that worked on it ended, and too much time passed. */
    'request/expired': NoParams
    /** The bot ended each time that it worked on it. */
    'request/given-up': NoParams
    /** The bot ended while it carried out a command that is not done again. */
    'request/interrupted': NoParams
    /** The member has as many open questions as one may have. */
    'request/enough-open': { readonly most: number }
    'restart/ask-again': NoParams
    'restart/answer-later': NoParams
    'bot/no-access': NoParams
    /** @param id of the request in the log. */
    'bot/bug': { readonly id: string }
    /** A code that is unknown to this version. */
    'bot/unknown-error': NoParams
  }
}
