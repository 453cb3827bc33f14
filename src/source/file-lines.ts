/** Bounds a line; the rest of a longer one is skipped. */
export const maxLineBytes = 32 * 1024 * 1024

const newline = 10
const carriageReturn = 13

/** Lines of a block of bytes, without their ends, and how many lines were too long to keep. */
export interface LineBlock {
  readonly lines: readonly Buffer[]
  readonly oversize: number
}

/**
 * Cuts a stream of bytes into lines, a block at a time. Lines are views into the block, not copies, except where a line
 * crosses two blocks. A last line without an end counts; empty lines come too, so that line numbers are those of an editor.
 */
export async function* readLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  let rest: Buffer[] = []
  let restBytes = 0
  let skipping = false
  for await (const block of bytes) {
    const lines: Buffer[] = []
    let oversize = 0
    let start = 0
    for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, start)) {
      const tail = block.subarray(start, end)
      start = end + 1
      if (!skipping && restBytes + tail.length > maxLineBytes) {
        skipping = true
        oversize += 1
      }
      if (skipping) lines.push(empty)
      else lines.push(trimEnd(rest.length === 0 ? tail : Buffer.concat([...rest, tail])))
      skipping = false
      rest = []
      restBytes = 0
    }
    const open = block.subarray(start)
    restBytes += open.length
    if (restBytes <= maxLineBytes) rest.push(open)
    else if (!skipping) {
      skipping = true
      oversize += 1
      rest = []
    }
    yield { lines, oversize }
  }
  if (restBytes > 0 && !skipping) yield { lines: [trimEnd(Buffer.concat(rest))], oversize: 0 }
}

const empty = Buffer.alloc(0)

function trimEnd(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}
