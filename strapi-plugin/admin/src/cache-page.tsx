import { Box, Button, Field, Flex, Grid, Typography } from '@strapi/design-system';
import { Layouts, Page, useNotification, useRBAC } from '@strapi/strapi/admin';
import { useState } from 'react';
import { PURGE, READ } from './permissions';
import { type Purge, type Status, useStatus } from './status';

export default function CachePage() {
  return (
    <Page.Protect permissions={[READ]}>
      <Cache />
    </Page.Protect>
  );
}

function Cache() {
  const { status, failed, purge } = useStatus();
  const { allowedActions } = useRBAC([PURGE]);
  if (status === undefined) return failed ? <Page.Error /> : <Page.Loading />;
  return (
    <Page.Main>
      <Page.Title>Cache</Page.Title>
      <Layouts.Header title="Cache" subtitle={summary(status)} />
      <Layouts.Content>
        <Flex direction="column" alignItems="stretch" gap={6}>
          <Numbers status={status} />
          {allowedActions.canPurge && <PurgeForm prefix={status.prefix} purge={purge} />}
        </Flex>
      </Layouts.Content>
    </Page.Main>
  );
}

function summary({ cache, rateLimit, ttlMs }: Status): string {
  const cached = cache.enabled ? `Answers are kept for ${ttlMs / 1000} s.` : 'The cache is off.';
  const limited = rateLimit.enabled ? limits(rateLimit.rules) : 'The rate limit is off.';
  return `${cached} ${limited} Numbers are those of one server process.`;
}

function limits(rules: Status['rateLimit']['rules']): string {
  const [rule] = rules;
  if (rules.length !== 1 || rule === undefined) return `There are ${rules.length} rate limits.`;
  return `A client may make ${rule.limit ?? 'its own number of'} requests in ${rule.windowMs / 1000} s.`;
}

function Numbers({ status }: { status: Status }) {
  const { store, breaker, hits, misses, l2Hits, entries, bytes, maxBytes, limited, limitUndecided, jobs } = status;
  const asked = hits + misses;
  const numbers: [string, string][] = [
    ['Store', store === 'upstash' ? 'Memory and Upstash' : 'Memory'],
    ['Upstash', store === 'memory' ? 'not in use' : breaker === 'open' ? 'not answering' : 'connected'],
    ['Entries', count(entries)],
    ['Memory', `${megabytes(bytes)} of ${megabytes(maxBytes)}`],
    ['Hits', count(hits + l2Hits)],
    ['Misses', count(misses - l2Hits)],
    ['Hit ratio', asked === 0 ? '–' : `${(((hits + l2Hits) / asked) * 100).toFixed(1)} %`],
    ['Requests limited', count(limited)],
    ...(limitUndecided > 0 ? [['Limits without Upstash', count(limitUndecided)] as [string, string]] : []),
    ...(jobs.enabled || jobs.pending > 0 ? [['Jobs waiting', count(jobs.pending)] as [string, string], ['Jobs sent', count(jobs.sent)] as [string, string]] : []),
    ...(jobs.failed > 0 ? [['Jobs given up', count(jobs.failed)] as [string, string]] : []),
  ];
  return (
    <Grid.Root gap={4}>
      {numbers.map(([name, value]) => (
        <Grid.Item key={name} col={3} s={6} xs={12} direction="column" alignItems="stretch">
          <Box background="neutral0" shadow="tableShadow" hasRadius padding={5}>
            <Flex direction="column" alignItems="flex-start" gap={1}>
              <Typography variant="pi" textColor="neutral600">{name}</Typography>
              <Typography variant="beta">{value}</Typography>
            </Flex>
          </Box>
        </Grid.Item>
      ))}
    </Grid.Root>
  );
}

function PurgeForm({ prefix, purge }: { prefix: string; purge: (what: Purge) => Promise<void> }) {
  const { toggleNotification } = useNotification();
  const [pattern, setPattern] = useState('');
  const [busy, setBusy] = useState(false);

  const run = async (what: Purge) => {
    setBusy(true);
    try {
      await purge(what);
      toggleNotification({ type: 'success', message: 'Purged' });
    } catch {
      toggleNotification({ type: 'danger', message: 'The server did not purge' });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Box background="neutral0" shadow="tableShadow" hasRadius padding={6}>
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography variant="delta" tag="h2">Purge</Typography>
        <Field.Root name="pattern" hint="* stands for any text. Writes purge what they change on their own.">
          <Field.Label>Keys</Field.Label>
          <Field.Input
            value={pattern}
            placeholder={`${prefix}:/api/articles*`}
            onChange={(event: { target: { value: string } }) => setPattern(event.target.value)}
          />
          <Field.Hint />
        </Field.Root>
        <Flex gap={2}>
          <Button variant="secondary" disabled={busy || pattern === ''} onClick={() => run({ pattern })}>
            Purge these keys
          </Button>
          <Button variant="danger" disabled={busy} onClick={() => run({ all: true })}>
            Purge everything
          </Button>
        </Flex>
      </Flex>
    </Box>
  );
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
