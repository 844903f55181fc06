/** Selectors: a place of any size by its name. */
import type { Selector } from '../model.ts'
import { label } from './fields.ts'

export const selectorField = label<Selector>('all, or the name of an Area, a Region or a Pop')
