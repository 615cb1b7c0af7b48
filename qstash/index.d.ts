// Names of types as in @upstash/qstash, so that they can be imported from here in their place.

type Unit = 's' | 'm' | 'h' | 'd';
/** Such as `10s`, `5m`, `1h`, `2d`. */
type Duration = `${bigint}${Unit}`;
type OneOrMore<T> = T | T[];
/** One of its properties at least. */
type AtLeastOne<T> = { [K in keyof T]-?: Required<Pick<T, K>> & Partial<T> }[keyof T];

export type HTTPMethods = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
/** What a message carries. */
export type QStashBody = string | ArrayBuffer | NodeJS.ArrayBufferView | URLSearchParams | Blob | FormData | ReadableStream;
/** What the constructor of `Headers` takes. */
export type QStashHeaders = Headers | Record<string, string> | [string, string][] | Iterable<[string, string]>;

/** What `new QStash()` takes. All but `timeout` and `retry.unsentOnly` is as in @upstash/qstash. */
export interface QStashConfig {
  /** `QSTASH_URL` of the environment unless given, else `https://qstash.upstash.io`. */
  baseUrl?: string | undefined;
  /** `QSTASH_TOKEN` of the environment unless given. It appears in no error and no log. */
  token?: string | undefined;
  /** What is done when a request does not get through: it is sent again so often. `false`: it is not. */
  retry?:
    | false
    | {
        /** 5 unless given, 100 at most. */
        retries?: number;
        /** From the retry, counted from 0, to ms. `Math.exp(retry) * 50` unless given, shortened by chance by half at most. */
        backoff?: (retry: number) => number;
        /** Only what certainly nobody has seen is sent again. Otherwise a message whose answer was lost goes out twice. */
        unsentOnly?: boolean;
      };
  /** The longest that a call may take, retries included, in ms; 0 for no limit. 30,000 unless given. */
  timeout?: number;
  /** Headers that every message gets; its own win over them. */
  headers?: QStashHeaders;
  /** Whether versions of package and Node.js are told to Upstash. True, unless `UPSTASH_DISABLE_TELEMETRY` is set. */
  enableTelemetry?: boolean;
  /** Not supported: `true` throws, and so does `QSTASH_DEV` in the environment unless this is `false`. */
  devMode?: boolean;
}

/** How many deliveries there are at a time, and in a period, for messages with the same key. */
export type FlowControl = { key: string } & AtLeastOne<{
  /** Deliveries under way at once. */
  parallelism: number;
  /** @deprecated The old name of `rate`. */
  ratePerSecond: number;
  /** Deliveries in a period. */
  rate: number;
  /** Seconds, or text such as `1m`. A second unless given. */
  period: Duration | number;
}>;

/** What messages and schedules have in common. */
interface DeliveryOptions {
  /** Sent on to the destination. Those that begin with `Upstash-` are for QStash itself. */
  headers?: QStashHeaders;
  /** How long to wait before the delivery: seconds, or text such as `5m`. */
  delay?: Duration | number;
  /** How often a delivery that failed is tried again. */
  retries?: number;
  /** The pause before such a retry, in ms: an expression of `retried`, such as `1000 * (1 + retried)`. */
  retryDelay?: string;
  /** Where the destination's answer is sent to. */
  callback?: string;
  /** Where messages are sent to that could not be delivered. */
  failureCallback?: string;
  /** The method of the delivery: `POST` unless given. */
  method?: HTTPMethods;
  /** How long the destination may take: seconds, or text such as `30s`. */
  timeout?: Duration | number;
  flowControl?: FlowControl;
  /** What the logs can be filtered by. */
  label?: OneOrMore<string>;
  /** What the logs shall not show: the body, all headers, or some. */
  redact?: { body?: true; header?: true | string[] };
}

type Destination =
  | { /** Where it goes. */ url: string; urlGroup?: never; topic?: never }
  | { /** The group of URLs that it goes to. */ urlGroup: string; url?: never; topic?: never }
  | { /** @deprecated The old name of `urlGroup`. */ topic: string; url?: never; urlGroup?: never };

