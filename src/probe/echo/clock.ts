/** Milliseconds since the epoch with fractions, which never step back while the process lives: for stamps and differences. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now()
}
