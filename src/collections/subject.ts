import { type Id, subjectId, userId } from '../event/ids.ts'

/** Id of the record that the strong reference `subject` names; null where it names none. */
export function readRecordSubject(record: Readonly<Record<string, unknown>>): Id | null {
  const uri: unknown = Object(record.subject).uri
  return typeof uri === 'string' ? subjectId(uri) : null
}

/** Id of the account whose DID is `subject`; null where it is none. */
export function readAccountSubject(record: Readonly<Record<string, unknown>>): Id | null {
  const { subject } = record
  return typeof subject === 'string' && subject.startsWith('did:') ? userId(subject) : null
}
