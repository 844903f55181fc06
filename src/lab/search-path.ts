import { delimiter } from 'node:path'

/** Debian keeps daemons and `ip` where an ordinary user's PATH does not look. */
export const searchPath = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter)
