/** Amounts of traffic in words. */

const multiples = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const

/** `4.2 Gbit/s`, `380 requests/s`, `12`: about three digits. */
export function amountText(amount: number, unit?: string): string {
  const [multiple = '', size = 1] = unit === 'bit/s' ? (multiples.find(([, size]) => amount >= size) ?? []) : []
  const scaled = amount / size
  const digits = scaled >= 100 ? Math.round(scaled) : Number(scaled.toPrecision(3))
  return `${digits}${unit === undefined ? '' : ` ${multiple}${unit}`}`
}
