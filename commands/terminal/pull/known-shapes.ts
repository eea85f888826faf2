/** Shapes of the known models, from the config.json of each repository; prompts as a bot asks for a description. */

import type { Shape } from './picture-work.ts'

const PLAIN = { gated: false } as const
/** SigLIP base, 512 pixels in patches of 16. */
const SIGLIP_BASE = { ...PLAIN, layers: 12, hidden: 768, ffn: 3072, positions: 1024 }
/** SigLIP so400m, 384 pixels in patches of 14. */
const SIGLIP_SO = { ...PLAIN, layers: 27, hidden: 1152, ffn: 4304, positions: 729 }
const EVA_G = { ...PLAIN, layers: 39, hidden: 1408, ffn: 6144, positions: 257 }
const LLAMA_7B = { layers: 32, hidden: 4096, ffn: 11008 }
const T5_XL = { layers: 24, hidden: 2048, ffn: 5120 }

/** Tokens of a description: of a model that does what it is told, and of one that writes captions. */
const TOLD = 50
const CAPTION = 21

const FLAN_T5 = {
  vision: EVA_G,
  language: { reads: T5_XL, writes: { ...T5_XL, crossAttention: true }, vocabulary: 32128 },
  prompt: 40,
  tokens: CAPTION,
} as const

export const SHAPES = {
  smolvlm500m: {
    vision: SIGLIP_BASE,
    language: { reads: { layers: 32, hidden: 960, ffn: 2560, kv: 1 / 3 }, vocabulary: 49280 },
    prompt: 105,
    tiled: { tiles: 13, prompt: 930 },
    tokens: TOLD,
  },
  smolvlm256m: {
    vision: SIGLIP_BASE,
    language: { reads: { layers: 30, hidden: 576, ffn: 1536, kv: 1 / 3 }, vocabulary: 49280 },
    prompt: 105,
    tiled: { tiles: 13, prompt: 930 },
    tokens: TOLD,
  },
  smolvlm2b: {
    vision: SIGLIP_SO,
    language: { reads: { layers: 24, hidden: 2048, ffn: 8192 }, vocabulary: 49280 },
    prompt: 122,
    tiled: { tiles: 13, prompt: 1150 },
    tokens: TOLD,
  },
  onevision05b: {
    vision: { ...SIGLIP_SO, layers: 26 },
    language: { reads: { layers: 24, hidden: 896, ffn: 4864, kv: 1 / 7 }, vocabulary: 152000 },
    prompt: 769,
    tiled: { tiles: 10, prompt: 7348 },
    tokens: TOLD,
  },
  onevision7b: {
    vision: { ...SIGLIP_SO, layers: 26 },
    language: { reads: { layers: 28, hidden: 3584, ffn: 18944, kv: 1 / 7 }, vocabulary: 152128 },
    prompt: 769,
    tiled: { tiles: 10, prompt: 7348 },
    tokens: TOLD,
  },
  flanT5: FLAN_T5,
  opt: {
    vision: EVA_G,
    language: {
      reads: { ...PLAIN, layers: 32, hidden: 2560, ffn: 10240 },
      vocabulary: 50304,
    },
    prompt: 33,
    tokens: CAPTION,
  },
  idefics3: {
    vision: { ...SIGLIP_SO, positions: 676 },
    language: { reads: { layers: 32, hidden: 4096, ffn: 14336, kv: 1 / 4 }, vocabulary: 128259 },
    prompt: 200,
    tiled: { tiles: 13, prompt: 2300 },
    tokens: TOLD,
  },
  llava7b: {
    vision: { ...PLAIN, layers: 23, hidden: 1024, ffn: 4096, positions: 577 },
    language: { reads: LLAMA_7B, vocabulary: 32064 },
    prompt: 600,
    tokens: TOLD,
  },
  vicuna: {
    vision: EVA_G,
    language: { reads: LLAMA_7B, vocabulary: 32001 },
    prompt: 45,
    tokens: CAPTION,
  },
  idefics: {
    vision: { ...PLAIN, layers: 32, hidden: 1280, ffn: 5120, positions: 257 },
    // With eight gated layers, which are as large as the others.
    language: { reads: { ...LLAMA_7B, layers: 40 }, vocabulary: 32002 },
    prompt: 30,
    tokens: TOLD,
  },
  matching: { vision: EVA_G, language: null, prompt: 0, tokens: 0 },
} as const satisfies Readonly<Record<string, Shape>>
