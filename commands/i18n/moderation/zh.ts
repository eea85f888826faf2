/** What the bot says about moderation, in Simplified Chinese; part of the catalog. */

import type { MODERATION_EN } from './en.ts'
import type { WordVerdict } from '../../moderation/word-verdict.ts'
import type { Words } from '../words.ts'

const LIKE = ['看起来相同', '看起来几乎相同', '看起来相似'] as const

/** How alike two pictures are, from the bits of 64 in which their hashes differ. */
const likeness = (bits: number) => LIKE[bits === 0 ? 0 : bits <= 2 ? 1 : 2]

/** How alike a picture must look, from the distance that the server allows. */
const closeness = (distance: number) =>
  distance === 0 ? '相同' : distance <= 3 ? '几乎相同' : distance <= 8 ? '相似' : '大致相似'

/** How the words of a picture compare with those of a listed one. */
const COMPARED: Readonly<Record<WordVerdict, string>> = {
  agree: '文字一致',
  similar: '只有部分文字一致',
  differ: '文字不同',
  'one-sided': '两张中只有一张有我能读出的文字',
  none: '两张都没有可比较的文字',
  unread: '文字无法比较',
}

export const MODERATION_ZH: Words<typeof MODERATION_EN> = {
  buttons: {
    confirm: '确认',
    dismiss: '驳回',
    delete: '删除',
    timeout: '禁言',
    undo: '撤销',
    history: '历史',
    enforce: '以后直接移除这类图片',
    appeal: '回复管理员',
  },
  menus: { mark: '标记为诈骗图片', allow: '不是诈骗', report: '举报图片' },
  command: {
    name: '审核',
    description: '挡住诈骗图片，由人来决定',
    setup: '设置或更改审核',
    status: '查看审核的设置，以及哪些不起作用',
    pause: '暂停，恢复前什么都不看',
    resume: '暂停后继续',
    exempt: '豁免某个身份组或频道，或取消豁免',
    stats: '最近七天一览',
    case: '按编号查找案例',
    number: '案例的编号',
    hash: '管理员确认或驳回过的图片',
    add: '确认一张图片为诈骗',
    remove: '从名单中去掉一张图片',
    list: '查看名单',
    test: '看看对一张图片会查到什么',
    import: '导入 /审核 名单 导出 的文件',
    export: '把名单导出为文件',
    channel: '案例发到哪里',
    mode: '我可以做到哪一步',
    modes: {
      off: '关闭',
      log: '只记录：我只告诉管理员',
      approve: '先批准：点一下才移除',
      act: '执行：移除管理员确认过的图片',
    },
    staff: '可以决定案例的身份组；再选一次则取消',
    distance: '看起来可与名单中的图片相差多少：0 为完全不差，12 为相差不少',
    burstChannels: '同一图片出现在这么多频道即为刷屏',
    burstMinutes: '在多少分钟之内',
    timeout: '移除时禁言多少分钟；0 为不禁言',
    role: '身份组',
    where: '频道',
    image: '图片',
    code: '它在名单中的代码',
    note: '名单里的备注',
    file: '文件',
  },
  setup: {
    title: '**本服务器的审核**',
    mode: (mode, paused) => `模式：${mode}${paused ? '——**已暂停**' : ''}`,
    channel: (channel) => `案例发到：${channel}`,
    staff: (roles) => `管理员：拥有“管理消息”权限${roles === '' ? '' : `或身份组 ${roles} `}的成员`,
    exempt: (list) => `除管理员、所有者和机器人外还豁免：${list}`,
    burst: (channels, minutes) => `刷屏：${minutes} 分钟内同一图片出现在 ${channels} 个频道`,
    distance: (distance) =>
      `看起来${closeness(distance)}的图片会被认作名单中的图片（距离 ${distance}；0：相同，12：大致相似）`,
    timeout: (minutes) => (minutes === 0 ? '移除时不禁言' : `移除时禁言 ${minutes} 分钟`),
    list: (confirmed, dismissed) => `名单：已确认 ${confirmed}，已驳回 ${dismissed}`,
    none: '无',
    troubles: '**哪些不起作用**',
    fine: '我需要的都有了。',
    noContent:
      'Discord 不让我看到图片：运营者须打开 Message Content 意图。在此之前我自己什么也发现不了；菜单可用。',
    lacks: (permission, channel, what) =>
      `我${channel === null ? '' : `在 ${channel} `}没有权限 ${permission}，所以不能${what}。`,
    whats: {
      see: '发布案例',
      send: '发布案例',
      attach: '在案例中展示图片',
      history: '重启后找回案例',
      delete: '移除消息',
      timeout: '禁言成员',
    },
    noLogChannel: '发案例的频道不在了，所以我不发布也不移除任何东西。',
    saved: '已保存。',
    paused: '已暂停。`/审核 继续` 之前我什么都不看。',
    resumed: '我又开始看了。',
    exempted: (what) => `${what} 现在被豁免。`,
    included: (what) => `${what} 不再被豁免。`,
  },
  hashes: {
    added: (code, removes) =>
      `已确认。${removes ? '以后只要有人发这张图片，我会立即移除。' : '以后只要有人发这张图片，我会建立案例；在“执行”模式下会移除。'}它在名单中的代码：\`${code}\``,
    removed: '已从名单中去掉。',
    none: '名单是空的。',
    title: (count) => `**${count} 张图片**，最新的在前：`,
    line: (verdict, when, by) => `**${verdict}**，${when}${by}`,
    by: (user) => `，由 ${user}`,
    case: (name, link) => `案例 ${name}：${link}`,
    noCase: '没有案例，直接加入',
    verdicts: { confirmed: '诈骗', dismissed: '不是诈骗', imported: '导入的' },
    more: (count) => `……还有 ${count} 张；\`/审核 名单 导出\` 有全部。`,
    code: (code) => `代码：\`${code}\``,
    unknown: '名单里没有与它相似的。',
    match: (verdict, code, { relation, words }) =>
      ({
        same: `名单中记为${verdict}：\`${code}\`。这是同一张图片；${COMPARED[words]}。`,
        resembles: `它与名单中记为${verdict}的 \`${code}\` 相似，但可能是另一张图片；${COMPARED[words]}。须由人来决定。`,
        other: `它与名单中记为${verdict}的 \`${code}\` 看起来相似，但${COMPARED[words]}：不作处理。`,
      })[relation],
    imported: ({ added, skipped, known, dismissed }) =>
      [
        added === 0
          ? '没有新的图片可加入。'
          : `已加入 ${added} 张图片。在你们的管理员确认之前，它们只会被提示。`,
        ...(known > 0 ? [`文件中有 ${known} 张已在名单中。`] : []),
        ...(dismissed > 0
          ? [`另一服务器认为无害的 ${dismissed} 张没有导入：只有你们自己的管理员可以这样决定。`]
          : []),
        ...(skipped > 0 ? [`${skipped} 张放不下。`] : []),
      ].join(''),
    exported: (count) => `名单：${count} 张图片。`,
  },
  menu: {
    marked: (link) => `已记为诈骗图片。案例：${link}`,
    markedPlain: '已记为诈骗图片。',
    allowed: '已记下：不是诈骗。我不会再提示这张图片。',
    reported: '谢谢，已告诉管理员。',
  },
  case: {
    title: (id) => `**案例 ${id}**`,
    states: { open: '待决定', confirmed: '已确认', dismissed: '已驳回', undone: '已撤销' },
    automatic: '已自动移除，因为管理员以前确认过这张图片',
    member: (user, id, created, joined) =>
      `谁：${user}（\`${id}\`），账号创建于 ${created}${joined}`,
    joined: (when) => `，加入于 ${when}`,
    where: (links, count) => `哪里（${count} 条消息）：${links}`,
    more: (count) => ` 还有 ${count} 条`,
    sees: (caption) => `我看到：${caption}`,
    cannotSee: '我无法描述这张图片。',
    onlyHere: '图片太简单，无法再次认出：你的决定只对这个案例有效。',
    looking: '我看到：还在看……',
    words: (text) => `图中的文字：${text}`,
    links: (links) => `文字中的链接：${links}`,
    codes: (codes) => `其中的二维码和条形码：${codes}`,
    why: '原因：',
    reasons: {
      hash: (words) => `本服务器的管理员确认过这张图片；${COMPARED[words]}`,
      resembles: (bits, words) =>
        `与本服务器管理员确认过的图片${likeness(bits)}；${COMPARED[words]}，因此不会自动删除`,
      'other-words': (bits) =>
        `与本服务器管理员确认过的图片${likeness(bits)}，但${COMPARED.differ}`,
      burst: (channels, seconds) => `${seconds} 秒内同一图片出现在 ${channels} 个频道`,
      marked: (user) => `由 ${user} 标记`,
      reported: (user) => `由 ${user} 举报`,
      'young-account': (days) => `账号只有 ${days} 天`,
      'new-member': (days) => (days === 0 ? '今天加入' : `${days} 天前加入`),
      'other-server': (bits) => `与从别处导入的名单中的图片${likeness(bits)}`,
    },
    deleted: (done, of) => `已移除：${of} 条消息中的 ${done} 条。`,
    timedOut: (until) => `禁言至 ${until}。`,
    lifted: '禁言已解除。',
    told: '已告知该成员。',
    apologised: '已告知该成员这是误会。被移除的消息无法恢复。',
    listed: '图片已列入诈骗名单。',
    allowed: '图片已列入无害图片的名单。',
    unlisted: '图片已从名单中去掉。',
    problems: {
      forbidden: '我没有权限',
      gone: '它已经不在了',
      closed: '对方不接受私信',
      longer: '管理员自己的禁言保持不变',
      unlogged: '没有做，因为证据发不出来',
      unready: 'Discord 还不能搜索本服务器',
      unread: '没能及时读出',
      failed: '失败了；原因在我的日志里',
      unsafe: '打开图片时我被中止了',
    },
    not: (what, why) => `⚠ ${what}：${why}。`,
    steps: {
      post: '案例没有发布',
      evidence: '发布时没有带图片',
      describe: '没有描述',
      sweep: '没有查找其他副本',
      delete: '消息没有移除',
      timeout: '没有禁言',
      tell: '没有告知',
      list: '没有列入名单',
      sketch: '已列入名单，但没有其文字',
      allow: '没有列入名单',
      unlist: '没有从名单中去掉',
      lift: '禁言没有解除',
      apologise: '没有告知',
      alert: '没有把回复告知管理员',
    },
    by: (action, user) => `${action}：${user}`,
    itself: '我自己',
    appeal: (text) => `该成员回复：${text}`,
    evidence: (caption) => `案例的证据。${caption}`,
    unseen: '尚未描述。',
    noWords: '说不出来',
    reason: (id, what) => `Sightseer 案例 ${id}：${what}`,
    breaks: (rules) => `违反了服务器的规则：${rules.join('、')}`,
    whats: {
      delete: '移除诈骗图片',
      timeout: '诈骗图片',
      lift: '管理员已撤销',
      second: '重复发布',
    },
  },
  history: {
    title: (user, count) => `${user}：在本服务器有 ${count} 个案例`,
    line: (name, link, when, state) => `${name} ${when}：${state}${link === '' ? '' : ` ${link}`}`,
    events: '**本案例**',
  },
  enforce: {
    offer:
      '已记下。在“只记录”模式下我不移除任何东西。如果你愿意，以后我会直接移除管理员确认过的图片。',
    told: (user) => `${user} 把模式改为“执行”：以后我会移除管理员确认过的图片。`,
    done: '以后我会移除管理员确认过的图片。可用 `/审核 设置` 更改。',
  },
  told: {
    scam: (server, isRemoved) =>
      `你在 **${server}** 发的一张图片被当作诈骗${isRemoved ? '，已被移除' : ''}。`,
    account:
      '如果不是你发的，就是有人在用你的账号：请更改密码（这会让对方退出登录），并打开双重验证。',
    rule: (server, rules, isRemoved) =>
      `你在 **${server}** 发的一张图片违反了该服务器的规则：${rules.join('、')}。${isRemoved ? '它已被移除。' : ''}`,
    until: (when) => `你可以在 ${when} 再次发言。`,
    answer: '如果这是误会，你可以回复管理员一次。',
    undoneScam: (server) => `**${server}** 的管理员撤销了决定：你的图片不是诈骗。抱歉。`,
    undoneRule: (server) => `**${server}** 的管理员撤销了决定：你的图片没有违反规则。抱歉。`,
    lifted: '你的禁言已解除。',
    notRestored: '被移除的消息无法恢复，请重新发布。',
    form: '回复管理员',
    field: '想让他们知道什么？',
    sent: '管理员已收到你的回复。',
  },
  stats: {
    title: (from) => `**自 ${from} 以来的审核**`,
    line: (cases, confirmed, dismissed, undone, open) =>
      `${cases} 个案例：确认 ${confirmed}，驳回 ${dismissed}，撤销 ${undone}，待决定 ${open}`,
    kinds: (list) => `按原因：${list}`,
    kind: {
      hash: '已知图片',
      resembles: '与已知图片相似',
      burst: '刷屏',
      marked: '标记',
      reported: '举报',
      'other-server': '导入',
      rule: '规则',
    },
    removed: (count) => `移除的消息：${count}`,
    days: (counts) => `每天的案例：${counts}`,
    alt: (counts) => `每天案例数的柱状图：${counts}`,
    chart: { title: '每天的案例', across: '日期（UTC）', up: '案例' },
    nothing: '最近七天没有案例。',
  },
}
