"""The tiny model's tokenizer and chat template.

Byte-level BPE (Sennrich et al. 2016), so that any text can be written, trained until every word of the problems is one
token. Digits are single tokens; the first digit of a number carries its space, so a number has a token per digit.
"""

from collections.abc import Iterable
from typing import Any

END = "<|end|>"
PAD = "<|pad|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
VOCABULARY_LIMIT = 1024
CONTEXT = 512
# Numbers digit by digit, \boxed{ in one piece, words, signs, white space.
PIECES = r" ?[0-9]| ?\\boxed\{| ?[A-Za-z']+| ?[^A-Za-z0-9\s]+|\s+"

# The generation block marks what the assistant writes: trainers take their loss mask from it.
CHAT_TEMPLATE = """\
{%- for message in messages %}
    {%- if message['role'] == 'assistant' %}
        {{- '<|assistant|>' }}
        {%- generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}
    {%- elif message['role'] == 'system' %}
        {{- '<|system|>' + message['content'] }}
    {%- else %}
        {{- '<|user|>' + message['content'] }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>' }}
{%- endif %}
"""


def build_tokenizer(texts: Iterable[str]) -> Any:
    """A ``PreTrainedTokenizerFast`` whose merges come from ``texts``."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_LIMIT,
        special_tokens=[PAD, END, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(ROLES),
        model_max_length=CONTEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )
