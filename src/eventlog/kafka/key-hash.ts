const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/**
 * What Kafka's own clients take of a key, modulo the number of partitions: a 32-bit murmur2, never negative. The library's is
 * the same number made of BigInts, at 1 µs an event (hot path).
 * @see https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/utils/Utils.java
 */
export function keyHash(key: Buffer): number {
  const tail = key.length & ~3
  let hash = seed ^ key.length
  for (let at = 0; at < tail; at += 4) {
    let block = Math.imul(key.readInt32LE(at), multiplier)
    block ^= block >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(block, multiplier)
  }
  if (tail < key.length) {
    hash = Math.imul(hash ^ key.readUIntLE(tail, key.length - tail), multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return (hash ^ (hash >>> 15)) & 0x7fffffff
}
