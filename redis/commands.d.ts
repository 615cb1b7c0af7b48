// Made from redis/commands/*.json by `npm run build:commands`; changes belong there.

export type ArGrepPredicate = { /** The whole value. */ exact: string } | { /** A part of the value. */ match: string } | { /** A glob pattern. */ glob: string } | { /** A regular expression. */ re: string };

export type ArGrepOptions = { predicates: ArGrepPredicate[]; /** Whether one predicate is enough (the default) or all must hold. */ combine?: 'AND' | 'OR' | 'and' | 'or'; /** Takes capitals for small letters. */ noCase?: boolean; /** Gives the values as well. */ withValues?: boolean; /** The most places to give. */ limit?: number };

export type ArGrepResult<TData, TOpts extends ArGrepOptions> = TOpts extends { withValues: true } ? [index: string, value: TData][] : TOpts extends { withValues: false } ? string[] : 'withValues' extends keyof TOpts ? string[] | [index: string, value: TData][] : string[];

export type ArInfoResult = { /** One more than the last place that holds a value. */ len: string; /** Places that hold a value. */ count: number; /** Places in a slice. */ sliceSize: number; slices: number; directorySize: number; superDirEntries: number; /** Where `arinsert` would write next. */ nextInsertIndex: string; denseSlices?: number; sparseSlices?: number; avgDenseSize?: number; avgDenseFill?: number; avgSparseSize?: number };

export type ArOpKeyword = 'SUM' | 'MIN' | 'MAX' | 'AND' | 'OR' | 'XOR' | 'USED';

export type ArOpOperation<TData = string> = ArOpKeyword | Lowercase<ArOpKeyword> | { /** Counts the places that hold this. */ match: TData };

export type FunctionListArgs = { /** A glob pattern for the names of libraries. */ libraryName?: string; /** Gives the code as well. */ withCode?: boolean };

export type FunctionLoadArgs = { /** The source, which begins with `#!lua name=…`. */ code: string; /** Replaces a library of that name. */ replace?: boolean };

export type GeoMember<TMemberType> = { /** Degrees, from -180 to 180. */ longitude: number; /** Degrees, from -85.05 to 85.05. */ latitude: number; member: TMemberType };

export type GeoAddCommandOptions = { /** Only adds. */ nx?: boolean; xx?: never } | ({ nx?: never; /** Only moves. */ xx?: boolean } & { /** Counts the moved ones as well. */ ch?: boolean });

export type GeoUnit = 'M' | 'm' | 'KM' | 'km' | 'FT' | 'ft' | 'MI' | 'mi';

export type CenterPoint<TMemberType> = { type: 'FROMMEMBER' | 'frommember'; member: TMemberType } | { type: 'FROMLONLAT' | 'fromlonlat'; coordinate: { /** Degrees. */ lon: number; /** Degrees. */ lat: number } };

export type Shape = { type: 'BYRADIUS' | 'byradius'; radius: number; radiusType: GeoUnit } | { type: 'BYBOX' | 'bybox'; rect: { width: number; height: number }; rectType: GeoUnit };

export type GeoSearchCommandOptions = { count?: { /** The most to give. */ limit: number; /** Any so many, not the nearest. */ any?: boolean }; /** Gives the coordinates. */ withCoord?: boolean; /** Gives the distance from the centre. */ withDist?: boolean; /** Gives the hash as a number. */ withHash?: boolean };

export type GeoSearchResponse<TOptions, TMemberType> = ({ member: TMemberType } & (TOptions extends { withCoord?: true } ? { coord: { long: number; lat: number } } : {}) & (TOptions extends { withDist?: true } ? { dist: number } : {}) & (TOptions extends { withHash?: true } ? { hash: string } : {}))[];

export type GeoSearchStoreCommandOptions = { count?: { /** The most to store. */ limit: number; /** Any so many, not the nearest. */ any?: boolean }; /** Stores the distances as scores. */ storeDist?: boolean };

export type ExpireOption = /** Only where there is no expiry yet. */ 'NX' | 'nx' | /** Only where there is an expiry already. */ 'XX' | 'xx' | /** Only where the new expiry is later than the one there; none counts as never. */ 'GT' | 'gt' | /** Only where the new expiry is earlier than the one there; none counts as never. */ 'LT' | 'lt';

export type HGetExCommandOptions = { /** The fields expire in so many seconds. */ ex: number; px?: never; exat?: never; pxat?: never; persist?: never } | { ex?: never; /** The fields expire in so many milliseconds. */ px: number; exat?: never; pxat?: never; persist?: never } | { ex?: never; px?: never; /** The fields expire at this time, in seconds since 1970. */ exat: number; pxat?: never; persist?: never } | { ex?: never; px?: never; exat?: never; /** The fields expire at this time, in milliseconds since 1970. */ pxat: number; persist?: never } | { ex?: never; px?: never; exat?: never; pxat?: never; /** The fields expire no longer. */ persist: true };

export type ScanCommandOptions = { /** Only names that fit this glob pattern, such as `user:*`. */ match?: string; /** About how many entries one call looks at, 10 where not given. */ count?: number; /** Only keys of this type, such as `hash`; only for `scan`. */ type?: string; /** Gives names alone. */ withType?: false } | { /** Only names that fit this glob pattern, such as `user:*`. */ match?: string; /** About how many entries one call looks at, 10 where not given. */ count?: number; /** Only keys of this type, such as `hash`; only for `scan`. */ type?: string; /** Gives the type of each key with its name; only for `scan`. */ withType: true };

export type HSetExCommandOptions = { /** Sets them only where none of the fields exists (`fnx`), or only where all of them do (`fxx`). */ conditional?: 'FNX' | 'fnx' | 'FXX' | 'fxx'; /** When the fields expire. */ expiration?: { /** The fields expire in so many seconds. */ ex: number; px?: never; exat?: never; pxat?: never; keepttl?: never } | { ex?: never; /** The fields expire in so many milliseconds. */ px: number; exat?: never; pxat?: never; keepttl?: never } | { ex?: never; px?: never; /** The fields expire at this time, in seconds since 1970. */ exat: number; pxat?: never; keepttl?: never } | { ex?: never; px?: never; exat?: never; /** The fields expire at this time, in milliseconds since 1970. */ pxat: number; keepttl?: never } | { ex?: never; px?: never; exat?: never; pxat?: never; /** Keeps the expiry the fields have. */ keepttl: true } | { ex?: never; px?: never; exat?: never; pxat?: never; keepttl?: never } };

export type JsonGetCommandOptions = { /** Put before each level. */ indent?: string; /** Put at the end of each line. */ newline?: string; /** Put between a name and its value. */ space?: string };

export type ClientSetInfoAttribute = 'LIB-NAME' | 'lib-name' | 'LIB-VER' | 'lib-ver';

export type Type = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | 'none';

export type LPosCommandOptions = { /** Which match to begin with: 1 is the first, 2 the second; negative ones search from the end. */ rank?: number; /** Gives so many positions as an array; 0 gives all. */ count?: number; /** Compares at most so many elements; 0 compares all. */ maxLen?: number };

export type ScriptFlushCommandOptions = { /** Waits until they are forgotten. */ sync: true; async?: never } | { sync?: never; /** Forgets them later. */ async: true } | { sync?: never; async?: never };

export type SInterCardCommandOptions = { /** Stops counting at so many members; 0 counts all. */ limit?: number };

export type XAckDelOption = 'KEEPREF' | 'keepref' | 'DELREF' | 'delref' | 'ACKED' | 'acked';

export type XAddCommandOptions = { /** Does not make a stream that is not there. */ nomkStream?: boolean; /** Drops old entries. */ trim?: ({ /** Keeps so many entries. */ type: 'MAXLEN' | 'maxlen'; threshold: number } | { /** Keeps entries from this id on. */ type: 'MINID' | 'minid'; threshold: string }) & ({ /** Roughly, which is quicker. */ comparison: '~'; /** The most entries to drop. */ limit?: number } | { /** Exactly. */ comparison: '='; limit?: never }) };

export type XClaimCommandOptions = { /** Counts as unused for so many milliseconds. */ idleMS?: number; /** Counts as unused since this time, in milliseconds since 1970. */ timeMS?: number; /** How often it counts as delivered. */ retryCount?: number; /** Also where no consumer has it. */ force?: boolean; /** Gives ids without contents. */ justId?: boolean; /** Sets the last id of the group, where that is greater. */ lastId?: number };

export type XDelExOption = 'KEEPREF' | 'keepref' | 'DELREF' | 'delref' | 'ACKED' | 'acked';

export type XGroupCommandType = { type: 'CREATE'; group: string; /** Where it begins: an id, or `$` for the end. */ id: `$` | string; options?: { /** Makes a stream that is not there. */ MKSTREAM?: boolean; ENTRIESREAD?: number } } | { type: 'CREATECONSUMER'; group: string; consumer: string } | { type: 'DELCONSUMER'; group: string; consumer: string } | { type: 'DESTROY'; group: string } | { type: 'SETID'; group: string; id: `$` | string; options?: { ENTRIESREAD?: number } };

export type XGroupReturnType<T extends XGroupCommandType> = T['type'] extends 'CREATE' | 'SETID' ? string : T['type'] extends 'CREATECONSUMER' | 'DESTROY' ? 0 | 1 : T['type'] extends 'DELCONSUMER' ? number : never;

export type XTrimOptions = { /** Keeps so many entries, or entries from an id on. */ strategy: 'MAXLEN' | 'MINID'; /** Roughly (`~`, the default), which is quicker, or exactly. */ exactness?: '~' | '='; /** The count or the id. */ threshold: number | string; /** The most entries to drop. */ limit?: number };

export type GetExCommandOptions = { /** Expires in so many seconds. */ ex: number; px?: never; exat?: never; pxat?: never; persist?: never } | { ex?: never; /** Expires in so many milliseconds. */ px: number; exat?: never; pxat?: never; persist?: never } | { ex?: never; px?: never; /** Expires at this time, in seconds since 1970. */ exat: number; pxat?: never; persist?: never } | { ex?: never; px?: never; exat?: never; /** Expires at this time, in milliseconds since 1970. */ pxat: number; persist?: never } | { ex?: never; px?: never; exat?: never; pxat?: never; /** Expires no longer. */ persist: true } | { ex?: never; px?: never; exat?: never; pxat?: never; persist?: never };

export type SetCommandOptions = { /** Gives the value before instead of `'OK'`. */ get?: boolean } & ({ /** Expires in so many seconds. */ ex: number; px?: never; exat?: never; pxat?: never; keepTtl?: never } | { ex?: never; /** Expires in so many milliseconds. */ px: number; exat?: never; pxat?: never; keepTtl?: never } | { ex?: never; px?: never; /** Expires at this time, in seconds since 1970. */ exat: number; pxat?: never; keepTtl?: never } | { ex?: never; px?: never; exat?: never; /** Expires at this time, in milliseconds since 1970. */ pxat: number; keepTtl?: never } | { ex?: never; px?: never; exat?: never; pxat?: never; /** Keeps the expiry the key has. */ keepTtl: true } | { ex?: never; px?: never; exat?: never; pxat?: never; keepTtl?: never }) & ({ /** Only where the key does not exist. */ nx: true; xx?: never } | { nx?: never; /** Only where the key exists. */ xx: true } | { nx?: never; xx?: never });

export type ScoreMember<TData> = { score: number; member: TData };

export type ZAddCommandOptions = ({ /** Only adds. */ nx: true; xx?: never } | { nx?: never; /** Only updates. */ xx: true } | { nx?: never; xx?: never }) & { /** Counts the changed ones as well. */ ch?: true } & ({ /** Only where the score becomes less. */ lt: true; gt?: never } | { lt?: never; /** Only where the score becomes greater. */ gt: true } | { lt?: never; gt?: never }) & { /** Adds to the score instead of setting it, and gives the new one. */ incr?: true };

export type ZStoreCommandOptions = { /** How the scores of a member that is in several are made one; the sum unless given. */ aggregate?: 'sum' | 'min' | 'max' } & ({ /** What the scores of the one key are multiplied by. */ weight: number; weights?: never } | { weight?: never; /** What the scores of each key are multiplied by, in the order of the keys. */ weights: number[] } | { weight?: never; weights?: never });

export type ZRangeCommandOptions = { /** Gives the scores as well, after each member. */ withScores?: boolean; /** From the last to the first. */ rev?: boolean } & ({ /** `min` and `max` are scores. */ byScore: true; byLex?: never } | { byScore?: never; /** `min` and `max` are members. */ byLex: true } | { byScore?: never; byLex?: never }) & ({ /** How many to leave out at the start. */ offset: number; /** How many to give. */ count: number } | { offset?: never; count?: never });

export type ZUnionCommandOptions = ZStoreCommandOptions & { /** Gives the scores as well, after each member. */ withScores?: boolean };

/** What `redis.raw` gives for a reply: its strings as they are stored. */
export type RawReply = Buffer | number | string | bigint | null | RawReply[];

