/** Strangers choose what is asked for: so much is remembered, and no longer than that. */
const MAX_ENTRIES = 5_000;
const MAX_LENGTH = 256;

/** Remembers what a function of a text says. */
export class Memo<Value> {
  private readonly known = new Map<string, Value>();

  constructor(private readonly compute: (text: string) => Value) {}

  of(text: string): Value {
    let value = this.known.get(text);
    if (value === undefined) {
      value = this.compute(text);
      if (text.length > MAX_LENGTH) return value;
      if (this.known.size >= MAX_ENTRIES) this.known.clear();
      this.known.set(text, value);
    }
    return value;
  }
}

/** The same for each HTTP method. `compute` depends on nothing but method and path. */
export class MemoByMethod<Value> {
  private readonly methods = new Map<string, Memo<Value>>();

  constructor(private readonly compute: (method: string, path: string) => Value) {}

  of(method: string, path: string): Value {
    // Node's parser knows some 35 methods, and no others get here.
    let paths = this.methods.get(method);
    if (paths === undefined) {
      paths = new Memo((text) => this.compute(method, text));
      this.methods.set(method, paths);
    }
    return paths.of(path);
  }
}
