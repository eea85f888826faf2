"""Lines of text to draw, and the characters of the head.

Words are stems of hunspell's dictionaries, words made up by letter statistics of these stems, and random letters: the
head has to see letters, not to know words. No sentence is taken from anywhere.
"""

import collections
import pathlib
import random
import re

RUSSIAN = 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя'
# Of Ukrainian, Belarusian, Serbian and Macedonian.
OTHERS = 'ґєіїўђјљњћџѓќѕ'
ASCII = ''.join(map(chr, range(33, 127)))
SIGNS = '«»„“”‘’–—…№₽€₴·•°'
UNKNOWN = '\ufffd'
CYRILLIC = RUSSIAN + RUSSIAN.upper() + OTHERS + OTHERS.upper()
# By class after CTC's blank; the space is last, as in the list of the recognizer.
CHARACTERS = [*ASCII, *CYRILLIC, *SIGNS, UNKNOWN, ' ']

# The share of lines in each language, and its dictionary.
LANGUAGES = {'ru_RU': 0.7, 'uk_UA': 0.1, 'be_BY': 0.05, 'bg_BG': 0.06, 'sr_RS': 0.06, 'mk': 0.03}
ENDINGS = 'а я о е ы и у ю ой ей ом ем ам ям ах ях ами ями ов ев ый ий ая ое ые ого ему ть ет ит ал ла ли ешь ете'.split()
FUNCTION = (
    'и в не на я что он с как это по но из у за от так о же все для она мы бы вы его к был до если уже или ни да мне '
    'есть когда ещё них только тебя меня их нет ли под где кто чем там при можно без будет себя раз этот чтобы два '
    'ну через нас про тут даже один здесь надо вот после'
).split()
COMMERCE = (
    'казино бонус ставка выигрыш приз розыгрыш кошелёк баланс депозит вывод промокод регистрация подписка канал '
    'ссылка перевод оплата карта рубль доллар крипта биткоин эфир раздача акция скидка купон аккаунт пароль вход '
    'подтвердить получить активировать бесплатно срочно сейчас успешно поздравляем выплата заявка доход проценты'
).split()
UNITS = 'кг г л мл шт м см км ₽ руб. грн USD USDT € $ % BTC ETH TON МБ ГБ'.split()
LATIN_TERMS = 'USDT BTC Steam Discord Telegram Nitro online bonus code Wi-Fi VPN iPhone PRO VIP MrBeast http https www'.split()
DOMAINS = 'com ru net org io gg рф ua by'.split()
UNKNOWN_LETTERS = 'äöüßéèêëáàâíîïóôúùûñçøåæœ¿¡ÄÖÜÉÀÑÇ'


class Words:
    """Words of one dictionary, and made-up ones with its letters' statistics."""

    def __init__(self, stems):
        self.stems = stems
        self.next = collections.defaultdict(list)
        for stem in random.Random(1).sample(stems, min(20_000, len(stems))):
            for i in range(len(stem) + 1):
                self.next[('^^' + stem)[i : i + 2]].append((stem + '$')[i])

    def made_up(self, rng):
        word = '^^'
        while len(word) < 14 and (letter := rng.choice(self.next[word[-2:]])) != '$':
            word += letter
        return word[2:]


def read_words(folder: pathlib.Path):
    """Words by dictionary; those of `mk`, which has none, are random letters."""
    words = {'mk': None}
    for name in [*LANGUAGES, 'en']:
        if name == 'mk':
            continue
        file = folder / 'usr/share/dict/american-english' if name == 'en' else folder / f'usr/share/hunspell/{name}.dic'
        lines = file.read_text(encoding='utf-8', errors='ignore').splitlines()[1:]
        stems = {line.split('/')[0].split()[0] for line in lines if line.split('/')[0].strip()}
        letters = '[a-zA-Z]{2,14}' if name == 'en' else f'[{CYRILLIC}’-]{{2,16}}'
        words[name] = Words(sorted(stem for stem in stems if re.fullmatch(letters, stem)))
    return words