/** A message. */
export type PublishRequest<TBody = QStashBody> = DeliveryOptions & {
  body?: TBody;
  /** The earliest moment of the delivery, in seconds since the epoch. It wins over `delay`. */
  notBefore?: number;
  /** Of messages with the same one, only the first is delivered. */
  deduplicationId?: string | number;
  /** The content makes the deduplication id. */
  contentBasedDeduplication?: boolean;
} & Destination;

/** A message of a batch. */
export type PublishBatchRequest<TBody = QStashBody> = PublishRequest<TBody> & {
  /** The queue that it goes through. */
  queueName?: string;
};

export interface PublishToApiResponse {
  messageId: string;
}
export interface PublishToUrlResponse extends PublishToApiResponse {
  url: string;
  /** Whether there was one with the same deduplication id already. */
  deduplicated?: boolean;
}
export type PublishToUrlGroupsResponse = PublishToUrlResponse[];
/** One message for a URL, one for each URL of a group. */
export type PublishResponse<TRequest> = TRequest extends { url: string }
  ? PublishToUrlResponse
  : TRequest extends { urlGroup: string }
    ? PublishToUrlGroupsResponse
    : PublishToApiResponse;

export interface QueueRequest {
  queueName?: string;
}

/** A queue of messages that are delivered in their order. */
export interface QStashQueue {
  /** Makes it, or changes it. */
  upsert(request?: {
    /** How many of its messages are delivered at once. 1 unless given. */
    parallelism?: number;
    paused?: boolean;
  }): Promise<void>;
  get(): Promise<QueueResponse>;
  /** All queues. */
  list(): Promise<QueueResponse[]>;
  delete(): Promise<void>;
  /** Puts a message into it. */
  enqueue<TRequest extends PublishRequest>(request: TRequest): Promise<PublishResponse<TRequest>>;
  /** Puts a message into it whose body becomes JSON. */
  enqueueJSON<TBody = unknown, TRequest extends PublishRequest<TBody> = PublishRequest<TBody>>(request: TRequest): Promise<PublishResponse<TRequest>>;
  /** Delivers nothing until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface QueueResponse {
  createdAt: number;
  updatedAt: number;
  name: string;
  parallelism: number;
  /** How many messages wait. */
  lag: number;
  paused: boolean;
}

export type CreateScheduleRequest = DeliveryOptions & {
  /** A URL, or the name of a group of URLs. */
  destination: string;
  /** When: a cron expression, in UTC unless it begins with `CRON_TZ=…`. */
  cron: string;
  body?: QStashBody;
  /** Its id: an existing one is changed. */
  scheduleId?: string;
  /** The queue that its messages go through. */
  queueName?: string;
};

export interface Schedule {
  scheduleId: string;
  cron: string;
  /** In ms since the epoch. */
  createdAt: number;
  destination: string;
  method: string;
  header?: Record<string, string[]>;
  body?: string;
  bodyBase64?: string;
  retries: number;
  retryDelayExpression?: string;
  delay?: number;
  callback?: string;
  failureCallback?: string;
  isPaused: boolean;
  queueName?: string;
  flowControlKey?: string;
  parallelism?: number;
  rate?: number;
  /** @deprecated The old name of `rate`. */
  ratePerSecond?: number;
  period?: number;
  /** @deprecated The first of `labels`. */
  label?: string;
  labels?: string[];
  lastScheduleTime?: number;
  nextScheduleTime?: number;
  /** The states of its last messages, by their ids. */
  lastScheduleStates?: Record<string, 'IN_PROGRESS' | 'SUCCESS' | 'FAIL'>;
  callerIp?: string;
  callerIP?: string;
}

/** Messages that are sent again and again. */
export interface QStashSchedules {
  create(request: CreateScheduleRequest): Promise<{ scheduleId: string }>;
  get(scheduleId: string): Promise<Schedule>;
  list(): Promise<Schedule[]>;
  delete(scheduleId: string): Promise<void>;
  pause(request: { schedule: string }): Promise<void>;
  resume(request: { schedule: string }): Promise<void>;
}

