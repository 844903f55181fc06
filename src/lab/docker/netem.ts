/** Impairment by the kernel's own network emulator, on both ends of a link: each delays and loses what it sends. Pure. */
import type { Impairment } from '../running-lab.ts'

/** The tc(8) command of one end. */
export function netemCommand(device: string, impairment: Impairment | undefined): readonly string[] {
  if (impairment === undefined) return ['tc', 'qdisc', 'delete', 'dev', device, 'root']
  const { delayMs = 0, jitterMs = 0, lossRatio = 0, silent = false } = impairment
  const delay = delayMs + jitterMs > 0 ? ['delay', `${delayMs}ms`, ...(jitterMs > 0 ? [`${jitterMs}ms`] : [])] : []
  const loss = silent ? 1 : lossRatio
  const losing = loss > 0 ? ['loss', `${loss * 100}%`] : []
  return ['tc', 'qdisc', 'replace', 'dev', device, 'root', 'netem', ...delay, ...losing, 'limit', '100000']
}
