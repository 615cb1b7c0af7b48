// What a QStash answers: plausible things, the same for the same request.

const MESSAGE = { messageId: 'msg_1', topicName: 'group', url: 'https://a.com', maxRetries: 3, rate: 5, labels: ['a'] };
const SCHEDULES = [{ scheduleId: 's', cron: '* * * * *', rate: 5, isPaused: false }, { scheduleId: 't' }];
const GROUP = { name: 'g', createdAt: 1, updatedAt: 2, endpoints: [{ name: 'n', url: 'https://a.com' }] };
const QUEUE = { name: 'q', parallelism: 2, lag: 0, paused: false };

const RULES = [
  ['POST', /^\/v2\/(publish|enqueue\/[^/]+)\/https?:/, { messageId: 'msg_1', url: 'https://a.com', deduplicated: true }],
  ['POST', /^\/v2\/(publish|enqueue)\//, [{ messageId: 'msg_1', url: 'https://a.com' }, { messageId: 'msg_2', url: 'https://b.com' }]],
  ['POST', /^\/v2\/batch$/, [{ messageId: 'msg_1' }, [{ messageId: 'msg_2' }], { error: 'invalid destination', status: 400 }]],
  ['POST', /^\/v2\/schedules\//, { scheduleId: 'scd_1' }],
  ['GET', /^\/v2\/schedules$/, SCHEDULES],
  ['GET', /^\/v2\/schedules\//, SCHEDULES[0]],
  ['GET', /^\/v2\/topics$/, [GROUP]],
  ['GET', /^\/v2\/topics\//, GROUP],
  ['GET', /^\/v2\/queues$/, [QUEUE]],
  ['GET', /^\/v2\/queues\//, QUEUE],
  ['GET', /^\/v2\/messages\//, MESSAGE],
  ['DELETE', /^\/v2\/messages/, { cancelled: 2 }],
  ['GET', /^\/v2\/events$/, { cursor: '17-3', events: [{ ...MESSAGE, state: 'DELIVERED', time: 5 }, { messageId: 'msg_2', state: 'ERROR', error: 'x' }] }],
  ['GET', /^\/v2\/dlq$/, { cursor: 'c', messages: [{ ...MESSAGE, dlqId: 'd', responseStatus: 500 }] }],
  ['DELETE', /^\/v2\/dlq/, { deleted: 2, cursor: 'c' }],
  ['POST', /^\/v2\/dlq\/retry/, { responses: [{ messageId: 'msg_3' }], cursor: 'c' }],
  ['GET', /^\/v2\/flowControl\//, { flowControlKey: 'k', waitListSize: 3, rateMax: 10 }],
  ['GET', /^\/v2\/globalParallelism$/, { parallelismMax: 10 }],
];

export function plausible({ method, url }) {
  const path = url.split('?')[0];
  const [, , body = ''] = RULES.find(([verb, pattern]) => verb === method && pattern.test(path)) ?? [];
  return { body: body === '' ? '' : JSON.stringify(body) };
}
