import { pino } from 'pino'
import pretty from 'pino-pretty'

export type Logger = pino.Logger

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** Logs go to stderr, so that stdout carries data only: lines for a person on a terminal, JSON elsewhere. */
export function createLogger(level: LogLevel): Logger {
  const terminal = process.stderr.isTTY === true
  const destination = terminal
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
    : pino.destination({ fd: 2, sync: true })
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
