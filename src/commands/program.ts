/** The command line as a whole: global options, every verb, and the same manners for all. */
import { Command, Option } from 'commander'
import { registerAdopt } from './adopt.ts'
import { registerAgent } from './agent.ts'
import { registerAlarms } from './alarms.ts'
import { registerAlerts } from './alerts.ts'
import { registerApply } from './apply.ts'
import { registerAutomation } from './automation.ts'
import { registerChecks } from './checks.ts'
import { type CliContext, outputs, usageError } from './cli-context.ts'
import { registerCompletion } from './completion.ts'
import { registerDrain } from './drain.ts'
import { exitCodesHelp } from './exit-code.ts'
import { registerExplain } from './explain.ts'
import { registerForget } from './forget.ts'
import { registerFreeze } from './freeze.ts'
import { registerGet } from './get.ts'
import { registerHistory } from './history.ts'
import { registerLab } from './lab/lab.ts'
import { registerLearner } from './learner.ts'
import { registerOverride } from './override.ts'
import { registerPractice } from './practice.ts'
import { registerPlan } from './plan.ts'
import { registerPrefer } from './prefer.ts'
import { registerPublish } from './publish.ts'
import { registerReceivers } from './receivers.ts'
import { registerRollout } from './rollout.ts'
import { registerServe } from './serve.ts'
import { registerShow } from './show.ts'
import { registerStatus } from './status.ts'
import { registerTraffic } from './traffic.ts'
import { registerValidate } from './validate.ts'
import { registerWatch } from './watch.ts'

export function createProgram(cli: CliContext, version: string): Command {
  const program = new Command('herald')
    .description('BGP route-announcement controller for IP anycast')
    .version(version)
    .showHelpAfterError('(herald <command> --help shows how)')
    .exitOverride()
    .addOption(new Option('--url <address>', 'where Herald is: http://host:port or unix:///path; HERALD_URL'))
    .addOption(new Option('--token <token>', 'bearer token; better in HERALD_TOKEN'))
    .addOption(new Option('-o, --output <format>', 'how to print').choices([...outputs]))
    .configureOutput({
      writeOut: (text) => cli.terminal.out(text.trimEnd()),
      writeErr: (text) => cli.terminal.err(text.trimEnd()),
    })
    .addHelpText('after', exitCodesHelp)
    .addHelpText('after', '\nOn the PATH: make link, in the clone; then: source <(herald completion bash)')
  registerPublish(program, cli)
  registerDrain(program, cli)
  registerOverride(program, cli)
  registerPrefer(program, cli)
  registerFreeze(program, cli)
  registerPlan(program, cli)
  registerExplain(program, cli)
  registerShow(program, cli)
  registerWatch(program, cli)
  registerStatus(program, cli)
  registerAlarms(program, cli)
  registerChecks(program, cli)
  registerAlerts(program, cli)
  registerAutomation(program, cli)
  registerLearner(program, cli)
  registerTraffic(program, cli)
  registerPractice(program, cli)
  registerRollout(program, cli)
  registerReceivers(program, cli)
  registerApply(program, cli)
  registerValidate(program, cli)
  registerGet(program, cli)
  registerHistory(program, cli)
  registerAdopt(program, cli)
  registerForget(program, cli)
  registerLab(program, cli)
  registerServe(program, cli)
  registerAgent(program, cli)
  registerCompletion(program, cli)
  refuseUnknownVerbs(program)
  return program
}

/** Of a command that shows something by itself and has verbs as well, a word too many is a verb that it has not. */
function refuseUnknownVerbs(program: Command): void {
  for (const command of program.commands) if (command.commands.length > 0) command.allowExcessArguments()
  program.hook('preAction', (_, command) => {
    const { args, commands, registeredArguments } = command
    if (commands.length === 0 || args.length <= registeredArguments.length) return
    const verbs = commands.map((one) => one.name()).join(', ')
    throw usageError(`"${args[0]}" is nothing that herald ${command.name()} does; it does: ${verbs}`)
  })
}
