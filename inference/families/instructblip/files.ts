/** Files of an InstructBLIP package besides those that every package has. */

/** The tokenizer by which the Q-Former reads prompts. */
export const INSTRUCTION_TOKENIZER = 'instruction-tokenizer.json'
