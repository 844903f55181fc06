/** `validate`: check manifests as a whole, without a controller. */
import { type Command, Option } from 'commander'
import { buildIntent } from '../intent/build.ts'
import { checkIntent } from '../intent/check.ts'
import { compilePrefix } from '../intent/compile.ts'
import { type Document, type DocumentKey, type Finding, documentKey } from '../intent/document.ts'
import { warningsOf } from '../plan/warn.ts'
import { parseList } from './attribute-options.ts'
import type { CliContext } from './cli-context.ts'
import { CommandError, exitCode } from './exit-code.ts'
import { loadManifests, placed } from './manifest-files.ts'
import { count } from './plural.ts'

export function registerValidate(program: Command, cli: CliContext): void {
  program
    .command('validate')
    .description('check manifests as a whole, without a controller')
    .addOption(
      new Option('-f, --file <paths>', 'files, folders, or - for stdin').argParser(parseList).makeOptionMandatory(),
    )
    .addHelpText('after', '\nExample:\n  herald validate -f network/')
    .action(async (options: { readonly file: readonly string[] }) => {
      const manifests = await loadManifests(options.file, cli.terminal, async (documents) => judgeDocuments(documents))
      const findings = judgeDocuments(manifests.documents)
      const lines = findings.map(({ severity, document, pointer, message }) => {
        const problem = `${severity === 'warning' ? 'warning: ' : ''}${document}${pointer}: ${message}`
        return placed(manifests.place(document, pointer), problem)
      })
      const errors = findings.filter(({ severity }) => severity === 'error').length
      if (errors > 0) throw new CommandError(exitCode.usage, `${count(errors, 'problem')} in the manifests`, lines)
      const effects = effectsOf(manifests.documents).map(({ document, message }) =>
        placed(manifests.place(document, ''), `warning: ${document}: ${message}`),
      )
      for (const line of [...lines, ...effects]) cli.terminal.err(line)
      const warnings = lines.length + effects.length
      const doubts = warnings === 0 ? '' : `, ${count(warnings, 'warning')}`
      cli.terminal.out(`${count(manifests.documents.length, 'document')}, no problem${doubts}`)
    })
}

function judgeDocuments(documents: readonly Document[]): readonly Finding[] {
  const { intent, findings } = intentOf(documents)
  return [...findings, ...checkIntent(intent)]
}

/** What would be done and have no effect, as a plan says it. */
function effectsOf(
  documents: readonly Document[],
): readonly { readonly document: DocumentKey; readonly message: string }[] {
  const { intent } = intentOf(documents)
  const moment = { epoch: 1, nowMs: Date.now() } // any epoch: it only names whose the paths are
  return [...intent.prefixes.keys()].flatMap((prefix) => {
    const desired = compilePrefix(intent, prefix, moment)
    const document = documentKey({ kind: 'Prefix', name: prefix })
    return desired === undefined ? [] : warningsOf(intent, desired).map(({ message }) => ({ document, message }))
  })
}

function intentOf(documents: readonly Document[]): ReturnType<typeof buildIntent> {
  return buildIntent(new Map(documents.map((document) => [documentKey(document), document.spec])), 0)
}
