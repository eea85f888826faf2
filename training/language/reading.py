"""
Questions about what is printed on a picture. Answers that are printed have the kind 'printed': the model spells them.
"""

from training.language.questions import Turn, yes

WHAT = ('what does it say?', 'what does it say?', 'what does the text say?', 'what is written?', 'what is written here?', 'what does the picture say?', 'read the text',
        'what text is in the picture?')
WORD = ('what word is it?', 'which word is written?', 'read the word', 'what is the word?')
NUMBER = ('what number is it?', 'what number is written?', 'which number is in the picture?', 'what is the number?')
THERE = ('is there any text?', 'is there text in the picture?', 'is something written?', 'are there any words?', 'can you read something?')
NO_WORDS = 'i see no words'
VOCABULARY = sorted({word for text in (*WHAT, *WORD, *NUMBER, *THERE, NO_WORDS) for word in text.strip('?').split()})


def reading(rng, printed):
    """One question; `printed`: the word, or None where there is none."""
    if rng.random() < .2:
        return Turn(rng.choice(THERE), yes(printed), 'words')
    if printed is None:
        return Turn(rng.choice(WHAT), NO_WORDS, 'words')
    own = NUMBER if printed.isdigit() else WORD
    return Turn(rng.choice((*WHAT, *own)), printed, 'words', kind='printed')


def with_reading(rng, turns, printed):
    """A conversation that also asks for words, early; a follow-up stays behind its question."""
    places = [index for index, turn in enumerate([*turns, None]) if turn is None or not turn.history][:3]
    at = rng.choice(places)
    return [*turns[:at], reading(rng, printed), *turns[at:]]
