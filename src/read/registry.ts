import { accountQuestion } from './account.ts'
import { activityQuestion } from './activity.ts'
import { dbTestQuestion, jetstreamTestQuestion } from './checks.ts'
import { collectionsQuestion } from './collections.ts'
import { coverageQuestion } from './coverage-ledger.ts'
import { engagementQuestion } from './engagement.ts'
import { healthQuestion } from './health.ts'
import { peopleQuestion } from './people.ts'
import { postsQuestion } from './posts.ts'
import type { Question } from './question.ts'
import { summaryQuestion } from './summary.ts'
import { timeseriesQuestion } from './timeseries.ts'
import { topQuestion } from './top.ts'
import { usersQuestion } from './users.ts'

/** Every question that can be asked, one a line, sorted. A question added here is a route, documented and cached. */
export const questions: readonly Question[] = [
  accountQuestion,
  activityQuestion,
  collectionsQuestion,
  coverageQuestion,
  dbTestQuestion,
  engagementQuestion,
  healthQuestion,
  jetstreamTestQuestion,
  peopleQuestion,
  postsQuestion,
  summaryQuestion,
  timeseriesQuestion,
  topQuestion,
  usersQuestion,
]
