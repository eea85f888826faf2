/** What people say to a bot that is no question about a picture: asking for help, greeting, thanking. */

export type SmallTalk = 'help' | 'greeting' | 'thanks'

/** Words that change nothing about what is meant. */
const FILLERS = /^(?:ok|okay|oh|um|so|and)\s+|\s+(?:please|there|bot|sightseer|everyone|all|again)$/
const FILLERS_ZH = /[啊呀吧哦呢了]+$/

const HELP =
  /^(?:help|help me|commands|info|usage|what (?:can|do) you do|what are you|who are you|how do (?:you|i|we) (?:work|use (?:you|this|it))|how does (?:this|it) work|what is this bot|what can i (?:do|ask)(?: you)?|can you help(?: me)?|i need help|帮助|帮忙|帮帮我|救命|你(?:能|会|可以)(?:做|干)?(?:什么|些什么|啥)|你是(?:谁|什么|干什么的)|(?:这个)?怎么(?:用|使用)(?:你)?|使用方法)$/
const GREETING =
  /^(?:hi|hii+|hello|hey|heya|hiya|yo|howdy|greetings|good (?:morning|afternoon|evening|day|night)|how are you(?: doing)?|what'?s up|sup|bye|goodbye|你好|您好|嗨|哈喽|哈啰|早|早上好|中午好|下午好|晚上好|晚安|大家好|再见|在吗|你好吗)$/
const THANKS =
  /^(?:thanks|thank you|thx|ty|tysm|cheers|(?:thanks|thank you) (?:so much|very much|a lot|you)|many thanks|good bot|good job|well done|nice|great|awesome|谢谢|谢谢你|谢谢您|多谢|感谢|非常感谢|谢啦|谢|辛苦|辛苦你|干得好|真棒)$/

/** What kind of small talk a text is; null: none, so it may be a question. */
export function smallTalkIn(text: string): SmallTalk | null {
  const trimmed = text.trim()
  if (/^[?？]+$/.test(trimmed)) {
    return 'help'
  }
  const plain = plainWords(trimmed)
  const texts = [plain, withoutFillers(plain)]
  const kinds = [
    ['help', HELP],
    ['greeting', GREETING],
    ['thanks', THANKS],
  ] as const
  return kinds.find(([, pattern]) => texts.some((one) => pattern.test(one)))?.[0] ?? null
}

/** Lower case, without punctuation and emoji. */
function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll(/:\w+:|[^\p{L}\p{M}\p{N}'\s]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function withoutFillers(plain: string): string {
  return plain.replace(FILLERS, '').replace(FILLERS, '').replace(FILLERS_ZH, '')
}
