/** What the bot says about rules and about reposts, in Simplified Chinese. */

import type { MODERATION_RULES_EN } from './rules-en.ts'
import type { Words } from '../words.ts'

const percent = (share: number) => `${Number((share * 100).toFixed(2))}%`
const points = (count: number) => `${Number(count.toFixed(2))} 分`
/** A space stands between Chinese and other characters only. */
const from = (threshold: string) => `从 ${threshold}${threshold.endsWith('分') ? '' : ' '}起`

export const MODERATION_RULES_ZH: Words<typeof MODERATION_RULES_EN> = {
  command: {
    rule: '我在每张图片里查找的问题、词语和文字',
    add: '添加一条规则，或更改同名的规则',
    remove: '删除一条规则',
    show: '查看这些规则',
    export: '以文件查看一条规则的词语，“规则 添加”可以再读入它',
    test: '看看一张图片按每条规则的结果',
    stats: '一条规则有多准，以及由管理员的决定得出的阈值',
    reposts: '在某个频道里用首次发布来回复重复的图片，或停止',
    name: '它的名字',
    question: '用“是”或“否”回答的英文问题，例如：is there a red circle?',
    match: '与图片比较的英文文字，例如：a red circle',
    words: '带分数的词语和 /模式/：casino*=2, 优惠码=3',
    list: '随我提供的词语',
    lists: { scams: '赌场、赠送和加密货币骗局' },
    file: '文本文件形式的词语，例如改过的列表',
    threshold: '概率达到百分之几，或词语达到几分（不填为 5）算命中',
    action: '命中后做什么',
    actions: { flag: '建立案例，其余由人来做', remove: '确认后移除；足够准之后自动移除' },
    channels: '只在这些频道：请提及它们；不填则为所有频道',
    precision: '移除之前，已决定的命中须有百分之几是对的；不填为 95',
    timeout: '确认命中时禁言多少分钟；不填则不禁言',
    ageRestricted: '也看有年龄限制的频道',
    image: '图片',
    channel: '频道',
  },
  added: (name) =>
    `已添加：**${name}**。命中时我只建立案例，什么都不移除。由管理员决定；\`/审核 规则 统计\` 显示它有多准。`,
  changed: (name) => `已更改：**${name}**。`,
  mayRemove: (reviewed, precision) =>
    `只有在 ${reviewed} 次命中经过决定、其中 ${percent(precision)} 是对的之后，并且模式为“执行”时，它才会移除。`,
  warnings: {
    meaning: (word) =>
      `⚠ “${word}”问的是图片的含义。模型看到的是图片里有什么，不知道意图、法律或规则：它的回答只是猜测。请问看得见的东西，例如：is there a coin in the picture?`,
    start: '⚠ 问题应以 is、are、does、has 这样的词开头，否则回答得不好。',
    onlyAnswers: '⚠ 我的模型只回答是或否，不说有多大把握：每个分数都是 0% 或 100%，阈值不起作用。',
    onlyKnows: ({ zh }) => `⚠ 我的模型只认识${zh}。对照片等其他图片，它的回答再肯定也没有意义。`,
  },
  offerTest: (name) => `请先试一试：\`/审核 规则 测试 名称:${name} 图片:\``,
  removed: '已删除。',
  title: (count, most) => `**${count} / ${most} 条规则**`,
  scores: { question: percent, words: points, match: percent },
  line: (name, what, threshold, action, where) =>
    `- **${name}**：${what}，${from(threshold)}，${action}，${where}`,
  whatQuestion: (question) => `“${question}”`,
  whatMatch: (text) => `符合“${text}”`,
  whatWords: (terms) => `${terms} 个词语`,
  exported: (name, terms) =>
    `**${name}** 的词语：${terms} 个。改好文件后交回：\`/审核 规则 添加 名称:${name} 文件:\`。词语改变后，它的记录重新开始。`,
  everywhere: '除有年龄限制的频道外的所有频道',
  everywhereToo: '所有频道',
  actionShort: { flag: '只建立案例', remove: '可以之后移除' },
  dropped: (count) => `启动以来因同时来的图片太多而没有看的：${count}`,
  unknownPictures: (count) => `启动以来因模型不认识这类图片而没有判断的图片：${count}`,
  tested: {
    question: (name, score, threshold, hit) =>
      `- **${name}**：${percent(score)} 是（${from(percent(threshold))}算命中）${hit ? '——**命中**' : ''}`,
    match: (name, score, threshold, hit) =>
      `- **${name}**：符合程度 ${percent(score)}（${from(percent(threshold))}算命中）${hit ? '——**命中**' : ''}`,
    noMatcher: (name) => `- **${name}**：没有判断，因为没有用于匹配的模型`,
    words: (name, score, threshold, hit, terms) =>
      `- **${name}**：${points(score)}${terms === '' ? '' : `（${terms}）`}（${from(points(threshold))}算命中）${hit ? '——**命中**' : ''}`,
    outside: (name) => `- **${name}**：没有判断，因为我的模型不认识这类图片`,
  },
  testTitle: '这张图片按你们的规则：',
  stats: {
    title: (name, what) => `**${name}**：${what}`,
    counts: (hits, confirmed, dismissed, open) =>
      `命中：${hits}——已确认 ${confirmed}，已驳回 ${dismissed}，未决定 ${open}`,
    precision: (share, low, high, counted) =>
      `在其阈值上正确：${counted} 次中的 ${percent(share)}（95% 区间 ${percent(low)} 至 ${percent(high)}）`,
    unknown: '在其阈值上正确：还没有决定过',
    suggested: (threshold, precision) =>
      `建议阈值：${threshold}，即有 ${percent(precision)} 正确的最低阈值`,
    noSuggestion: (reviewed, precision) =>
      `建议阈值：还没有；需要 ${reviewed} 次已决定的命中，其中 ${percent(precision)} 正确`,
    earned: '它可以移除。',
    notEarned: '它还不可以移除。',
    onlyFlags: '它只建立案例。',
    right: '已确认',
    wrong: '已驳回',
    alt: (bins) => `按把握程度或分数统计的已决定命中（确认/驳回）：${bins}`,
    noBins: '无',
    chart: {
      title: (name) => `管理员对“${name}”命中的决定`,
      across: { question: '我对“是”的把握', words: '词语的分数', match: '图片的符合程度' },
      up: '命中',
      threshold: '阈值',
    },
  },
  reposts: {
    on: (channel) => `已开启：在 ${channel}，我会用首次发布来回复发过的图片。`,
    off: (channel) => `已关闭：我不再在 ${channel} 查找重复的图片，并已忘记那里的图片。`,
    found: (link, at) => `这张图以前发过，<t:${at}:R>：${link}`,
  },
  reason: (name, score) => `问题“${name}”有 ${percent(score)} 的概率回答“是”`,
  matchReason: (name, score, text) => `按规则“${name}”，图片符合“${text}”，程度 ${percent(score)}`,
  wordsReason: (name, score, terms, channels) => {
    const where = channels === null ? '' : `，${channels} 个频道合计`
    return `“${name}”的词语${where}：${points(score)}（${terms}）`
  },
}
