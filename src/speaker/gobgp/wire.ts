/**
 * Protocol Buffers on the wire, as much of it as paths need: varints and length-delimited fields. Paths come by the
 * 100,000, and a reader that knows which few fields it wants is several times faster than a general one.
 * Everything else goes through proto-loader.
 */

/** Bytes that `value` (0 to 2^53-1) takes as a varint. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a varint and returns the offset after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value
  let at = offset
  while (rest >= 128) {
    target[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  target[at++] = rest
  return at
}

/** One length-delimited field, whole: tag, length, value. */
export function lengthDelimited(field: number, value: Uint8Array): Buffer {
  const tag = field * 8 + 2
  const bytes = Buffer.allocUnsafe(varintSize(tag) + varintSize(value.length) + value.length)
  bytes.set(value, writeVarint(bytes, writeVarint(bytes, 0, tag), value.length))
  return bytes
}

/** One varint field, whole; nothing where the value is 0, the default of proto3. */
export function varintField(field: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0)
  const bytes = Buffer.allocUnsafe(varintSize(field * 8) + varintSize(value))
  writeVarint(bytes, writeVarint(bytes, 0, field * 8), value)
  return bytes
}

/**
 * A cursor over one message. `next()` steps to the next field and leaves its number in `field`; then exactly one of
 * `varint()`, `range()` or `skip()` consumes its value. Throws RangeError where the message is cut short.
 */
export class WireReader {
  readonly bytes: Buffer
  /** Bounds of the message. */
  readonly start: number
  readonly end: number
  /** Number of the field that `next` stepped to. */
  field = 0
  #type = 0
  #at: number
  /** Where the last `range()` began and ended. */
  from = 0
  to = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.#at = start
  }

  next(): boolean {
    if (this.#at >= this.end) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    this.#type = tag % 8
    return true
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.bytes[this.#at++]
      if (byte === undefined || this.#at > this.end) throw new RangeError('protobuf message is cut short')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  /** Steps over a length-delimited value and leaves its bounds in `from` and `to`. */
  range(): void {
    const length = this.varint()
    this.from = this.#at
    this.to = this.#at + length
    if (this.to > this.end) throw new RangeError('protobuf message is cut short')
    this.#at = this.to
  }

  skip(): void {
    if (this.#type === 0) this.varint()
    else if (this.#type === 2) this.range()
    else if (this.#type === 1) this.#at += 8
    else if (this.#type === 5) this.#at += 4
    else throw new RangeError(`protobuf wire type ${this.#type} is not supported`)
  }

  /** The value of a length-delimited field as ASCII text: addresses and prefixes. */
  text(): string {
    this.range()
    return this.bytes.toString('latin1', this.from, this.to)
  }

  /** A reader of the length-delimited value, a message of its own. */
  message(): WireReader {
    this.range()
    return new WireReader(this.bytes, this.from, this.to)
  }
}
