/**
 * What a check found: a sentence, or one with advice where it works and should be better, which is a warning.
 */
export type Finding = string | { readonly found: string; readonly advice: readonly string[] }

/** One thing that a check command tries. */
export interface Check {
  readonly name: string
  /** Resolves to what it found, or throws why not. */
  readonly run: () => Promise<Finding>
  /** Name of an earlier check without which this one makes no sense. */
  readonly requires?: string
}
