/** `validate`: check manifests as a whole, without a controller. */
import { type Command, Option } from 'commander'
import { buildIntent } from '../intent/build.ts'
import { checkIntent } from '../intent/check.ts'
import { type Document, type Finding, documentKey } from '../intent/document.ts'
import { parseList } from './attribute-options.ts'
import type { CliContext } from './cli-context.ts'
import { CommandError, exitCode } from './exit-code.ts'
import { loadManifests } from './manifest-files.ts'
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
        const place = manifests.place(document, pointer) ?? document
        return `${place}: ${severity === 'warning' ? 'warning: ' : ''}${document}${pointer}: ${message}`
      })
      const errors = findings.filter(({ severity }) => severity === 'error').length
      if (errors > 0) throw new CommandError(exitCode.usage, `${count(errors, 'problem')} in the manifests`, lines)
      for (const line of lines) cli.terminal.err(line)
      cli.terminal.out(`${count(manifests.documents.length, 'document')}, no problem`)
    })
}

function judgeDocuments(documents: readonly Document[]): readonly Finding[] {
  const specs = new Map(documents.map((document) => [documentKey(document), document.spec]))
  const { intent, findings } = buildIntent(specs, 0)
  return [...findings, ...checkIntent(intent)]
}