/** The commands, each sent when it is called. */
export interface Commands {
  /**
   * Counts the places of an array that hold a value.
   *
   * Complexity: O(1).
   *
   * @returns How many hold one; `0` where the key does not exist.
   */
  arcount(key: string): Promise<number>;
  /**
   * Empties places of an array.
   *
   * Complexity: O(N), N: places.
   *
   * @returns How many of them held a value.
   */
  ardel(key: string, ...indexes: (number | string)[]): Promise<number>;
  /**
   * Empties ranges of places of an array.
   *
   * Complexity: O(N), N: places.
   *
   * @returns How many of them held a value.
   */
  ardelrange(key: string, ...ranges: [start: number | string, end: number | string][]): Promise<number>;
  /**
   * Reads one place of an array.
   *
   * Complexity: O(1).
   *
   * @returns The value, or `null` where there is none.
   */
  arget<TData = string>(key: string, index: number | string): Promise<TData | null>;
  /**
   * Reads a range of places of an array.
   *
   * Complexity: O(N), N: places.
   *
   * @returns The values, `null` for empty places.
   */
  argetrange<TData = string>(key: string, start: number | string, end: number | string): Promise<(TData | null)[]>;
  /**
   * Finds the places of an array whose values match; `-` and `+` are its ends.
   *
   * Complexity: O(N), N: places.
   *
   * @returns The places as text, with their values where `withValues` is set.
   */
  argrep<TData = string, TOpts extends ArGrepOptions = ArGrepOptions>(key: string, start: number | string, end: number | string, opts: TOpts): Promise<ArGrepResult<TData, TOpts>>;
  /**
   * Tells how an array is kept in memory.
   *
   * Complexity: O(1), with `full` O(N), N: slices.
   *
   * @returns Its measures; rejects where the key does not exist.
   */
  arinfo(key: string, opts?: { /** Looks at the whole array for statistics. */ full?: boolean }): Promise<ArInfoResult>;
  /**
   * Writes values one after the other, from where the last such call ended.
   *
   * Complexity: O(N), N: values.
   *
   * @returns The place of the last one, as text.
   */
  arinsert<TData>(key: string, ...values: TData[]): Promise<string>;
  /**
   * Reads what was written last.
   *
   * Complexity: O(N), N: values.
   *
   * @returns The values.
   */
  arlastitems<TData = string>(key: string, count: number, opts?: { /** The newest first. */ rev?: boolean }): Promise<(TData | null)[]>;
  /**
   * Tells how far an array reaches.
   *
   * Complexity: O(1).
   *
   * @returns One more than the last place that holds a value, as text.
   */
  arlen(key: string): Promise<string>;
  /**
   * Reads places of an array.
   *
   * Complexity: O(N), N: places.
   *
   * @returns The values, `null` for empty places.
   */
  armget<TData = string>(key: string, ...indexes: (number | string)[]): Promise<(TData | null)[]>;
  /**
   * Writes values to places of an array.
   *
   * Complexity: O(N), N: values.
   *
   * @returns How many places held none before.
   */
  armset<TData>(key: string, values: Record<number | string, TData> | [index: number | string, value: TData][]): Promise<number>;
  /**
   * Tells where `arinsert` would write next.
   *
   * Complexity: O(1).
   *
   * @returns The place as text, or `null` where there is none left.
   */
  arnext(key: string): Promise<string | null>;
  /**
   * Makes one number of a range of an array.
   *
   * Complexity: O(N), N: places.
   *
   * @returns The number, or `null` where there is nothing to count.
   */
  arop<TData = string>(key: string, start: number | string, end: number | string, operation: ArOpOperation<TData>): Promise<number | null>;
  /**
   * Writes values one after the other into a ring of `size` places.
   *
   * Complexity: O(N), N: values.
   *
   * @returns The place of the last one, as text.
   */
  arring<TData>(key: string, size: number, ...values: TData[]): Promise<string>;
  /**
   * Reads the places of a range that hold a value.
   *
   * Complexity: O(N), N: places.
   *
   * @returns The places as text, with their values.
   */
  arscan<TData = string>(key: string, start: number | string, end: number | string, opts?: { /** The most places to give. */ limit?: number }): Promise<[index: string, value: TData][]>;
  /**
   * Sets where `arinsert` writes next.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key does not exist.
   */
  arseek(key: string, index: number | string): Promise<0 | 1>;
  /**
   * Writes values one after the other from a place on.
   *
   * Complexity: O(N), N: values.
   *
   * @returns How many places held none before.
   */
  arset<TData>(key: string, index: number | string, ...values: TData[]): Promise<number>;
  /**
   * Adds places, or moves those that are there.
   *
   * Complexity: O(log N) for each, N: places.
   *
   * @returns How many were added, with `ch` moved as well.
   */
  geoadd<TData>(key: string, member: GeoMember<TData> | GeoAddCommandOptions, ...members: GeoMember<TData>[]): Promise<number | null>;
  /**
   * Tells how far apart two places are, in metres unless told otherwise.
   *
   * Complexity: O(1).
   *
   * @returns The distance, or `null` where one is not there.
   */
  geodist<TData = string>(key: string, member1: TData, member2: TData, unit?: GeoUnit): Promise<number | null>;
  /**
   * Reads the geohash of places.
   *
   * Complexity: O(1) for each.
   *
   * @returns A text of 11 characters for each, `null` for those that are not there.
   */
  geohash<TData = string>(key: string, ...members: TData[] | TData[][]): Promise<(string | null)[]>;
  /**
   * Reads the coordinates of places.
   *
   * Complexity: O(1) for each.
   *
   * @returns The coordinates; places that are not there are left out.
   */
  geopos<TData = string>(key: string, ...members: TData[] | TData[][]): Promise<{ lng: number; lat: number }[]>;
  /**
   * Finds the places in a circle or a box.
   *
   * Complexity: O(N + log M), N: places around, M: places in the shape. Since Redis 6.2.
   *
   * @returns The places, nearest or farthest first, with what was asked for.
   */
  geosearch<TMemberType = string, TOptions extends GeoSearchCommandOptions = GeoSearchCommandOptions>(key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: TOptions): Promise<GeoSearchResponse<TOptions, TMemberType>>;
  /**
   * Finds the places in a circle or a box and stores them.
   *
   * Complexity: O(N + log M), N: places around, M: places in the shape. Since Redis 6.2.
   *
   * @returns How many were stored.
   */
  geosearchstore<TMemberType = string>(destination: string, key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: GeoSearchStoreCommandOptions): Promise<number>;
  /**
   * Removes fields from a hash; the key goes with its last field.
   *
   * Complexity: O(N), N: fields given.
   *
   * @returns How many fields were removed; with one field `1` where it was there, `0` where it was not.
   */
  hdel(key: string, ...fields: string[]): Promise<0 | 1>;
  /**
   * Tells whether a hash has a field.
   *
   * Complexity: O(1).
   *
   * @returns `1` where the field exists, `0` where it or the key does not.
   */
  hexists(key: string, field: string): Promise<number>;
  /**
   * Lets fields of a hash expire in so many seconds.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field `1` where the expiry was set, `0` where `option` kept it from being set, `2` where the field was deleted because `seconds` is 0, `-2` where the field or the key does not exist.
   */
  hexpire(key: string, fields: (string | number) | (string | number)[], seconds: number, option?: ExpireOption): Promise<(-2 | 0 | 1 | 2)[]>;
  /**
   * Lets fields of a hash expire at a time, in seconds since 1970.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field `1` where the expiry was set, `0` where `option` kept it from being set, `2` where the field was deleted because the time has passed, `-2` where the field or the key does not exist.
   */
  hexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Promise<(-2 | 0 | 1 | 2)[]>;
  /**
   * Tells at what time fields of a hash expire, in seconds since 1970.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field the time in seconds since 1970, `-1` where it has no expiry, `-2` where the field or the key does not exist.
   */
  hexpiretime(key: string, fields: (string | number) | (string | number)[]): Promise<number[]>;
  /**
   * Reads a field of a hash.
   *
   * Complexity: O(1).
   *
   * @returns The value, parsed where it is JSON, or `null` where the field or the key does not exist.
   */
  hget<TData>(key: string, field: string): Promise<TData | null>;
  /**
   * Reads a whole hash.
   *
   * Complexity: O(N), N: fields of the hash.
   *
   * @returns An object of all fields and their values, or `null` where the key does not exist.
   */
  hgetall<TData extends Record<string, unknown>>(key: string): Promise<TData | null>;
  /**
   * Reads fields of a hash and removes them; the key goes with its last field.
   *
   * Complexity: O(N), N: fields given. Since Redis 8.0.
   *
   * @returns An object of the fields and the values they had, `null` for each that did not exist; `null` as a whole where none existed.
   */
  hgetdel<TData extends Record<string, unknown>>(key: string, ...fields: (string | number)[]): Promise<TData | null>;
  /**
   * Reads fields of a hash and sets or removes their expiry.
   *
   * Complexity: O(N), N: fields given. Since Redis 8.0.
   *
   * @returns An object of the fields and their values, `null` for each that does not exist; `null` as a whole where none exists.
   */
  hgetex<TData extends Record<string, unknown>>(key: string, opts: HGetExCommandOptions, ...fields: (string | number)[]): Promise<TData | null>;
  /**
   * Adds `increment` to a whole number in a field of a hash; a field that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now. Beyond 2^53 it comes as text, or as a BigInt with `bigIntegers: 'bigint'`.
   */
  hincrby(key: string, field: string, increment: number | bigint): Promise<number>;
  /**
   * Adds `increment`, which may have decimals, to a number in a field of a hash; a field that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now; as text where a JavaScript number would print otherwise than Redis does.
   */
  hincrbyfloat(key: string, field: string, increment: number): Promise<number>;
  /**
   * Lists the names of all fields of a hash.
   *
   * Complexity: O(N), N: fields of the hash.
   *
   * @returns The names in no particular order; an empty array where the key does not exist.
   */
  hkeys(key: string): Promise<string[]>;
  /**
   * Counts the fields of a hash.
   *
   * Complexity: O(1).
   *
   * @returns How many fields there are; `0` where the key does not exist.
   */
  hlen(key: string): Promise<number>;
  /**
   * Reads several fields of a hash.
   *
   * Complexity: O(N), N: fields given.
   *
   * @returns An object of the fields and their values, `null` for each that does not exist; `null` as a whole where none exists.
   */
  hmget<TData extends Record<string, unknown>>(key: string, ...fields: string[]): Promise<TData | null>;
  /**
   * Sets fields of a hash, as `hset` does, but does not tell how many are new.
   *
   * Complexity: O(N), N: fields given.
   *
   * @returns `'OK'`.
   */
  hmset<TData>(key: string, kv: Record<string, TData>): Promise<'OK'>;
  /**
   * Removes the expiry of fields of a hash.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field `1` where its expiry was removed, `-1` where it had none, `-2` where the field or the key does not exist.
   */
  hpersist(key: string, fields: (string | number) | (string | number)[]): Promise<(-2 | -1 | 1)[]>;
  /**
   * Lets fields of a hash expire in so many milliseconds.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field `1` where the expiry was set, `0` where `option` kept it from being set, `2` where the field was deleted because `milliseconds` is 0, `-2` where the field or the key does not exist.
   */
  hpexpire(key: string, fields: (string | number) | (string | number)[], milliseconds: number, option?: ExpireOption): Promise<(-2 | 0 | 1 | 2)[]>;
  /**
   * Lets fields of a hash expire at a time, in milliseconds since 1970.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field `1` where the expiry was set, `0` where `option` kept it from being set, `2` where the field was deleted because the time has passed, `-2` where the field or the key does not exist.
   */
  hpexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Promise<(-2 | 0 | 1 | 2)[]>;
  /**
   * Tells at what time fields of a hash expire, in milliseconds since 1970.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field the time in milliseconds since 1970, `-1` where it has no expiry, `-2` where the field or the key does not exist.
   */
  hpexpiretime(key: string, fields: (string | number) | (string | number)[]): Promise<number[]>;
  /**
   * Tells how many milliseconds fields of a hash have left.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field the milliseconds left, `-1` where it has no expiry, `-2` where the field or the key does not exist.
   */
  hpttl(key: string, fields: (string | number) | (string | number)[]): Promise<number[]>;
  /**
   * Picks fields of a hash at random; a negative `count` may pick the same one several times.
   *
   * Complexity: O(N), N: fields returned. Since Redis 6.2.
   *
   * @returns One name, or `null` where the key does not exist; with `count` an array of names, empty where the key does not exist; with `withValues` an object of fields and values, or `null` where the key does not exist.
   */
  hrandfield(key: string): Promise<string | null>;
  /**
   * Picks fields of a hash at random; a negative `count` may pick the same one several times.
   *
   * Complexity: O(N), N: fields returned. Since Redis 6.2.
   *
   * @returns One name, or `null` where the key does not exist; with `count` an array of names, empty where the key does not exist; with `withValues` an object of fields and values, or `null` where the key does not exist.
   */
  hrandfield(key: string, count: number): Promise<string[]>;
  /**
   * Picks fields of a hash at random; a negative `count` may pick the same one several times.
   *
   * Complexity: O(N), N: fields returned. Since Redis 6.2.
   *
   * @returns One name, or `null` where the key does not exist; with `count` an array of names, empty where the key does not exist; with `withValues` an object of fields and values, or `null` where the key does not exist.
   */
  hrandfield<TData extends Record<string, unknown>>(key: string, count: number, withValues: boolean): Promise<Partial<TData>>;
  /**
   * Goes through the fields of a hash part by part; begins with cursor 0 and goes on with the one it gave.
   *
   * Complexity: O(1) a call, O(N) to the end, N: fields of the hash.
   *
   * @returns The next cursor, `'0'` at the end, and an array of fields and values by turns.
   */
  hscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<[string, (string | number)[]]>;
  /**
   * Sets fields of a hash; a key that does not exist becomes one.
   *
   * Complexity: O(N), N: fields given.
   *
   * @returns How many of the fields are new; those that got another value do not count.
   */
  hset<TData>(key: string, kv: Record<string, TData>): Promise<number>;
  /**
   * Sets fields of a hash together with their expiry.
   *
   * Complexity: O(N), N: fields given. Since Redis 8.0.
   *
   * @returns `1` where all were set, `0` where `conditional` kept them from being set.
   */
  hsetex<TData>(key: string, opts: HSetExCommandOptions, kv: Record<string, TData>): Promise<number>;
  /**
   * Sets a field of a hash where it does not exist.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the field existed.
   */
  hsetnx<TData>(key: string, field: string, value: TData): Promise<0 | 1>;
  /**
   * Tells how long the value of a field of a hash is.
   *
   * Complexity: O(1).
   *
   * @returns The length in bytes; `0` where the field or the key does not exist.
   */
  hstrlen(key: string, field: string): Promise<number>;
  /**
   * Tells how many seconds fields of a hash have left.
   *
   * Complexity: O(N), N: fields given. Since Redis 7.4.
   *
   * @returns For each field the seconds left, `-1` where it has no expiry, `-2` where the field or the key does not exist.
   */
  httl(key: string, fields: (string | number) | (string | number)[]): Promise<number[]>;
  /**
   * Lists the values of all fields of a hash.
   *
   * Complexity: O(N), N: fields of the hash.
   *
   * @returns An array of the values, parsed where they are JSON, in no particular order; an empty one where the key does not exist.
   */
  hvals<TData extends unknown[]>(key: string): Promise<TData>;
  /**
   * Counts elements into a HyperLogLog, which estimates how many different ones it has seen.
   *
   * Complexity: O(N), N: elements given.
   *
   * @returns `1` where the estimate may have changed or the key is new, `0` where nothing changed.
   */
  pfadd(key: string, ...elements: unknown[]): Promise<number>;
  /**
   * Estimates how many different elements a HyperLogLog has seen, or several taken together.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns The estimate, off by about 0.81 % as a rule; `0` where no key exists.
   */
  pfcount(key: string, ...keys: string[]): Promise<number>;
  /**
   * Merges HyperLogLogs into `destination`, together with what it already counts.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns `'OK'`.
   */
  pfmerge(destination: string, ...sources: string[]): Promise<'OK'>;
  /**
   * Tells Redis the name or the version of the library that asks.
   *
   * Complexity: O(1). Since Redis 7.2.
   *
   * @returns `'OK'`.
   */
  clientSetinfo(attribute: ClientSetInfoAttribute, value: string): Promise<string>;
  /**
   * Copies a key with its value and its expiry.
   *
   * Complexity: O(N), N: items of the value. Since Redis 6.2.
   *
   * @returns `'COPIED'`, or `'NOT_COPIED'` where there is nothing to copy or something in its place.
   */
  copy(key: string, destinationKey: string, opts?: { /** Overwrites a key that exists. */ replace: boolean }): Promise<'COPIED' | 'NOT_COPIED'>;
  /**
   * Counts the keys of the database.
   *
   * Complexity: O(1).
   *
   * @returns How many keys there are.
   */
  dbsize(): Promise<number>;
  /**
   * Deletes keys.
   *
   * Complexity: O(N), N: keys and the items in them.
   *
   * @returns How many of them existed.
   */
  del(...keys: string[]): Promise<number>;
  /**
   * Sends a text back.
   *
   * Complexity: O(1).
   *
   * @returns The text.
   */
  echo(message: string): Promise<string>;
  /**
   * Runs any command, given word by word as in a terminal.
   *
   * Complexity: that of the command.
   *
   * @returns The reply, parsed where it is JSON.
   */
  exec<TResult>(args: readonly (string | number | boolean | bigint | Uint8Array)[]): Promise<TResult>;
  /**
   * Counts which of the keys exist; one named twice counts twice.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns How many exist.
   */
  exists(...keys: string[]): Promise<number>;
  /**
   * Lets a key expire in so many seconds.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key does not exist or the option kept it from being set.
   */
  expire(key: string, seconds: number, option?: ExpireOption): Promise<0 | 1>;
  /**
   * Lets a key expire at a time, in seconds since 1970.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key does not exist or the option kept it from being set.
   */
  expireat(key: string, unix: number, option?: ExpireOption): Promise<0 | 1>;
  /**
   * Deletes every key of every database.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns `'OK'`.
   */
  flushall(options?: { async?: boolean } | [{ /** Frees the memory later. */ async?: boolean }]): Promise<'OK'>;
  /**
   * Deletes every key of the database.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns `'OK'`.
   */
  flushdb(opts?: { /** Frees the memory later. */ async?: boolean }): Promise<'OK'>;
  /**
   * Finds every key that matches a glob pattern, and keeps Redis busy meanwhile; `scan` does not.
   *
   * Complexity: O(N), N: keys of the database.
   *
   * @returns The keys.
   */
  keys(pattern: string): Promise<string[]>;
  /**
   * Removes the expiry of a key.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it had one, `0` otherwise.
   */
  persist(key: string): Promise<0 | 1>;
  /**
   * Lets a key expire in so many milliseconds.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key does not exist or the option kept it from being set.
   */
  pexpire(key: string, ms: number, option?: ExpireOption): Promise<0 | 1>;
  /**
   * Lets a key expire at a time, in milliseconds since 1970.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key does not exist or the option kept it from being set.
   */
  pexpireat(key: string, unix: number, option?: ExpireOption): Promise<0 | 1>;
  /**
   * Asks whether Redis is there.
   *
   * Complexity: O(1).
   *
   * @returns `'PONG'`, or the message.
   */
  ping(args?: string | [message?: string]): Promise<string>;
  /**
   * Tells when a key expires.
   *
   * Complexity: O(1).
   *
   * @returns Milliseconds left; `-1` where it does not expire, `-2` where it does not exist.
   */
  pttl(key: string): Promise<number>;
  /**
   * Picks a key by chance.
   *
   * Complexity: O(1).
   *
   * @returns A key, or `null` where there is none.
   */
  randomkey(): Promise<string | null>;
  /**
   * Renames a key; one that has the new name is gone.
   *
   * Complexity: O(1).
   *
   * @returns `'OK'`; rejects where the key does not exist.
   */
  rename(source: string, destination: string): Promise<'OK'>;
  /**
   * Renames a key where no other has the new name.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was renamed, `0` where the name is taken.
   */
  renamenx(source: string, destination: string): Promise<0 | 1>;
  /**
   * Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`.
   *
   * Complexity: O(1) a call, O(N) for all, N: keys of the database.
   *
   * @returns The next cursor and some keys, with their types where `withType` is set.
   */
  scan(cursor: string | number): Promise<[cursor: string, keys: string[]]>;
  /**
   * Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`.
   *
   * Complexity: O(1) a call, O(N) for all, N: keys of the database.
   *
   * @returns The next cursor and some keys, with their types where `withType` is set.
   */
  scan<TOptions extends ScanCommandOptions>(cursor: string | number, opts: TOptions): Promise<TOptions extends { withType: true } ? [cursor: string, keys: { key: string; type: string }[]] : [cursor: string, keys: string[]]>;
  /**
   * Tells the time of the server.
   *
   * Complexity: O(1).
   *
   * @returns Seconds since 1970, and microseconds of the current second.
   */
  time(): Promise<[seconds: number, microseconds: number]>;
  /**
   * Counts keys as just used.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns How many of them exist.
   */
  touch(...keys: string[]): Promise<number>;
  /**
   * Tells when a key expires.
   *
   * Complexity: O(1).
   *
   * @returns Seconds left; `-1` where it does not expire, `-2` where it does not exist.
   */
  ttl(key: string): Promise<number>;
  /**
   * Tells what a key holds.
   *
   * Complexity: O(1).
   *
   * @returns The type; `'none'` where the key does not exist.
   */
  type(key: string): Promise<Type>;
  /**
   * Deletes keys at once and frees their memory later.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns How many of them existed.
   */
  unlink(...keys: string[]): Promise<number>;
  /**
   * Reads an element of a list by its position; the first is 0, negative ones count from the end.
   *
   * Complexity: O(N), N: elements passed on the way; O(1) for the first and the last.
   *
   * @returns The element, parsed where it is JSON, or `null` where there is none at that position.
   */
  lindex<TData>(key: string, index: number): Promise<TData | null>;
  /**
   * Inserts a value before or after the first element that equals `pivot`.
   *
   * Complexity: O(N), N: elements up to `pivot`.
   *
   * @returns The length of the list now, `-1` where it has no such element, `0` where the key does not exist.
   */
  linsert<TData>(key: string, direction: 'before' | 'after', pivot: TData, value: TData): Promise<number>;
  /**
   * Tells how many elements a list has.
   *
   * Complexity: O(1).
   *
   * @returns The length; `0` where the key does not exist.
   */
  llen(key: string): Promise<number>;
  /**
   * Takes an element from one end of a list and puts it at an end of another or the same list.
   *
   * Complexity: O(1). Since Redis 6.2.
   *
   * @returns The element, or `null` where `source` does not exist.
   */
  lmove<TData = string>(source: string, destination: string, whereFrom: 'left' | 'right', whereTo: 'left' | 'right'): Promise<TData>;
  /**
   * Removes elements from an end of the first list among several keys that is not empty; one where `count` is not given.
   *
   * Complexity: O(N+M), N: keys, M: elements returned. Since Redis 7.0.
   *
   * @returns The key of that list and an array of the elements, or `null` where none of the keys exists.
   */
  lmpop<TData>(numkeys: number, keys: string[], direction: 'LEFT' | 'RIGHT', count?: number): Promise<[string, TData[]] | null>;
  /**
   * Removes the first element of a list, or the first `count`.
   *
   * Complexity: O(N), N: elements returned.
   *
   * @returns The element, with `count` an array of elements, or `null` where the key does not exist.
   */
  lpop<TData>(key: string, count?: number): Promise<TData | null>;
  /**
   * Finds the position of an element in a list.
   *
   * Complexity: O(N), N: elements of the list, or `maxLen`.
   *
   * @returns The position, counted from 0, or `null` where there is no match; with `count` an array of positions, empty where there is no match.
   */
  lpos<TData = number>(key: string, element: unknown, opts?: LPosCommandOptions): Promise<TData>;
  /**
   * Puts elements at the beginning of a list, one after another, so that the last one given comes first.
   *
   * Complexity: O(N), N: elements given.
   *
   * @returns The length of the list now.
   */
  lpush<TData>(key: string, ...elements: TData[]): Promise<number>;
  /**
   * Puts elements at the beginning of a list where the key exists.
   *
   * Complexity: O(N), N: elements given.
   *
   * @returns The length of the list now; `0` where the key does not exist.
   */
  lpushx<TData>(key: string, ...elements: TData[]): Promise<number>;
  /**
   * Reads elements of a list by their positions, the last one included; negative ones count from the end.
   *
   * Complexity: O(S+N), S: elements between the nearer end and `start`, N: elements returned.
   *
   * @returns The elements, parsed where they are JSON; an empty array where there are none.
   */
  lrange<TResult = string>(key: string, start: number, end: number): Promise<TResult[]>;
  /**
   * Removes the first `count` elements that equal a value; a negative `count` searches from the end, 0 removes all of them.
   *
   * Complexity: O(N+M), N: elements of the list, M: elements removed.
   *
   * @returns How many elements were removed.
   */
  lrem<TData>(key: string, count: number, value: TData): Promise<number>;
  /**
   * Replaces an element of a list by its position; fails where there is none.
   *
   * Complexity: O(N), N: elements of the list; O(1) for the first and the last.
   *
   * @returns `'OK'`.
   */
  lset<TData>(key: string, index: number, value: TData): Promise<'OK'>;
  /**
   * Keeps only the elements from `start` to `end`, the last one included, and removes the others; negative positions count from the end.
   *
   * Complexity: O(N), N: elements removed.
   *
   * @returns `'OK'`.
   */
  ltrim(key: string, start: number, end: number): Promise<'OK'>;
  /**
   * Removes the last element of a list, or the last `count`.
   *
   * Complexity: O(N), N: elements returned.
   *
   * @returns The element, with `count` an array of elements from the last one on, or `null` where the key does not exist.
   */
  rpop<TData = string>(key: string, count?: number): Promise<TData | null>;
  /**
   * Puts elements at the end of a list.
   *
   * Complexity: O(N), N: elements given.
   *
   * @returns The length of the list now.
   */
  rpush<TData>(key: string, ...elements: TData[]): Promise<number>;
  /**
   * Puts elements at the end of a list where the key exists.
   *
   * Complexity: O(N), N: elements given.
   *
   * @returns The length of the list now; `0` where the key does not exist.
   */
  rpushx<TData>(key: string, ...elements: TData[]): Promise<number>;
  /**
   * Runs a Lua script.
   *
   * Complexity: that of the script.
   *
   * @returns What the script returns, parsed where it is JSON.
   */
  eval<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Promise<TData>;
  /**
   * Runs a Lua script that only reads.
   *
   * Complexity: that of the script. Since Redis 7.0.
   *
   * @returns What the script returns, parsed where it is JSON.
   */
  evalRo<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Promise<TData>;
  /**
   * Runs a Lua script that Redis knows, by its SHA-1.
   *
   * Complexity: that of the script.
   *
   * @returns What the script returns, parsed where it is JSON.
   */
  evalsha<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Promise<TData>;
  /**
   * Runs a Lua script that Redis knows and that only reads, by its SHA-1.
   *
   * Complexity: that of the script. Since Redis 7.0.
   *
   * @returns What the script returns, parsed where it is JSON.
   */
  evalshaRo<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Promise<TData>;
  /**
   * Sends a message to all who listen to a channel.
   *
   * Complexity: O(N), N: subscriptions.
   *
   * @returns How many were sent it.
   */
  publish<TMessage = unknown>(channel: string, message: TMessage): Promise<number>;
  /**
   * Tells which scripts Redis knows.
   *
   * Complexity: O(N), N: hashes.
   *
   * @returns `1` for each that it knows, `0` for the others.
   */
  scriptExists(...hashes: string[]): Promise<number[]>;
  /**
   * Makes Redis forget all scripts.
   *
   * Complexity: O(N), N: scripts.
   *
   * @returns `'OK'`.
   */
  scriptFlush(options?: ScriptFlushCommandOptions): Promise<'OK'>;
  /**
   * Makes Redis know a script without running it.
   *
   * Complexity: O(N), N: bytes of the script.
   *
   * @returns The SHA-1 by which it runs.
   */
  scriptLoad(script: string): Promise<string>;
  /**
   * Adds members to a set; a key that does not exist becomes one.
   *
   * Complexity: O(N), N: members given.
   *
   * @returns How many members are new.
   */
  sadd<TData>(key: string, member: TData, ...members: TData[]): Promise<number>;
  /**
   * Counts the members of a set.
   *
   * Complexity: O(1).
   *
   * @returns How many members there are; `0` where the key does not exist.
   */
  scard(key: string): Promise<number>;
  /**
   * Lists the members of the first set that are in none of the others.
   *
   * Complexity: O(N), N: members of all sets.
   *
   * @returns The members in no particular order; an empty array where there are none.
   */
  sdiff(key: string, ...keys: string[]): Promise<unknown[]>;
  /**
   * Stores the members of the first set that are in none of the others, in place of what `destination` held.
   *
   * Complexity: O(N), N: members of all sets.
   *
   * @returns How many members were stored.
   */
  sdiffstore(destination: string, ...keys: string[]): Promise<number>;
  /**
   * Lists the members that all of the sets have.
   *
   * Complexity: O(N*M), N: members of the smallest set, M: sets.
   *
   * @returns The members in no particular order; an empty array where there are none.
   */
  sinter(key: string, ...keys: string[]): Promise<string[]>;
  /**
   * Counts the members that all of the sets have.
   *
   * Complexity: O(N*M), N: members of the smallest set, M: sets. Since Redis 7.0.
   *
   * @returns How many members there are, at most `limit`.
   */
  sintercard(keys: string[], opts?: SInterCardCommandOptions): Promise<number>;
  /**
   * Stores the members that all of the sets have, in place of what `destination` held.
   *
   * Complexity: O(N*M), N: members of the smallest set, M: sets.
   *
   * @returns How many members were stored.
   */
  sinterstore(destination: string, key: string, ...keys: string[]): Promise<number>;
  /**
   * Tells whether a set has a member.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it is a member, `0` where it is none or the key does not exist.
   */
  sismember<TData>(key: string, member: TData): Promise<0 | 1>;
  /**
   * Lists all members of a set.
   *
   * Complexity: O(N), N: members of the set.
   *
   * @returns The members, parsed where they are JSON, in no particular order; an empty array where the key does not exist.
   */
  smembers<TData extends unknown[] = string[]>(key: string): Promise<TData>;
  /**
   * Tells of several values whether a set has them as members.
   *
   * Complexity: O(N), N: members given. Since Redis 6.2.
   *
   * @returns For each value `1` where it is a member, `0` where it is none or the key does not exist.
   */
  smismember<TMembers extends unknown[]>(key: string, members: TMembers): Promise<(0 | 1)[]>;
  /**
   * Moves a member from one set to another.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was moved, `0` where `source` does not have it.
   */
  smove<TData>(source: string, destination: string, member: TData): Promise<0 | 1>;
  /**
   * Removes a member of a set at random, or `count` of them.
   *
   * Complexity: O(N), N: members returned.
   *
   * @returns The member, or `null` where the key does not exist; with `count` an array of members, empty where the key does not exist.
   */
  spop<TData>(key: string, count?: number): Promise<TData | null>;
  /**
   * Picks a member of a set at random, or `count` of them; a negative `count` may pick the same one several times.
   *
   * Complexity: O(N), N: members returned.
   *
   * @returns The member, or `null` where the key does not exist; with `count` an array of members, empty where the key does not exist.
   */
  srandmember<TData>(key: string, count?: number): Promise<TData | null>;
  /**
   * Removes members from a set; the key goes with its last member.
   *
   * Complexity: O(N), N: members given.
   *
   * @returns How many members were removed.
   */
  srem<TData>(key: string, ...members: TData[]): Promise<number>;
  /**
   * Goes through the members of a set part by part; begins with cursor 0 and goes on with the one it gave.
   *
   * Complexity: O(1) a call, O(N) to the end, N: members of the set.
   *
   * @returns The next cursor, `'0'` at the end, and an array of members.
   */
  sscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<[string, (string | number)[]]>;
  /**
   * Lists the members that any of the sets has, each once.
   *
   * Complexity: O(N), N: members of all sets.
   *
   * @returns The members in no particular order; an empty array where there are none.
   */
  sunion(key: string, ...keys: string[]): Promise<unknown[]>;
  /**
   * Stores the members that any of the sets has, in place of what `destination` held.
   *
   * Complexity: O(N), N: members of all sets.
   *
   * @returns How many members were stored.
   */
  sunionstore(destination: string, key: string, ...keys: string[]): Promise<number>;
  /**
   * Confirms that entries were dealt with.
   *
   * Complexity: O(1) for each.
   *
   * @returns How many were waiting for it.
   */
  xack(key: string, group: string, ids: string | string[]): Promise<number>;
  /**
   * Confirms entries and deletes them.
   *
   * Complexity: O(1) for each. Since Redis 8.2.
   *
   * @returns For each `1` where it was deleted, `-1` where it is not there, `2` where others still refer to it.
   */
  xackdel(key: string, group: string, option: XAckDelOption, ...ids: string[]): Promise<number[]>;
  /**
   * Appends an entry; the id `*` is made by Redis.
   *
   * Complexity: O(1).
   *
   * @returns The id of the entry, or `null` where `nomkStream` kept the stream from being made.
   */
  xadd(key: string, id: string, entries: Record<string, unknown>, opts?: XAddCommandOptions): Promise<string>;
  /**
   * Hands entries that consumers have kept too long to another, from an id on.
   *
   * Complexity: O(1) with a fixed count. Since Redis 6.2.
   *
   * @returns The id to go on with, the entries, or their ids with `justId`, and the ids of deleted ones.
   */
  xautoclaim(key: string, group: string, consumer: string, minIdleTime: number, start: string, options?: { /** The most entries to look at. */ count?: number; /** Gives ids without contents. */ justId?: boolean }): Promise<unknown[]>;
  /**
   * Hands entries that a consumer has kept too long to another.
   *
   * Complexity: O(log N), N: entries that wait.
   *
   * @returns The entries, or their ids with `justId`.
   */
  xclaim(key: string, group: string, consumer: string, minIdleTime: number, id: string | string[], options?: XClaimCommandOptions): Promise<unknown[]>;
  /**
   * Deletes entries.
   *
   * Complexity: O(1) for each.
   *
   * @returns How many were there.
   */
  xdel(key: string, ids: string | string[]): Promise<number>;
  /**
   * Deletes entries and what groups keep of them.
   *
   * Complexity: O(1) for each. Since Redis 8.2.
   *
   * @returns For each `1` where it was deleted, `-1` where it is not there, `2` where others still refer to it.
   */
  xdelex(key: string, option?: XDelExOption, ...ids: string[]): Promise<number[]>;
  /**
   * Makes, changes and removes groups of consumers.
   *
   * Complexity: O(1).
   *
   * @returns `'OK'`, or how many there were: for CREATECONSUMER and DESTROY `1` or `0`, for DELCONSUMER the entries that waited.
   */
  xgroup<TOptions extends XGroupCommandType>(key: string, opts: TOptions): Promise<XGroupReturnType<TOptions>>;
  /**
   * Describes the groups of a stream, or the consumers of a group.
   *
   * Complexity: O(1).
   *
   * @returns A list of names and values for each.
   */
  xinfo(key: string, options: { type: 'CONSUMERS'; group: string } | { type: 'GROUPS' }): Promise<unknown[]>;
  /**
   * Counts the entries.
   *
   * Complexity: O(1).
   *
   * @returns How many there are; `0` where the key does not exist.
   */
  xlen(key: string): Promise<number>;
  /**
   * Lists entries that were delivered and not confirmed.
   *
   * Complexity: O(N), N: entries returned.
   *
   * @returns Id, consumer, milliseconds kept and deliveries of each.
   */
  xpending(key: string, group: string, start: string, end: string, count: number, options?: { /** Only those kept so many milliseconds. */ idleTime?: number; consumer?: string | string[] }): Promise<unknown[]>;
  /**
   * Reads entries by id; `-` and `+` are the ends.
   *
   * Complexity: O(N), N: entries returned.
   *
   * @returns The entries: their fields by id, in order.
   */
  xrange<TData extends Record<string, Record<string, unknown>>>(key: string, start: string, end: string, count?: number): Promise<TData>;
  /**
   * Reads the entries after an id, of one or several streams.
   *
   * Complexity: O(N), N: entries returned.
   *
   * @returns Name and entries of each stream, or `null` where there are none.
   */
  xread(...args: [key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }] | [key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }]): Promise<unknown[]>;
  /**
   * Reads entries as a consumer of a group; the id `>` is for those that nobody was given yet.
   *
   * Complexity: O(N), N: entries returned.
   *
   * @returns Name and entries of each stream, or `null` where there are none.
   */
  xreadgroup(...args: [group: string, consumer: string, key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }] | [group: string, consumer: string, key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }]): Promise<unknown[]>;
  /**
   * Reads entries by id, the last one first.
   *
   * Complexity: O(N), N: entries returned.
   *
   * @returns The entries: their fields by id, in order.
   */
  xrevrange<TData extends Record<string, Record<string, unknown>>>(key: string, end: string, start: string, count?: number): Promise<TData>;
  /**
   * Drops old entries.
   *
   * Complexity: O(N), N: entries dropped.
   *
   * @returns How many were dropped.
   */
  xtrim(key: string, options: XTrimOptions): Promise<number>;
  /**
   * Appends text to a value; a key that does not exist becomes one with that text.
   *
   * Complexity: O(1).
   *
   * @returns The length of the value now, in bytes.
   */
  append(key: string, value: string): Promise<number>;
  /**
   * Counts the bits that are 1, in all of a value or from one byte to another.
   *
   * Complexity: O(N), N: bytes looked at.
   *
   * @returns How many bits are 1; `0` where the key does not exist.
   */
  bitcount(key: string): Promise<number>;
  /**
   * Counts the bits that are 1, in all of a value or from one byte to another.
   *
   * Complexity: O(N), N: bytes looked at.
   *
   * @returns How many bits are 1; `0` where the key does not exist.
   */
  bitcount(key: string, start: number, end: number): Promise<number>;
  /**
   * Combines values bit by bit and stores the outcome.
   *
   * Complexity: O(N), N: bytes of the longest value.
   *
   * @returns The length of what was stored, in bytes.
   */
  bitop(op: 'and' | 'or' | 'xor', destinationKey: string, sourceKey: string, ...sourceKeys: string[]): Promise<number>;
  /**
   * Combines values bit by bit and stores the outcome.
   *
   * Complexity: O(N), N: bytes of the longest value.
   *
   * @returns The length of what was stored, in bytes.
   */
  bitop(op: 'not', destinationKey: string, sourceKey: string): Promise<number>;
  /**
   * Combines values bit by bit and stores the outcome.
   *
   * Complexity: O(N), N: bytes of the longest value.
   *
   * @returns The length of what was stored, in bytes.
   */
  bitop(op: 'diff' | 'diff1' | 'andor', destinationKey: string, x: string, ...y: string[]): Promise<number>;
  /**
   * Combines values bit by bit and stores the outcome.
   *
   * Complexity: O(N), N: bytes of the longest value.
   *
   * @returns The length of what was stored, in bytes.
   */
  bitop(op: 'one', destinationKey: string, ...sourceKeys: string[]): Promise<number>;
  /**
   * Finds the first bit that is 0 or 1; `start` and `end` are byte positions.
   *
   * Complexity: O(N), N: bytes looked at.
   *
   * @returns The position of the bit, `-1` where there is none.
   */
  bitpos(key: string, bit: 0 | 1, start?: number, end?: number): Promise<number>;
  /**
   * Takes 1 from a whole number; a key that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now. Beyond 2^53 it comes as text, or as a BigInt with `bigIntegers: 'bigint'`.
   */
  decr(key: string): Promise<number>;
  /**
   * Takes `decrement` from a whole number; a key that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now. Beyond 2^53 it comes as text, or as a BigInt with `bigIntegers: 'bigint'`.
   */
  decrby(key: string, decrement: number | bigint): Promise<number>;
  /**
   * Reads a value.
   *
   * Complexity: O(1).
   *
   * @returns The value, parsed where it is JSON, or `null` where the key does not exist.
   */
  get<TData>(key: string): Promise<TData | null>;
  /**
   * Reads one bit; `offset` counts bits from the first, which is 0.
   *
   * Complexity: O(1).
   *
   * @returns The bit; `0` beyond the end of the value.
   */
  getbit(key: string, offset: number): Promise<0 | 1>;
  /**
   * Reads a value and deletes its key.
   *
   * Complexity: O(1). Since Redis 6.2.
   *
   * @returns The value, or `null` where the key did not exist.
   */
  getdel<TData>(key: string): Promise<TData | null>;
  /**
   * Reads a value and sets or removes the expiry of its key.
   *
   * Complexity: O(1). Since Redis 6.2.
   *
   * @returns The value, or `null` where the key does not exist.
   */
  getex<TData>(key: string, opts?: GetExCommandOptions): Promise<TData | null>;
  /**
   * Reads a part of a value by byte positions, the last one included; negative ones count from the end.
   *
   * Complexity: O(N), N: bytes returned.
   *
   * @returns The part, an empty string where there is none.
   */
  getrange(key: string, start: number, end: number): Promise<string>;
  /**
   * Sets a value and gives the one before; removes an expiry.
   *
   * Complexity: O(1).
   *
   * @returns The value before, or `null` where there was none.
   */
  getset<TData>(key: string, value: TData): Promise<TData | null>;
  /**
   * Adds 1 to a whole number; a key that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now. Beyond 2^53 it comes as text, or as a BigInt with `bigIntegers: 'bigint'`.
   */
  incr(key: string): Promise<number>;
  /**
   * Adds `value` to a whole number; a key that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now. Beyond 2^53 it comes as text, or as a BigInt with `bigIntegers: 'bigint'`.
   */
  incrby(key: string, value: number | bigint): Promise<number>;
  /**
   * Adds `value`, which may have decimals, to a number; a key that does not exist counts as 0.
   *
   * Complexity: O(1).
   *
   * @returns The number now; as text where a JavaScript number would print otherwise than Redis does.
   */
  incrbyfloat(key: string, value: number): Promise<number>;
  /**
   * Reads the values of several keys, given one by one or as one array.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns The values in the order of the keys, `null` for each that does not exist or holds no string.
   */
  mget<TData extends unknown[]>(...keys: string[] | [keys: string[]]): Promise<TData>;
  /**
   * Sets several keys at once.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns `'OK'`.
   */
  mset<TData>(kv: Record<string, TData>): Promise<'OK'>;
  /**
   * Sets several keys at once, or none where one of them exists.
   *
   * Complexity: O(N), N: keys.
   *
   * @returns `1` where all were set, `0` where none was.
   */
  msetnx<TData>(kv: Record<string, TData>): Promise<number>;
  /**
   * Sets a value that expires in `ttl` milliseconds.
   *
   * Complexity: O(1).
   *
   * @returns `'OK'`.
   */
  psetex<TData>(key: string, ttl: number, value: TData): Promise<string>;
  /**
   * Sets a value. What is no string, number or boolean is written as JSON.
   *
   * Complexity: O(1).
   *
   * @returns `'OK'`; `null` where `nx` or `xx` kept it from being set; with `get` the value before, or `null`.
   */
  set<TData>(key: string, value: TData, opts?: SetCommandOptions): Promise<'OK' | TData | null>;
  /**
   * Sets one bit; the value grows where it is too short.
   *
   * Complexity: O(1).
   *
   * @returns The bit that was there before.
   */
  setbit(key: string, offset: number, value: 0 | 1): Promise<0 | 1>;
  /**
   * Sets a value that expires in `ttl` seconds.
   *
   * Complexity: O(1).
   *
   * @returns `'OK'`.
   */
  setex<TData>(key: string, ttl: number, value: TData): Promise<'OK'>;
  /**
   * Sets a value where the key does not exist.
   *
   * Complexity: O(1).
   *
   * @returns `1` where it was set, `0` where the key existed.
   */
  setnx<TData>(key: string, value: TData): Promise<number>;
  /**
   * Overwrites a part of a value from the byte `offset` on; a gap before it is filled with zero bytes.
   *
   * Complexity: O(N), N: bytes of the value given.
   *
   * @returns The length of the value now, in bytes.
   */
  setrange(key: string, offset: number, value: string): Promise<number>;
  /**
   * Tells how long a value is.
   *
   * Complexity: O(1).
   *
   * @returns The length in bytes; `0` where the key does not exist.
   */
  strlen(key: string): Promise<number>;
  /**
   * Adds members with their scores, or changes the scores of those that are there.
   *
   * Complexity: O(log N) for each, N: members.
   *
   * @returns How many were added, with `ch` changed as well; with `incr` the score now, or `null` where an option kept it from being changed.
   */
  zadd<TData>(...args: [key: string, scoreMember: ScoreMember<TData>, ...scoreMemberPairs: ScoreMember<TData>[]] | [key: string, opts: ZAddCommandOptions, ...scoreMemberPairs: [ScoreMember<TData>, ...ScoreMember<TData>[]]]): Promise<number | null>;
  /**
   * Counts the members.
   *
   * Complexity: O(1).
   *
   * @returns How many there are; `0` where the key does not exist.
   */
  zcard(key: string): Promise<number>;
  /**
   * Counts the members with scores from `min` to `max`; `(5` leaves 5 out, `-inf` and `+inf` are the ends.
   *
   * Complexity: O(log N), N: members.
   *
   * @returns How many there are.
   */
  zcount(key: string, min: number | string, max: number | string): Promise<number>;
  /**
   * Stores the members of the first key that are in none of the others.
   *
   * Complexity: O(N log N), N: members of all keys. Since Redis 6.2.
   *
   * @returns How many members were stored.
   */
  zdiffstore(destination: string, numkeys: number, ...keys: string[]): Promise<number>;
  /**
   * Adds to the score of a member; one that is not there counts as 0.
   *
   * Complexity: O(log N), N: members.
   *
   * @returns The score now.
   */
  zincrby<TData>(key: string, increment: number, member: TData): Promise<number>;
  /**
   * Stores the members that all keys have.
   *
   * Complexity: O(N log N), N: members of all keys.
   *
   * @returns How many members were stored.
   */
  zinterstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Promise<number>;
  /**
   * Stores the members that all keys have.
   *
   * Complexity: O(N log N), N: members of all keys.
   *
   * @returns How many members were stored.
   */
  zinterstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Promise<number>;
  /**
   * Counts the members from `min` to `max`, where all have the same score; `[a` includes a, `(a` does not, `-` and `+` are the ends.
   *
   * Complexity: O(log N), N: members.
   *
   * @returns How many there are.
   */
  zlexcount(key: string, min: string, max: string): Promise<number>;
  /**
   * Reads the scores of members.
   *
   * Complexity: O(N), N: members asked for. Since Redis 6.2.
   *
   * @returns The score of each, `null` for those that are not there.
   */
  zmscore<TData>(key: string, members: TData[]): Promise<(number | null)[] | null>;
  /**
   * Takes out the members with the greatest scores.
   *
   * Complexity: O(log N) for each, N: members.
   *
   * @returns Member, score, member, score …; empty where there is none.
   */
  zpopmax<TData>(key: string, count?: number): Promise<TData[]>;
  /**
   * Takes out the members with the least scores.
   *
   * Complexity: O(log N) for each, N: members.
   *
   * @returns Member, score, member, score …; empty where there is none.
   */
  zpopmin<TData>(key: string, count?: number): Promise<TData[]>;
  /**
   * Reads members by position, by score or by name.
   *
   * Complexity: O(log N + M), N: members, M: members returned.
   *
   * @returns The members; with `withScores` member, score, member, score …
   */
  zrange<TData extends unknown[]>(...args: [key: string, min: number, max: number, opts?: ZRangeCommandOptions] | [key: string, min: `(${string}` | `[${string}` | '-' | '+', max: `(${string}` | `[${string}` | '-' | '+', opts: { byLex: true } & ZRangeCommandOptions] | [key: string, min: number | `(${number}` | '-inf' | '+inf', max: number | `(${number}` | '-inf' | '+inf', opts: { byScore: true } & ZRangeCommandOptions]): Promise<TData>;
  /**
   * Tells how many members have a lesser score.
   *
   * Complexity: O(log N), N: members.
   *
   * @returns The position, counted from 0, or `null` where the member is not there.
   */
  zrank<TData>(key: string, member: TData): Promise<number | null>;
  /**
   * Takes out members.
   *
   * Complexity: O(M log N), N: members, M: members taken out.
   *
   * @returns How many were there.
   */
  zrem<TData = string>(key: string, ...members: TData[]): Promise<number>;
  /**
   * Takes out the members from `min` to `max`, where all have the same score.
   *
   * Complexity: O(log N + M), N: members, M: members taken out.
   *
   * @returns How many were taken out.
   */
  zremrangebylex(key: string, min: string, max: string): Promise<number>;
  /**
   * Takes out members by position; negative ones count from the end.
   *
   * Complexity: O(log N + M), N: members, M: members taken out.
   *
   * @returns How many were taken out.
   */
  zremrangebyrank(key: string, start: number, stop: number): Promise<number>;
  /**
   * Takes out the members with scores from `min` to `max`.
   *
   * Complexity: O(log N + M), N: members, M: members taken out.
   *
   * @returns How many were taken out.
   */
  zremrangebyscore(key: string, min: number | string, max: number | string): Promise<number>;
  /**
   * Tells how many members have a greater score.
   *
   * Complexity: O(log N), N: members.
   *
   * @returns The position, counted from 0, or `null` where the member is not there.
   */
  zrevrank<TData>(key: string, member: TData): Promise<number | null>;
  /**
   * Goes through the members little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`.
   *
   * Complexity: O(1) a call, O(N) for all, N: members.
   *
   * @returns The next cursor, and member, score, member, score …
   */
  zscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<[cursor: string, members: (string | number)[]]>;
  /**
   * Reads the score of a member.
   *
   * Complexity: O(1).
   *
   * @returns The score, or `null` where the member is not there.
   */
  zscore<TData>(key: string, member: TData): Promise<number | null>;
  /**
   * Reads the members that any of the keys has.
   *
   * Complexity: O(N log N), N: members of all keys. Since Redis 6.2.
   *
   * @returns The members; with `withScores` member, score, member, score …
   */
  zunion<TData extends unknown[]>(numKeys: 1, keys: string, opts?: ZUnionCommandOptions): Promise<TData>;
  /**
   * Reads the members that any of the keys has.
   *
   * Complexity: O(N log N), N: members of all keys. Since Redis 6.2.
   *
   * @returns The members; with `withScores` member, score, member, score …
   */
  zunion<TData extends unknown[]>(numKeys: number, keys: string[], opts?: ZUnionCommandOptions): Promise<TData>;
  /**
   * Stores the members that any of the keys has.
   *
   * Complexity: O(N log N), N: members of all keys.
   *
   * @returns How many members were stored.
   */
  zunionstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Promise<number>;
  /**
   * Stores the members that any of the keys has.
   *
   * Complexity: O(N log N), N: members of all keys.
   *
   * @returns How many members were stored.
   */
  zunionstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Promise<number>;
  /** Commands on JSON documents. */
  readonly json: {
    /**
     * Appends values to arrays.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns The length of each array now, `null` where there is no array.
     */
    arrappend(key: string, path: string, ...values: unknown[]): Promise<(number | null)[]>;
    /**
     * Finds a value in arrays, from `start` to before `stop`.
     *
     * Complexity: O(N), N: items of the arrays.
     *
     * @returns The position in each array, `-1` where it is not in it, `null` where there is no array.
     */
    arrindex(key: string, path: string, value: unknown, start?: number, stop?: number): Promise<(number | null)[]>;
    /**
     * Inserts values into arrays before a position.
     *
     * Complexity: O(N), N: items of the arrays.
     *
     * @returns The length of each array now, `null` where there is no array.
     */
    arrinsert(key: string, path: string, index: number, ...values: unknown[]): Promise<(number | null)[]>;
    /**
     * Tells how long arrays are.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns The length of each array, `null` where there is no array.
     */
    arrlen(key: string, path?: string): Promise<(number | null)[]>;
    /**
     * Takes an item out of arrays, the last one unless told which.
     *
     * Complexity: O(N), N: items of the arrays.
     *
     * @returns The item of each array, `null` where there is none.
     */
    arrpop(key: string, path?: string, index?: number): Promise<unknown[]>;
    /**
     * Keeps a part of arrays, from `start` to `stop`, and drops the rest.
     *
     * Complexity: O(N), N: items of the arrays.
     *
     * @returns The length of each array now, `null` where there is no array.
     */
    arrtrim(key: string, path?: string, start?: number, stop?: number): Promise<(number | null)[]>;
    /**
     * Empties arrays and objects and sets numbers to 0.
     *
     * Complexity: O(N), N: values cleared.
     *
     * @returns How many values were cleared.
     */
    clear(key: string, path?: string): Promise<number>;
    /**
     * Deletes values, or the whole document.
     *
     * Complexity: O(N), N: size of what is deleted.
     *
     * @returns How many values were deleted.
     */
    del(key: string, path?: string): Promise<number>;
    /**
     * Deletes values, or the whole document; the same as `del`.
     *
     * Complexity: O(N), N: size of what is deleted.
     *
     * @returns How many values were deleted.
     */
    forget(key: string, path?: string): Promise<number>;
    /**
     * Reads a document, or the parts that paths find.
     *
     * Complexity: O(N), N: size of what is read.
     *
     * @returns The document; for a path that begins with `$` an array of what it finds, for several paths an object of them; `null` where the key does not exist.
     */
    get<TData>(...args: [key: string, opts?: JsonGetCommandOptions, ...paths: string[]] | [key: string, ...paths: string[]]): Promise<TData | null>;
    /**
     * Merges a value into a document (RFC 7396): what is `null` in it is deleted.
     *
     * Complexity: O(M + N), M, N: sizes of what is there and of what is given.
     *
     * @returns `'OK'`.
     */
    merge(key: string, path: string, value: string | number | unknown[] | Record<string, unknown>): Promise<'OK' | null>;
    /**
     * Reads what a path finds in several documents.
     *
     * Complexity: O(M * N), M: keys, N: size of each.
     *
     * @returns What was found in each, `null` for keys that do not exist.
     */
    mget<TData = unknown[]>(keys: string[], path: string): Promise<TData>;
    /**
     * Sets values in several documents at once.
     *
     * Complexity: O(K * N), K: keys, N: size of each.
     *
     * @returns `'OK'`.
     */
    mset(...values: { key: string; path: string; value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[] }[]): Promise<'OK' | null>;
    /**
     * Adds to numbers.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns Each number now, `null` where there is no number.
     */
    numincrby(key: string, path: string, value: number): Promise<(number | null)[]>;
    /**
     * Multiplies numbers.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns Each number now, `null` where there is no number.
     */
    nummultby(key: string, path: string, value: number): Promise<(number | null)[]>;
    /**
     * Reads the names in objects.
     *
     * Complexity: O(N), N: names.
     *
     * @returns The names of each object, `null` where there is no object.
     */
    objkeys(key: string, path?: string): Promise<(string[] | null)[]>;
    /**
     * Counts the names in objects.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns How many names each object has, `null` where there is no object.
     */
    objlen(key: string, path?: string): Promise<(number | null)[]>;
    /**
     * Reads a document in the form in which Redis sends lists.
     *
     * Complexity: O(N), N: size of the document.
     *
     * @returns Lists that begin with `{` or `[`, and plain values.
     */
    resp<TData>(key: string, path?: string): Promise<TData>;
    /**
     * Sets a value in a document, or the whole document by the path `$`.
     *
     * Complexity: O(M + N), M, N: sizes of what is there and of what is given.
     *
     * @returns `'OK'`, or `null` where `nx` or `xx` kept it from being set.
     */
    set(key: string, path: string, value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[], opts?: { /** Only where there is nothing. */ nx: true; xx?: never } | { nx?: never; /** Only where there is something. */ xx: true }): Promise<'OK' | null>;
    /**
     * Appends to strings; the value is JSON, in quotes.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns The length of each string now, `null` where there is no string.
     */
    strappend(key: string, path: string, value: string): Promise<(number | null)[]>;
    /**
     * Tells how long strings are.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns The length of each string, `null` where there is no string.
     */
    strlen(key: string, path?: string): Promise<(number | null)[]>;
    /**
     * Turns true into false and back.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns `1` for each that is true now, `0` for each that is false, `null` where there is neither.
     */
    toggle(key: string, path: string): Promise<number[]>;
    /**
     * Tells what kinds of values there are.
     *
     * Complexity: O(N), N: places that the path finds.
     *
     * @returns The kind of each: `object`, `array`, `string`, `integer`, `number`, `boolean` or `null`.
     */
    type(key: string, path?: string): Promise<string[]>;
  };
  /** Functions kept in Redis. */
  readonly functions: {
    /**
     * Calls a function.
     *
     * Complexity: that of the function. Since Redis 7.0.
     *
     * @returns What the function returns, parsed where it is JSON.
     */
    call<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Promise<TData>;
    /**
     * Calls a function that only reads.
     *
     * Complexity: that of the function. Since Redis 7.0.
     *
     * @returns What the function returns, parsed where it is JSON.
     */
    callRo<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Promise<TData>;
    /**
     * Deletes a library with its functions.
     *
     * Complexity: O(1). Since Redis 7.0.
     *
     * @returns `'OK'`; rejects where there is no such library.
     */
    delete(libraryName: string): Promise<'OK'>;
    /**
     * Deletes all libraries.
     *
     * Complexity: O(N), N: functions. Since Redis 7.0.
     *
     * @returns `'OK'`.
     */
    flush(): Promise<'OK'>;
    /**
     * Lists libraries and their functions.
     *
     * Complexity: O(N), N: functions. Since Redis 7.0.
     *
     * @returns The libraries, with their code where `withCode` is set.
     */
    list(options?: FunctionListArgs): Promise<{ libraryName: string; engine: string; functions: { name: string; description?: string; flags: string[] }[]; libraryCode?: string }[]>;
    /**
     * Loads a library.
     *
     * Complexity: O(1). Since Redis 7.0.
     *
     * @returns The name of the library.
     */
    load(options: FunctionLoadArgs): Promise<string>;
    /**
     * Counts libraries and functions.
     *
     * Complexity: O(1). Since Redis 7.0.
     *
     * @returns The counts for each engine.
     */
    stats(): Promise<{ engines: Record<string, { librariesCount: number; functionsCount: number }> }>;
  };
}

