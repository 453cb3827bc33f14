/** With less than that left an embedded database is about to stop storing, bytes. */
export const leastFreeBytes = 2 * 1024 ** 3