export interface Endpoint {
  name?: string;
  url: string;
}
export interface AddEndpointsRequest {
  /** Letters, digits, hyphens, underscores and dots. */
  name: string;
  endpoints: Endpoint[];
}
export interface RemoveEndpointsRequest {
  name: string;
  endpoints: ({ name: string; url?: string } | { name?: string; url: string })[];
}
export interface UrlGroup {
  createdAt: number;
  updatedAt: number;
  name: string;
  endpoints: Endpoint[];
}

/** Groups of URLs: what is sent to one goes to each of its URLs. */
export interface QStashUrlGroups {
  /** Makes the group if there is none. */
  addEndpoints(request: AddEndpointsRequest): Promise<void>;
  removeEndpoints(request: RemoveEndpointsRequest): Promise<void>;
  list(): Promise<UrlGroup[]>;
  get(name: string): Promise<UrlGroup>;
  delete(name: string): Promise<void>;
}

/** A message as QStash has it. Moments are in ms since the epoch. */
export interface Message {
  messageId: string;
  urlGroup?: string;
  /** @deprecated The old name of `urlGroup`. */
  topicName?: string;
  url: string;
  endpointName?: string;
  api?: string;
  method?: HTTPMethods;
  header?: Record<string, string[]>;
  body?: string;
  /** The body, where it is not UTF-8. */
  bodyBase64?: string;
  maxRetries?: number;
  retryDelayExpression?: string;
  notBefore?: number;
  createdAt: number;
  callback?: string;
  failureCallback?: string;
  queueName?: string;
  scheduleId?: string;
  callerIp?: string;
  flowControlKey: string;
  parallelism?: number;
  rate?: number;
  /** @deprecated The old name of `rate`. */
  ratePerSecond?: number;
  period?: number;
  /** @deprecated The first of `labels`. */
  label?: string;
  labels?: string[];
}

/** What can be filtered by: one value, or several of which one has to match. All that are given have to. */
interface Filters {
  /** In ms since the epoch, as is `toDate`. */
  fromDate?: Date | number;
  toDate?: Date | number;
  callerIp?: OneOrMore<string>;
  label?: OneOrMore<string>;
  flowControlKey?: OneOrMore<string>;
  url?: OneOrMore<string>;
  urlGroup?: OneOrMore<string>;
  scheduleId?: OneOrMore<string>;
  queueName?: OneOrMore<string>;
}
interface HostFilters extends Filters {
  host?: OneOrMore<string>;
  path?: OneOrMore<string>;
}
interface DlqFilters extends Filters {
  messageId?: string;
  responseStatus?: OneOrMore<number>;
}

/** Which messages are cancelled. `all` has to be said: a filter that filters nothing rejects. */
export type MessageCancelFilters =
  | { messageIds: string[]; filter?: never; all?: never; count?: never }
  | { filter: AtLeastOne<HostFilters>; messageIds?: never; all?: never; count?: number }
  | { all: true; messageIds?: never; filter?: never; count?: number };

/** Messages that are there. */
export interface QStashMessages {
  get(messageId: string): Promise<Message>;
  cancel(request: OneOrMore<string> | MessageCancelFilters): Promise<{ cancelled: number }>;
  /** @deprecated `cancel` does it. */
  delete(messageId: string): Promise<void>;
  /** @deprecated `cancel` does it. */
  deleteMany(messageIds: string[]): Promise<number>;
  /** @deprecated `cancel({ all: true })` does it. */
  deleteAll(): Promise<number>;
}

export type State = 'CREATED' | 'ACTIVE' | 'DELIVERED' | 'ERROR' | 'RETRY' | 'FAILED' | 'CANCELED' | 'IN_PROGRESS';

/** Something that happened to a message. */
export interface Log {
  /** In ms since the epoch. */
  time: number;
  state: State;
  messageId: string;
  nextDeliveryTime?: number;
  error?: string;
  url: string;
  urlGroup?: string;
  /** @deprecated The old name of `urlGroup`. */
  topicName?: string;
  endpointName?: string;
  header?: Record<string, string>;
  body?: string;
  /** @deprecated The first of `labels`. */
  label?: string;
  labels?: string[];
}

