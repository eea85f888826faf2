/** The sentences for errors in English, by code. */

import {
  MATCHER_SETTING,
  MODEL_SETTING,
  PULL_COMMAND,
  PULL_MATCHER_COMMAND,
} from '../../config/models.ts'
import type { SettingProblem } from '../../inference/contract/errors.ts'
import type { UnsupportedFormat } from '../../inference/image/sniff.ts'
import type { ErrorSentences } from './error-sentences.ts'
import { MODERATION_EN } from './moderation/en.ts'
import { onlyLanguagesEn, onlyLanguagesZh } from './question-language.ts'
import { bytesInWords, megabytes, megapixels } from './sizes.ts'

const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

const FORMATS: Readonly<Record<UnsupportedFormat, string>> = {
  svg: 'an SVG drawing',
  'web-page': 'a web page',
  pdf: 'a PDF document',
  heic: 'a HEIC picture',
  video: 'a video',
  bmp: 'a BMP picture',
  photoshop: 'a Photoshop file',
  'jpeg-2000': 'a JPEG 2000 picture',
  'jpeg-xl': 'a JPEG XL picture',
  icon: 'an icon file',
  archive: 'a compressed archive',
}

/** Files that Discord itself does not take for pictures. */
const FILES = {
  video: 'a video',
  audio: 'a sound',
  svg: FORMATS.svg,
  other: 'not a picture',
} as const

const PLEASE_SEND = 'please send a PNG, JPEG, WebP, AVIF, GIF or TIFF'

/** What whoever runs the bot can do. */
const REAL_MODEL = `For photographs I need another model: ${PULL_COMMAND}, then ${MODEL_SETTING}.`
const REAL_MATCHER = `For photographs I need another one: ${PULL_MATCHER_COMMAND}, then ${MATCHER_SETTING}.`

const ASK_YES_NO = 'Ask for one thing that can be seen, such as: is there a red circle?'

function settingProblem(problem: SettingProblem): string {
  const { setting, value } = problem
  switch (problem.must) {
    case 'whole': {
      const { least, most } = problem
      const range = most === undefined ? `${least} or more` : `${least} to ${most}`
      return `${setting} must be a whole number, ${range}, not ${value}.`
    }
    case 'positive':
      return `${setting} must be a number above 0, not ${value}.`
    case 'number':
      return `${setting} must be a number, not ${value}.`
    case 'share':
      return `${setting} must be above 0 and at most 1, not ${value}.`
    default:
      return 'A stop string must not be empty.'
  }
}

const PATTERN_PROBLEMS_EN = {
  unclosed: 'a bracket is not closed, or one is closed that was not opened',
  unsupported:
    'look-arounds such as `(?=…)` and back-references such as `\\1` are not supported, since their time has no limit',
  'too-large': 'it would take too long; make its repetitions shorter',
  'matches-all': 'it matches a picture without words; what has to be there?',
  invalid: 'it is not a regular expression',
} as const

