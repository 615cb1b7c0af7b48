// Arguments that @upstash/redis takes are taken here, and results can be used as its are. Only type-checked.

import type { Redis as Theirs } from '@upstash/redis';
import type { Redis as Ours } from 'strapi-upstash';

/** Members that are left out on purpose. `search` and `vector` are services of Upstash's beside Redis. */
type LeftOut = 'search' | 'vector';

type Missing<T, O> = Exclude<keyof T, keyof O>;
type Method = (...values: never[]) => unknown;

/** Names of methods that do not take what theirs take. Of overloads the last one is compared. */
type Refusing<T, O> = {
  [K in keyof T & keyof O]: T[K] extends Method ? (O[K] extends Method ? (Parameters<T[K]> extends Parameters<O[K]> ? never : K) : K) : never;
}[keyof T & keyof O];

type Nothing<T extends never> = T;

export type Checks = [
  Nothing<Exclude<Missing<Theirs, Ours>, LeftOut>>,
  Nothing<Missing<Theirs['json'], Ours['json']>>,
  Nothing<Missing<Theirs['functions'], Ours['functions']>>,
  Nothing<Exclude<Missing<ReturnType<Theirs['pipeline']>, ReturnType<Ours['pipeline']>>, LeftOut>>,
  Nothing<Refusing<Theirs['json'], Ours['json']>>,
  Nothing<Refusing<Theirs['functions'], Ours['functions']>>,
  Nothing<Refusing<Omit<Theirs, 'json' | 'functions' | 'use' | LeftOut>, Ours>>,
];
