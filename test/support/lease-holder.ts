/** A process that takes a lease and waits to be killed: `lease-holder.ts <url> <tag> <name> <ttl ms>`. */
import { openTestStore } from './store.ts'

const [url = '', tag = '', name = '', ttlMs = ''] = process.argv.slice(2)
const store = await openTestStore(url, tag)
const lease = await store.leases.acquire(name, Number(ttlMs))
process.send?.(lease === undefined ? 'refused' : 'held')
