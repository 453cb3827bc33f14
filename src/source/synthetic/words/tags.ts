import type { Topic } from './words.ts'

/** Everyday hashtags by topic, the usual ones first. Written by anybody. */
export const commonTags: Readonly<Record<Topic, readonly string[]>> = {
  garden: ['gardening', 'allotment', 'tomatoes', 'wildflowers', 'compost', 'seedswap'],
  birds: ['birdwatching', 'birds', 'swifts', 'gardenbirds', 'kingfisher', 'birdsong'],
  baking: ['sourdough', 'baking', 'homebaked', 'cinnamonbuns', 'ryebread', 'pieweek'],
  sky: ['astronomy', 'stargazing', 'nightsky', 'moon', 'telescope', 'auroras'],
  cycling: ['cycling', 'bikecommute', 'bikepacking', 'steelbikes', 'cargobike'],
  books: ['amreading', 'books', 'library', 'poetry', 'secondhandbooks', 'bookclub'],
  music: ['nowplaying', 'choir', 'piano', 'ukulele', 'brassband', 'vinyl'],
  weather: ['weather', 'fog', 'thunderstorm', 'rain', 'sunrise', 'clouds'],
  cats: ['caturday', 'cats', 'kitten', 'sleepycat', 'catsonkeyboards'],
  trains: ['trains', 'nighttrain', 'modelrailway', 'timetables', 'slowtravel'],
  coffee: ['coffee', 'mokapot', 'morningcoffee', 'latteart', 'café'],
  games: ['boardgames', 'chess', 'pixelart', 'puzzle', 'oneMoreRound'],
}

/** Hashtags that only accounts of one language write. */
export const languageTags: Readonly<Record<string, readonly string[]>> = {
  ja: ['おはよう', '家庭菜園', '猫のいる暮らし', '朝ごはん', '手作りパン', '鉄道模型', '読書記録'],
  pt: ['bomdia', 'jardinagem', 'pãocaseiro', 'observaçãodeaves', 'gatos', 'leituras'],
  es: ['buenosdías', 'huertourbano', 'pancasero', 'aves', 'gatetes', 'lecturas'],
  de: [
    'gutenmorgen',
    'garten',
    'brotbacken',
    'vogelbeobachtung',
    'katzen',
    'nachtzug',
    'frühstück',
  ],
  fr: ['bonjour', 'jardinage', 'painmaison', 'oiseaux', 'chats', 'lecture', 'vélotaf'],
  ko: ['좋은아침', '텃밭', '고양이', '탐조', '홈베이킹', '독서'],
}

/** What everybody suddenly writes about, now and then. Used by nothing else. */
export const burstTags: readonly string[] = [
  'eclipse',
  'meteorshower',
  'firstsnow',
  'powercut',
  'harvestmoon',
  'doublerainbow',
  'cometwatch',
  'whalesighting',
  'cherryblossom',
  'citymarathon',
  'bigquiz',
  'foghorn',
]