export const ERRORS_EN: ErrorSentences = {
  // Pictures
  'image/none-here': 'I see no picture here. Give me one, or use this where one was posted.',
  'image/none-sent': 'I see no picture here yet. Send me a picture here.',
  'image/none-in-message': 'There is no picture in that message.',
  'image/gone': 'That picture is no longer there. Please upload it again.',
  'image/elsewhere': 'That picture is not on Discord, so I will not fetch it.',
  'image/not-fetched': 'That picture could not be fetched from Discord. Please try again.',
  'image/bad-response': ({ status }) =>
    `That picture could not be fetched from Discord. Please try again. (${status})`,
  'image/timeout': 'That picture took too long to come. Please try again.',
  'image/too-large': ({ maxBytes }) =>
    `That picture is over ${bytesInWords(maxBytes)}. Please send a smaller one.`,
  'image/too-many-bytes': ({ bytes, maxBytes }) =>
    `That file has ${megabytes(bytes, maxBytes, Math.ceil)}; the limit is ${megabytes(maxBytes, maxBytes)}.`,
  'image/too-many-pixels': ({ width, height, maxPixels }) =>
    `That picture has ${megapixels(width * height, maxPixels, Math.ceil)}; the limit is ${megapixels(maxPixels, maxPixels)}.`,
  'image/too-many': ({ pictures, most }) =>
    most === 1
      ? `This model sees one picture at a time, not ${pictures}.`
      : `This model sees ${most} pictures at a time, not ${pictures}.`,
  'image/not-a-picture': 'That file is not a picture.',
  'image/empty': 'That file is empty.',
  'image/unknown-format': `That file is not a picture that can be read here; ${PLEASE_SEND} one.`,
  'image/unsupported-format': ({ format }) =>
    `That file is ${FORMATS[format]}; ${PLEASE_SEND} picture.`,
  'image/damaged': ({ format }) => `That ${format} file is damaged or incomplete.`,
  'image/unknown-encoding': ({ format }) =>
    `That ${format} file is written in a way that cannot be read here. Please send it as PNG or JPEG.`,
  'image/slow-to-decode': 'That picture takes too long to decode.',
  'image/large-to-decode': 'That picture takes too much memory to decode.',
  'image/decoder-crashed':
    'The program that reads pictures failed on that file. Please send it in another format, such as PNG.',
  'image/plain':
    'That picture has too little structure to be recognized again: one color, a gradient, a flag or one short line.',
  'image/age-restricted':
    'That picture is from an age-restricted channel. Ask about it in such a channel.',
  'image/judged': 'The moderators of this server do not want that picture here.',
  'image/opted-out': 'The person who posted that picture does not want me to look at it.',
  // What messages bring
  'message/unreadable-file': ({ name, type }) =>
    `${name} is ${FILES[type]}; ${PLEASE_SEND} picture.`,
  'message/unreadable-sticker': ({ name }) =>
    `The sticker ${name} is an animation that I cannot read.`,
  'message/forward-without-picture': 'There is no picture in the message that you forwarded.',
  'message/link-without-picture':
    'Discord shows me no picture of that link. Please upload the picture itself.',
  // The model
  'image/outside-domain': ({ knows }) =>
    knows === null
      ? 'This picture is not of the kind that I know, so I do not describe it.'
      : `I only know ${knows.en}; this looks like something else, so I do not describe it. ${REAL_MODEL}`,
  'rule/outside-domain': ({ knows }) =>
    knows === null
      ? 'This picture is not of the kind that I know, so I judge no question about it.'
      : `I only know ${knows.en}; this looks like something else, so I judge no question about it and no rule hits. ${REAL_MODEL}`,
  'match/outside-domain': ({ knows }) =>
    `My model for matching knows ${knows === null ? 'another kind of pictures' : `only ${knows.en}`}; this looks like something else, so I compare no text with it. ${REAL_MATCHER}`,
  'image/no-room': ({ pictures, tokens, maxTokens }) =>
    `${pictures === 1 ? 'This picture takes' : `These ${pictures} pictures take`} ${tokens} of the ${maxTokens} tokens that the model reads, which leaves too few for the question. Please use ${pictures === 1 ? 'a smaller picture' : 'fewer or smaller pictures'}, less detail or fewer words.`,
  'text/empty-question': 'The question is empty.',
  'text/too-long': ({ length, unit, maxTokens }) =>
    `That text is too long: ${length} ${unit}, and the model reads ${maxTokens} tokens.`,
  'text/picture-places': ({ places, pictures }) =>
    `The prompt must have the model's placeholder for a picture, such as <image>, ${pictures === 1 ? 'once' : `${pictures} times`}; it has it ${places} times.`,
  'score/no-answers': 'There is no answer to score.',
  'score/empty-answer': 'An answer to score is empty.',
  'score/long-answer': 'An answer to score is too long for the model.',
  'generation/settings': ({ problems }) => problems.map(settingProblem).join(' '),
  'queue/full': 'Too many people are asking just now. Please try again in a moment.',
  'queue/given-up':
    'Two machines in a row failed while they worked on this, so it was stopped. Please try again later.',
  'queue/deadline': 'That took too long, so it was given up. Please try again.',
  'host/unavailable': 'The model cannot be reached right now. Please try again in a minute.',
  'host/rejected':
    'The model’s server did not accept this request. The bot’s operator can see why in its log.',
  // Questions
  'question/language': (params) =>
    params.inChinese ? onlyLanguagesZh(params) : onlyLanguagesEn(params),
  'question/too-long': 'That question is too long for me. Please ask it in fewer words.',
  // Conversations
  'conversation/unknown':
    'I no longer remember that picture. Show it to me again and I will answer.',
  'conversation/none': 'We have not talked about a picture here yet. Use /describe first.',
  'conversation/deleted': 'What this was about was deleted meanwhile, so I stopped.',
  'deletion/pending':
    'Not everything could be deleted yet. I try again until it is, also after a restart; my operator sees in the log what is in the way.',
  'reply/unreadable':
    'This server hides the text of replies from me. Press Ask… under my answer, use /ask, or mention me in the reply.',
  'reply/empty': 'Reply with a question in words.',
  'reply/gone': 'The message that you replied to is gone, or I cannot see it.',
  'reply/notice': `To answer the moderators, press **${MODERATION_EN.buttons.appeal}** under my message about that.`,
  'answer/reposted': 'I have posted that with alt text already.',
  'answer/no-other': 'I have no other words for this picture.',
  'privacy/busy': 'I am still working on your last request about your data. Please wait for it.',
  'limit/daily': ({ limit }) =>
    `You have used your ${many(limit, 'answer')} of today on this server. Come back tomorrow.`,
  // Who may do what, and where
  'permission/not-yours': 'Only the one who asked, or someone with Manage Messages, can do that.',
  'permission/only-asker': 'Only the one who asked can do that. Ask… works for everyone.',
  'permission/only-author': 'Only the one who posted the picture can do that.',
  'permission/settings': 'Only members with Manage Server can change the settings.',
  'permission/moderation': 'Only members with Manage Server can change how moderation works.',
  'permission/staff': 'Only moderators can do that: members with Manage Messages or a staff role.',
  'place/server-only': 'That works on a server only.',
  'channel/unreadable':
    'I cannot read this channel’s messages, so please give me the picture with the command.',
  'channel/no-history':
    'I may not read earlier messages here. Please give me the picture itself, or let someone who manages the server allow me Read Message History.',
  'channel/history-hidden':
    'You cannot read earlier messages here, so please attach the picture to the command.',
  'link/invalid': 'That is not a link to a message on this server.',
  'link/hidden': 'You or I cannot read that message.',
  'link/message-gone': 'That message is no longer there.',
  'command/unknown': 'I do not know that command (any more).',
  'button/unknown': 'That button is from an older version of me. Please use /describe again.',
  'find/no-words': 'Give me a word to look for.',
  'find/not-searchable': ({ everywhere }) =>
    `Pictures are not searchable ${everywhere ? 'on this server' : 'in this channel'}. Who manages the server can change that: \`/settings search\`. Only pictures that are posted after that can be found.`,
  'find/expired': 'I no longer know what I found. Use `/find` again.',
  'settings/too-many-channels': ({ most }) => `That would be more than ${many(most, 'channel')}.`,
  // Moderation
  'moderation/not-set-up': 'Moderation is not set up here. A manager can use `/moderation setup`.',
  'moderation/not-active': 'Moderation is off or paused here.',
  'moderation/needs-channel': 'Choose a channel for the cases first: `/moderation setup channel:`.',
  'moderation/exempt': 'That member or channel is exempt from moderation.',
  'moderation/needs-role-or-channel': 'Give a role or a channel.',
  'moderation/too-many': ({ most }) => `That would be more than ${most}.`,
  'case/unknown': 'I no longer have that case.',
  'case/decided': ({ by }) => `Too late: <@${by}> decided this already.`,
  'case/not-now': 'That cannot be done with this case any more.',
  'case/appealed': 'You have answered already; the moderators have seen it.',
  'store/full':
    'I cannot store that: my disk is full. Nothing was changed; please tell the people who run me.',
  'hash/unknown': 'There is no such picture in the list.',
  'hash/bad-file': 'That is no list of pictures from `/moderation hash export`.',
  'hash/list-full': ({ most }) => `The list has room for ${most} pictures.`,
  'report/cooldown': 'You reported something a moment ago. Please wait a minute.',
  'report/own-message': 'That is your own message.',
  'rule/unknown': ({ name }) => `There is no rule called “${name}”. \`/moderation rule list\``,
  'rule/too-many': ({ most }) => `There is room for ${most} rules. Remove one first.`,
  'rule/no-channels': 'I found no channels of this server in that. Mention them, such as #general.',
  'rule/none': 'There are no rules yet. `/moderation rule add` adds one.',
  'rule/empty-name': 'Give it a name.',
  'rule/language': ({ languages }) =>
    `${onlyLanguagesEn({ languages, examples: [] })} ${ASK_YES_NO}`,
  'rule/words': ({ words }) =>
    `My model does not know ${words.map((word) => `“${word}”`).join(', ')}, so its answer would be a guess. ${ASK_YES_NO}`,
  'rule/open-question': `That question is not answered by yes or no. ${ASK_YES_NO}`,
  'rule/no-question': `That is no question. ${ASK_YES_NO}`,
  'rule/no-subject': 'Say what to look for: `question:`, `match:`, `words:`, `list:` or `file:`.',
  'rule/no-matcher': `For rules by match I need another model beside mine: ${PULL_MATCHER_COMMAND}, then ${MATCHER_SETTING}.`,
  'rule/two-subjects':
    'A rule has a question, a text to match or words, only one of these. Make two rules.',
  'rule/needs-threshold':
    'Say from which percent a yes, or a match, is a hit, such as `threshold:60`.',
  'rule/no-words': ({ name }) => `“${name}” has no words: it has a question, or a text to match.`,
  'rule/bad-file': ({ maxBytes }) =>
    `I need a text file (UTF-8) of at most ${maxBytes / 1024} KiB, such as \`/moderation rule words\` gives.`,
  'rule/no-terms':
    'That has no words. Write them with their points, separated by commas: `casino*=2, promo code=3`.',
  'rule/too-many-terms': ({ most }) => `A rule has room for ${most} words and patterns.`,
  'rule/bad-term': ({ term }) =>
    `I cannot look for “${term}”: a word needs two letters or digits, and \`*\` stands only at its start or end.`,
  'rule/long-term': ({ term, most }) => `“${term}” is longer than ${most} characters.`,
  'rule/bad-weight': ({ term, min, max }) =>
    `“${term}” needs a whole number of points from ${min} to ${max}, such as \`casino=2\`.`,
  'rule/bad-pattern': ({ pattern, problem }) =>
    `The pattern “${pattern}” does not work: ${PATTERN_PROBLEMS_EN[problem]}.`,
  // Files of the terminal
  'file/missing': 'There is no such file.',
  'file/folder': 'That is a folder, not a picture.',
  'file/forbidden': 'That file may not be read.',
  'file/unreadable': ({ reason }) => `That file cannot be read: ${reason}`,
  'file/too-large': ({ maxBytes }) => `That file is over the limit of ${bytesInWords(maxBytes)}.`,
  // The bot itself
  'request/expired': 'I was stopped and could not answer in time. Please ask again.',
  'request/given-up':
    'I tried three times to answer this and was stopped each time, so I will not try again.',
  'request/interrupted':
    'I was stopped while I did this, and it may not be done. Please use the command again.',
  'request/enough-open': ({ most }) =>
    `I am still answering ${many(most, 'message')} of yours. Please send this one again after that.`,
  'restart/ask-again': 'I am restarting. Please ask again in a minute.',
  'restart/answer-later': 'I am restarting. Your answer comes when I am back.',
  'bot/no-access':
    'I am not allowed to see or write here. Someone who manages the server can change that.',
  'bot/bug': ({ id }) =>
    `Something went wrong on my side. If it happens again, tell whoever runs me this id: ${id}`,
  'bot/unknown-error': 'That cannot be done.',
}
