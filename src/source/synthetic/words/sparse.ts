import type { Words } from './words.ts'

/** Languages of which a few posts an hour come: whole sentences, no slots. Keys are BCP-47 primary subtags. */
export const sparse: Readonly<Record<string, Words>> = {
  nl: spaced(
    ['goedemorgen', 'ja hoor', 'mooi', 'dank je', 'eindelijk!', 'precies'],
    [
      'De hele nacht regen en nu schijnt de zon alsof er niets is gebeurd.',
      'Het raam staat open en de thee is klaar.',
      'Ik had allang moeten slapen.',
      'De bus was te laat, maar de chauffeur zong.',
      'Vandaag een nieuw woord geleerd en al vier keer gebruikt.',
      'Op de markt was het druk en iedereen had een goed humeur.',
      'Wie weet waar de sleutel van de fietsenschuur ligt?',
    ],
  ),
  pl: spaced(
    ['dzień dobry', 'tak', 'ładne', 'dzięki!', 'nareszcie', 'dobranoc'],
    [
      'Całą noc padało, a teraz świeci słońce.',
      'Okno jest otwarte, a herbata już gotowa.',
      'Powinienem już dawno spać.',
      'Autobus się spóźnił, ale kierowca śpiewał.',
      'Na targu było pełno ludzi i wszyscy w dobrym humorze.',
      'Nauczyłem się dziś nowego słowa i użyłem go cztery razy.',
    ],
  ),
  ru: spaced(
    ['доброе утро', 'да', 'красиво', 'спасибо!', 'наконец-то', 'спокойной ночи'],
    [
      'Всю ночь шёл дождь, а теперь светит солнце.',
      'Окно открыто, чай готов.',
      'Давно пора спать.',
      'Автобус опоздал, зато водитель пел.',
      'На рынке было много людей, и у всех хорошее настроение.',
      'Сегодня узнал новое слово и уже четыре раза его сказал.',
    ],
  ),
  tr: spaced(
    ['günaydın', 'evet', 'çok güzel', 'teşekkürler!', 'sonunda', 'iyi geceler'],
    [
      'Bütün gece yağmur yağdı, şimdi güneş açtı.',
      'Pencere açık, çay hazır.',
      'Çoktan uyumuş olmalıydım.',
      'Otobüs geç kaldı ama şoför şarkı söylüyordu.',
      'Pazar kalabalıktı ve herkesin keyfi yerindeydi.',
      'Bugün yeni bir kelime öğrendim ve dört kez kullandım.',
    ],
  ),
  it: spaced(
    ['buongiorno', 'sì', 'che bello', 'grazie!', 'finalmente', 'buonanotte'],
    [
      'Ha piovuto tutta la notte e ora c’è il sole.',
      'La finestra è aperta e il caffè è pronto.',
      'Dovrei già dormire.',
      'L’autobus era in ritardo, ma l’autista cantava.',
      'Il mercato era pieno e tutti di buon umore.',
      'Oggi ho imparato una parola nuova e l’ho usata quattro volte.',
    ],
  ),
  ar: spaced(
    ['صباح الخير', 'نعم', 'جميل', 'شكرا!', 'أخيرا', 'تصبحون على خير'],
    [
      'أمطرت طوال الليل والآن تشرق الشمس.',
      'النافذة مفتوحة والشاي جاهز.',
      'كان يجب أن أنام منذ ساعة.',
      'تأخرت الحافلة لكن السائق كان يغني.',
      'كان السوق مزدحما والجميع في مزاج طيب.',
      'تعلمت اليوم كلمة جديدة.',
    ],
  ),
  sv: spaced(
    ['god morgon', 'ja', 'så fint', 'tack!', 'äntligen', 'god natt'],
    [
      'Det regnade hela natten och nu skiner solen.',
      'Fönstret är öppet och teet är klart.',
      'Jag borde sova för länge sedan.',
      'Bussen var sen, men föraren sjöng.',
      'Det var fullt på torget och alla var på gott humör.',
      'Lärde mig ett nytt ord i dag och har redan använt det fyra gånger.',
    ],
  ),
  zh: unspaced(
    ['早上好', '是的', '真好看', '谢谢！', '终于', '晚安'],
    [
      '下了一整夜的雨，现在太阳出来了。',
      '窗户开着，茶也泡好了。',
      '早就该睡觉了。',
      '公交车晚点了，不过司机在唱歌。',
      '集市上人很多，大家心情都很好。',
      '今天学了一个新词，已经用了四次。',
    ],
  ),
  fi: spaced(
    ['huomenta', 'joo', 'kaunista', 'kiitos!', 'vihdoin', 'hyvää yötä'],
    [
      'Satoi koko yön, ja nyt aurinko paistaa.',
      'Ikkuna on auki ja tee on valmista.',
      'Minun pitäisi jo nukkua.',
      'Bussi oli myöhässä, mutta kuljettaja lauloi.',
      'Torilla oli paljon väkeä ja kaikki hyvällä tuulella.',
    ],
  ),
  el: spaced(
    ['καλημέρα', 'ναι', 'πολύ όμορφο', 'ευχαριστώ!', 'επιτέλους', 'καληνύχτα'],
    [
      'Έβρεχε όλη τη νύχτα και τώρα έχει ήλιο.',
      'Το παράθυρο είναι ανοιχτό και το τσάι έτοιμο.',
      'Θα έπρεπε ήδη να κοιμάμαι.',
      'Το λεωφορείο άργησε, αλλά ο οδηγός τραγουδούσε.',
      'Η αγορά ήταν γεμάτη και όλοι είχαν κέφι.',
    ],
  ),
  ca: spaced(
    ['bon dia', 'sí', 'que bonic', 'gràcies!', 'per fi', 'bona nit'],
    [
      'Ha plogut tota la nit i ara fa sol.',
      'La finestra és oberta i el te està fet.',
      'Ja hauria de dormir.',
      'L’autobús anava tard, però el conductor cantava.',
      'El mercat era ple i tothom estava de bon humor.',
    ],
  ),
  uk: spaced(
    ['доброго ранку', 'так', 'гарно', 'дякую!', 'нарешті', 'на добраніч'],
    [
      'Усю ніч ішов дощ, а тепер світить сонце.',
      'Вікно відчинене, чай готовий.',
      'Давно вже час спати.',
      'Автобус запізнився, зате водій співав.',
      'На ринку було багато людей, і всі в доброму гуморі.',
    ],
  ),
  cs: spaced(
    ['dobré ráno', 'jo', 'krása', 'díky!', 'konečně', 'dobrou noc'],
    [
      'Celou noc pršelo a teď svítí slunce.',
      'Okno je otevřené a čaj je hotový.',
      'Už bych měl dávno spát.',
      'Autobus měl zpoždění, ale řidič zpíval.',
      'Na trhu bylo plno a všichni měli dobrou náladu.',
    ],
  ),
  nb: spaced(
    ['god morgen', 'ja', 'så fint', 'takk!', 'endelig', 'god natt'],
    [
      'Det regnet hele natten, og nå skinner solen.',
      'Vinduet er åpent og teen er klar.',
      'Jeg burde sove nå.',
      'Bussen var forsinket, men sjåføren sang.',
    ],
  ),
  th: unspaced(
    ['อรุณสวัสดิ์', 'ใช่', 'สวยมาก', 'ขอบคุณ', 'ในที่สุด', 'ราตรีสวัสดิ์'],
    [
      'ฝนตกทั้งคืนแล้วตอนนี้แดดออก',
      'เปิดหน้าต่างแล้วชงชาเสร็จแล้ว',
      'น่าจะนอนได้แล้ว',
      'รถเมล์มาช้าแต่คนขับร้องเพลง',
      'ตลาดคนเยอะและทุกคนอารมณ์ดี',
    ],
  ),
  da: spaced(
    ['godmorgen', 'ja', 'smukt', 'tak!', 'endelig', 'godnat'],
    [
      'Det regnede hele natten, og nu skinner solen.',
      'Vinduet er åbent, og teen er klar.',
      'Jeg burde sove nu.',
      'Bussen var forsinket, men chaufføren sang.',
    ],
  ),
  he: spaced(
    ['בוקר טוב', 'כן', 'יפה', 'תודה!', 'סוף סוף', 'לילה טוב'],
    [
      'ירד גשם כל הלילה ועכשיו השמש זורחת.',
      'החלון פתוח והתה מוכן.',
      'הייתי צריך כבר לישון.',
      'האוטובוס איחר, אבל הנהג שר.',
    ],
  ),
}

function spaced(short: readonly string[], sentences: readonly string[]): Words {
  return { short, sentences, replies: sentences, joiner: ' ' }
}

function unspaced(short: readonly string[], sentences: readonly string[]): Words {
  return { short, sentences, replies: sentences, joiner: '' }
}