/** The commands, each added to a pipeline. */
export interface PipelineCommands<TResults extends unknown[]> {
  /** Counts the places of an array that hold a value. */
  arcount(key: string): Pipeline<[...TResults, number]>;
  /** Empties places of an array. */
  ardel(key: string, ...indexes: (number | string)[]): Pipeline<[...TResults, number]>;
  /** Empties ranges of places of an array. */
  ardelrange(key: string, ...ranges: [start: number | string, end: number | string][]): Pipeline<[...TResults, number]>;
  /** Reads one place of an array. */
  arget<TData = string>(key: string, index: number | string): Pipeline<[...TResults, TData | null]>;
  /** Reads a range of places of an array. */
  argetrange<TData = string>(key: string, start: number | string, end: number | string): Pipeline<[...TResults, (TData | null)[]]>;
  /** Finds the places of an array whose values match; `-` and `+` are its ends. */
  argrep<TData = string, TOpts extends ArGrepOptions = ArGrepOptions>(key: string, start: number | string, end: number | string, opts: TOpts): Pipeline<[...TResults, ArGrepResult<TData, TOpts>]>;
  /** Tells how an array is kept in memory. */
  arinfo(key: string, opts?: { /** Looks at the whole array for statistics. */ full?: boolean }): Pipeline<[...TResults, ArInfoResult]>;
  /** Writes values one after the other, from where the last such call ended. */
  arinsert<TData>(key: string, ...values: TData[]): Pipeline<[...TResults, string]>;
  /** Reads what was written last. */
  arlastitems<TData = string>(key: string, count: number, opts?: { /** The newest first. */ rev?: boolean }): Pipeline<[...TResults, (TData | null)[]]>;
  /** Tells how far an array reaches. */
  arlen(key: string): Pipeline<[...TResults, string]>;
  /** Reads places of an array. */
  armget<TData = string>(key: string, ...indexes: (number | string)[]): Pipeline<[...TResults, (TData | null)[]]>;
  /** Writes values to places of an array. */
  armset<TData>(key: string, values: Record<number | string, TData> | [index: number | string, value: TData][]): Pipeline<[...TResults, number]>;
  /** Tells where `arinsert` would write next. */
  arnext(key: string): Pipeline<[...TResults, string | null]>;
  /** Makes one number of a range of an array. */
  arop<TData = string>(key: string, start: number | string, end: number | string, operation: ArOpOperation<TData>): Pipeline<[...TResults, number | null]>;
  /** Writes values one after the other into a ring of `size` places. */
  arring<TData>(key: string, size: number, ...values: TData[]): Pipeline<[...TResults, string]>;
  /** Reads the places of a range that hold a value. */
  arscan<TData = string>(key: string, start: number | string, end: number | string, opts?: { /** The most places to give. */ limit?: number }): Pipeline<[...TResults, [index: string, value: TData][]]>;
  /** Sets where `arinsert` writes next. */
  arseek(key: string, index: number | string): Pipeline<[...TResults, 0 | 1]>;
  /** Writes values one after the other from a place on. */
  arset<TData>(key: string, index: number | string, ...values: TData[]): Pipeline<[...TResults, number]>;
  /** Adds places, or moves those that are there. */
  geoadd<TData>(key: string, member: GeoMember<TData> | GeoAddCommandOptions, ...members: GeoMember<TData>[]): Pipeline<[...TResults, number | null]>;
  /** Tells how far apart two places are, in metres unless told otherwise. */
  geodist<TData = string>(key: string, member1: TData, member2: TData, unit?: GeoUnit): Pipeline<[...TResults, number | null]>;
  /** Reads the geohash of places. */
  geohash<TData = string>(key: string, ...members: TData[] | TData[][]): Pipeline<[...TResults, (string | null)[]]>;
  /** Reads the coordinates of places. */
  geopos<TData = string>(key: string, ...members: TData[] | TData[][]): Pipeline<[...TResults, { lng: number; lat: number }[]]>;
  /** Finds the places in a circle or a box. */
  geosearch<TMemberType = string, TOptions extends GeoSearchCommandOptions = GeoSearchCommandOptions>(key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: TOptions): Pipeline<[...TResults, GeoSearchResponse<TOptions, TMemberType>]>;
  /** Finds the places in a circle or a box and stores them. */
  geosearchstore<TMemberType = string>(destination: string, key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: GeoSearchStoreCommandOptions): Pipeline<[...TResults, number]>;
  /** Removes fields from a hash; the key goes with its last field. */
  hdel(key: string, ...fields: string[]): Pipeline<[...TResults, 0 | 1]>;
  /** Tells whether a hash has a field. */
  hexists(key: string, field: string): Pipeline<[...TResults, number]>;
  /** Lets fields of a hash expire in so many seconds. */
  hexpire(key: string, fields: (string | number) | (string | number)[], seconds: number, option?: ExpireOption): Pipeline<[...TResults, (-2 | 0 | 1 | 2)[]]>;
  /** Lets fields of a hash expire at a time, in seconds since 1970. */
  hexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Pipeline<[...TResults, (-2 | 0 | 1 | 2)[]]>;
  /** Tells at what time fields of a hash expire, in seconds since 1970. */
  hexpiretime(key: string, fields: (string | number) | (string | number)[]): Pipeline<[...TResults, number[]]>;
  /** Reads a field of a hash. */
  hget<TData>(key: string, field: string): Pipeline<[...TResults, TData | null]>;
  /** Reads a whole hash. */
  hgetall<TData extends Record<string, unknown>>(key: string): Pipeline<[...TResults, TData | null]>;
  /** Reads fields of a hash and removes them; the key goes with its last field. */
  hgetdel<TData extends Record<string, unknown>>(key: string, ...fields: (string | number)[]): Pipeline<[...TResults, TData | null]>;
  /** Reads fields of a hash and sets or removes their expiry. */
  hgetex<TData extends Record<string, unknown>>(key: string, opts: HGetExCommandOptions, ...fields: (string | number)[]): Pipeline<[...TResults, TData | null]>;
  /** Adds `increment` to a whole number in a field of a hash; a field that does not exist counts as 0. */
  hincrby(key: string, field: string, increment: number | bigint): Pipeline<[...TResults, number]>;
  /** Adds `increment`, which may have decimals, to a number in a field of a hash; a field that does not exist counts as 0. */
  hincrbyfloat(key: string, field: string, increment: number): Pipeline<[...TResults, number]>;
  /** Lists the names of all fields of a hash. */
  hkeys(key: string): Pipeline<[...TResults, string[]]>;
  /** Counts the fields of a hash. */
  hlen(key: string): Pipeline<[...TResults, number]>;
  /** Reads several fields of a hash. */
  hmget<TData extends Record<string, unknown>>(key: string, ...fields: string[]): Pipeline<[...TResults, TData | null]>;
  /** Sets fields of a hash, as `hset` does, but does not tell how many are new. */
  hmset<TData>(key: string, kv: Record<string, TData>): Pipeline<[...TResults, 'OK']>;
  /** Removes the expiry of fields of a hash. */
  hpersist(key: string, fields: (string | number) | (string | number)[]): Pipeline<[...TResults, (-2 | -1 | 1)[]]>;
  /** Lets fields of a hash expire in so many milliseconds. */
  hpexpire(key: string, fields: (string | number) | (string | number)[], milliseconds: number, option?: ExpireOption): Pipeline<[...TResults, (-2 | 0 | 1 | 2)[]]>;
  /** Lets fields of a hash expire at a time, in milliseconds since 1970. */
  hpexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Pipeline<[...TResults, (-2 | 0 | 1 | 2)[]]>;
  /** Tells at what time fields of a hash expire, in milliseconds since 1970. */
  hpexpiretime(key: string, fields: (string | number) | (string | number)[]): Pipeline<[...TResults, number[]]>;
  /** Tells how many milliseconds fields of a hash have left. */
  hpttl(key: string, fields: (string | number) | (string | number)[]): Pipeline<[...TResults, number[]]>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield(key: string): Pipeline<[...TResults, string | null]>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield(key: string, count: number): Pipeline<[...TResults, string[]]>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield<TData extends Record<string, unknown>>(key: string, count: number, withValues: boolean): Pipeline<[...TResults, Partial<TData>]>;
  /** Goes through the fields of a hash part by part; begins with cursor 0 and goes on with the one it gave. */
  hscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Pipeline<[...TResults, [string, (string | number)[]]]>;
  /** Sets fields of a hash; a key that does not exist becomes one. */
  hset<TData>(key: string, kv: Record<string, TData>): Pipeline<[...TResults, number]>;
  /** Sets fields of a hash together with their expiry. */
  hsetex<TData>(key: string, opts: HSetExCommandOptions, kv: Record<string, TData>): Pipeline<[...TResults, number]>;
  /** Sets a field of a hash where it does not exist. */
  hsetnx<TData>(key: string, field: string, value: TData): Pipeline<[...TResults, 0 | 1]>;
  /** Tells how long the value of a field of a hash is. */
  hstrlen(key: string, field: string): Pipeline<[...TResults, number]>;
  /** Tells how many seconds fields of a hash have left. */
  httl(key: string, fields: (string | number) | (string | number)[]): Pipeline<[...TResults, number[]]>;
  /** Lists the values of all fields of a hash. */
  hvals<TData extends unknown[]>(key: string): Pipeline<[...TResults, TData]>;
  /** Counts elements into a HyperLogLog, which estimates how many different ones it has seen. */
  pfadd(key: string, ...elements: unknown[]): Pipeline<[...TResults, number]>;
  /** Estimates how many different elements a HyperLogLog has seen, or several taken together. */
  pfcount(key: string, ...keys: string[]): Pipeline<[...TResults, number]>;
  /** Merges HyperLogLogs into `destination`, together with what it already counts. */
  pfmerge(destination: string, ...sources: string[]): Pipeline<[...TResults, 'OK']>;
  /** Tells Redis the name or the version of the library that asks. */
  clientSetinfo(attribute: ClientSetInfoAttribute, value: string): Pipeline<[...TResults, string]>;
  /** Copies a key with its value and its expiry. */
  copy(key: string, destinationKey: string, opts?: { /** Overwrites a key that exists. */ replace: boolean }): Pipeline<[...TResults, 'COPIED' | 'NOT_COPIED']>;
  /** Counts the keys of the database. */
  dbsize(): Pipeline<[...TResults, number]>;
  /** Deletes keys. */
  del(...keys: string[]): Pipeline<[...TResults, number]>;
  /** Sends a text back. */
  echo(message: string): Pipeline<[...TResults, string]>;
  /** Counts which of the keys exist; one named twice counts twice. */
  exists(...keys: string[]): Pipeline<[...TResults, number]>;
  /** Lets a key expire in so many seconds. */
  expire(key: string, seconds: number, option?: ExpireOption): Pipeline<[...TResults, 0 | 1]>;
  /** Lets a key expire at a time, in seconds since 1970. */
  expireat(key: string, unix: number, option?: ExpireOption): Pipeline<[...TResults, 0 | 1]>;
  /** Deletes every key of every database. */
  flushall(options?: { async?: boolean } | [{ /** Frees the memory later. */ async?: boolean }]): Pipeline<[...TResults, 'OK']>;
  /** Deletes every key of the database. */
  flushdb(opts?: { /** Frees the memory later. */ async?: boolean }): Pipeline<[...TResults, 'OK']>;
  /** Finds every key that matches a glob pattern, and keeps Redis busy meanwhile; `scan` does not. */
  keys(pattern: string): Pipeline<[...TResults, string[]]>;
  /** Removes the expiry of a key. */
  persist(key: string): Pipeline<[...TResults, 0 | 1]>;
  /** Lets a key expire in so many milliseconds. */
  pexpire(key: string, ms: number, option?: ExpireOption): Pipeline<[...TResults, 0 | 1]>;
  /** Lets a key expire at a time, in milliseconds since 1970. */
  pexpireat(key: string, unix: number, option?: ExpireOption): Pipeline<[...TResults, 0 | 1]>;
  /** Asks whether Redis is there. */
  ping(args?: string | [message?: string]): Pipeline<[...TResults, string]>;
  /** Tells when a key expires. */
  pttl(key: string): Pipeline<[...TResults, number]>;
  /** Picks a key by chance. */
  randomkey(): Pipeline<[...TResults, string | null]>;
  /** Renames a key; one that has the new name is gone. */
  rename(source: string, destination: string): Pipeline<[...TResults, 'OK']>;
  /** Renames a key where no other has the new name. */
  renamenx(source: string, destination: string): Pipeline<[...TResults, 0 | 1]>;
  /** Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  scan(cursor: string | number): Pipeline<[...TResults, [cursor: string, keys: string[]]]>;
  /** Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  scan<TOptions extends ScanCommandOptions>(cursor: string | number, opts: TOptions): Pipeline<[...TResults, TOptions extends { withType: true } ? [cursor: string, keys: { key: string; type: string }[]] : [cursor: string, keys: string[]]]>;
  /** Tells the time of the server. */
  time(): Pipeline<[...TResults, [seconds: number, microseconds: number]]>;
  /** Counts keys as just used. */
  touch(...keys: string[]): Pipeline<[...TResults, number]>;
  /** Tells when a key expires. */
  ttl(key: string): Pipeline<[...TResults, number]>;
  /** Tells what a key holds. */
  type(key: string): Pipeline<[...TResults, Type]>;
  /** Deletes keys at once and frees their memory later. */
  unlink(...keys: string[]): Pipeline<[...TResults, number]>;
  /** Reads an element of a list by its position; the first is 0, negative ones count from the end. */
  lindex<TData>(key: string, index: number): Pipeline<[...TResults, TData | null]>;
  /** Inserts a value before or after the first element that equals `pivot`. */
  linsert<TData>(key: string, direction: 'before' | 'after', pivot: TData, value: TData): Pipeline<[...TResults, number]>;
  /** Tells how many elements a list has. */
  llen(key: string): Pipeline<[...TResults, number]>;
  /** Takes an element from one end of a list and puts it at an end of another or the same list. */
  lmove<TData = string>(source: string, destination: string, whereFrom: 'left' | 'right', whereTo: 'left' | 'right'): Pipeline<[...TResults, TData]>;
  /** Removes elements from an end of the first list among several keys that is not empty; one where `count` is not given. */
  lmpop<TData>(numkeys: number, keys: string[], direction: 'LEFT' | 'RIGHT', count?: number): Pipeline<[...TResults, [string, TData[]] | null]>;
  /** Removes the first element of a list, or the first `count`. */
  lpop<TData>(key: string, count?: number): Pipeline<[...TResults, TData | null]>;
  /** Finds the position of an element in a list. */
  lpos<TData = number>(key: string, element: unknown, opts?: LPosCommandOptions): Pipeline<[...TResults, TData]>;
  /** Puts elements at the beginning of a list, one after another, so that the last one given comes first. */
  lpush<TData>(key: string, ...elements: TData[]): Pipeline<[...TResults, number]>;
  /** Puts elements at the beginning of a list where the key exists. */
  lpushx<TData>(key: string, ...elements: TData[]): Pipeline<[...TResults, number]>;
  /** Reads elements of a list by their positions, the last one included; negative ones count from the end. */
  lrange<TResult = string>(key: string, start: number, end: number): Pipeline<[...TResults, TResult[]]>;
  /** Removes the first `count` elements that equal a value; a negative `count` searches from the end, 0 removes all of them. */
  lrem<TData>(key: string, count: number, value: TData): Pipeline<[...TResults, number]>;
  /** Replaces an element of a list by its position; fails where there is none. */
  lset<TData>(key: string, index: number, value: TData): Pipeline<[...TResults, 'OK']>;
  /** Keeps only the elements from `start` to `end`, the last one included, and removes the others; negative positions count from the end. */
  ltrim(key: string, start: number, end: number): Pipeline<[...TResults, 'OK']>;
  /** Removes the last element of a list, or the last `count`. */
  rpop<TData = string>(key: string, count?: number): Pipeline<[...TResults, TData | null]>;
  /** Puts elements at the end of a list. */
  rpush<TData>(key: string, ...elements: TData[]): Pipeline<[...TResults, number]>;
  /** Puts elements at the end of a list where the key exists. */
  rpushx<TData>(key: string, ...elements: TData[]): Pipeline<[...TResults, number]>;
  /** Runs a Lua script. */
  eval<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Pipeline<[...TResults, TData]>;
  /** Runs a Lua script that only reads. */
  evalRo<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Pipeline<[...TResults, TData]>;
  /** Runs a Lua script that Redis knows, by its SHA-1. */
  evalsha<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Pipeline<[...TResults, TData]>;
  /** Runs a Lua script that Redis knows and that only reads, by its SHA-1. */
  evalshaRo<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Pipeline<[...TResults, TData]>;
  /** Sends a message to all who listen to a channel. */
  publish<TMessage = unknown>(channel: string, message: TMessage): Pipeline<[...TResults, number]>;
  /** Tells which scripts Redis knows. */
  scriptExists(...hashes: string[]): Pipeline<[...TResults, number[]]>;
  /** Makes Redis forget all scripts. */
  scriptFlush(options?: ScriptFlushCommandOptions): Pipeline<[...TResults, 'OK']>;
  /** Makes Redis know a script without running it. */
  scriptLoad(script: string): Pipeline<[...TResults, string]>;
  /** Adds members to a set; a key that does not exist becomes one. */
  sadd<TData>(key: string, member: TData, ...members: TData[]): Pipeline<[...TResults, number]>;
  /** Counts the members of a set. */
  scard(key: string): Pipeline<[...TResults, number]>;
  /** Lists the members of the first set that are in none of the others. */
  sdiff(key: string, ...keys: string[]): Pipeline<[...TResults, unknown[]]>;
  /** Stores the members of the first set that are in none of the others, in place of what `destination` held. */
  sdiffstore(destination: string, ...keys: string[]): Pipeline<[...TResults, number]>;
  /** Lists the members that all of the sets have. */
  sinter(key: string, ...keys: string[]): Pipeline<[...TResults, string[]]>;
  /** Counts the members that all of the sets have. */
  sintercard(keys: string[], opts?: SInterCardCommandOptions): Pipeline<[...TResults, number]>;
  /** Stores the members that all of the sets have, in place of what `destination` held. */
  sinterstore(destination: string, key: string, ...keys: string[]): Pipeline<[...TResults, number]>;
  /** Tells whether a set has a member. */
  sismember<TData>(key: string, member: TData): Pipeline<[...TResults, 0 | 1]>;
  /** Lists all members of a set. */
  smembers<TData extends unknown[] = string[]>(key: string): Pipeline<[...TResults, TData]>;
  /** Tells of several values whether a set has them as members. */
  smismember<TMembers extends unknown[]>(key: string, members: TMembers): Pipeline<[...TResults, (0 | 1)[]]>;
  /** Moves a member from one set to another. */
  smove<TData>(source: string, destination: string, member: TData): Pipeline<[...TResults, 0 | 1]>;
  /** Removes a member of a set at random, or `count` of them. */
  spop<TData>(key: string, count?: number): Pipeline<[...TResults, TData | null]>;
  /** Picks a member of a set at random, or `count` of them; a negative `count` may pick the same one several times. */
  srandmember<TData>(key: string, count?: number): Pipeline<[...TResults, TData | null]>;
  /** Removes members from a set; the key goes with its last member. */
  srem<TData>(key: string, ...members: TData[]): Pipeline<[...TResults, number]>;
  /** Goes through the members of a set part by part; begins with cursor 0 and goes on with the one it gave. */
  sscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Pipeline<[...TResults, [string, (string | number)[]]]>;
  /** Lists the members that any of the sets has, each once. */
  sunion(key: string, ...keys: string[]): Pipeline<[...TResults, unknown[]]>;
  /** Stores the members that any of the sets has, in place of what `destination` held. */
  sunionstore(destination: string, key: string, ...keys: string[]): Pipeline<[...TResults, number]>;
  /** Confirms that entries were dealt with. */
  xack(key: string, group: string, ids: string | string[]): Pipeline<[...TResults, number]>;
  /** Confirms entries and deletes them. */
  xackdel(key: string, group: string, option: XAckDelOption, ...ids: string[]): Pipeline<[...TResults, number[]]>;
  /** Appends an entry; the id `*` is made by Redis. */
  xadd(key: string, id: string, entries: Record<string, unknown>, opts?: XAddCommandOptions): Pipeline<[...TResults, string]>;
  /** Hands entries that consumers have kept too long to another, from an id on. */
  xautoclaim(key: string, group: string, consumer: string, minIdleTime: number, start: string, options?: { /** The most entries to look at. */ count?: number; /** Gives ids without contents. */ justId?: boolean }): Pipeline<[...TResults, unknown[]]>;
  /** Hands entries that a consumer has kept too long to another. */
  xclaim(key: string, group: string, consumer: string, minIdleTime: number, id: string | string[], options?: XClaimCommandOptions): Pipeline<[...TResults, unknown[]]>;
  /** Deletes entries. */
  xdel(key: string, ids: string | string[]): Pipeline<[...TResults, number]>;
  /** Deletes entries and what groups keep of them. */
  xdelex(key: string, option?: XDelExOption, ...ids: string[]): Pipeline<[...TResults, number[]]>;
  /** Makes, changes and removes groups of consumers. */
  xgroup<TOptions extends XGroupCommandType>(key: string, opts: TOptions): Pipeline<[...TResults, XGroupReturnType<TOptions>]>;
  /** Describes the groups of a stream, or the consumers of a group. */
  xinfo(key: string, options: { type: 'CONSUMERS'; group: string } | { type: 'GROUPS' }): Pipeline<[...TResults, unknown[]]>;
  /** Counts the entries. */
  xlen(key: string): Pipeline<[...TResults, number]>;
  /** Lists entries that were delivered and not confirmed. */
  xpending(key: string, group: string, start: string, end: string, count: number, options?: { /** Only those kept so many milliseconds. */ idleTime?: number; consumer?: string | string[] }): Pipeline<[...TResults, unknown[]]>;
  /** Reads entries by id; `-` and `+` are the ends. */
  xrange<TData extends Record<string, Record<string, unknown>>>(key: string, start: string, end: string, count?: number): Pipeline<[...TResults, TData]>;
  /** Reads the entries after an id, of one or several streams. */
  xread(...args: [key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }] | [key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }]): Pipeline<[...TResults, unknown[]]>;
  /** Reads entries as a consumer of a group; the id `>` is for those that nobody was given yet. */
  xreadgroup(...args: [group: string, consumer: string, key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }] | [group: string, consumer: string, key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }]): Pipeline<[...TResults, unknown[]]>;
  /** Reads entries by id, the last one first. */
  xrevrange<TData extends Record<string, Record<string, unknown>>>(key: string, end: string, start: string, count?: number): Pipeline<[...TResults, TData]>;
  /** Drops old entries. */
  xtrim(key: string, options: XTrimOptions): Pipeline<[...TResults, number]>;
  /** Appends text to a value; a key that does not exist becomes one with that text. */
  append(key: string, value: string): Pipeline<[...TResults, number]>;
  /** Counts the bits that are 1, in all of a value or from one byte to another. */
  bitcount(key: string): Pipeline<[...TResults, number]>;
  /** Counts the bits that are 1, in all of a value or from one byte to another. */
  bitcount(key: string, start: number, end: number): Pipeline<[...TResults, number]>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'and' | 'or' | 'xor', destinationKey: string, sourceKey: string, ...sourceKeys: string[]): Pipeline<[...TResults, number]>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'not', destinationKey: string, sourceKey: string): Pipeline<[...TResults, number]>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'diff' | 'diff1' | 'andor', destinationKey: string, x: string, ...y: string[]): Pipeline<[...TResults, number]>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'one', destinationKey: string, ...sourceKeys: string[]): Pipeline<[...TResults, number]>;
  /** Finds the first bit that is 0 or 1; `start` and `end` are byte positions. */
  bitpos(key: string, bit: 0 | 1, start?: number, end?: number): Pipeline<[...TResults, number]>;
  /** Takes 1 from a whole number; a key that does not exist counts as 0. */
  decr(key: string): Pipeline<[...TResults, number]>;
  /** Takes `decrement` from a whole number; a key that does not exist counts as 0. */
  decrby(key: string, decrement: number | bigint): Pipeline<[...TResults, number]>;
  /** Reads a value. */
  get<TData>(key: string): Pipeline<[...TResults, TData | null]>;
  /** Reads one bit; `offset` counts bits from the first, which is 0. */
  getbit(key: string, offset: number): Pipeline<[...TResults, 0 | 1]>;
  /** Reads a value and deletes its key. */
  getdel<TData>(key: string): Pipeline<[...TResults, TData | null]>;
  /** Reads a value and sets or removes the expiry of its key. */
  getex<TData>(key: string, opts?: GetExCommandOptions): Pipeline<[...TResults, TData | null]>;
  /** Reads a part of a value by byte positions, the last one included; negative ones count from the end. */
  getrange(key: string, start: number, end: number): Pipeline<[...TResults, string]>;
  /** Sets a value and gives the one before; removes an expiry. */
  getset<TData>(key: string, value: TData): Pipeline<[...TResults, TData | null]>;
  /** Adds 1 to a whole number; a key that does not exist counts as 0. */
  incr(key: string): Pipeline<[...TResults, number]>;
  /** Adds `value` to a whole number; a key that does not exist counts as 0. */
  incrby(key: string, value: number | bigint): Pipeline<[...TResults, number]>;
  /** Adds `value`, which may have decimals, to a number; a key that does not exist counts as 0. */
  incrbyfloat(key: string, value: number): Pipeline<[...TResults, number]>;
  /** Reads the values of several keys, given one by one or as one array. */
  mget<TData extends unknown[]>(...keys: string[] | [keys: string[]]): Pipeline<[...TResults, TData]>;
  /** Sets several keys at once. */
  mset<TData>(kv: Record<string, TData>): Pipeline<[...TResults, 'OK']>;
  /** Sets several keys at once, or none where one of them exists. */
  msetnx<TData>(kv: Record<string, TData>): Pipeline<[...TResults, number]>;
  /** Sets a value that expires in `ttl` milliseconds. */
  psetex<TData>(key: string, ttl: number, value: TData): Pipeline<[...TResults, string]>;
  /** Sets a value. What is no string, number or boolean is written as JSON. */
  set<TData>(key: string, value: TData, opts?: SetCommandOptions): Pipeline<[...TResults, 'OK' | TData | null]>;
  /** Sets one bit; the value grows where it is too short. */
  setbit(key: string, offset: number, value: 0 | 1): Pipeline<[...TResults, 0 | 1]>;
  /** Sets a value that expires in `ttl` seconds. */
  setex<TData>(key: string, ttl: number, value: TData): Pipeline<[...TResults, 'OK']>;
  /** Sets a value where the key does not exist. */
  setnx<TData>(key: string, value: TData): Pipeline<[...TResults, number]>;
  /** Overwrites a part of a value from the byte `offset` on; a gap before it is filled with zero bytes. */
  setrange(key: string, offset: number, value: string): Pipeline<[...TResults, number]>;
  /** Tells how long a value is. */
  strlen(key: string): Pipeline<[...TResults, number]>;
  /** Adds members with their scores, or changes the scores of those that are there. */
  zadd<TData>(...args: [key: string, scoreMember: ScoreMember<TData>, ...scoreMemberPairs: ScoreMember<TData>[]] | [key: string, opts: ZAddCommandOptions, ...scoreMemberPairs: [ScoreMember<TData>, ...ScoreMember<TData>[]]]): Pipeline<[...TResults, number | null]>;
  /** Counts the members. */
  zcard(key: string): Pipeline<[...TResults, number]>;
  /** Counts the members with scores from `min` to `max`; `(5` leaves 5 out, `-inf` and `+inf` are the ends. */
  zcount(key: string, min: number | string, max: number | string): Pipeline<[...TResults, number]>;
  /** Stores the members of the first key that are in none of the others. */
  zdiffstore(destination: string, numkeys: number, ...keys: string[]): Pipeline<[...TResults, number]>;
  /** Adds to the score of a member; one that is not there counts as 0. */
  zincrby<TData>(key: string, increment: number, member: TData): Pipeline<[...TResults, number]>;
  /** Stores the members that all keys have. */
  zinterstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Pipeline<[...TResults, number]>;
  /** Stores the members that all keys have. */
  zinterstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Pipeline<[...TResults, number]>;
  /** Counts the members from `min` to `max`, where all have the same score; `[a` includes a, `(a` does not, `-` and `+` are the ends. */
  zlexcount(key: string, min: string, max: string): Pipeline<[...TResults, number]>;
  /** Reads the scores of members. */
  zmscore<TData>(key: string, members: TData[]): Pipeline<[...TResults, (number | null)[] | null]>;
  /** Takes out the members with the greatest scores. */
  zpopmax<TData>(key: string, count?: number): Pipeline<[...TResults, TData[]]>;
  /** Takes out the members with the least scores. */
  zpopmin<TData>(key: string, count?: number): Pipeline<[...TResults, TData[]]>;
  /** Reads members by position, by score or by name. */
  zrange<TData extends unknown[]>(...args: [key: string, min: number, max: number, opts?: ZRangeCommandOptions] | [key: string, min: `(${string}` | `[${string}` | '-' | '+', max: `(${string}` | `[${string}` | '-' | '+', opts: { byLex: true } & ZRangeCommandOptions] | [key: string, min: number | `(${number}` | '-inf' | '+inf', max: number | `(${number}` | '-inf' | '+inf', opts: { byScore: true } & ZRangeCommandOptions]): Pipeline<[...TResults, TData]>;
  /** Tells how many members have a lesser score. */
  zrank<TData>(key: string, member: TData): Pipeline<[...TResults, number | null]>;
  /** Takes out members. */
  zrem<TData = string>(key: string, ...members: TData[]): Pipeline<[...TResults, number]>;
  /** Takes out the members from `min` to `max`, where all have the same score. */
  zremrangebylex(key: string, min: string, max: string): Pipeline<[...TResults, number]>;
  /** Takes out members by position; negative ones count from the end. */
  zremrangebyrank(key: string, start: number, stop: number): Pipeline<[...TResults, number]>;
  /** Takes out the members with scores from `min` to `max`. */
  zremrangebyscore(key: string, min: number | string, max: number | string): Pipeline<[...TResults, number]>;
  /** Tells how many members have a greater score. */
  zrevrank<TData>(key: string, member: TData): Pipeline<[...TResults, number | null]>;
  /** Goes through the members little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  zscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Pipeline<[...TResults, [cursor: string, members: (string | number)[]]]>;
  /** Reads the score of a member. */
  zscore<TData>(key: string, member: TData): Pipeline<[...TResults, number | null]>;
  /** Reads the members that any of the keys has. */
  zunion<TData extends unknown[]>(numKeys: 1, keys: string, opts?: ZUnionCommandOptions): Pipeline<[...TResults, TData]>;
  /** Reads the members that any of the keys has. */
  zunion<TData extends unknown[]>(numKeys: number, keys: string[], opts?: ZUnionCommandOptions): Pipeline<[...TResults, TData]>;
  /** Stores the members that any of the keys has. */
  zunionstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Pipeline<[...TResults, number]>;
  /** Stores the members that any of the keys has. */
  zunionstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Pipeline<[...TResults, number]>;
  /** Commands on JSON documents. */
  readonly json: {
    /** Appends values to arrays. */
    arrappend(key: string, path: string, ...values: unknown[]): Pipeline<[...TResults, (number | null)[]]>;
    /** Finds a value in arrays, from `start` to before `stop`. */
    arrindex(key: string, path: string, value: unknown, start?: number, stop?: number): Pipeline<[...TResults, (number | null)[]]>;
    /** Inserts values into arrays before a position. */
    arrinsert(key: string, path: string, index: number, ...values: unknown[]): Pipeline<[...TResults, (number | null)[]]>;
    /** Tells how long arrays are. */
    arrlen(key: string, path?: string): Pipeline<[...TResults, (number | null)[]]>;
    /** Takes an item out of arrays, the last one unless told which. */
    arrpop(key: string, path?: string, index?: number): Pipeline<[...TResults, unknown[]]>;
    /** Keeps a part of arrays, from `start` to `stop`, and drops the rest. */
    arrtrim(key: string, path?: string, start?: number, stop?: number): Pipeline<[...TResults, (number | null)[]]>;
    /** Empties arrays and objects and sets numbers to 0. */
    clear(key: string, path?: string): Pipeline<[...TResults, number]>;
    /** Deletes values, or the whole document. */
    del(key: string, path?: string): Pipeline<[...TResults, number]>;
    /** Deletes values, or the whole document; the same as `del`. */
    forget(key: string, path?: string): Pipeline<[...TResults, number]>;
    /** Reads a document, or the parts that paths find. */
    get<TData>(...args: [key: string, opts?: JsonGetCommandOptions, ...paths: string[]] | [key: string, ...paths: string[]]): Pipeline<[...TResults, TData | null]>;
    /** Merges a value into a document (RFC 7396): what is `null` in it is deleted. */
    merge(key: string, path: string, value: string | number | unknown[] | Record<string, unknown>): Pipeline<[...TResults, 'OK' | null]>;
    /** Reads what a path finds in several documents. */
    mget<TData = unknown[]>(keys: string[], path: string): Pipeline<[...TResults, TData]>;
    /** Sets values in several documents at once. */
    mset(...values: { key: string; path: string; value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[] }[]): Pipeline<[...TResults, 'OK' | null]>;
    /** Adds to numbers. */
    numincrby(key: string, path: string, value: number): Pipeline<[...TResults, (number | null)[]]>;
    /** Multiplies numbers. */
    nummultby(key: string, path: string, value: number): Pipeline<[...TResults, (number | null)[]]>;
    /** Reads the names in objects. */
    objkeys(key: string, path?: string): Pipeline<[...TResults, (string[] | null)[]]>;
    /** Counts the names in objects. */
    objlen(key: string, path?: string): Pipeline<[...TResults, (number | null)[]]>;
    /** Reads a document in the form in which Redis sends lists. */
    resp<TData>(key: string, path?: string): Pipeline<[...TResults, TData]>;
    /** Sets a value in a document, or the whole document by the path `$`. */
    set(key: string, path: string, value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[], opts?: { /** Only where there is nothing. */ nx: true; xx?: never } | { nx?: never; /** Only where there is something. */ xx: true }): Pipeline<[...TResults, 'OK' | null]>;
    /** Appends to strings; the value is JSON, in quotes. */
    strappend(key: string, path: string, value: string): Pipeline<[...TResults, (number | null)[]]>;
    /** Tells how long strings are. */
    strlen(key: string, path?: string): Pipeline<[...TResults, (number | null)[]]>;
    /** Turns true into false and back. */
    toggle(key: string, path: string): Pipeline<[...TResults, number[]]>;
    /** Tells what kinds of values there are. */
    type(key: string, path?: string): Pipeline<[...TResults, string[]]>;
  };
  /** Functions kept in Redis. */
  readonly functions: {
    /** Calls a function. */
    call<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Pipeline<[...TResults, TData]>;
    /** Calls a function that only reads. */
    callRo<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Pipeline<[...TResults, TData]>;
    /** Deletes a library with its functions. */
    delete(libraryName: string): Pipeline<[...TResults, 'OK']>;
    /** Deletes all libraries. */
    flush(): Pipeline<[...TResults, 'OK']>;
    /** Lists libraries and their functions. */
    list(options?: FunctionListArgs): Pipeline<[...TResults, { libraryName: string; engine: string; functions: { name: string; description?: string; flags: string[] }[]; libraryCode?: string }[]]>;
    /** Loads a library. */
    load(options: FunctionLoadArgs): Pipeline<[...TResults, string]>;
    /** Counts libraries and functions. */
    stats(): Pipeline<[...TResults, { engines: Record<string, { librariesCount: number; functionsCount: number }> }]>;
  };
}