class Texts:
    def __init__(self, folder: pathlib.Path):
        self.words = read_words(folder)

    def word(self, rng, language):
        chance = rng.random()
        if language == 'mk' or chance < 0.08:
            letters = OTHERS + RUSSIAN if language == 'mk' else RUSSIAN + OTHERS if rng.random() < 0.2 else RUSSIAN
            return ''.join(rng.choice(letters) for _ in range(rng.randint(1, 9)))
        words = self.words[language]
        if chance < 0.25:
            return words.made_up(rng)
        if language == 'ru_RU':
            if chance < 0.4:
                return rng.choice(FUNCTION)
            if chance < 0.5:
                return rng.choice(COMMERCE)
            if chance < 0.7:
                stem = rng.choice(words.stems)
                return (stem[:-1] if stem[-1] in 'аяоеыийьй' else stem) + rng.choice(ENDINGS)
        return rng.choice(words.stems)

    def latin(self, rng):
        return rng.choice(LATIN_TERMS) if rng.random() < 0.15 else rng.choice(self.words['en'].stems)

    def line(self, rng: random.Random, longest: int):
        """A line of at most `longest` characters."""
        language = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
        chance = rng.random()
        if chance < 0.60:
            text = self.phrase(rng, language, longest)
        elif chance < 0.70:
            text = self.with_latin(rng, language)
        elif chance < 0.84:
            text = self.with_number(rng, language)
        elif chance < 0.93:
            text = cased(rng, ' '.join(self.latin(rng) for _ in range(rng.randint(1, 4))))
        elif chance < 0.965:
            text = number(rng) if rng.random() < 0.5 else code(rng)
        elif chance < 0.985:
            text = ''.join(rng.choice(UNKNOWN_LETTERS) if rng.random() < 0.25 else c for c in self.latin(rng) + ' ' + self.latin(rng))
        else:
            text = ''.join(rng.choice(CHARACTERS[:-2]) for _ in range(rng.randint(1, 10)))
        return text[:longest].strip() or '-'

    def phrase(self, rng, language, longest):
        count = rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6))
        words = []
        while len(words) < count and len(' '.join(words)) < longest:
            word = self.word(rng, language)
            if rng.random() < 0.04:
                word += '-' + self.word(rng, language)
            if rng.random() < 0.05:
                word = rng.choice(('«{}»', '({})', '"{}"', '„{}“', '[{}]')).format(word)
            if rng.random() < 0.1 and len(words) < count - 1:
                word += rng.choice(',,,.:;!?') if rng.random() < 0.9 else rng.choice((' –', ' —'))
            words.append(word)
        end = rng.choice('.!?:,…)') if rng.random() < 0.3 else ''
        start = rng.choice(('// ', '# ', '- ', '• ', '> ', '* ', '@', '#')) if rng.random() < 0.06 else ''
        return start + cased(rng, ' '.join(words)) + end

    def with_latin(self, rng, language):
        words = [self.word(rng, language), self.latin(rng), self.word(rng, language)]
        rng.shuffle(words)
        return cased(rng, ' '.join(words[: rng.randint(2, 3)]))

    def with_number(self, rng, language):
        word, other = cased(rng, self.word(rng, language)), self.word(rng, language)
        return rng.choice((
            f'{word} {number(rng)}',
            f'{number(rng)} {other}',
            f'{word} {other} {number(rng)}',
            f'{word} {code(rng)}',
            f'{word.upper()}{rng.randint(1, 999)}',
            f'{word} {rng.randint(1, 9)} {rng.choice(UNITS)}',
            f'{word}: {number(rng)}',
            f'№ {rng.randint(1, 9999)} {other}',
            f'{other}.{rng.choice(DOMAINS)}',
        ))


def cased(rng, text):
    chance = rng.random()
    if chance < 0.45:
        return text
    return text[:1].upper() + text[1:] if chance < 0.7 else text.title() if chance < 0.78 else text.upper()


def number(rng):
    n = int(10 ** rng.uniform(0, 5))
    return rng.choice((
        f'{n}',
        f'{n:,}',
        f'{n:,}'.replace(',', ' '),
        f'{n}.{rng.randint(0, 99):02}',
        f'{n},{rng.randint(0, 99):02}',
        f'{rng.randint(0, 23)}:{rng.randint(0, 59):02}',
        f'{rng.randint(1, 31):02}.{rng.randint(1, 12):02}.20{rng.randint(10, 29)}',
        f'${n:,}',
        f'{n} {rng.choice(UNITS)}',
        f'+{n}%',
        f'x{n}',
        f'+7 9{rng.randint(10, 99)} {rng.randint(100, 999)}-{rng.randint(10, 99)}-{rng.randint(10, 99)}',
    ))


def code(rng):
    letters = rng.choice(('ABCDEFGHJKLMNPRSTUVWXYZ0123456789', RUSSIAN.upper() + '0123456789', 'abcdefghijklmnopqrstuvwxyz0123456789_'))
    return ''.join(rng.choice(letters) for _ in range(rng.randint(3, 9)))


def labels(text):
    """Classes of a text's characters, from 1; what the head does not know is UNKNOWN."""
    return [CLASS.get(character, CLASS[UNKNOWN]) for character in text]


CLASS = {character: i + 1 for i, character in enumerate(CHARACTERS)}
