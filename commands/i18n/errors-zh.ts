/** The sentences for errors in Chinese, by code. */

import {
  MATCHER_SETTING,
  MODEL_SETTING,
  PULL_COMMAND,
  PULL_MATCHER_COMMAND,
} from '../../config/models.ts'
import type { SettingProblem } from '../../inference/contract/errors.ts'
import type { UnsupportedFormat } from '../../inference/image/sniff.ts'
import type { ErrorSentences } from './error-sentences.ts'
import { MODERATION_ZH } from './moderation/zh.ts'
import { onlyLanguagesZh } from './question-language.ts'
import { bytesInWords, megabytes } from './sizes.ts'

const NOT_A_PICTURE = '那个文件不是我能读的图片。PNG、JPEG、WebP、AVIF、GIF 和 TIFF 都可以。'
const FORMATS: Readonly<Record<UnsupportedFormat, string>> = {
  svg: 'SVG 图形',
  'web-page': '网页',
  pdf: 'PDF 文档',
  heic: 'HEIC 图片',
  video: '视频',
  bmp: 'BMP 图片',
  photoshop: 'Photoshop 文件',
  'jpeg-2000': 'JPEG 2000 图片',
  'jpeg-xl': 'JPEG XL 图片',
  icon: '图标文件',
  archive: '压缩文件',
}
/** Files that Discord itself does not take for pictures. */
const FILES = {
  video: '是视频',
  audio: '是音频',
  svg: '是 SVG 图形',
  other: '不是图片',
} as const
const NOT_FETCHED = '无法从 Discord 获取那张图片，请再试一次。'
const tooLarge = (most: string) => `那张图片超过了 ${most}，请发一张小一点的。`

const ASK_YES_NO = '请用英语问一个看得见的东西，例如：is there a red circle?'

/** For example `8100 万`; small counts as they are. */
function inTenThousands(pixels: number, round: (value: number) => number): string {
  return pixels < 1e6 ? `${pixels} ` : `${round(pixels / 1e6) * 100} 万`
}

/** What whoever runs the bot can do. */
const REAL_MODEL = `要看懂照片，我需要换一个模型：先运行 ${PULL_COMMAND}，再设置 ${MODEL_SETTING}。`
const REAL_MATCHER = `要匹配照片，需要换一个匹配模型：先运行 ${PULL_MATCHER_COMMAND}，再设置 ${MATCHER_SETTING}。`

function settingProblem(problem: SettingProblem): string {
  const { setting, value } = problem
  switch (problem.must) {
    case 'whole': {
      const { least, most } = problem
      const range = most === undefined ? `不小于 ${least}` : `${least} 到 ${most}`
      return `${setting} 必须是整数（${range}），而不是 ${value}。`
    }
    case 'positive':
      return `${setting} 必须是大于 0 的数，而不是 ${value}。`
    case 'number':
      return `${setting} 必须是数，而不是 ${value}。`
    case 'share':
      return `${setting} 必须大于 0 且不大于 1，而不是 ${value}。`
    default:
      return '停止字符串不能为空。'
  }
}

const PATTERN_PROBLEMS_ZH = {
  unclosed: '有括号没有闭合，或多了一个闭合的括号',
  unsupported: '不支持 `(?=…)` 这样的环视和 `\\1` 这样的反向引用，因为它们的耗时没有上限',
  'too-large': '它会耗时太久，请缩短其中的重复',
  'matches-all': '没有文字的图片也会匹配它，请写明必须出现什么',
  invalid: '它不是正则表达式',
} as const

