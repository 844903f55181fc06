/** A process that has an embedded Redis, commits one revision and waits to be killed: `embedded-controller.ts <folder>`. */
import { startEmbeddedRedis } from '../../src/store/embedded.ts'
import { openStore } from '../../src/store/open.ts'
import { adding } from './store.ts'

const embedded = await startEmbeddedRedis({ folder: process.argv[2] ?? '' })
const store = await openStore({ redis: embedded.settings })
await store.revisions.initialise()
const { revision } = await store.revisions.commit(adding(0, [{ kind: 'Pop', name: 'fra', spec: {} }]))
process.send?.({ pid: embedded.pid(), revision })
