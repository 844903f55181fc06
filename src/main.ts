#!/usr/bin/env node
/** The daemon alone, for images and units without a CLI: `herald serve` with settings from the environment. */
import { serve } from './app/serve.ts'

await serve({})
