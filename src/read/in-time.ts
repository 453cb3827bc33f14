/** What was asked, or something else where it failed or took longer. Asking goes on; nobody waits for it. */
export async function inTime<Answer, Otherwise>(
  asked: Promise<Answer>,
  ms: number,
  otherwise: Otherwise,
): Promise<Answer | Otherwise> {
  const { promise: tooLate, resolve } = Promise.withResolvers<Otherwise>()
  const timer = setTimeout(() => resolve(otherwise), ms)
  try {
    return await Promise.race([asked.catch(() => otherwise), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
