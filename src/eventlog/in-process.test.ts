import { describeEventLog } from '../../test/support/eventlog-contract.ts'
import { createInProcessLog } from './in-process.ts'

describeEventLog('in-process log', (maxBytes) => Promise.resolve(createInProcessLog(maxBytes)))
