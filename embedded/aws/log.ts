/** One line about what the simulator did; the process entry writes them to stderr. */
export type Log = (event: string, fields?: Record<string, unknown>) => void;