/** Which logs. `cursor` is that of the answer before. */
export type LogsRequest = { count?: number } & (
  | { messageIds: string[]; filter?: never; cursor?: never }
  | {
      messageIds?: never;
      cursor?: string | number;
      filter?: HostFilters & { state?: State; messageId?: string; topicName?: string; count?: number };
    }
);

export interface GetLogsResponse {
  /** There are more where it is set. */
  cursor?: string;
  logs: Log[];
  /** @deprecated The old name of `logs`. */
  events: Log[];
}

/** A message that could not be delivered, and the last answer to it. */
export interface DlqMessage extends Message {
  dlqId: string;
  responseStatus?: number;
  responseHeader?: Record<string, string[]>;
  responseBody?: string;
  /** The body, where it is not UTF-8. */
  responseBodyBase64?: string;
}

/** Which messages of the DLQ are changed, 100 at a time unless `count` says another number. */
export type DLQBulkActionFilters =
  | { dlqIds: OneOrMore<string>; filter?: never; all?: never; count?: never; cursor?: never }
  | { filter: AtLeastOne<DlqFilters>; dlqIds?: never; all?: never; count?: number; cursor?: string }
  | { all: true; dlqIds?: never; filter?: never; count?: number; cursor?: string };

/** Messages that could not be delivered. Where an answer has a `cursor`, there are more. */
export interface QStashDLQ {
  listMessages(
    request?: { count?: number } & (
      | { dlqIds: OneOrMore<string>; filter?: never; cursor?: never }
      | { dlqIds?: never; filter?: DlqFilters; cursor?: string }
    ),
  ): Promise<{ messages: DlqMessage[]; cursor?: string }>;
  delete(request: OneOrMore<string> | DLQBulkActionFilters): Promise<{ deleted: number; cursor?: string }>;
  /** @deprecated `delete` does it. */
  deleteMany(request: { dlqIds: string[] }): Promise<{ deleted: number; cursor?: string }>;
  /** Sends them again. */
  retry(request: OneOrMore<string> | DLQBulkActionFilters): Promise<{ responses: { messageId: string }[]; cursor?: string }>;
}

export interface FlowControlInfo {
  flowControlKey: string;
  /** How many messages wait. */
  waitListSize: number;
  parallelismMax: number;
  parallelismCount: number;
  rateMax: number;
  rateCount: number;
  /** In seconds. */
  ratePeriod: number;
  ratePeriodStart: number;
  isPaused: boolean;
  isPinnedParallelism: boolean;
  isPinnedRate: boolean;
}

/** What is known of the keys of flow control, and what they are told. */
export interface QStashFlowControl {
  get(key: string): Promise<FlowControlInfo>;
  getGlobalParallelism(): Promise<{ parallelismMax: number; parallelismCount: number }>;
  /** Delivers nothing with this key until `resume`. */
  pause(key: string): Promise<void>;
  resume(key: string): Promise<void>;
  /** Whatever messages say, this holds. `period` is in seconds. */
  pin(key: string, options: { parallelism?: number; rate?: number; period?: number }): Promise<void>;
  unpin(key: string, options: { parallelism?: boolean; rate?: boolean }): Promise<void>;
  /** Begins a new period. */
  resetRate(key: string): Promise<void>;
}

/**
 * A client for QStash, in the place of `Client` of @upstash/qstash: messages that Upstash delivers by HTTP, later, again
 * where it fails, on a schedule, or to many.
 *
 * Calls reject with a `QstashError` whose `code` is `E_QSTASH` (QStash refused; `status` has the HTTP status),
 * `E_QSTASH_RATELIMIT` or `E_QSTASH_DAILY_RATELIMIT` (429), `E_QSTASH_CALL` or `E_QSTASH_EMPTY_ARRAY` (a call that can't be
 * made: nothing was sent), `E_NETWORK`, `E_TIMEOUT`, `E_PROTOCOL` (an answer that is none of QStash's) or `E_CONFIG` (no
 * token).
 */