/** The commands, with replies as bytes. */
export interface RawCommands {
  /** Counts the places of an array that hold a value. */
  arcount(key: string): Promise<RawReply>;
  /** Empties places of an array. */
  ardel(key: string, ...indexes: (number | string)[]): Promise<RawReply>;
  /** Empties ranges of places of an array. */
  ardelrange(key: string, ...ranges: [start: number | string, end: number | string][]): Promise<RawReply>;
  /** Reads one place of an array. */
  arget<TData = string>(key: string, index: number | string): Promise<RawReply>;
  /** Reads a range of places of an array. */
  argetrange<TData = string>(key: string, start: number | string, end: number | string): Promise<RawReply>;
  /** Finds the places of an array whose values match; `-` and `+` are its ends. */
  argrep<TData = string, TOpts extends ArGrepOptions = ArGrepOptions>(key: string, start: number | string, end: number | string, opts: TOpts): Promise<RawReply>;
  /** Tells how an array is kept in memory. */
  arinfo(key: string, opts?: { /** Looks at the whole array for statistics. */ full?: boolean }): Promise<RawReply>;
  /** Writes values one after the other, from where the last such call ended. */
  arinsert<TData>(key: string, ...values: TData[]): Promise<RawReply>;
  /** Reads what was written last. */
  arlastitems<TData = string>(key: string, count: number, opts?: { /** The newest first. */ rev?: boolean }): Promise<RawReply>;
  /** Tells how far an array reaches. */
  arlen(key: string): Promise<RawReply>;
  /** Reads places of an array. */
  armget<TData = string>(key: string, ...indexes: (number | string)[]): Promise<RawReply>;
  /** Writes values to places of an array. */
  armset<TData>(key: string, values: Record<number | string, TData> | [index: number | string, value: TData][]): Promise<RawReply>;
  /** Tells where `arinsert` would write next. */
  arnext(key: string): Promise<RawReply>;
  /** Makes one number of a range of an array. */
  arop<TData = string>(key: string, start: number | string, end: number | string, operation: ArOpOperation<TData>): Promise<RawReply>;
  /** Writes values one after the other into a ring of `size` places. */
  arring<TData>(key: string, size: number, ...values: TData[]): Promise<RawReply>;
  /** Reads the places of a range that hold a value. */
  arscan<TData = string>(key: string, start: number | string, end: number | string, opts?: { /** The most places to give. */ limit?: number }): Promise<RawReply>;
  /** Sets where `arinsert` writes next. */
  arseek(key: string, index: number | string): Promise<RawReply>;
  /** Writes values one after the other from a place on. */
  arset<TData>(key: string, index: number | string, ...values: TData[]): Promise<RawReply>;
  /** Adds places, or moves those that are there. */
  geoadd<TData>(key: string, member: GeoMember<TData> | GeoAddCommandOptions, ...members: GeoMember<TData>[]): Promise<RawReply>;
  /** Tells how far apart two places are, in metres unless told otherwise. */
  geodist<TData = string>(key: string, member1: TData, member2: TData, unit?: GeoUnit): Promise<RawReply>;
  /** Reads the geohash of places. */
  geohash<TData = string>(key: string, ...members: TData[] | TData[][]): Promise<RawReply>;
  /** Reads the coordinates of places. */
  geopos<TData = string>(key: string, ...members: TData[] | TData[][]): Promise<RawReply>;
  /** Finds the places in a circle or a box. */
  geosearch<TMemberType = string, TOptions extends GeoSearchCommandOptions = GeoSearchCommandOptions>(key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: TOptions): Promise<RawReply>;
  /** Finds the places in a circle or a box and stores them. */
  geosearchstore<TMemberType = string>(destination: string, key: string, centerPoint: CenterPoint<TMemberType>, shape: Shape, order: 'ASC' | 'DESC' | 'asc' | 'desc', opts?: GeoSearchStoreCommandOptions): Promise<RawReply>;
  /** Removes fields from a hash; the key goes with its last field. */
  hdel(key: string, ...fields: string[]): Promise<RawReply>;
  /** Tells whether a hash has a field. */
  hexists(key: string, field: string): Promise<RawReply>;
  /** Lets fields of a hash expire in so many seconds. */
  hexpire(key: string, fields: (string | number) | (string | number)[], seconds: number, option?: ExpireOption): Promise<RawReply>;
  /** Lets fields of a hash expire at a time, in seconds since 1970. */
  hexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Promise<RawReply>;
  /** Tells at what time fields of a hash expire, in seconds since 1970. */
  hexpiretime(key: string, fields: (string | number) | (string | number)[]): Promise<RawReply>;
  /** Reads a field of a hash. */
  hget<TData>(key: string, field: string): Promise<RawReply>;
  /** Reads a whole hash. */
  hgetall<TData extends Record<string, unknown>>(key: string): Promise<RawReply>;
  /** Reads fields of a hash and removes them; the key goes with its last field. */
  hgetdel<TData extends Record<string, unknown>>(key: string, ...fields: (string | number)[]): Promise<RawReply>;
  /** Reads fields of a hash and sets or removes their expiry. */
  hgetex<TData extends Record<string, unknown>>(key: string, opts: HGetExCommandOptions, ...fields: (string | number)[]): Promise<RawReply>;
  /** Adds `increment` to a whole number in a field of a hash; a field that does not exist counts as 0. */
  hincrby(key: string, field: string, increment: number | bigint): Promise<RawReply>;
  /** Adds `increment`, which may have decimals, to a number in a field of a hash; a field that does not exist counts as 0. */
  hincrbyfloat(key: string, field: string, increment: number): Promise<RawReply>;
  /** Lists the names of all fields of a hash. */
  hkeys(key: string): Promise<RawReply>;
  /** Counts the fields of a hash. */
  hlen(key: string): Promise<RawReply>;
  /** Reads several fields of a hash. */
  hmget<TData extends Record<string, unknown>>(key: string, ...fields: string[]): Promise<RawReply>;
  /** Sets fields of a hash, as `hset` does, but does not tell how many are new. */
  hmset<TData>(key: string, kv: Record<string, TData>): Promise<RawReply>;
  /** Removes the expiry of fields of a hash. */
  hpersist(key: string, fields: (string | number) | (string | number)[]): Promise<RawReply>;
  /** Lets fields of a hash expire in so many milliseconds. */
  hpexpire(key: string, fields: (string | number) | (string | number)[], milliseconds: number, option?: ExpireOption): Promise<RawReply>;
  /** Lets fields of a hash expire at a time, in milliseconds since 1970. */
  hpexpireat(key: string, fields: (string | number) | (string | number)[], timestamp: number, option?: ExpireOption): Promise<RawReply>;
  /** Tells at what time fields of a hash expire, in milliseconds since 1970. */
  hpexpiretime(key: string, fields: (string | number) | (string | number)[]): Promise<RawReply>;
  /** Tells how many milliseconds fields of a hash have left. */
  hpttl(key: string, fields: (string | number) | (string | number)[]): Promise<RawReply>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield(key: string): Promise<RawReply>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield(key: string, count: number): Promise<RawReply>;
  /** Picks fields of a hash at random; a negative `count` may pick the same one several times. */
  hrandfield<TData extends Record<string, unknown>>(key: string, count: number, withValues: boolean): Promise<RawReply>;
  /** Goes through the fields of a hash part by part; begins with cursor 0 and goes on with the one it gave. */
  hscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<RawReply>;
  /** Sets fields of a hash; a key that does not exist becomes one. */
  hset<TData>(key: string, kv: Record<string, TData>): Promise<RawReply>;
  /** Sets fields of a hash together with their expiry. */
  hsetex<TData>(key: string, opts: HSetExCommandOptions, kv: Record<string, TData>): Promise<RawReply>;
  /** Sets a field of a hash where it does not exist. */
  hsetnx<TData>(key: string, field: string, value: TData): Promise<RawReply>;
  /** Tells how long the value of a field of a hash is. */
  hstrlen(key: string, field: string): Promise<RawReply>;
  /** Tells how many seconds fields of a hash have left. */
  httl(key: string, fields: (string | number) | (string | number)[]): Promise<RawReply>;
  /** Lists the values of all fields of a hash. */
  hvals<TData extends unknown[]>(key: string): Promise<RawReply>;
  /** Counts elements into a HyperLogLog, which estimates how many different ones it has seen. */
  pfadd(key: string, ...elements: unknown[]): Promise<RawReply>;
  /** Estimates how many different elements a HyperLogLog has seen, or several taken together. */
  pfcount(key: string, ...keys: string[]): Promise<RawReply>;
  /** Merges HyperLogLogs into `destination`, together with what it already counts. */
  pfmerge(destination: string, ...sources: string[]): Promise<RawReply>;
  /** Tells Redis the name or the version of the library that asks. */
  clientSetinfo(attribute: ClientSetInfoAttribute, value: string): Promise<RawReply>;
  /** Copies a key with its value and its expiry. */
  copy(key: string, destinationKey: string, opts?: { /** Overwrites a key that exists. */ replace: boolean }): Promise<RawReply>;
  /** Counts the keys of the database. */
  dbsize(): Promise<RawReply>;
  /** Deletes keys. */
  del(...keys: string[]): Promise<RawReply>;
  /** Sends a text back. */
  echo(message: string): Promise<RawReply>;
  /** Runs any command, given word by word as in a terminal. */
  exec<TResult>(args: readonly (string | number | boolean | bigint | Uint8Array)[]): Promise<RawReply>;
  /** Counts which of the keys exist; one named twice counts twice. */
  exists(...keys: string[]): Promise<RawReply>;
  /** Lets a key expire in so many seconds. */
  expire(key: string, seconds: number, option?: ExpireOption): Promise<RawReply>;
  /** Lets a key expire at a time, in seconds since 1970. */
  expireat(key: string, unix: number, option?: ExpireOption): Promise<RawReply>;
  /** Deletes every key of every database. */
  flushall(options?: { async?: boolean } | [{ /** Frees the memory later. */ async?: boolean }]): Promise<RawReply>;
  /** Deletes every key of the database. */
  flushdb(opts?: { /** Frees the memory later. */ async?: boolean }): Promise<RawReply>;
  /** Finds every key that matches a glob pattern, and keeps Redis busy meanwhile; `scan` does not. */
  keys(pattern: string): Promise<RawReply>;
  /** Removes the expiry of a key. */
  persist(key: string): Promise<RawReply>;
  /** Lets a key expire in so many milliseconds. */
  pexpire(key: string, ms: number, option?: ExpireOption): Promise<RawReply>;
  /** Lets a key expire at a time, in milliseconds since 1970. */
  pexpireat(key: string, unix: number, option?: ExpireOption): Promise<RawReply>;
  /** Asks whether Redis is there. */
  ping(args?: string | [message?: string]): Promise<RawReply>;
  /** Tells when a key expires. */
  pttl(key: string): Promise<RawReply>;
  /** Picks a key by chance. */
  randomkey(): Promise<RawReply>;
  /** Renames a key; one that has the new name is gone. */
  rename(source: string, destination: string): Promise<RawReply>;
  /** Renames a key where no other has the new name. */
  renamenx(source: string, destination: string): Promise<RawReply>;
  /** Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  scan(cursor: string | number): Promise<RawReply>;
  /** Goes through the keys little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  scan<TOptions extends ScanCommandOptions>(cursor: string | number, opts: TOptions): Promise<RawReply>;
  /** Tells the time of the server. */
  time(): Promise<RawReply>;
  /** Counts keys as just used. */
  touch(...keys: string[]): Promise<RawReply>;
  /** Tells when a key expires. */
  ttl(key: string): Promise<RawReply>;
  /** Tells what a key holds. */
  type(key: string): Promise<RawReply>;
  /** Deletes keys at once and frees their memory later. */
  unlink(...keys: string[]): Promise<RawReply>;
  /** Reads an element of a list by its position; the first is 0, negative ones count from the end. */
  lindex<TData>(key: string, index: number): Promise<RawReply>;
  /** Inserts a value before or after the first element that equals `pivot`. */
  linsert<TData>(key: string, direction: 'before' | 'after', pivot: TData, value: TData): Promise<RawReply>;
  /** Tells how many elements a list has. */
  llen(key: string): Promise<RawReply>;
  /** Takes an element from one end of a list and puts it at an end of another or the same list. */
  lmove<TData = string>(source: string, destination: string, whereFrom: 'left' | 'right', whereTo: 'left' | 'right'): Promise<RawReply>;
  /** Removes elements from an end of the first list among several keys that is not empty; one where `count` is not given. */
  lmpop<TData>(numkeys: number, keys: string[], direction: 'LEFT' | 'RIGHT', count?: number): Promise<RawReply>;
  /** Removes the first element of a list, or the first `count`. */
  lpop<TData>(key: string, count?: number): Promise<RawReply>;
  /** Finds the position of an element in a list. */
  lpos<TData = number>(key: string, element: unknown, opts?: LPosCommandOptions): Promise<RawReply>;
  /** Puts elements at the beginning of a list, one after another, so that the last one given comes first. */
  lpush<TData>(key: string, ...elements: TData[]): Promise<RawReply>;
  /** Puts elements at the beginning of a list where the key exists. */
  lpushx<TData>(key: string, ...elements: TData[]): Promise<RawReply>;
  /** Reads elements of a list by their positions, the last one included; negative ones count from the end. */
  lrange<TResult = string>(key: string, start: number, end: number): Promise<RawReply>;
  /** Removes the first `count` elements that equal a value; a negative `count` searches from the end, 0 removes all of them. */
  lrem<TData>(key: string, count: number, value: TData): Promise<RawReply>;
  /** Replaces an element of a list by its position; fails where there is none. */
  lset<TData>(key: string, index: number, value: TData): Promise<RawReply>;
  /** Keeps only the elements from `start` to `end`, the last one included, and removes the others; negative positions count from the end. */
  ltrim(key: string, start: number, end: number): Promise<RawReply>;
  /** Removes the last element of a list, or the last `count`. */
  rpop<TData = string>(key: string, count?: number): Promise<RawReply>;
  /** Puts elements at the end of a list. */
  rpush<TData>(key: string, ...elements: TData[]): Promise<RawReply>;
  /** Puts elements at the end of a list where the key exists. */
  rpushx<TData>(key: string, ...elements: TData[]): Promise<RawReply>;
  /** Runs a Lua script. */
  eval<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Promise<RawReply>;
  /** Runs a Lua script that only reads. */
  evalRo<TArgs extends unknown[], TData = unknown>(script: string, keys: string[], args?: TArgs): Promise<RawReply>;
  /** Runs a Lua script that Redis knows, by its SHA-1. */
  evalsha<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Promise<RawReply>;
  /** Runs a Lua script that Redis knows and that only reads, by its SHA-1. */
  evalshaRo<TArgs extends unknown[], TData = unknown>(sha: string, keys: string[], args?: TArgs): Promise<RawReply>;
  /** Sends a message to all who listen to a channel. */
  publish<TMessage = unknown>(channel: string, message: TMessage): Promise<RawReply>;
  /** Tells which scripts Redis knows. */
  scriptExists(...hashes: string[]): Promise<RawReply>;
  /** Makes Redis forget all scripts. */
  scriptFlush(options?: ScriptFlushCommandOptions): Promise<RawReply>;
  /** Makes Redis know a script without running it. */
  scriptLoad(script: string): Promise<RawReply>;
  /** Adds members to a set; a key that does not exist becomes one. */
  sadd<TData>(key: string, member: TData, ...members: TData[]): Promise<RawReply>;
  /** Counts the members of a set. */
  scard(key: string): Promise<RawReply>;
  /** Lists the members of the first set that are in none of the others. */
  sdiff(key: string, ...keys: string[]): Promise<RawReply>;
  /** Stores the members of the first set that are in none of the others, in place of what `destination` held. */
  sdiffstore(destination: string, ...keys: string[]): Promise<RawReply>;
  /** Lists the members that all of the sets have. */
  sinter(key: string, ...keys: string[]): Promise<RawReply>;
  /** Counts the members that all of the sets have. */
  sintercard(keys: string[], opts?: SInterCardCommandOptions): Promise<RawReply>;
  /** Stores the members that all of the sets have, in place of what `destination` held. */
  sinterstore(destination: string, key: string, ...keys: string[]): Promise<RawReply>;
  /** Tells whether a set has a member. */
  sismember<TData>(key: string, member: TData): Promise<RawReply>;
  /** Lists all members of a set. */
  smembers<TData extends unknown[] = string[]>(key: string): Promise<RawReply>;
  /** Tells of several values whether a set has them as members. */
  smismember<TMembers extends unknown[]>(key: string, members: TMembers): Promise<RawReply>;
  /** Moves a member from one set to another. */
  smove<TData>(source: string, destination: string, member: TData): Promise<RawReply>;
  /** Removes a member of a set at random, or `count` of them. */
  spop<TData>(key: string, count?: number): Promise<RawReply>;
  /** Picks a member of a set at random, or `count` of them; a negative `count` may pick the same one several times. */
  srandmember<TData>(key: string, count?: number): Promise<RawReply>;
  /** Removes members from a set; the key goes with its last member. */
  srem<TData>(key: string, ...members: TData[]): Promise<RawReply>;
  /** Goes through the members of a set part by part; begins with cursor 0 and goes on with the one it gave. */
  sscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<RawReply>;
  /** Lists the members that any of the sets has, each once. */
  sunion(key: string, ...keys: string[]): Promise<RawReply>;
  /** Stores the members that any of the sets has, in place of what `destination` held. */
  sunionstore(destination: string, key: string, ...keys: string[]): Promise<RawReply>;
  /** Confirms that entries were dealt with. */
  xack(key: string, group: string, ids: string | string[]): Promise<RawReply>;
  /** Confirms entries and deletes them. */
  xackdel(key: string, group: string, option: XAckDelOption, ...ids: string[]): Promise<RawReply>;
  /** Appends an entry; the id `*` is made by Redis. */
  xadd(key: string, id: string, entries: Record<string, unknown>, opts?: XAddCommandOptions): Promise<RawReply>;
  /** Hands entries that consumers have kept too long to another, from an id on. */
  xautoclaim(key: string, group: string, consumer: string, minIdleTime: number, start: string, options?: { /** The most entries to look at. */ count?: number; /** Gives ids without contents. */ justId?: boolean }): Promise<RawReply>;
  /** Hands entries that a consumer has kept too long to another. */
  xclaim(key: string, group: string, consumer: string, minIdleTime: number, id: string | string[], options?: XClaimCommandOptions): Promise<RawReply>;
  /** Deletes entries. */
  xdel(key: string, ids: string | string[]): Promise<RawReply>;
  /** Deletes entries and what groups keep of them. */
  xdelex(key: string, option?: XDelExOption, ...ids: string[]): Promise<RawReply>;
  /** Makes, changes and removes groups of consumers. */
  xgroup<TOptions extends XGroupCommandType>(key: string, opts: TOptions): Promise<RawReply>;
  /** Describes the groups of a stream, or the consumers of a group. */
  xinfo(key: string, options: { type: 'CONSUMERS'; group: string } | { type: 'GROUPS' }): Promise<RawReply>;
  /** Counts the entries. */
  xlen(key: string): Promise<RawReply>;
  /** Lists entries that were delivered and not confirmed. */
  xpending(key: string, group: string, start: string, end: string, count: number, options?: { /** Only those kept so many milliseconds. */ idleTime?: number; consumer?: string | string[] }): Promise<RawReply>;
  /** Reads entries by id; `-` and `+` are the ends. */
  xrange<TData extends Record<string, Record<string, unknown>>>(key: string, start: string, end: string, count?: number): Promise<RawReply>;
  /** Reads the entries after an id, of one or several streams. */
  xread(...args: [key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }] | [key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number }]): Promise<RawReply>;
  /** Reads entries as a consumer of a group; the id `>` is for those that nobody was given yet. */
  xreadgroup(...args: [group: string, consumer: string, key: string, id: string, options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }] | [group: string, consumer: string, key: string[], id: string[], options?: { /** The most entries of each stream. */ count?: number; /** How long to wait for entries, in milliseconds. */ blockMS?: number; /** Delivered ones need no confirmation. */ NOACK?: boolean }]): Promise<RawReply>;
  /** Reads entries by id, the last one first. */
  xrevrange<TData extends Record<string, Record<string, unknown>>>(key: string, end: string, start: string, count?: number): Promise<RawReply>;
  /** Drops old entries. */
  xtrim(key: string, options: XTrimOptions): Promise<RawReply>;
  /** Appends text to a value; a key that does not exist becomes one with that text. */
  append(key: string, value: string): Promise<RawReply>;
  /** Counts the bits that are 1, in all of a value or from one byte to another. */
  bitcount(key: string): Promise<RawReply>;
  /** Counts the bits that are 1, in all of a value or from one byte to another. */
  bitcount(key: string, start: number, end: number): Promise<RawReply>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'and' | 'or' | 'xor', destinationKey: string, sourceKey: string, ...sourceKeys: string[]): Promise<RawReply>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'not', destinationKey: string, sourceKey: string): Promise<RawReply>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'diff' | 'diff1' | 'andor', destinationKey: string, x: string, ...y: string[]): Promise<RawReply>;
  /** Combines values bit by bit and stores the outcome. */
  bitop(op: 'one', destinationKey: string, ...sourceKeys: string[]): Promise<RawReply>;
  /** Finds the first bit that is 0 or 1; `start` and `end` are byte positions. */
  bitpos(key: string, bit: 0 | 1, start?: number, end?: number): Promise<RawReply>;
  /** Takes 1 from a whole number; a key that does not exist counts as 0. */
  decr(key: string): Promise<RawReply>;
  /** Takes `decrement` from a whole number; a key that does not exist counts as 0. */
  decrby(key: string, decrement: number | bigint): Promise<RawReply>;
  /** Reads a value. */
  get<TData>(key: string): Promise<RawReply>;
  /** Reads one bit; `offset` counts bits from the first, which is 0. */
  getbit(key: string, offset: number): Promise<RawReply>;
  /** Reads a value and deletes its key. */
  getdel<TData>(key: string): Promise<RawReply>;
  /** Reads a value and sets or removes the expiry of its key. */
  getex<TData>(key: string, opts?: GetExCommandOptions): Promise<RawReply>;
  /** Reads a part of a value by byte positions, the last one included; negative ones count from the end. */
  getrange(key: string, start: number, end: number): Promise<RawReply>;
  /** Sets a value and gives the one before; removes an expiry. */
  getset<TData>(key: string, value: TData): Promise<RawReply>;
  /** Adds 1 to a whole number; a key that does not exist counts as 0. */
  incr(key: string): Promise<RawReply>;
  /** Adds `value` to a whole number; a key that does not exist counts as 0. */
  incrby(key: string, value: number | bigint): Promise<RawReply>;
  /** Adds `value`, which may have decimals, to a number; a key that does not exist counts as 0. */
  incrbyfloat(key: string, value: number): Promise<RawReply>;
  /** Reads the values of several keys, given one by one or as one array. */
  mget<TData extends unknown[]>(...keys: string[] | [keys: string[]]): Promise<RawReply>;
  /** Sets several keys at once. */
  mset<TData>(kv: Record<string, TData>): Promise<RawReply>;
  /** Sets several keys at once, or none where one of them exists. */
  msetnx<TData>(kv: Record<string, TData>): Promise<RawReply>;
  /** Sets a value that expires in `ttl` milliseconds. */
  psetex<TData>(key: string, ttl: number, value: TData): Promise<RawReply>;
  /** Sets a value. What is no string, number or boolean is written as JSON. */
  set<TData>(key: string, value: TData, opts?: SetCommandOptions): Promise<RawReply>;
  /** Sets one bit; the value grows where it is too short. */
  setbit(key: string, offset: number, value: 0 | 1): Promise<RawReply>;
  /** Sets a value that expires in `ttl` seconds. */
  setex<TData>(key: string, ttl: number, value: TData): Promise<RawReply>;
  /** Sets a value where the key does not exist. */
  setnx<TData>(key: string, value: TData): Promise<RawReply>;
  /** Overwrites a part of a value from the byte `offset` on; a gap before it is filled with zero bytes. */
  setrange(key: string, offset: number, value: string): Promise<RawReply>;
  /** Tells how long a value is. */
  strlen(key: string): Promise<RawReply>;
  /** Adds members with their scores, or changes the scores of those that are there. */
  zadd<TData>(...args: [key: string, scoreMember: ScoreMember<TData>, ...scoreMemberPairs: ScoreMember<TData>[]] | [key: string, opts: ZAddCommandOptions, ...scoreMemberPairs: [ScoreMember<TData>, ...ScoreMember<TData>[]]]): Promise<RawReply>;
  /** Counts the members. */
  zcard(key: string): Promise<RawReply>;
  /** Counts the members with scores from `min` to `max`; `(5` leaves 5 out, `-inf` and `+inf` are the ends. */
  zcount(key: string, min: number | string, max: number | string): Promise<RawReply>;
  /** Stores the members of the first key that are in none of the others. */
  zdiffstore(destination: string, numkeys: number, ...keys: string[]): Promise<RawReply>;
  /** Adds to the score of a member; one that is not there counts as 0. */
  zincrby<TData>(key: string, increment: number, member: TData): Promise<RawReply>;
  /** Stores the members that all keys have. */
  zinterstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Promise<RawReply>;
  /** Stores the members that all keys have. */
  zinterstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Promise<RawReply>;
  /** Counts the members from `min` to `max`, where all have the same score; `[a` includes a, `(a` does not, `-` and `+` are the ends. */
  zlexcount(key: string, min: string, max: string): Promise<RawReply>;
  /** Reads the scores of members. */
  zmscore<TData>(key: string, members: TData[]): Promise<RawReply>;
  /** Takes out the members with the greatest scores. */
  zpopmax<TData>(key: string, count?: number): Promise<RawReply>;
  /** Takes out the members with the least scores. */
  zpopmin<TData>(key: string, count?: number): Promise<RawReply>;
  /** Reads members by position, by score or by name. */
  zrange<TData extends unknown[]>(...args: [key: string, min: number, max: number, opts?: ZRangeCommandOptions] | [key: string, min: `(${string}` | `[${string}` | '-' | '+', max: `(${string}` | `[${string}` | '-' | '+', opts: { byLex: true } & ZRangeCommandOptions] | [key: string, min: number | `(${number}` | '-inf' | '+inf', max: number | `(${number}` | '-inf' | '+inf', opts: { byScore: true } & ZRangeCommandOptions]): Promise<RawReply>;
  /** Tells how many members have a lesser score. */
  zrank<TData>(key: string, member: TData): Promise<RawReply>;
  /** Takes out members. */
  zrem<TData = string>(key: string, ...members: TData[]): Promise<RawReply>;
  /** Takes out the members from `min` to `max`, where all have the same score. */
  zremrangebylex(key: string, min: string, max: string): Promise<RawReply>;
  /** Takes out members by position; negative ones count from the end. */
  zremrangebyrank(key: string, start: number, stop: number): Promise<RawReply>;
  /** Takes out the members with scores from `min` to `max`. */
  zremrangebyscore(key: string, min: number | string, max: number | string): Promise<RawReply>;
  /** Tells how many members have a greater score. */
  zrevrank<TData>(key: string, member: TData): Promise<RawReply>;
  /** Goes through the members little by little: start with `'0'`, go on with the cursor that comes back, until that is `'0'`. */
  zscan(key: string, cursor: string | number, opts?: ScanCommandOptions): Promise<RawReply>;
  /** Reads the score of a member. */
  zscore<TData>(key: string, member: TData): Promise<RawReply>;
  /** Reads the members that any of the keys has. */
  zunion<TData extends unknown[]>(numKeys: 1, keys: string, opts?: ZUnionCommandOptions): Promise<RawReply>;
  /** Reads the members that any of the keys has. */
  zunion<TData extends unknown[]>(numKeys: number, keys: string[], opts?: ZUnionCommandOptions): Promise<RawReply>;
  /** Stores the members that any of the keys has. */
  zunionstore(destination: string, numKeys: 1, keys: string, opts?: ZStoreCommandOptions): Promise<RawReply>;
  /** Stores the members that any of the keys has. */
  zunionstore(destination: string, numKeys: number, keys: string[], opts?: ZStoreCommandOptions): Promise<RawReply>;
  /** Commands on JSON documents. */
  readonly json: {
    /** Appends values to arrays. */
    arrappend(key: string, path: string, ...values: unknown[]): Promise<RawReply>;
    /** Finds a value in arrays, from `start` to before `stop`. */
    arrindex(key: string, path: string, value: unknown, start?: number, stop?: number): Promise<RawReply>;
    /** Inserts values into arrays before a position. */
    arrinsert(key: string, path: string, index: number, ...values: unknown[]): Promise<RawReply>;
    /** Tells how long arrays are. */
    arrlen(key: string, path?: string): Promise<RawReply>;
    /** Takes an item out of arrays, the last one unless told which. */
    arrpop(key: string, path?: string, index?: number): Promise<RawReply>;
    /** Keeps a part of arrays, from `start` to `stop`, and drops the rest. */
    arrtrim(key: string, path?: string, start?: number, stop?: number): Promise<RawReply>;
    /** Empties arrays and objects and sets numbers to 0. */
    clear(key: string, path?: string): Promise<RawReply>;
    /** Deletes values, or the whole document. */
    del(key: string, path?: string): Promise<RawReply>;
    /** Deletes values, or the whole document; the same as `del`. */
    forget(key: string, path?: string): Promise<RawReply>;
    /** Reads a document, or the parts that paths find. */
    get<TData>(...args: [key: string, opts?: JsonGetCommandOptions, ...paths: string[]] | [key: string, ...paths: string[]]): Promise<RawReply>;
    /** Merges a value into a document (RFC 7396): what is `null` in it is deleted. */
    merge(key: string, path: string, value: string | number | unknown[] | Record<string, unknown>): Promise<RawReply>;
    /** Reads what a path finds in several documents. */
    mget<TData = unknown[]>(keys: string[], path: string): Promise<RawReply>;
    /** Sets values in several documents at once. */
    mset(...values: { key: string; path: string; value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[] }[]): Promise<RawReply>;
    /** Adds to numbers. */
    numincrby(key: string, path: string, value: number): Promise<RawReply>;
    /** Multiplies numbers. */
    nummultby(key: string, path: string, value: number): Promise<RawReply>;
    /** Reads the names in objects. */
    objkeys(key: string, path?: string): Promise<RawReply>;
    /** Counts the names in objects. */
    objlen(key: string, path?: string): Promise<RawReply>;
    /** Reads a document in the form in which Redis sends lists. */
    resp<TData>(key: string, path?: string): Promise<RawReply>;
    /** Sets a value in a document, or the whole document by the path `$`. */
    set(key: string, path: string, value: number | string | boolean | Record<string, unknown> | (number | string | boolean | Record<string, unknown>)[], opts?: { /** Only where there is nothing. */ nx: true; xx?: never } | { nx?: never; /** Only where there is something. */ xx: true }): Promise<RawReply>;
    /** Appends to strings; the value is JSON, in quotes. */
    strappend(key: string, path: string, value: string): Promise<RawReply>;
    /** Tells how long strings are. */
    strlen(key: string, path?: string): Promise<RawReply>;
    /** Turns true into false and back. */
    toggle(key: string, path: string): Promise<RawReply>;
    /** Tells what kinds of values there are. */
    type(key: string, path?: string): Promise<RawReply>;
  };
  /** Functions kept in Redis. */
  readonly functions: {
    /** Calls a function. */
    call<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Promise<RawReply>;
    /** Calls a function that only reads. */
    callRo<TData = unknown>(functionName: string, keys?: string[], args?: unknown[]): Promise<RawReply>;
    /** Deletes a library with its functions. */
    delete(libraryName: string): Promise<RawReply>;
    /** Deletes all libraries. */
    flush(): Promise<RawReply>;
    /** Lists libraries and their functions. */
    list(options?: FunctionListArgs): Promise<RawReply>;
    /** Loads a library. */
    load(options: FunctionLoadArgs): Promise<RawReply>;
    /** Counts libraries and functions. */
    stats(): Promise<RawReply>;
  };
}

import type { Pipeline } from '../index';
