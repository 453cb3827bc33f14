/** Parts of invented handles, host names and rare hashtags. */
export const adjectives = (
  'amber autumn blue bold brisk calm cedar clever cloudy copper coral crisp curious dapper dusty early ' +
  'eager easy evening fern fleet fond foggy gentle glad golden green happy hazel hidden honest hushed ' +
  'inky jolly kind late lemon light little lively lucky lunar mellow merry mild misty modest morning ' +
  'mossy neat nimble noble northern olive patient pebbly plain plucky polite quiet quick rainy rapid ' +
  'rosy rustic sandy shy silver simple sleepy slow snowy solar steady sunny tidy tiny velvet warm'
).split(' ')

export const nouns = (
  'acorn almond anchor apple badger bakery basil beacon beetle bramble brook button candle canoe cello ' +
  'chapter clover comet compass cottage cricket daisy dolphin dove drizzle ember falcon feather fiddle ' +
  'finch garden garland ginger hammock harbor harvest heron hill honey island ivy jasmine kettle kite ' +
  'lantern lark lighthouse lilac maple marble meadow mitten nutmeg oak orchard otter paddle parsley ' +
  'pebble pepper pigeon plum pocket puddle quilt radish raven ribbon river robin saddle sailor sparrow ' +
  'sprout squirrel stove swallow teapot thistle thunder timber tulip turnip violet walnut willow wren'
).split(' ')