export const ERRORS_ZH: ErrorSentences = {
  // Pictures
  'image/none-here': '这里没有图片。请给我一张，或在有图片的地方使用此命令。',
  'image/none-sent': '我在这里还没有看到图片。请在这里发一张图片给我。',
  'image/none-in-message': '那条消息里没有图片。',
  'image/gone': '那张图片已经不在了，请重新上传。',
  'image/elsewhere': '那张图片不在 Discord 上，所以我不会去获取。',
  'image/not-fetched': NOT_FETCHED,
  'image/bad-response': () => NOT_FETCHED,
  'image/timeout': NOT_FETCHED,
  'image/too-large': ({ maxBytes }) => tooLarge(bytesInWords(maxBytes)),
  'image/too-many-bytes': ({ maxBytes }) => tooLarge(megabytes(maxBytes, maxBytes)),
  'image/too-many-pixels': ({ width, height, maxPixels }) =>
    `那张图片有 ${inTenThousands(width * height, Math.ceil)}像素，上限是 ${inTenThousands(maxPixels, Math.floor)}像素。`,
  'image/too-many': ({ pictures, most }) =>
    `这个模型一次最多看 ${most} 张图片，不能看 ${pictures} 张。`,
  'image/not-a-picture': NOT_A_PICTURE,
  'image/empty': '那个文件是空的。',
  'image/unknown-format': NOT_A_PICTURE,
  'image/unsupported-format': ({ format }) =>
    `那个文件是${FORMATS[format]}，这里无法读取。请发 PNG、JPEG、WebP、AVIF、GIF 或 TIFF 图片。`,
  'image/damaged': ({ format }) => `那个 ${format} 文件已损坏或不完整。`,
  'image/unknown-encoding': ({ format }) =>
    `这里无法读取那个 ${format} 文件的编码方式。请把它存为 PNG 或 JPEG 再发。`,
  'image/slow-to-decode': '解码那张图片用时太久。',
  'image/large-to-decode': '解码那张图片需要太多内存。',
  'image/decoder-crashed': '读取图片的程序处理那个文件时出错了。请换一种格式，例如 PNG，再发一次。',
  'image/plain': '那张图片太简单，无法再次认出：只有一种颜色、渐变、旗帜或一行短字。',
  'image/age-restricted': '那张图片来自有年龄限制的频道，请在那样的频道里提问。',
  'image/judged': '本服务器的管理员不希望这张图片出现在这里。',
  'image/opted-out': '发布那张图片的人不希望我看它。',
  // What messages bring
  'message/unreadable-file': ({ name, type }) =>
    `${name} ${FILES[type]}。PNG、JPEG、WebP、AVIF、GIF 和 TIFF 图片都可以。`,
  'message/unreadable-sticker': ({ name }) => `贴纸 ${name} 是我无法读取的动画。`,
  'message/forward-without-picture': '你转发的消息里没有图片。',
  'message/link-without-picture': 'Discord 没有给我看那个链接的图片。请直接上传图片。',
  // The model
  'image/outside-domain': ({ knows }) =>
    knows === null
      ? '这张图片不是我认识的那一类，所以我不描述它。'
      : `我只认识${knows.zh}；这张看起来不是，所以我不描述它。${REAL_MODEL}`,
  'rule/outside-domain': ({ knows }) =>
    knows === null
      ? '这张图片不是我认识的那一类，所以我不判断关于它的问题。'
      : `我只认识${knows.zh}；这张看起来不是，所以我不判断关于它的问题，规则也不会命中。${REAL_MODEL}`,
  'match/outside-domain': ({ knows }) =>
    `我的匹配模型${knows === null ? '认识的是另一类图片' : `只认识${knows.zh}`}；这张看起来不是，所以我不拿文字和它比较。${REAL_MATCHER}`,
  'image/no-room': ({ pictures, tokens, maxTokens }) =>
    `模型一次能读 ${maxTokens} 个词元，${pictures === 1 ? '这张图片' : `这 ${pictures} 张图片`}占了 ${tokens} 个，剩下的放不下问题。请换${pictures === 1 ? '小一些' : '更少或更小'}的图片，降低细节，或把问题说短一些。`,
  'text/empty-question': '问题是空的。',
  'text/too-long': () => '问题太长了，请说得短一些。',
  'text/picture-places': ({ places, pictures }) =>
    `提示里应有 ${pictures} 个图片占位符（如 <image>），现在有 ${places} 个。`,
  'score/no-answers': '没有要评分的答案。',
  'score/empty-answer': '有一个要评分的答案是空的。',
  'score/long-answer': '有一个要评分的答案对模型来说太长了。',
  'generation/settings': ({ problems }) => problems.map(settingProblem).join(''),
  'queue/full': '现在提问的人太多，请一分钟后再试。',
  'queue/given-up': '处理时接连有两台机器出了故障，所以停下了。请过一会儿再试。',
  'queue/deadline': '用时太久，我只好停下。请再试一次。',
  'host/unavailable': '暂时无法连接到模型，请一分钟后再试。',
  'host/rejected': '模型所在的服务器不接受这个请求。管理员可在日志中查看原因。',
  // Questions
  'question/language': onlyLanguagesZh,
  'question/too-long': '这个问题对我来说太长了，请用更少的词来问。',
  // Conversations
  'conversation/unknown': '我已经不记得那张图片了。请再给我看一次，我就能回答。',
  'conversation/none': '我们还没有在这里聊过图片。请先用 /描述。',
  'conversation/deleted': '相关内容在此期间被删除，所以我停下了。',
  'deletion/pending':
    '还没能全部删除。我会一直重试到删完为止，重启后也会；运营者可以在日志里看到原因。',
  'reply/unreadable':
    '本服务器不让我看到回复的文字。请按我回答下方的“提问…”、使用 /提问，或在回复中提及我。',
  'reply/empty': '请在回复中用文字提问。',
  'reply/gone': '你回复的那条消息已经不在了，或者我看不到它。',
  'reply/notice': `要答复管理员，请按我那条通知下方的“${MODERATION_ZH.buttons.appeal}”。`,
  'answer/reposted': '我已经带替代文字发布过了。',
  'answer/no-other': '对这张图片，我没有别的说法。',
  'privacy/busy': '你上一个关于数据的请求还在处理，请等它完成。',
  'limit/daily': ({ limit }) => `你今天在本服务器的 ${limit} 次回答已用完，请明天再来。`,
  // Who may do what, and where
  'permission/not-yours': '只有提问者或拥有“管理消息”权限的人才能这样做。',
  'permission/only-asker': '只有提问者才能这样做。“提问…”人人可用。',
  'permission/only-author': '只有发布图片的人才能这样做。',
  'permission/settings': '只有拥有“管理服务器”权限的成员才能更改设置。',
  'permission/moderation': '只有拥有“管理服务器”权限的成员才能更改审核。',
  'permission/staff': '只有管理员可以这样做：拥有“管理消息”权限或管理身份组的成员。',
  'place/server-only': '此功能只能在服务器中使用。',
  'channel/unreadable': '我读不到这个频道的消息，请在命令里附上图片。',
  'channel/no-history':
    '我不能读取这里以前的消息。请直接给我图片，或请服务器管理者允许我“读取消息历史记录”。',
  'channel/history-hidden': '你在这里读不到以前的消息，请在命令里附上图片。',
  'link/invalid': '那不是本服务器的消息链接。',
  'link/hidden': '你或我读不到那条消息。',
  'link/message-gone': '那条消息已经不在了。',
  'command/unknown': '我（已经）不认识这个命令。',
  'button/unknown': '那个按钮来自旧版本。请重新使用 /描述。',
  'find/no-words': '请给我要找的字词。',
  'find/not-searchable': ({ everywhere }) =>
    `${everywhere ? '本服务器' : '本频道'}没有开启图片搜索。服务器管理者可以开启：\`/设置 搜索\`。我只能找到开启之后发的图片。`,
  'find/expired': '我已经不知道找到了什么。请再用一次 `/找图`。',
  'settings/too-many-channels': ({ most }) => `那样就超过 ${most} 个频道了。`,
  // Moderation
  'moderation/not-set-up': '这里还没有设置审核。服务器管理者可以用 `/审核 设置`。',
  'moderation/not-active': '这里的审核已关闭或暂停。',
  'moderation/needs-channel': '请先选择发案例的频道：`/审核 设置 频道:`。',
  'moderation/exempt': '那位成员或那个频道不受审核。',
  'moderation/needs-role-or-channel': '请给出一个身份组或频道。',
  'moderation/too-many': ({ most }) => `那样会超过 ${most} 个。`,
  'case/unknown': '我已经没有那个案例了。',
  'case/decided': ({ by }) => `晚了一步：<@${by}> 已经决定了。`,
  'case/not-now': '这个案例已经不能这样做了。',
  'case/appealed': '你已经回复过了，管理员看到了。',
  'store/full': '无法保存：我的磁盘满了。什么都没有改变；请告诉运行我的人。',
  'hash/unknown': '名单里没有这张图片。',
  'hash/bad-file': '那不是 `/审核 名单 导出` 导出的名单。',
  'hash/list-full': ({ most }) => `名单最多容纳 ${most} 张图片。`,
  'report/cooldown': '你刚刚举报过，请等一分钟。',
  'report/own-message': '那是你自己的消息。',
  'rule/unknown': ({ name }) => `没有叫“${name}”的规则。\`/审核 规则 列表\``,
  'rule/too-many': ({ most }) => `最多 ${most} 条规则，请先删除一个。`,
  'rule/no-channels': '我没有从中找到本服务器的频道。请提及它们，例如 #general。',
  'rule/none': '还没有规则。用 `/审核 规则 添加` 添加。',
  'rule/empty-name': '请给它起个名字。',
  'rule/language': ({ languages }) =>
    `${onlyLanguagesZh({ languages, examples: [] })}${ASK_YES_NO}`,
  'rule/words': ({ words }) =>
    `模型不认识${words.map((word) => `“${word}”`).join('、')}，它的回答只能是瞎猜。${ASK_YES_NO}`,
  'rule/open-question': `这个问题不能用“是”或“否”回答。${ASK_YES_NO}`,
  'rule/no-question': `这不是一个问题。${ASK_YES_NO}`,
  'rule/no-subject': '请写明要找什么：`问题:`、`匹配:`、`字词:`、`列表:` 或 `文件:`。',
  'rule/no-matcher': `按匹配的规则需要另一个模型：${PULL_MATCHER_COMMAND}，然后 ${MATCHER_SETTING}。`,
  'rule/two-subjects': '一条规则只能有问题、匹配文字或词语之一。请建两条规则。',
  'rule/needs-threshold': '请写明“是”或匹配的概率达到百分之几算命中，例如 `阈值:60`。',
  'rule/no-words': ({ name }) => `“${name}”没有词语：它是一个问题，或一段要匹配的文字。`,
  'rule/bad-file': ({ maxBytes }) =>
    `我需要一个不超过 ${maxBytes / 1024} KiB 的文本文件（UTF-8），例如 \`/审核 规则 字词\` 给出的文件。`,
  'rule/no-terms': '里面没有词语。请用逗号分隔并写上分数：`casino*=2, promo code=3`。',
  'rule/too-many-terms': ({ most }) => `一条规则最多 ${most} 个词语和模式。`,
  'rule/bad-term': ({ term }) =>
    `我无法查找“${term}”：一个词至少要有两个字母或数字（汉字一个即可），\`*\` 只能在开头或结尾。`,
  'rule/long-term': ({ term, most }) => `“${term}”超过了 ${most} 个字符。`,
  'rule/bad-weight': ({ term, min, max }) =>
    `“${term}”的分数须是 ${min} 到 ${max} 的整数，例如 \`casino=2\`。`,
  'rule/bad-pattern': ({ pattern, problem }) =>
    `模式“${pattern}”不能用：${PATTERN_PROBLEMS_ZH[problem]}。`,
  // Files of the terminal
  'file/missing': '没有这个文件。',
  'file/folder': '那是文件夹，不是图片。',
  'file/forbidden': '没有读取那个文件的权限。',
  'file/unreadable': ({ reason }) => `无法读取那个文件：${reason}`,
  'file/too-large': ({ maxBytes }) => `那个文件超过了 ${bytesInWords(maxBytes)} 的上限。`,
  // The bot itself
  'request/expired': '我中途停止了，没能及时回答。请再问一次。',
  'request/given-up': '我试着回答了三次，每次都中途停止，不会再试了。',
  'request/interrupted': '我处理时中途停止了，可能没有完成。请再用一次这个指令。',
  'request/enough-open': ({ most }) => `我还在回答你的 ${most} 条消息，请等回答后再发这一条。`,
  'restart/ask-again': '我正在重启，请一分钟后再问。',
  'restart/answer-later': '我正在重启，回来后会回答。',
  'bot/no-access': '我不能在这里查看或发言。服务器管理者可以更改这一点。',
  'bot/bug': ({ id }) => `我这边出了点问题。如果再次发生，请把这个编号告诉我的运营者：${id}`,
  'bot/unknown-error': '无法做到。',
}
