import { type Admin, ConfigResourceTypes } from '@platformatic/kafka'
import { hasApiId } from './errors.ts'

/** Settings of a topic by Kafka's names, or null where this user may not ask. Rejects with what the library throws. */
export async function readTopicSettings(
  admin: Admin,
  topic: string,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const [description] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
    })
    return new Map(description?.configs.map(({ name, value }) => [name, value ?? '']))
  } catch (error) {
    if (hasApiId(error, 'TOPIC_AUTHORIZATION_FAILED')) return null
    throw error
  }
}
