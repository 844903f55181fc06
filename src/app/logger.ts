/**
 * Structured logs (pino). Field names are constants: `speaker`, `pop`, `prefix`, `revision`, `generation`, `neighbor`,
 * `durationMs`, `err`. Levels: error = someone must act, warn = degraded and healing, info = routing or lifecycle
 * changed, debug = the rest.
 */
import { type Logger, destination, pino } from 'pino'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent'

/** Writes to stderr, so that stdout stays for what a command was asked for. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: true }),
  )
}