declare class QStash {
  /** Throws `E_CONFIG` for an option that can't be. Without a token it warns, and each call rejects. */
  constructor(config?: QStashConfig);
  readonly urlGroups: QStashUrlGroups;
  /** @deprecated The old name of `urlGroups`. */
  readonly topics: QStashUrlGroups;
  readonly dlq: QStashDLQ;
  readonly messages: QStashMessages;
  readonly schedules: QStashSchedules;
  readonly flowControl: QStashFlowControl;
  queue(request?: QueueRequest): QStashQueue;
  /** Sends a message: to a URL, or to each URL of a group. */
  publish<TRequest extends PublishRequest>(request: TRequest): Promise<PublishResponse<TRequest>>;
  /** Sends a message whose body becomes JSON. */
  publishJSON<TBody = unknown, TRequest extends PublishRequest<TBody> = PublishRequest<TBody>>(request: TRequest): Promise<PublishResponse<TRequest>>;
  /** Sends messages in one request. */
  batch(requests: PublishBatchRequest[]): Promise<PublishResponse<PublishRequest>[]>;
  /** Sends messages in one request whose bodies become JSON. */
  batchJSON<TBody = unknown, TRequest extends PublishBatchRequest<TBody> = PublishBatchRequest<TBody>>(requests: TRequest[]): Promise<PublishResponse<TRequest>[]>;
  /** What happened to messages, the newest first. */
  logs(request?: LogsRequest): Promise<GetLogsResponse>;
  /** @deprecated The old name of `logs`. */
  events(request?: LogsRequest): Promise<GetLogsResponse>;
}

export interface ReceiverConfig {
  /** `QSTASH_CURRENT_SIGNING_KEY` of the environment unless given. */
  currentSigningKey?: string | undefined;
  /** `QSTASH_NEXT_SIGNING_KEY` of the environment unless given. */
  nextSigningKey?: string | undefined;
  /** Not supported: `true` throws. */
  devMode?: boolean;
}

export interface VerifyRequest {
  /** The header `Upstash-Signature`. What is no text is refused. */
  signature: string | string[] | null | undefined;
  /** The body as it came, before anything parsed it. */
  body: string | ArrayBuffer | NodeJS.ArrayBufferView | undefined;
  /** Where QStash sent it to, as it was published. It is not compared unless given. */
  url?: string | URL | undefined;
  /** By how many seconds the clocks of QStash and this machine may differ. 0 unless given. */
  clockTolerance?: number;
  /** The header `Upstash-Region`, which says whose keys it is signed with where `QSTASH_REGION` is set. */
  upstashRegion?: string | string[] | undefined;
}

/** Tells whether a request is one of QStash's deliveries to you. */
declare class Receiver {
  constructor(config?: ReceiverConfig);
  /**
   * Resolves to true, or rejects: with a `SignatureError` (`E_QSTASH_SIGNATURE`) that says why it is none, or with `E_CONFIG`
   * where a key is missing.
   */
  verify(request: VerifyRequest): Promise<true>;
}

/** What went wrong; `code` is stable. */
export declare class QstashError extends Error {
  readonly code: string;
  /** The HTTP status, where QStash answered. */
  readonly status?: number;
}

/** More calls than the plan has at a time. What QStash said about it. */
export declare class QstashRatelimitError extends QstashError {
  readonly limit: string | null;
  readonly remaining: string | null;
  readonly reset: string | null;
}

/** More messages than the plan has for a day. */
export declare class QstashDailyRatelimitError extends QstashRatelimitError {}

/** An empty list where QStash would take it for everything. */
export declare class QstashEmptyArrayError extends QstashError {}

/** A request that is none of QStash's. */
export declare class SignatureError extends Error {
  readonly code: 'E_QSTASH_SIGNATURE';
}

// What is not marked or listed is not exported.
export { QStash, Receiver };
