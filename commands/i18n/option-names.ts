/**
 * The Chinese names of subcommands and options. Discord shows them in place of the names that the code
 * uses; an interaction always carries the latter.
 */

import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord.js'

/** By the name in the code. The same name means the same everywhere. */
const ZH_NAMES: Readonly<Record<string, string>> = {
  action: '操作',
  add: '添加',
  'age-restricted': '含年龄限制',
  'burst-channels': '刷屏频道数',
  'burst-minutes': '刷屏分钟数',
  case: '案例',
  channel: '频道',
  channels: '频道范围',
  code: '代码',
  delete: '删除',
  distance: '差异',
  does: '行为',
  exempt: '豁免',
  export: '导出',
  file: '文件',
  forget: '忘记',
  fourth: '第四张',
  hash: '名单',
  image: '图片',
  import: '导入',
  language: '语言',
  length: '长度',
  limit: '上限',
  list: '列表',
  match: '匹配',
  mode: '模式',
  name: '名称',
  note: '备注',
  number: '编号',
  'opt-in': '恢复',
  'opt-out': '退出',
  pause: '暂停',
  picture: '最近图片',
  precision: '准确率',
  private: '仅自己可见',
  question: '问题',
  remove: '移除',
  reposts: '重复图片',
  resume: '继续',
  retention: '保留时间',
  role: '身份组',
  rule: '规则',
  search: '搜索',
  second: '第二张',
  setup: '设置',
  show: '显示',
  staff: '管理员',
  stats: '统计',
  status: '状态',
  style: '方式',
  test: '测试',
  third: '第三张',
  threshold: '阈值',
  timeout: '禁言',
  value: '值',
  what: '内容',
  where: '范围',
  words: '字词',
}

type Part = { readonly name: string; readonly options?: readonly Part[] }

/** The command with the names of its subcommands and options in every language. */
export function withOptionNames<T extends RESTPostAPIApplicationCommandsJSONBody>(command: T): T {
  return 'options' in command && Array.isArray(command.options)
    ? { ...command, options: named(command.options) }
    : command
}

function named(parts: readonly Part[]): Part[] {
  return parts.map((part) => {
    const name = ZH_NAMES[part.name]
    return {
      ...part,
      ...(name !== undefined && { name_localizations: { 'zh-CN': name } }),
      ...(part.options && { options: named(part.options) }),
    }
  })
}
