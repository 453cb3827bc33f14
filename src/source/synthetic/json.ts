const special = /[<>&\u2028\u2029]/g

/** A text as a JSON string the way Jetstream writes it: Go escapes what HTML would trip over. */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(
    special,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export interface StrongRef {
  readonly uri: string
  readonly cid: string
}

export function jsonRef({ uri, cid }: StrongRef): string {
  return `{"cid":"${cid}","uri":"${uri}"}`
}

export function jsonBlob(cid: string, mimeType: string, bytes: number): string {
  return `{"$type":"blob","ref":{"$link":"${cid}"},"mimeType":"${mimeType}","size":${bytes}}`
}

/** One v1 frame of a commit that wrote a record. */
export function writeFrame(event: {
  readonly did: string
  readonly timeUs: number
  readonly rev: string
  readonly operation: 'create' | 'update'
  readonly collection: string
  readonly rkey: string
  /** Members of the record behind its `$type`, without braces. */
  readonly members: string
  readonly cid: string
}): string {
  return (
    `{"did":"${event.did}","time_us":${event.timeUs},"kind":"commit","commit":{"rev":"${event.rev}",` +
    `"operation":"${event.operation}","collection":"${event.collection}","rkey":"${event.rkey}",` +
    `"record":{"$type":"${event.collection}",${event.members}},"cid":"${event.cid}"}}`
  )
}

/** One v1 frame of a commit that deleted a record. */
export function deleteFrame(event: {
  readonly did: string
  readonly timeUs: number
  readonly rev: string
  readonly collection: string
  readonly rkey: string
}): string {
  return (
    `{"did":"${event.did}","time_us":${event.timeUs},"kind":"commit","commit":{"rev":"${event.rev}",` +
    `"operation":"delete","collection":"${event.collection}","rkey":"${event.rkey}"}}`
  )
}
