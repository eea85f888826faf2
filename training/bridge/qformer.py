"""The Q-Former of a BLIP-2 between two frozen ends, in the two stages of the paper (Li et al. 2023, arXiv 2301.12597)."""

import torch
from tokenizers import Tokenizer, processors
from transformers import (
    AutoTokenizer,
    BertForMaskedLM,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2ForImageTextRetrieval,
    Blip2Processor,
    Blip2QFormerConfig,
    Blip2QFormerModel,
    PreTrainedTokenizerFast,
)

from training.bridge.contrast import Contrast
from training.bridge.ends import PLACE, answer_end, frozen_hash, load_language, load_tower, settings
from training.bridge.prompting import Prompting
from training.common import initialize

TOWERS = ('blip_2_vision_model',)
LANGUAGES = ('opt', 't5', 'llama', 'qwen2', 'qwen3')
NO_OTHER_TOWER = "the class of a BLIP-2 has no norm before the first layer, as a CLIP has, and needs a class token, which a SigLIP lacks"
NO_OTHER_LANGUAGE = 'no other is converted'
SIZES = (
    'hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size', 'cross_attention_frequency', 'hidden_act',
    'hidden_dropout_prob', 'attention_probs_dropout_prob',
)
OWN = {'queries': 32, 'shared': 256}
FIRST, WRITTEN = '[CLS]', '[DEC]'  # begin a text that is only read, and one that is written


class QFormer:
    """Stage 1 learns to see what texts say; stage 2 learns to say it to the language model."""

    def __init__(self, args):
        self.tower, images = load_tower(args.vision, TOWERS, NO_OTHER_TOWER)
        self.language, tokenizer = load_language(args.language, LANGUAGES, NO_OTHER_LANGUAGE)
        tokenizer = beginning(tokenizer, self.language)
        torch.manual_seed(args.seed)
        bert = None if args.bert is None else BertForMaskedLM.from_pretrained(args.bert, dtype=torch.float32)
        reads = AutoTokenizer.from_pretrained(args.bert or args.language)
        special = marks(reads, answer_end(self.language))
        sizes = {**({} if bert is None else sizes_of(bert.config)), **settings(args.settings, (*SIZES, *OWN))}
        own = {name: sizes.pop(name, default) for name, default in OWN.items()}
        qformer = Blip2QFormerConfig(
            **sizes, vocab_size=len(reads), pad_token_id=special['pad'], use_qformer_text_input=True,
            encoder_hidden_size=self.tower.config.hidden_size,
        )
        config = Blip2Config(
            vision_config=self.tower.config.to_dict(), qformer_config=qformer.to_dict(), text_config=self.language.config.to_dict(),
            num_query_tokens=own['queries'], image_text_hidden_size=own['shared'],
            image_token_index=tokenizer.convert_tokens_to_ids(PLACE),
        )
        contrast = Contrast(matcher(config, self.tower), images, reads, special)
        if bert is not None:
            contrast.start_from_bert(bert)
        second = writer(config, self.tower, self.language)
        self.processor = Blip2Processor(images, tokenizer, own['queries'])
        self.prompting = Prompting(second, self.processor, contrast)
        self.stages = [contrast, self.prompting]

    def frozen(self):
        """A hash of all weights that must stay as they are."""
        return frozen_hash(self.tower.state_dict(), self.language.state_dict())

    def save(self, folder):
        model = self.prompting.model
        model.generation_config.eos_token_id = answer_end(self.language)
        model.generation_config.pad_token_id = self.processor.tokenizer.pad_token_id
        model.save_pretrained(folder)
        self.processor.save_pretrained(folder)


def matcher(config, tower):
    """Stage 1's model. The tower is not made a second time."""
    model = Blip2ForImageTextRetrieval(Blip2Config(**{**config.to_dict(), 'vision_config': {**tower.config.to_dict(), 'num_hidden_layers': 0}}))
    initialize(model)
    torch.nn.init.normal_(model.query_tokens)
    model.vision_model = tower
    return model


def writer(config, tower, language):
    """Stage 2's model, whose Q-Former reads no texts."""
    config = Blip2Config(**{**config.to_dict(), 'qformer_config': {**config.qformer_config.to_dict(), 'use_qformer_text_input': False}})
    with torch.device('meta'):
        model = Blip2ForConditionalGeneration(config)
    model.vision_model, model.language_model = tower, language
    model.qformer = Blip2QFormerModel(config.qformer_config)
    width = config.qformer_config.hidden_size
    model.query_tokens = torch.nn.Parameter(torch.zeros(1, config.num_query_tokens, width))
    model.language_projection = torch.nn.Linear(width, language.config.hidden_size)
    return model


def beginning(tokenizer, language):
    """A tokenizer whose texts begin with a token, for a caption to follow: Qwen's begin with none."""
    if language.config.is_encoder_decoder or tokenizer('').input_ids:
        return tokenizer
    start = tokenizer.convert_ids_to_tokens(language.config.bos_token_id or answer_end(language))
    whole = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    whole.post_processor = processors.TemplateProcessing(
        single=f'{start} $A', pair=f'{start} $A {start} $B', special_tokens=[(start, tokenizer.convert_tokens_to_ids(start))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=whole, bos_token=start, eos_token=tokenizer.eos_token, pad_token=tokenizer.pad_token,
        clean_up_tokenization_spaces=False,
    )


def marks(tokenizer, end):
    """Ids of the tokens that begin, end and fill the Q-Former's texts. Those that a tokenizer lacks are added."""
    if tokenizer.cls_token_id is None:
        tokenizer.add_tokens([FIRST], special_tokens=True)
        tokenizer.cls_token = FIRST
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.add_tokens([WRITTEN], special_tokens=True)
    written = tokenizer.convert_tokens_to_ids(WRITTEN)
    last = end if tokenizer.sep_token_id is None else tokenizer.sep_token_id
    return {'read': tokenizer.cls_token_id, 'written': written, 'last': last, 'pad': tokenizer.pad_token_id}


def sizes_of(bert):
    names = ('hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size', 'hidden_act', 'max_position_embeddings')
    return {**{name: getattr(bert, name) for name in names}, 'layer_norm_eps': bert.layer_norm_eps}
