/** What the drawn pictures say, in five languages. Written for this benchmark. */

/** Each list is cycled through with another step, so that few pictures say the same. */
export type Texts = {
  readonly names: readonly string[]
  readonly messages: readonly string[]
  readonly memes: readonly string[]
  readonly goods: readonly string[]
  readonly receipt: { readonly shop: string; readonly total: string; readonly thanks: string }
  readonly casino: readonly string[]
  readonly signs: readonly string[]
  readonly comments: readonly string[]
}

export const LANGUAGES = ['English', 'Chinese', 'German', 'Spanish', 'Russian'] as const
export type Language = (typeof LANGUAGES)[number]

export const TEXTS: Readonly<Record<Language, Texts>> = {
  English: {
    names: ['Alice', 'benji_42', 'Mod Team', 'Zoe', 'kestrel'],
    messages: [
      'did anyone see the game last night?',
      'the build is broken again, sorry',
      'I will be back at 18:30',
      'please read the pinned message first',
      'that is the best cat picture so far',
      'who ordered 12 pizzas for the meeting?',
      'my new keyboard arrived today',
      'no, the other left',
    ],
    memes: ['when the code compiles', 'on the first try', 'nobody:', 'me at 3 in the morning'],
    goods: ['Whole milk', 'Brown bread', 'Apples 1 kg', 'Green tea', 'Batteries', 'Olive oil'],
    receipt: { shop: 'CORNER STORE', total: 'Total', thanks: 'Thank you for your visit' },
    casino: [
      'Withdrawal successful',
      'CLAIM YOUR BONUS NOW',
      'Use promo code LUCKY7',
      'Every new player gets a gift',
    ],
    signs: [
      'No parking',
      'Emergency exit',
      'Please keep the door closed',
      'Platform 9',
      'Wet paint',
    ],
    comments: ['returns the number of words', 'the slow path', 'never called twice'],
  },
  Chinese: {
    names: ['小明', '阿丽', '管理员', '北风', '老王'],
    messages: [
      '昨天晚上的比赛你看了吗',
      '服务器又坏了，对不起',
      '我下午六点半回来',
      '请先看置顶消息',
      '这是最好的猫咪照片',
      '谁点了十二个披萨',
      '我的新键盘今天到了',
      '不是那个，是左边的',
    ],
    memes: ['代码第一次就编译通过', '凌晨三点的我', '没有人说话', '只有我一个人笑'],
    goods: ['全脂牛奶', '黑面包', '苹果一公斤', '绿茶', '电池', '橄榄油'],
    receipt: { shop: '街角商店', total: '合计', thanks: '谢谢光临' },
    casino: ['提现成功', '立即领取奖金', '使用优惠码', '新玩家都有礼物'],
    signs: ['禁止停车', '安全出口', '请随手关门', '第九站台', '油漆未干'],
    comments: ['返回单词的数量', '较慢的路径', '只调用一次'],
  },
  German: {
    names: ['Jürgen', 'Käthe', 'Verwaltung', 'Björn', 'Anneliese'],
    messages: [
      'hat jemand das Spiel gestern gesehen?',
      'der Server ist schon wieder kaputt',
      'ich bin um 18:30 Uhr zurück',
      'bitte zuerst die angepinnte Nachricht lesen',
      'das schönste Katzenbild bisher',
      'wer hat zwölf Pizzen bestellt?',
      'meine neue Tastatur ist endlich da',
      'nein, auf der anderen Straßenseite',
    ],
    memes: [
      'wenn der Code sofort läuft',
      'und niemand weiß warum',
      'ich um drei Uhr früh',
      'niemand:',
    ],
    goods: ['Vollmilch', 'Weißbrot', 'Äpfel 1 kg', 'Grüner Tee', 'Batterien', 'Olivenöl'],
    receipt: { shop: 'ECKLADEN', total: 'Summe', thanks: 'Vielen Dank für Ihren Einkauf' },
    casino: [
      'Auszahlung erfolgreich',
      'JETZT BONUS SICHERN',
      'Gutscheincode GLÜCK7',
      'Geschenk für neue Spieler',
    ],
    signs: ['Parken verboten', 'Notausgang', 'Tür bitte schließen', 'Gleis 9', 'Frisch gestrichen'],
    comments: ['gibt die Anzahl der Wörter zurück', 'der langsame Weg', 'nur für Prüfungen'],
  },
  Spanish: {
    names: ['Señor López', 'Inés', 'Moderación', 'Íñigo', 'Begoña'],
    messages: [
      '¿alguien vio el partido anoche?',
      'el servidor se rompió otra vez',
      'vuelvo mañana a las 18:30',
      'lee primero el mensaje fijado',
      '¡la mejor foto de un gato!',
      '¿quién pidió doce pizzas?',
      'hoy llegó mi teclado nuevo',
      'no, a la izquierda del árbol',
    ],
    memes: ['cuando el código compila', 'a la primera', 'nadie:', 'yo a las tres de la mañana'],
    goods: [
      'Leche entera',
      'Pan integral',
      'Manzanas 1 kg',
      'Té verde',
      'Pilas',
      'Aceite de oliva',
    ],
    receipt: { shop: 'LA ESQUINA', total: 'Total', thanks: 'Gracias por su visita' },
    casino: [
      'Retiro completado con éxito',
      'RECLAMA TU BONO',
      'Código de promoción SUERTE7',
      'Regalo para cada jugador',
    ],
    signs: [
      'Prohibido aparcar',
      'Salida de emergencia',
      'Cierren la puerta, por favor',
      'Andén 9',
      'Recién pintado',
    ],
    comments: ['devuelve el número de palabras', 'el camino más lento', 'solo para pruebas'],
  },
  Russian: {
    names: ['Алексей', 'Мария', 'Модератор', 'Ёжик', 'Ольга'],
    messages: [
      'кто-нибудь смотрел игру вчера?',
      'сервер опять сломался',
      'вернусь сегодня в 18:30',
      'сначала прочитайте правила',
      'это лучшая фотография кота',
      'кто заказал двенадцать пицц?',
      'пришла моя новая клавиатура',
      'нет, с другой стороны улицы',
    ],
    memes: ['когда код заработал', 'с первого раза', 'никто:', 'я в три часа ночи'],
    goods: ['Молоко', 'Хлеб ржаной', 'Яблоки 1 кг', 'Зелёный чай', 'Батарейки', 'Масло'],
    receipt: { shop: 'МАГАЗИН', total: 'Итого', thanks: 'Спасибо за покупку' },
    casino: [
      'Вывод средств выполнен',
      'ЗАБЕРИ СВОЙ БОНУС',
      'Промокод УДАЧА7',
      'Подарок новым игрокам',
    ],
    signs: ['Парковка запрещена', 'Запасный выход', 'Закрывайте дверь', 'Платформа 9', 'Окрашено'],
    comments: ['возвращает число слов', 'медленный путь', 'только для проверки'],
  },
}
