/** All texts of the bot in English. The catalog's type is derived from this object. */

import { MODEL_SETTING, PULL_COMMAND } from '../../config/models.ts'
import { ERRORS_EN } from './errors-en.ts'
import { MODERATION_EN } from './moderation-en.ts'
import { MODERATION_RULES_EN } from './moderation-rules-en.ts'

/** A count with its noun, which gets an s unless the count is 1. */
const many = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

export const EN = {
  moderation: MODERATION_EN,
  moderationRules: MODERATION_RULES_EN,
  buttons: {
    ask: 'Ask…',
    again: 'Again',
    delete: 'Delete',
    repost: 'Post with alt text',
  },
  modal: {
    title: 'Ask about the picture',
    question: 'Your question',
    placeholder: 'For example: what is in the background?',
    picture: 'Which picture?',
    altTextTitle: 'Post with alt text',
    altText: 'Alt text',
    numbered: (number: number) => `Picture ${number}`,
  },
  answer: {
    nothing: 'I have no words for this picture.',
    unsure: 'I am not sure about this picture.',
    notThere: (thing: string) => `There is no ${thing} in this picture.`,
    part: (number: number, text: string) => `**${number}.** ${text}`,
    asked: (question: string) => `> ${question}`,
    leftOut: (count: number) => `I looked at the first ten; ${many(count, 'picture')} left out.`,
    chooseByNumber: 'To ask about one of them, start with its number, such as “2: …”.',
    about: (picture: string) => `-# About ${picture}`,
    hiddenPicture: 'the picture behind the spoiler',
    pictures: (count: number) => `these ${many(count, 'picture')}`,
    altText: (text: string) => `AI-generated: ${text}`,
    repostedWith: (user: string) => `Posted for ${user} with alt text.`,
    repostedFor: (user: string) => `Posted for ${user} with alt text (AI-generated).`,
    notRemembered: 'You opted out, so I keep nothing of this and cannot answer follow-ups.',
  },
  smallTalk: {
    hello: 'Hello!',
    show: 'Show me a picture, or ask me about one that was posted here. `/help` says what I can do.',
    sendHere: 'Send me a picture here.',
    welcome: 'You’re welcome!',
  },
  waiting: {
    place: (place: number) => `You are number ${place} in the line.`,
    loading: 'The model is still loading. I will answer as soon as it is there.',
    partly: (done: number, of: number) => `Looking at the pictures: ${done} of ${of} done…`,
  },
  errors: ERRORS_EN,
  commands: {
    describe: {
      name: 'describe',
      description: 'Describe a picture',
      image: 'The picture; without it, the newest one in this channel',
      style: 'How to describe it',
      styles: { caption: 'Caption', detailed: 'Detailed', alt: 'Alt text' },
      private: 'Show the answer only to me',
    },
    ask: {
      name: 'ask',
      description: 'Ask about a picture',
      question: 'What you want to know',
      picture: 'A picture posted here: choose one, or paste a link to its message',
      image: 'A picture to upload; without any, the one we talked about, or the newest',
      private: 'Show the answer only to me',
    },
    memory: {
      name: 'memory',
      description: 'What I remember in this channel',
      show: 'Show what I remember in this channel',
      forget: 'Make me forget',
      what: 'What to forget',
      whats: { picture: 'One picture', mine: 'What I asked', channel: 'The whole channel' },
      picture: 'Which picture; without it, the one you last asked about',
    },
    privacy: {
      name: 'privacy',
      description: 'What I keep about you, and your choices',
      show: 'What I keep, and for how long',
      optOut: 'Do not keep my questions, and do not look at my pictures for others',
      optIn: 'Take back the opt-out',
      export: 'Get what I keep about you as a file',
      delete: 'Delete what I keep about you, everywhere',
    },
    settings: {
      name: 'settings',
      description: 'How I behave on this server',
      show: 'Show the settings',
      channel: 'Where I answer pictures without being asked',
      which: 'The channel',
      does: 'What I do there',
      doings: { nothing: 'Nothing by myself', describe: 'Describe every picture', alt: 'Alt text' },
      style: 'How I describe pictures when nobody says how',
      language: 'Language of my answers to messages',
      languages: { auto: 'The server’s own', en: 'English', 'zh-CN': '简体中文' },
      limit: 'How many answers a member gets a day',
      number: '0: no limit',
      retention: 'How long I remember pictures and questions',
      hours: 'Hours after the last use; 0: as long as my operator allows',
      value: 'The new value',
    },
    help: { name: 'help', description: 'What I can do' },
    describeMenu: 'Describe image',
    askMenu: 'Ask about image…',
  },
  memory: {
    nothing: 'I remember nothing in this channel.',
    title: (count: number) => `I remember ${many(count, 'picture')} here:`,
    line: (name: string, when: string, questions: number) =>
      `${name} — ${questions === 0 ? 'no questions yet' : many(questions, 'question')}; forgotten ${when}`,
    asked: (name: string, question: string) => `${name}, asked: “${question}”`,
    turn: (question: string, answer: string, by: string) => `${question} → ${answer} (${by})`,
    inFile: 'The file has all of it; this is the newest.',
    fileTitle: 'What I remember in this channel, the newest first, each until the time beside it:',
    forgotten: (count: number) =>
      count === 0 ? 'There was nothing to forget.' : `Forgotten: ${many(count, 'picture')}.`,
    forgottenTurns: (count: number) =>
      count === 0
        ? 'There was nothing to forget.'
        : `Forgotten: ${many(count, 'entry').replace('entrys', 'entries')}.`,
  },
  privacy: {
    kept: (hours: number) =>
      [
        `**What I keep**, each thing until ${many(hours, 'hour')} after its last use:`,
        '- per channel: which pictures I was shown, my answers, and the questions with who asked and when;',
        '- what the model made of a picture (a list of numbers), so that a question does not need the picture again. The picture itself is not kept;',
        '- which of my messages belong to which picture, for the buttons.',
        'Also how many answers you had today (two days), whether I told you how to ask here and the language of your Discord (a month each), and your opt-out.',
        'Nothing leaves the machine I run on, and nothing is used for training.',
        'Deleting a picture’s message or my answer deletes what I remember of it. When I leave a server, everything of it goes.',
      ].join('\n'),
    out: 'You are opted out: I keep none of your questions, and look at your pictures for nobody but you.',
    in: 'You have not opted out. `/privacy opt-out` does that, `/privacy export` shows you what is kept, `/privacy delete` deletes it.',
    optedOut:
      'Done. I keep none of your questions from now on, and look at your pictures for nobody but you. `/privacy delete` removes what is there already.',
    optedIn: 'Done. I remember your questions again, like everyone’s.',
    confirmDelete:
      'Delete everything I keep about you, on all servers? That cannot be undone. An opt-out stays.',
    deleteAll: 'Delete everything about me',
    kinds: {
      conversation: 'A picture you showed me, or asked about, with its questions and answers',
      answer: 'An answer you got, for its buttons',
      uses: 'How many answers you got on a day',
      hint: 'That I told you how to ask in a channel',
      language: 'The language of your Discord',
      'opt-out': 'Your opt-out',
      'moderation-case': 'A case of moderation about you',
      'moderation-decision': 'What you decided about a case as staff',
      'moderation-recent': 'What you posted in the last hour, as hashes',
      'moderation-hash': 'A picture that you put on a list as staff, as a hash',
    },
    exported: (count: number) => `Here is what I keep about you: ${many(count, 'record')}.`,
    deleted: (count: number) => `Deleted: ${many(count, 'record')} about you.`,
  },
  settings: {
    title: '**Settings of this server**',
    how: 'To change one: `/settings` with `channel`, `style`, `language`, `limit` or `retention`.',
    describes: (channels: string) => `I describe every picture in: ${channels}`,
    altTexts: (channels: string) => `I write alt text in: ${channels}`,
    none: 'no channel',
    style: (style: string) => `Style: ${style}`,
    language: (language: string) => `Language of answers to messages: ${language}`,
    limit: (limit: number | null) => `Answers a day for each member: ${limit ?? 'no limit'}`,
    retention: (hours: number) => `I remember for: ${many(hours, 'hour')}`,
    saved: 'Saved.',
  },
  knowsOnly: (what: string) => `I only know ${what}.`,
  otherModel: `For photographs I need another model: ${PULL_COMMAND}, then ${MODEL_SETTING}.`,
  help: (about: string) =>
    [
      '**What I can do**',
      '- **Describe pictures:** `/describe` with a picture, or without one for the newest here. Or right-click a message → Apps → Describe image.',
      '- **Answer questions:** `/ask`, the button **Ask…**, or one of the questions under my answer. Reply to my answer to ask on; if this server hides replies from me, press **Ask…**.',
      '- **Listen:** mention me with a picture, or in reply to one, with or without a question. In direct messages just send one.',
      '- **Write alt text:** `/describe` with the style Alt text. I can post your own picture again with it.',
      '- **Forget:** `/memory` shows and forgets what was said here; `/privacy` is about you.',
      'For those who manage a server: `/settings`, and `/moderation` for pictures that should not be here.',
      '',
      '**What my model knows**',
      about,
    ].join('\n'),
} as const
