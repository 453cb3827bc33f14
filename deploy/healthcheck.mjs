// The image's HEALTHCHECK: whether the role in this container is ready. serve and start answer on PORT, the other roles on
// OPS_PORT; the one that listens is asked. Prints one line, which `docker inspect` keeps; exit code 0 or 1.
const answerMs = 5_000

let failure = 'no port is set'
for (const port of [process.env.PORT, process.env.OPS_PORT]) {
  if (!port) continue
  try {
    const url = `http://127.0.0.1:${port}/readyz`
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    const text = (await response.text()).slice(0, 500)
    console.log(`${url} ${response.status} ${text}`)
    process.exit(response.ok ? 0 : 1)
  } catch (error) {
    // Nothing listens: the other port may be the one of this role.
    failure = `port ${port}: ${error.cause?.message ?? error.message}`
  }
}
console.log(failure)
process.exit(1)
