import { useFetchClient } from '@strapi/strapi/admin';
import { useCallback, useEffect, useState } from 'react';

/** What `GET /upstash/status` answers. Times in ms. */
export interface Status {
  store: 'memory' | 'upstash';
  breaker: 'open' | 'closed';
  hits: number;
  misses: number;
  l2Hits: number;
  entries: number;
  bytes: number;
  maxBytes: number;
  limited: number;
  limitUndecided: number;
  prefix: string;
  ttlMs: number;
  cache: { enabled: boolean };
  /** A limit that a function tells is null. */
  rateLimit: { enabled: boolean; rules: { limit: number | null; windowMs: number }[] };
  /** Messages that wait in the database, those that were given up, and those this process has sent. */
  jobs: { enabled: boolean; pending: number; failed: number; sent: number };
}

/** The body of `POST /upstash/purge`. */
export type Purge = { all: true } | { pattern: string };

const REFRESH_MS = 5_000;

/** The state of the cache, asked for every few seconds. */
export function useStatus() {
  const { get, post } = useFetchClient();
  const [status, setStatus] = useState<Status>();
  const [failed, setFailed] = useState(false);

  const refresh = useCallback(async () => {
    try {
      const { data } = await get<{ data: Status }>('/upstash/status');
      setStatus(data.data);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }, [get]);

  useEffect(() => {
    void refresh();
    const timer = setInterval(() => void refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [refresh]);

  /** Rejects when the server refuses. */
  const purge = async (what: Purge) => {
    await post('/upstash/purge', what);
    await refresh();
  };

  return { status, failed, purge };
}
